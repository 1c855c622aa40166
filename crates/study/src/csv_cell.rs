//! Texts as cells of CSV that a spreadsheet shows and does not run.
//!
//! A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@`, or with a tab or line break before one of these, for a formula,
//! which may read other files or start programs. Names of devices and classes come from files of other people. Such texts get an
//! apostrophe in front, which a spreadsheet hides; numbers stay numbers.

use std::borrow::Cow;

use crate::legible::legible;

/// What a formula begins with, in the wide form of East Asian keyboards too.
const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// The text as a spreadsheet may have it: no formula, and nothing that steers a terminal.
pub fn harmless(text: &str) -> Cow<'_, str> {
    let shown = legible(text);
    // Judged before a carriage return in front is replaced.
    if text.starts_with(FORMULA) && text.parse::<f64>().is_err() { Cow::Owned(format!("'{shown}")) } else { shown }
}

/// A text as a cell of CSV, in quotes where it needs them.
pub fn csv_cell(text: &str) -> String {
    let text = harmless(text);
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.into_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_become_texts_and_numbers_stay() {
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
