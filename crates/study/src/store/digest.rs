//! A digest of the result in a record, small enough to keep for every trial of a study.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde::Serialize;

use crate::record::Record;

/// Digest of the result in a record.
///
/// It excludes machine, times, program version and error texts. It also excludes what depends on file names: the
/// settings, and the energies, which are summed per device and follow from pulses and reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Digest(u64);

impl Digest {
    /// Computes the digest of a record.
    pub(super) fn new(record: &Record) -> Digest {
        let Record { seed, data_sha256, outcome, accuracy, loss, tests, before, after, connections, .. } = record;
        let seen = |of: &crate::observation::Observation| hash(&(of.distances, &of.classes, &of.saturated_neurons));
        let observations = (seen(before), after.as_ref().map(seen));
        let (failed, layers, health) = (record.failure.is_some(), &record.layer_spikes, &record.health);
        let result = (seed, data_sha256, outcome, failed, accuracy, loss, tests, layers, health);
        Digest(hash(&(result, observations, connections)))
    }
}

fn hash(said: &impl Serialize) -> u64 {
    let mut hasher = DefaultHasher::new();
    serde_json::to_vec(said).expect("records are plain values").hash(&mut hasher);
    hasher.finish()
}
