//! Test samples that are training samples too: an accuracy on them shows what was learnt by heart.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use thiserror::Error;

use crate::dataset::Part;
use crate::imported_set::ImportedSet;
use crate::load::LoadError;

/// Bytes of a piece of a data set.
const PIECE: usize = 1 << 20;

/// Test samples that equal a training sample.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "{name}: {repeated} of {samples} test samples are training samples too, so the test accuracy shows in part what was learnt by \
     heart\n\nhint: remove the repeated ones, or give the test samples a file of their own"
)]
pub struct RepeatedSamples {
    /// Name of the data set.
    pub name: String,
    /// Test samples that equal a training sample, whatever their labels.
    pub repeated: usize,
    /// Test samples.
    pub samples: usize,
}

/// Counts the test samples of the imported data set `name` that are training samples too, reading it in pieces; `cache`
/// overrides the cache folder. None if there are none.
///
/// # Errors
/// Returns an error if the data set cannot be read.
pub fn repeated_samples(name: &str, cache: Option<&Path>) -> Result<Option<RepeatedSamples>, LoadError> {
    let mut set = ImportedSet::open(name, cache)?;
    let sizes = set.bytes_per_sample().map(|bytes| (PIECE / bytes.max(1)).max(1));
    let mut known = HashSet::new();
    for piece in set.train(sizes[0])? {
        let piece = piece?;
        known.extend((0..piece.len()).filter_map(|sample| hash(&piece, sample)));
    }
    let (mut repeated, mut samples) = (0, 0);
    for piece in set.test(sizes[1])? {
        let piece = piece?;
        samples += piece.len();
        repeated +=
            (0..piece.len()).filter_map(|sample| hash(&piece, sample)).filter(|hash| known.contains(hash)).count();
    }
    Ok((repeated > 0).then(|| RepeatedSamples { name: name.to_owned(), repeated, samples }))
}

/// Returns a hash of 64 bits of a sample; none for a recording without events. Of two million samples, a repeat is found by mistake
/// once in ten million data sets.
fn hash(part: &Part, sample: usize) -> Option<u64> {
    let mut hasher = DefaultHasher::new();
    let units = part.units();
    let numbers = sample * units..(sample + 1) * units;
    match part {
        Part::Images(images) => images.pixels[numbers].hash(&mut hasher),
        Part::Values(values) => {
            values.values[numbers].iter().for_each(|value| (*value + 0.0).to_bits().hash(&mut hasher))
        }
        Part::Events(events) => {
            let events_of = events.offsets[sample]..events.offsets[sample + 1];
            if events_of.is_empty() {
                return None;
            }
            // A file may list the events of a recording in any order. Times are at least 0, so their bits ascend with them.
            let times = events.times[events_of.clone()].iter().map(|time| (*time + 0.0).to_bits());
            let mut sorted: Vec<(u64, u16)> = times.zip(events.unit[events_of].iter().copied()).collect();
            sorted.sort_unstable();
            sorted.hash(&mut hasher);
        }
    }
    Some(hasher.finish())
}
