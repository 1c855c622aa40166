//! The pages of study keys and device keys.

use ohmspike_experiments::presets::PRESETS;
use ohmspike_study::reference::{Key, Section, device_keys, study_keys};

use super::Page;
use super::markdown::{code, section, table, title};

/// The page of study keys.
pub fn study() -> Page {
    let mut text = title(
        "Study keys",
        "A study file is TOML. Only `name` is required; every other key has a default. A list of values turns a key into a \
         sweep axis, and the study runs every combination of its axes. On the command line, `--set SECTION.KEY=VALUE` \
         overrides a key.\n\n\
         In a terminal, `ohmspike keys` lists the same keys.",
    );
    for group in study_keys(&PRESETS) {
        let heading = match group.name.as_str() {
            "" => "Top level".to_owned(),
            "layer" => code("[[layer]]"),
            name => code(&format!("[{name}]")),
        };
        text += &keys(&heading, &group);
    }
    Page { file: "study-keys.md", about: "every key of a study file, with unit, default and range.", text }
}

/// The page of device keys.
pub fn device() -> Page {
    let mut text = title(
        "Device keys",
        "A device file is JSON with one object per mechanism. A study overrides a key as `device.KEY`, for example \
         `device.write.scheme = \"add\"`. `[]` stands for each entry of a list; a study cannot override single entries.\n\n\
         In a terminal, `ohmspike keys device` lists the same keys.",
    );
    for group in device_keys() {
        let heading = if group.name.is_empty() { "Device file".to_owned() } else { code(&group.name) };
        text += &keys(&heading, &group);
    }
    Page { file: "device-keys.md", about: "every key of a device file, by mechanism.", text }
}

/// A section with the table of its keys, and one table per choice.
fn keys(heading: &str, group: &Section) -> String {
    let mut text = section(heading, &super::markdown::escaped(&group.meaning));
    let row =
        |key: &Key| [code(&key.key), key.unit.clone(), key.default.clone(), key.allowed.clone(), key.meaning.clone()];
    text += &table(["Key", "Unit", "Default", "Allowed", "Meaning"], group.keys.iter().map(row));
    for key in group.keys.iter().filter(|key| key.choices.iter().any(|choice| !choice.meaning.is_empty())) {
        let rows = key.choices.iter().map(|choice| [code(&choice.word), choice.meaning.clone()]);
        text += &format!("Choices of `{}`:\n\n{}", key.key, table(["Choice", "Meaning"], rows));
    }
    text
}
