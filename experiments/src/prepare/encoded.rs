//! A data set as the spikes that networks see.

use std::thread;

use datasets::{EventSet, Part};
use seed::Seed;
use snn::encode::{LatencyCode, PoissonCode};
use snn::spikes::{Samples, SpikeTrains, SpikesError};

use super::PrepareError;
use crate::settings::{Code, DataSettings, ONLY_DENSE, ONLY_EVENTS};

/// A data set as spikes.
#[derive(Clone, Debug)]
pub struct EncodedData {
    /// What is learnt from.
    pub train: Samples,
    /// What is tested with.
    pub test: Samples,
    /// Number of classes.
    pub classes: usize,
    /// SHA-256 of the decoded data set, in hexadecimal.
    pub sha256: String,
}

impl EncodedData {
    /// Training samples without a single input spike.
    pub fn silent_train_samples(&self) -> usize {
        silent(&self.train.spikes)
    }

    /// Test samples without a single input spike.
    pub fn silent_test_samples(&self) -> usize {
        silent(&self.test.spikes)
    }
}

fn silent(spikes: &SpikeTrains) -> usize {
    let steps = spikes.steps();
    let is_silent = |&sample: &usize| (0..steps).all(|step| spikes.sample(sample).at(step).is_empty());
    (0..spikes.len()).filter(is_silent).count()
}

/// Reads the data set that `settings`, which are checked, name, and encodes it in `steps` steps.
pub(super) fn load(settings: &DataSettings, steps: usize) -> Result<EncodedData, PrepareError> {
    let loaded = datasets::load(&settings.set, None)?;
    let window_seconds = settings.window_seconds().or(loaded.duration_seconds);
    match (loaded.duration_seconds, settings.window_seconds) {
        (None, Some(seconds)) => return Err(not_of_this("data.window_seconds", ONLY_EVENTS, seconds.to_string())),
        (Some(_), _) if settings.code == Code::Poisson => {
            return Err(not_of_this("data.code", ONLY_DENSE, "`poisson`".to_owned()));
        }
        _ => {}
    }
    // One seed for every study, so that all of them see the same spikes.
    let seed = |part| Seed::new(0).named("poisson").named(part);
    let encode = |part: &Part, name| match part {
        Part::Events(events) => binned(events, window_seconds.expect("recordings last"), steps),
        dense => with_code(dense, settings, steps, seed(name)),
    };
    // Both sets at once: encoding 70,000 images takes a moment.
    let (train, test) = thread::scope(|scope| {
        let test = scope.spawn(|| encode(&loaded.test, "test"));
        (encode(&loaded.train, "train"), test.join().expect("encoding does not panic"))
    });
    let classes = loaded.class_names.len();
    Ok(EncodedData { train: train?, test: test?, classes, sha256: loaded.digest })
}

/// A key that the kind of the data set does not have.
fn not_of_this(key: &'static str, allowed: &'static str, got: String) -> PrepareError {
    PrepareError::DataKey { key, allowed: allowed.to_owned(), got }
}

/// Dense samples in the code that `settings` ask for.
fn with_code(part: &Part, settings: &DataSettings, steps: usize, seed: Seed) -> Result<Samples, SpikesError> {
    let labels = part.labels();
    let latency = LatencyCode::default();
    let poisson = settings.rate_hertz().map(|rate_hertz| PoissonCode { rate_hertz });
    match part {
        Part::Images(images) => {
            let pixels = images.pixels.chunks_exact(part.units());
            match poisson {
                Some(poisson) => poisson.samples(pixels, labels, steps, seed),
                None => latency.samples(pixels, labels, steps),
            }
        }
        Part::Values(values) => {
            let numbers = values.values.chunks_exact(part.units());
            match poisson {
                Some(poisson) => poisson.samples_of_values(numbers, labels, steps, seed),
                None => latency.samples_of_values(numbers, labels, steps),
            }
        }
        Part::Events(_) => unreachable!("events are no dense samples"),
    }
}

/// Recordings in steps that together are `window_seconds` long.
fn binned(events: &EventSet, window_seconds: f64, steps: usize) -> Result<Samples, SpikesError> {
    let mut spikes = SpikeTrains::new(events.units, steps)?;
    for recording in 0..events.len() {
        let (times, units) = events.recording(recording);
        spikes.push_events(times, units, window_seconds)?;
    }
    Ok(Samples { spikes, labels: events.labels.clone() })
}
