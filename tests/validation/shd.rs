//! Reads and bins files in the format of Spiking Heidelberg Digits, and compares with h5py and NumPy.
//!
//! `scripts/make_tiny_shd.py` generates `tests/validation/data/shd.json` with these files.

use std::fs;
use std::path::{Path, PathBuf};

use ohmspike_datasets::{EventSet, read_shd};
use ohmspike_snn::spikes::{EventsPerStep, SpikeTrains};
use serde::Deserialize;

#[derive(Deserialize)]
struct Expected {
    window_seconds: f64,
    shd_train: Part,
    shd_test: Part,
}

#[derive(Deserialize)]
struct Part {
    recordings: usize,
    /// Number of events of each recording.
    events: Vec<usize>,
    sum_of_times_seconds: f64,
    sum_of_units: u64,
    labels: Vec<u8>,
    binned: Vec<Binned>,
}

#[derive(Deserialize)]
struct Binned {
    steps: usize,
    /// Step and unit of each spike of each recording, in ascending order.
    spikes: Vec<Vec<(usize, u16)>>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn parts() -> (f64, [(Part, EventSet); 2]) {
    let text = fs::read_to_string(root().join("tests/validation/data/shd.json")).expect("a readable file");
    let expected: Expected = serde_json::from_str(&text).expect("numbers of this form");
    let read = |name| read_shd(&root().join("crates/datasets/tests/data/shd").join(name)).expect("a whole file");
    let parts = [(expected.shd_train, read("shd_train.h5.gz")), (expected.shd_test, read("shd_test.h5.gz"))];
    (expected.window_seconds, parts)
}

#[test]
fn counts_and_sums_match_h5py() {
    for (expected, set) in parts().1 {
        assert_eq!(set.len(), expected.recordings);
        assert_eq!(set.labels, expected.labels);
        let events: Vec<usize> = set.offsets.windows(2).map(|ends| ends[1] - ends[0]).collect();
        assert_eq!(events, expected.events);
        assert_eq!(set.unit.iter().map(|&unit| u64::from(unit)).sum::<u64>(), expected.sum_of_units);
        // Sums of multiples of 2^-24 below 2^9 are exact in double precision, in any order.
        assert_eq!(set.times.iter().sum::<f64>(), expected.sum_of_times_seconds);
    }
}

#[test]
fn binned_spikes_match_numpy() {
    let (window_seconds, parts) = parts();
    for (expected, set) in parts {
        for Binned { steps, spikes } in expected.binned {
            let mut trains = SpikeTrains::new(set.units, steps).expect("few units");
            for (recording, expected) in spikes.iter().enumerate() {
                let (times, units) = set.recording(recording);
                trains.push_events(times, units, window_seconds, EventsPerStep::Binary).expect("few spikes");
                let train = trains.sample(recording);
                let got: Vec<(usize, u16)> =
                    (0..steps).flat_map(|step| train.at(step).iter().map(move |&unit| (step, unit))).collect();
                assert_eq!(got, *expected, "recording {recording}, {steps} steps");
            }
        }
    }
}
