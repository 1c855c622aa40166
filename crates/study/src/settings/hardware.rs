//! Section `[hardware]`: the device that holds the weights.

use ohmspike_crossbar::NoisyRows;
pub use ohmspike_crossbar::{Controller, PairKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::value::{FACTOR, POSITIVE, RETENTION};

/// Section `[hardware]`: the device that holds the weights, and how it is used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct HardwareSettings {
    /// Device that holds the weights. `none` keeps digital weights without hardware.
    #[schemars(extend("x-allowed" = "`none`, a built-in device (`ohmspike device list`) or the path of a device file"))]
    pub device: String,
    /// Weight of a hidden-layer cell at the upper end of its conductance window (Gmax), thresholds. At least 3 × the initial
    /// weight spread. `auto` chooses `calibration.headroom` × 3.3 × the initial weight spread of each layer.
    #[schemars(
        range(min = POSITIVE.low, max = POSITIVE.high),
        extend("x-unit" = "thresholds", "x-default" = "`auto`", "x-allowed" = "1e-12 to 1e12, or `auto`")
    )]
    pub weight_at_gmax: f64,
    /// Factor on the write noise of the device file. 0 disables it, 2 doubles it. Must be 1 where `noise.level_percent` sets
    /// the noise of a device.
    #[schemars(range(min = FACTOR.low, max = FACTOR.high))]
    pub write_spread_scale: f64,
    /// How a pair of cells encodes a weight.
    pub pair: PairKind,
    /// Weights that the training controller works with.
    pub controller: Controller,
    /// Rows with write noise and faults. The cells of all other rows are exact and never stuck. Rows of inputs are excitatory;
    /// rows of the readout have the sign of their hidden neuron.
    #[serde(skip_serializing_if = "is_both")]
    #[schemars(extend("x-default" = "`both`"))]
    pub population: Population,
    /// Time between the last write and the test, s. Devices with drift lose accuracy over this time.
    #[schemars(range(min = RETENTION.low, max = RETENTION.high), extend("x-unit" = "s"))]
    pub retention_seconds: f64,
}

/// Rows of an array by the population of their neurons.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Population {
    /// All rows.
    #[default]
    Both,
    /// Rows of positive weights: inputs and excitatory neurons.
    Excitatory,
    /// Rows of negative weights: inhibitory neurons.
    Inhibitory,
}

impl Population {
    /// Returns the rows by the sign of their weights.
    pub fn rows(self) -> NoisyRows {
        match self {
            Population::Both => NoisyRows::All,
            Population::Excitatory => NoisyRows::Positive,
            Population::Inhibitory => NoisyRows::Negative,
        }
    }
}

fn is_both(population: &Population) -> bool {
    *population == Population::Both
}

/// The value of `hardware.device` for digital weights without hardware.
pub const NO_DEVICE: &str = "none";

impl Default for HardwareSettings {
    fn default() -> Self {
        HardwareSettings {
            device: NO_DEVICE.to_owned(),
            weight_at_gmax: 1.0,
            write_spread_scale: 1.0,
            pair: PairKind::default(),
            controller: Controller::default(),
            population: Population::Both,
            retention_seconds: 0.0,
        }
    }
}
