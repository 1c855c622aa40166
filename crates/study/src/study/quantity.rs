//! Numbers with a unit, such as `20 %`, `10k` or `1e-6 S`, in the unit of their key.

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
const UNITS: [(&str, &[&str], f64); 9] = [
    ("microsiemens", &["S", "siemens"], 1e-6),
    ("nanoseconds", &["s", "sec", "seconds"], 1e-9),
    ("seconds", &["s", "sec", "seconds"], 1.0),
    ("ohm", &["ohm", "ohms", "Ohm", "Ω"], 1.0),
    ("volts", &["V", "volts"], 1.0),
    ("microamperes", &["A", "amperes"], 1e-6),
    ("hertz", &["Hz", "hertz"], 1.0),
    ("percent", &["%", "percent"], 1.0),
    ("fraction", &["%", "percent"], 100.0),
];

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
    let (_, symbols, size) = UNITS.iter().find(|(word, ..)| name.contains(word)).unwrap_or(&("", &["%"], 1.0));
    let power = |symbol: &&str| {
        let prefix = unit.strip_suffix(symbol)?;
        PREFIXES.iter().find(|(known, _)| *known == prefix).map(|(_, power)| *power)
    };
    symbols.iter().find_map(power).map(|power| power / size)
}

/// The number without an exponent and without the rounding of a change of unit.
pub(super) fn plain_number(number: f64) -> String {
    let rounded: f64 = format!("{number:.12e}").parse().unwrap_or(number);
    rounded.to_string()
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
