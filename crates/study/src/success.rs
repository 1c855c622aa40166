//! Which networks count as successful: those that have learnt their task, as Kilgore et al., Sci Rep 15, 24798 (2025) count them.
//!
//! | data | successful |
//! |---|---|
//! | Fashion-MNIST | best test accuracy above 50 % |
//! | Spiking Heidelberg Digits | mean test accuracy of the last 25 epochs above 30 % |

use crate::record::Record;
use crate::settings::{PresetName, Settings};

/// What makes a network a successful one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Success {
    /// Which accuracy is judged.
    pub of: Judged,
    /// The accuracy that it must be above, 0 to 1.
    pub above: f64,
}

/// An accuracy of a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judged {
    /// The highest after any epoch.
    Best,
    /// The outcome: the mean of the last epochs.
    Outcome,
}

impl Success {
    /// What counts in trials of these settings; the preset decides.
    pub fn of(settings: &Settings) -> Success {
        match settings.training.preset {
            PresetName::PublishedResults | PresetName::PaperText => Success { of: Judged::Best, above: 0.5 },
            PresetName::ShdPublishedResults | PresetName::ShdPaperText => Success { of: Judged::Outcome, above: 0.3 },
        }
    }

    /// In words, for captions.
    pub fn words(settings: &Settings) -> String {
        let Success { of, above } = Success::of(settings);
        let of = match of {
            Judged::Best => "best test accuracy".to_owned(),
            Judged::Outcome => format!("mean test accuracy of the last {} epochs", settings.outcome.last_epochs),
        };
        format!("{of} above {} %", (100.0 * above).round())
    }
}

/// Whether the network of a trial was successful.
pub fn succeeded(record: &Record) -> bool {
    let Success { of, above } = Success::of(&record.settings);
    match of {
        Judged::Best => record.accuracy.iter().any(|accuracy| *accuracy > above),
        Judged::Outcome => record.outcome.is_some_and(|outcome| outcome > above),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_judged_by_their_best_and_digits_by_their_last_epochs() {
        let mut record = crate::record::empty_record();
        (record.accuracy, record.outcome) = (vec![0.1, 0.6, 0.29], Some(0.29));
        assert!(succeeded(&record));
        assert_eq!(Success::words(&record.settings), "best test accuracy above 50 %");
        record.settings.training.preset = PresetName::ShdPublishedResults;
        record.settings.outcome.last_epochs = 25;
        assert!(!succeeded(&record));
        assert_eq!(Success::words(&record.settings), "mean test accuracy of the last 25 epochs above 30 %");
        record.outcome = Some(0.31);
        assert!(succeeded(&record));
        record.outcome = None;
        assert!(!succeeded(&record));
    }
}
