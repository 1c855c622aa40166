//! Section `[calibration]`: targets of `auto`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::settings::ValueError;
use crate::settings::value::{Range, number};

/// Activity that calibrated layers may aim at, spikes per neuron and sample.
const SPIKES: Range = Range { low: 0.01, high: 1000.0 };
/// Head-room for training.
const HEADROOM: Range = Range { low: 1.0, high: 1e6 };

/// Targets of `auto`. They affect trials only through the numbers that `auto` stands for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CalibrationSettings {
    /// Activity of a hidden layer before training that `sigma_init = "auto"` aims at, spikes per neuron and sample.
    #[schemars(range(min = SPIKES.low, max = SPIKES.high), extend("x-unit" = "spikes"))]
    pub target_spikes: f64,
    /// Room for training that `weight_at_gmax = "auto"` leaves in the hidden layers: the weight at Gmax relative to 3.3
    /// × the initial weight spread, the size that 0.1 % of the first weights exceed. Of 1, 3 and 6, the default is the most
    /// accurate on three of four measured devices (`docs/physics/calibration.md`).
    #[schemars(range(min = HEADROOM.low, max = HEADROOM.high))]
    pub headroom: f64,
    /// Room for training in the readout: its weight at Gmax relative to 3.3 × its initial weight spread.
    #[schemars(range(min = HEADROOM.low, max = HEADROOM.high))]
    pub headroom_readout: f64,
}

impl Default for CalibrationSettings {
    fn default() -> Self {
        CalibrationSettings { target_spikes: 0.5, headroom: 3.0, headroom_readout: 3.0 }
    }
}

impl CalibrationSettings {
    /// Checks every value.
    ///
    /// # Errors
    /// Returns a [`ValueError`] for the first wrong value.
    pub fn check(&self) -> Result<(), ValueError> {
        number("calibration.target_spikes", self.target_spikes, SPIKES)?;
        number("calibration.headroom", self.headroom, HEADROOM)?;
        number("calibration.headroom_readout", self.headroom_readout, HEADROOM)
    }

    /// Returns every key with its value.
    pub(crate) fn keys(&self) -> [(String, toml::Value); 3] {
        let key = |name: &str, value: f64| (format!("calibration.{name}"), value.into());
        [
            key("target_spikes", self.target_spikes),
            key("headroom", self.headroom),
            key("headroom_readout", self.headroom_readout),
        ]
    }
}
