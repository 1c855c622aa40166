//! What a trial did to every matrix of weights, and what its arrays have cost.

use ohmspike_crossbar::{EnergyUse, WriteReport};
use ohmspike_snn::hardware::HardwareUse;
use serde::{Deserialize, Serialize};

use super::Record;

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
