//! The keys of a device file, which a study overrides as `device.KEY`.

use ohmspike_crossbar::device::{SECTIONS, schema};
use serde_json::Value;

use super::schema::{Property, meaning, properties, resolved};
use super::{Key, Section};

/// Returns the keys of a device file by section: first those of the file itself, then one section per mechanism. `[]` after
/// a name stands for each entry of a list.
pub fn device_keys() -> Vec<Section> {
    let schema = schema();
    let top = properties(&schema, &schema);
    let is_section = |property: &Property| property.target["properties"].is_object();
    let file = top.iter().filter(|property| !is_section(property));
    let mut keys = Vec::new();
    file.for_each(|property| push(&mut keys, &schema, property, ""));
    let mut sections = vec![Section { name: String::new(), meaning: "The device file itself.".to_owned(), keys }];
    for name in SECTIONS {
        let Some(property) = top.iter().find(|property| property.name == name) else { continue };
        let mut keys = Vec::new();
        properties(&schema, property.target).iter().for_each(|below| push(&mut keys, &schema, below, name));
        sections.push(Section { name: name.to_owned(), meaning: meaning(property.own), keys });
    }
    sections
}

/// Appends a property, or the properties below it.
fn push(keys: &mut Vec<Key>, root: &Value, property: &Property, above: &str) {
    let key = if above.is_empty() { property.name.to_owned() } else { format!("{above}.{}", property.name) };
    let below = properties(root, property.target);
    if !below.is_empty() {
        below.iter().for_each(|below| push(keys, root, below, &key));
        return;
    }
    keys.push(described(&key, property));
    let entry = resolved(root, &property.target["items"]);
    let key = format!("{key}[]");
    properties(root, entry).iter().for_each(|below| push(keys, root, below, &key));
}

fn described(key: &str, property: &Property) -> Key {
    let default = match &property.own["default"] {
        Value::Null if property.required => "required".to_owned(),
        Value::Null => "unset".to_owned(),
        Value::Array(entries) if entries.is_empty() => "empty".to_owned(),
        Value::String(text) if text.is_empty() => "empty".to_owned(),
        Value::String(word) => format!("`{word}`"),
        value => format!("`{value}`"),
    };
    Key {
        key: key.to_owned(),
        kind: property.kind().to_owned(),
        unit: property.unit(),
        default,
        allowed: property.allowed(),
        range: property.range(),
        choices: property.choices(),
        meaning: meaning(property.own),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_every_mechanism_with_its_nested_keys() {
        let sections = device_keys();
        let names: Vec<&str> = sections.iter().map(|section| section.name.as_str()).collect();
        assert_eq!(names[1..], SECTIONS);
        let keys: Vec<&Key> = sections.iter().flat_map(|section| &section.keys).collect();
        for wanted in ["name", "window.low_resistance_ohm", "write.points[].resistance_ohm", "read.white.noise"] {
            assert!(keys.iter().any(|key| key.key == wanted), "{wanted}");
        }
        for key in keys {
            assert!(!key.meaning.is_empty() && !key.allowed.is_empty(), "{key:?}");
        }
    }
}
