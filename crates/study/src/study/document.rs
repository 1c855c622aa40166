//! The keys of a trial as a TOML document, and the settings read from it.

use super::keys::{CALIBRATION, LAYER, layer_of};
use crate::auto::CalibrationSettings;
use crate::settings::Settings;

/// Creates a document without keys. It lists `layers` hidden layers, unless there are none.
pub(super) fn new(layers: usize) -> toml::Table {
    let mut document = toml::Table::new();
    if layers > 0 {
        document.insert(LAYER.to_owned(), vec![toml::Table::new(); layers].into());
    }
    document
}

/// Sets the dotted `key` in its section of `document`.
pub(super) fn put(document: &mut toml::Table, key: &str, value: toml::Value) {
    let (section, key) = section_of(document, key);
    section.insert(key.to_owned(), value);
}

/// Sets the dotted `key` unless it is already set.
pub(super) fn put_missing(document: &mut toml::Table, key: &str, value: toml::Value) {
    let (section, key) = section_of(document, key);
    section.entry(key.to_owned()).or_insert(value);
}

fn section_of<'d, 'k>(document: &'d mut toml::Table, key: &'k str) -> (&'d mut toml::Table, &'k str) {
    if let Some((number, key)) = layer_of(key) {
        let layers = document.entry(LAYER).or_insert_with(|| Vec::<toml::Value>::new().into());
        let layers = layers.as_array_mut().expect("layers are a list");
        while layers.len() < number {
            layers.push(toml::Table::new().into());
        }
        return (layers[number - 1].as_table_mut().expect("layers are tables"), key);
    }
    let (section, key) = key.split_once('.').expect("known keys have a section");
    let section = document.entry(section).or_insert_with(|| toml::Table::new().into());
    (section.as_table_mut().expect("sections are tables"), key)
}

/// Returns the value of the dotted `key`.
pub(super) fn get<'d>(document: &'d toml::Table, key: &str) -> Option<&'d toml::Value> {
    if let Some((number, key)) = layer_of(key) {
        return document.get(LAYER)?.as_array()?.get(number - 1)?.get(key);
    }
    let (section, key) = key.split_once('.')?;
    document.get(section)?.get(key)
}

/// Removes the dotted `key`, if it is there.
pub(super) fn take(document: &mut toml::Table, key: &str) {
    if get(document, key).is_some() {
        let (section, key) = section_of(document, key);
        section.remove(key);
    }
}

/// Splits off the section `[calibration]`, which decides trials only through calibrated numbers.
pub(super) fn split(mut document: toml::Table) -> (toml::Table, toml::Table) {
    let calibration = document.remove(CALIBRATION).and_then(|section| section.as_table().cloned());
    (document, calibration.unwrap_or_default())
}

/// Reads the section `[calibration]`. An error is the key and the message of the deserialiser.
pub(super) fn calibration_in(section: toml::Table) -> Result<CalibrationSettings, (String, String)> {
    serde_path_to_error::deserialize(toml::Value::Table(section))
        .map_err(|error| (format!("{CALIBRATION}.{}", error.path()), error.inner().message().trim().to_owned()))
}

/// Reads the settings. An error is the key and the message of the deserialiser.
pub(super) fn settings_in(document: toml::Table) -> Result<Settings, (String, String)> {
    serde_path_to_error::deserialize(toml::Value::Table(document))
        .map_err(|error| (study_key(&error.path().to_string()), error.inner().message().trim().to_owned()))
}

/// The deserialiser's path, which counts from 0, in the spelling of a study: `layer[1].hidden` is `layer.2.hidden`.
fn study_key(path: &str) -> String {
    let numbered = path.strip_prefix("layer[").and_then(|rest| rest.split_once(']'));
    let number = numbered.and_then(|(number, rest)| Some((number.parse::<usize>().ok()?, rest)));
    number.map_or_else(|| path.to_owned(), |(number, rest)| format!("layer.{}{rest}", number + 1))
}

/// The allowed range of the whole-number `key`, taken from the error of a value that is too large.
pub(super) fn whole_allowed(mut document: toml::Table, key: &str) -> Option<String> {
    put(&mut document, key, toml::Value::Integer(i64::MAX));
    let refused = settings_in(document).ok()?.check().err()?;
    (refused.key == key).then_some(refused.allowed)
}
