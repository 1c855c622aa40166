//! Finds hidden layers of a recorded trial that fire almost never.

use crate::health::Silence;
use crate::record::Record;

/// Returns the silent layer of `record`, without its cause.
pub(in crate::health) fn silence(record: &Record) -> Option<Silence> {
    let after = record.tests.len().checked_sub(1).filter(|last| *last > 0);
    let after = after.and_then(|last| spikes_of_test(record, last));
    Silence::find(&record.settings, &spikes_of_test(record, 0)?, after.as_deref())
}

/// Returns the spikes per sample of each hidden layer in a test; test 0 is the one before training.
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
    fn accepts_a_tenth_of_a_spike_per_sample() {
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
    fn networks_that_rest_are_judged_after_training() {
        let silent = |tests: &[(u64, u64)]| {
            let mut record = empty_record();
            record.settings.hardware.retention_seconds = 3600.0;
            record.tests = tests.iter().map(|(samples, spikes)| test(*samples, *spikes)).collect();
            silence(&record).map(|found| (found.spikes_before, found.spikes_after))
        };
        assert_eq!(silent(&[(1000, 1), (1000, 17_500)]), None);
        assert_eq!(silent(&[(1000, 1), (1000, 99)]), Some((0.001, Some(0.099))));
        assert_eq!(silent(&[(1000, 5000), (1000, 99)]), Some((5.0, Some(0.099))));
        assert_eq!(silent(&[(1000, 99)]), Some((0.099, None)), "without training, the first test is the result");
    }

    #[test]
    fn names_the_first_silent_layer() {
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
    fn finds_nothing_in_a_record_without_tests() {
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
