//! Reads labels from a separate file: one integer per sample, in the order of the samples.
//!
//! The first bytes determine the format: npy, IDX, npz with an array `labels`, or CSV with a single column `label`.

use thiserror::Error;

use crate::{
    column::{Column, Kind, NumberType},
    csv_table::{self, CsvError},
    idx::{self, IdxError},
    npy::{self, Array, Layout, NpyError},
    npz::{self, NpzError},
    source::{Source, SourceError},
};

/// Reason for rejecting a file of labels.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LabelsError {
    /// The file cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// Invalid npy file.
    #[error(transparent)]
    Npy(#[from] NpyError),
    /// Invalid npz file.
    #[error(transparent)]
    Npz(#[from] NpzError),
    /// Invalid IDX file.
    #[error(transparent)]
    Idx(#[from] IdxError),
    /// Invalid CSV text.
    #[error(transparent)]
    Csv(#[from] CsvError),
    /// Missing array or column of labels.
    #[error("{file}: missing `{name}`; expected one label per sample")]
    Missing {
        /// The file.
        file: String,
        /// The array or column.
        name: &'static str,
    },
    /// An array with another shape or type.
    #[error("{file}: expected a one-dimensional array of integers (one per sample), got {got}")]
    Form {
        /// The file.
        file: String,
        /// Description of the array.
        got: String,
    },
    /// A label out of range.
    #[error("{file}: sample {sample}: label: expected a whole number from 0 to {highest}, got {got}")]
    Label {
        /// The file.
        file: String,
        /// Sample index, from 0.
        sample: usize,
        /// Label in the file.
        got: String,
        /// Highest class.
        highest: usize,
    },
}

/// Labels, and the name of their file for messages.
pub(crate) struct Labels {
    pub file: String,
    pub column: Column,
}

impl Labels {
    /// Checks that the labels are below `classes` and returns them.
    pub(crate) fn checked(&self, classes: usize) -> Result<Vec<u8>, LabelsError> {
        let highest = classes - 1;
        (0..self.column.len())
            .map(|sample| {
                let label = self.column.integer(sample).and_then(|label| u8::try_from(label).ok());
                label.filter(|&label| usize::from(label) <= highest).ok_or_else(|| LabelsError::Label {
                    file: self.file.clone(),
                    sample,
                    got: self.column.number(sample).to_string(),
                    highest,
                })
            })
            .collect()
    }
}

/// Reads the labels in `source`.
pub(crate) fn read(source: Source) -> Result<Labels, LabelsError> {
    read_named(source, &[&["labels"]])
}

/// Reads the labels in `source`; in an npz file, the array with one of these `names`.
pub(crate) fn read_named(source: Source, names: &npz::Names) -> Result<Labels, LabelsError> {
    let file = source.file.clone();
    let missing = |name| LabelsError::Missing { file: file.clone(), name };
    if source.bytes.starts_with(npy::MAGIC) {
        return of_array(npy::read(&file, source.bytes)?);
    }
    if source.bytes.starts_with(npz::MAGIC) {
        let mut arrays = npz::read(&source)?;
        let found = npz::take(&file, &mut arrays, names)?;
        return of_array(found.ok_or_else(|| missing(names[0][0]))?);
    }
    let column = if source.bytes.starts_with(&idx::MAGIC) {
        let labels = idx::parse(&file, &source.bytes, Some(1))?;
        let bytes = NumberType::new(Kind::Unsigned, 1, false).expect("bytes are numbers");
        Column::dense(labels.data, bytes)
    } else {
        csv_table::read(&source, &["label"], &[])?.remove("label").ok_or_else(|| missing("label"))?
    };
    Ok(Labels { file, column })
}

/// Returns the labels in an array.
pub(crate) fn of_array(array: Array) -> Result<Labels, LabelsError> {
    let form = |got| LabelsError::Form { file: array.file.clone(), got };
    let has_labels = array.is_row() || array.is_column();
    match array.layout {
        Layout::Records(_) => Err(form("an array of records".to_owned())),
        Layout::Plain(_) if !has_labels => Err(form(format!("an array of shape {}", npy::told(&array.shape)))),
        Layout::Plain(column) => Ok(Labels { file: array.file, column }),
        Layout::Other(error) => Err(error.into()),
    }
}
