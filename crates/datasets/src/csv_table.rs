//! Reads columns of numbers from CSV text with a header line.

use std::collections::BTreeMap;

use csv::{ErrorKind, ReaderBuilder, StringRecord, Trim};
use thiserror::Error;

use crate::{
    column::Column,
    shown::{excerpt, shown},
    source::Source,
};

/// Reason for rejecting CSV text.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CsvError {
    /// Unknown column name.
    #[error("{file}:1: unknown column `{got}`; expected {allowed}")]
    Column {
        /// The file.
        file: String,
        /// Name in the file.
        got: String,
        /// Known column names.
        allowed: String,
    },
    /// Duplicate column.
    #[error("{file}:1: duplicate column `{name}`")]
    Twice {
        /// The file.
        file: String,
        /// The column.
        name: String,
    },
    /// Number of values differs from the number of columns.
    #[error("{file}:{line}: expected {} (one per column), got {got}", crate::counted(*needed as usize, "value"))]
    Width {
        /// The file.
        file: String,
        /// Line number, from 1.
        line: u64,
        /// Values in the line.
        got: u64,
        /// Columns.
        needed: u64,
    },
    /// A value of the wrong type.
    #[error("{file}:{line}: {name}: expected {needed}, got `{got}`")]
    Value {
        /// The file.
        file: String,
        /// Line number, from 1.
        line: u64,
        /// The column.
        name: String,
        /// Value in the file.
        got: String,
        /// Expected type.
        needed: &'static str,
    },
    /// Invalid CSV text.
    #[error("{file}:{line}: {reason}; expected CSV text, NumPy (npy, npz), HDF5 or IDX")]
    Text {
        /// The file.
        file: String,
        /// Line number, from 1.
        line: u64,
        /// Description of the error.
        reason: String,
    },
}

/// Reads the columns of `source` by name. Columns in `whole` hold integers, columns in `float` hold floats.
pub(crate) fn read(source: &Source, whole: &[&str], float: &[&str]) -> Result<BTreeMap<String, Column>, CsvError> {
    let mut reader = ReaderBuilder::new().trim(Trim::All).from_reader(&source.bytes[..]);
    let header = reader.headers().map_err(|error| wrong(source, &error))?.clone();
    let names = names(source, &header, &[whole, float].concat())?;
    let mut integers = vec![Vec::new(); names.len()];
    let mut floats = vec![Vec::new(); names.len()];
    let mut record = StringRecord::new();
    while reader.read_record(&mut record).map_err(|error| wrong(source, &error))? {
        let line = record.position().map_or(0, csv::Position::line);
        for (column, (name, text)) in names.iter().zip(&record).enumerate() {
            let value = |needed| CsvError::Value {
                file: source.file.clone(),
                line,
                name: name.clone(),
                got: excerpt(text),
                needed,
            };
            if float.contains(&name.as_str()) {
                floats[column].push(text.parse().map_err(|_| value("a number"))?);
            } else {
                integers[column].push(whole_number(text).ok_or_else(|| value("a whole number"))?);
            }
        }
    }
    let columns = integers.into_iter().zip(floats).map(|(integers, floats)| {
        if integers.is_empty() { Column::of_floats(&floats) } else { Column::of_integers(&integers) }
    });
    Ok(names.into_iter().zip(columns).collect())
}

/// Largest number up to which every whole number has a float64.
const MAX_EXACT: f64 = (1_u64 << f64::MANTISSA_DIGITS) as f64;

/// Parses a whole number, which may be written as a float: `3.0`, as pandas does for columns with gaps.
fn whole_number(text: &str) -> Option<i64> {
    let of_float = |number: f64| (number.fract() == 0.0 && number.abs() <= MAX_EXACT).then_some(number as i64);
    text.parse().ok().or_else(|| text.parse().ok().and_then(of_float))
}

/// Returns the line of row `row` after the header, counted from 0.
pub(crate) fn line_of(source: &Source, row: usize) -> Option<u64> {
    let mut reader = ReaderBuilder::new().from_reader(&source.bytes[..]);
    let record = reader.records().nth(row)?.ok()?;
    record.position().map(csv::Position::line)
}

fn names(source: &Source, header: &StringRecord, known: &[&str]) -> Result<Vec<String>, CsvError> {
    let mut names: Vec<String> = Vec::new();
    for name in header {
        if !known.contains(&name) {
            let allowed = match known {
                [only] => format!("`{only}`"),
                known => format!("one of {}", known.join(", ")),
            };
            return Err(CsvError::Column { file: source.file.clone(), got: excerpt(name), allowed });
        }
        if names.iter().any(|other| other == name) {
            return Err(CsvError::Twice { file: source.file.clone(), name: name.to_owned() });
        }
        names.push(name.to_owned());
    }
    Ok(names)
}

fn wrong(source: &Source, error: &csv::Error) -> CsvError {
    let file = source.file.clone();
    let line = error.position().map_or(1, csv::Position::line);
    match error.kind() {
        ErrorKind::UnequalLengths { expected_len, len, .. } => {
            CsvError::Width { file, line, got: *len, needed: *expected_len }
        }
        ErrorKind::Utf8 { .. } => CsvError::Text { file, line, reason: "not UTF-8".to_owned() },
        _ => CsvError::Text { file, line, reason: shown(&error.to_string()).into_owned() },
    }
}
