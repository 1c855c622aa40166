//! What can be wrong with a study.

use ohmspike_datasets::counted;

use crate::settings::ValueError;

/// A problem of a study and its place.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct StudyError {
    /// File and line, or the `--set` argument.
    pub place: String,
    /// The problem.
    pub problem: StudyProblem,
}

/// What can be wrong with a study.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum StudyProblem {
    /// The file is not TOML.
    #[error("invalid TOML: {0}")]
    Syntax(String),
    /// An unknown key or section.
    #[error("unknown key `{key}`\n\nhint: {hint}")]
    UnknownKey {
        /// The key, with its section.
        key: String,
        /// The key that was probably meant, or how to list all keys.
        hint: String,
    },
    /// A key that an earlier version had under another name.
    #[error("unknown key `{key}`\n\nhint: {hint}")]
    Renamed {
        /// The key, with its section.
        key: String,
        /// The current key, or what replaced it.
        hint: String,
    },
    /// One setting under two spellings.
    #[error("duplicate key `{key}`, first given as `{other}` at {place}")]
    GivenTwice {
        /// The key, as spelled here.
        key: String,
        /// The key, as spelled at the first place.
        other: String,
        /// The first place.
        place: String,
    },
    /// A gap in the numbers of the layers.
    #[error("layer.{number}: expected layer {} first, got {}", number - 1, counted(*count, "hidden layer"))]
    LayerGap {
        /// Number of the layer, from 1.
        number: usize,
        /// Hidden layers of the study.
        count: usize,
    },
    /// An unknown preset.
    #[error("training.preset: unknown preset `{name}`; {known}{}", hinted(renamed.map(|name| format!("renamed to `{name}`")).as_deref()))]
    UnknownPreset {
        /// Its name.
        name: String,
        /// The known presets, as a clause.
        known: String,
        /// The current name of a renamed preset.
        renamed: Option<&'static str>,
    },
    /// A required key is missing.
    #[error("missing key `{0}`")]
    Missing(&'static str),
    /// A value of the wrong type.
    #[error("{key}: {reason}{}", hinted(hint.as_deref()))]
    Type {
        /// The key, with its section.
        key: String,
        /// The expected type, and what was found.
        reason: String,
        /// The right form of the value.
        hint: Option<String>,
    },
    /// An axis without values.
    #[error("{0}: expected at least one value, got an empty list")]
    EmptyAxis(String),
    /// A value that occurs twice on an axis.
    #[error("{key}: duplicate value {value} in the list")]
    Twice {
        /// The key, with its section.
        key: String,
        /// The value.
        value: String,
    },
    /// Too many conditions or trials.
    #[error(
        "study: expected at most {most} {what}, got {size} ({factors})\n\nhint: split the study, or shorten its axes with `--set`"
    )]
    TooLarge {
        /// `conditions` or `trials`.
        what: &'static str,
        /// Their number.
        size: String,
        /// The lengths of the axes, and the number of seeds.
        factors: String,
        /// The largest number allowed.
        most: usize,
    },
    /// A value out of range.
    #[error("{source}{}", hinted(hint.as_deref()))]
    Value {
        /// The key, what is allowed, and the value.
        source: ValueError,
        /// The right form of the value.
        hint: Option<String>,
    },
    /// An override without `=`, key or value.
    #[error("expected SECTION.KEY=VALUE\n\nhint: {hint}")]
    Override {
        /// The right form.
        hint: String,
    },
    /// An override of a key outside the sections.
    #[error("`{key}` cannot be overridden\n\nhint: change it in the study file{}", if key == "name" { "; `--out DIR` chooses another results folder" } else { "" })]
    Fixed {
        /// The key.
        key: String,
    },
}

/// A hint as the second paragraph of a message.
fn hinted(hint: Option<&str>) -> String {
    hint.map(|hint| format!("\n\nhint: {hint}")).unwrap_or_default()
}

/// The error of a value of the wrong type.
pub(super) fn wrong_type(place: &str, key: &str, reason: &str) -> StudyError {
    let problem = StudyProblem::Type { key: key.to_owned(), reason: reason.to_owned(), hint: None };
    StudyError { place: place.to_owned(), problem }
}
