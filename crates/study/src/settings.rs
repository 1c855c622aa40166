//! The settings that decide the outcome of a trial, all except its seed.
//!
//! A study file sets these keys, section by section. A key that is not set takes its value from the preset, if the study
//! names one, and otherwise its default here.
//!
//! `[network]`, `[weights]` and `[hardware]` describe the first hidden layer and are the defaults for further layers;
//! `[[layer]]` lists the hidden layers ([`layers`]), `[readout]` describes the readout weights ([`readout`]).
//!
//! The doc comments, ranges and units of the fields are the reference for users: `ohmspike keys` prints them.

mod check;
mod data;
mod flat;
mod hardware;
pub mod layers;
pub mod readout;
mod seeds;
pub(crate) mod value;

use std::collections::BTreeMap;

pub use data::{DataSettings, Encoding};
pub(crate) use data::{NO_EVENTS, ONLY_DENSE, ONLY_EVENTS, per_step_name};
pub use hardware::{Controller, HardwareSettings, NO_DEVICE, PairKind, Population};
pub use layers::{DescribedLayer, LayerSettings, MAX_LAYERS, connection_key, connection_name, key_of_named, layer_key};
use ohmspike_snn::loss::Loss;
use ohmspike_snn::network::Dynamics;
use ohmspike_snn::neuron::Neuron;
use ohmspike_snn::surrogate::Surrogate;
pub use readout::ReadoutSettings;
use schemars::JsonSchema;
pub use seeds::SeedSettings;
use serde::{Deserialize, Serialize};
pub(crate) use value::RATE;
use value::{
    EPOCHS, FACTOR, FRACTION, LINES, MILLION, POSITIVE, TIME_CONSTANT, number, positive, positive_or_auto, refuse,
    whole,
};

/// The settings of one trial.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The data set, and how its samples become spikes.
    pub data: DataSettings,
    /// The hidden neurons.
    pub network: NetworkSettings,
    /// The initial weights of the first hidden layer.
    pub weights: WeightSettings,
    /// The hidden layers, from the input up. Empty for a single layer described by `[network]`, `[weights]` and
    /// `[hardware]`.
    #[serde(rename = "layer", skip_serializing_if = "Vec::is_empty")]
    pub layers: Vec<LayerSettings>,
    /// The weights from the last hidden layer to the classes.
    pub readout: ReadoutSettings,
    /// Write noise set by the study, independent of the device.
    pub noise: NoiseSettings,
    /// The device that holds the weights, and how it is used.
    pub hardware: HardwareSettings,
    /// Overrides of single keys of the device file, for example `device.write.scheme = "add"`. `ohmspike keys device` lists
    /// them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub device: BTreeMap<String, serde_json::Value>,
    /// Separate seeds for single random streams.
    #[serde(skip_serializing_if = "SeedSettings::is_empty")]
    pub seeds: SeedSettings,
    /// How the network is trained.
    pub training: TrainingSettings,
    /// How a trial is scored.
    pub outcome: OutcomeSettings,
}

/// Section `[network]`: the hidden neurons.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NetworkSettings {
    /// Neurons of the first hidden layer, and of further layers that do not set their own number.
    #[schemars(range(min = LINES.low, max = LINES.high), extend("x-unit" = "neurons"))]
    pub hidden: usize,
    /// Fraction of the hidden neurons that are excitatory. The others are inhibitory.
    #[schemars(range(min = FRACTION.low, max = FRACTION.high), extend("x-unit" = "fraction"))]
    pub excitatory_fraction: f64,
    /// Time steps per sample. A step lasts 1 ms for dense samples (images or rows of numbers) and `data.window_seconds` /
    /// `network.steps` for recorded events.
    /// Steps × hidden neurons must not exceed 2^28.
    #[schemars(range(min = LINES.low, max = LINES.high), extend("x-unit" = "time steps"))]
    pub steps: usize,
    /// Which signs weights may have.
    #[serde(skip_serializing_if = "WeightSigns::are_constrained")]
    pub signs: WeightSigns,
    /// Whether hidden neurons receive input from each other's spikes.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub recurrent: bool,
    /// Model of the hidden neurons.
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WeightSigns {
    /// Input weights are non-negative, and the weights from a hidden neuron all have its sign.
    Constrained,
    /// Weights may have any sign. Requires `network.excitatory_fraction = 1` and digital weights.
    Unconstrained,
}

impl WeightSigns {
    fn are_constrained(&self) -> bool {
        *self == WeightSigns::Constrained
    }
}

/// Section `[weights]`: the initial weights of the first hidden layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WeightSettings {
    /// Initial weight spread (σ_init): standard deviation of the initial input weights of the first hidden layer,
    /// thresholds. `auto` chooses the spread at which the untrained layer fires at `calibration.target_spikes`.
    #[schemars(
        range(min = POSITIVE.low, max = POSITIVE.high),
        extend("x-unit" = "thresholds", "x-default" = "`auto`", "x-allowed" = "1e-12 to 1e12, or `auto`")
    )]
    pub sigma_init: f64,
    /// Standard deviation of the initial recurrent weights of the first hidden layer, thresholds. Requires
    /// `network.recurrent = true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        range(min = POSITIVE.low, max = POSITIVE.high),
        extend("x-unit" = "thresholds", "x-default" = "`weights.sigma_init`")
    )]
    pub sigma_recurrent: Option<f64>,
}

impl Default for WeightSettings {
    fn default() -> Self {
        WeightSettings { sigma_init: 0.001, sigma_recurrent: None }
    }
}

/// Section `[noise]`: write noise set by the study, independent of the device.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NoiseSettings {
    /// Update noise: the standard deviation of the noise of every weight update, % of `weights.sigma_init`. Applies to digital weights and to
    /// devices with `write.noise = "from-study"`.
    #[schemars(range(min = FACTOR.low, max = FACTOR.high), extend("x-unit" = "% of σ_init"))]
    pub level_percent: f64,
}

/// Section `[training]`: how the network is trained. The key `preset` is resolved while the study is read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TrainingSettings {
    /// Number of passes over the training set. 0 tests the untrained network.
    #[schemars(range(min = EPOCHS.low, max = EPOCHS.high), extend("x-unit" = "epochs"))]
    pub epochs: usize,
    /// Samples per batch. Training skips the incomplete last batch of every epoch; tests use every sample.
    #[schemars(range(min = MILLION.low, max = MILLION.high), extend("x-unit" = "samples"))]
    pub batch: usize,
    /// Learning rate of plain gradient descent.
    #[schemars(range(min = FACTOR.low, max = FACTOR.high))]
    pub learning_rate: f64,
    /// Time constant of the membrane voltage, time steps.
    #[schemars(range(min = TIME_CONSTANT.low, max = TIME_CONSTANT.high), extend("x-unit" = "time steps"))]
    pub tau_mem_steps: f64,
    /// Time constant of the synaptic current, time steps.
    #[schemars(range(min = TIME_CONSTANT.low, max = TIME_CONSTANT.high), extend("x-unit" = "time steps"))]
    pub tau_syn_steps: f64,
    /// Loss that training minimises.
    pub loss: Loss,
    /// Surrogate derivative of the spike function.
    pub surrogate: SurrogateShape,
    /// Steepness β of the surrogate derivative.
    #[schemars(range(min = POSITIVE.low, max = POSITIVE.high), extend("x-unit" = "1/threshold"))]
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

/// Shape of the surrogate derivative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SurrogateShape {
    /// 1 / (β |V - 1| + 1)², with V the membrane voltage in thresholds.
    FastSigmoid,
    /// exp(-β |V - 1|), which reaches only neurons near the threshold.
    Exponential,
}

/// Section `[outcome]`: how a trial is scored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OutcomeSettings {
    /// Number of last epochs to average: the outcome of a trial is the mean of their test accuracies.
    #[schemars(range(min = MILLION.low, max = MILLION.high), extend("x-unit" = "epochs"))]
    pub last_epochs: usize,
    /// Which accuracy decides whether training succeeded.
    #[serde(skip_serializing_if = "is_default")]
    pub success_of: SuccessOf,
    /// Accuracy above which training counts as successful.
    #[serde(skip_serializing_if = "is_success_above")]
    #[schemars(range(min = FRACTION.low, max = FRACTION.high), extend("x-unit" = "fraction"))]
    pub success_above: f64,
}

impl Default for OutcomeSettings {
    fn default() -> Self {
        OutcomeSettings { last_epochs: 10, success_of: SuccessOf::Best, success_above: SUCCESS_ABOVE }
    }
}

/// Half of the test samples.
const SUCCESS_ABOVE: f64 = 0.5;

fn is_success_above(above: &f64) -> bool {
    *above == SUCCESS_ABOVE
}

/// The accuracy that decides whether training succeeded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SuccessOf {
    /// The highest test accuracy of any epoch.
    #[default]
    Best,
    /// The outcome: the mean test accuracy of the last epochs.
    Outcome,
}

/// A value outside the allowed range, or one that another key rules out.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{key}: expected {allowed}, got {value}")]
pub struct ValueError {
    /// The key, with its section.
    pub key: String,
    /// The allowed values.
    pub allowed: String,
    /// The value of the study.
    pub value: String,
}

impl Settings {
    /// Returns the time constants, the surrogate derivative and the loss.
    pub fn dynamics(&self) -> Dynamics {
        let TrainingSettings { tau_mem_steps, tau_syn_steps, loss, surrogate, surrogate_steepness, .. } = self.training;
        let steepness = surrogate_steepness as f32;
        let surrogate = match surrogate {
            SurrogateShape::FastSigmoid => Surrogate::FastSigmoid { steepness },
            SurrogateShape::Exponential => Surrogate::Exponential { steepness },
        };
        Dynamics { tau_syn: tau_syn_steps, tau_mem: tau_mem_steps, surrogate, loss }
    }

    /// Returns the settings with every default written out, as records store them.
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

    /// Duration of a time step, ms: 1 ms for dense samples, `data.window_seconds` / `network.steps` for recorded events.
    pub fn step_milliseconds(&self) -> f64 {
        self.data.window_seconds().map_or(1.0, |window| 1e3 * window / self.network.steps as f64)
    }

    /// Duration of a time step, s.
    pub fn step_seconds(&self) -> f64 {
        self.data.window_seconds().map_or(1e-3, |window| window / self.network.steps as f64)
    }

    /// Duration of a sample, s.
    pub fn sample_seconds(&self) -> f64 {
        self.data.window_seconds().unwrap_or(self.network.steps as f64 * 1e-3)
    }

    /// Standard deviation of the write noise that the study sets, thresholds: `noise.level_percent` / 100 × σ_init.
    pub fn update_sigma(&self) -> f64 {
        self.noise.level_percent / 100.0 * self.weights.sigma_init
    }

    /// Returns `hardware.device`, or `None` for digital weights.
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
    fn resolving_writes_out_every_key_and_changes_no_value() {
        let settings = Settings::default();
        let resolved = settings.resolved();
        assert_eq!(resolved.resolved(), resolved);
        assert_eq!(resolved.hidden_layers(), settings.hidden_layers());
        assert_eq!(resolved.dynamics(), settings.dynamics());
        assert_eq!(resolved.layers[0].hidden, Some(100));
        assert!(resolved.readout.sigma_init.is_some());
    }

    #[test]
    fn reports_the_key_and_range_of_a_value_out_of_range() {
        let mut settings = Settings::default();
        settings.network.excitatory_fraction = 1.2;
        let message = settings.check().expect_err("above 1").to_string();
        assert_eq!(message, "network.excitatory_fraction: expected 0 to 1, got 1.2");
        settings.network.excitatory_fraction = f64::NAN;
        assert!(settings.check().is_err());
    }
}
