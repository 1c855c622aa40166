//! A data set encoded as input spikes.

mod code;
mod encode_error;
mod in_order;
mod poisson;
mod source;

use ohmspike_datasets::identity;
use ohmspike_snn::spikes::{Binned, Samples};

use self::code::Code;
use self::encode_error::EncodeError;
use self::in_order::Sink;
use self::source::Source;
use super::PrepareError;
use crate::settings::{Encoding, NO_EVENTS, ONLY_DENSE, ONLY_EVENTS, Settings, per_step_name};
use crate::spike_cache::{CacheNote, CachedPart, SpikeCache};

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
    /// Memory of decoded samples, which is released after encoding, bytes; 0 if the spikes were read from files.
    pub decoded_bytes: usize,
}

impl EncodedData {
    /// Returns the size of the input spikes, in memory or in files, bytes.
    pub fn bytes(&self) -> usize {
        self.train.spikes.bytes() + self.test.spikes.bytes()
    }

    /// Returns the size of the input spikes in files that the system pages in and out, bytes.
    pub fn mapped_bytes(&self) -> usize {
        let mapped = |samples: &Samples| if samples.spikes.is_mapped() { samples.spikes.bytes() } else { 0 };
        mapped(&self.train) + mapped(&self.test)
    }

    /// Returns the number of training samples without an input spike.
    pub fn silent_train_samples(&self) -> usize {
        self.train.spikes.silent()
    }

    /// Returns the number of test samples without an input spike.
    pub fn silent_test_samples(&self) -> usize {
        self.test.spikes.silent()
    }
}

impl From<[CachedPart; 2]> for EncodedData {
    fn from([train, test]: [CachedPart; 2]) -> EncodedData {
        let binned = train.binned.zip(test.binned).map(|(train, test)| sum(train, test));
        let CachedPart { samples, classes, sha256, .. } = train;
        EncodedData { train: samples, test: test.samples, classes, binned, sha256, decoded_bytes: 0 }
    }
}

fn sum(train: Binned, test: Binned) -> Binned {
    let mut sum = train;
    sum += test;
    sum
}

/// Reads and encodes the data set named by the checked `settings`, or reads its encoded spikes from files.
pub(super) fn load(settings: &Settings, notes: &mut Vec<CacheNote>) -> Result<EncodedData, PrepareError> {
    if settings.data.encoding == Encoding::Poisson {
        return poisson::load(settings);
    }
    let cache = identity(&settings.data.set, None)?.map(|identity| SpikeCache::new(&identity, settings));
    load_with(settings, cache.as_ref(), notes)
}

/// Same as [`load`] with these files, or in memory.
fn load_with(
    settings: &Settings,
    cache: Option<&SpikeCache>,
    notes: &mut Vec<CacheNote>,
) -> Result<EncodedData, PrepareError> {
    if let Some(found) = cache.and_then(|cache| cache.read(notes)) {
        return Ok(found.into());
    }
    let source = Source::open(&settings.data.set)?;
    let code = Code::new(settings, source.duration_seconds())?;
    let (samples, steps) = (source.samples(), settings.network.steps);
    let keeps = cache.filter(|cache| cache.keeps(source.bytes()));
    let writers = keeps.and_then(|cache| Some((cache, cache.writers(samples, steps, notes)?)));
    let Some((cache, writers)) = writers else {
        return Ok(encode(source, &code, samples.map(|_| Sink::memory()), notes)?);
    };
    let folder = writers[0].folder();
    match encode(source, &code, writers.map(|writer| Sink::file(writer, cache)), notes) {
        Err(EncodeError::System(error)) => {
            notes.push(CacheNote::unwritten(&folder, &error));
            let source = Source::open(&settings.data.set)?;
            Ok(encode(source, &code, samples.map(|_| Sink::memory()), notes)?)
        }
        encoded => Ok(encoded?),
    }
}

/// Encodes training and test samples into `sinks`.
fn encode(
    mut source: Source,
    code: &Code,
    sinks: [Sink; 2],
    notes: &mut Vec<CacheNote>,
) -> Result<EncodedData, EncodeError> {
    let (classes, decoded_bytes) = (source.classes(), source.decoded_bytes());
    let [mut train, mut test] = sinks;
    let of_train = source.encode(0, code, &mut train)?;
    let of_test = source.encode(1, code, &mut test)?;
    let sha256 = source.digest()?;
    let mut finish = |sink: Sink, binned| sink.finish((classes, &sha256, binned), notes);
    let (train, test) = (finish(train, of_train)?, finish(test, of_test)?);
    Ok(EncodedData { decoded_bytes, ..EncodedData::from([train, test]) })
}

/// Checks that the keys of `settings` apply to recordings of this duration, or to dense samples without one.
fn check_keys(settings: &Settings, duration_seconds: Option<f64>) -> Result<(), PrepareError> {
    let settings = &settings.data;
    match (duration_seconds, settings.window_seconds) {
        (None, Some(seconds)) => Err(not_of_this("data.window_seconds", ONLY_EVENTS, seconds.to_string())),
        (None, None) if settings.events_per_step.is_some() => {
            let got = settings.events_per_step.map_or("", per_step_name);
            Err(not_of_this("data.events_per_step", NO_EVENTS, format!("`{got}`")))
        }
        (Some(_), _) if settings.encoding == Encoding::Poisson => {
            Err(not_of_this("data.encoding", ONLY_DENSE, "`poisson`".to_owned()))
        }
        _ => Ok(()),
    }
}

/// Error for a key that does not apply to this kind of data set.
fn not_of_this(key: &'static str, allowed: &'static str, got: String) -> PrepareError {
    PrepareError::DataKey { key, allowed: allowed.to_owned(), got }
}

#[cfg(test)]
mod tests;
