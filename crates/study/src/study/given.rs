//! Keys and what was given for them: by the study file, or on the command line.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::keys::{DEVICE, SEEDS, canonical};
use super::number::{self, Beyond};
use super::{StudyError, StudyProblem};

/// Names of a key. Those of a device file have four at most; every one becomes a table in another, which are read and dropped one
/// within the other.
const MOST_NAMES: usize = 16;

/// A value put in the place of what the file says.
#[derive(Clone, Debug, PartialEq)]
pub struct Override {
    /// The key, with its section.
    pub key: String,
    /// The value or list.
    pub value: toml::Value,
    /// The numbers in it that 64 bits do not hold.
    pub(super) beyond: Vec<Beyond>,
    /// The value as it was given.
    pub(super) text: String,
}

/// A key with what was given for it and where.
#[derive(Clone, Debug)]
pub(super) struct Given {
    /// The key, in the spelling of the section that it belongs to.
    pub key: String,
    /// The key as it was given.
    pub spelled: String,
    pub value: toml::Value,
    pub place: String,
    /// The numbers in `value` that 64 bits do not hold.
    pub beyond: Vec<Beyond>,
}

impl Given {
    /// The value that `key` was given.
    pub fn new(key: &str, value: toml::Value, place: String, beyond: Vec<Beyond>) -> Given {
        Given { key: canonical(key).to_owned(), spelled: key.to_owned(), value, place, beyond }
    }
}

impl Override {
    /// Another value for `key`, which has a section: a number, a text, true or false, or a list of these, which is an axis.
    pub fn new(key: &str, value: impl Into<toml::Value>) -> Override {
        let value = value.into();
        Override { key: key.to_owned(), text: value.to_string(), value, beyond: Vec::new() }
    }

    /// Reads `SECTION.KEY=VALUE`, where VALUE is TOML, a bare word or a list of bare words.
    ///
    /// # Errors
    /// [`StudyProblem::Override`] without a section, a key or an equals sign.
    pub fn parse(text: &str) -> Result<Override, StudyError> {
        let malformed = || StudyError { place: format!("--set {text}"), problem: StudyProblem::Override };
        let (key, value) = text.split_once('=').ok_or_else(malformed)?;
        let text = value;
        let key = key.trim();
        if !key.contains('.') || value.trim().is_empty() {
            return Err(malformed());
        }
        let names = key.split('.').count();
        if names > MOST_NAMES {
            let reason = format!("must have at most {MOST_NAMES} names between dots, got {names}");
            let problem = StudyProblem::Type { key: ohmspike_datasets::excerpt(key), reason };
            return Err(StudyError { place: "--set".to_owned(), problem });
        }
        let (key, mut beyond) = (key.trim().to_owned(), Vec::new());
        let list = value.trim().strip_prefix('[').and_then(|list| list.strip_suffix(']'));
        let value = match (toml_value(&key, value, &mut beyond), list) {
            (Some(value), _) => value,
            (None, Some(list)) => {
                toml::Value::Array(list.split(',').map(|one| scalar_or_word(&key, one, &mut beyond)).collect())
            }
            (None, None) => scalar_or_word(&key, value, &mut beyond),
        };
        Ok(Override { key, value, beyond, text: text.to_owned() })
    }
}

/// The keys of a section; those of `[device]` stand in tables of any depth.
pub(super) fn read_section(
    section: &str,
    keys: &DeTable,
    at: &impl Fn(&Range<usize>) -> String,
    given: &mut Vec<Given>,
) {
    for (name, value) in keys.iter() {
        let key = format!("{section}.{}", name.get_ref());
        match value.get_ref() {
            DeValue::Table(keys) if is_device_key(&key) => read_section(&key, keys, at, given),
            value => {
                let mut beyond = Vec::new();
                let value = number::value(value, is_seed_key(&key), &mut beyond);
                given.push(Given::new(&key, value, at(&name.span()), beyond));
            }
        }
    }
}

/// Whether the value of the key is a seed, or a list of seeds.
fn is_seed_key(key: &str) -> bool {
    key == SEEDS || key.starts_with("seeds.")
}

/// Whether the key stands in `[device]`, with a name at every level.
pub(super) fn is_device_key(key: &str) -> bool {
    key.strip_prefix(DEVICE).and_then(|key| key.strip_prefix('.')).is_some_and(|key| !key.split('.').any(str::is_empty))
}

fn toml_value(key: &str, text: &str, beyond: &mut Vec<Beyond>) -> Option<toml::Value> {
    let document = format!("value = {text}");
    let table = DeTable::parse(&document).ok()?;
    let mut keys = table.get_ref().iter();
    // A line break in the text could bring further keys.
    let (Some((_, value)), None) = (keys.next(), keys.next()) else { return None };
    Some(number::value(value.get_ref(), is_seed_key(key), beyond))
}

/// A value as TOML, or else a bare word.
fn scalar_or_word(key: &str, text: &str, beyond: &mut Vec<Beyond>) -> toml::Value {
    toml_value(key, text, beyond).unwrap_or_else(|| toml::Value::String(text.trim().to_owned()))
}
