//! Keys with their values, from the study file or from the command line.

use std::ops::Range;

use ohmspike_datasets::excerpt;
use toml::de::{DeTable, DeValue};

use super::keys::{DEVICE, SEEDS, canonical};
use super::nearest::override_for;
use super::number::{self, Beyond};
use super::{StudyError, StudyProblem};
use crate::cluster::quote::shell;

/// Largest number of names in a dotted key. Keys of a device file have at most four. Each name becomes a nested table, and reading and
/// dropping these is recursive.
const MAX_NAMES: usize = 16;

/// Keys outside the sections, which describe the study and not its trials.
pub(super) const FIXED: [&str; 6] = ["name", "question", "baseline", "replicates", "paths_from", "reference"];

/// The key that hints on the form of an override show.
const EXAMPLE: &str = "noise.level_percent";

/// A value that overrides the study file.
#[derive(Clone, Debug, PartialEq)]
pub struct Override {
    /// The key, with its section.
    pub key: String,
    /// The value or list.
    pub value: toml::Value,
    /// Numbers in the value that 64 bits cannot hold.
    pub(super) beyond: Vec<Beyond>,
    /// The value as given.
    text: String,
    /// The flag that sets the key, with its dashes; none for `--set`.
    flag: Option<&'static str>,
}

/// A key with its value and its place.
#[derive(Clone, Debug)]
pub(super) struct Given {
    /// The key in its canonical spelling.
    pub key: String,
    /// The key as given.
    pub spelled: String,
    pub value: toml::Value,
    pub place: String,
    /// Numbers in `value` that 64 bits cannot hold.
    pub beyond: Vec<Beyond>,
}

impl Given {
    /// Creates the entry of `key`.
    pub fn new(key: &str, value: toml::Value, place: String, beyond: Vec<Beyond>) -> Given {
        let value = number::without_negative_zero(value);
        Given { key: canonical(key).to_owned(), spelled: key.to_owned(), value, place, beyond }
    }

    /// Whether the value comes from a `--set` argument.
    pub fn is_override(&self) -> bool {
        self.place.starts_with("--set ")
    }
}

impl Override {
    /// Overrides `key`, given with its section, by a number, a string, a boolean, or a list of these, which becomes an axis.
    pub fn new(key: &str, value: impl Into<toml::Value>) -> Override {
        let value = value.into();
        Override { key: key.to_owned(), text: value.to_string(), value, beyond: Vec::new(), flag: None }
    }

    /// Returns the same override, which messages name as `flag VALUE`.
    pub fn by_flag(self, flag: &'static str) -> Override {
        Override { flag: Some(flag), ..self }
    }

    /// Returns the override as on a command line.
    pub(super) fn place(&self) -> String {
        let Override { key, text, flag, .. } = self;
        match flag {
            Some(flag) => format!("{flag} {}", text.trim_matches('"')),
            None => format!("--set {key}={text}"),
        }
    }

    /// Parses `SECTION.KEY=VALUE`, where VALUE is TOML, a bare word or a list of bare words.
    ///
    /// # Errors
    /// [`StudyProblem::Override`] if the equals sign or the value is missing, [`StudyProblem::Fixed`] if the key is outside the
    /// sections, and [`StudyProblem::UnknownKey`] if it lacks its section.
    pub fn parse(text: &str) -> Result<Override, StudyError> {
        let (key, value) = split(text)?;
        let text = value;
        let (key, mut beyond) = (key.to_owned(), Vec::new());
        let list = value.trim().strip_prefix('[').and_then(|list| list.strip_suffix(']'));
        let value = match (toml_value(&key, value, &mut beyond), list) {
            (Some(value), _) => value,
            (None, Some(list)) => {
                toml::Value::Array(list.split(',').map(|one| scalar_or_word(&key, one, &mut beyond)).collect())
            }
            (None, None) => scalar_or_word(&key, value, &mut beyond),
        };
        Ok(Override { key, value, beyond, text: text.to_owned(), flag: None })
    }
}

/// The key and the value of `KEY=VALUE`.
fn split(text: &str) -> Result<(&str, &str), StudyError> {
    let refused = |problem| Err(StudyError { place: format!("--set {text}"), problem });
    let malformed = |hint: String| refused(StudyProblem::Override { hint });
    let Some((key, value)) = text.split_once('=').map(|(key, value)| (key.trim(), value)) else {
        return malformed(match text.split_once([':', ' ']) {
            Some((key, value)) if key.contains('.') && !value.trim().is_empty() => {
                format!("use an equals sign: `--set {}`", shell(&format!("{}={}", key.trim(), value.trim())))
            }
            _ => format!("for example `--set {}=VALUE`", if text.contains('.') { text.trim() } else { EXAMPLE }),
        });
    };
    if value.trim().is_empty() || key.is_empty() {
        let key = if key.contains('.') { key } else { EXAMPLE };
        return malformed(format!("for example `--set {key}=VALUE`"));
    }
    let names = key.split('.').count();
    if names > MAX_NAMES {
        let (key, reason) = (excerpt(key), format!("expected at most {MAX_NAMES} names between dots, got {names}"));
        let problem = StudyProblem::Type { key, reason, hint: None };
        return Err(StudyError { place: "--set".to_owned(), problem });
    }
    if names > 1 {
        return Ok((key, value));
    }
    if FIXED.contains(&key) {
        return refused(StudyProblem::Fixed { key: key.to_owned() });
    }
    let hint = match override_for(key, value.trim()) {
        Some(set) => format!("use `--set {}`", shell(&set)),
        None => "keys have a section, such as `noise.level_percent`; `ohmspike keys` lists all keys".to_owned(),
    };
    refused(StudyProblem::UnknownKey { key: key.to_owned(), hint })
}

/// Reads the keys of a section. Keys of `[device]` may be in nested tables.
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

/// Whether the value of the key is a seed or a list of seeds.
fn is_seed_key(key: &str) -> bool {
    key == SEEDS || key.starts_with("seeds.")
}

/// Whether the key is in `[device]`, with a name at every level.
pub(super) fn is_device_key(key: &str) -> bool {
    key.strip_prefix(DEVICE).and_then(|key| key.strip_prefix('.')).is_some_and(|key| !key.split('.').any(str::is_empty))
}

fn toml_value(key: &str, text: &str, beyond: &mut Vec<Beyond>) -> Option<toml::Value> {
    let document = format!("value = {text}");
    let table = DeTable::parse(&document).ok()?;
    let mut keys = table.get_ref().iter();
    // A line break in the text could add further keys.
    let (Some((_, value)), None) = (keys.next(), keys.next()) else { return None };
    Some(number::value(value.get_ref(), is_seed_key(key), beyond))
}

/// A value as TOML, or as a bare word if it is not TOML.
fn scalar_or_word(key: &str, text: &str, beyond: &mut Vec<Beyond>) -> toml::Value {
    toml_value(key, text, beyond).unwrap_or_else(|| toml::Value::String(text.trim().to_owned()))
}
