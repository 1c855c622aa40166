//! Whether the hidden neurons fire at all.

use std::fmt::{self, Display, Formatter};

use serde::{Deserialize, Serialize};

use super::Cause;
use crate::record::Record;
use crate::settings::Settings;
use crate::significant::significant;

/// Spikes per sample below which a hidden layer is silent. Where nine samples in ten leave it without any spike, the readout
/// learns from the tenth alone, and the outcome tells how close to its threshold the network was set up.
pub const LEAST_SPIKES: f64 = 0.1;

/// A hidden layer that hardly fires.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Silence {
    /// Number of the layer, from 1: the first silent one.
    pub layer: usize,
    /// Spikes per sample before training.
    pub spikes_before: f64,
    /// The same after the last epoch; null where training diverged in the first.
    pub spikes_after: Option<f64>,
    /// Why, as far as the trial found out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
}

impl Silence {
    /// That of the first layer whose spikes per sample are too few: `before` training, or else `after` it.
    pub fn of(before: &[f64], after: Option<&[f64]>) -> Option<Silence> {
        let silent = |spikes: &[f64]| spikes.iter().position(|spikes| *spikes < LEAST_SPIKES);
        let layer = silent(before).or_else(|| after.and_then(silent))?;
        let spikes_after = after.and_then(|after| after.get(layer).copied());
        Some(Silence { layer: layer + 1, spikes_before: *before.get(layer)?, spikes_after, cause: None })
    }

    /// Whether the layer is silent before training, and not only after it.
    pub fn from_the_start(&self) -> bool {
        self.spikes_before < LEAST_SPIKES
    }

    pub(super) fn advice(&self, settings: &Settings) -> String {
        match &self.cause {
            Some(cause) => cause.advice(settings),
            None => "run the trial again to learn the cause; it is not in this record".to_owned(),
        }
    }
}

impl Display for Silence {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let spikes = |spikes: f64| if spikes == 0.0 { "0".to_owned() } else { significant(spikes) };
        write!(
            formatter,
            "hidden layer {} emits {} spikes per sample before training",
            self.layer,
            spikes(self.spikes_before)
        )?;
        if let Some(after) = self.spikes_after {
            write!(formatter, " and {} after it", spikes(after))?;
        }
        write!(formatter, "; expected at least {LEAST_SPIKES}")?;
        match &self.cause {
            Some(cause) => write!(formatter, ": {cause}"),
            None => Ok(()),
        }
    }
}

/// The silence of a trial, from its record: the cause is not there.
pub(super) fn silence(record: &Record) -> Option<Silence> {
    let after = record.tests.len().checked_sub(1).filter(|last| *last > 0);
    let after = after.and_then(|last| spikes_of_test(record, last));
    Silence::of(&spikes_of_test(record, 0)?, after.as_deref())
}

/// Spikes per sample in every hidden layer in a test, the first being the one before training.
pub fn spikes_of_test(record: &Record, number: usize) -> Option<Vec<f64>> {
    let total = record.test(number).filter(|total| total.samples > 0)?;
    Some(record.layer_spikes.get(number).cloned().unwrap_or_else(|| vec![total.spikes_per_sample()]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::empty_record;
    use ohmspike_snn::activity::ClassActivity;

    fn test(samples: u64, spikes: u64) -> Vec<ClassActivity> {
        vec![ClassActivity { samples, correct: 0, excitatory_spikes: spikes, inhibitory_spikes: 0 }]
    }

    #[test]
    fn a_tenth_of_a_spike_per_sample_is_enough() {
        let silent = |before: u64, after: u64| {
            let mut record = empty_record();
            record.tests = vec![test(1000, before), test(1000, 0), test(1000, after)];
            silence(&record).map(|found| (found.layer, found.spikes_before, found.spikes_after))
        };
        assert_eq!(silent(100, 100), None);
        assert_eq!(silent(99, 5000), Some((1, 0.099, Some(5.0))));
        assert_eq!(silent(5000, 99), Some((1, 5.0, Some(0.099))));
    }

    #[test]
    fn the_first_silent_layer_is_named() {
        let mut record = empty_record();
        record.tests = vec![test(10, 0), test(10, 0)];
        record.layer_spikes = vec![vec![3.0, 0.05, 0.0], vec![3.0, 2.0, 0.0]];
        let found = silence(&record).expect("two layers are silent");
        assert_eq!((found.layer, found.spikes_before, found.spikes_after), (2, 0.05, Some(2.0)));
        assert!(found.from_the_start());
        record.layer_spikes[0] = vec![3.0, 1.0, 1.0];
        let found = silence(&record).expect("the last layer is silent in the end");
        assert_eq!((found.layer, found.from_the_start()), (3, false));
    }

    #[test]
    fn a_record_without_tests_says_nothing() {
        assert_eq!(silence(&empty_record()), None);
        let mut diverged = empty_record();
        diverged.tests = vec![test(10, 0)];
        let found = silence(&diverged).expect("silent before training");
        assert_eq!(found.spikes_after, None);
        assert_eq!(
            found.to_string(),
            "hidden layer 1 emits 0 spikes per sample before training; expected at least 0.1"
        );
    }
}
