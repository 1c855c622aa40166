//! Sizes, time constants and signs of a network, which are fixed during training.

use serde::{Deserialize, Serialize};

use crate::loss::kind::Loss;
use crate::neuron::Neuron;
use crate::surrogate::Surrogate;

/// Sign constraint on the weights of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// Weights of at least zero.
    Excitatory,
    /// Weights of at most zero.
    Inhibitory,
    /// Weights of either sign.
    Unconstrained,
}

impl Sign {
    /// Returns +1 or -1, the factor that makes weights of this sign positive.
    pub fn factor(self) -> f32 {
        match self {
            Sign::Excitatory | Sign::Unconstrained => 1.0,
            Sign::Inhibitory => -1.0,
        }
    }

    /// Returns the smallest allowed value of a weight times [`Sign::factor`].
    pub fn bound(self) -> f32 {
        match self {
            Sign::Excitatory | Sign::Inhibitory => 0.0,
            Sign::Unconstrained => f32::NEG_INFINITY,
        }
    }
}

/// Time constants, surrogate derivative and loss.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dynamics {
    /// Time constant of the synaptic current, steps.
    pub tau_syn: f64,
    /// Time constant of the membrane, steps.
    pub tau_mem: f64,
    /// Surrogate derivative of the spike function.
    pub surrogate: Surrogate,
    /// Loss that training minimises.
    pub loss: Loss,
}

impl Default for Dynamics {
    /// Time constants of 5 steps, a fast sigmoid of steepness 100, and the max-over-time loss.
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
    /// Returns the initial weight spread of a readout with `rows` neurons, thresholds:
    ///
    /// ```text
    /// 7 (1 - b) / sqrt(rows)      b = exp(-1 / tau_mem), decay factor of the membrane voltage per step
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
    /// Number of neurons.
    pub neurons: usize,
    /// Number of excitatory neurons, which come first; the rest are inhibitory.
    pub excitatory: usize,
    /// Whether the neurons have recurrent connections.
    pub recurrent: bool,
}

/// Inputs, hidden layers and classes, simulated for a number of steps.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// Input units, all excitatory.
    pub inputs: usize,
    /// Hidden layers, at least one; the last one drives the readout.
    pub hidden: Vec<HiddenLayer>,
    /// Whether every weight keeps the sign of its row.
    pub constrained: bool,
    /// Readout units, one per class.
    pub classes: usize,
    /// Time steps per sample.
    pub steps: usize,
    /// Model of the hidden neurons.
    pub neuron: Neuron,
    /// a = exp(-1 / tau_syn), decay factor of the synaptic current per step.
    pub synapse_decay: f32,
    /// b = exp(-1 / tau_mem), decay factor of the leaky membrane voltage per step.
    pub membrane_decay: f32,
    /// Surrogate derivative of the spike function.
    pub surrogate: Surrogate,
    /// Loss that training minimises.
    pub loss: Loss,
}

/// Largest number of units of a layer, and of steps: spikes number both with 16 bits.
const MAX_NUMBERED: usize = 1 << 16;

/// Invalid network.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// A layer without units, or zero steps.
    #[error("{what}: expected at least 1, got 0")]
    Empty {
        /// Name of the size.
        what: &'static str,
    },
    /// More units or steps than 16 bits can number.
    #[error("{what}: expected at most {MAX_NUMBERED}, got {got}")]
    Large {
        /// Name of the size.
        what: &'static str,
        /// The size.
        got: usize,
    },
    /// An excitatory fraction outside 0 to 1.
    #[error("excitatory_fraction: expected 0 to 1, got {0}")]
    Fraction(f64),
    /// A time constant that is not positive.
    #[error("{what}: expected a positive number of steps, got {value}")]
    TimeConstant {
        /// Name of the time constant.
        what: &'static str,
        /// Value of the time constant.
        value: f64,
    },
}

impl HiddenLayer {
    /// Creates a layer without recurrence; the first [`excitatory_neurons`] are excitatory.
    ///
    /// # Errors
    /// Returns an error if there are no neurons or if the fraction is outside 0 to 1.
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
    /// Creates a network with one hidden layer of leaky integrate-and-fire neurons without recurrence; the first
    /// [`excitatory_neurons`] are excitatory.
    ///
    /// # Errors
    /// Returns an error if a size is zero or above 65,536, the fraction is outside 0 to 1 or a time constant is not
    /// positive.
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

    /// Creates a network with these hidden layers of leaky integrate-and-fire neurons.
    ///
    /// # Errors
    /// Returns an error if a size is zero or above 65,536, there are no layers or a time constant is not positive.
    pub fn from_layers(
        inputs: usize,
        hidden: Vec<HiddenLayer>,
        classes: usize,
        steps: usize,
        dynamics: &Dynamics,
    ) -> Result<Network, NetworkError> {
        let neurons = || hidden.iter().map(|layer| layer.neurons);
        let (smallest, largest) = (neurons().min().unwrap_or(0), neurons().max().unwrap_or(0));
        for (what, size) in [("inputs", inputs), ("hidden", smallest), ("classes", classes), ("steps", steps)] {
            if size == 0 {
                return Err(NetworkError::Empty { what });
            }
        }
        for (what, got) in [("inputs", inputs), ("hidden", largest), ("steps", steps)] {
            if got > MAX_NUMBERED {
                return Err(NetworkError::Large { what, got });
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

    /// Returns the network without sign constraints, with all neurons in one population.
    pub fn unconstrained(mut self) -> Network {
        self.hidden.iter_mut().for_each(|layer| layer.excitatory = layer.neurons);
        Network { constrained: false, ..self }
    }

    /// Returns the hidden layer that drives the readout.
    pub fn last_hidden(&self) -> HiddenLayer {
        *self.hidden.last().expect("a network has at least one hidden layer")
    }
}

/// Returns the number of excitatory neurons among `hidden`: `hidden` x `excitatory_fraction`, rounded half up.
pub fn excitatory_neurons(hidden: usize, excitatory_fraction: f64) -> usize {
    // 0.575 x 20 is 11.499999999999998 in binary; adding 1e-9 restores the intended half.
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
    fn an_unconstrained_network_has_one_population() {
        let dynamics = Dynamics::default();
        let network = Network::new(3, 4, 2, 0.5, 10, &dynamics).expect("valid").unconstrained();
        assert_eq!(network.last_hidden().excitatory, 4);
        assert_eq!(network.signs(Connection::Feedforward(0)), [Sign::Unconstrained; 3]);
        assert_eq!(network.signs(Connection::Readout), [Sign::Unconstrained; 4]);
    }

    #[test]
    fn the_excitatory_fraction_is_rounded_to_whole_neurons() {
        let dynamics = Dynamics::default();
        for (fraction, expected) in [(0.0, 0), (0.29, 29), (0.7, 70), (0.95, 95), (0.992, 99), (0.999, 100), (1.0, 100)]
        {
            let network = Network::new(784, 100, 10, fraction, 100, &dynamics).expect("valid");
            assert_eq!(network.last_hidden().excitatory, expected);
        }
        // Decimal halves that binary fractions miss on either side.
        for (hidden, fraction, expected) in
            [(20, 0.575, 12), (200, 0.5775, 116), (50, 0.575, 29), (3, 0.5, 2), (1, 0.49, 0)]
        {
            assert_eq!(excitatory_neurons(hidden, fraction), expected, "{fraction} of {hidden}");
        }
        let error = Network::new(784, 100, 10, 1.2, 100, &dynamics).expect_err("above 1");
        assert_eq!(error.to_string(), "excitatory_fraction: expected 0 to 1, got 1.2");
        assert!(Network::new(784, 100, 10, f64::NAN, 100, &dynamics).is_err());
        assert!(Network::new(784, 0, 10, 0.5, 100, &dynamics).is_err());
        assert!(Network::new(784, 1, 10, 0.5, 100, &Dynamics { tau_mem: 0.0, ..dynamics }).is_err());
        assert!(Network::from_layers(784, Vec::new(), 10, 100, &dynamics).is_err());
        let error = Network::new(784, 1, 10, 0.5, (1 << 16) + 1, &dynamics).expect_err("steps beyond 16 bits");
        assert_eq!(error.to_string(), "steps: expected at most 65536, got 65537");
        assert!(Network::new(784, (1 << 16) + 1, 10, 0.5, 100, &dynamics).is_err());
        assert!(Network::new(1 << 16, 1 << 16, 10, 0.5, 1 << 16, &dynamics).is_ok());
    }

    #[test]
    fn the_readout_spread_matches_the_paper() {
        assert!((Dynamics::default().readout_sigma(100) - 0.126_888).abs() < 1e-6);
        assert!((Dynamics { tau_mem: 10.0, ..Dynamics::default() }.readout_sigma(100) - 0.066_614).abs() < 1e-6);
    }
}
