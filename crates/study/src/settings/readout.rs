//! Section `[readout]`: the weights from the last hidden layer to the classes.

use ohmspike_snn::connection::Connection;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::value::POSITIVE;
use super::{Settings, ValueError, positive, positive_or_auto};

/// Section `[readout]`: the weights from the last hidden layer to the classes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ReadoutSettings {
    /// Standard deviation of the initial readout weights, thresholds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        range(min = POSITIVE.low, max = POSITIVE.high),
        extend("x-unit" = "thresholds", "x-default" = "7 (1 - b) / sqrt(rows), with b = exp(-1 / `training.tau_mem_steps`) and rows = \
                                                       neurons of the last hidden layer")
    )]
    pub sigma_init: Option<f64>,
    /// Device that holds the readout weights.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-allowed" = "as `hardware.device`", "x-default" = "`hardware.device`"))]
    pub device: Option<String>,
    /// Weight of a readout cell at the upper end of its conductance window (Gmax), thresholds. At least 3 × the initial weight
    /// spread. `auto` chooses `calibration.headroom_readout` × 3.3 × the initial weight spread.
    #[schemars(
        range(min = POSITIVE.low, max = POSITIVE.high),
        extend("x-unit" = "thresholds", "x-default" = "`auto`", "x-allowed" = "1e-12 to 1e12, or `auto`")
    )]
    pub weight_at_gmax: f64,
    /// CSV file with the measured faults of the readout array. Empty for none.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schemars(extend("x-allowed" = "path of a CSV file"))]
    pub fault_map: String,
    /// CSV file with the measured conductances of the readout array. Empty for none. Requires
    /// `hardware.pair = "one-branch"`.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schemars(extend("x-allowed" = "path of a CSV file"))]
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
    /// Returns a section with every key set.
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
    /// Standard deviation of the initial readout weights, thresholds. See
    /// [`Dynamics::readout_sigma`](ohmspike_snn::network::Dynamics::readout_sigma) for the default.
    pub fn sigma_readout(&self) -> f64 {
        let usual = || f64::from(self.dynamics().readout_sigma(self.last_hidden().hidden));
        self.readout.sigma_init.unwrap_or_else(usual)
    }

    /// Returns the section with every default written out.
    pub(super) fn resolved_readout(&self) -> ReadoutSettings {
        ReadoutSettings {
            sigma_init: Some(self.sigma_readout()),
            device: Some(self.readout_device().to_owned()),
            ..self.readout.clone()
        }
    }

    /// Returns the device of the readout weights, or `none`.
    pub(super) fn readout_device(&self) -> &str {
        self.readout.device.as_ref().unwrap_or(&self.hardware.device)
    }

    pub(super) fn check_readout(&self) -> Result<(), ValueError> {
        self.readout.sigma_init.map_or(Ok(()), |sigma| positive("readout.sigma_init", sigma))?;
        positive_or_auto("readout.weight_at_gmax", self.readout.weight_at_gmax)
    }

    /// Returns the paths of the fault map and the conductance map of `connection`, empty without one.
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
