//! Hidden layers that fire almost always.

use std::fmt::{self, Display, Formatter};

use serde::{Deserialize, Serialize};

use ohmspike_snn::connection::Connection;
use ohmspike_snn::neuron::Neuron;

use crate::settings::{Settings, connection_key};
use crate::significant::short;

/// Fraction of the time steps above which a neuron is saturated: half of what it can do. An LIF neuron spikes in every second step at
/// most, because a spike resets it for one step.
pub(crate) fn most_steps(neuron: Neuron) -> f64 {
    match neuron {
        Neuron::Lif => 0.25,
        Neuron::Izhikevich => 0.5,
    }
}

/// A hidden layer that fires almost always.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Saturated {
    /// Number of the layer, starting at 1.
    pub layer: usize,
    /// Neurons that spike more than half as often as they can: in a quarter of the time steps (LIF), or in half of them.
    pub saturated_neurons: u64,
    /// Neurons of the layer.
    pub neurons: u64,
    /// Whether this holds before training; otherwise after it.
    pub before_training: bool,
}

impl Saturated {
    pub(super) fn advice(&self, settings: &Settings) -> String {
        let connection = Connection::Feedforward(self.layer - 1);
        let (key, sigma) = (connection_key(connection, "sigma_init"), settings.sigma_of(connection));
        let start = format!("lower `{key}` to {} (now {sigma})", short(sigma / 10.0));
        if self.before_training {
            return format!("start with smaller weights: {start}");
        }
        let (rate, level) = (settings.training.learning_rate, settings.noise.level_percent);
        let noise = match level > 0.0 {
            true => format!(", or lower `noise.level_percent` to {} (now {level})", short(level / 2.0)),
            false => String::new(),
        };
        format!("lower `training.learning_rate` to {} (now {rate}), or {start}{noise}", short(rate / 3.0))
    }
}

impl Display for Saturated {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let when = if self.before_training { "before" } else { "after" };
        let Saturated { layer, saturated_neurons, neurons, .. } = self;
        write!(
            formatter,
            "{saturated_neurons} of {neurons} neurons of hidden layer {layer} spike more than half as often as they \
             can {when} training"
        )
    }
}
