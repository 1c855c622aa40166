//! Warnings about samples, classes and events that a study drops or cannot test.

use ohmspike_snn::spikes::Samples;

use super::Warning;
use crate::few_steps;
use crate::prepare::EncodedData;
use crate::settings::Settings;
use crate::significant::at_least;

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
    /// Time steps that end before any spike reaches the readout.
    #[error(
        "network.steps: no spike reaches the readout within {}: the first input spike comes in time step {first_step}, and \
         every layer takes two more steps\n\nhint: raise `network.steps` to {needed_steps} or more",
        ohmspike_datasets::counted(*steps, "time step")
    )]
    FewSteps {
        /// Time step, from 1, of the first input spike of any sample.
        first_step: usize,
        /// Time steps of a sample.
        steps: usize,
        /// Fewest time steps in which a spike reaches the readout.
        needed_steps: usize,
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
         {window_seconds} s and are dropped\n\nhint: choose a window above {} s, the time of the last event", at_least(*last_seconds)
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
    found.extend(few_steps(settings, data));
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

/// Finds time steps that end before the spikes of any sample reach the readout.
fn few_steps(settings: &Settings, data: &EncodedData) -> Option<DataWarning> {
    let (steps, layers) = (settings.network.steps, settings.hidden_layers().len());
    let mut needed_steps = usize::MAX;
    for samples in [&data.train.spikes, &data.test.spikes] {
        for input in (0..samples.len()).map(|sample| samples.sample(sample)).filter(|input| !input.all().is_empty()) {
            needed_steps = needed_steps.min(few_steps::needed(input.first_step(), layers));
            if needed_steps <= steps {
                return None;
            }
        }
    }
    let first_step = needed_steps.checked_sub(few_steps::needed(0, layers))? + 1;
    (needed_steps < usize::MAX).then_some(DataWarning::FewSteps { first_step, steps, needed_steps })
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

    /// Latency spikes of full scale come in time step 5. Two layers take two more steps each, and so does the readout.
    #[test]
    fn names_the_fewest_steps_in_which_spikes_reach_the_readout() {
        let settings = |steps| {
            let mut settings = Settings { layers: vec![Default::default(); 2], ..Settings::default() };
            settings.network.steps = steps;
            settings
        };
        let full_scale = |steps| {
            let mut spikes = SpikeTrains::new(1, steps).expect("one unit");
            spikes.push_raster(|step, _| step == 4).expect("one spike");
            let samples = Samples { spikes, labels: vec![0] };
            EncodedData { train: samples.clone(), test: samples, ..data(&[0], &[0], 1, None) }
        };
        let expected = "network.steps: no spike reaches the readout within 9 time steps: the first input spike comes in \
                        time step 5, and every layer takes two more steps";
        assert_eq!(messages(&settings(9), &full_scale(9)), [expected]);
        let hint = of(&settings(9), &full_scale(9), &UnseenClasses::new(&full_scale(9))).remove(0).to_string();
        assert!(hint.ends_with("raise `network.steps` to 10 or more"), "{hint}");
        assert_eq!(messages(&settings(10), &full_scale(10)), [""; 0]);
    }
}
