//! Presets: named keys that a study takes where it gives none.

use ohmspike_datasets::excerpt;
use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};

use super::given::{Given, read_section};
use super::keys::PRESET;
use super::renamed;
use super::{StudyError, StudyProblem};

/// Keys under a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preset {
    /// The name, as `training.preset` gives it.
    pub name: &'static str,
    /// The keys, as a study file gives them.
    pub keys: &'static str,
}

impl Preset {
    /// The keys with their values, whose place is the preset. What is no TOML has no keys.
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

/// The preset that the value of [`PRESET`], which stands at `place`, names.
pub(super) fn named(presets: &[Preset], value: &toml::Value, place: &str) -> Result<Preset, StudyError> {
    let name = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let found = presets.iter().find(|preset| preset.name == name);
    found.copied().ok_or_else(|| {
        let known: Vec<String> = presets.iter().map(|preset| format!("`{}`", preset.name)).collect();
        let known = if known.is_empty() {
            "left out, as there are none".to_owned()
        } else {
            format!("one of {}", known.join(", "))
        };
        let problem = StudyProblem::UnknownPreset { renamed: renamed::preset(&name), name: excerpt(&name), known };
        StudyError { place: place.to_owned(), problem }
    })
}

/// Where the keys of the presets that a study names come from.
pub(super) fn places(presets: &[Preset], placed: &[Given]) -> BTreeMap<String, String> {
    let value = placed.iter().find(|given| given.key == PRESET).map(|given| &given.value);
    let names = value.into_iter().flat_map(|value| value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice));
    let named = names.filter_map(|name| presets.iter().find(|preset| name.as_str() == Some(preset.name)));
    named.flat_map(Preset::given).map(|given| (given.key, given.place)).collect()
}
