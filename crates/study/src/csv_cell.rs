//! CSV cells that a spreadsheet shows as text instead of running them.
//!
//! A spreadsheet runs a cell as a formula if it starts with `=`, `+`, `-` or `@`, or with a tab or line break before
//! one of these. A formula can read other files or start programs, and names of devices and classes come from files of
//! other people. Such texts get a leading apostrophe, which a spreadsheet hides; numbers stay numbers.

use std::borrow::Cow;

use crate::legible::legible;

/// Characters that start a formula, including the full-width forms of East Asian keyboards.
const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// Returns `text` without formulas and terminal control characters.
pub fn harmless(text: &str) -> Cow<'_, str> {
    let shown = legible(text);
    // Checked before a leading carriage return is replaced.
    if text.starts_with(FORMULA) && text.parse::<f64>().is_err() { Cow::Owned(format!("'{shown}")) } else { shown }
}

/// Formats `text` as a CSV cell, quoted if needed.
pub fn csv_cell(text: &str) -> String {
    let text = harmless(text);
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.into_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_become_text_and_numbers_stay() {
        for (text, cell) in [
            ("=1+1", "'=1+1"),
            ("=HYPERLINK(\"http://x\",\"y\")", "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\""),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
            ("-2+3", "'-2+3"),
            ("\t=1", "'\t=1"),
            ("\r=1", "'?=1"),
            ("＝1", "'＝1"),
            ("-0.25", "-0.25"),
            ("+1e-3", "+1e-3"),
            ("-", "'-"),
            ("a=b, c", "\"a=b, c\""),
            ("ideal", "ideal"),
            ("\u{1b}[2J", "?[2J"),
            ("", ""),
        ] {
            assert_eq!(csv_cell(text), cell, "{text:?}");
        }
    }
}
