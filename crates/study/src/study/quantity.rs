//! Numbers with a unit, such as `20 %`, `10k` or `1e-6 S`, in the unit of their key.

use schemars::schema_for;

use crate::auto::CalibrationSettings;
use crate::settings::Settings;
use crate::significant::of_changed_unit;

/// Powers of ten by SI prefix.
const PREFIXES: [(&str, f64); 10] = [
    ("", 1.0),
    ("f", 1e-15),
    ("p", 1e-12),
    ("n", 1e-9),
    ("u", 1e-6),
    ("µ", 1e-6),
    ("m", 1e-3),
    ("k", 1e3),
    ("M", 1e6),
    ("G", 1e9),
];

/// Words in the name of a key, the symbols of their quantity, and the size of the key's unit.
const UNITS: [(&str, &[&str], f64); 7] = [
    ("microsiemens", &["S", "siemens"], 1e-6),
    ("nanoseconds", &["s", "sec", "seconds"], 1e-9),
    ("seconds", &["s", "sec", "seconds"], 1.0),
    ("ohm", &["ohm", "ohms", "Ohm", "Ω"], 1.0),
    ("volts", &["V", "volts"], 1.0),
    ("microamperes", &["A", "amperes"], 1e-6),
    ("hertz", &["Hz", "hertz"], 1.0),
];
/// Symbols of percent.
const PERCENT: [&str; 2] = ["%", "percent"];
/// Unit of keys that hold a fraction. Keys without a unit, such as factors and probabilities, are fractions as well.
const FRACTION: &str = "fraction";

/// The number in `text`, in the unit of `key`. The outer option is empty if `text` is no number with or without a unit, the
/// inner one if the unit is not one of the key.
pub(super) fn number(text: &str, key: &str) -> Option<Option<f64>> {
    let text = text.trim();
    if !text.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first)) {
        return None;
    }
    let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    let (end, number) = ends.rev().find_map(|end| Some((end, text[..end].parse::<f64>().ok()?)))?;
    let unit = text[end..].trim();
    let is_unit = unit.chars().all(|letter| letter.is_alphabetic() || "%µΩ".contains(letter)) && unit.len() <= 16;
    if !is_unit || !number.is_finite() {
        return None;
    }
    Some(factor(unit, key).map(|factor| number * factor))
}

/// The factor from `unit` to the unit of `key`.
fn factor(unit: &str, key: &str) -> Option<f64> {
    if let Some((_, power)) = PREFIXES.iter().find(|(prefix, _)| *prefix == unit) {
        return Some(*power);
    }
    let name = key.rsplit('.').next().unwrap_or_default();
    if PERCENT.contains(&unit) {
        return percent(name);
    }
    let (_, symbols, size) = UNITS.iter().find(|(word, ..)| name.contains(word))?;
    let power = |symbol: &&str| {
        let prefix = unit.strip_suffix(symbol)?;
        PREFIXES.iter().find(|(known, _)| *known == prefix).map(|(_, power)| *power)
    };
    symbols.iter().find_map(power).map(|power| power / size)
}

/// The factor from percent to the unit of the key called `name`; none if the key counts something or has a dimension.
fn percent(name: &str) -> Option<f64> {
    match unit_of(name) {
        Some(unit) if unit == FRACTION => Some(0.01),
        Some(unit) => unit.starts_with('%').then_some(1.0),
        None => Some(if name.contains("percent") { 1.0 } else { 0.01 }),
    }
}

/// The unit of the key called `name`. Keys of several sections have the same unit if they have the same name.
fn unit_of(name: &str) -> Option<String> {
    [schema_for!(Settings), schema_for!(CalibrationSettings)].iter().find_map(|schema| {
        let root = schema.as_value();
        let sections = root["$defs"].as_object().into_iter().flat_map(|sections| sections.values());
        let unit = |section: &serde_json::Value| Some(section["properties"][name]["x-unit"].as_str()?.to_owned());
        std::iter::once(root).chain(sections).find_map(unit)
    })
}

/// The number without an exponent and without the rounding of a change of unit.
pub(super) fn plain_number(number: f64) -> String {
    of_changed_unit(number).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_in_the_unit_of_their_key() {
        for (text, key, expected) in [
            ("20", "noise.level_percent", Some(Some("20"))),
            ("20 %", "noise.level_percent", Some(Some("20"))),
            ("80%", "network.excitatory_fraction", Some(Some("0.8"))),
            ("60 %", "outcome.success_above", Some(Some("0.6"))),
            ("50 %", "hardware.write_spread_scale", Some(Some("0.5"))),
            ("7 percent", "training.learning_rate", Some(Some("0.07"))),
            ("150 %", "calibration.headroom", Some(Some("1.5"))),
            ("3 %", "device.faults.p_dead_row", Some(Some("0.03"))),
            ("3 %", "device.write.sigma_percent_of_conductance", Some(Some("3"))),
            ("20 %", "network.hidden", Some(None)),
            ("20 %", "layer.2.sigma_init", Some(None)),
            ("20 %", "training.tau_mem_steps", Some(None)),
            ("20 %", "hardware.retention_seconds", Some(None)),
            ("10k", "network.hidden", Some(Some("10000"))),
            ("10 kΩ", "device.window.low_resistance_ohm", Some(Some("10000"))),
            ("1e-6S", "device.write.sigma_microsiemens", Some(Some("1"))),
            ("3.2 µS", "device.write.sigma_microsiemens", Some(Some("3.2"))),
            ("50ms", "data.window_seconds", Some(Some("0.05"))),
            ("1e-6S", "noise.level_percent", Some(None)),
            ("many", "network.hidden", None),
            ("1e", "network.hidden", Some(None)),
            ("inf", "network.hidden", None),
            ("1,5", "network.hidden", None),
        ] {
            let found = number(text, key).map(|number| number.map(plain_number));
            assert_eq!(found, expected.map(|number| number.map(str::to_owned)), "{text}");
        }
    }
}
