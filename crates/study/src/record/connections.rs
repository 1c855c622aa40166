//! Usage of every weight matrix in a trial, and the energy of its arrays.

use ohmspike_crossbar::{EnergyUse, WriteReport};
use ohmspike_snn::hardware::HardwareUse;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Record;

/// One weight matrix.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConnectionRecord {
    /// Name of the matrix: `hidden-1`, `hidden-1-recurrent`, `hidden-2`, ..., `readout`.
    pub name: String,
    /// SHA-256 of the device behaviour. Omitted for digital weights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_sha256: Option<String>,
    /// Counts over all weight updates.
    pub writes: WriteReport,
    /// Usage of the array: pulses, reads and writes per cell. Omitted for trials without a device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<HardwareUse>,
}

/// Energy of all arrays of a trial. A contribution is unknown if any of the devices does not state it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnergyCost {
    /// All weight updates and the reads in training.
    pub training: EnergyUse,
    /// Classification of one test sample with the trained network: mean over the test after the last epoch. Unknown if
    /// training diverged.
    pub inference: EnergyUse,
}

impl Record {
    /// Returns the weight matrix called `name`.
    pub fn connection(&self, name: &str) -> Option<&ConnectionRecord> {
        self.connections.iter().find(|connection| connection.name == name)
    }

    /// Returns the parts of its energy that the device does not state. Without conversions there are no converters to state.
    pub fn energies_not_stated(&self) -> Vec<&'static str> {
        let Some(energy) = &self.energy else { return Vec::new() };
        let used = self.connections.iter().filter_map(|connection| connection.used.as_ref());
        let converts = used.map(|used| used.training.conversions + used.test.conversions).sum::<u64>() > 0;
        let unknown = energy.training.parts().into_iter().filter(|(_, energy)| energy.is_none()).map(|(part, _)| part);
        unknown.filter(|part| converts || *part != "column converters").collect()
    }

    /// Returns whether a device held any of the weights.
    pub fn on_cells(&self) -> bool {
        self.energy.is_some()
    }
}
