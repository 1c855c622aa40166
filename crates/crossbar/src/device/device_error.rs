//! Errors of a device file: position, key, what is wrong, and what is allowed.

use std::fmt;

use thiserror::Error;

use super::position::Position;
use super::refusal::{Problem, SpecError, quoted};
use super::renamed::renamed_word;

/// Reason why a file cannot be read as a device, with its position in the file.
///
/// Displayed as `LINE:COLUMN: KEY: expected ..., got ...`; [`DeviceError::in_file`] puts the file in front.
#[derive(Clone, Debug, PartialEq)]
pub struct DeviceError {
    /// Position of the key or of the syntax error; `None` where nothing in the file can be pointed at.
    pub position: Option<Position>,
    /// What is wrong.
    pub problem: FileProblem,
}

/// What is wrong with a device file.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum FileProblem {
    /// Invalid JSON.
    #[error("{}{message}{}{}", before(key, ": "), got(found), json_hint(*starts_an_object))]
    Json {
        /// Path of the key; empty at the root.
        key: String,
        /// What the JSON reader reports, without its position.
        message: String,
        /// Word at the position; empty if there is none.
        found: String,
        /// Whether the file starts with `{`.
        starts_an_object: bool,
    },
    /// Value of another type.
    #[error("{}expected {wanted}, got {found}", before(key, ": "))]
    WrongType {
        /// Path of the key; empty at the root.
        key: String,
        /// The value or its type.
        found: String,
        /// The allowed type.
        wanted: String,
    },
    /// Key that no device has.
    #[error("unknown key `{key}`\n\nhint: {}", known_hint(key, nearest.as_deref(), known))]
    UnknownKey {
        /// Path of the key.
        key: String,
        /// Path of the known key with a similar spelling, if there is one.
        nearest: Option<String>,
        /// Names of the known keys of the same section.
        known: Vec<String>,
    },
    /// Key that was renamed.
    #[error("unknown key `{key}`\n\nhint: renamed to `{new}`")]
    RenamedKey {
        /// Path of the key.
        key: String,
        /// The path that replaced it.
        new: String,
    },
    /// Word that the key does not take.
    #[error("{key}: expected one of {}, got `{value}`{}", quoted(allowed), word_hint(*renamed))]
    UnknownWord {
        /// Path of the key.
        key: String,
        /// The word.
        value: String,
        /// The allowed words.
        allowed: Vec<String>,
        /// The word that replaced `value`.
        renamed: Option<&'static str>,
    },
    /// Missing key that every device needs.
    #[error("missing key `{key}`")]
    MissingKey {
        /// Path of the key.
        key: String,
    },
    /// Key that appears twice in an object.
    #[error("duplicate key `{key}`")]
    DuplicateKey {
        /// Path of the key.
        key: String,
    },
    /// Value that is out of range or contradicts another one.
    #[error(transparent)]
    Refused(#[from] SpecError),
}

impl DeviceError {
    /// Returns the error of a renamed key of a device file.
    pub fn renamed(key: &str, new: &str) -> DeviceError {
        let problem = FileProblem::RenamedKey { key: key.to_owned(), new: new.to_owned() };
        DeviceError { position: None, problem }
    }

    /// Returns true if a key is missing.
    pub fn is_missing_key(&self) -> bool {
        match &self.problem {
            FileProblem::MissingKey { .. } => true,
            FileProblem::Refused(refused) => matches!(refused.problem, Problem::Missing { .. }),
            _ => false,
        }
    }

    /// Returns the path of the key that is wrong; empty where the whole file is.
    pub fn key(&self) -> &str {
        match &self.problem {
            FileProblem::Json { key, .. }
            | FileProblem::WrongType { key, .. }
            | FileProblem::UnknownKey { key, .. }
            | FileProblem::RenamedKey { key, .. }
            | FileProblem::UnknownWord { key, .. }
            | FileProblem::MissingKey { key }
            | FileProblem::DuplicateKey { key } => key,
            FileProblem::Refused(refused) => &refused.key,
        }
    }

    /// Returns the message with the name of the file in front: `FILE:LINE:COLUMN: ...`, or `FILE: ...` without position.
    pub fn in_file(&self, file: &str) -> String {
        match self.position {
            Some(_) => format!("{file}:{self}"),
            None => format!("{file}: {self}"),
        }
    }

    /// Drops the position, for a text that the user never saw.
    pub fn without_position(self) -> DeviceError {
        DeviceError { position: None, ..self }
    }

    /// Returns the same error with every path below `section`, for a device that is part of another file.
    pub fn within(mut self, section: &str) -> DeviceError {
        let longer = |key: &mut String| *key = joined(section, key);
        match &mut self.problem {
            FileProblem::Json { key, .. }
            | FileProblem::WrongType { key, .. }
            | FileProblem::UnknownWord { key, .. }
            | FileProblem::MissingKey { key }
            | FileProblem::DuplicateKey { key } => longer(key),
            FileProblem::UnknownKey { key, nearest, .. } => {
                longer(key);
                nearest.iter_mut().for_each(longer);
            }
            FileProblem::RenamedKey { key, new } => {
                longer(key);
                longer(new);
            }
            FileProblem::Refused(refused) => longer(&mut refused.key),
        }
        self
    }
}

impl fmt::Display for DeviceError {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        match self.position {
            Some(position) => write!(formatter, "{position}: {}", self.problem),
            None => self.problem.fmt(formatter),
        }
    }
}

impl std::error::Error for DeviceError {}

impl From<SpecError> for DeviceError {
    fn from(refused: SpecError) -> DeviceError {
        DeviceError { position: None, problem: refused.into() }
    }
}

/// `parent.key`, or the one that is not empty.
fn joined(parent: &str, key: &str) -> String {
    [parent, key].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(".")
}

/// `text` followed by `separator`, or nothing if `text` is empty.
fn before(text: &str, separator: &str) -> String {
    if text.is_empty() { String::new() } else { format!("{text}{separator}") }
}

fn got(word: &str) -> String {
    if word.is_empty() { String::new() } else { format!(", got `{word}`") }
}

fn json_hint(starts_an_object: bool) -> &'static str {
    if starts_an_object {
        ""
    } else {
        "\n\nhint: a device file is a JSON object: `{ \"name\": ..., \"window\": { ... } }`"
    }
}

fn word_hint(renamed: Option<&str>) -> String {
    renamed.map_or_else(String::new, |new| format!("\n\nhint: renamed to `{new}`"))
}

/// Returns the known key that is spelled much like `key`, or else all keys of its section.
fn known_hint(key: &str, nearest: Option<&str>, known: &[String]) -> String {
    match (nearest, key.rsplit_once('.')) {
        (Some(nearest), _) => format!("did you mean `{nearest}`?"),
        (None, Some((section, _))) => format!("the keys of `{section}` are {}", quoted(known)),
        (None, None) => format!("the keys of a device are {}", quoted(known)),
    }
}

/// Returns the problem of an unknown `value` at `key`, with the new word where it was renamed.
pub(super) fn unknown_word(key: String, value: String, allowed: Vec<String>) -> FileProblem {
    let renamed = renamed_word(&key, &value);
    FileProblem::UnknownWord { key, value, allowed, renamed }
}

#[cfg(test)]
mod tests {
    use crate::device::{Device, DeviceError};

    fn refused(text: &str) -> DeviceError {
        Device::from_json(text).unwrap_err()
    }

    #[test]
    fn the_file_comes_before_line_and_column() {
        let negative =
            refused("{ \"name\": \"x\",\n  \"window\": { \"low_resistance_ohm\": -5, \"high_resistance_ohm\": 1e6 } }");
        let expected = "my.json:2:37: window.low_resistance_ohm: expected 1 to 1e12 ohm, got -5 ohm";
        assert_eq!(negative.in_file("my.json"), expected);
        assert_eq!(refused("{ \"name\": \"x\" }").in_file("my.json"), "my.json: missing key `window`");
    }

    #[test]
    fn paths_can_be_put_below_a_section() {
        let text = r#"{ "name": "x", "windo": 3 }"#;
        assert_eq!(
            refused(text).without_position().within("device").to_string(),
            "unknown key `device.windo`\n\nhint: did you mean `device.window`?"
        );
        let unlike = refused(r#"{ "name": "x", "energy": { "joule": 3 } }"#).without_position().within("device");
        assert!(unlike.to_string().contains("hint: the keys of `device.energy` are `"), "{unlike}");
        let renamed = DeviceError::renamed("chip", "device_to_device").within("device");
        assert_eq!(renamed.to_string(), "unknown key `device.chip`\n\nhint: renamed to `device.device_to_device`");
        assert_eq!(refused("{ \"name\": \"x\" }").within("device").key(), "device.window");
    }
}
