//! Sizes, time constants and signs of a network: everything that stays fixed while it is trained.

use serde::{Deserialize, Serialize};

use crate::loss::kind::Loss;
use crate::neuron::Neuron;
use crate::surrogate::Surrogate;

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

impl Default for Dynamics {
    /// Both time constants 5 steps, a fast sigmoid of steepness 100, the maximum over time.
    fn default() -> Dynamics {
        Dynamics {
            tau_syn: 5.0,
            tau_mem: 5.0,
            surrogate: Surrogate::FastSigmoid { steepness: 100.0 },
            loss: Loss::MaxOverTime,
        }
    }
}

impl Dynamics {
    /// Initial spread of the weights of a readout of `rows` neurons, thresholds:
    ///
    /// ```text
    /// 7 (1 - b) / sqrt(rows)      b = exp(-1 / tau_mem), what a step leaves of a membrane voltage
    /// ```
    ///
    /// Source: Kilgore et al., Sci Rep 15, 24798 (2025), Methods.
    pub fn readout_sigma(&self, rows: usize) -> f32 {
        (7.0 * (1.0 - libm::exp(-1.0 / self.tau_mem)) / libm::sqrt(rows as f64)) as f32
    }
}

/// A layer of hidden neurons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HiddenLayer {
    /// Its neurons.
    pub neurons: usize,
    /// The first so many of them are excitatory, the rest inhibitory.
    pub excitatory: usize,
    /// Whether they hear each other's spikes.
    pub recurrent: bool,
}

/// Inputs, hidden layers one after the other, and classes, run for a number of steps.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// Input units, all excitatory.
    pub inputs: usize,
    /// Hidden layers, at least one; the last is the one that the readout hears.
    pub hidden: Vec<HiddenLayer>,
    /// Whether every weight keeps the sign of its row.
    pub constrained: bool,
    /// Readout units, one a class.
    pub classes: usize,
    /// Steps of a sample.
    pub steps: usize,
    /// What the hidden neurons are.
    pub neuron: Neuron,
    /// a = exp(-1 / tau_syn): what is left of a synaptic current after a step.
    pub synapse_decay: f32,
    /// b = exp(-1 / tau_mem): what is left of the voltage of a leaky membrane after a step.
    pub membrane_decay: f32,
    /// The slope of a spike in the backward pass.
    pub surrogate: Surrogate,
    /// The loss.
    pub loss: Loss,
}

/// A network that cannot be.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
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

impl HiddenLayer {
    /// A layer without recurrence whose first [`excitatory_neurons`] are excitatory.
    ///
    /// # Errors
    /// [`NetworkError`] where there is no neuron or the fraction is outside of 0 to 1.
    pub fn new(neurons: usize, excitatory_fraction: f64) -> Result<HiddenLayer, NetworkError> {
        if neurons == 0 {
            return Err(NetworkError::Empty { what: "hidden" });
        }
        if !(0.0..=1.0).contains(&excitatory_fraction) {
            return Err(NetworkError::Fraction(excitatory_fraction));
        }
        let excitatory = excitatory_neurons(neurons, excitatory_fraction);
        Ok(HiddenLayer { neurons, excitatory, recurrent: false })
    }
}

impl Network {
    /// A network of one hidden layer of leaky integrate-and-fire neurons, without recurrence, whose first
    /// [`excitatory_neurons`] are excitatory.
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
        Network::from_layers(inputs, vec![HiddenLayer::new(hidden, excitatory_fraction)?], classes, steps, dynamics)
    }

    /// A network of these hidden layers of leaky integrate-and-fire neurons.
    ///
    /// # Errors
    /// [`NetworkError`] where a size is zero, there is no layer or a time constant is not positive.
    pub fn from_layers(
        inputs: usize,
        hidden: Vec<HiddenLayer>,
        classes: usize,
        steps: usize,
        dynamics: &Dynamics,
    ) -> Result<Network, NetworkError> {
        let smallest = hidden.iter().map(|layer| layer.neurons).min().unwrap_or(0);
        for (what, size) in [("inputs", inputs), ("hidden", smallest), ("classes", classes), ("steps", steps)] {
            if size == 0 {
                return Err(NetworkError::Empty { what });
            }
        }
        Ok(Network {
            inputs,
            hidden,
            constrained: true,
            classes,
            steps,
            neuron: Neuron::Lif,
            synapse_decay: decay("tau_syn", dynamics.tau_syn)?,
            membrane_decay: decay("tau_mem", dynamics.tau_mem)?,
            surrogate: dynamics.surrogate,
            loss: dynamics.loss,
        })
    }

    /// The same network with weights of either sign, all neurons of one population: what the constraint is compared with.
    pub fn unconstrained(mut self) -> Network {
        self.hidden.iter_mut().for_each(|layer| layer.excitatory = layer.neurons);
        Network { constrained: false, ..self }
    }

    /// The hidden layer that the readout hears.
    pub fn last_hidden(&self) -> HiddenLayer {
        *self.hidden.last().expect("a network has a hidden layer")
    }
}

/// Number of excitatory neurons among `hidden`: `hidden` x `excitatory_fraction` to the nearest whole number, a half up.
pub fn excitatory_neurons(hidden: usize, excitatory_fraction: f64) -> usize {
    // 0.575 x 20 is 11.499999999999998 in binary; a billionth of a neuron makes it the half that was meant.
    ((hidden as f64 * excitatory_fraction + 1e-9).round() as usize).min(hidden)
}

fn decay(what: &'static str, steps: f64) -> Result<f32, NetworkError> {
    if !(steps > 0.0 && steps.is_finite()) {
        return Err(NetworkError::TimeConstant { what, value: steps });
    }
    Ok(libm::exp(-1.0 / steps) as f32)
}

#[cfg(test)]
mod tests {
    use crate::connection::Connection;

    use super::*;

    #[test]
    fn an_unconstrained_network_has_one_population_of_either_sign() {
        let dynamics = Dynamics::default();
        let network = Network::new(3, 4, 2, 0.5, 10, &dynamics).expect("valid").unconstrained();
        assert_eq!(network.last_hidden().excitatory, 4);
        assert_eq!(network.signs(Connection::Feedforward(0)), [Sign::Unconstrained; 3]);
        assert_eq!(network.signs(Connection::Readout), [Sign::Unconstrained; 4]);
    }

    #[test]
    fn the_excitatory_share_counts_whole_neurons() {
        let dynamics = Dynamics::default();
        for (fraction, expected) in [(0.0, 0), (0.29, 29), (0.7, 70), (0.95, 95), (0.992, 99), (0.999, 100), (1.0, 100)]
        {
            let network = Network::new(784, 100, 10, fraction, 100, &dynamics).expect("valid");
            assert_eq!(network.last_hidden().excitatory, expected);
        }
        // Halves as decimals, which binary fractions miss on either side.
        for (hidden, fraction, expected) in
            [(20, 0.575, 12), (200, 0.5775, 116), (50, 0.575, 29), (3, 0.5, 2), (1, 0.49, 0)]
        {
            assert_eq!(excitatory_neurons(hidden, fraction), expected, "{fraction} of {hidden}");
        }
        let error = Network::new(784, 100, 10, 1.2, 100, &dynamics).expect_err("above 1");
        assert_eq!(error.to_string(), "excitatory_fraction: must lie between 0 and 1, got 1.2");
        assert!(Network::new(784, 100, 10, f64::NAN, 100, &dynamics).is_err());
        assert!(Network::new(784, 0, 10, 0.5, 100, &dynamics).is_err());
        assert!(Network::new(784, 1, 10, 0.5, 100, &Dynamics { tau_mem: 0.0, ..dynamics }).is_err());
        assert!(Network::from_layers(784, Vec::new(), 10, 100, &dynamics).is_err());
    }

    #[test]
    fn the_readout_spread_is_that_of_the_study() {
        assert!((Dynamics::default().readout_sigma(100) - 0.126_888).abs() < 1e-6);
        assert!((Dynamics { tau_mem: 10.0, ..Dynamics::default() }.readout_sigma(100) - 0.066_614).abs() < 1e-6);
    }
}
