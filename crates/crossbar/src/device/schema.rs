//! Keys of a device file from the Rust types, as a JSON schema and as a Markdown table.

use serde_json::{Map, Value};

use super::spec::DeviceSpec;

/// Returns the JSON schema (draft 2020-12) of a device file; `x-unit` holds the unit of a number.
pub fn schema() -> Value {
    schemars::schema_for!(DeviceSpec).to_value()
}

/// Returns a Markdown table of every key of a device file: unit, default, allowed values, meaning.
pub fn field_table() -> String {
    let schema = schema();
    let mut table = String::from("| key | unit | default | allowed | what it is |\n|---|---|---|---|---|\n");
    push_rows(&mut table, &schema, &schema, "");
    table
}

/// Appends a row for every property of `object` and, below it, the rows of nested objects.
fn push_rows(table: &mut String, root: &Value, object: &Value, path: &str) {
    let Some(properties) = object["properties"].as_object() else { return };
    for (name, property) in properties {
        let key = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        let required = object["required"].as_array().is_some_and(|names| names.iter().any(|known| known == name));
        let target = resolved(root, property);
        table.push_str(&row(&key, property, target, required));
        push_rows(table, root, target, &key);
        push_rows(table, root, resolved(root, &target["items"]), &format!("{key}[]"));
    }
}

fn row(key: &str, property: &Value, target: &Value, required: bool) -> String {
    let default = match &property["default"] {
        Value::Null if required => "required".to_owned(),
        Value::Null => "-".to_owned(),
        default => format!("`{default}`"),
    };
    let unit = property["x-unit"].as_str().unwrap_or("-");
    let what = property["description"].as_str().unwrap_or_default().replace('\n', " ");
    format!("| `{key}` | {unit} | {default} | {} | {what} |\n", allowed(property, target))
}

/// Returns the range of a number, the words of a choice, or the type of anything else.
fn allowed(property: &Value, target: &Value) -> String {
    if let Some(words) = target["oneOf"].as_array() {
        let word = |choice: &Value| format!("`{}`", choice["const"].as_str().unwrap_or_default());
        return words.iter().map(word).collect::<Vec<_>>().join(", ");
    }
    match (&property["minimum"], &property["maximum"], target["type"].as_str()) {
        (Value::Number(low), Value::Number(high), _) => {
            format!("{} to {}", low.as_f64().unwrap_or(f64::NAN), high.as_f64().unwrap_or(f64::NAN))
        }
        (_, _, Some("string")) => "text".to_owned(),
        (_, _, Some("array")) => "list".to_owned(),
        _ => "object".to_owned(),
    }
}

/// Returns the definition that `schema` refers to, or `schema` itself.
fn resolved<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let name = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix("#/$defs/"));
    let definitions: Option<&Map<_, _>> = root["$defs"].as_object();
    name.and_then(|name| definitions?.get(name)).unwrap_or(schema)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_a_described_row_for_nested_keys() {
        let table = field_table();
        for key in ["`name`", "`window.low_resistance_ohm`", "`write.points[].resistance_ohm`", "`read.white.noise`"] {
            let row = table.lines().find(|row| row.contains(&format!("| {key} |"))).unwrap();
            let cells: Vec<_> = row.split('|').map(str::trim).collect();
            assert_eq!(cells.len(), 7, "{row}");
            assert!(!cells[5].is_empty(), "{row}");
        }
    }
}
