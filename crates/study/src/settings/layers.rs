//! `[[layer]]`: the hidden layers, from the input up.
//!
//! Each entry adds a layer above the previous one. A key that an entry does not set takes its value from the first layer,
//! which `[network]`, `[weights]` and `[hardware]` describe as well. The exception is the initial weight spread, which by
//! default is
//!
//! ```text
//! σ_init = 2 (1 - b) / sqrt(rows)
//!
//! b      fraction of a membrane voltage that remains after one time step
//! rows   neurons of the layer below
//! ```
//!
//! This is 2/7 of the default for the readout. With 80 % excitatory neurons that spike once or twice per sample, the next
//! layer also spikes a few times.

use ohmspike_snn::connection::Connection;
use ohmspike_snn::network::HiddenLayer;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::value::{FRACTION, LINES, POSITIVE};
use super::{
    NO_DEVICE, Settings, ValueError, WeightSigns, number as number_in, positive, positive_or_auto, refuse, whole,
};

/// One entry of `[[layer]]`: a hidden layer. Unset keys take the value of the first layer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LayerSettings {
    /// Neurons of the layer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        range(min = LINES.low, max = LINES.high),
        extend("x-unit" = "neurons", "x-default" = "`network.hidden`")
    )]
    pub hidden: Option<usize>,
    /// Fraction of its neurons that are excitatory.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        range(min = FRACTION.low, max = FRACTION.high),
        extend("x-unit" = "fraction", "x-default" = "`network.excitatory_fraction`")
    )]
    pub excitatory_fraction: Option<f64>,
    /// Whether its neurons receive input from each other's spikes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-default" = "`network.recurrent`"))]
    pub recurrent: Option<bool>,
    /// Standard deviation of the initial weights from the layer below, thresholds. `auto` chooses it as for the first layer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        range(min = POSITIVE.low, max = POSITIVE.high),
        extend(
            "x-unit" = "thresholds",
            "x-allowed" = "1e-12 to 1e12, or `auto`",
            "x-default" = "`weights.sigma_init`; above the first layer 2 (1 - b) / sqrt(rows), with \
                           b = exp(-1 / `training.tau_mem_steps`) and rows = neurons of the layer below"
        )
    )]
    pub sigma_init: Option<f64>,
    /// Standard deviation of the initial recurrent weights, thresholds. Requires a recurrent layer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        range(min = POSITIVE.low, max = POSITIVE.high),
        extend("x-unit" = "thresholds", "x-default" = "`sigma_init` of the layer; `weights.sigma_recurrent` of the first one")
    )]
    pub sigma_recurrent: Option<f64>,
    /// Device that holds the weights from the layer below and the recurrent weights.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-allowed" = "as `hardware.device`", "x-default" = "`hardware.device`"))]
    pub device: Option<String>,
    /// Weight of a cell of the layer at the upper end of its conductance window (Gmax), thresholds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        range(min = POSITIVE.low, max = POSITIVE.high),
        extend("x-unit" = "thresholds", "x-allowed" = "1e-12 to 1e12, or `auto`", "x-default" = "`hardware.weight_at_gmax`")
    )]
    pub weight_at_gmax: Option<f64>,
    /// CSV file with the measured faults of the array from the layer below. Empty for none.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schemars(extend("x-allowed" = "path of a CSV file"))]
    pub fault_map: String,
    /// CSV file with the measured conductances of the same array. Empty for none. Requires
    /// `hardware.pair = "one-branch"`.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schemars(extend("x-allowed" = "path of a CSV file"))]
    pub conductance_map: String,
}

/// Largest number of hidden layers, far more than surrogate gradients can train.
pub const MAX_LAYERS: usize = 64;

/// Keys of the first layer with their spelling in other sections.
pub(crate) const FIRST_LAYER: [(&str, &str); 7] = [
    ("hidden", "network.hidden"),
    ("excitatory_fraction", "network.excitatory_fraction"),
    ("recurrent", "network.recurrent"),
    ("sigma_init", "weights.sigma_init"),
    ("sigma_recurrent", "weights.sigma_recurrent"),
    ("device", "hardware.device"),
    ("weight_at_gmax", "hardware.weight_at_gmax"),
];

impl LayerSettings {
    /// Returns an entry with every key set.
    pub(crate) fn every() -> LayerSettings {
        LayerSettings {
            hidden: Some(1),
            excitatory_fraction: Some(1.0),
            recurrent: Some(true),
            sigma_init: Some(1.0),
            sigma_recurrent: Some(1.0),
            device: Some(NO_DEVICE.to_owned()),
            weight_at_gmax: Some(1.0),
            fault_map: "x".to_owned(),
            conductance_map: "x".to_owned(),
        }
    }
}

/// One hidden layer with all defaults resolved.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribedLayer {
    /// Number of neurons.
    pub hidden: usize,
    /// Fraction of the neurons that are excitatory.
    pub excitatory_fraction: f64,
    /// Whether its neurons receive input from each other's spikes.
    pub recurrent: bool,
    /// Standard deviation of the initial weights from the layer below, thresholds.
    pub sigma_init: f64,
    /// Standard deviation of the initial recurrent weights, thresholds.
    pub sigma_recurrent: f64,
    /// Device that holds its weights, or `none`.
    pub device: String,
    /// Weight of a cell at the upper end of its conductance window (Gmax), thresholds.
    pub weight_at_gmax: f64,
}

impl DescribedLayer {
    /// Returns the layer for a network.
    ///
    /// # Errors
    /// Returns a [`NetworkError`](ohmspike_snn::network::NetworkError) for settings that fail [`Settings::check`].
    pub fn of_network(&self) -> Result<HiddenLayer, ohmspike_snn::network::NetworkError> {
        Ok(HiddenLayer { recurrent: self.recurrent, ..HiddenLayer::new(self.hidden, self.excitatory_fraction)? })
    }
}

impl Settings {
    /// Returns all hidden layers, from the input up.
    pub fn hidden_layers(&self) -> Vec<DescribedLayer> {
        let nothing = LayerSettings::default();
        let (given, further) = self.layers.split_first().unwrap_or((&nothing, &[]));
        let sigma_init = given.sigma_init.unwrap_or(self.weights.sigma_init);
        let first = DescribedLayer {
            hidden: given.hidden.unwrap_or(self.network.hidden),
            excitatory_fraction: given.excitatory_fraction.unwrap_or(self.network.excitatory_fraction),
            recurrent: given.recurrent.unwrap_or(self.network.recurrent),
            sigma_init,
            sigma_recurrent: given.sigma_recurrent.or(self.weights.sigma_recurrent).unwrap_or(sigma_init),
            device: given.device.clone().unwrap_or_else(|| self.hardware.device.clone()),
            weight_at_gmax: given.weight_at_gmax.unwrap_or(self.hardware.weight_at_gmax),
        };
        let mut layers = vec![first.clone()];
        for given in further {
            let below = layers[layers.len() - 1].hidden;
            let spread = || 2.0 / 7.0 * f64::from(self.dynamics().readout_sigma(below));
            let sigma_init = given.sigma_init.unwrap_or_else(spread);
            layers.push(DescribedLayer {
                hidden: given.hidden.unwrap_or(first.hidden),
                excitatory_fraction: given.excitatory_fraction.unwrap_or(first.excitatory_fraction),
                recurrent: given.recurrent.unwrap_or(first.recurrent),
                sigma_init,
                sigma_recurrent: given.sigma_recurrent.unwrap_or(sigma_init),
                device: given.device.clone().unwrap_or_else(|| first.device.clone()),
                weight_at_gmax: given.weight_at_gmax.unwrap_or(first.weight_at_gmax),
            });
        }
        layers
    }

    /// Returns the hidden layer below the readout.
    pub fn last_hidden(&self) -> DescribedLayer {
        self.hidden_layers().pop().expect("a network has a first layer")
    }

    /// Returns all layers with every default written out.
    pub(super) fn resolved_layers(&self) -> Vec<LayerSettings> {
        let written_out = |(number, layer): (usize, DescribedLayer)| {
            let [fault_map, conductance_map] = self.maps_of(Connection::Feedforward(number)).map(str::to_owned);
            LayerSettings {
                hidden: Some(layer.hidden),
                excitatory_fraction: Some(layer.excitatory_fraction),
                recurrent: Some(layer.recurrent),
                sigma_init: Some(layer.sigma_init),
                sigma_recurrent: layer.recurrent.then_some(layer.sigma_recurrent),
                device: Some(layer.device),
                weight_at_gmax: Some(layer.weight_at_gmax),
                fault_map,
                conductance_map,
            }
        };
        self.hidden_layers().into_iter().enumerate().map(written_out).collect()
    }

    /// Standard deviation of the initial weights of `connection`, thresholds.
    pub fn sigma_of(&self, connection: Connection) -> f64 {
        match connection {
            Connection::Readout => self.sigma_readout(),
            Connection::Feedforward(layer) => self.hidden_layers()[layer].sigma_init,
            Connection::Recurrent(layer) => self.hidden_layers()[layer].sigma_recurrent,
        }
    }

    /// Weight of a cell of `connection` at the upper end of its conductance window (Gmax), thresholds.
    pub fn weight_at_gmax_of(&self, connection: Connection) -> f64 {
        match connection {
            Connection::Readout => self.readout.weight_at_gmax,
            Connection::Feedforward(layer) | Connection::Recurrent(layer) => self.hidden_layers()[layer].weight_at_gmax,
        }
    }

    /// Returns the device that holds the weights of `connection`, or `None` for digital weights.
    pub fn device_of(&self, connection: Connection) -> Option<String> {
        let name = match connection {
            Connection::Readout => self.readout_device().to_owned(),
            Connection::Feedforward(layer) | Connection::Recurrent(layer) => self.hidden_layers()[layer].device.clone(),
        };
        (name != NO_DEVICE).then_some(name)
    }

    /// Returns the connections of the network, from the input up.
    pub fn connections(&self) -> Vec<Connection> {
        let layers = self.hidden_layers();
        let of_layer = |(number, layer): (usize, &DescribedLayer)| {
            let recurrent = layer.recurrent.then_some(Connection::Recurrent(number));
            [Some(Connection::Feedforward(number)), recurrent].into_iter().flatten()
        };
        layers.iter().enumerate().flat_map(of_layer).chain([Connection::Readout]).collect()
    }

    /// Returns whether a device holds any of the weights.
    pub fn has_device(&self) -> bool {
        self.connections().into_iter().any(|connection| self.device_of(connection).is_some())
    }

    /// Checks every entry of `[[layer]]`.
    pub(super) fn check_layers(&self) -> Result<(), ValueError> {
        if self.layers.len() > MAX_LAYERS {
            return Err(refuse("layer", format!("at most {MAX_LAYERS} layers"), self.layers.len()));
        }
        for (number, (given, layer)) in self.layers.iter().zip(self.hidden_layers()).enumerate() {
            let key = |key: &str| layer_key(number, key);
            whole(&key("hidden"), layer.hidden, LINES)?;
            let fraction = layer.excitatory_fraction;
            number_in(&key("excitatory_fraction"), fraction, FRACTION)?;
            if self.network.signs == WeightSigns::Unconstrained && fraction != 1.0 {
                let allowed = "1 while `network.signs` is `unconstrained` (all neurons form one population)";
                return Err(refuse(&key("excitatory_fraction"), allowed, fraction));
            }
            positive_or_auto(&key("sigma_init"), layer.sigma_init)?;
            positive(&key("sigma_recurrent"), layer.sigma_recurrent)?;
            positive_or_auto(&key("weight_at_gmax"), layer.weight_at_gmax)?;
            if let Some(sigma) = given.sigma_recurrent.filter(|_| !layer.recurrent) {
                return Err(refuse(&key("sigma_recurrent"), "no value while the layer is not recurrent", sigma));
            }
        }
        Ok(())
    }
}

/// Returns the key of hidden layer `number`, from 0, as a study file spells it: number 1 has `layer.2.hidden`.
pub fn layer_key(number: usize, key: &str) -> String {
    format!("layer.{}.{key}", number + 1)
}

/// Returns the section that describes a connection: `layer.1` for the first hidden layer, or `readout`.
pub fn connection_section(connection: Connection) -> String {
    match connection {
        Connection::Feedforward(layer) | Connection::Recurrent(layer) => format!("layer.{}", layer + 1),
        Connection::Readout => "readout".to_owned(),
    }
}

/// Returns `key` of the section that describes a connection. The first hidden layer uses the other sections: `network.hidden`.
pub fn connection_key(connection: Connection, key: &str) -> String {
    let first = matches!(connection, Connection::Feedforward(0) | Connection::Recurrent(0));
    let spelled = FIRST_LAYER.iter().find(|(name, _)| first && *name == key);
    spelled.map_or_else(|| format!("{}.{key}", connection_section(connection)), |(_, other)| (*other).to_owned())
}

/// Returns the name of a connection in tables, records and messages.
pub fn connection_name(connection: Connection) -> String {
    match connection {
        Connection::Feedforward(layer) => format!("hidden-{}", layer + 1),
        Connection::Recurrent(layer) => format!("hidden-{}-recurrent", layer + 1),
        Connection::Readout => "readout".to_owned(),
    }
}

/// Returns the [`connection_key`] of the connection called `name`. Unknown names count as the readout.
pub fn key_of_named(name: &str, key: &str) -> String {
    let number = name.strip_prefix("hidden-").and_then(|rest| rest.split('-').next()?.parse::<usize>().ok());
    let layer = number.and_then(|number| number.checked_sub(1));
    connection_key(layer.map_or(Connection::Readout, Connection::Feedforward), key)
}

#[cfg(test)]
mod tests {
    use ohmspike_snn::connection::Connection::{Feedforward, Readout, Recurrent};

    use crate::study::Study;

    use super::*;

    fn study(text: &str) -> Result<Settings, String> {
        let study = Study::parse("s.toml", &format!("name = 's'\n{text}"), &[]);
        study.map(|study| (*study.conditions[0].settings).clone()).map_err(|error| error.to_string())
    }

    #[test]
    fn unset_keys_of_a_layer_default_to_the_first_layer() {
        let text = "[network]\nrecurrent = true\nexcitatory_fraction = 0.6\n[weights]\nsigma_recurrent = 0.02\n\
                    [[layer]]\nhidden = 50\n[[layer]]\nhidden = 49\n[[layer]]\nhidden = 7\nrecurrent = false\n\
                    excitatory_fraction = 1\nsigma_init = 0.3\ndevice = 'none'\nweight_at_gmax = 3\n\
                    [hardware]\ndevice = 'ideal'\n[readout]\ndevice = 'none'";
        let settings = study(text).expect("three layers");
        let [first, second, third] = &settings.hidden_layers()[..] else { panic!("not three layers") };
        assert_eq!((first.hidden, first.sigma_recurrent, settings.network.hidden), (50, 0.02, 50));
        // 2 (1 - b) / sqrt(50), b = exp(-1 / 5), in f32.
        let spread = 2.0 * (1.0 - (-0.2f64).exp()) / 50f64.sqrt();
        assert!((second.sigma_init - spread).abs() < 1e-7 && second.sigma_recurrent == second.sigma_init);
        assert_eq!((second.excitatory_fraction, second.recurrent, second.weight_at_gmax), (0.6, true, 1.0));
        assert_eq!((third.hidden, third.recurrent, third.sigma_init, third.weight_at_gmax), (7, false, 0.3, 3.0));
        let connections = [Feedforward(0), Recurrent(0), Feedforward(1), Recurrent(1), Feedforward(2), Readout];
        assert_eq!(settings.connections(), connections);
        let devices = connections.map(|connection| settings.device_of(connection).is_some());
        assert_eq!(devices, [true, true, true, true, false, false]);
        let names = connections.map(connection_name);
        let expected = ["hidden-1", "hidden-1-recurrent", "hidden-2", "hidden-2-recurrent", "hidden-3", "readout"];
        assert_eq!(names, expected);
        // The readout receives input from the seven neurons of the last layer.
        assert!((settings.sigma_readout() - 7.0 * (1.0 - (-0.2f64).exp()) / 7f64.sqrt()).abs() < 1e-6);
        assert_eq!(settings.resolved().resolved(), settings.resolved());
        assert_eq!(settings.resolved().hidden_layers(), settings.hidden_layers());
    }

    #[test]
    fn the_first_entry_and_the_other_sections_describe_one_layer() {
        let listed = study("[[layer]]\nhidden = 30\nexcitatory_fraction = 0.5\nsigma_init = 0.01").expect("one layer");
        let told = study("[network]\nhidden = 30\nexcitatory_fraction = 0.5\n[weights]\nsigma_init = 0.01");
        assert_eq!(listed.resolved(), told.expect("the same layer").resolved());
        let twice = study("[network]\nhidden = 30\n[[layer]]\nhidden = 40").expect_err("given twice");
        assert_eq!(twice, "s.toml:5: duplicate key `layer.1.hidden`, first given as `network.hidden` at s.toml:3");
    }

    #[test]
    fn refuses_wrong_layers() {
        let unknown = "s.toml:3: unknown key `layer.1.neurons`\n\nhint: use `layer.1.hidden`";
        for (text, expected) in [
            (
                "[[layer]]\n[[layer]]\nhidden = 0",
                "s.toml:4: layer.2.hidden: expected a whole number from 1 to 65536, got 0",
            ),
            ("[[layer]]\nneurons = 2", unknown),
            (
                "[[layer]]\n[[layer]]\nexcitatory_fraction = 2",
                "s.toml:4: layer.2.excitatory_fraction: expected 0 to 1, got 2",
            ),
            (
                "[[layer]]\n[[layer]]\nsigma_recurrent = 0.1",
                "s.toml:4: layer.2.sigma_recurrent: expected no value while the layer is not recurrent, got 0.1",
            ),
            (
                "[hardware]\ndevice = 'ideal'\n[[layer]]\n[[layer]]\nweight_at_gmax = 0.1",
                "s.toml:6: layer.2.weight_at_gmax: expected at least ",
            ),
            ("[layer]\nhidden = 5", "s.toml:2: layer: expected one `[[layer]]` entry per hidden layer"),
            (
                "[layer_2]\nhidden = 5",
                "s.toml:2: unknown key `layer_2`\n\nhint: write one `[[layer]]` entry per hidden layer, the layer next to the input first",
            ),
        ] {
            let error = study(text).expect_err(text);
            assert!(error.starts_with(expected), "{error}, expected {expected}");
        }
    }
}
