//! Decides which networks have learnt their task, by `outcome.success_of` and `outcome.success_above`. By default, the
//! best test accuracy must exceed 50 %, as in Kilgore et al., Sci Rep 15, 24798 (2025) for Fashion-MNIST.

use crate::record::Record;
use crate::settings::{Settings, SuccessOf};

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

    /// Describes the criterion for captions.
    pub fn words(settings: &Settings) -> String {
        let Success { of, above } = Success::new(settings);
        let of = match of {
            SuccessOf::Best => "best test accuracy".to_owned(),
            SuccessOf::Outcome => format!("mean test accuracy of the last {} epochs", settings.outcome.last_epochs),
        };
        format!("{of} above {} %", (100.0 * above).round())
    }
}

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
