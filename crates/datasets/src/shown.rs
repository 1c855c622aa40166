//! Text of files and flags as messages show it: a value must not move the cursor, change colours or break a line.

use std::{borrow::Cow, path::Path};

/// Characters of an excerpt.
const EXCERPT: usize = 40;

/// Whether `letter` does something to a terminal instead of being shown: control characters (C0, C1, delete), separators of lines and
/// paragraphs, and marks that change the direction of text (Unicode Standard Annex 9, section 2).
pub fn is_control(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// `text` with `?` for every control character.
///
/// ```
/// assert_eq!(ohmspike_datasets::shown("a\u{1b}[31m\nb"), "a?[31m?b");
/// ```
pub fn shown(text: &str) -> Cow<'_, str> {
    if !text.contains(is_control) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(|letter| if is_control(letter) { '?' } else { letter }).collect())
}

/// The first 40 characters of `text`, with `?` for every control character, and `...` where more follow.
pub fn excerpt(text: &str) -> String {
    let mut start: String = shown(&text.chars().take(EXCERPT).collect::<String>()).into_owned();
    if text.chars().nth(EXCERPT).is_some() {
        start.push_str("...");
    }
    start
}

/// A path as messages show it.
pub fn shown_path(path: &Path) -> String {
    shown(&path.to_string_lossy()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_is_left() {
        assert!(matches!(shown("Zürich 3 µs – ∞"), Cow::Borrowed(_)));
        assert_eq!(shown("a\tb\r\n\u{1b}]0;x\u{7}\u{9b}31m\u{7f}"), "a?b???]0;x??31m?");
        assert_eq!(shown("gpj\u{202e}.exe\u{2028}"), "gpj?.exe?");
    }

    #[test]
    fn an_excerpt_is_short() {
        assert_eq!(excerpt("short"), "short");
        assert_eq!(excerpt(&"x".repeat(40)), "x".repeat(40));
        assert_eq!(excerpt(&"\n".repeat(1_000_000)), format!("{}...", "?".repeat(40)));
    }
}
