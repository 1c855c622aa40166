//! Makes text from files and flags safe for a terminal: control characters can move the cursor, change colours or hide
//! lines.

use std::borrow::Cow;

use ohmspike_datasets::is_control;

/// Replaces control characters other than tab and line feed, and marks that change the text direction, with `?`.
pub fn legible(text: &str) -> Cow<'_, str> {
    if text.chars().any(is_illegible) {
        Cow::Owned(text.chars().map(|letter| if is_illegible(letter) { '?' } else { letter }).collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// Puts the text on one line: line feeds and tabs become spaces.
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
    fn replaces_only_control_characters() {
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
