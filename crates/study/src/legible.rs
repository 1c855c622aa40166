//! Texts of files and flags as a terminal may show them: a control character in a name can move the cursor, recolour the
//! screen or hide a line.

use std::borrow::Cow;

use ohmspike_datasets::is_control;

/// The text with `?` in place of every control character except tab and line feed, and of the marks that turn the direction
/// of text.
pub fn legible(text: &str) -> Cow<'_, str> {
    if text.chars().any(is_illegible) {
        Cow::Owned(text.chars().map(|letter| if is_illegible(letter) { '?' } else { letter }).collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// The text in one line: line feeds and tabs are replaced by spaces.
pub fn one_line(text: &str) -> String {
    legible(text).replace(['\n', '\t'], " ")
}

fn is_illegible(letter: char) -> bool {
    is_control(letter) && !matches!(letter, '\n' | '\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_are_replaced_and_nothing_else() {
        for (text, shown) in [
            ("plain, 3.2 µS\n\tσ ± 1 %", "plain, 3.2 µS\n\tσ ± 1 %"),
            ("\u{1b}[2Jgone\u{7}", "?[2Jgone?"),
            ("a\rb\u{8}c\u{7f}", "a?b?c?"),
            ("\u{9b}31m", "?31m"),
            ("x\u{202e}y\u{2066}z", "x?y?z"),
            ("\0", "?"),
        ] {
            assert_eq!(legible(text), shown, "{text:?}");
        }
        assert!(matches!(legible("as it is"), Cow::Borrowed(_)));
        assert_eq!(one_line("two\nlines\tand\u{1b}"), "two lines and?");
    }
}
