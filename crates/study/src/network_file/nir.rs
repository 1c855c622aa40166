//! Networks as NIR files, for simulators and neuromorphic chips.
//!
//! What NIR has no place for is in the metadata `ohmspike` of the graph, as JSON: the header of a network that was trained
//! here, or the constants of one that was imported. A file that comes back has the same bits in every weight and constant.
//! Files of other programs lack it: their populations follow from the signs of the weights, as in npz files without a header.

use std::path::Path;

use ohmspike_nir::constants::Constants;
use ohmspike_nir::graph::{Graph, Value};
use ohmspike_nir::network::{Network, Readout};
use ohmspike_simd::Matrix;
use ohmspike_snn::connection::Connection;
use ohmspike_snn::neuron::Neuron;
use serde::{Deserialize, Serialize};

use super::{FORMAT, Imported, MAX_MATRICES, NetworkFileError, NetworkHeader, StoredNetwork};
use crate::prepare::DataShape;
use crate::trial::network;

/// Metadata of the graph with [`Origin`].
const ORIGIN: &str = "ohmspike";
/// Largest difference of a decay factor between the header and the nodes: 1 - dt / tau is rounded to float64.
const ROUNDING: f32 = f64::EPSILON as f32;

/// What NIR has no place for.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Origin {
    Header(Box<NetworkHeader>),
    Imported(Imported),
}

/// Why a network cannot be exported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NirExportError {
    /// A network of another program, without time constants.
    #[error(
        "{file}: unknown time constants: the file has no header\n\nhint: export a network of `ohmspike train --save-weights`"
    )]
    NoConstants {
        /// The file.
        file: String,
    },
    /// Recurrent weights.
    #[error(
        "{file}: r{layer}: recurrent layers cannot be exported: NIR does not state at which step a recurrent spike arrives"
    )]
    Recurrent {
        /// The file.
        file: String,
        /// The hidden layer, from 0.
        layer: usize,
    },
    /// Neurons that NIR does not have.
    #[error(
        "{file}: network.neuron: Izhikevich neurons cannot be exported: NIR has only leaky integrate-and-fire neurons"
    )]
    Neuron {
        /// The file.
        file: String,
    },
    /// A header that does not describe a network.
    #[error(transparent)]
    File(#[from] NetworkFileError),
}

impl StoredNetwork {
    /// Reads the NIR file at `path`. `dt_seconds` is the duration of its steps, if the file does not state it.
    ///
    /// # Errors
    /// Returns a [`NetworkFileError`] if the file is not a chain of weights and leaky neurons, or its metadata are damaged.
    pub fn read_nir(path: &Path, dt_seconds: Option<f64>) -> Result<StoredNetwork, NetworkFileError> {
        StoredNetwork::from_graph(&Graph::read(path)?, dt_seconds)
    }

    /// Creates the network of a graph; see [`StoredNetwork::read_nir`].
    ///
    /// # Errors
    /// As [`StoredNetwork::read_nir`].
    pub fn from_graph(graph: &Graph, dt_seconds: Option<f64>) -> Result<StoredNetwork, NetworkFileError> {
        let file = graph.file.clone();
        let (Network { weights, constants }, notes) = Network::from_graph(graph, dt_seconds)?;
        if weights.len() > MAX_MATRICES {
            return Err(NetworkFileError::Deep { file, most: MAX_MATRICES, got: weights.len() });
        }
        let (header, imported) = match origin(graph)? {
            Some(Origin::Header(header)) => (Some(*header), None),
            Some(Origin::Imported(imported)) => {
                check_same(&file, imported.constants, constants)?;
                (None, Some(imported))
            }
            None => {
                let program = format!("ohmspike {}", env!("CARGO_PKG_VERSION"));
                (None, Some(Imported { format: FORMAT, program, constants, notes }))
            }
        };
        let network = StoredNetwork { file, header, imported, feedforward: weights, recurrent: Default::default() };
        network.check_header()?;
        if let Some(header) = &network.header {
            let of_header = header_constants(&network.file, header, constants.dt_seconds)?;
            check_same(&network.file, of_header, constants)?;
        }
        Ok(network)
    }

    /// Returns rows (presynaptic) and columns of the feedforward matrices from the input up, as stored.
    pub fn sizes(&self) -> Vec<(usize, usize)> {
        self.feedforward.iter().map(|matrix| (matrix.rows(), matrix.columns())).collect()
    }

    /// Whether all weights of every row have one sign, so that rows are excitatory or inhibitory.
    pub fn has_signed_rows(&self) -> bool {
        let signed = |matrix: &Matrix| {
            let row = |row: usize| (0..matrix.columns()).map(move |column| matrix[(row, column)]);
            (0..matrix.rows()).all(|number| row(number).all(|cell| cell >= 0.0) || row(number).all(|cell| cell <= 0.0))
        };
        self.feedforward.iter().chain(self.recurrent.values()).all(signed)
    }

    /// Returns the network as a graph. `dt_seconds` is the duration of a step; by default it is that of the import, or that of
    /// the study that trained the network.
    ///
    /// # Errors
    /// Returns a [`NirExportError`] for recurrent layers, for neurons that NIR does not have, and for networks without time
    /// constants.
    pub fn to_graph(&self, dt_seconds: Option<f64>, readout: Readout) -> Result<Graph, NirExportError> {
        let file = self.file.clone();
        if let Some(layer) = self.recurrent.keys().next() {
            return Err(NirExportError::Recurrent { file, layer: *layer });
        }
        let (constants, origin) = match (&self.header, &self.imported) {
            (Some(header), _) if header.settings.network.neuron != Neuron::Lif => {
                return Err(NirExportError::Neuron { file });
            }
            (Some(header), _) => {
                let constants = header_constants(&file, header, dt_seconds.unwrap_or(header.settings.step_seconds()))?;
                (constants, Origin::Header(Box::new(header.clone())))
            }
            (None, Some(imported)) => {
                let dt_seconds = dt_seconds.unwrap_or(imported.constants.dt_seconds);
                let constants = Constants { dt_seconds, ..imported.constants };
                (constants, Origin::Imported(Imported { constants, ..imported.clone() }))
            }
            (None, None) => return Err(NirExportError::NoConstants { file }),
        };
        let connections = self.connections(Matrix::clone).into_iter();
        let forward = connections.filter(|(connection, _)| !matches!(connection, Connection::Recurrent(_)));
        let weights = forward.map(|(_, matrix)| matrix).collect();
        let mut graph = Network { weights, constants }.to_graph(readout);
        if let Some(header) = &self.header {
            // The decay factors are rounded to float32; the settings are not.
            let training = &header.settings.training;
            for (name, steps) in
                [("physical_tau_syn", training.tau_syn_steps), ("physical_tau_mem", training.tau_mem_steps)]
            {
                let seconds = Value::numbers(Vec::new(), vec![steps * constants.dt_seconds]);
                graph.metadata.insert(name.to_owned(), seconds);
            }
        }
        let origin = serde_json::to_string(&origin).expect("settings have a text");
        graph.metadata.insert(ORIGIN.to_owned(), Value::Text(origin));
        Ok(graph)
    }
}

/// Reads the metadata of a file that was written here.
fn origin(graph: &Graph) -> Result<Option<Origin>, NetworkFileError> {
    let wrong = |reason: String| NetworkFileError::Metadata { file: graph.file.clone(), reason };
    let Some(value) = graph.metadata.get(ORIGIN) else { return Ok(None) };
    let text = value.as_text().ok_or_else(|| wrong("expected text".to_owned()))?;
    let origin: Origin = serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?;
    let format = match &origin {
        Origin::Header(header) => header.format,
        Origin::Imported(imported) => imported.format,
    };
    if format == FORMAT { Ok(Some(origin)) } else { Err(wrong(format!("format: expected {FORMAT}, got {format}"))) }
}

/// Returns the constants of a network that was trained here.
fn header_constants(file: &str, header: &NetworkHeader, dt_seconds: f64) -> Result<Constants, NetworkFileError> {
    let shape = DataShape { inputs: header.inputs, classes: header.classes };
    let network = network(&header.settings, shape)
        .map_err(|error| NetworkFileError::Header { file: file.to_owned(), reason: format!("settings: {error}") })?;
    let (synapse_decay, membrane_decay) = (network.synapse_decay, network.membrane_decay);
    Ok(Constants { dt_seconds, synapse_decay, membrane_decay })
}

/// Refuses nodes that do not have the constants of the metadata.
fn check_same(file: &str, stated: Constants, got: Constants) -> Result<(), NetworkFileError> {
    let pairs =
        [("tau_syn", stated.synapse_decay, got.synapse_decay), ("tau_mem", stated.membrane_decay, got.membrane_decay)];
    match pairs.into_iter().find(|(_, stated, got)| (stated - got).abs() > ROUNDING) {
        Some((parameter, stated, got)) => {
            Err(NetworkFileError::Constants { file: file.to_owned(), parameter, stated, got })
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use crate::settings::Settings;

    use super::*;

    fn network(change: impl Fn(&mut Settings)) -> StoredNetwork {
        let mut settings = Settings::default();
        (settings.network.hidden, settings.network.steps) = (3, 35);
        change(&mut settings);
        let header = NetworkHeader {
            format: FORMAT,
            program: "ohmspike".to_owned(),
            settings: settings.resolved(),
            seed: 1,
            trial: "abc".to_owned(),
            data_sha256: "00".to_owned(),
            inputs: 4,
            classes: 2,
            excitatory: vec![2],
            outcome: None,
        };
        let matrices =
            vec![(Connection::Feedforward(0), Matrix::zeros(4, 3)), (Connection::Readout, Matrix::zeros(3, 2))];
        StoredNetwork::new(header, matrices)
    }

    /// 0.35 s in 35 steps are 10 ms each, and the time constants of 5 steps 50 ms; dense samples have steps of 1 ms.
    #[test]
    fn a_step_lasts_as_long_as_in_the_study() {
        let events = |settings: &mut Settings| {
            settings.data.set = "mine".to_owned();
            settings.data.window_seconds = Some(0.35);
        };
        let number = |graph: &Graph, name: &str| graph.metadata.get(name).and_then(Value::as_number);
        for (stored, given, step) in [
            (network(events), None, 0.01),
            (network(events), Some(2e-3), 2e-3),
            (network(|_| ()), None, 1e-3),
            (network(|settings| settings.data.set = "shd".to_owned()), None, 1.4 / 35.0),
        ] {
            let graph = stored.to_graph(given, Readout::CubaLi).expect("leaky neurons");
            let [dt, tau] = ["dt", "physical_tau_mem"].map(|name| number(&graph, name).expect("a number"));
            assert!((dt / step - 1.0).abs() < 1e-12 && (tau / (5.0 * step) - 1.0).abs() < 1e-12, "{dt} {tau}");
            let read = StoredNetwork::from_graph(&graph, None).expect("a graph that was written here");
            assert_eq!(read.header, stored.header);
        }
    }
}
