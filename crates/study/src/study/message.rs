//! The deserialiser's messages on values of the wrong type, in the form of the other messages.

use super::form::Expected;

/// The reason in a `message` of the deserialiser, and the expected kind of value. `allowed` is the range of a whole number;
/// `written` gives a number as the study wrote it.
pub(super) fn type_reason(
    message: &str,
    allowed: impl FnOnce() -> Option<String>,
    written: impl FnOnce(&str) -> String,
) -> (String, Option<Expected>) {
    // `string "20 %"` and "floating point `16.5`" become "20 %" and 16.5.
    let value = |found: &str| found.find(['`', '"']).map_or(found, |at| &found[at..]).trim_matches('`').to_owned();
    let typed = message.strip_prefix("invalid type: ").or(message.strip_prefix("invalid value: "));
    if let Some((found, expected)) = typed.and_then(|typed| typed.split_once(", expected ")) {
        let (allowed, kind) = match expected {
            "f64" => ("a number".to_owned(), Some(Expected::Number)),
            "usize" => (allowed().unwrap_or_else(|| "a whole number".to_owned()), Some(Expected::Whole)),
            "u64" => ("a whole number from 0".to_owned(), Some(Expected::Whole)),
            "a string" => ("a string".to_owned(), Some(Expected::Word)),
            "a boolean" => ("true or false".to_owned(), Some(Expected::Boolean)),
            other => (other.to_owned(), None),
        };
        return (format!("expected {allowed}, got {}", written(&value(found))), kind);
    }
    if let Some((found, known)) =
        message.strip_prefix("unknown variant ").and_then(|rest| rest.split_once(", expected "))
    {
        return (format!("expected {known}, got {found}"), Some(Expected::Word));
    }
    (message.to_owned(), None)
}
