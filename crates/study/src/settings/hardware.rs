//! Section `[hardware]`: what holds the weights.

pub use ohmspike_crossbar::{Controller, PairKind};
use serde::{Deserialize, Serialize};

/// Section `[hardware]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HardwareSettings {
    /// `none` for abstract weights, or the name or path of a device file.
    pub device: String,
    /// The same for the readout; by default `device`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_readout: Option<String>,
    /// Weight of a hidden-layer cell that is fully on, thresholds. The defaults of both layers leave room above the
    /// largest weights that the noise study reaches at 100 % (0.36 and 5.4 after 30 epochs): wide windows, as the study
    /// has none.
    pub full_scale_hidden: f64,
    /// Weight of a readout cell that is fully on, thresholds.
    pub full_scale_readout: f64,
    /// Factor on the device's own write spread.
    pub write_spread_scale: f64,
    /// How two cells make a weight: `one-branch`, `push-pull` or `potentiation-only`.
    pub pair: PairKind,
    /// What steps are added to and gradients taken at: `read-back` or `digital-copy`.
    pub controller: Controller,
    /// Time between the last write and the test, seconds.
    pub retention_seconds: f64,
    /// CSV file with the measured faults of the hidden layer's array; empty for none.
    pub fault_map_hidden: String,
    /// The same for the readout's array.
    pub fault_map_readout: String,
    /// CSV file with the measured conductances of the hidden layer's array; empty for none.
    pub conductance_map_hidden: String,
    /// The same for the readout's array.
    pub conductance_map_readout: String,
}

/// The `hardware.device` that stands for no device at all.
pub const NO_DEVICE: &str = "none";

impl Default for HardwareSettings {
    fn default() -> Self {
        HardwareSettings {
            device: NO_DEVICE.to_owned(),
            device_readout: None,
            full_scale_hidden: 1.0,
            full_scale_readout: 8.0,
            write_spread_scale: 1.0,
            pair: PairKind::default(),
            controller: Controller::default(),
            retention_seconds: 0.0,
            fault_map_hidden: String::new(),
            fault_map_readout: String::new(),
            conductance_map_hidden: String::new(),
            conductance_map_readout: String::new(),
        }
    }
}

impl HardwareSettings {
    /// Keys and paths of the map files, by layer: faults of hidden and readout, conductances of hidden and readout.
    pub fn maps(&self) -> [(&'static str, &str); 4] {
        [
            ("hardware.fault_map_hidden", &self.fault_map_hidden),
            ("hardware.fault_map_readout", &self.fault_map_readout),
            ("hardware.conductance_map_hidden", &self.conductance_map_hidden),
            ("hardware.conductance_map_readout", &self.conductance_map_readout),
        ]
    }
}
