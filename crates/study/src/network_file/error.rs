//! Errors of network files.

use std::io;
use std::path::PathBuf;

use ohmspike_datasets::{NumberArraysError, write_reason};
use ohmspike_nir::error::NirError;

/// Why a network file cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NetworkFileError {
    /// Not an npz file of numbers.
    #[error(transparent)]
    Arrays(#[from] NumberArraysError),
    /// Not a NIR file of a supported network.
    #[error(transparent)]
    Nir(#[from] NirError),
    /// The file cannot be written.
    #[error("cannot write `{}`: {}", path.display(), write_reason(source))]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Weights of a layer are missing.
    #[error("{file}: missing array `{name}`; expected `w0`, `w1`, ... from the input up, got {got}\n\nhint: {hint}")]
    Missing {
        /// The file.
        file: String,
        /// The array.
        name: String,
        /// The arrays of the file.
        got: String,
        /// What to do.
        hint: &'static str,
    },
    /// An array that belongs to no connection.
    #[error(
        "{file}: unknown array `{name}`; expected `w0`, `w1`, ..., `r0`, ... and `header`\n\n\
         hint: {hint}"
    )]
    Unknown {
        /// The file.
        file: String,
        /// The array.
        name: String,
        /// What to do.
        hint: &'static str,
    },
    /// An array of another type.
    #[error(
        "{file}: {name}: expected float32 or float64, got {kind}\n\n\
         hint: save it with `.astype(numpy.float32)`; multiply quantised weights with their scale first"
    )]
    Type {
        /// The file.
        file: String,
        /// The array.
        name: String,
        /// Its type.
        kind: String,
    },
    /// An array that is not a matrix.
    #[error("{file}: {name}: expected a matrix (rows x columns), got shape {shape}")]
    Dimensions {
        /// The file.
        file: String,
        /// The array.
        name: String,
        /// Its shape.
        shape: String,
    },
    /// NaN, infinity, or a number beyond float32.
    #[error("{file}: {name}: expected finite weights up to 3.4e38, got {value:e} in row {row}, column {column}")]
    NotFinite {
        /// The file.
        file: String,
        /// The array.
        name: String,
        /// Row from 0, as stored.
        row: usize,
        /// Column from 0, as stored.
        column: usize,
        /// The value.
        value: f64,
    },
    /// A header that cannot be read.
    #[error("{file}: header: {reason}; expected the header of a file from `ohmspike train --save-weights`")]
    Header {
        /// The file.
        file: String,
        /// Why.
        reason: String,
    },
    /// Metadata of Ohmspike that cannot be read.
    #[error(
        "{file}: metadata `ohmspike`: {reason}; expected those of `ohmspike nir`\n\n\
         hint: delete them to import the network as that of another program"
    )]
    Metadata {
        /// The file.
        file: String,
        /// Why.
        reason: String,
    },
    /// Nodes whose constants are not those of the metadata.
    #[error(
        "{file}: {parameter}: expected a decay factor of {stated} per step, as the metadata `ohmspike` state, got {got}\n\n\
         hint: delete the metadata `ohmspike` to import the constants of the nodes"
    )]
    Constants {
        /// The file.
        file: String,
        /// The parameter.
        parameter: &'static str,
        /// Decay factor of the metadata.
        stated: f32,
        /// Decay factor of the nodes.
        got: f32,
    },
    /// Too many layers.
    #[error("{file}: expected at most {most} nodes of weights, got {got}")]
    Deep {
        /// The file.
        file: String,
        /// Largest number.
        most: usize,
        /// Number of nodes of weights.
        got: usize,
    },
    /// Shapes that do not form a network of these inputs and classes.
    #[error(
        "{file}: shapes do not fit: {shapes}; expected {inputs} inputs, {classes} classes, and as many rows in a matrix as \
         columns in the one before\n\nhint: {hint}"
    )]
    Shapes {
        /// The file.
        file: String,
        /// The shapes.
        shapes: String,
        /// Inputs of the data set.
        inputs: usize,
        /// Classes of the data set.
        classes: usize,
        /// What to do.
        hint: &'static str,
    },
    /// Shapes that fit as stored and transposed.
    #[error(
        "{file}: ambiguous shapes: {shapes} fit as rows x columns and as columns x rows\n\n\
         hint: add a header, or change the number of hidden neurons"
    )]
    Ambiguous {
        /// The file.
        file: String,
        /// The shapes.
        shapes: String,
    },
}
