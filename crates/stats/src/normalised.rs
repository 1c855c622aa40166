//! How much disturbance a network tolerates: normalised accuracy, and the level at which it falls below a threshold.
//!
//! ```text
//! A*(e) = 1 - (e - e_clean) / (e_chance - e_clean)        e = 1 - accuracy
//! A* = 1 at the clean condition, 0 at chance; it may lie above 1 and below 0
//!
//! d_i(l)   = a_i(l) - chance - threshold (a_i(clean) - chance)          of repeat i; straight in l between levels
//! crossing = the first l with mean d(l) = 0, that is mean A* = threshold
//! interval = from the first l at which mean d - t se <= 0 to the last l at which mean d + t se >= 0
//! ```
//!
//! The clean condition comes first; levels rise from it, or fall. The curve is not continued beyond the last level. Levels
//! have whatever unit the study sweeps.
//!
//! The interval inverts a t test of d(l) = 0, as Fieller (1954) does for ratios: a level belongs to it unless the repeats
//! tell that the threshold is not crossed there. Where d is normal the true crossing is inside with 95 %, whatever the
//! shape of the curve, and t, se and the number of repeats are those of [`super::draws`]. Outcomes of all conditions that
//! share their draws are one repeat, the clean one included; where conditions do not share them, their variances add.
//!
//! `by_repeat` is the crossing of every repeat to first order, crossing - d_i / slope (delta method), so that crossings of
//! two curves can be compared in pairs.

mod curve;

pub use curve::Curve;
use thiserror::Error;

use super::draws::Drawn;

/// Thresholds that studies report.
pub const THRESHOLDS: [f64; 3] = [0.99, 0.95, 0.90];

/// Why there is no normalised accuracy or crossing.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum NormalisedError {
    /// There is nothing to normalise by.
    #[error("clean accuracy: must be finite and above chance, {chance}, got {clean}")]
    Clean {
        /// Accuracy without noise.
        clean: f64,
        /// Accuracy of guessing.
        chance: f64,
    },
    /// A curve has two ends.
    #[error("conditions: must be at least 2, got {0}")]
    TooFew(usize),
    /// A condition without outcomes has no mean.
    #[error("condition at level {0}: must have an outcome, got none")]
    Empty(f64),
    /// NaN is no accuracy.
    #[error("accuracy at level {level}: must be from -1e100 to 1e100, got {value}")]
    OutOfRange {
        /// Where it stands.
        level: f64,
        /// The accuracy.
        value: f64,
    },
    /// Conditions stand in the order of their levels.
    #[error("levels: must be finite and rise throughout or fall throughout, got {after} after {before}")]
    Order {
        /// The level before.
        before: f64,
        /// The one that does not go on.
        after: f64,
    },
    /// A curve that starts at 1 crosses what is below.
    #[error("threshold: must be below 1, got {0}")]
    Threshold(f64),
}

/// The accuracies between which A* runs from 1 to 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    clean: f64,
    chance: f64,
}

impl Scale {
    /// From the accuracy without noise and that of guessing.
    ///
    /// # Errors
    /// [`NormalisedError::Clean`] unless both are finite and the first is the larger.
    pub fn new(clean: f64, chance: f64) -> Result<Scale, NormalisedError> {
        if clean.is_finite() && chance.is_finite() && clean > chance {
            Ok(Scale { clean, chance })
        } else {
            Err(NormalisedError::Clean { clean, chance })
        }
    }

    /// A* of `accuracy`.
    ///
    /// ```
    /// use ohmspike_stats::normalised::Scale;
    ///
    /// let scale = Scale::new(0.8, 0.1)?;
    /// assert!((scale.normalised(0.45) - 0.5).abs() < 1e-12);
    /// # Ok::<(), ohmspike_stats::normalised::NormalisedError>(())
    /// ```
    pub fn normalised(&self, accuracy: f64) -> f64 {
        let (error, clean, chance) = (1.0 - accuracy, 1.0 - self.clean, 1.0 - self.chance);
        1.0 - (error - clean) / (chance - clean)
    }
}

/// The outcomes at one level.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// Level of the disturbance, in the unit of the study.
    pub level: f64,
    /// Accuracy of every trial with what drew it.
    pub outcomes: Vec<Drawn>,
}

/// Where the mean normalised accuracy first falls to a threshold.
#[derive(Clone, Debug, PartialEq)]
pub struct Crossing {
    /// The threshold, as a fraction.
    pub threshold: f64,
    /// The level; `None` where the curve stays above to its last level.
    pub level: Option<f64>,
    /// Its 95 % interval; `None` below three repeats, and where all of them agree.
    pub interval: Option<CrossingInterval>,
    /// The crossing of every repeat, to first order; empty without a crossing, and where conditions share no draws.
    pub by_repeat: Vec<Drawn>,
}

/// The ends of the interval of a crossing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CrossingInterval {
    /// The end next to the clean condition; `None` beyond the last level.
    pub near: Option<f64>,
    /// The other end; `None` beyond the last level.
    pub far: Option<f64>,
}

/// Between which of its levels a curve falls below a threshold, where there is nothing between levels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Held {
    /// The last level before the mean first lies below the threshold.
    pub last: f64,
    /// The last level of those that all lie above it beyond doubt; `None` if the clean one does not, or below three repeats.
    pub certified: Option<f64>,
    /// The first level of those that all lie below it beyond doubt; `None` if there is none, or below three repeats.
    pub refuted: Option<f64>,
}
