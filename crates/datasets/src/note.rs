//! Remarks of an import on skipped, changed or untestable data, for the caller to report.

use thiserror::Error;

use crate::{counted, shown::excerpt};

/// Classes listed in a note.
const LISTED: usize = 8;

/// A remark on an imported data set.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum Note {
    /// The unit of times stated in the file was used.
    #[error("times are in {unit} ({attribute} is {value})")]
    UnitStated {
        /// The unit.
        unit: &'static str,
        /// The attribute, and the data set or group that has it.
        attribute: String,
        /// Its value.
        value: String,
    },
    /// The user's unit of times overrides the unit stated in the file.
    #[error("`--time-unit` sets the unit of times to {unit}, but {attribute} is {value}")]
    UnitOverruled {
        /// The unit.
        unit: &'static str,
        /// The attribute, and the data set or group that has it.
        attribute: String,
        /// Its value.
        value: String,
    },
    /// Times with a resolution coarser than a microsecond.
    #[error(
        "`{column}` is {number_type}, which resolves {microseconds} µs at the latest event ({seconds} s): times in the file may be \
         rounded"
    )]
    CoarseTimes {
        /// The column of times.
        column: &'static str,
        /// Storage format of the times.
        number_type: String,
        /// The latest time, s.
        seconds: f64,
        /// Distance to the next number, µs.
        microseconds: f64,
    },
    /// All events are in the first fraction of the duration.
    #[error(
        "the latest event is at {latest:.3e} s, but recordings last {} s; check `--time-unit` and `--duration`",
        if *duration_seconds < 1e15 { duration_seconds.to_string() } else { format!("{duration_seconds:e}") }
    )]
    Short {
        /// The latest event, s.
        latest: f64,
        /// Stated duration, s.
        duration_seconds: f64,
    },
    /// Events of several polarities in one unit.
    #[error("`p` is not used, because the sensor has one value of it: events of all polarities are merged")]
    Merged,
    /// Columns of events that were not read.
    #[error("not used: `{}`, because {why}", names.join("`, `"))]
    UnusedColumns {
        /// The columns.
        names: Vec<String>,
        /// What is used in their place.
        why: &'static str,
    },
    /// Recordings without events.
    #[error("no events in {empty} of {samples} recordings {part}")]
    Empty {
        /// `for training` or `for testing`.
        part: &'static str,
        /// Number of recordings without events.
        empty: usize,
        /// Number of recordings.
        samples: usize,
    },
    /// Classes without training samples or without test samples.
    #[error("{} without samples {part}: {}", counted(classes.len(), "class"), listed(classes))]
    Missing {
        /// `for training` or `for testing`.
        part: &'static str,
        /// Name, training samples and test samples of each class.
        classes: Vec<(String, usize, usize)>,
    },
    /// Test numbers outside the training range.
    #[error("test numbers outside the training range are clipped to it: {held} of {numbers}")]
    Held {
        /// Numbers outside the range.
        held: usize,
        /// Total numbers.
        numbers: usize,
    },
    /// Features without variation.
    #[error("features that are constant in training become 0: {constant} of {features}")]
    Constant {
        /// Number of constant features.
        constant: usize,
        /// Total features.
        features: usize,
    },
    /// Arrays of a file that were not read.
    #[error("not imported: {} `{}` of `{file}`", if names.len() == 1 { "array" } else { "arrays" }, names.join("`, `"))]
    Unused {
        /// The file.
        file: String,
        /// The arrays.
        names: Vec<String>,
    },
    /// Numbers without an exact float32.
    #[error("numbers rounded to float32 (by at most 1 in 16,777,216): {rounded} of {numbers}")]
    Rounded {
        /// Rounded numbers.
        rounded: usize,
        /// Total numbers.
        numbers: usize,
    },
}

fn listed(classes: &[(String, usize, usize)]) -> String {
    let one = |(name, train, test): &(String, usize, usize)| {
        format!("`{}` ({train} for training, {test} for testing)", excerpt(name))
    };
    let first = classes.iter().take(LISTED).map(one).collect::<Vec<_>>().join(", ");
    match classes.len().saturating_sub(LISTED) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}
