//! Keys and what was given for them: by the study file, or on the command line.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::{StudyError, StudyProblem};

/// A value put in the place of what the file says.
#[derive(Clone, Debug, PartialEq)]
pub struct Override {
    /// The key, with its section.
    pub key: String,
    /// The value or list.
    pub value: toml::Value,
}

/// A key with what was given for it and where.
pub(super) struct Given {
    pub key: String,
    pub value: toml::Value,
    pub place: String,
}

/// The section whose keys are those of a device file, which this page does not know.
pub(super) const DEVICE: &str = "device";

impl Override {
    /// Reads `SECTION.KEY=VALUE`, where VALUE is TOML, a bare word or a list of bare words.
    ///
    /// # Errors
    /// [`StudyProblem::Override`] without a section, a key or an equals sign.
    pub fn parse(text: &str) -> Result<Override, StudyError> {
        let malformed = || StudyError { place: format!("--set {text}"), problem: StudyProblem::Override };
        let (key, value) = text.split_once('=').ok_or_else(malformed)?;
        let key = key.trim();
        if !key.contains('.') || value.trim().is_empty() {
            return Err(malformed());
        }
        let list = value.trim().strip_prefix('[').and_then(|list| list.strip_suffix(']'));
        let value = match (toml_value(value), list) {
            (Some(value), _) => value,
            (None, Some(list)) => toml::Value::Array(list.split(',').map(scalar_or_word).collect()),
            (None, None) => scalar_or_word(value),
        };
        Ok(Override { key: key.to_owned(), value })
    }
}

/// The keys of a section; those of `[device]` stand in tables of any depth.
pub(super) fn read_section(
    section: &str,
    keys: &DeTable,
    values: &toml::Value,
    at: &impl Fn(&Range<usize>) -> String,
    given: &mut Vec<Given>,
) {
    for (name, value) in keys.iter() {
        let (key, values) = (format!("{section}.{}", name.get_ref()), &values[&**name.get_ref()]);
        match value.get_ref() {
            DeValue::Table(keys) if is_device_key(&key) => read_section(&key, keys, values, at, given),
            _ => given.push(Given { value: values.clone(), key, place: at(&name.span()) }),
        }
    }
}

/// Whether the key stands in `[device]`, with a name at every level.
pub(super) fn is_device_key(key: &str) -> bool {
    key.strip_prefix(DEVICE).and_then(|key| key.strip_prefix('.')).is_some_and(|key| !key.split('.').any(str::is_empty))
}

fn toml_value(text: &str) -> Option<toml::Value> {
    toml::from_str::<toml::Table>(&format!("value = {text}")).ok()?.remove("value")
}

/// A value as TOML, or else a bare word.
fn scalar_or_word(text: &str) -> toml::Value {
    toml_value(text).unwrap_or_else(|| toml::Value::String(text.trim().to_owned()))
}
