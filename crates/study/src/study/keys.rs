//! The known keys of a study.

use ohmspike_snn::neuron::Neuron;

use crate::auto::CalibrationSettings;
use crate::settings::layers::FIRST_LAYER;
use crate::settings::{
    DataSettings, LayerSettings, Population, ReadoutSettings, SeedSettings, Settings, SuccessOf, WeightSigns,
};

/// The sections that decide trials: those of [`Settings`], and `[calibration]`.
pub(super) const SECTIONS: [&str; 12] = [
    "data",
    "network",
    "weights",
    LAYER,
    "readout",
    "noise",
    "hardware",
    DEVICE,
    CALIBRATION,
    "seeds",
    "training",
    "outcome",
];
/// The section that says what `auto` aims at.
pub(super) const CALIBRATION: &str = "calibration";
/// The list of hidden layers.
pub(super) const LAYER: &str = "layer";
/// The section that holds keys of a device file.
pub(super) const DEVICE: &str = "device";
/// The key of the preset.
pub(super) const PRESET: &str = "training.preset";
/// The key of the seeds.
pub(super) const SEEDS: &str = "repeats.seeds";
/// The key.
pub(super) const DETAILS: &str = "observe.details";

/// All keys of a study with their sections, in the order of the sections. Keys of layers are listed for the first layer, keys of
/// `[device]` are not listed.
pub fn known_keys() -> Vec<String> {
    let document = toml::Table::try_from(with_every_key()).expect("settings are plain values");
    let keys = |section: &str| -> Vec<String> {
        let value = match document.get(section) {
            Some(toml::Value::Array(layers)) => layers.first(),
            value => value,
        };
        let section = if section == LAYER { "layer.1" } else { section };
        let table = value.and_then(toml::Value::as_table);
        table.into_iter().flat_map(|table| table.keys()).map(|key| format!("{section}.{key}")).collect()
    };
    let mut known: Vec<String> = SECTIONS.iter().flat_map(|section| keys(section)).collect();
    let seeds = known.iter().position(|key| key.starts_with("seeds.")).unwrap_or(known.len());
    known.splice(seeds..seeds, CalibrationSettings::default().keys().map(|(key, _)| key));
    let training = known.iter().position(|key| key.starts_with("training."));
    known.insert(training.unwrap_or(known.len()), PRESET.to_owned());
    known
}

/// Settings that set every key.
fn with_every_key() -> Settings {
    let mut every = Settings { seeds: SeedSettings::all(0), ..Settings::default().resolved() };
    (every.data, every.network.signs) = (DataSettings::with_every_key(), WeightSigns::Unconstrained);
    (every.network.recurrent, every.network.neuron) = (true, Neuron::Izhikevich);
    (every.weights.sigma_recurrent, every.hardware.population) = (Some(1.0), Population::Excitatory);
    (every.layers, every.readout) = (vec![LayerSettings::every()], ReadoutSettings::every());
    (every.outcome.success_of, every.outcome.success_above) = (SuccessOf::Outcome, 1.0);
    every
}

/// Position of a key within its section, in the order in which the settings declare it. Sections, whose own section is
/// empty, are in the order of a study file.
pub(crate) fn declared_order(section: &str, name: &str) -> usize {
    if section.is_empty() {
        return SECTIONS.iter().position(|known| *known == name).unwrap_or(usize::MAX);
    }
    // JSON text keeps the order of the fields; tables are sorted by name.
    let text = serde_json::to_string(&with_every_key()).expect("settings are plain values");
    let start = text.find(&format!("\"{section}\":")).unwrap_or(0);
    text[start..].find(&format!("\"{name}\":")).unwrap_or(usize::MAX)
}

/// The number of the layer, from 1, and the name in a key such as `layer.2.hidden`.
pub(super) fn layer_of(key: &str) -> Option<(usize, &str)> {
    let (number, key) = key.strip_prefix("layer.")?.split_once('.')?;
    let digits = !number.starts_with('0') && number.bytes().all(|byte| byte.is_ascii_digit());
    Some((number.parse().ok().filter(|_| digits)?, key))
}

/// The canonical spelling of a key: that of `[network]`, `[weights]` or `[hardware]` for a key of the first layer.
pub fn canonical(key: &str) -> &str {
    let first = layer_of(key).filter(|(number, _)| *number == 1);
    let other = first.and_then(|(_, key)| FIRST_LAYER.iter().find(|(name, _)| *name == key));
    other.map_or(key, |(_, other)| other)
}

/// Whether the key exists.
pub(super) fn is_known(key: &str, known: &[String]) -> bool {
    let of_first = layer_of(key).map(|(_, key)| format!("layer.1.{key}"));
    known.iter().any(|known| *known == *of_first.as_deref().unwrap_or(key))
}

/// The position of the key in the order of sections, layers and keys.
pub(super) fn position(key: &str, known: &[String]) -> (Option<usize>, usize, Option<usize>) {
    let section = key.split('.').next().unwrap_or_default();
    let (number, of_first) = layer_of(key).map_or((0, None), |(number, key)| (number, Some(format!("layer.1.{key}"))));
    let place = known.iter().position(|known| *known == *of_first.as_deref().unwrap_or(key));
    (SECTIONS.iter().position(|known| *known == section), number, place)
}
