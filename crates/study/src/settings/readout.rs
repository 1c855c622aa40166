//! Section `[readout]`: the weights from the last hidden layer to the classes.

use ohmspike_snn::connection::Connection;
use serde::{Deserialize, Serialize};

use super::{Settings, ValueError, positive};

/// Section `[readout]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReadoutSettings {
    /// Initial spread of the weights, thresholds; by default 7 (1 - b) / sqrt(rows), see
    /// [`Dynamics::readout_sigma`](ohmspike_snn::network::Dynamics::readout_sigma).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sigma_init: Option<f64>,
    /// What holds the weights, as `hardware.device`, which is the default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// Weight of a cell at the top of its window, thresholds. The default leaves room above the largest weight that the noise
    /// study reaches at 100 % (5.4 after 30 epochs).
    pub weight_at_gmax: f64,
    /// CSV file with the measured faults of the array; empty for none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub fault_map: String,
    /// CSV file with the measured conductances of the array; empty for none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub conductance_map: String,
}

impl Default for ReadoutSettings {
    fn default() -> ReadoutSettings {
        ReadoutSettings {
            sigma_init: None,
            device: None,
            weight_at_gmax: 8.0,
            fault_map: String::new(),
            conductance_map: String::new(),
        }
    }
}

impl ReadoutSettings {
    /// Every key given.
    pub(crate) fn every() -> ReadoutSettings {
        let text = String::from("x");
        ReadoutSettings {
            sigma_init: Some(1.0),
            device: Some(text.clone()),
            weight_at_gmax: 1.0,
            fault_map: text.clone(),
            conductance_map: text,
        }
    }
}

impl Settings {
    /// Initial spread of the readout's weights, thresholds.
    pub fn sigma_readout(&self) -> f64 {
        let usual = || f64::from(self.dynamics().readout_sigma(self.last_hidden().hidden));
        self.readout.sigma_init.unwrap_or_else(usual)
    }

    /// `[readout]` with every key written out.
    pub(super) fn resolved_readout(&self) -> ReadoutSettings {
        ReadoutSettings {
            sigma_init: Some(self.sigma_readout()),
            device: Some(self.readout_device().to_owned()),
            ..self.readout.clone()
        }
    }

    /// What holds the weights of the readout, or `none`.
    pub(super) fn readout_device(&self) -> &str {
        self.readout.device.as_ref().unwrap_or(&self.hardware.device)
    }

    pub(super) fn check_readout(&self) -> Result<(), ValueError> {
        self.readout.sigma_init.map_or(Ok(()), |sigma| positive("readout.sigma_init", sigma))?;
        positive("readout.weight_at_gmax", self.readout.weight_at_gmax)
    }

    /// The paths of the maps of `connection`, faults and conductances; empty where there is none.
    pub fn maps_of(&self, connection: Connection) -> [&str; 2] {
        match connection {
            Connection::Readout => [&self.readout.fault_map, &self.readout.conductance_map],
            Connection::Feedforward(layer) => {
                self.layers.get(layer).map_or(["", ""], |layer| [&layer.fault_map, &layer.conductance_map])
            }
            Connection::Recurrent(_) => ["", ""],
        }
    }
}
