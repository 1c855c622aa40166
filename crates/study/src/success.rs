//! Decides which networks have learnt their task, by `outcome.success_of` and `outcome.success_above`. By default, the
//! best test accuracy must exceed 50 %, as in Kilgore et al., Sci Rep 15, 24798 (2025) for Fashion-MNIST.

use crate::record::Record;
use crate::settings::{Settings, SuccessOf};
use crate::significant::of_changed_unit;

/// Criterion of a successful network.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Success {
    /// Accuracy that is compared.
    pub of: SuccessOf,
    /// Accuracy to exceed, 0 to 1.
    pub above: f64,
}

impl Success {
    /// Returns the criterion of trials with these settings.
    pub fn new(settings: &Settings) -> Success {
        Success { of: settings.outcome.success_of, above: settings.outcome.success_above }
    }

    /// Describes the criteria of several trials for captions: each once, in their order.
    pub fn words_of<'a>(trials: impl IntoIterator<Item = &'a Settings>) -> String {
        let mut all: Vec<String> = Vec::new();
        for words in trials.into_iter().map(Success::words) {
            if !all.contains(&words) {
                all.push(words);
            }
        }
        match all.len() {
            0 | 1 => all.concat(),
            2..=MAX_LISTED => format!("{}, as each trial states", all.join(" or ")),
            _ => "by the `outcome.success_of` and `outcome.success_above` of each trial".to_owned(),
        }
    }

    /// Describes the criterion for captions.
    pub fn words(settings: &Settings) -> String {
        let Success { of, above } = Success::new(settings);
        let (last, epochs) = (settings.outcome.last_epochs, settings.training.epochs);
        let of = match (of, last.min(epochs)) {
            (_, 0) => "test accuracy without training".to_owned(),
            (SuccessOf::Best, _) => "best test accuracy".to_owned(),
            (SuccessOf::Outcome, 1) => "test accuracy of the last epoch".to_owned(),
            (SuccessOf::Outcome, last) => format!("mean test accuracy of the last {last} epochs"),
        };
        format!("{of} above {} %", of_changed_unit(100.0 * above))
    }
}

/// Largest number of criteria that a caption lists.
const MAX_LISTED: usize = 3;

/// Whether the network of a trial was successful.
pub fn succeeded(record: &Record) -> bool {
    let Success { of, above } = Success::new(&record.settings);
    match of {
        SuccessOf::Best if record.accuracy.is_empty() => record.outcome.is_some_and(|outcome| outcome > above),
        SuccessOf::Best => record.accuracy.iter().any(|accuracy| *accuracy > above),
        SuccessOf::Outcome => record.outcome.is_some_and(|outcome| outcome > above),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captions_state_the_criterion_that_was_applied() {
        let mut settings = Settings::default();
        settings.outcome.success_of = SuccessOf::Outcome;
        for (epochs, above, expected) in [
            (2, 0.125, "mean test accuracy of the last 2 epochs above 12.5 %"),
            (30, 0.07, "mean test accuracy of the last 10 epochs above 7 %"),
            (30, 0.333_333, "mean test accuracy of the last 10 epochs above 33.3333 %"),
            (1, 0.999, "test accuracy of the last epoch above 99.9 %"),
            (0, 0.0, "test accuracy without training above 0 %"),
        ] {
            (settings.training.epochs, settings.outcome.success_above) = (epochs, above);
            assert_eq!(Success::words(&settings), expected);
        }
        settings.outcome.success_of = SuccessOf::Best;
        assert_eq!(Success::words(&settings), "test accuracy without training above 0 %");
    }

    #[test]
    fn captions_of_swept_criteria_state_all_of_them() {
        let at = |above: f64| {
            let mut settings = Settings::default();
            settings.outcome.success_above = above;
            settings
        };
        let words = |thresholds: &[f64]| {
            let all: Vec<Settings> = thresholds.iter().map(|above| at(*above)).collect();
            Success::words_of(&all)
        };
        assert_eq!(words(&[0.5, 0.5]), "best test accuracy above 50 %");
        let both = "best test accuracy above 50 % or best test accuracy above 70 %, as each trial states";
        assert_eq!(words(&[0.5, 0.7, 0.5]), both);
        let many = "by the `outcome.success_of` and `outcome.success_above` of each trial";
        assert_eq!(words(&[0.2, 0.3, 0.4, 0.5]), many);
    }

    #[test]
    fn criteria_differ_between_images_and_digits() {
        let mut record = crate::record::empty_record();
        (record.accuracy, record.outcome) = (vec![0.1, 0.6, 0.29], Some(0.29));
        assert!(succeeded(&record));
        assert_eq!(Success::words(&record.settings), "best test accuracy above 50 %");
        record.settings.outcome.success_of = SuccessOf::Outcome;
        record.settings.outcome.success_above = 0.3;
        record.settings.outcome.last_epochs = 25;
        assert!(!succeeded(&record));
        assert_eq!(Success::words(&record.settings), "mean test accuracy of the last 25 epochs above 30 %");
        record.outcome = Some(0.31);
        assert!(succeeded(&record));
        record.outcome = None;
        assert!(!succeeded(&record));
    }
}
