//! The text of a device file -> the specs, with errors that a person can act on.
//!
//! The JSON reader says what is wrong; `serde_path_to_error` says at which key. The messages that people meet are taken
//! apart and put together again with the key, the value and what is allowed.

use super::refusal::DeviceError;
use super::renamed::renamed_key;
use super::shape::object;
use super::spec::DeviceSpec;
use crate::printable::printable;

/// The specs in `text`, types and keys checked, numbers not yet.
///
/// # Errors
/// Every [`DeviceError`] but `Refused`.
pub(crate) fn spec(text: &str) -> Result<DeviceSpec, DeviceError> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let mut track = serde_path_to_error::Track::new();
    let spec = object(serde_path_to_error::Deserializer::new(&mut reader, &mut track))
        .map_err(|error| readable(text, &track.path().to_string(), error))?;
    reader.end().map_err(|error| readable(text, "", error))?;
    Ok(spec)
}

/// The error `source` at `path` of `text`, as it is shown.
fn readable(text: &str, path: &str, source: serde_json::Error) -> DeviceError {
    // `.` is the root, `?` a key that is not complete.
    let key = printable(path.trim_end_matches(['.', '?']));
    let (line, column) = (source.line(), source.column());
    let message = source.to_string();
    let message = message.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&message);
    if let Some((word, known)) = quoted_after(message, "unknown field") {
        let key = joined(&key, &printable(word));
        return match renamed_key(&key) {
            Some(new) => DeviceError::RenamedKey { key, new },
            None => DeviceError::UnknownKey { key, nearest: nearest(word, &known) },
        };
    }
    if let Some((word, allowed)) = quoted_after(message, "unknown variant") {
        return DeviceError::UnknownWord { key, value: printable(word), allowed };
    }
    if let Some((word, _)) = quoted_after(message, "missing field") {
        return DeviceError::MissingKey { key: joined(&key, word) };
    }
    if let Some((word, _)) = quoted_after(message, "duplicate field") {
        return DeviceError::DuplicateKey { key: joined(&key, &printable(word)) };
    }
    if let Some((found, wanted)) =
        message.strip_prefix("invalid type: ").and_then(|types| types.rsplit_once(", expected "))
    {
        return DeviceError::WrongType { key, found: printable(found), wanted: wanted.to_owned(), line, column };
    }
    DeviceError::Json { key, found: word_at(text, line, column), source }
}

/// The word in backticks after `start` of a message, and the words that it expected instead.
fn quoted_after<'a>(message: &'a str, start: &str) -> Option<(&'a str, Vec<String>)> {
    let rest = message.strip_prefix(start)?.strip_prefix(" `")?;
    let (word, expected) = rest.rsplit_once("`, expected ").unwrap_or((rest.strip_suffix('`')?, ""));
    Some((word, expected.split('`').skip(1).step_by(2).map(str::to_owned).collect()))
}

/// The word around a place in `text`, as "got `word`"; empty where there is none.
fn word_at(text: &str, line: usize, column: usize) -> String {
    let line = text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
    let between = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-._".contains(byte);
    let (before, after) = line.as_bytes().split_at(column.saturating_sub(1).min(line.len()));
    let start = before.iter().rev().take_while(|byte| between(byte)).count();
    let end = after.iter().take_while(|byte| between(byte)).count();
    let word = line.get(before.len() - start..before.len() + end).unwrap_or_default();
    if word.is_empty() { String::new() } else { format!("got `{word}`") }
}

/// `parent.key`, once: the path of an unknown key may already end with it.
fn joined(parent: &str, key: &str) -> String {
    if parent.is_empty() || parent == key {
        key.to_owned()
    } else if parent.ends_with(&format!(".{key}")) {
        parent.to_owned()
    } else {
        format!("{parent}.{key}")
    }
}

/// The one of `known` that is spelled most like `word`, its beginning above all.
fn nearest(word: &str, known: &[String]) -> String {
    let likeness = |known: &&String| strsim::jaro_winkler(word, known);
    known.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b))).cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::device::{BUILT_IN, Device};

    const WINDOW: &str = r#""window": {"low_resistance_ohm": 1e3, "high_resistance_ohm": 1e6}"#;

    fn refusal(text: &str) -> String {
        spec(text).unwrap_err().to_string()
    }

    #[test]
    fn errors_carry_the_path_of_the_key() {
        assert_eq!(refusal(r#"{"name": "x"}"#), "window: missing, must be given");
        assert_eq!(
            refusal(&format!(r#"{{"name": "x", {WINDOW}, "wrte": {{}}}}"#)),
            "wrte: unknown key, the nearest known is `write`"
        );
        assert_eq!(
            refusal(&format!(
                r#"{{"name": "x", {WINDOW}, "write": {{"noise": "table", "points": [{{"sigma": 3}}]}}}}"#
            )),
            "write.points[0].sigma: unknown key, the nearest known is `sigma_ln_resistance`"
        );
        assert_eq!(
            refusal(&format!(r#"{{"name": "x", {WINDOW}, "reference_branch": {{"kind": "battery"}}}}"#)),
            "reference_branch.kind: got `battery`, must be one of `ideal`, `cell`"
        );
    }

    #[test]
    fn text_that_is_not_json_is_placed_by_line_and_column() {
        assert_eq!(refusal(""), "EOF while parsing a value at line 1 column 0");
        assert_eq!(refusal("[]"), "got sequence, must be an object, at line 1 column 0");
        assert_eq!(
            refusal(&format!(r#"{{"name": "x", {WINDOW}}} more"#)),
            "got `more`, trailing characters at line 1 column 82"
        );
    }

    proptest! {
        /// A file that was spoilt anywhere is a device still or an error with a message.
        #[test]
        fn no_text_is_too_much(file in 0..BUILT_IN.len(), place in 0.0..1.0, spoilt in ".{0,4}", cut in 0usize..20) {
            let (_, text) = BUILT_IN[file];
            let place = (place * text.chars().count() as f64) as usize;
            let (before, after) = (text.chars().take(place), text.chars().skip(place + cut));
            let text: String = before.chain(spoilt.chars()).chain(after).collect();
            if let Err(error) = Device::from_json(&text) {
                prop_assert!(!error.to_string().is_empty());
            }
        }
    }
}
