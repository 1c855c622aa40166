//! Reads the labels of a data set from a file of their own: one integer a sample, in the order of the samples.
//!
//! The first bytes say what the file is: npy, IDX, npz with an array `labels`, or CSV with the one column `label`.

use thiserror::Error;

use crate::{
    column::{Column, Kind, NumberType},
    csv_table::{self, CsvError},
    idx::{self, IdxError},
    npy::{self, Array, Layout, NpyError},
    npz::{self, NpzError},
    source::{Source, SourceError},
};

/// Why a file holds no labels.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LabelsError {
    /// It has no content.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// It is no array.
    #[error(transparent)]
    Npy(#[from] NpyError),
    /// It is no archive of arrays.
    #[error(transparent)]
    Npz(#[from] NpzError),
    /// It is no IDX file.
    #[error(transparent)]
    Idx(#[from] IdxError),
    /// It is no CSV text.
    #[error(transparent)]
    Csv(#[from] CsvError),
    /// It does not hold them.
    #[error("{file}: `{name}` is missing, must be a row of labels, one a sample")]
    Missing {
        /// The file.
        file: String,
        /// The array or column.
        name: &'static str,
    },
    /// Something else than a row of integers.
    #[error("{file}: is {got}, must be a row of integers, one a sample")]
    Form {
        /// The file.
        file: String,
        /// What it is.
        got: String,
    },
    /// A label that is no class.
    #[error("{file}: label of sample {sample} is {got}, must be from 0 to {highest}")]
    Label {
        /// The file.
        file: String,
        /// The sample, from 0.
        sample: usize,
        /// The label.
        got: String,
        /// The last class.
        highest: usize,
    },
}

/// Labels, and the file that messages name.
pub(crate) struct Labels {
    pub file: String,
    pub column: Column,
}

impl Labels {
    /// The labels as classes below `classes`.
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
    let file = source.file.clone();
    let missing = |name| LabelsError::Missing { file: file.clone(), name };
    if source.bytes.starts_with(npy::MAGIC) {
        return of_array(npy::read(&file, source.bytes)?);
    }
    if source.bytes.starts_with(npz::MAGIC) {
        return of_array(npz::read(&source)?.remove("labels").ok_or_else(|| missing("labels"))?);
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

/// The labels that an array holds.
pub(crate) fn of_array(array: Array) -> Result<Labels, LabelsError> {
    let form = |got| LabelsError::Form { file: array.file.clone(), got };
    if !array.is_row() {
        return Err(form(format!("an array of shape {}", npy::told(&array.shape))));
    }
    match array.layout {
        Layout::Plain(column) => Ok(Labels { file: array.file, column }),
        Layout::Records(_) => Err(form("an array of records".to_owned())),
    }
}
