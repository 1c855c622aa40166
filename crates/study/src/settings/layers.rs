//! Sections `[layer_2]` to `[layer_4]`: further hidden layers, and what is said of every connection.
//!
//! A section that is there adds a hidden layer above the one before it; `[network]` and `[weights]` describe the first, and
//! what a section leaves out is that of the first. Only the spread of its first weights is not: by default it is
//!
//! ```text
//! 2 (1 - b) / sqrt(rows)       b  what is left of a membrane voltage after a step, rows  neurons of the layer below
//! ```
//!
//! two sevenths of that of the readout: where four in five neurons excite and each spikes once or twice, the next layer does so
//! some times too.

use ohmspike_snn::connection::Connection;
use ohmspike_snn::network::HiddenLayer;
use ohmspike_snn::preset::Preset;
use serde::{Deserialize, Serialize};

use super::{NO_DEVICE, Settings, ValueError, WeightSigns, number, positive, refuse, whole};

/// One of the sections `[layer_2]`, `[layer_3]`, `[layer_4]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LayerSettings {
    /// Hidden neurons; must be given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hidden: Option<usize>,
    /// Share of them that are excitatory, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excitatory_fraction: Option<f64>,
    /// Whether they hear each other's spikes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recurrent: Option<bool>,
    /// Initial spread of the weights from the layer below, thresholds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sigma_init: Option<f64>,
    /// Initial spread of the recurrent weights, thresholds; by default that of the weights from the layer below.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sigma_recurrent: Option<f64>,
    /// What holds the weights that lead to the layer, as `hardware.device`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// Weight of one of its cells that is fully on, thresholds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub full_scale: Option<f64>,
}

/// The sections, each with the number of its layer from 0.
pub const LAYERS: [(&str, usize); 3] = [("layer_2", 1), ("layer_3", 2), ("layer_4", 3)];

impl LayerSettings {
    /// Every key given.
    pub(crate) fn every() -> LayerSettings {
        LayerSettings {
            hidden: Some(1),
            excitatory_fraction: Some(1.0),
            recurrent: Some(true),
            sigma_init: Some(1.0),
            sigma_recurrent: Some(1.0),
            device: Some(NO_DEVICE.to_owned()),
            full_scale: Some(1.0),
        }
    }
}

/// One hidden layer with everything that is said of it or follows.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribedLayer {
    /// Its neurons.
    pub hidden: usize,
    /// Share of them that are excitatory.
    pub excitatory_fraction: f64,
    /// Whether they hear each other.
    pub recurrent: bool,
    /// Spread of the first weights from below, thresholds.
    pub sigma_init: f64,
    /// Spread of the first recurrent weights, thresholds.
    pub sigma_recurrent: f64,
    /// What holds the weights that lead to it.
    pub device: String,
    /// Weight of a cell that is fully on, thresholds.
    pub full_scale: f64,
}

impl DescribedLayer {
    /// The layer of a network; whether its neurons are of one population is the network's to say.
    ///
    /// # Errors
    /// [`ohmspike_snn::network::NetworkError`], which settings that were checked do not give.
    pub fn of_network(&self) -> Result<HiddenLayer, ohmspike_snn::network::NetworkError> {
        Ok(HiddenLayer { recurrent: self.recurrent, ..HiddenLayer::new(self.hidden, self.excitatory_fraction)? })
    }
}

impl Settings {
    /// The sections of further layers that are there.
    fn sections(&self) -> impl Iterator<Item = &LayerSettings> {
        [&self.layer_2, &self.layer_3, &self.layer_4].into_iter().flatten()
    }

    /// All hidden layers, the one that hears the input first.
    pub fn hidden_layers(&self) -> Vec<DescribedLayer> {
        let sigma_init = self.weights.sigma_init;
        let first = DescribedLayer {
            hidden: self.network.hidden,
            excitatory_fraction: self.network.excitatory_fraction,
            recurrent: self.network.recurrent,
            sigma_init,
            sigma_recurrent: self.weights.sigma_recurrent.unwrap_or(sigma_init),
            device: self.hardware.device.clone(),
            full_scale: self.hardware.full_scale_hidden,
        };
        let mut layers = vec![first.clone()];
        for given in self.sections() {
            let below = layers[layers.len() - 1].hidden;
            // Whatever the preset states of the readout.
            let preset = Preset { sigma_readout: None, ..self.preset() };
            let spread = || 2.0 / 7.0 * f64::from(preset.readout_sigma(below));
            let sigma_init = given.sigma_init.unwrap_or_else(spread);
            layers.push(DescribedLayer {
                hidden: given.hidden.unwrap_or(0),
                excitatory_fraction: given.excitatory_fraction.unwrap_or(first.excitatory_fraction),
                recurrent: given.recurrent.unwrap_or(first.recurrent),
                sigma_init,
                sigma_recurrent: given.sigma_recurrent.unwrap_or(sigma_init),
                device: given.device.clone().unwrap_or_else(|| first.device.clone()),
                full_scale: given.full_scale.unwrap_or(first.full_scale),
            });
        }
        layers
    }

    /// The hidden layer that the readout hears.
    pub fn last_hidden(&self) -> DescribedLayer {
        self.hidden_layers().pop().expect("there is a first layer")
    }

    /// The sections of further layers with every key written out.
    pub(super) fn resolved_layers(&self) -> [Option<LayerSettings>; 3] {
        let mut layers = self.hidden_layers().into_iter().skip(1).map(|layer| LayerSettings {
            hidden: Some(layer.hidden),
            excitatory_fraction: Some(layer.excitatory_fraction),
            recurrent: Some(layer.recurrent),
            sigma_init: Some(layer.sigma_init),
            sigma_recurrent: layer.recurrent.then_some(layer.sigma_recurrent),
            device: Some(layer.device),
            full_scale: Some(layer.full_scale),
        });
        [layers.next(), layers.next(), layers.next()]
    }

    /// Initial spread of the weights of `connection`, thresholds.
    pub fn sigma_of(&self, connection: Connection) -> f64 {
        match connection {
            Connection::Readout => self.sigma_readout(),
            Connection::Feedforward(layer) => self.hidden_layers()[layer].sigma_init,
            Connection::Recurrent(layer) => self.hidden_layers()[layer].sigma_recurrent,
        }
    }

    /// Weight of a cell of `connection` that is fully on, thresholds.
    pub fn full_scale_of(&self, connection: Connection) -> f64 {
        match connection {
            Connection::Readout => self.hardware.full_scale_readout,
            Connection::Feedforward(layer) | Connection::Recurrent(layer) => self.hidden_layers()[layer].full_scale,
        }
    }

    /// The name of the device that holds the weights of `connection`, if one does.
    pub fn device_of(&self, connection: Connection) -> Option<String> {
        let name = match connection {
            Connection::Readout => self.hardware.device_readout.clone().unwrap_or_else(|| self.hardware.device.clone()),
            Connection::Feedforward(layer) | Connection::Recurrent(layer) => self.hidden_layers()[layer].device.clone(),
        };
        (name != NO_DEVICE).then_some(name)
    }

    /// The connections of the network in their order.
    pub fn connections(&self) -> Vec<Connection> {
        let layers = self.hidden_layers();
        let of_layer = |(number, layer): (usize, &DescribedLayer)| {
            let recurrent = layer.recurrent.then_some(Connection::Recurrent(number));
            [Some(Connection::Feedforward(number)), recurrent].into_iter().flatten()
        };
        layers.iter().enumerate().flat_map(of_layer).chain([Connection::Readout]).collect()
    }

    /// Whether a device holds some of the weights.
    pub fn has_device(&self) -> bool {
        self.connections().into_iter().any(|connection| self.device_of(connection).is_some())
    }

    /// Refuses sections that describe no layer.
    pub(super) fn check_layers(&self) -> Result<(), ValueError> {
        let given = [&self.layer_2, &self.layer_3, &self.layer_4];
        for ((section, place), layer) in LAYERS.into_iter().zip(given) {
            let Some(layer) = layer else { continue };
            if place > 1 && given[place - 2].is_none() {
                let allowed = format!("given together with `[layer_{place}]`, the layer below");
                return Err(refuse(section, allowed, "no such section"));
            }
            let key = |key: &str| format!("{section}.{key}");
            let Some(hidden) = layer.hidden else {
                return Err(refuse(&key("hidden"), "given, as the section adds a layer of so many neurons", "nothing"));
            };
            whole(&key("hidden"), hidden, 65_536)?;
            let fraction = layer.excitatory_fraction.unwrap_or(1.0);
            number(&key("excitatory_fraction"), fraction, 0.0..=1.0, "between 0 and 1")?;
            if self.network.signs == WeightSigns::Unconstrained && fraction != 1.0 {
                let allowed = "1 where `network.signs` is `unconstrained`, as all neurons are of one population";
                return Err(refuse(&key("excitatory_fraction"), allowed, fraction));
            }
            for (name, value) in [
                ("sigma_init", layer.sigma_init),
                ("sigma_recurrent", layer.sigma_recurrent),
                ("full_scale", layer.full_scale),
            ] {
                value.map_or(Ok(()), |value| positive(&key(name), value))?;
            }
            if let Some(sigma) = layer.sigma_recurrent.filter(|_| !layer.recurrent.unwrap_or(self.network.recurrent)) {
                return Err(refuse(&key("sigma_recurrent"), "left out where the layer is not recurrent", sigma));
            }
        }
        Ok(())
    }
}

/// What tables, records and messages call a connection.
pub fn connection_name(connection: Connection) -> String {
    match connection {
        Connection::Feedforward(0) => "hidden".to_owned(),
        Connection::Recurrent(0) => "hidden_recurrent".to_owned(),
        Connection::Feedforward(layer) => format!("layer_{}", layer + 1),
        Connection::Recurrent(layer) => format!("layer_{}_recurrent", layer + 1),
        Connection::Readout => "readout".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use ohmspike_snn::connection::Connection::{Feedforward, Readout, Recurrent};

    use crate::study::Study;

    use super::*;

    fn study(text: &str) -> Result<Settings, String> {
        let study = Study::parse("s.toml", &format!("name = 's'\n{text}"), &[]);
        study.map(|study| study.conditions[0].settings.clone()).map_err(|error| error.to_string())
    }

    #[test]
    fn what_a_section_leaves_out_is_that_of_the_first_layer() {
        let text = "[network]\nhidden = 50\nrecurrent = true\nexcitatory_fraction = 0.6\n[weights]\nsigma_recurrent = 0.02\n\
                    [layer_2]\nhidden = 49\n[layer_3]\nhidden = 7\nrecurrent = false\nexcitatory_fraction = 1\nsigma_init = 0.3\n\
                    device = 'none'\nfull_scale = 3\n[hardware]\ndevice = 'ideal'\ndevice_readout = 'none'";
        let settings = study(text).expect("three layers");
        let [first, second, third] = &settings.hidden_layers()[..] else { panic!("not three layers") };
        assert_eq!((first.hidden, first.sigma_recurrent), (50, 0.02));
        // 2 (1 - b) / sqrt(50), b = exp(-1 / 5), in f32.
        let spread = 2.0 * (1.0 - (-0.2f64).exp()) / 50f64.sqrt();
        assert!((second.sigma_init - spread).abs() < 1e-7 && second.sigma_recurrent == second.sigma_init);
        assert_eq!((second.excitatory_fraction, second.recurrent, second.full_scale), (0.6, true, 1.0));
        assert_eq!((third.hidden, third.recurrent, third.sigma_init, third.full_scale), (7, false, 0.3, 3.0));
        let connections = [Feedforward(0), Recurrent(0), Feedforward(1), Recurrent(1), Feedforward(2), Readout];
        assert_eq!(settings.connections(), connections);
        let devices = connections.map(|connection| settings.device_of(connection).is_some());
        assert_eq!(devices, [true, true, true, true, false, false]);
        let names = connections.map(connection_name);
        assert_eq!(names, ["hidden", "hidden_recurrent", "layer_2", "layer_2_recurrent", "layer_3", "readout"]);
        // The readout hears the seven neurons of the last layer.
        assert!((settings.sigma_readout() - 7.0 * (1.0 - (-0.2f64).exp()) / 7f64.sqrt()).abs() < 1e-6);
        assert_eq!(settings.resolved().resolved(), settings.resolved());
        let digits = study("[training]\npreset = 'shd-published-results'\n[layer_2]\nhidden = 49").expect("two layers");
        let spread = 2.0 * (1.0 - (-0.2f64).exp()) / 200f64.sqrt();
        assert!((digits.hidden_layers()[1].sigma_init - spread).abs() < 1e-7);
        assert_eq!(settings.resolved().hidden_layers(), settings.hidden_layers());
    }

    #[test]
    fn settings_of_one_layer_say_nothing_of_further_ones() {
        let written = serde_json::to_string(&Settings::default().resolved()).expect("plain values");
        for key in ["layer_", "recurrent", "neuron", "device_readout"] {
            assert!(!written.contains(key), "{key}: {written}");
        }
    }

    #[test]
    fn sections_that_describe_no_layer_are_refused() {
        for (text, expected) in [
            (
                "[layer_2]\nrecurrent = true",
                "s.toml:3: layer_2.hidden: must be given, as the section adds a layer of so many neurons, got nothing",
            ),
            ("[layer_2]", "s.toml:2: layer_2.hidden: must be given, as the section adds a layer of so many neurons"),
            (
                "[layer_3]\nhidden = 5",
                "s.toml:3: layer_3: must be given together with `[layer_2]`, the layer below, got no such section",
            ),
            ("[layer_2]\nhidden = 0", "s.toml:3: layer_2.hidden: must be a whole number from 1 to 65536, got 0"),
            (
                "[layer_2]\nhidden = 5\nexcitatory_fraction = 2",
                "s.toml:4: layer_2.excitatory_fraction: must be between 0 and 1, got 2",
            ),
            ("[layer_2]\nhidden = 5\nneurons = 2", "s.toml:4: layer_2.neurons: unknown key"),
            (
                "[weights]\nsigma_recurrent = 1",
                "s.toml:3: weights.sigma_recurrent: must be left out where `network.recurrent` is false, got 1",
            ),
            (
                "[layer_2]\nhidden = 5\nsigma_recurrent = 1",
                "s.toml:4: layer_2.sigma_recurrent: must be left out where the layer is not recurrent, got 1",
            ),
            ("[network]\nneuron = 'hodgkin'", "s.toml:3: network.neuron: must be `lif` or `izhikevich`, got `hodgkin`"),
            (
                "[layer_2]\nhidden = 5\ndevice = 'ideal'\nfull_scale = 0.1",
                "s.toml:5: layer_2.full_scale: must be at least three times the spread of the first weights",
            ),
        ] {
            let error = study(text).expect_err(text);
            assert!(error.starts_with(expected), "{error}, expected {expected}");
        }
    }
}
