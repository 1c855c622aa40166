//! A row of a specification sheet: one key alone, or all keys together.
//!
//! ```text
//! together, at a fraction f:   x_k = f limit_k      larger is worse (rounded down if whole)
//!                              x_k = limit_k / f    smaller is worse (rounded up if whole)
//! ```
//!
//! A key without a harmless value is never milder than its mildest level.

use ohmspike_analysis::limit::{Condition, Direction, Levels, LevelsError, Training, Trial};
use ohmspike_study::settings::Settings;
use ohmspike_study::study::StudyError;

use super::swept::Swept;

/// Name of the row of all keys together.
pub const TOGETHER: &str = "together";
/// Smallest common fraction of the limits.
const MIN_FRACTION: f64 = 0.05;

/// A row with the settings of its networks.
#[derive(Clone, Debug)]
pub struct Row {
    /// The key, or [`TOGETHER`].
    pub name: String,
    /// The levels: values of the key, or common fractions.
    pub levels: Levels,
    /// The network without the non-ideality.
    pub reference: Settings,
    /// The network without the non-ideality, in words.
    pub reference_words: String,
    /// Number of epochs of short training; none without.
    pub short_epochs: Option<usize>,
    /// First seed, if it is not that of the question.
    pub first_seed: Option<u64>,
    /// What limits the levels.
    pub note: Option<String>,
    /// The keys with their limits; a single key has none.
    keys: Vec<(Swept, f64)>,
    /// The settings of the study, with the other keys of the sheet at their harmless values.
    base: Settings,
}

impl Row {
    /// Creates the row of one key. `others` are the other keys of the sheet, which are off.
    ///
    /// # Errors
    /// Returns a [`StudyError`] if a value is invalid together with other settings.
    pub fn alone(swept: &Swept, others: &[&Swept], study: &Settings) -> Result<Row, StudyError> {
        let base = others.iter().try_fold(study.clone(), |settings, other| other.off(&settings))?;
        let all: Vec<String> = [swept].iter().chain(others).map(|swept| swept.off_words()).collect();
        Ok(Row {
            name: swept.key.clone(),
            levels: swept.levels.clone(),
            reference: swept.off(&base)?,
            reference_words: format!("the same network with {}", all.join(", ")),
            short_epochs: None,
            first_seed: None,
            note: None,
            keys: vec![(swept.clone(), 1.0)],
            base,
        })
    }

    /// Creates the row of all keys at a common fraction of their limits.
    ///
    /// # Errors
    /// Returns a [`StudyError`] if a value is invalid together with other settings.
    pub fn together(limits: &[(Swept, f64)], study: &Settings, resolution: f64) -> Result<Row, StudyError> {
        let reference = limits.iter().try_fold(study.clone(), |settings, (swept, _)| swept.off(&settings))?;
        let all: Vec<String> = limits.iter().map(|(swept, _)| swept.off_words()).collect();
        Ok(Row {
            name: TOGETHER.to_owned(),
            levels: fractions(resolution).expect("a fixed range is valid"),
            reference,
            reference_words: format!("the same network with {}", all.join(", ")),
            short_epochs: None,
            first_seed: None,
            note: None,
            keys: limits.to_vec(),
            base: study.clone(),
        })
    }

    /// Returns the row with another number of epochs of short training.
    #[must_use]
    pub fn with_short_epochs(self, short_epochs: Option<usize>) -> Row {
        Row { short_epochs, ..self }
    }

    /// Returns the row with other seeds, from `first_seed` on.
    #[must_use]
    pub fn with_first_seed(self, first_seed: Option<u64>) -> Row {
        Row { first_seed, ..self }
    }

    /// Whether the row is that of all keys together.
    pub fn is_together(&self) -> bool {
        self.name == TOGETHER
    }

    /// Returns the values of the keys at a level.
    pub fn values(&self, level: f64) -> Vec<(String, f64)> {
        let value = |(swept, limit): &(Swept, f64)| {
            let value = if self.is_together() { swept.scaled(*limit, level) } else { level };
            (swept.key.clone(), value)
        };
        self.keys.iter().map(value).collect()
    }

    /// Returns the settings at a level.
    ///
    /// # Errors
    /// Returns a [`StudyError`] if a value is invalid together with other settings.
    pub fn at(&self, level: f64) -> Result<Settings, StudyError> {
        let values = self.values(level);
        self.keys
            .iter()
            .zip(&values)
            .try_fold(self.base.clone(), |settings, ((swept, _), (_, value))| swept.at(&settings, *value))
    }

    /// Returns the settings of a trial.
    ///
    /// # Errors
    /// Returns a [`StudyError`] if a value is invalid together with other settings.
    pub fn settings(&self, trial: Trial) -> Result<Settings, StudyError> {
        let settings = match trial.condition {
            Condition::Reference => self.reference.clone(),
            Condition::Level(level) => self.at(self.levels.values()[level])?,
        };
        Ok(match (trial.training, self.short_epochs) {
            (Training::Short, Some(epochs)) => shortened(settings, epochs),
            _ => settings,
        })
    }
}

/// Returns settings with fewer epochs and an outcome of proportionally fewer last epochs.
fn shortened(mut settings: Settings, epochs: usize) -> Settings {
    let (full, last) = (settings.training.epochs, settings.outcome.last_epochs);
    settings.outcome.last_epochs = (last.min(full) * epochs / full).max(1);
    settings.training.epochs = epochs;
    settings
}

fn fractions(resolution: f64) -> Result<Levels, LevelsError> {
    let exact = Levels::geometric(MIN_FRACTION, 1.0, resolution, Direction::LargerIsWorse)?;
    let mut values: Vec<f64> = exact.values().iter().map(|value| (1000.0 * value).round() / 1000.0).collect();
    values.dedup();
    Levels::list(&values, Direction::LargerIsWorse)
}
