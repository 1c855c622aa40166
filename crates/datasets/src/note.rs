//! What an import leaves out, changes or cannot test: counted, and told by whoever imports.

use thiserror::Error;

use crate::shown::excerpt;

/// Classes that a note lists.
const LISTED: usize = 8;

/// Something about a data set that was imported.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum Note {
    /// What the file states of its times was used.
    #[error("times count {unit}: {attribute} is {value}")]
    UnitStated {
        /// The unit.
        unit: &'static str,
        /// The attribute, with the data set or group that has it.
        attribute: String,
        /// Its value.
        value: String,
    },
    /// What the file states of its times was not used, since the user says something else.
    #[error("times count {unit} as `--time-unit` says, although {attribute} is {value}")]
    UnitOverruled {
        /// The unit.
        unit: &'static str,
        /// The attribute, with the data set or group that has it.
        attribute: String,
        /// Its value.
        value: String,
    },
    /// Times whose type holds less than microseconds.
    #[error(
        "`{column}` is {number_type}, which resolves the latest event, at {seconds} s, to {microseconds} microseconds: times of the \
         file may be rounded"
    )]
    CoarseTimes {
        /// The column of times.
        column: &'static str,
        /// How they are stored.
        number_type: String,
        /// The latest time, s.
        seconds: f64,
        /// The distance to the next number, microseconds.
        microseconds: f64,
    },
    /// A duration that is far from what recordings last.
    #[error(
        "the latest event of all is at {latest:.3e} s of the stated duration of {duration_seconds} s: check `--time-unit` and `--duration`"
    )]
    Short {
        /// The latest event, s.
        latest: f64,
        /// What is stated, s.
        duration_seconds: f64,
    },
    /// Recordings without events.
    #[error("{empty} of {samples} recordings {part} have no event")]
    Empty {
        /// `for training` or `for the test`.
        part: &'static str,
        /// Those without.
        empty: usize,
        /// All.
        samples: usize,
    },
    /// Classes that training or the test does not see.
    #[error("{} without samples {part}: {}", counted(classes.len()), listed(classes))]
    Missing {
        /// `for training` or `for the test`.
        part: &'static str,
        /// Name, and samples in training and test, of each.
        classes: Vec<(String, usize, usize)>,
    },
    /// Numbers outside the range of training.
    #[error("{held} of {numbers} numbers for the test lie outside the range of training and are held at its ends")]
    Held {
        /// Those outside.
        held: usize,
        /// All.
        numbers: usize,
    },
    /// Features that say nothing.
    #[error("{constant} of {features} features are the same in all of training and become 0 everywhere")]
    Constant {
        /// Those that are always the same.
        constant: usize,
        /// All.
        features: usize,
    },
    /// Numbers that float32 does not hold.
    #[error("{rounded} of {numbers} numbers are rounded to float32, by at most 1 in 16,777,216")]
    Rounded {
        /// Those that are rounded.
        rounded: usize,
        /// All.
        numbers: usize,
    },
}

fn counted(classes: usize) -> String {
    if classes == 1 { "1 class".to_owned() } else { format!("{classes} classes") }
}

fn listed(classes: &[(String, usize, usize)]) -> String {
    let one = |(name, train, test): &(String, usize, usize)| {
        format!("`{}` ({train} for training, {test} for the test)", excerpt(name))
    };
    let first = classes.iter().take(LISTED).map(one).collect::<Vec<_>>().join(", ");
    match classes.len().saturating_sub(LISTED) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}
