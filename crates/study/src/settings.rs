//! Everything that decides the outcome of a trial, but for its seed.
//!
//! A study file gives these keys, section by section; what it leaves out has the default given here. A key of
//! `[training]` left out is taken from the preset.

mod check;
mod data;
mod flat;
mod hardware;
mod layers;
mod preset_name;
mod seeds;

use std::collections::BTreeMap;

use check::{number, positive, refuse, whole};
pub use data::{Code, DataSettings};
pub(crate) use data::{NO_EVENTS, ONLY_DENSE, ONLY_EVENTS, per_step_name};
pub use hardware::{Controller, HardwareSettings, NO_DEVICE, PairKind};
pub use layers::{DescribedLayer, LAYERS, LayerSettings, connection_name};
use ohmspike_snn::connection::Connection;
use ohmspike_snn::loss::Loss;
use ohmspike_snn::network::Dynamics;
use ohmspike_snn::neuron::Neuron;
use ohmspike_snn::preset::Preset;
use ohmspike_snn::surrogate::Surrogate;
pub use preset_name::PresetName;
pub use seeds::SeedSettings;
use serde::{Deserialize, Serialize};

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
    /// A second hidden layer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layer_2: Option<LayerSettings>,
    /// A third.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layer_3: Option<LayerSettings>,
    /// A fourth.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layer_4: Option<LayerSettings>,
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
    /// Initial spread of the readout's weights, thresholds; by default 7 (1 - b) / sqrt(hidden).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sigma_readout: Option<f64>,
    /// Initial spread of the first hidden layer's recurrent weights, thresholds; by default `sigma_init`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sigma_recurrent: Option<f64>,
}

impl Default for WeightSettings {
    fn default() -> Self {
        WeightSettings { sigma_init: 0.001, sigma_readout: None, sigma_recurrent: None }
    }
}

/// Section `[noise]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NoiseSettings {
    /// Noise of every weight update, % of `weights.sigma_init`; for abstract weights and for devices whose write noise
    /// is `study-level`.
    pub level_percent: f64,
}

/// Section `[training]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainingSettings {
    /// `published-results`, `paper-text`, `shd-published-results` or `shd-paper-text`; decides every key below that is left
    /// out, and `network.hidden`, `network.steps`, `data.events_per_step`, `weights.sigma_readout` and `outcome.last_epochs`.
    pub preset: PresetName,
    /// Passes over the training set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epochs: Option<usize>,
    /// Samples a batch; training leaves out the incomplete last batch of every epoch, tests take every sample.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch: Option<usize>,
    /// Learning rate of plain gradient descent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub learning_rate: Option<f64>,
    /// Time constant of the membrane, steps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tau_mem: Option<f64>,
    /// Time constant of the synaptic current, steps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tau_syn: Option<f64>,
    /// `max-over-time` or `per-step`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss: Option<Loss>,
    /// `fast-sigmoid` or `exponential`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub surrogate: Option<SurrogateShape>,
    /// Steepness of the surrogate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub surrogate_steepness: Option<f64>,
}

impl Default for TrainingSettings {
    fn default() -> Self {
        TrainingSettings {
            preset: PresetName::PublishedResults,
            epochs: None,
            batch: None,
            learning_rate: None,
            tau_mem: None,
            tau_syn: None,
            loss: None,
            surrogate: None,
            surrogate_steepness: None,
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
    /// The outcome of a trial is its mean test accuracy over the last so many epochs.
    pub last_epochs: usize,
}

impl Default for OutcomeSettings {
    fn default() -> Self {
        OutcomeSettings { last_epochs: 10 }
    }
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
    /// The preset with every key of `[training]` that is given put in its place.
    pub fn preset(&self) -> Preset {
        let given = &self.training;
        let named = given.preset.preset();
        let (shape, steepness) = match named.dynamics.surrogate {
            Surrogate::FastSigmoid { steepness } => (SurrogateShape::FastSigmoid, steepness),
            Surrogate::Exponential { steepness } => (SurrogateShape::Exponential, steepness),
        };
        let steepness = given.surrogate_steepness.map_or(steepness, |given| given as f32);
        let surrogate = match given.surrogate.unwrap_or(shape) {
            SurrogateShape::FastSigmoid => Surrogate::FastSigmoid { steepness },
            SurrogateShape::Exponential => Surrogate::Exponential { steepness },
        };
        Preset {
            dynamics: Dynamics {
                tau_syn: given.tau_syn.unwrap_or(named.dynamics.tau_syn),
                tau_mem: given.tau_mem.unwrap_or(named.dynamics.tau_mem),
                surrogate,
                loss: given.loss.unwrap_or(named.dynamics.loss),
            },
            learning_rate: given.learning_rate.unwrap_or(named.learning_rate),
            batch: given.batch.unwrap_or(named.batch),
            epochs: given.epochs.unwrap_or(named.epochs),
            hidden: self.network.hidden,
            steps: self.network.steps,
            sigma_readout: self.weights.sigma_readout.or(named.sigma_readout),
            last_epochs: self.outcome.last_epochs,
        }
    }

    /// The same settings with every key written out, as a record holds them.
    pub fn resolved(&self) -> Settings {
        let preset = self.preset();
        let (shape, steepness) = match preset.dynamics.surrogate {
            Surrogate::FastSigmoid { steepness } => (SurrogateShape::FastSigmoid, steepness),
            Surrogate::Exponential { steepness } => (SurrogateShape::Exponential, steepness),
        };
        let [layer_2, layer_3, layer_4] = self.resolved_layers();
        let device_readout = self.hardware.device_readout.clone().filter(|device| *device != self.hardware.device);
        Settings {
            data: self.resolved_data(),
            weights: WeightSettings {
                sigma_readout: Some(self.sigma_readout()),
                sigma_recurrent: self.network.recurrent.then(|| self.sigma_of(Connection::Recurrent(0))),
                ..self.weights.clone()
            },
            layer_2,
            layer_3,
            layer_4,
            hardware: HardwareSettings { device_readout, ..self.hardware.clone() },
            training: TrainingSettings {
                preset: self.training.preset,
                epochs: Some(preset.epochs),
                batch: Some(preset.batch),
                learning_rate: Some(preset.learning_rate),
                tau_mem: Some(preset.dynamics.tau_mem),
                tau_syn: Some(preset.dynamics.tau_syn),
                loss: Some(preset.dynamics.loss),
                surrogate: Some(shape),
                surrogate_steepness: Some(f64::from(steepness)),
            },
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

    /// Initial spread of the readout's weights, thresholds.
    pub fn sigma_readout(&self) -> f64 {
        let preset = self.preset();
        preset.sigma_readout.unwrap_or_else(|| f64::from(preset.readout_sigma(self.last_hidden().hidden)))
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

/// The key that names the device of `connection`.
pub fn device_key(connection: Connection) -> &'static str {
    match connection {
        Connection::Feedforward(0) | Connection::Recurrent(0) => "hardware.device",
        Connection::Feedforward(1) | Connection::Recurrent(1) => "layer_2.device",
        Connection::Feedforward(2) | Connection::Recurrent(2) => "layer_3.device",
        Connection::Feedforward(_) | Connection::Recurrent(_) => "layer_4.device",
        Connection::Readout => "hardware.device_readout",
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
        let written_out = Preset { sigma_readout: Some(settings.sigma_readout()), ..settings.preset() };
        assert_eq!(resolved.preset(), written_out);
        assert_eq!(resolved.resolved(), resolved);
        assert_eq!(resolved.training.tau_mem, Some(5.0));
    }

    #[test]
    fn a_given_key_takes_the_place_of_the_preset() {
        let mut settings = Settings::default();
        settings.training.preset = PresetName::PaperText;
        settings.training.tau_mem = Some(7.5);
        let preset = settings.preset();
        assert_eq!((preset.dynamics.tau_mem, preset.dynamics.loss), (7.5, Loss::PerStep));
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
