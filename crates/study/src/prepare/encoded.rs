//! A data set encoded as input spikes.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use ohmspike_datasets::{EventSet, ImageSet, Part};
use ohmspike_rng::Seed;
use ohmspike_snn::encode::{LatencyCode, PoissonCode};
use ohmspike_snn::spikes::{Binned, EventsPerStep, Samples, SpikeTrains, SpikesError};

use super::PrepareError;
use crate::settings::{DataSettings, Encoding, NO_EVENTS, ONLY_DENSE, ONLY_EVENTS, Settings, per_step_name};

/// The most threads that encode a set. With more, appending takes longer than encoding.
const MOST_TASKS: usize = 4;
/// Images that a thread encodes at a time; few, so that their copies need little memory.
const CHUNK: usize = 2048;

/// A data set encoded as input spikes.
#[derive(Clone, Debug)]
pub struct EncodedData {
    /// Training samples.
    pub train: Samples,
    /// Test samples.
    pub test: Samples,
    /// Number of classes.
    pub classes: usize,
    /// Counts of merged and dropped events in both sets; none for dense samples.
    pub binned: Option<Binned>,
    /// SHA-256 of the decoded data set, in hexadecimal.
    pub sha256: String,
    /// Memory of the decoded data set, which is released after encoding, bytes.
    pub decoded_bytes: usize,
}

impl EncodedData {
    /// Returns the memory of the input spikes, bytes.
    pub fn bytes(&self) -> usize {
        self.train.spikes.bytes() + self.test.spikes.bytes()
    }

    /// Returns the number of training samples without an input spike.
    pub fn silent_train_samples(&self) -> usize {
        silent(&self.train.spikes)
    }

    /// Returns the number of test samples without an input spike.
    pub fn silent_test_samples(&self) -> usize {
        silent(&self.test.spikes)
    }
}

fn silent(spikes: &SpikeTrains) -> usize {
    let steps = spikes.steps();
    let is_silent = |&sample: &usize| (0..steps).all(|step| spikes.sample(sample).at(step).is_empty());
    (0..spikes.len()).filter(is_silent).count()
}

/// Reads and encodes the data set named by the checked `settings`.
pub(super) fn load(settings: &Settings) -> Result<EncodedData, PrepareError> {
    let (steps, per_step, settings) = (settings.network.steps, settings.data.events_per_step(), &settings.data);
    let loaded = ohmspike_datasets::load(&settings.set, None)?;
    let window_seconds = settings.window_seconds().or(loaded.duration_seconds);
    match (loaded.duration_seconds, settings.window_seconds) {
        (None, Some(seconds)) => return Err(not_of_this("data.window_seconds", ONLY_EVENTS, seconds.to_string())),
        (None, None) if settings.events_per_step.is_some() => {
            let got = settings.events_per_step.map_or("", per_step_name);
            return Err(not_of_this("data.events_per_step", NO_EVENTS, format!("`{got}`")));
        }
        (Some(_), _) if settings.encoding == Encoding::Poisson => {
            return Err(not_of_this("data.encoding", ONLY_DENSE, "`poisson`".to_owned()));
        }
        _ => {}
    }
    // The same seed for every study, so that all studies use the same spikes.
    let seed = |part| Seed::new(0).named("poisson").named(part);
    let encode = |part: &Part, name| -> Result<Encoded, SpikesError> {
        match part {
            Part::Events(events) => {
                let (samples, binned) = in_steps(events, window_seconds.expect("recordings last"), steps, per_step)?;
                Ok((samples, Some(binned)))
            }
            dense => Ok((encoded(dense, settings, steps, seed(name))?, None)),
        }
    };
    // Encodes both sets at once: 70 000 images take a moment.
    let (train, test) = thread::scope(|scope| {
        let test = scope.spawn(|| encode(&loaded.test, "test"));
        (encode(&loaded.train, "train"), test.join().expect("encoding does not panic"))
    });
    let ((train, mut binned), (test, of_test)) = (train?, test?);
    if let (Some(sum), Some(of_test)) = (&mut binned, of_test) {
        *sum += of_test;
    }
    let classes = loaded.class_names.len();
    let decoded_bytes = loaded.train.bytes() + loaded.test.bytes();
    Ok(EncodedData { train, test, classes, binned, sha256: loaded.digest, decoded_bytes })
}

/// Encoded samples, and counts of their events.
type Encoded = (Samples, Option<Binned>);

/// Error for a key that does not apply to this kind of data set.
fn not_of_this(key: &'static str, allowed: &'static str, got: String) -> PrepareError {
    PrepareError::DataKey { key, allowed: allowed.to_owned(), got }
}

/// Encodes dense samples as `settings` specify.
fn encoded(part: &Part, settings: &DataSettings, steps: usize, seed: Seed) -> Result<Samples, SpikesError> {
    let labels = part.labels();
    let latency = LatencyCode::default();
    let poisson = settings.poisson_rate_hertz().map(|rate_hertz| PoissonCode { rate_hertz });
    match part {
        Part::Images(images) => {
            let pixels = images.pixels.chunks_exact(part.units());
            match poisson {
                Some(poisson) => poisson.samples(pixels, labels, steps, seed),
                None => images_at_once(images, |pixels, labels| {
                    latency.samples(pixels.chunks_exact(part.units()), labels, steps)
                }),
            }
        }
        Part::Values(values) => {
            let numbers = values.values.chunks_exact(part.units());
            match poisson {
                Some(poisson) => poisson.samples_of_values(numbers, labels, steps, seed),
                None => latency.samples_of_values(numbers, labels, steps),
            }
        }
        Part::Events(_) => unreachable!("events are not dense samples"),
    }
}

/// Encodes images, which do not depend on each other, on the cores that there are. This thread appends the chunks in order.
fn images_at_once(
    images: &ImageSet,
    encode: impl Fn(&[u8], &[u8]) -> Result<Samples, SpikesError> + Sync,
) -> Result<Samples, SpikesError> {
    let pixels = images.pixels.chunks(CHUNK * images.rows * images.columns);
    let chunks: Vec<(&[u8], &[u8])> = pixels.zip(images.labels.chunks(CHUNK)).collect();
    let tasks = thread::available_parallelism().map_or(1, usize::from).min(MOST_TASKS);
    let (next, chunks, encode) = (&AtomicUsize::new(0), &chunks, &encode);
    thread::scope(|scope| {
        let (done, encoded) = mpsc::sync_channel(tasks);
        for _ in 0..tasks {
            let done = done.clone();
            scope.spawn(move || {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some((pixels, labels)) = chunks.get(number) else { break };
                    // The receiver is gone after an error.
                    if done.send((number, encode(pixels, labels))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(done);
        let mut waiting = BTreeMap::new();
        let (mut all, mut count) = (None::<Samples>, 0);
        for (number, chunk) in encoded {
            waiting.insert(number, chunk?);
            while let Some(chunk) = waiting.remove(&count) {
                count += 1;
                match &mut all {
                    None => all = Some(chunk),
                    Some(all) => {
                        all.spikes.append(&chunk.spikes)?;
                        all.labels.extend(chunk.labels);
                    }
                }
            }
        }
        Ok(all.expect("a data set has samples"))
    })
}

/// Bins recordings into time steps that together last `window_seconds`.
fn in_steps(
    events: &EventSet,
    window_seconds: f64,
    steps: usize,
    per_step: EventsPerStep,
) -> Result<(Samples, Binned), SpikesError> {
    let mut binned = Binned::default();
    let mut spikes = SpikeTrains::new(events.units, steps)?;
    for recording in 0..events.len() {
        let (times, units) = events.recording(recording);
        binned += spikes.push_events(times, units, window_seconds, per_step)?;
    }
    Ok((Samples { spikes, labels: events.labels.clone() }, binned))
}
