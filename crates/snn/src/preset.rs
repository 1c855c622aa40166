//! The published choices: two presets for each of the two data sets, because the published text and the published results
//! do not agree.
//!
//! | Fashion-MNIST | `published-results` | `paper-text` |
//! |---|---|---|
//! | hidden neurons, steps | 100, 100 | the same |
//! | tau_mem, tau_syn | 5, 5 steps | 10, 5 steps |
//! | surrogate | fast sigmoid, k = 100 | exponential, k = 100 |
//! | loss | max over time | per step |
//! | optimiser | gradient descent, 0.01, batches of 256, 30 epochs | the same |
//! | spread of readout weights | 7 (1 - b) / sqrt(hidden) | the same |
//! | outcome | mean accuracy of the last 10 epochs | the same |
//!
//! | Spiking Heidelberg Digits | `shd-published-results` | `shd-paper-text` |
//! |---|---|---|
//! | hidden neurons, steps | 200, 100 | 200, 200 |
//! | tau_mem, tau_syn | 5, 5 steps | 10, 5 steps |
//! | surrogate, loss | as `published-results` | as `paper-text` |
//! | optimiser | gradient descent, 0.001, batches of 256, 200 epochs | the same |
//! | spread of readout weights | 0.0001 | the same |
//! | outcome | mean accuracy of the last 25 epochs | the same |
//!
//! Source: Kilgore et al., Sci Rep 15, 24798 (2025), its Methods and its published data; the first of each pair gives the
//! published figures.

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
    /// Samples a batch; training drops an incomplete last batch.
    pub batch: usize,
    /// Passes over the training set.
    pub epochs: usize,
    /// Hidden neurons.
    pub hidden: usize,
    /// Steps of a sample.
    pub steps: usize,
    /// Initial spread of the readout's weights, thresholds; none where it follows from the number of hidden neurons.
    pub sigma_readout: Option<f64>,
    /// The outcome of a trial is its mean test accuracy over the last so many epochs.
    pub last_epochs: usize,
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
            hidden: 100,
            steps: 100,
            sigma_readout: None,
            last_epochs: 10,
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

    /// What gives the published figures of Spiking Heidelberg Digits.
    pub fn shd_published_results() -> Preset {
        Preset::published_results().for_shd()
    }

    /// What the published text states of Spiking Heidelberg Digits.
    pub fn shd_paper_text() -> Preset {
        Preset { steps: 200, ..Preset::paper_text().for_shd() }
    }

    fn for_shd(self) -> Preset {
        Preset { learning_rate: 0.001, epochs: 200, hidden: 200, sigma_readout: Some(0.0001), last_epochs: 25, ..self }
    }

    /// Initial spread of the readout's weights for `hidden` neurons: 7 (1 - b) / sqrt(hidden) where the preset states none.
    pub fn readout_sigma(&self, hidden: usize) -> f32 {
        if let Some(sigma) = self.sigma_readout {
            return sigma as f32;
        }
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
        assert_eq!(Preset::shd_published_results().readout_sigma(200), 0.0001);
    }
}
