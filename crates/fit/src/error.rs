//! Reasons why a fit is refused.

use ohmspike_crossbar::device::DeviceError;

/// A place in a CSV file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Name of the file.
    pub file: String,
    /// Line, from 1.
    pub line: u64,
    /// Column of the table, from 1; none for a whole line.
    pub column: Option<usize>,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file, self.line)?;
        match self.column {
            Some(column) => write!(f, ":{column}"),
            None => Ok(()),
        }
    }
}

/// Reason why a fit is refused.
///
/// Messages start with `FILE:LINE:COLUMN`, where a column is a cell of the table.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FitError {
    /// A cell that is not a valid value.
    #[error("{place}: `{column}`: expected {expected}, got `{got}`{}", advice(.hint))]
    Cell {
        /// Place.
        place: Box<Place>,
        /// Name of the column.
        column: String,
        /// What is allowed.
        expected: &'static str,
        /// The cell.
        got: String,
        /// Advice, or empty.
        hint: &'static str,
    },
    /// A header or line that is not valid.
    #[error("{place}: {problem}{}", advice(.hint))]
    Table {
        /// Place.
        place: Place,
        /// What is wrong.
        problem: String,
        /// Advice, or empty.
        hint: String,
    },
    /// A file without enough values.
    #[error("{file}: {problem}{}", advice(.hint))]
    File {
        /// Name of the file.
        file: String,
        /// What is wrong.
        problem: String,
        /// Advice, or empty.
        hint: String,
    },
    /// No file.
    #[error("files: expected writes, reads, retention or pulses, got none")]
    NoFile,
    /// An invalid option.
    #[error("{option}: {problem}{}", advice(.hint))]
    Option {
        /// Name of the option.
        option: &'static str,
        /// What is wrong.
        problem: String,
        /// Advice, or empty.
        hint: &'static str,
    },
    /// A fitted number that a device file does not allow.
    #[error("fitted device: {error}{}", advice(.hint))]
    Device {
        /// What is not allowed.
        error: Box<DeviceError>,
        /// Advice.
        hint: String,
    },
}

/// Formats a hint below a message.
fn advice(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("\n\nhint: {text}") }
}
