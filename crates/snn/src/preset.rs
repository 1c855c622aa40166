//! The published choices: two presets, because the published text and the published results do not agree.
//!
//! | | `published-results` | `paper-text` |
//! |---|---|---|
//! | tau_mem, tau_syn | 5, 5 steps | 10, 5 steps |
//! | surrogate | fast sigmoid, k = 100 | exponential, k = 100 |
//! | loss | max over time | per step |
//! | optimiser | gradient descent, 0.01, batches of 256, 30 epochs | the same |
//! | spread of readout weights | 7 (1 - b) / sqrt(hidden) | the same |
//!
//! Source: Kilgore et al., Sci Rep 15, 24798 (2025), its Methods and its published data; the first gives the published
//! noise figure.

use serde::{Deserialize, Serialize};

use crate::loss::Loss;
use crate::network::Dynamics;
use crate::surrogate::Surrogate;

/// Everything that a preset decides.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Preset {
    /// Time constants, surrogate, loss.
    pub dynamics: Dynamics,
    /// Learning rate of plain gradient descent.
    pub learning_rate: f64,
    /// Samples a batch; an incomplete last batch is dropped in training and in test.
    pub batch: usize,
    /// Passes over the training set.
    pub epochs: usize,
}

impl Preset {
    /// What gives the published noise figure.
    pub fn published_results() -> Preset {
        Preset {
            dynamics: Dynamics {
                tau_syn: 5.0,
                tau_mem: 5.0,
                surrogate: Surrogate::FastSigmoid { steepness: 100.0 },
                loss: Loss::MaxOverTime,
            },
            learning_rate: 0.01,
            batch: 256,
            epochs: 30,
        }
    }

    /// What the published text states.
    pub fn paper_text() -> Preset {
        let results = Preset::published_results();
        Preset {
            dynamics: Dynamics {
                tau_mem: 10.0,
                surrogate: Surrogate::Exponential { steepness: 100.0 },
                loss: Loss::PerStep,
                ..results.dynamics
            },
            ..results
        }
    }

    /// Initial spread of the readout's weights for `hidden` neurons: 7 (1 - b) / sqrt(hidden).
    pub fn readout_sigma(&self, hidden: usize) -> f32 {
        (7.0 * (1.0 - libm::exp(-1.0 / self.dynamics.tau_mem)) / libm::sqrt(hidden as f64)) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readout_spread_is_that_of_the_study() {
        assert!((Preset::published_results().readout_sigma(100) - 0.126_888).abs() < 1e-6);
        assert!((Preset::paper_text().readout_sigma(100) - 0.066_614).abs() < 1e-6);
    }
}
