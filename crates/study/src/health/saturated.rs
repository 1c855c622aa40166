//! Hidden layers that fire almost always.

use std::fmt::{self, Display, Formatter};

use serde::{Deserialize, Serialize};

use crate::settings::Settings;

/// Fraction of the time steps above which a neuron is saturated. A neuron that spikes in more than half of the steps
/// spikes right after every reset, whatever its input.
pub(crate) const MOST_STEPS: f64 = 0.5;

/// A hidden layer that fires almost always.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Saturated {
    /// Number of the layer, starting at 1.
    pub layer: usize,
    /// Neurons that spike in more than half of the time steps.
    pub saturated_neurons: u64,
    /// Neurons of the layer.
    pub neurons: u64,
    /// Whether this holds before training; otherwise after it.
    pub before_training: bool,
}

impl Saturated {
    pub(super) fn advice(&self, settings: &Settings) -> String {
        let key = match self.layer {
            1 => "weights.sigma_init".to_owned(),
            layer => format!("layer_{layer}.sigma_init"),
        };
        let noise = if settings.noise.level_percent > 0.0 { ", or lower `noise.level_percent`" } else { "" };
        match self.before_training {
            true => format!("start with smaller weights: lower `{key}`"),
            false => format!("lower `training.learning_rate` or `{key}`{noise}"),
        }
    }
}

impl Display for Saturated {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let when = if self.before_training { "before" } else { "after" };
        let Saturated { layer, saturated_neurons, neurons, .. } = self;
        write!(
            formatter,
            "{saturated_neurons} of {neurons} neurons of hidden layer {layer} spike in more than half of the time \
             steps {when} training"
        )
    }
}
