//! Detects silent networks: almost no hidden spikes.

use ohmspike_snn::activity::ClassActivity;
use ohmspike_study::health::MIN_SPIKES;
use ohmspike_study::record::Record;

/// Returns whether the hidden neurons of a trial are silent, before or after training.
pub fn is_silent(record: &Record) -> bool {
    let last = record.tests.len().saturating_sub(1);
    let quiet = |test: ClassActivity| test.samples > 0 && test.spikes_per_sample() < MIN_SPIKES;
    [0, last].into_iter().filter_map(|number| record.test(number)).any(quiet)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fewer_than_one_spike_in_ten_samples_is_silence() {
        let test = |spikes| vec![ClassActivity { samples: 100, excitatory_spikes: spikes, ..ClassActivity::default() }];
        let of = |before, after| {
            is_silent(&Record { tests: vec![test(before), test(after)], ..ohmspike_study::record::empty_record() })
        };
        assert!(of(9, 500) && of(500, 9) && !of(10, 500));
        assert!(!is_silent(&ohmspike_study::record::empty_record()), "without tests a trial is not silent");
    }
}
