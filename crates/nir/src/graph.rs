//! A graph of NIR: nodes, edges and metadata, of any kind.
//!
//! ```text
//! /version                   version of the Python package, text
//! /node/type                 "NIRGraph"
//! /node/edges                text, edges x 2: names of nodes
//! /node/nodes/NAME/type      kind of the node
//! /node/nodes/NAME/PARAMETER arrays
//! /node/metadata/KEY         anything; nodes may have metadata too
//! ```

mod read;
mod write;

use std::collections::BTreeMap;
use std::path::Path;

use ohmspike_datasets::{NumberArray, parse_hdf5, persist, read_hdf5};

use crate::error::{NirError, WriteError};

/// A parameter or a piece of metadata.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// Numbers of any shape.
    Numbers(NumberArray),
    /// Text.
    Text(String),
    /// Anything else, described for messages.
    Other(String),
}

/// A node of a graph.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Node {
    /// Its kind, such as `CubaLIF`.
    pub kind: String,
    /// Its parameters by name.
    pub parameters: BTreeMap<String, Value>,
    /// Its metadata by name.
    pub metadata: BTreeMap<String, Value>,
}

/// A graph.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Graph {
    /// Name of the file in messages.
    pub file: String,
    /// Nodes by name.
    pub nodes: BTreeMap<String, Node>,
    /// Edges: names of the source and of the target.
    pub edges: Vec<(String, String)>,
    /// Metadata by name.
    pub metadata: BTreeMap<String, Value>,
}

impl Value {
    /// Returns an array of float64 numbers.
    pub fn numbers(shape: Vec<usize>, numbers: Vec<f64>) -> Value {
        Value::Numbers(NumberArray { shape, kind: "float64".to_owned(), is_float: true, numbers })
    }

    /// Returns an array of float32 numbers.
    pub fn floats(shape: Vec<usize>, numbers: impl Iterator<Item = f32>) -> Value {
        let numbers = numbers.map(f64::from).collect();
        Value::Numbers(NumberArray { shape, kind: "float32".to_owned(), is_float: true, numbers })
    }

    /// Returns a row of integers.
    pub fn sizes(sizes: &[usize]) -> Value {
        let numbers = sizes.iter().map(|size| *size as f64).collect();
        Value::Numbers(NumberArray { shape: vec![sizes.len()], kind: "int64".to_owned(), is_float: false, numbers })
    }

    /// Returns the text, if it is text.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the number, if it is one number.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Value::Numbers(array) if array.numbers.len() == 1 => Some(array.numbers[0]),
            _ => None,
        }
    }

    /// Describes the value for messages.
    pub(crate) fn told(&self) -> String {
        match self {
            Value::Numbers(array) => format!("{} of shape {:?}", array.kind, array.shape),
            Value::Text(_) => "text".to_owned(),
            Value::Other(told) => told.clone(),
        }
    }
}

impl Graph {
    /// Reads the file at `path`, which may be gzipped.
    ///
    /// # Errors
    /// Returns a [`NirError`] if the file is not an HDF5 file with a graph of NIR.
    pub fn read(path: &Path) -> Result<Graph, NirError> {
        read::graph(read_hdf5(path)?)
    }

    /// Reads the file `bytes`, which messages call `file`.
    ///
    /// # Errors
    /// As [`Graph::read`].
    pub fn parse(file: String, bytes: Vec<u8>) -> Result<Graph, NirError> {
        read::graph(parse_hdf5(file, bytes)?)
    }

    /// Returns the content of a file with this graph.
    ///
    /// # Errors
    /// Returns a [`WriteError`] for names that HDF5 does not allow.
    pub fn to_bytes(&self) -> Result<Vec<u8>, WriteError> {
        write::bytes(self)
    }

    /// Writes the graph to `path`. The file appears whole or not at all.
    ///
    /// # Errors
    /// Returns a [`WriteError`] if the file cannot be written; an existing file then stays unchanged.
    pub fn write(&self, path: &Path) -> Result<(), WriteError> {
        let bytes = self.to_bytes()?;
        let written = persist::write(path, |file| file.write_all(&bytes));
        written.map_err(|source| WriteError::File { path: path.to_owned(), source })
    }
}
