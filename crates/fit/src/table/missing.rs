//! Cells without a number: missing values, and readings beyond the range of an instrument.

/// Advice for readings beyond the range of an instrument.
pub(super) const BEYOND_RANGE: &str = "leave out readings beyond the range of the instrument";

/// Returns whether `name` stands for a missing value in exports of tables.
pub(super) fn is_missing(name: &[u8]) -> bool {
    name.is_empty() || [&b"nan"[..], b"null", b"none", b"#n/a"].iter().any(|word| name.eq_ignore_ascii_case(word))
}

/// Returns whether a cell of numbers stands for a missing one.
pub(super) fn lacks_number(cell: &[u8]) -> bool {
    let cell = cell.trim_ascii();
    is_missing(cell) || [&b"na"[..], b"n/a"].iter().any(|word| cell.eq_ignore_ascii_case(word))
}

/// Returns advice for a text that is no number: empty, a word for a missing value, or for a reading beyond the range.
pub(super) fn no_number(text: &str) -> &'static str {
    let lower = text.to_ascii_lowercase();
    if text.contains(|letter: char| letter.is_ascii_digit()) {
        return "";
    }
    let beyond = ["inf", "ov", "rang", "limit", "compl"].iter().any(|part| lower.contains(part));
    if beyond { BEYOND_RANGE } else { "leave out rows without a value" }
}
