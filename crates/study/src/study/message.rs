//! What the deserialiser says of a value of the wrong kind, in the form of the other messages.

/// The reason in a `message` of the deserialiser. What is `allowed` of a whole number depends on its key; `written` gives a
/// number as the study wrote it.
pub(super) fn type_reason(
    message: &str,
    allowed: impl FnOnce() -> Option<String>,
    written: impl FnOnce(&str) -> String,
) -> String {
    // `string "20 %"` and "floating point `16.5`" become "20 %" and 16.5.
    let value = |found: &str| found.find(['`', '"']).map_or(found, |at| &found[at..]).trim_matches('`').to_owned();
    let typed = message.strip_prefix("invalid type: ").or(message.strip_prefix("invalid value: "));
    if let Some((found, expected)) = typed.and_then(|typed| typed.split_once(", expected ")) {
        let allowed = match expected {
            "f64" => "a number".to_owned(),
            "usize" => allowed().unwrap_or_else(|| "a whole number".to_owned()),
            "u64" => "a whole number from 0".to_owned(),
            "a string" => "a text".to_owned(),
            other => other.to_owned(),
        };
        return format!("must be {allowed}, got {}", written(&value(found)));
    }
    if let Some((found, known)) =
        message.strip_prefix("unknown variant ").and_then(|rest| rest.split_once(", expected "))
    {
        return format!("must be {known}, got {found}");
    }
    message.to_owned()
}
