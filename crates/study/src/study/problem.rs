//! What can be wrong with a study file.

use crate::settings::ValueError;

/// What is wrong with a study, and where.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct StudyError {
    /// File and line, or the `--set` argument.
    pub place: String,
    /// What is wrong.
    pub problem: StudyProblem,
}

/// What can be wrong with a study.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum StudyProblem {
    /// Not TOML.
    #[error("not TOML: {0}")]
    Syntax(String),
    /// A key that no study has.
    #[error("{key}: unknown key\n\nhint: the nearest known key is `{nearest}`")]
    UnknownKey {
        /// The key, with its section.
        key: String,
        /// The known key that is spelled most like it.
        nearest: String,
    },
    /// A key that had another name in an earlier version.
    #[error("{key}: unknown key\n\nhint: renamed to {renamed}")]
    Renamed {
        /// The key, with its section.
        key: String,
        /// Its name now, in backticks, or what stands for it.
        renamed: &'static str,
    },
    /// One setting under two spellings.
    #[error("{key}: must be given once, also given as `{other}` at {place}")]
    GivenTwice {
        /// The key, as it is spelled here.
        key: String,
        /// The key, as it is spelled there.
        other: String,
        /// Where that is.
        place: String,
    },
    /// Layers with a gap below.
    #[error("layer.{number}: must follow layer {}, got {count} hidden layers", number - 1)]
    LayerGap {
        /// Number of the layer, from 1.
        number: usize,
        /// Layers of the study.
        count: usize,
    },
    /// A preset that nobody knows.
    #[error(
        "training.preset: must be {known}, got `{name}`{}",
        .renamed.map(|renamed| format!("\n\nhint: renamed to `{renamed}`")).unwrap_or_default()
    )]
    UnknownPreset {
        /// Its name.
        name: String,
        /// The known ones.
        known: String,
        /// What it is called now.
        renamed: Option<&'static str>,
    },
    /// A key without which there is no study.
    #[error("{0}: missing, must be given")]
    Missing(&'static str),
    /// A value of the wrong kind.
    #[error("{key}: {reason}")]
    Type {
        /// The key, with its section.
        key: String,
        /// What was found and what is expected.
        reason: String,
    },
    /// An axis without values.
    #[error("{0}: an axis must have at least one value, got an empty list")]
    EmptyAxis(String),
    /// A value that an axis has twice.
    #[error("{key}: an axis must have each value once, got {value} twice")]
    Twice {
        /// The key, with its section.
        key: String,
        /// The value.
        value: String,
    },
    /// More conditions or trials than any memory should hold.
    #[error(
        "study: expected at most {most} {what}, got {size} (values of axes: {lengths}; seeds: {seeds})\n\n\
         hint: split the study, or shorten its axes with `--set`"
    )]
    TooLarge {
        /// `conditions` or `trials`.
        what: &'static str,
        /// How many there are.
        size: String,
        /// Values of every axis.
        lengths: String,
        /// Number of the seeds.
        seeds: usize,
        /// How many there may be.
        most: usize,
    },
    /// A value out of range.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// An override that is not `SECTION.KEY=VALUE`.
    #[error("must have the form `SECTION.KEY=VALUE`")]
    Override,
}

/// A value of the wrong kind.
pub(super) fn wrong_type(place: &str, key: &str, reason: &str) -> StudyError {
    let problem = StudyProblem::Type { key: key.to_owned(), reason: reason.to_owned() };
    StudyError { place: place.to_owned(), problem }
}
