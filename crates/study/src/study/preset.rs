//! Presets: named sets of defaults for the keys that a study does not set.

use ohmspike_datasets::excerpt;
use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};

use super::given::{Given, read_section};
use super::keys::PRESET;
use super::renamed;
use super::{StudyError, StudyProblem};

/// A named set of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preset {
    /// The value of `training.preset`.
    pub name: &'static str,
    /// The keys, as in a study file.
    pub keys: &'static str,
}

impl Preset {
    /// The keys with their values; empty if the preset is not TOML.
    pub(super) fn given(&self) -> Vec<Given> {
        let mut given = Vec::new();
        let Ok(document) = DeTable::parse(self.keys) else { return given };
        let place = |_: &std::ops::Range<usize>| format!("preset `{}`", self.name);
        for (section, keys) in document.get_ref().iter() {
            if let DeValue::Table(keys) = keys.get_ref() {
                read_section(section.get_ref(), keys, &place, &mut given);
            }
        }
        given
    }
}

/// Looks up the preset that `value` names; `place` is the place of the key.
pub(super) fn named(presets: &[Preset], value: &toml::Value, place: &str) -> Result<Preset, StudyError> {
    let name = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let found = presets.iter().find(|preset| preset.name == name);
    found.copied().ok_or_else(|| {
        let known: Vec<String> = presets.iter().map(|preset| format!("`{}`", preset.name)).collect();
        let known = if known.is_empty() {
            "expected no preset, as none is available here".to_owned()
        } else {
            format!("expected one of {}", known.join(", "))
        };
        let problem = StudyProblem::UnknownPreset { renamed: renamed::preset(&name), name: excerpt(&name), known };
        StudyError { place: place.to_owned(), problem }
    })
}

/// The places of the keys that come from presets.
pub(super) fn places(presets: &[Preset], placed: &[Given]) -> BTreeMap<String, String> {
    let value = placed.iter().find(|given| given.key == PRESET).map(|given| &given.value);
    let names = value.into_iter().flat_map(|value| value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice));
    let named = names.filter_map(|name| presets.iter().find(|preset| name.as_str() == Some(preset.name)));
    named.flat_map(Preset::given).map(|given| (given.key, given.place)).collect()
}
