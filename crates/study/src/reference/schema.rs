//! Reads names, types, ranges and meanings from a JSON schema.

use schemars::{JsonSchema, schema_for};
use serde_json::Value;

use super::Choice;
use crate::settings::value::short;

/// Extension of a schema that holds the unit of a value.
const UNIT: &str = "x-unit";
/// Extension that describes a default which is not a fixed value.
const DEFAULT: &str = "x-default";
/// Extension that describes the allowed strings.
const ALLOWED: &str = "x-allowed";

/// Returns the schema of a type.
pub(super) fn of<T: JsonSchema>() -> Value {
    schema_for!(T).to_value()
}

/// One property of an object, and the definition that it refers to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Property<'a> {
    pub name: &'a str,
    /// The property, which holds meaning, range and unit.
    pub own: &'a Value,
    /// Its definition, which holds choices or further properties.
    pub target: &'a Value,
    pub required: bool,
}

/// Returns the properties of `object`: the required ones in the order of the type, then the others by name.
pub(super) fn properties<'a>(root: &'a Value, object: &'a Value) -> Vec<Property<'a>> {
    let required: Vec<&str> = object["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let all = object["properties"].as_object().into_iter().flatten();
    let mut found: Vec<Property> = all
        .map(|(name, own)| Property { name, own, target: resolved(root, own), required: required.contains(&&**name) })
        .collect();
    found.sort_by_key(|property| required.iter().position(|name| *name == property.name).unwrap_or(usize::MAX));
    found
}

/// Follows a reference, also one that may be null.
pub(super) fn resolved<'a>(root: &'a Value, value: &'a Value) -> &'a Value {
    let optional = value["anyOf"].as_array().and_then(|options| options.iter().find(|option| option["type"] != "null"));
    let value = optional.unwrap_or(value);
    let reference = value["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    reference.and_then(|reference| root.pointer(reference)).unwrap_or(value)
}

/// Returns whether `schema` allows values of a type; it may also allow null.
pub(super) fn has_type(schema: &Value, wanted: &str) -> bool {
    match &schema["type"] {
        Value::Array(types) => types.iter().any(|of| of == wanted),
        of => of == wanted,
    }
}

impl Property<'_> {
    /// Type of the value in words.
    pub fn kind(&self) -> &'static str {
        if !self.choices().is_empty() {
            return "choice";
        }
        let has = |wanted: &str| has_type(self.target, wanted);
        match () {
            () if has("integer") => "whole number",
            () if has("number") => "number",
            () if has("string") => "string",
            () if has("boolean") => "true or false",
            () if has("array") => "list",
            () => "object",
        }
    }

    /// Unit of the value, or `none`.
    pub fn unit(&self) -> String {
        self.own[UNIT].as_str().unwrap_or("none").to_owned()
    }

    /// Description of the default, if the type states one in words.
    pub fn stated_default(&self) -> Option<String> {
        self.own[DEFAULT].as_str().map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// Range, choices, or a description of the allowed values.
    pub fn allowed(&self) -> String {
        if let Some(stated) = self.own[ALLOWED].as_str() {
            return stated.to_owned();
        }
        let choices = self.choices();
        if !choices.is_empty() {
            return choices.iter().map(|choice| format!("`{}`", choice.word)).collect::<Vec<_>>().join(", ");
        }
        let end = |name: &str| self.own[name].as_f64();
        match (end("minimum"), end("maximum"), self.kind()) {
            // Seeds fill 64 bits, which f64 does not hold.
            (Some(low), Some(high), "whole number") if high > 1e18 => format!("{low} to {}", u64::MAX),
            (Some(low), Some(high), "whole number") => format!("{low} to {high}"),
            (Some(low), Some(high), _) => format!("{} to {}", short(low), short(high)),
            (.., "true or false") => "`true`, `false`".to_owned(),
            (.., kind) => kind.to_owned(),
        }
    }

    /// Lowest and highest number.
    pub fn range(&self) -> Option<(f64, f64)> {
        Some((self.own["minimum"].as_f64()?, self.own["maximum"].as_f64()?))
    }

    /// The words that the value may be, with their meanings.
    pub fn choices(&self) -> Vec<Choice> {
        choices(self.target)
    }
}

/// The words of `schema`, including those of the choices that it joins.
fn choices(schema: &Value) -> Vec<Choice> {
    let meaning = meaning(schema);
    let words = schema["enum"].as_array().into_iter().flatten().chain(schema.get("const"));
    let own = words.filter_map(Value::as_str).map(|word| Choice { word: word.to_owned(), meaning: meaning.clone() });
    let joined = ["oneOf", "anyOf"].into_iter().filter_map(|key| schema[key].as_array()).flatten();
    joined.flat_map(choices).chain(own).collect()
}

/// The description of a schema on one line, without the links of Rust documentation.
pub(super) fn meaning(schema: &Value) -> String {
    let text = schema["description"].as_str().unwrap_or_default();
    let words: Vec<&str> = text.split_whitespace().collect();
    without_links(&words.join(" "))
}

/// Turns ``[`Name`]``, ``[`name`](path)`` and `\[t\]` into `` `Name` ``, `` `name` `` and `[t]`.
fn without_links(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("[`") {
        let (before, link) = rest.split_at(at);
        plain.push_str(before);
        let Some(end) = link.find("`]") else { break };
        plain.push_str(&link[1..=end]);
        rest = &link[end + 2..];
        if let Some(path) = rest.strip_prefix('(') {
            rest = path.split_once(')').map_or(path, |(_, after)| after);
        }
    }
    plain.push_str(rest);
    plain.replace("\\[", "[").replace("\\]", "]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removes_the_links_of_rust_documentation() {
        let text = "See [`Settings::check`](super::check), [`lif`] and V\\[t\\].";
        assert_eq!(without_links(text), "See `Settings::check`, `lif` and V[t].");
    }
}
