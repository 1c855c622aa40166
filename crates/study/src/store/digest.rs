//! A digest of the result in a record, small enough to keep for every trial of a study.

use std::hash::{DefaultHasher, Hash, Hasher};

use ohmspike_crossbar::Ledger;
use serde::Serialize;

use crate::observation::Observation;
use crate::record::Record;

/// Digest of the result in a record.
///
/// For networks that rest, it also excludes the test before training, which earlier versions made after the rest, and the
/// health, which follows from the rest of the record. It excludes machine, times, program version and error texts. It also excludes what depends on file names: the
/// settings, and the energies, which are summed per device and follow from pulses and reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Digest(u64);

impl Digest {
    /// Computes the digest of a record.
    pub(super) fn new(record: &Record) -> Digest {
        if record.settings.hardware.retention_seconds > 0.0 && record.tests.len() > 1 {
            return Digest::of(&without_start(record));
        }
        Digest::of(record)
    }

    fn of(record: &Record) -> Digest {
        let Record { seed, data_sha256, outcome, accuracy, loss, tests, before, after, connections, .. } = record;
        let seen = |of: &Observation| hash(&(of.distances, &of.classes, &of.saturated_neurons));
        let observations = (seen(before), after.as_ref().map(seen));
        let (failed, layers, health) = (record.failure.is_some(), &record.layer_spikes, &record.health);
        let result = (seed, data_sha256, outcome, failed, accuracy, loss, tests, layers, health);
        Digest(hash(&(result, observations, connections)))
    }
}

/// Removes the test before training and what follows from it.
fn without_start(record: &Record) -> Record {
    let mut left = Record { before: Observation::default(), health: Vec::new(), ..record.clone() };
    left.tests.remove(0);
    if !left.layer_spikes.is_empty() {
        left.layer_spikes.remove(0);
    }
    left.connections.iter_mut().filter_map(|connection| connection.used.as_mut()).for_each(|used| {
        used.test = Ledger::default();
    });
    left
}

fn hash(said: &impl Serialize) -> u64 {
    let mut hasher = DefaultHasher::new();
    serde_json::to_vec(said).expect("records are plain values").hash(&mut hasher);
    hasher.finish()
}
