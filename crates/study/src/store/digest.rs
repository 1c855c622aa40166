//! What a record says, in so few bytes that a process keeps it of every trial of a study.

use std::hash::{DefaultHasher, Hash, Hasher};

use ohmspike_crossbar::Ledger;
use serde::Serialize;

use crate::record::{HardwareCost, Record};
use ohmspike_snn::hardware::HardwareUse;

/// What a record says of the result of its trial.
///
/// Left out are machine, times and version of the program, with the words of a failure, and what the names of files decide:
/// settings, names of devices, and energies, which are summed device by device and follow from the pulses and reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Digest {
    /// What every record holds.
    always: u64,
    /// What records of before leave out; none for these.
    later: Option<u64>,
}

impl Digest {
    /// That of a record.
    pub(super) fn of(record: &Record) -> Digest {
        let Record { seed, data_sha256, device_sha256, outcome, accuracy, loss, tests, before, after, writes, .. } =
            record;
        let seen = |look: &crate::observation::Observation| hash(&(look.distances, &look.classes));
        let looks = (seen(before), after.as_ref().map(seen));
        let used = record.hardware.as_ref().map(pulses);
        let result = (seed, data_sha256, device_sha256, outcome, record.failure.is_some(), accuracy, loss, tests);
        let saturated = || (&before.saturated_neurons, after.as_ref().map(|look| &look.saturated_neurons));
        let later = |states| hash(&(states, &record.layer_spikes, saturated(), record.hardware.as_ref().map(codes)));
        Digest { always: hash(&(result, looks, writes, used)), later: record.health.as_ref().map(later) }
    }

    /// Whether two records of one trial say the same, as far as both tell it.
    pub(super) fn agrees(self, other: Digest) -> bool {
        self.always == other.always && self.later.zip(other.later).is_none_or(|(one, next)| one == next)
    }
}

/// All arrays in their order.
fn arrays(cost: &HardwareCost) -> impl Iterator<Item = &HardwareUse> {
    [&cost.hidden].into_iter().chain(cost.further.iter().map(|further| &further.used)).chain([&cost.readout])
}

/// What was done to all arrays, without where conversions ended, of which records of before do not tell.
fn pulses(cost: &HardwareCost) -> u64 {
    let plain = |ledger: Ledger| Ledger { codes: Default::default(), ..ledger };
    let of = |used: &HardwareUse| hash(&(plain(used.training), plain(used.test), &used.endurance));
    hash(&arrays(cost).map(of).collect::<Vec<_>>())
}

/// Where the conversions of all arrays ended.
fn codes(cost: &HardwareCost) -> u64 {
    hash(&arrays(cost).map(|used| (used.training.codes, used.test.codes)).collect::<Vec<_>>())
}

fn hash(said: &impl Serialize) -> u64 {
    let mut hasher = DefaultHasher::new();
    serde_json::to_vec(said).expect("records are plain values").hash(&mut hasher);
    hasher.finish()
}
