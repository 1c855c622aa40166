//! Section `[hardware]`: what holds the weights.

pub use ohmspike_crossbar::{Controller, PairKind};
use serde::{Deserialize, Serialize};

/// Section `[hardware]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HardwareSettings {
    /// `none` for abstract weights, or the name or path of a device file.
    pub device: String,
    /// Weight of a hidden-layer cell at the top of its window, thresholds. The default leaves room above the largest weight
    /// that the noise study reaches at 100 % (0.36 after 30 epochs): a wide window, as the study has none.
    pub weight_at_gmax: f64,
    /// Factor on the device's own write spread.
    pub write_spread_scale: f64,
    /// How two cells make a weight: `one-branch`, `push-pull` or `potentiation-only`.
    pub pair: PairKind,
    /// What steps are added to and gradients taken at: `read-back` or `digital-copy`.
    pub controller: Controller,
    /// Time between the last write and the test, seconds.
    pub retention_seconds: f64,
}

/// The `hardware.device` that stands for no device at all.
pub const NO_DEVICE: &str = "none";

impl Default for HardwareSettings {
    fn default() -> Self {
        HardwareSettings {
            device: NO_DEVICE.to_owned(),
            weight_at_gmax: 1.0,
            write_spread_scale: 1.0,
            pair: PairKind::default(),
            controller: Controller::default(),
            retention_seconds: 0.0,
        }
    }
}
