//! Reasons why a limit cannot be searched.

use ohmspike_analysis::limit::{CriterionError, LevelsError, LimitError as ProcedureError};
use ohmspike_study::RunError;
use ohmspike_study::calibration::CalibrationError;
use ohmspike_study::prepare::PrepareError;
use ohmspike_study::significant::stated_number;
use ohmspike_study::study::StudyError;

use super::amounts::{given_percent, given_points, least_percent, most_points};

/// Why a limit cannot be searched. Records saved before stay.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LimitError {
    /// No key.
    #[error("--key: expected at least one key")]
    NoKey,
    /// The same key twice.
    #[error("--key: duplicate key `{0}`")]
    Twice(String),
    /// A key of a study that is unknown.
    #[error("--key {0}")]
    Study(#[from] StudyError),
    /// The study sweeps another key.
    #[error(
        "{key}: expected one value, got {count}; only the key of the limit may be a list\n\n\
         hint: choose with `--set {key}={first}`"
    )]
    Swept {
        /// The other key.
        key: String,
        /// Number of its values.
        count: usize,
        /// Its first value.
        first: String,
    },
    /// A key that no device has.
    #[error("--key {key}: {source}")]
    UnknownDeviceKey {
        /// The key.
        key: String,
        /// The nearest key, or all keys of its section.
        source: Box<PrepareError>,
    },
    /// A key that is no number.
    #[error("--key {key}: expected a number, got a key of type `{kind}`\n\nhint: {}", NUMERIC)]
    NotNumeric {
        /// The key.
        key: String,
        /// Its type.
        kind: String,
    },
    /// A key of `[calibration]`, which chooses other keys.
    #[error(
        "--key {key}: expected a key of the network or its hardware, got one that chooses the numbers of others\n\n\
         hint: ask about a number that it chooses: `weights.sigma_init`, `hardware.weight_at_gmax`, `readout.weight_at_gmax`"
    )]
    Chooses {
        /// The key.
        key: String,
    },
    /// A key of a hidden layer that the study lacks.
    #[error(
        "--key {key}: expected layer 1{}, got layer {layer}\n\nhint: add `[[layer]]` entries to the study",
        if *layers > 1 { format!(" to {layers}") } else { String::new() }
    )]
    NoLayer {
        /// The key.
        key: String,
        /// Its layer, from 1.
        layer: String,
        /// Number of hidden layers of the study.
        layers: usize,
    },
    /// A level that the device does not allow.
    #[error("--key {key}: {level} is not valid: {problem}\n\nhint: {hint}")]
    InvalidLevel {
        /// The key.
        key: String,
        /// The level.
        level: f64,
        /// What is wrong.
        problem: String,
        /// What to do.
        hint: String,
    },
    /// A key without a known harsh side.
    #[error(
        "--key {key}: unknown which side is harsher\n\n\
         hint: add `--largest` to find the largest tolerated value, or `--smallest`"
    )]
    Direction {
        /// The key.
        key: String,
    },
    /// A key without default levels.
    #[error("--key {key}: no default range\n\nhint: add `--range FROM..TO` or `--levels A,B,C`")]
    NoRange {
        /// The key.
        key: String,
    },
    /// A level that the key does not allow.
    #[error("--key {key}: expected {allowed}, got {}", stated_number(*value))]
    Outside {
        /// The key.
        key: String,
        /// The allowed values.
        allowed: String,
        /// The invalid value.
        value: f64,
    },
    /// Invalid levels.
    #[error("{}{source}", if matches!(source, LevelsError::Resolution(_)) { "--".to_owned() } else { format!("--key {key}: ") })]
    Levels {
        /// The key.
        key: String,
        /// Cause.
        source: LevelsError,
    },
    /// An invalid criterion.
    #[error("{}", of_flag(.0))]
    Criterion(CriterionError),
    /// An invalid effort.
    #[error("{}", of_effort(.0))]
    Procedure(ProcedureError),
    /// A key that changes nothing.
    #[error("--key {key}: no effect on this study: {why}\n\nhint: {hint}")]
    NoEffect {
        /// The key.
        key: String,
        /// Why.
        why: String,
        /// What to do.
        hint: String,
    },
    /// All repeats are the same chip.
    #[error(
        "--chips: the study fixes `seeds.chip`, so all repeats are the same chip\n\n\
         hint: remove the key, or ask for the mean with `--mean`"
    )]
    SameChip,
    /// All repeats are the same trial.
    #[error(
        "--key {key}: all repeats are the same trial: the study fixes {fixed}, and trials draw nothing else\n\n\
         hint: remove a key of `[seeds]`"
    )]
    SameTrial {
        /// The key.
        key: String,
        /// The fixed seeds.
        fixed: String,
    },
    /// Invalid short training.
    #[error(
        "--short-epochs: expected {}0 for none, got {got}; `training.epochs` is {full}",
        match full { 0 | 1 => String::new(), 2 => "1, or ".to_owned(), full => format!("1 to {}, or ", full - 1) }
    )]
    ShortEpochs {
        /// Number of epochs of the study.
        full: usize,
        /// The invalid number.
        got: usize,
    },
    /// Short training with the number of epochs as a key.
    #[error(
        "--short-epochs: no short training with the key `{key}`, whose levels it would change\n\nhint: remove the flag"
    )]
    ShortOfKey {
        /// The key.
        key: String,
    },
    /// Data or a device cannot be read at a level.
    #[error(transparent)]
    Prepare(Box<PrepareError>),
    /// A key that is `auto` has no number at a level.
    #[error(transparent)]
    Calibration(#[from] CalibrationError),
    /// A trial cannot run.
    #[error(transparent)]
    Run(#[from] RunError),
}

/// Names the flag of an invalid criterion.
fn of_flag(error: &CriterionError) -> String {
    match error {
        CriterionError::Loss { most, got } => {
            format!("--within: expected above 0 and below {}, got {}", most_points(*most), given_points(*got))
        }
        CriterionError::Accuracy { chance, got } => {
            let (chance, got) = (least_percent(*chance), given_percent(*got));
            format!("--accuracy: expected above {chance} (chance) and at most 100 %, got {got}")
        }
        CriterionError::Chance(_) => {
            "data.set: expected a test set with at least two classes, got one: chance is 100 %".to_owned()
        }
        other => format!("--{other}"),
    }
}

/// Names the flag of an invalid effort.
fn of_effort(error: &ProcedureError) -> String {
    match error {
        ProcedureError::Effort(effort) if ["first seed", "first fresh seed"].contains(&effort.what) => {
            format!("--first-seed: expected {} to {}, got {}", effort.least, effort.most, effort.got)
        }
        other => other.to_string(),
    }
}

const NUMERIC: &str = "`ohmspike keys` lists keys with their types";

impl From<PrepareError> for LimitError {
    fn from(source: PrepareError) -> LimitError {
        LimitError::Prepare(Box::new(source))
    }
}

impl From<ProcedureError> for LimitError {
    fn from(source: ProcedureError) -> LimitError {
        match source {
            ProcedureError::Criterion(source) => LimitError::Criterion(source),
            other => LimitError::Procedure(other),
        }
    }
}
