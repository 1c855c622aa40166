//! What a trial did to every matrix of weights, and what its arrays have cost.

use ohmspike_crossbar::{EnergyUse, Ledger, WriteReport};
use ohmspike_snn::connection::Connection;
use ohmspike_snn::hardware::HardwareUse;
use serde::{Deserialize, Serialize};

use super::Record;
use crate::prepare::Devices;
use crate::settings::{Settings, connection_name};
use crate::trial::Outcome;

/// One matrix of weights.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConnectionRecord {
    /// Its name: `hidden-1`, `hidden-1-recurrent`, `hidden-2`, ..., `readout`.
    pub name: String,
    /// SHA-256 of the behaviour of the device that holds the weights; left out where they are abstract.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_sha256: Option<String>,
    /// What all updates did to the weights.
    pub writes: WriteReport,
    /// Pulses, reads and writes by cell; left out where no device of the trial holds weights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<HardwareUse>,
}

/// Energy of all arrays of a trial. What one of several devices does not state is not known of all.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnergyCost {
    /// All updates and the reads in training.
    pub training: EnergyUse,
    /// Classifying one test sample with the trained network: mean over the test after the last epoch; unknown where training
    /// diverged.
    pub inference: EnergyUse,
}

impl Record {
    /// The matrix of weights called `name`.
    pub fn connection(&self, name: &str) -> Option<&ConnectionRecord> {
        self.connections.iter().find(|connection| connection.name == name)
    }

    /// Whether a device held some of the weights.
    pub fn on_cells(&self) -> bool {
        self.energy.is_some()
    }
}

/// One entry per connection of a trial with `settings`.
pub(super) fn connections(settings: &Settings, devices: &Devices, outcome: &Outcome) -> Vec<ConnectionRecord> {
    let of = |(place, connection): (usize, Connection)| ConnectionRecord {
        name: connection_name(connection),
        device_sha256: devices.of(connection).map(|device| device.sha256.clone()),
        writes: outcome.writes[place],
        used: outcome.hardware.as_ref().map(|used| used[place].clone()),
    };
    settings.connections().into_iter().enumerate().map(of).collect()
}

/// What the arrays of a trial have cost; none for abstract weights.
pub(super) fn energy(settings: &Settings, devices: &Devices, outcome: &Outcome) -> Option<EnergyCost> {
    let connections = settings.connections();
    let training: Vec<Ledger> = outcome.hardware.as_ref()?.iter().map(|used| used.training).collect();
    let samples = outcome.after.as_ref().map(|after| after.test.total().samples);
    let inference = outcome.inference.as_deref().zip(samples);
    let inference = inference.map(|(spent, samples)| energy_of(&connections, spent, devices).over(samples));
    Some(EnergyCost { training: energy_of(&connections, &training, devices), inference: inference.unwrap_or_default() })
}

/// The energy of what was `spent`, an entry each of the `connections`, in arrays of `devices`.
fn energy_of(connections: &[Connection], spent: &[Ledger], devices: &Devices) -> EnergyUse {
    let by_connection: Vec<(Connection, &Ledger)> = connections.iter().copied().zip(spent).collect();
    let energies = devices.with(&by_connection).into_iter().map(|(loaded, spent)| {
        let mut together = Ledger::default();
        for (_, spent) in spent {
            together += *spent;
        }
        together.energy(&loaded.device)
    });
    energies.reduce(|sum, energy| sum + energy).unwrap_or_default()
}
