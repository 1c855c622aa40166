//! Sizes, time constants and signs of a network: everything that stays fixed while it is trained.

use serde::{Deserialize, Serialize};

use crate::{loss::Loss, surrogate::Surrogate};

/// The sign that every weight of a row keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// Weights at or above zero.
    Excitatory,
    /// Weights at or below zero.
    Inhibitory,
    /// Weights of either sign.
    Unconstrained,
}

impl Sign {
    /// +1 or -1: what a weight is multiplied by to be seen along its sign.
    pub fn factor(self) -> f32 {
        match self {
            Sign::Excitatory | Sign::Unconstrained => 1.0,
            Sign::Inhibitory => -1.0,
        }
    }

    /// The least value of a weight along its sign.
    pub fn bound(self) -> f32 {
        match self {
            Sign::Excitatory | Sign::Inhibitory => 0.0,
            Sign::Unconstrained => f32::NEG_INFINITY,
        }
    }
}

/// Time constants, surrogate and loss.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dynamics {
    /// Time constant of the synaptic current, steps.
    pub tau_syn: f64,
    /// Time constant of the membrane, steps.
    pub tau_mem: f64,
    /// What stands for the slope of a spike in the backward pass.
    pub surrogate: Surrogate,
    /// What is made small.
    pub loss: Loss,
}

/// A network of inputs x hidden x classes run for a number of steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Network {
    /// Input units, all excitatory.
    pub inputs: usize,
    /// Hidden neurons.
    pub hidden: usize,
    /// The first so many hidden neurons are excitatory, the rest inhibitory.
    pub excitatory: usize,
    /// Whether every weight keeps the sign of its row.
    pub constrained: bool,
    /// Readout units, one a class.
    pub classes: usize,
    /// Steps of a sample.
    pub steps: usize,
    /// a = exp(-1 / tau_syn): what is left of a synaptic current after a step.
    pub synapse_decay: f32,
    /// b = exp(-1 / tau_mem): what is left of a membrane voltage after a step.
    pub membrane_decay: f32,
    /// The slope of a spike in the backward pass.
    pub surrogate: Surrogate,
    /// The loss.
    pub loss: Loss,
}

/// A network that cannot be.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum NetworkError {
    /// A layer without units, or no time.
    #[error("{what}: must be at least 1, got 0")]
    Empty {
        /// Which size.
        what: &'static str,
    },
    /// A share outside of 0 to 1.
    #[error("excitatory_fraction: must lie between 0 and 1, got {0}")]
    Fraction(f64),
    /// A time constant that does not decay.
    #[error("{what}: must be a positive number of steps, got {value}")]
    TimeConstant {
        /// Which constant.
        what: &'static str,
        /// What was given.
        value: f64,
    },
}

impl Network {
    /// A network whose first floor(`hidden` x `excitatory_fraction`) hidden neurons are excitatory.
    ///
    /// # Errors
    /// [`NetworkError`] where a size is zero, the fraction is outside of 0 to 1 or a time constant is not positive.
    pub fn new(
        inputs: usize,
        hidden: usize,
        classes: usize,
        excitatory_fraction: f64,
        steps: usize,
        dynamics: &Dynamics,
    ) -> Result<Network, NetworkError> {
        for (what, size) in [("inputs", inputs), ("hidden", hidden), ("classes", classes), ("steps", steps)] {
            if size == 0 {
                return Err(NetworkError::Empty { what });
            }
        }
        if !(0.0..=1.0).contains(&excitatory_fraction) {
            return Err(NetworkError::Fraction(excitatory_fraction));
        }
        Ok(Network {
            inputs,
            hidden,
            excitatory: excitatory_neurons(hidden, excitatory_fraction),
            constrained: true,
            classes,
            steps,
            synapse_decay: decay("tau_syn", dynamics.tau_syn)?,
            membrane_decay: decay("tau_mem", dynamics.tau_mem)?,
            surrogate: dynamics.surrogate,
            loss: dynamics.loss,
        })
    }

    /// The same network with weights of either sign, all neurons of one population: what the constraint is compared with.
    pub fn unconstrained(self) -> Network {
        Network { excitatory: self.hidden, constrained: false, ..self }
    }

    /// Signs of the rows of the hidden layer's weights: inputs excite.
    pub fn input_signs(&self) -> Vec<Sign> {
        vec![if self.constrained { Sign::Excitatory } else { Sign::Unconstrained }; self.inputs]
    }

    /// Signs of the rows of the readout's weights: those of the hidden neurons.
    pub fn hidden_signs(&self) -> Vec<Sign> {
        let sign = |neuron| match self.constrained {
            true if neuron < self.excitatory => Sign::Excitatory,
            true => Sign::Inhibitory,
            false => Sign::Unconstrained,
        };
        (0..self.hidden).map(sign).collect()
    }
}

/// Number of excitatory neurons among `hidden`: floor(`hidden` x `excitatory_fraction`).
pub fn excitatory_neurons(hidden: usize, excitatory_fraction: f64) -> usize {
    // 0.29 x 100 is 28.999999999999996 in binary; a billionth of a neuron mends it.
    (hidden as f64 * excitatory_fraction + 1e-9).floor() as usize
}

fn decay(what: &'static str, steps: f64) -> Result<f32, NetworkError> {
    if !(steps > 0.0 && steps.is_finite()) {
        return Err(NetworkError::TimeConstant { what, value: steps });
    }
    Ok(libm::exp(-1.0 / steps) as f32)
}

#[cfg(test)]
mod tests {
    use crate::preset::Preset;

    use super::*;

    #[test]
    fn an_unconstrained_network_has_one_population_of_either_sign() {
        let dynamics = Preset::published_results().dynamics;
        let network = Network::new(3, 4, 2, 0.5, 10, &dynamics).expect("valid").unconstrained();
        assert_eq!((network.input_signs(), network.excitatory), (vec![Sign::Unconstrained; 3], 4));
        assert_eq!(network.hidden_signs(), [Sign::Unconstrained; 4]);
    }

    #[test]
    fn the_excitatory_share_counts_whole_neurons() {
        let dynamics = Preset::published_results().dynamics;
        for (fraction, expected) in [(0.0, 0), (0.29, 29), (0.7, 70), (0.95, 95), (0.999, 99), (1.0, 100)] {
            let network = Network::new(784, 100, 10, fraction, 100, &dynamics).expect("valid");
            assert_eq!(network.excitatory, expected);
        }
        let error = Network::new(784, 100, 10, 1.2, 100, &dynamics).expect_err("above 1");
        assert_eq!(error.to_string(), "excitatory_fraction: must lie between 0 and 1, got 1.2");
        assert!(Network::new(784, 100, 10, f64::NAN, 100, &dynamics).is_err());
        assert!(Network::new(784, 0, 10, 0.5, 100, &dynamics).is_err());
        assert!(Network::new(784, 1, 10, 0.5, 100, &Dynamics { tau_mem: 0.0, ..dynamics }).is_err());
    }
}
