//! Checks the strings of a device file, which terminals, pages and figures display, for control characters.

use super::refusal::{Problem, SpecError};
use super::spec::DeviceSpec;
use crate::printable::acts;

/// Longest name, in characters: it appears in file names, legends and tables.
const NAME_LETTERS: usize = 100;
/// Longest other string, in characters.
const TEXT_LETTERS: usize = 100_000;

/// Refuses names, notes and sources with control characters, and strings that are too long to display.
pub(super) fn check_texts(spec: &DeviceSpec) -> Result<(), SpecError> {
    if spec.name.trim().is_empty() {
        return Err(SpecError::at("name", Problem::Empty));
    }
    check("name", &spec.name, NAME_LETTERS, "")?;
    // Notes may have several lines: they are rewrapped wherever they are displayed.
    check("description", &spec.description, TEXT_LETTERS, "\n\r\t")?;
    for (number, entry) in spec.provenance.iter().enumerate() {
        check(&format!("provenance[{number}].what"), &entry.what, NAME_LETTERS, "")?;
        check(&format!("provenance[{number}].source"), &entry.source, TEXT_LETTERS, "\n\r\t")?;
    }
    Ok(())
}

/// Refuses a string that is too long or has a control character other than those `allowed`.
fn check(key: &str, text: &str, letters: usize, allowed: &str) -> Result<(), SpecError> {
    if let Some((place, code)) = (1..).zip(text.chars()).find(|(_, letter)| acts(*letter) && !allowed.contains(*letter))
    {
        return Err(SpecError::at(key, Problem::ControlCharacter { place, code: code.into() }));
    }
    match text.chars().count() {
        found if found > letters => Err(SpecError::at(key, Problem::TooLong { found, letters })),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use crate::device::Device;

    fn device(name: &str, description: &str, what: &str, source: &str) -> Result<Device, String> {
        let text = serde_json::json!({
            "name": name, "description": description, "window": { "low_resistance_ohm": 1e3, "high_resistance_ohm": 1e6 },
            "provenance": [{ "what": what, "grade": "chosen", "source": source }],
        });
        Device::from_json(&text.to_string()).map_err(|error| error.to_string())
    }

    #[test]
    fn rejects_control_characters_in_names_and_notes() {
        assert!(device("µ-cell Ω", "Two\nlines,\tand a tab.", "window", "A paper.\r\nFig. 2").is_ok());
        for (found, key, place, code) in [
            (device("a\u{1b}[31m", "", "window", ""), "name", 2, "001B"),
            (device("a\nb", "", "window", ""), "name", 2, "000A"),
            (device("\u{202e}a", "", "window", ""), "name", 1, "202E"),
            (device("a", "d\u{7}", "window", ""), "description", 2, "0007"),
            (device("a", "", "window\u{9b}5m", ""), "provenance[0].what", 7, "009B"),
            (device("a", "", "window", "x\u{7f}"), "provenance[0].source", 2, "007F"),
        ] {
            let found = found.unwrap_err();
            let (_, found) = found.split_once(' ').expect("a position");
            assert_eq!(found, format!("{key}: expected no control characters, got U+{code} at character {place}"));
        }
        let long = device(&"x".repeat(101), "", "window", "").unwrap_err();
        assert_eq!(long, "1:26: name: expected at most 100 characters, got 101");
    }

    #[test]
    fn escapes_control_characters_of_unknown_keys_and_words() {
        let window = r#""window": { "low_resistance_ohm": 1000, "high_resistance_ohm": 1000000 }"#;
        for text in [
            format!(r#"{{ "name": "x", {window}, "reference_branch": {{ "kind": "cell\u001b[31m" }} }}"#),
            format!(r#"{{ "name": "x", {window}, "wri\u001bte": 3 }}"#),
            format!(r#"{{ "name": 3, {window}, "write": "\u001b[2J" }}"#),
            format!(r#"{{ "name": "x", {window}, "write": "\u001b[2J" }}"#),
        ] {
            let message = Device::from_json(&text).unwrap_err().to_string();
            assert!(!message.contains('\u{1b}') && !message.is_empty(), "{message:?}");
        }
    }
}
