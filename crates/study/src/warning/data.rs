//! Warnings about samples, classes and events that a study drops or cannot test.

use ohmspike_snn::spikes::Samples;

use super::Warning;
use crate::prepare::EncodedData;
use crate::settings::Settings;

/// Largest number of names that a message lists.
const LISTED: usize = 8;

/// Data that do not reach the network or that no test covers.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DataWarning {
    /// Classes without training samples.
    #[error(
        "data.set: {} no training samples: {}; the network cannot learn {}\n\n\
         hint: import the data set again with training samples of every class", counted(missing.len(), *classes),
        listed(missing), them(missing.len())
    )]
    NotTrained {
        /// Their names.
        missing: Vec<String>,
        /// Number of classes.
        classes: usize,
    },
    /// Classes without test samples.
    #[error(
        "data.set: {} no test samples: {}; the test accuracy does not cover {}\n\n\
         hint: import the data set again with test samples of every class", counted(missing.len(), *classes),
        listed(missing), them(missing.len())
    )]
    NotTested {
        /// Their names.
        missing: Vec<String>,
        /// Number of classes.
        classes: usize,
    },
    /// Events of one unit merged into one spike.
    #[error(
        "data.events_per_step: `binary` merges {merged} of {events} events of the training and test sets with an \
         earlier event of the same unit in the same step\n\n\
         hint: set `data.events_per_step = \"count\"` to use the number of events as the input, or raise \
         `network.steps` to separate them"
    )]
    Merged {
        /// Merged events.
        merged: u64,
        /// All events.
        events: u64,
    },
    /// Events after the window.
    #[error(
        "data.window_seconds: {late} of {events} events of the training and test sets come after the window of \
         {window_seconds} s and are dropped\n\nhint: choose a window above {last_seconds} s, the time of the last event"
    )]
    Late {
        /// Dropped events.
        late: u64,
        /// All events.
        events: u64,
        /// Length of the window, s.
        window_seconds: f64,
        /// Time of the last event, s.
        last_seconds: f64,
    },
}

fn counted(missing: usize, classes: usize) -> String {
    format!("{missing} of {classes} classes {}", if missing == 1 { "has" } else { "have" })
}

fn them(missing: usize) -> &'static str {
    if missing == 1 { "it" } else { "them" }
}

fn listed(names: &[String]) -> String {
    let shown = names.iter().take(LISTED).map(|name| format!("`{}`", name.escape_debug())).collect::<Vec<_>>();
    match names.len().saturating_sub(LISTED) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Classes without samples. Finding them takes a pass over all labels.
pub(super) struct UnseenClasses {
    /// Numbers of the classes without training samples.
    train: Vec<usize>,
    /// Numbers of the classes without test samples.
    test: Vec<usize>,
}

impl UnseenClasses {
    /// Finds the classes without samples in `data`.
    pub(super) fn new(data: &EncodedData) -> UnseenClasses {
        let unseen = |samples: &Samples| {
            let mut seen = vec![false; data.classes];
            samples.labels.iter().for_each(|&label| seen[usize::from(label)] = true);
            (0..data.classes).filter(|&class| !seen[class]).collect()
        };
        UnseenClasses { train: unseen(&data.train), test: unseen(&data.test) }
    }
}

/// Returns the warnings about `data` in trials with `settings`.
pub(super) fn of(settings: &Settings, data: &EncodedData, unseen: &UnseenClasses) -> Vec<Warning> {
    let named = |unseen: &[usize]| unseen.iter().map(|&class| settings.data.class_name(class)).collect::<Vec<_>>();
    let classes = data.classes;
    let mut found = Vec::new();
    let (not_trained, not_tested) = (named(&unseen.train), named(&unseen.test));
    if !not_trained.is_empty() {
        found.push(DataWarning::NotTrained { missing: not_trained, classes });
    }
    if !not_tested.is_empty() {
        found.push(DataWarning::NotTested { missing: not_tested, classes });
    }
    if let Some(binned) = data.binned {
        let events = binned.events;
        if binned.merged > 0 {
            found.push(DataWarning::Merged { merged: binned.merged, events });
        }
        if binned.late > 0 {
            let window_seconds = settings.sample_seconds();
            let (late, last_seconds) = (binned.late, binned.last_seconds);
            found.push(DataWarning::Late { late, events, window_seconds, last_seconds });
        }
    }
    found.into_iter().map(Warning::Data).collect()
}

#[cfg(test)]
mod tests {
    use ohmspike_snn::spikes::{Binned, SpikeTrains};

    use super::*;

    fn data(train: &[u8], test: &[u8], classes: usize, binned: Option<Binned>) -> EncodedData {
        let samples =
            |labels: &[u8]| Samples { spikes: SpikeTrains::new(1, 1).expect("few units"), labels: labels.to_vec() };
        EncodedData {
            train: samples(train),
            test: samples(test),
            classes,
            binned,
            sha256: String::new(),
            decoded_bytes: 0,
        }
    }

    fn messages(settings: &Settings, data: &EncodedData) -> Vec<String> {
        let first = |warning: Warning| warning.to_string().split("\n\n").next().unwrap_or_default().to_owned();
        of(settings, data, &UnseenClasses::new(data)).into_iter().map(first).collect()
    }

    #[test]
    fn names_classes_without_training_or_test_samples() {
        let mut settings = Settings::default();
        settings.data.set = "not-imported".to_owned();
        assert_eq!(messages(&settings, &data(&[0, 1, 2], &[2, 1, 0], 3, None)), [""; 0]);
        let expected = [
            "data.set: 1 of 4 classes has no training samples: `class 3`; the network cannot learn it",
            "data.set: 2 of 4 classes have no test samples: `class 0`, `class 2`; the test accuracy does not cover \
             them",
        ];
        assert_eq!(messages(&settings, &data(&[0, 1, 2], &[3, 1, 3], 4, None)), expected);
        let many = messages(&settings, &data(&[0], &[0], 12, None));
        assert!(many[0].contains("`class 8` and 3 more; the network cannot learn them"), "{many:?}");
    }

    #[test]
    fn counts_merged_and_dropped_events() {
        let mut settings = Settings::default();
        settings.data.set = "not-imported".to_owned();
        settings.data.window_seconds = Some(0.5);
        let binned = |merged, late| Some(Binned { events: 9, merged, late, last_seconds: 0.75 });
        assert_eq!(messages(&settings, &data(&[0], &[0], 1, binned(0, 0))), [""; 0]);
        let expected = [
            "data.events_per_step: `binary` merges 2 of 9 events of the training and test sets with an earlier event \
             of the same unit in the same step",
            "data.window_seconds: 3 of 9 events of the training and test sets come after the window of 0.5 s and are \
             dropped",
        ];
        let counted = data(&[0], &[0], 1, binned(2, 3));
        assert_eq!(messages(&settings, &counted), expected);
        let late = of(&settings, &counted, &UnseenClasses::new(&counted)).pop().expect("late events").to_string();
        assert!(late.ends_with("hint: choose a window above 0.75 s, the time of the last event"), "{late}");
    }
}
