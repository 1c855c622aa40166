//! The fields of the JSON files in a results folder.

use std::collections::BTreeSet;

use serde_json::Value;

use super::schema::{self, Property, meaning, properties, resolved};
use crate::details::Details;
use crate::record::Record;

/// The fields of one file.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// What the file holds.
    pub title: String,
    /// Path in the results folder.
    pub file: String,
    /// Its fields.
    pub fields: Vec<Field>,
}

/// A field of a JSON file. Literals in its texts are in backticks.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Path of the field: `connections[].writes.pulses`, where `[]` stands for each entry of a list.
    pub path: String,
    /// Type of the value.
    pub kind: String,
    /// Unit of the value, or `none`.
    pub unit: String,
    /// What the field means.
    pub meaning: String,
}

/// Units of fields by the last names of their path; the first match counts. Other whole numbers are counts.
const UNITS: [(&str, &str); 52] = [
    ("schema", "version"),
    ("arithmetic", "version"),
    ("seed", "none"),
    ("outcome", "fraction"),
    ("accuracy", "fraction"),
    ("loss", "nats"),
    ("layer_spikes", "spikes per sample"),
    ("root", "none"),
    ("square", "none"),
    ("endurance.mean", "pulses per cell"),
    ("wires.sum", "fraction"),
    ("wires.largest", "fraction"),
    ("wires.last", "fraction"),
    ("mean", "time steps"),
    ("variation", "none"),
    ("seconds.training", "s"),
    ("seconds.test", "s"),
    ("fires_until_seconds", "s"),
    ("tile_rows", "rows"),
    ("_microjoules", "µJ"),
    ("_microamperes", "µA"),
    ("_volts", "V"),
    ("_conductance", "µS"),
    ("worst", "pulses"),
    ("spikes_before", "spikes per sample"),
    ("spikes_after", "spikes per sample"),
    ("spikes_without", "spikes per sample"),
    ("drive", "thresholds"),
    ("sigma", "thresholds"),
    ("needed", "thresholds"),
    ("first", "thresholds"),
    ("first_step", "time step, from 1"),
    ("last", "thresholds"),
    ("bits", "bits"),
    ("at_floor", "fraction"),
    ("(at-chance).low", "fraction"),
    ("chance", "fraction"),
    ("first_third", "fraction"),
    ("last_third", "fraction"),
    ("standard_error", "fraction"),
    ("fraction", "fraction"),
    ("layer", "layer, from 1"),
    ("sample", "sample, from 0"),
    ("label", "class, from 0"),
    ("predicted", "class, from 0"),
    ("neuron", "neuron, from 0"),
    ("input", "unit, from 0"),
    ("hidden", "neuron, from 0"),
    ("voltage", "thresholds"),
    ("readout", "thresholds"),
    ("low", "thresholds"),
    ("high", "thresholds"),
];

/// Returns the unit of the field at `path`, if one is listed.
fn unit_of(path: &str) -> Option<&'static str> {
    let matches = |end: &str| {
        let before = path.strip_suffix(end);
        before.is_some_and(|before| before.is_empty() || before.ends_with('.') || end.starts_with(['_', '(']))
    };
    UNITS.iter().find(|(end, _)| matches(end)).map(|(_, unit)| *unit)
}

/// Returns the fields of records and of details, from the types. A type that occurs several times is listed once.
pub fn record_fields() -> Vec<Group> {
    let group = |title: &str, file: &str, schema: &Value| {
        let mut list = List { root: schema, fields: Vec::new(), listed: BTreeSet::new() };
        list.object(schema, "");
        Group { title: title.to_owned(), file: file.to_owned(), fields: list.fields }
    };
    vec![
        group("Records", "records/*.jsonl", &schema::of::<Record>()),
        group("Details", "details/ID.json", &schema::of::<Details>()),
    ]
}

struct List<'a> {
    root: &'a Value,
    fields: Vec<Field>,
    /// Definitions that are listed already, with the path where.
    listed: BTreeSet<(String, String)>,
}

impl List<'_> {
    fn object(&mut self, object: &Value, above: &str) {
        // The word that tells variants apart is listed with its variant.
        for property in properties(self.root, object).into_iter().filter(|property| !property.own["const"].is_string())
        {
            let path = if above.is_empty() { property.name.to_owned() } else { format!("{above}.{}", property.name) };
            // Study keys have a page of their own.
            if path == "settings" {
                self.push(&property, &path, "object", "See the study keys.");
            } else {
                self.property(&property, &path);
            }
        }
    }

    fn property(&mut self, property: &Property, path: &str) {
        let (mut target, mut path, mut lists) = (property.target, path.to_owned(), 0);
        while schema::has_type(target, "array") && target["items"].is_object() {
            target = resolved(self.root, &target["items"]);
            path.push_str("[]");
            lists += 1;
        }
        let scalar = Property { target, ..*property }.kind();
        let kind = match (lists, scalar) {
            (0, scalar) => scalar.to_owned(),
            (lists, "true or false") => format!("{}booleans", lists_of(lists)),
            (lists, scalar) => format!("{}{scalar}s", lists_of(lists)),
        };
        let field = path.trim_end_matches("[]").to_owned();
        if let Some(entries) = target["prefixItems"].as_array() {
            return self.push(property, &field, &format!("list of {} numbers", entries.len()), "");
        }
        let wanted = target.to_string();
        let known = self.listed.iter().find(|(definition, _)| *definition == wanted);
        if let Some((_, first)) = known.filter(|_| scalar == "object") {
            let note = format!("Same fields as `{first}`.");
            return self.push(property, &field, &kind, &note);
        }
        self.push(property, &field, &kind, "");
        if scalar == "object" {
            self.listed.insert((target.to_string(), field));
            self.object(target, &path);
            self.variants(target, &path);
        }
    }

    /// The fields of a choice between objects, which a word tells apart.
    fn variants(&mut self, target: &Value, path: &str) {
        for variant in target["oneOf"].as_array().into_iter().flatten() {
            let tagged = properties(self.root, variant).into_iter().find(|tag| tag.own["const"].is_string());
            let Some(tag) = tagged else { continue };
            let word = tag.own["const"].as_str().unwrap_or_default();
            self.fields.push(Field {
                path: format!("{path}.{} = {word}", tag.name),
                kind: "choice".to_owned(),
                unit: "none".to_owned(),
                meaning: meaning(variant),
            });
            let path = format!("{path}({word})");
            self.object(resolved(self.root, variant), &path);
            for property in properties(self.root, variant).into_iter().filter(|property| property.name != tag.name) {
                if variant["$ref"].is_string() {
                    self.property(&property, &format!("{path}.{}", property.name));
                }
            }
        }
    }

    fn push(&mut self, property: &Property, path: &str, kind: &str, note: &str) {
        let number = kind.contains("number");
        let unit =
            unit_of(path).filter(|_| number).unwrap_or(if kind.contains("whole number") { "count" } else { "none" });
        let meaning = format!("{} {note} {}", meaning(property.own), one_of(property));
        let meaning = meaning.split_whitespace().collect::<Vec<_>>().join(" ");
        self.fields.push(Field { path: path.to_owned(), kind: kind.to_owned(), unit: unit.to_owned(), meaning });
    }
}

/// `list of lists of ` for two lists.
fn lists_of(lists: usize) -> String {
    format!("list of {}", "lists of ".repeat(lists - 1))
}

/// The words that a choice allows, as a sentence; empty for other types.
fn one_of(property: &Property) -> String {
    let words: Vec<String> = property.choices().iter().map(|choice| format!("`{}`", choice.word)).collect();
    if words.is_empty() { String::new() } else { format!("One of {}.", words.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_has_a_meaning_and_a_unit() {
        for Field { path, kind, unit, meaning } in record_fields().iter().flat_map(|group| &group.fields) {
            assert!(!meaning.is_empty(), "{path} has no meaning");
            let stated = unit_of(path).is_some();
            assert!(!kind.contains("number") || kind.contains("whole") || stated, "{path} has no unit, {unit}");
        }
    }

    #[test]
    fn lists_nested_fields() {
        let fields: Vec<String> =
            record_fields().into_iter().flat_map(|group| group.fields).map(|field| field.path).collect();
        for wanted in
            ["outcome", "connections[].writes.pulses", "health[].state = silent", "before.example.membranes[].voltage"]
        {
            assert!(fields.iter().any(|field| field == wanted), "{wanted} is missing in {fields:#?}");
        }
    }
}
