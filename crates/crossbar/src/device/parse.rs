//! Reads the text of a device file into the specs and turns errors of the JSON reader into readable ones.
//!
//! `serde_json` reports what is wrong and `serde_path_to_error` at which key. The messages that users meet are
//! decomposed and rewritten with position, key, value and what is allowed.

use super::device_error::{DeviceError, FileProblem, unknown_word};
use super::position::{Position, position};
use super::renamed::renamed_anywhere;
use super::shape::object;
use super::spec::DeviceSpec;
use crate::printable::printable;

/// Returns the specs in `text` with types and keys checked; ranges are not checked yet.
///
/// # Errors
/// Returns every [`FileProblem`] except `Refused`.
pub(crate) fn spec(text: &str) -> Result<DeviceSpec, DeviceError> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let mut track = serde_path_to_error::Track::new();
    let spec = object(serde_path_to_error::Deserializer::new(&mut reader, &mut track))
        .map_err(|error| readable(text, &track.path().to_string(), error))?;
    reader.end().map_err(|error| readable(text, "", error))?;
    Ok(spec)
}

/// Returns the readable form of the error `source` at `path` of `text`.
fn readable(text: &str, path: &str, source: serde_json::Error) -> DeviceError {
    // `.` is the root, `?` a key that is not complete.
    let path = path.trim_end_matches(['.', '?']);
    let reported = Position { line: source.line().max(1), column: source.column().max(1) };
    let message = source.to_string();
    let message = message.rsplit_once(" at line ").map_or(&*message, |(message, _)| message);
    let problem = problem(text, path, message, reported);
    let position = match &problem {
        // The reader is at the end of the object by then.
        FileProblem::MissingKey { .. } => None,
        FileProblem::Json { .. } | FileProblem::DuplicateKey { .. } => Some(reported),
        FileProblem::UnknownKey { .. } | FileProblem::RenamedKey { .. } => {
            let word = quoted_after(message, "unknown field").map_or("", |(word, _)| word);
            position(text, &joined(path, word)).or(Some(reported))
        }
        _ => position(text, path).or(Some(reported)),
    };
    DeviceError { position, problem }
}

/// Returns what is wrong according to the `message` of the JSON reader at `path`.
fn problem(text: &str, path: &str, message: &str, reported: Position) -> FileProblem {
    let key = printable(path);
    if let Some((word, mut known)) = quoted_after(message, "unknown field") {
        // Keys for editors.
        known.retain(|key| !key.starts_with('$'));
        let parent = printable(parent(path, word));
        let nearest = nearest(word, &known).map(|nearest| match &*parent {
            "" => nearest.to_owned(),
            parent => format!("{parent}.{nearest}"),
        });
        let key = joined(&key, &printable(word));
        return match renamed_anywhere(&key) {
            Some(new) => FileProblem::RenamedKey { key, new },
            None => FileProblem::UnknownKey { key, nearest, known },
        };
    }
    if let Some((word, allowed)) = quoted_after(message, "unknown variant") {
        return unknown_word(key, printable(word), allowed);
    }
    if let Some((word, _)) = quoted_after(message, "missing field") {
        return FileProblem::MissingKey { key: joined(&key, word) };
    }
    if let Some((word, _)) = quoted_after(message, "duplicate field") {
        return FileProblem::DuplicateKey { key: joined(&key, &printable(word)) };
    }
    let types = message.strip_prefix("invalid type: ").and_then(|types| types.rsplit_once(", expected "));
    if let Some((found, wanted)) = types {
        return FileProblem::WrongType { key, found: json_type(found), wanted: wanted.to_owned() };
    }
    FileProblem::Json {
        key,
        message: syntax(message),
        found: word_at(text, reported),
        starts_an_object: text.trim_start().starts_with('{'),
    }
}

/// Returns the words in backticks: the one after `start` of a message, and those that were expected instead.
fn quoted_after<'a>(message: &'a str, start: &str) -> Option<(&'a str, Vec<String>)> {
    let rest = message.strip_prefix(start)?.strip_prefix(" `")?;
    let (word, expected) = rest.rsplit_once("`, expected ").unwrap_or((rest.strip_suffix('`')?, ""));
    Some((word, expected.split('`').skip(1).step_by(2).map(str::to_owned).collect()))
}

/// Returns a value in JSON's terms where the reader has Rust's: `sequence` is a list.
fn json_type(found: &str) -> String {
    match found.split_once(' ') {
        _ if found == "sequence" => "a list".to_owned(),
        _ if found == "map" => "an object".to_owned(),
        Some(("string", quoted)) => printable(quoted),
        _ => match found.split_once('`') {
            Some((_, value)) => printable(value.trim_end_matches('`')),
            None => printable(found),
        },
    }
}

/// Returns the message of the JSON reader in plain words.
fn syntax(message: &str) -> String {
    match message {
        "expected value" | "expected ident" => "expected a value".to_owned(),
        "trailing characters" => "expected nothing after the device".to_owned(),
        "key must be a string" => "expected a key in double quotes".to_owned(),
        "number out of range" => "expected a number that fits into 64 bits".to_owned(),
        message if message.starts_with("EOF") => "unexpected end of file".to_owned(),
        message => message.to_owned(),
    }
}

/// Returns the word around a position of `text`; empty if there is none.
fn word_at(text: &str, position: Position) -> String {
    let line = text.lines().nth(position.line - 1).unwrap_or_default();
    let between = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-._".contains(byte);
    let (before, after) = line.as_bytes().split_at((position.column - 1).min(line.len()));
    let start = before.iter().rev().take_while(|byte| between(byte)).count();
    let end = after.iter().take_while(|byte| between(byte)).count();
    line.get(before.len() - start..before.len() + end).unwrap_or_default().to_owned()
}

/// Returns `parent.key`; the path of an unknown key may already end with it.
fn joined(parent: &str, key: &str) -> String {
    if parent.is_empty() || parent == key {
        key.to_owned()
    } else if parent.ends_with(&format!(".{key}")) {
        parent.to_owned()
    } else {
        format!("{parent}.{key}")
    }
}

/// Returns the path of the object that holds `key`; `path` may already end with it.
fn parent<'p>(path: &'p str, key: &str) -> &'p str {
    match path.strip_suffix(key) {
        Some("") => "",
        Some(parent) => parent.strip_suffix('.').unwrap_or(path),
        None => path,
    }
}

/// Likeness of two words from which on one is suggested for the other.
const ALIKE: f64 = 0.8;

/// Returns the word of `known` with the spelling most similar to `word`, if any is similar; its beginning counts most.
fn nearest<'k>(word: &str, known: &'k [String]) -> Option<&'k str> {
    let word = word.to_lowercase().replace('-', "_");
    let likeness = known.iter().map(|known| (strsim::jaro_winkler(&word, known), known.as_str()));
    let nearest = likeness.max_by(|(one, _), (other, _)| one.total_cmp(other));
    nearest.filter(|(likeness, _)| *likeness >= ALIKE).map(|(_, known)| known)
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
    fn errors_name_the_path_of_the_key() {
        assert_eq!(refusal(r#"{"name": "x"}"#), "missing key `window`");
        assert_eq!(
            refusal(&format!(r#"{{"name": "x", {WINDOW}, "wrte": {{}}}}"#)),
            "1:90: unknown key `wrte`\n\nhint: did you mean `write`?"
        );
        assert_eq!(
            refusal(&format!(
                r#"{{"name": "x", {WINDOW}, "write": {{"noise": "table", "points": [{{"sigma": 3}}]}}}}"#
            )),
            "1:131: unknown key `write.points[0].sigma`\n\nhint: did you mean `write.points[0].sigma_ln_resistance`?"
        );
        let other_case = refusal(&format!(r#"{{"name": "x", {WINDOW}, "faults": {{"P-Low-Resistance": 0.1}}}}"#));
        assert!(other_case.ends_with("hint: did you mean `faults.p_low_resistance`?"), "{other_case}");
        assert_eq!(
            refusal(&format!(r#"{{"name": "x", {WINDOW}, "reference_branch": {{"kind": "battery"}}}}"#)),
            "1:111: reference_branch.kind: expected one of `ideal`, `cell`, got `battery`"
        );
    }

    /// Words that are not spelled like any key.
    #[test]
    fn keys_of_the_section_are_listed_where_none_is_alike() {
        for (keys, place, section, first) in [
            (r#""comment": "mine""#, "comment", "a device", "name"),
            (r#""faults": {"sa0": 0.1}"#, "faults.sa0", "`faults`", "p_low_resistance"),
            (r#""read": {"seed": 1}"#, "read.seed", "`read`", "white"),
            (
                r#""drift": {"law": "power", "reference_seconds": 1, "points": [{"nu": 1}]}"#,
                "drift.points[0].nu",
                "`drift.points[0]`",
                "resistance_ohm",
            ),
        ] {
            let told = refusal(&format!(r#"{{"name": "x", {WINDOW}, {keys}}}"#));
            let expected = format!(": unknown key `{place}`\n\nhint: the keys of {section} are `{first}`, `");
            assert!(told.contains(&expected), "{told}");
        }
    }

    #[test]
    fn syntax_errors_have_line_and_column() {
        assert_eq!(
            refusal(""),
            "1:1: unexpected end of file\n\nhint: a device file is a JSON object: `{ \"name\": ..., \"window\": { ... } }`"
        );
        assert_eq!(refusal("[]"), "1:1: expected an object, got a list");
        assert_eq!(
            refusal(&format!(r#"{{"name": "x", {WINDOW}}} more"#)),
            "1:82: expected nothing after the device, got `more`"
        );
    }

    proptest! {
        /// A damaged file is still a device, or an error with a message.
        #[test]
        fn no_text_causes_a_panic(file in 0..BUILT_IN.len(), place in 0.0..1.0, damage in ".{0,4}", cut in 0usize..20) {
            let (_, text) = BUILT_IN[file];
            let place = (place * text.chars().count() as f64) as usize;
            let (before, after) = (text.chars().take(place), text.chars().skip(place + cut));
            let text: String = before.chain(damage.chars()).chain(after).collect();
            if let Err(error) = Device::from_json(&text) {
                prop_assert!(!error.to_string().is_empty());
            }
        }
    }
}
