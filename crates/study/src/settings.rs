//! Everything that decides the outcome of a trial, but for its seed.
//!
//! A study file gives these keys, section by section. What it leaves out comes from its preset, or else has the default
//! given here.
//!
//! `[network]`, `[weights]` and `[hardware]` describe the first hidden layer and what further layers leave out; `[[layer]]` lists
//! the hidden layers ([`layers`]), `[readout]` describes the last matrix of weights ([`readout`]).

mod check;
mod data;
mod flat;
mod hardware;
pub mod layers;
pub mod readout;
mod seeds;
mod value;

use std::collections::BTreeMap;

pub use data::{DataSettings, Encoding};
pub(crate) use data::{NO_EVENTS, ONLY_DENSE, ONLY_EVENTS, per_step_name};
pub use hardware::{Controller, HardwareSettings, NO_DEVICE, PairKind};
pub use layers::{DescribedLayer, LayerSettings, MOST_LAYERS, connection_key, connection_name, layer_key};
use ohmspike_snn::loss::Loss;
use ohmspike_snn::network::Dynamics;
use ohmspike_snn::neuron::Neuron;
use ohmspike_snn::surrogate::Surrogate;
pub use readout::ReadoutSettings;
pub use seeds::SeedSettings;
use serde::{Deserialize, Serialize};
use value::{number, positive, refuse, whole};

/// The settings of one trial.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// What is learnt.
    pub data: DataSettings,
    /// Who learns.
    pub network: NetworkSettings,
    /// The first weights.
    pub weights: WeightSettings,
    /// The hidden layers, the one that receives the input first; empty for one layer of which `[network]` says everything.
    #[serde(rename = "layer", skip_serializing_if = "Vec::is_empty")]
    pub layers: Vec<LayerSettings>,
    /// The weights from the last hidden layer to the classes.
    pub readout: ReadoutSettings,
    /// The study's own noise.
    pub noise: NoiseSettings,
    /// What holds the weights.
    pub hardware: HardwareSettings,
    /// Keys of the device file, dotted, with what stands in the place of the file's own value.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub device: BTreeMap<String, serde_json::Value>,
    /// Seeds of single streams.
    #[serde(skip_serializing_if = "SeedSettings::is_empty")]
    pub seeds: SeedSettings,
    /// How it is learnt.
    pub training: TrainingSettings,
    /// What is reported.
    pub outcome: OutcomeSettings,
}

/// Section `[network]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NetworkSettings {
    /// Hidden neurons of the first layer.
    pub hidden: usize,
    /// Share of the hidden neurons that are excitatory, 0 to 1.
    pub excitatory_fraction: f64,
    /// Steps of a sample, of 1 ms each where `data.window_seconds` says nothing else.
    pub steps: usize,
    /// `constrained` where every weight keeps the sign of its row, `unconstrained` for a network to compare with.
    #[serde(skip_serializing_if = "WeightSigns::are_constrained")]
    pub signs: WeightSigns,
    /// Whether hidden neurons hear each other's spikes.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub recurrent: bool,
    /// What the hidden neurons are: `lif`, leaky integrate-and-fire, or `izhikevich`.
    #[serde(skip_serializing_if = "is_default")]
    pub neuron: Neuron,
}

impl Default for NetworkSettings {
    fn default() -> Self {
        NetworkSettings {
            hidden: 100,
            excitatory_fraction: 0.8,
            steps: 100,
            signs: WeightSigns::Constrained,
            recurrent: false,
            neuron: Neuron::default(),
        }
    }
}

/// Which signs weights may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WeightSigns {
    /// Those of inputs are at or above zero, those of a hidden neuron have its sign.
    Constrained,
    /// Any; all hidden neurons are of one population.
    Unconstrained,
}

impl WeightSigns {
    fn are_constrained(&self) -> bool {
        *self == WeightSigns::Constrained
    }
}

/// Section `[weights]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WeightSettings {
    /// Initial spread of the weights from the inputs to the first hidden layer, thresholds.
    pub sigma_init: f64,
    /// Initial spread of the first hidden layer's recurrent weights, thresholds; by default `sigma_init`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sigma_recurrent: Option<f64>,
}

impl Default for WeightSettings {
    fn default() -> Self {
        WeightSettings { sigma_init: 0.001, sigma_recurrent: None }
    }
}

/// Section `[noise]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NoiseSettings {
    /// Noise of every weight update, % of `weights.sigma_init`; for abstract weights and for devices whose write noise
    /// is `from-study`.
    pub level_percent: f64,
}

/// Section `[training]`. Its key `preset` names a set of keys that a study takes as they are where it gives none; it is
/// resolved when the study is read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainingSettings {
    /// Passes over the training set.
    pub epochs: usize,
    /// Samples per batch; training leaves out the incomplete last batch of every epoch, tests take every sample.
    pub batch: usize,
    /// Learning rate of plain gradient descent.
    pub learning_rate: f64,
    /// Time constant of the membrane, steps.
    pub tau_mem_steps: f64,
    /// Time constant of the synaptic current, steps.
    pub tau_syn_steps: f64,
    /// `max-over-time` or `per-step`.
    pub loss: Loss,
    /// `fast-sigmoid` or `exponential`.
    pub surrogate: SurrogateShape,
    /// Steepness of the surrogate.
    pub surrogate_steepness: f64,
}

impl Default for TrainingSettings {
    fn default() -> Self {
        let Dynamics { tau_mem, tau_syn, loss, .. } = Dynamics::default();
        TrainingSettings {
            epochs: 30,
            batch: 256,
            learning_rate: 0.01,
            tau_mem_steps: tau_mem,
            tau_syn_steps: tau_syn,
            loss,
            surrogate: SurrogateShape::FastSigmoid,
            surrogate_steepness: 100.0,
        }
    }
}

/// The surrogates by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SurrogateShape {
    /// [`Surrogate::FastSigmoid`].
    FastSigmoid,
    /// [`Surrogate::Exponential`].
    Exponential,
}

/// Section `[outcome]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OutcomeSettings {
    /// The outcome of a trial is its mean test accuracy over this many last epochs.
    pub last_epochs: usize,
    /// The accuracy that decides whether a network was trained successfully: `best` of any epoch, or the `outcome`.
    #[serde(skip_serializing_if = "is_default")]
    pub success_of: SuccessOf,
    /// What this accuracy must exceed, 0 to 1.
    #[serde(skip_serializing_if = "is_success_above")]
    pub success_above: f64,
}

impl Default for OutcomeSettings {
    fn default() -> Self {
        OutcomeSettings { last_epochs: 10, success_of: SuccessOf::Best, success_above: SUCCESS_ABOVE }
    }
}

/// More than half of the samples of ten classes.
const SUCCESS_ABOVE: f64 = 0.5;

fn is_success_above(above: &f64) -> bool {
    *above == SUCCESS_ABOVE
}

/// The accuracy of a trial that decides whether it was successful.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SuccessOf {
    /// The highest after any epoch.
    #[default]
    Best,
    /// The outcome: the mean of the last epochs.
    Outcome,
}

/// A value that no trial can have.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{key}: must be {allowed}, got {value}")]
pub struct ValueError {
    /// The key, with its section.
    pub key: String,
    /// What is allowed.
    pub allowed: String,
    /// What was given.
    pub value: String,
}

impl Settings {
    /// Time constants, surrogate and loss.
    pub fn dynamics(&self) -> Dynamics {
        let TrainingSettings { tau_mem_steps, tau_syn_steps, loss, surrogate, surrogate_steepness, .. } = self.training;
        let steepness = surrogate_steepness as f32;
        let surrogate = match surrogate {
            SurrogateShape::FastSigmoid => Surrogate::FastSigmoid { steepness },
            SurrogateShape::Exponential => Surrogate::Exponential { steepness },
        };
        Dynamics { tau_syn: tau_syn_steps, tau_mem: tau_mem_steps, surrogate, loss }
    }

    /// The same settings with every key written out, as a record holds them.
    pub fn resolved(&self) -> Settings {
        let first = &self.hidden_layers()[0];
        let DescribedLayer { hidden, excitatory_fraction, recurrent, sigma_init, weight_at_gmax, .. } = *first;
        Settings {
            data: self.data.resolved(),
            network: NetworkSettings { hidden, excitatory_fraction, recurrent, ..self.network.clone() },
            weights: WeightSettings { sigma_init, sigma_recurrent: recurrent.then_some(first.sigma_recurrent) },
            hardware: HardwareSettings { device: first.device.clone(), weight_at_gmax, ..self.hardware.clone() },
            layers: self.resolved_layers(),
            readout: self.resolved_readout(),
            ..self.clone()
        }
    }

    /// What one step of the network stands for, ms: 1 of images, a part of the window of recordings.
    pub fn step_milliseconds(&self) -> f64 {
        self.data.window_seconds().map_or(1.0, |window| 1e3 * window / self.network.steps as f64)
    }

    /// What all steps of a sample stand for, s.
    pub fn sample_seconds(&self) -> f64 {
        self.data.window_seconds().unwrap_or(self.network.steps as f64 * 1e-3)
    }

    /// Standard deviation of the study's noise of one update, thresholds: level x sigma_init.
    pub fn study_sigma(&self) -> f64 {
        self.noise.level_percent / 100.0 * self.weights.sigma_init
    }

    /// The name of the device, if weights are held by one.
    pub fn device(&self) -> Option<&str> {
        (self.hardware.device != NO_DEVICE).then_some(self.hardware.device.as_str())
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resolving_writes_every_key_out_and_changes_nothing() {
        let settings = Settings::default();
        let resolved = settings.resolved();
        assert_eq!(resolved.resolved(), resolved);
        assert_eq!(resolved.hidden_layers(), settings.hidden_layers());
        assert_eq!(resolved.dynamics(), settings.dynamics());
        assert_eq!(resolved.layers[0].hidden, Some(100));
        assert!(resolved.readout.sigma_init.is_some());
    }

    #[test]
    fn values_out_of_range_are_named() {
        let mut settings = Settings::default();
        settings.network.excitatory_fraction = 1.2;
        let message = settings.check().expect_err("above 1").to_string();
        assert_eq!(message, "network.excitatory_fraction: must be between 0 and 1, got 1.2");
        settings.network.excitatory_fraction = f64::NAN;
        assert!(settings.check().is_err());
    }
}
