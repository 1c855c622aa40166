//! A device file to start from: every section, its keys and units explained in its provenance.
//!
//! JSON has no comments, so each section is explained by its entry under `provenance`, in the words of the reference of device
//! keys. Mechanisms are off, except for placeholders that a device cannot do without: the window and the write noise.

use serde_json::Value;

use ohmspike_study::reference::{Key, Section, device_keys};

/// Start of the source of every section that has not been filled in.
pub(crate) const PLACEHOLDER: &str = "Placeholder.";

/// Sections of the file. Empty objects are mechanisms that are off.
const CONTENT: [(&str, &str); 11] = [
    ("window", r#"{ "low_resistance_ohm": 5000, "high_resistance_ohm": 200000 }"#),
    ("device_to_device", "{}"),
    ("write", r#"{ "noise": "relative", "sigma_percent_of_conductance": 2, "cells": "all", "scheme": "add" }"#),
    ("drift", r#"{ "law": "none" }"#),
    ("read", r#"{ "volts": 0.2, "white": { "noise": "none" }, "rtn": { "kind": "none" } }"#),
    ("reference_branch", r#"{ "kind": "ideal" }"#),
    ("levels", "{}"),
    ("faults", r#"{ "p_low_resistance": 0, "p_high_resistance": 0 }"#),
    ("converters", "{}"),
    ("wires", "{}"),
    ("energy", "{}"),
];

/// Returns the text of a device file called `name` that refers to `schema`, the path of a JSON schema.
pub fn device_skeleton(name: &str, schema: &str) -> String {
    let sections = device_keys();
    let quoted = |text: &str| Value::String(text.to_owned()).to_string();
    let mut text = format!("{{\n  \"$schema\": {},\n  \"name\": {},\n", quoted(schema), quoted(name));
    text += &format!("  \"description\": {},\n", quoted(DESCRIPTION));
    for (name, content) in CONTENT {
        text += &format!("  \"{name}\": {content},\n");
    }
    let entry = |(name, content): (&str, &str)| {
        let section = sections.iter().find(|section| section.name == name).expect("the reference has every section");
        let source = quoted(&explained(section, content));
        format!("    {{ \"what\": \"{name}\", \"grade\": \"chosen\", \"source\": {source} }}")
    };
    text + "  \"provenance\": [\n" + &CONTENT.map(entry).join(",\n") + "\n  ]\n}\n"
}

const DESCRIPTION: &str = "Say what the device is, how it was measured, and what the file is for. Each entry under `provenance` \
                           explains one section: replace its numbers with yours, then replace the text with their source. Grades: \
                           `measured` (read from an instrument or a published table), `fitted` (a parameter of a model fitted to \
                           measurements), `chosen` (your decision). Delete the sections that you do not need.";

/// Explains a section: its meaning, then the keys that `content` sets with meaning and unit, or all keys if it sets none.
fn explained(section: &Section, content: &str) -> String {
    let value: Value = serde_json::from_str(content).expect("the sections are JSON");
    let set: Vec<&Key> = section.keys.iter().filter(|key| is_set(&value, &section.name, &key.key)).collect();
    let name = |key: &Key| key.key[section.name.len() + 1..].to_owned();
    let unit = |key: &Key| match key.unit.as_str() {
        "none" => String::new(),
        unit => format!(" ({unit})"),
    };
    let mut text = format!("{PLACEHOLDER} {}", section.meaning);
    if set.is_empty() {
        let keys: Vec<String> = section.keys.iter().map(|key| format!("`{}`{}", name(key), unit(key))).collect();
        text += &format!(" Off here. Keys: {}.", keys.join(", "));
    }
    for key in &set {
        let words: Vec<String> = key.choices.iter().map(|choice| format!("`{}`", choice.word)).collect();
        let words = if words.is_empty() { String::new() } else { format!(" One of {}.", words.join(", ")) };
        text += &format!(" `{}`{}: {}{words}", name(key), unit(key), key.meaning);
    }
    text + &format!(" Everything about it: ohmspike keys device.{}", section.name)
}

/// Returns whether `content` of the section sets the dotted `key`.
fn is_set(content: &Value, section: &str, key: &str) -> bool {
    let path = key.strip_prefix(section).and_then(|key| key.strip_prefix('.'));
    let value = path.and_then(|path| path.split('.').try_fold(content, |at, name| at.get(name)));
    value.is_some_and(|value| !value.is_object())
}

#[cfg(test)]
mod tests {
    use ohmspike_crossbar::device::{Device, Grade, SECTIONS, WriteNoise};

    use super::*;

    #[test]
    fn the_skeleton_is_a_device_with_every_section_explained() {
        let text = device_skeleton("a \"new\" device", "new.schema.json");
        let device = Device::from_json(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(device.name, "a \"new\" device");
        assert_eq!(device.write.noise, WriteNoise::Relative { fraction: 0.02 });
        assert!(device.drift.is_off() && device.faults.is_none());
        assert_eq!(CONTENT.map(|(name, _)| name), SECTIONS);
        let explained: Vec<&str> = device.provenance.iter().map(|entry| entry.what.as_str()).collect();
        assert_eq!(explained, SECTIONS);
        assert!(device.provenance.iter().all(|entry| entry.grade == Grade::Chosen));
    }

    /// The words are those of the reference, so they cannot get out of date.
    #[test]
    fn every_number_has_its_unit() {
        let device = Device::from_json(&device_skeleton("x", "x.schema.json")).unwrap();
        let source = |what: &str| &device.provenance.iter().find(|entry| entry.what == what).unwrap().source;
        assert!(source("window").contains("`low_resistance_ohm` (ohm): Resistance of a fully-on cell"));
        assert!(source("write").contains("`sigma_percent_of_conductance` (% of G)"), "{}", source("write"));
        assert!(source("write").contains("`noise`: Kind of write noise. One of `none`, "), "{}", source("write"));
        assert!(source("energy").contains("`write_volts` (V)"), "{}", source("energy"));
        assert!(source("read").contains("`white.noise`") && source("read").contains("`volts` (V)"));
    }
}
