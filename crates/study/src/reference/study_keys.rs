//! The keys of a study file.

use serde_json::Value;

use super::schema::{self, Property, meaning, properties, resolved};
use super::{Choice, Key, Section};
use crate::auto::CalibrationSettings;
use crate::settings::Settings;
use crate::study::{MAX_TRIALS, Preset, declared_order};

/// Returns the keys of a study file by section, in the order of a study file. `layer.N` stands for every hidden layer, and
/// `presets` are the allowed values of `training.preset`.
pub fn study_keys(presets: &[Preset]) -> Vec<Section> {
    let root = schema::of::<Settings>();
    let mut sections = vec![top_level(), repeats(), observe()];
    let mut settings: Vec<Property> = properties(&root, &root);
    settings.sort_by_key(|property| declared_order("", property.name));
    sections.extend(settings.iter().map(|property| section(&root, property)));
    let before = sections.iter().position(|section| section.name == "seeds").unwrap_or(sections.len());
    sections.insert(before, calibration());
    if let Some(training) = sections.iter_mut().find(|section| section.name == "training") {
        training.keys.insert(0, preset(presets));
    }
    sections
}

/// The object with the keys of a section, and what precedes their names.
fn keys_of<'a>(root: &'a Value, section: &Property<'a>) -> (&'a Value, String) {
    match section.name {
        "layer" => (resolved(root, &section.target["items"]), "layer.N".to_owned()),
        name => (section.target, name.to_owned()),
    }
}

fn section(root: &Value, section: &Property) -> Section {
    let (object, prefix) = keys_of(root, section);
    let mut found = properties(root, object);
    found.sort_by_key(|property| declared_order(section.name, property.name));
    let mut keys: Vec<Key> = found.iter().map(|property| described(&prefix, property)).collect();
    if section.name == "device" {
        keys.push(device());
    }
    Section { name: section.name.to_owned(), meaning: meaning(section.own), keys }
}

fn described(prefix: &str, property: &Property) -> Key {
    let key = format!("{prefix}.{}", property.name);
    let default = property.stated_default().unwrap_or_else(|| default_of(&key));
    Key {
        kind: property.kind().to_owned(),
        unit: property.unit(),
        default,
        allowed: property.allowed(),
        range: property.range(),
        choices: property.choices(),
        meaning: meaning(property.own),
        key,
    }
}

/// Section `[calibration]`, which is not part of the settings of a trial.
fn calibration() -> Section {
    let root = schema::of::<CalibrationSettings>();
    let order = CalibrationSettings::default().keys().map(|(key, _)| key);
    let mut keys: Vec<Key> =
        properties(&root, &root).iter().map(|property| described("calibration", property)).collect();
    keys.sort_by_key(|key| order.iter().position(|known| *known == key.key));
    Section { name: "calibration".to_owned(), meaning: meaning(&root), keys }
}

/// The value of [`Settings::default`] or [`CalibrationSettings::default`].
fn default_of(key: &str) -> String {
    let defaults = Settings::default().keys().into_iter().chain(CalibrationSettings::default().keys());
    match defaults.into_iter().find(|(known, _)| known == key).map(|(_, value)| value) {
        Some(toml::Value::String(word)) => format!("`{word}`"),
        Some(toml::Value::Float(number)) => format!("`{number}`"),
        Some(value) => format!("`{value}`"),
        None => "empty".to_owned(),
    }
}

fn text(key: &str, default: &str, allowed: &str, meaning: &str) -> Key {
    Key {
        key: key.to_owned(),
        kind: "string".to_owned(),
        unit: "none".to_owned(),
        default: default.to_owned(),
        allowed: allowed.to_owned(),
        meaning: meaning.to_owned(),
        ..Key::default()
    }
}

/// Letters that a name may have; it names a folder.
const NAME: &str = "letters, digits, `-`, `_` and `.`";

fn top_level() -> Section {
    let keys = vec![
        text("name", "required", NAME, "Name of the study. The results folder has the same name."),
        text(
            "question",
            "empty",
            "any text",
            "The question that the study answers, in one sentence. The report shows it.",
        ),
        text(
            "baseline",
            "unset",
            NAME,
            "Name of a study to compare with. Figures show its outcome as a line. It has one network: a study with one condition.",
        ),
        text("replicates", "unset", NAME, "Name of a published study. The report compares the results with it."),
        text(
            "paths_from",
            "the folder of the study file",
            "path of a folder",
            "Folder for relative paths in the study, seen from the folder of the study file.",
        ),
    ];
    Section { name: String::new(), meaning: "Keys at the top of the file, before any section.".to_owned(), keys }
}

fn repeats() -> Section {
    let seeds = Key {
        kind: "whole number or list".to_owned(),
        ..text(
            "repeats.seeds",
            "`1`",
            &format!("a count from 1 to {MAX_TRIALS}, or a list of whole numbers from 0 to 2^64 - 1"),
            "Seeds of the repeats of every condition. A count N stands for the seeds 1 to N.",
        )
    };
    let meaning = "How often every condition is repeated.".to_owned();
    Section { name: "repeats".to_owned(), meaning, keys: vec![seeds] }
}

fn observe() -> Section {
    let choices = [
        ("none", "No trial."),
        ("first-seed", "One trial per condition: the first seed."),
        ("all", "Every trial, about 60 kB each."),
    ];
    let choices: Vec<Choice> =
        choices.map(|(word, meaning)| Choice { word: word.to_owned(), meaning: meaning.to_owned() }).into();
    let meaning =
        "Which trials save their details (spike rasters, membrane traces, weight histograms). Does not affect results.";
    let details = text("observe.details", "`first-seed`", "`none`, `first-seed`, `all`", meaning);
    let keys = vec![Key { kind: "choice".to_owned(), choices, ..details }];
    Section { name: "observe".to_owned(), meaning: "What is saved besides the records.".to_owned(), keys }
}

fn preset(presets: &[Preset]) -> Key {
    let names: Vec<String> = presets.iter().map(|preset| format!("`{}`", preset.name)).collect();
    let allowed = if names.is_empty() { "name of a preset".to_owned() } else { names.join(", ") };
    let meaning = "Named set of keys, also of other sections. It applies to every key that the study does not set.";
    text("training.preset", "unset", &allowed, meaning)
}

fn device() -> Key {
    let meaning = "Override of a key of the device file: `device.write.scheme`, `device.read.white.noise` and so on.";
    Key {
        kind: "as in the device file".to_owned(),
        ..text("device.KEY", "the device file", "as in the device file", meaning)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key_label::words_and_unit;
    use crate::study::known_keys;

    fn all() -> Vec<Key> {
        study_keys(&[]).into_iter().flat_map(|section| section.keys).collect()
    }

    #[test]
    fn describes_every_known_key() {
        let keys = all();
        for known in known_keys() {
            let name = known.replace("layer.1", "layer.N");
            let key = keys.iter().find(|key| key.key == name).unwrap_or_else(|| panic!("{name} is missing"));
            for text in [&key.kind, &key.unit, &key.default, &key.allowed, &key.meaning] {
                assert!(!text.is_empty(), "{key:?}");
            }
            assert!(key.kind != "number" || key.allowed.contains(" to "), "{key:?}");
            assert!(key.kind != "choice" || key.choices.iter().all(|choice| !choice.meaning.is_empty()), "{key:?}");
            assert!(key.kind != "string" || key.allowed != "string", "{key:?}");
        }
    }

    #[test]
    fn shows_the_defaults_of_the_settings() {
        let defaults = Settings::default().keys();
        let mut compared = 0;
        for key in all() {
            let Some((_, value)) = defaults.iter().find(|(known, _)| *known == key.key) else { continue };
            let shown = key.default.trim_matches('`');
            if shown == "auto" {
                continue;
            }
            let same = match value {
                toml::Value::String(word) => word == shown,
                toml::Value::Float(number) => shown.parse() == Ok(*number),
                value => value.to_string() == shown,
            };
            assert!(same, "{}: {value}, shown as {shown}", key.key);
            compared += 1;
        }
        assert!(compared >= 25, "{compared} defaults");
    }

    /// Axis labels and the reference agree on units.
    #[test]
    fn units_agree_with_axis_labels() {
        for key in all() {
            let (_, label) = words_and_unit(&key.key);
            let unit = key.unit.replace("time steps", "steps");
            assert!(label.is_empty() || label == unit, "{}: {label}, {unit}", key.key);
        }
    }

    #[test]
    fn sections_are_in_the_order_of_a_study_file() {
        let names: Vec<String> = study_keys(&[]).into_iter().map(|section| section.name).collect();
        let expected = [
            "",
            "repeats",
            "observe",
            "data",
            "network",
            "weights",
            "layer",
            "readout",
            "noise",
            "hardware",
            "device",
            "calibration",
            "seeds",
            "training",
            "outcome",
        ];
        assert_eq!(names, expected);
    }
}
