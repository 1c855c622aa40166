//! Network files: the weights of a trained network as a NumPy archive (npz), with everything needed to run it.
//!
//! ```text
//! w0, w1, ...    feedforward weights from the input up, the readout last; float32, rows (presynaptic) x columns, thresholds
//! r0, ...        recurrent weights of the hidden layer with this number; absent for layers without recurrence
//! header         uint8: a JSON object in UTF-8, [`NetworkHeader`]
//! imported       uint8: a JSON object in UTF-8, [`Imported`], in place of the header of a network from a NIR file
//! ```
//!
//! Weights are effective weights: what a noise-free read of the trained cells returns, right after the last write. In
//! NumPy, `numpy.load(FILE, allow_pickle=False)` reads the file, and `json.loads(bytes(network["header"]))` the header.
//!
//! Networks of other programs have no header. Their weights are float32 or float64, and all matrices may be transposed
//! (columns x rows), as in PyTorch. [`StoredNetwork::arranged`] finds out which from the number of inputs and classes;
//! square matrices, which fit in both orders, are refused.
//!
//! Files that start with the signature of HDF5 or end in `.nir` are NIR files; see [`StoredNetwork::read_nir`].

mod error;
mod imported;
mod nir;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use ohmspike_datasets::{ArrayContent, NumberArray, counted, persist, read_arrays, starts_as_hdf5, write_arrays};
use ohmspike_simd::Matrix;
use ohmspike_snn::connection::Connection;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub use error::NetworkFileError;
pub use imported::Imported;
pub use nir::NirExportError;

use crate::prepare::DataShape;
use crate::run_study::Trained;
use crate::settings::{MAX_LAYERS, Settings, connection_name};
use crate::trial::network;

/// Version of the format.
pub const FORMAT: u32 = 1;
/// First line of a table of weights.
pub(crate) const FIRST_LINE: &str = "connection,row,column,weight";
/// Name of the array that holds the header.
const HEADER: &str = "header";
/// Name of the array that describes an imported network.
const IMPORTED: &str = "imported";
/// Ending of NIR files.
const NIR_ENDING: &str = "nir";
/// Largest number of weight matrices from the input up, the readout included.
const MAX_MATRICES: usize = MAX_LAYERS + 1;

/// Whether an array of this name says how a network was made. Files of other programs have no such array.
pub(crate) fn tells_origin(name: &str) -> bool {
    [HEADER, IMPORTED].contains(&name)
}

/// Describes the network of a file, and how it was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NetworkHeader {
    /// Version of the format: 1.
    pub format: u32,
    /// Program and version that wrote the file.
    pub program: String,
    /// The settings of the trial, with every default, as a study file spells them.
    pub settings: Settings,
    /// The seed of the trial.
    pub seed: u64,
    /// ID of the trial.
    pub trial: String,
    /// SHA-256 of the decoded data set, hexadecimal.
    pub data_sha256: String,
    /// Inputs of the network.
    pub inputs: usize,
    /// Classes of the network.
    pub classes: usize,
    /// Excitatory neurons of every hidden layer, which come first; the others are inhibitory.
    pub excitatory: Vec<usize>,
    /// Outcome of the trial: mean test accuracy of its last epochs, on the training device.
    pub outcome: Option<f64>,
}

/// A network file.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredNetwork {
    /// Its name in messages.
    pub file: String,
    /// Its header; none for a network of another program.
    pub header: Option<NetworkHeader>,
    /// What is known about a network from a NIR file of another program.
    pub imported: Option<Imported>,
    /// Feedforward weights from the input up, as stored.
    feedforward: Vec<Matrix>,
    /// Recurrent weights by hidden layer, as stored.
    recurrent: BTreeMap<usize, Matrix>,
}

/// How the matrices of a file are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    /// Rows (presynaptic) x columns.
    RowsFirst,
    /// Columns x rows, as in PyTorch.
    ColumnsFirst,
}

impl Order {
    /// Returns rows and columns of a stored matrix.
    fn sizes(self, matrix: &Matrix) -> (usize, usize) {
        match self {
            Order::RowsFirst => (matrix.rows(), matrix.columns()),
            Order::ColumnsFirst => (matrix.columns(), matrix.rows()),
        }
    }
}

impl StoredNetwork {
    /// Creates the network of a trained trial; none if its weights were not kept.
    pub fn of_trial(trained: &Trained) -> Option<StoredNetwork> {
        let (settings, record) = (&*trained.settings, &trained.record);
        let data = trained.prepared.data(settings);
        let shape = data.shape();
        let weights = trained.weights.as_ref()?;
        let matrices = weights.iter().map(|(connection, layer)| (*connection, layer.store().weights().clone()));
        let excitatory = network(settings, shape).ok()?.hidden.iter().map(|layer| layer.excitatory).collect();
        let header = NetworkHeader {
            format: FORMAT,
            program: format!("ohmspike {}", env!("CARGO_PKG_VERSION")),
            settings: record.settings.clone(),
            seed: record.seed,
            trial: record.id.clone(),
            data_sha256: data.sha256.clone(),
            inputs: shape.inputs,
            classes: shape.classes,
            excitatory,
            outcome: record.outcome,
        };
        Some(StoredNetwork::new(header, matrices.collect()))
    }

    /// Returns the outcome of the training, 0 to 1; none without a header or without a valid outcome.
    pub fn outcome(&self) -> Option<f64> {
        self.header.as_ref().and_then(|header| header.outcome)
    }

    /// Creates the network of a trial with one matrix per connection, in order.
    pub fn new(header: NetworkHeader, matrices: Vec<(Connection, Matrix)>) -> StoredNetwork {
        let mut network = StoredNetwork {
            file: String::new(),
            header: Some(header),
            imported: None,
            feedforward: Vec::new(),
            recurrent: BTreeMap::new(),
        };
        for (connection, matrix) in matrices {
            match connection {
                Connection::Feedforward(_) | Connection::Readout => network.feedforward.push(matrix),
                Connection::Recurrent(layer) => _ = network.recurrent.insert(layer, matrix),
            }
        }
        network
    }

    /// Reads the file at `path`: a NIR file if it ends in `.nir` or starts as HDF5, and else an npz file.
    ///
    /// # Errors
    /// Returns a [`NetworkFileError`] if the file is neither an npz file of matrices of finite weights nor a NIR file of a
    /// supported network, or its header is damaged.
    pub fn read(path: &Path) -> Result<StoredNetwork, NetworkFileError> {
        let is_nir = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case(NIR_ENDING));
        if is_nir || starts_as_hdf5(path) { StoredNetwork::read_nir(path, None) } else { StoredNetwork::read_npz(path) }
    }

    fn read_npz(path: &Path) -> Result<StoredNetwork, NetworkFileError> {
        let (file, mut arrays) = (path.display().to_string(), read_arrays(path)?);
        let header = arrays.remove(HEADER).map(|array| read_json(&file, HEADER, &array)).transpose()?;
        let imported = arrays.remove(IMPORTED).map(|array| read_json(&file, IMPORTED, &array)).transpose()?;
        let names: Vec<String> = arrays.keys().cloned().collect();
        let (mut feedforward, mut recurrent) = (BTreeMap::new(), BTreeMap::new());
        for (name, array) in arrays {
            let (kind, number) = place_of(&name).ok_or_else(|| unknown(&file, &name, &array.shape))?;
            let matrix = matrix(&file, &name, &array)?;
            let list = if kind == 'w' { &mut feedforward } else { &mut recurrent };
            list.insert(number, matrix);
        }
        let highest = feedforward.keys().next_back().copied().unwrap_or(0).max(1);
        for number in 0..=highest {
            if !feedforward.contains_key(&number) {
                let (name, hint) = missing(number, &names);
                let got = if names.is_empty() { "no array".to_owned() } else { format!("`{}`", names.join("`, `")) };
                return Err(NetworkFileError::Missing { file, name, got, hint });
            }
        }
        if let Some(layer) = recurrent.keys().find(|layer| **layer >= highest) {
            return Err(unknown(&file, &format!("r{layer}"), &[]));
        }
        let network =
            StoredNetwork { file, header, imported, feedforward: feedforward.into_values().collect(), recurrent };
        network.check_header()?;
        Ok(network)
    }

    /// Checks the numbers of the header against the shapes of the matrices.
    fn check_header(&self) -> Result<(), NetworkFileError> {
        let Some(header) = &self.header else { return Ok(()) };
        let wrong = |reason: String| Err(NetworkFileError::Header { file: self.file.clone(), reason });
        let readout = self.hidden_layers();
        let ends = [
            ("inputs", header.inputs, "rows", 0, self.feedforward[0].rows()),
            ("classes", header.classes, "columns", readout, self.feedforward[readout].columns()),
        ];
        for (key, got, side, number, expected) in ends {
            if got != expected {
                return wrong(format!("{key}: expected {expected}, the {side} of `w{number}`, got {got}"));
            }
        }
        let described = header.settings.hidden_layers().len();
        if described != readout {
            return wrong(format!("settings: expected {}, got {described}", counted(readout, "hidden layer")));
        }
        if header.excitatory.len() != readout {
            let (expected, got) = (counted(readout, "hidden layer"), header.excitatory.len());
            return wrong(format!("excitatory: expected one number for each of {expected}, got {got}"));
        }
        self.check_settings(header)?;
        for (layer, &excitatory) in header.excitatory.iter().enumerate() {
            let neurons = self.feedforward[layer].columns();
            if excitatory > neurons {
                let range = format!("0 to {neurons}, the columns of `w{layer}`");
                return wrong(format!("excitatory[{layer}]: expected {range}, got {excitatory}"));
            }
        }
        Ok(())
    }

    /// Checks the network that the settings of the header describe against the matrices.
    fn check_settings(&self, header: &NetworkHeader) -> Result<(), NetworkFileError> {
        let wrong = |reason: String| NetworkFileError::Header { file: self.file.clone(), reason };
        let shape = DataShape { inputs: header.inputs, classes: header.classes };
        header.settings.check().map_err(|error| wrong(format!("settings: {error}")))?;
        let described = network(&header.settings, shape).map_err(|error| wrong(format!("settings: {error}")))?;
        for (layer, described) in described.hidden.iter().enumerate() {
            let (own, told) = (self.feedforward[layer].columns(), layer + 1);
            if described.neurons != own {
                let got = described.neurons;
                return Err(wrong(format!(
                    "settings: layer {told}: expected {own} neurons, the columns of `w{layer}`, got {got}"
                )));
            }
            if described.recurrent != self.is_recurrent(layer) {
                let has = if self.is_recurrent(layer) { "an" } else { "no" };
                let got = described.recurrent;
                return Err(wrong(format!(
                    "settings: layer {told}: recurrent is {got}, but there is {has} array `r{layer}`"
                )));
            }
        }
        Ok(())
    }

    /// Writes the network to `path`: as CSV with the columns connection, row, column and weight if its name ends in
    /// `.csv`, which nothing reads back, and else as a network file.
    ///
    /// # Errors
    /// [`NetworkFileError::Write`] if the file cannot be written; it then stays unchanged.
    pub fn write(&self, path: &Path) -> Result<(), NetworkFileError> {
        let is_csv = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv"));
        if is_csv {
            let written = persist::write(path, |file| self.write_csv(file));
            return written.map_err(|source| NetworkFileError::Write { path: path.to_owned(), source });
        }
        let named = |kind: char, number: usize, matrix: &Matrix| {
            let shape = vec![matrix.rows(), matrix.columns()];
            (format!("{kind}{number}"), shape, matrix.cells().collect::<Vec<f32>>())
        };
        let mut matrices: Vec<_> =
            self.feedforward.iter().enumerate().map(|(number, matrix)| named('w', number, matrix)).collect();
        matrices.extend(self.recurrent.iter().map(|(layer, matrix)| named('r', *layer, matrix)));
        let header = self.header.as_ref().map(|header| serde_json::to_string(header).expect("settings have a text"));
        let imported = self.imported.as_ref().map(|known| serde_json::to_string(known).expect("numbers have a text"));
        let mut arrays: Vec<(String, Vec<usize>, ArrayContent)> = matrices
            .iter()
            .map(|(name, shape, cells)| (name.clone(), shape.clone(), ArrayContent::Floats(cells)))
            .collect();
        for (name, text) in [(HEADER, &header), (IMPORTED, &imported)] {
            let bytes =
                text.iter().map(|text| (name.to_owned(), vec![text.len()], ArrayContent::Bytes(text.as_bytes())));
            arrays.extend(bytes);
        }
        write_arrays(path, &arrays).map_err(|source| NetworkFileError::Write { path: path.to_owned(), source })
    }

    fn write_csv(&self, file: &mut dyn io::Write) -> io::Result<()> {
        writeln!(file, "{FIRST_LINE}")?;
        for (connection, matrix) in self.connections(Matrix::clone) {
            let name = connection_name(connection);
            for row in 0..matrix.rows() {
                for column in 0..matrix.columns() {
                    writeln!(file, "{name},{row},{column},{}", matrix[(row, column)])?;
                }
            }
        }
        Ok(())
    }

    /// Returns the matrices in order of the connections, rows (presynaptic) x columns, for data with `shape`.
    ///
    /// # Errors
    /// [`NetworkFileError::Shapes`] if they do not form a network with these inputs and classes, and
    /// [`NetworkFileError::Ambiguous`] if they fit in both orders.
    pub fn arranged(&self, shape: DataShape) -> Result<Vec<(Connection, Matrix)>, NetworkFileError> {
        Ok(match self.order(shape)? {
            Order::RowsFirst => self.connections(Matrix::clone),
            Order::ColumnsFirst => self.connections(Matrix::transposed),
        })
    }

    /// Returns the order of the matrices for data with `shape`.
    fn order(&self, shape: DataShape) -> Result<Order, NetworkFileError> {
        let fits = |order| self.fits(order, shape);
        match (fits(Order::RowsFirst), fits(Order::ColumnsFirst)) {
            (true, false) => Ok(Order::RowsFirst),
            (true, true) if self.states_its_order() => Ok(Order::RowsFirst),
            (false, true) if !self.states_its_order() => Ok(Order::ColumnsFirst),
            (true, true) => Err(NetworkFileError::Ambiguous { file: self.file.clone(), shapes: self.shapes() }),
            _ => {
                let DataShape { inputs, classes } = shape;
                let hint = match (&self.header, &self.imported) {
                    (Some(_), _) => "name a data set like that of the training with `--test`",
                    (None, Some(_)) => "name a data set of these sizes with `--set data.set=NAME`",
                    (None, None) => {
                        "name the data set with `--set data.set=NAME`; `w0` comes first and the readout last, all in the same \
                         order of rows and columns"
                    }
                };
                let (file, shapes) = (self.file.clone(), self.shapes());
                Err(NetworkFileError::Shapes { file, shapes, inputs, classes, hint })
            }
        }
    }

    /// Whether the matrices are known to be rows (presynaptic) x columns.
    fn states_its_order(&self) -> bool {
        self.header.is_some() || self.imported.is_some()
    }

    /// Returns the matrices, `turned`, in order of the connections.
    fn connections(&self, turned: impl Fn(&Matrix) -> Matrix) -> Vec<(Connection, Matrix)> {
        let readout = self.feedforward.len() - 1;
        let of_layer = |(number, matrix): (usize, &Matrix)| {
            let connection = if number == readout { Connection::Readout } else { Connection::Feedforward(number) };
            let own = (connection, turned(matrix));
            let recurrent = self.recurrent.get(&number).map(|matrix| (Connection::Recurrent(number), turned(matrix)));
            [Some(own), recurrent].into_iter().flatten()
        };
        self.feedforward.iter().enumerate().flat_map(of_layer).collect()
    }

    /// Returns the number of hidden layers.
    pub fn hidden_layers(&self) -> usize {
        self.feedforward.len() - 1
    }

    /// Returns the neurons of every hidden layer for data with `shape`.
    ///
    /// # Errors
    /// As [`StoredNetwork::arranged`].
    pub fn hidden_sizes(&self, shape: DataShape) -> Result<Vec<usize>, NetworkFileError> {
        Ok(self.sizes_in(self.order(shape)?))
    }

    /// Returns the neurons of every hidden layer as far as the shapes alone tell: a transposed network with as many
    /// inputs as classes looks like one with other sizes.
    pub fn likely_sizes(&self) -> Vec<usize> {
        self.sizes_in(if self.states_its_order() || self.chains(Order::RowsFirst) {
            Order::RowsFirst
        } else {
            Order::ColumnsFirst
        })
    }

    fn sizes_in(&self, order: Order) -> Vec<usize> {
        self.feedforward[..self.hidden_layers()].iter().map(|matrix| order.sizes(matrix).1).collect()
    }

    /// Returns whether the hidden layer with this number, from 0, is recurrent.
    pub fn is_recurrent(&self, layer: usize) -> bool {
        self.recurrent.contains_key(&layer)
    }

    /// Returns whether every matrix has as many rows as the one before has columns.
    fn chains(&self, order: Order) -> bool {
        self.feedforward.windows(2).all(|pair| order.sizes(&pair[0]).1 == order.sizes(&pair[1]).0)
    }

    /// Returns whether the matrices form a network with these inputs and classes in `order`.
    fn fits(&self, order: Order, shape: DataShape) -> bool {
        let size = |matrix: &Matrix| order.sizes(matrix);
        let columns = |layer: usize| size(&self.feedforward[layer]).1;
        let readout = self.feedforward.len() - 1;
        let recurrent = self.recurrent.iter().all(|(layer, matrix)| size(matrix) == (columns(*layer), columns(*layer)));
        let ends = (size(&self.feedforward[0]).0, columns(readout)) == (shape.inputs, shape.classes);
        self.chains(order) && recurrent && ends
    }

    /// Lists the shapes, as stored.
    fn shapes(&self) -> String {
        let told = |kind: char, number: usize, matrix: &Matrix| {
            format!("{kind}{number} ({}, {})", matrix.rows(), matrix.columns())
        };
        let feedforward = self.feedforward.iter().enumerate().map(|(number, matrix)| told('w', number, matrix));
        let recurrent = self.recurrent.iter().map(|(number, matrix)| told('r', *number, matrix));
        feedforward.chain(recurrent).collect::<Vec<_>>().join(", ")
    }
}

/// Returns the kind and the number of an array called `name`: `w` or `r`, and the layer.
fn place_of(name: &str) -> Option<(char, usize)> {
    numbered(name).filter(|(kind, number)| *number < if *kind == 'w' { MAX_MATRICES } else { MAX_LAYERS })
}

/// Returns the letter and the number in `name`, if it has the form of the name of a matrix.
fn numbered(name: &str) -> Option<(char, usize)> {
    let kind = name.chars().next().filter(|kind| ['w', 'r'].contains(kind))?;
    let digits = &name[1..];
    let number: usize = digits.parse().ok()?;
    (number.to_string() == digits).then_some((kind, number))
}

/// Refuses an array called `name` with this shape.
fn unknown(file: &str, name: &str, shape: &[usize]) -> NetworkFileError {
    let is_deep = numbered(name).is_some_and(|(_, number)| number >= MAX_LAYERS);
    let hint = match shape {
        _ if is_deep => "remove layers: a network has at most 64 hidden layers",
        [rows, columns] if *rows > 1 && *columns > 1 => {
            "save the weight matrices from the input up as `w0`, `w1`, ...: `numpy.savez(\"net.npz\", w0=first, w1=second)`"
        }
        _ => "networks have no biases; train without them, and leave other arrays out",
    };
    NetworkFileError::Unknown { file: file.to_owned(), name: name.to_owned(), hint }
}

/// Returns the kind and the number of an array called missing weights, and what to do.
fn missing(number: usize, names: &[String]) -> (String, &'static str) {
    let hint = match names {
        [] => "save weights with `numpy.savez(FILE, w0=..., w1=...)`; a PyTorch file (.pt) holds Python objects",
        [one] if one == "w0" => {
            "a network has at least one hidden layer: `w0` to the hidden neurons, `w1` to the classes"
        }
        _ => "number the layers from the input up, starting at `w0`",
    };
    (format!("w{number}"), hint)
}

fn matrix(file: &str, name: &str, array: &NumberArray) -> Result<Matrix, NetworkFileError> {
    let (file, name) = (file.to_owned(), name.to_owned());
    if !array.is_float || !(array.kind.ends_with("float32") || array.kind.ends_with("float64")) {
        return Err(NetworkFileError::Type { file, name, kind: array.kind.clone() });
    }
    let [rows, columns] = array.shape[..] else {
        let shape = format!("({})", array.shape.iter().map(usize::to_string).collect::<Vec<_>>().join(", "));
        return Err(NetworkFileError::Dimensions { file, name, shape });
    };
    if rows == 0 || columns == 0 {
        return Err(NetworkFileError::Dimensions { file, name, shape: format!("({rows}, {columns})") });
    }
    if let Some(place) = array.numbers.iter().position(|number| !(*number as f32).is_finite()) {
        let (row, column, value) = (place / columns, place % columns, array.numbers[place]);
        return Err(NetworkFileError::NotFinite { file, name, row, column, value });
    }
    Ok(Matrix::from_fn(rows, columns, |row, column| array.numbers[row * columns + column] as f32))
}

/// Reads the JSON object of the array `name`.
fn read_json<T: DeserializeOwned>(file: &str, name: &str, array: &NumberArray) -> Result<T, NetworkFileError> {
    let wrong = |reason: String| match name {
        HEADER => NetworkFileError::Header { file: file.to_owned(), reason },
        _ => NetworkFileError::Metadata { file: file.to_owned(), reason },
    };
    if array.kind != "uint8" || array.shape.len() != 1 {
        return Err(wrong(format!("expected a row of uint8, got {}", array.kind)));
    }
    let bytes: Vec<u8> = array.numbers.iter().map(|byte| *byte as u8).collect();
    let text = String::from_utf8(bytes).map_err(|_| wrong("not UTF-8".to_owned()))?;
    // The format comes first: a later one may have other keys.
    let format: FormatOnly = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    if format.format != FORMAT {
        return Err(wrong(format!("format: expected {FORMAT}, got {}", format.format)));
    }
    serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))
}

#[derive(Deserialize)]
struct FormatOnly {
    format: u32,
}
