//! Sanitises text from files and flags for messages, so that it cannot move the cursor, change colours or break lines.

use std::{borrow::Cow, path::Path};

/// Longest excerpt, characters.
const EXCERPT: usize = 40;

/// Returns whether `letter` controls a terminal: control characters (C0, C1, delete), line and paragraph separators,
/// and marks that change the text direction (Unicode Standard Annex 9, section 2).
pub fn is_control(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Replaces every control character of `text` by `?`.
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

/// Returns the first 40 characters of `text`, with `?` for control characters, followed by `...` if there are more.
pub fn excerpt(text: &str) -> String {
    let mut start: String = shown(&text.chars().take(EXCERPT).collect::<String>()).into_owned();
    if text.chars().nth(EXCERPT).is_some() {
        start.push_str("...");
    }
    start
}

/// Formats a path for messages.
pub fn shown_path(path: &Path) -> String {
    shown(&path.to_string_lossy()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_all_control_characters() {
        assert!(matches!(shown("Zürich 3 µs – ∞"), Cow::Borrowed(_)));
        assert_eq!(shown("a\tb\r\n\u{1b}]0;x\u{7}\u{9b}31m\u{7f}"), "a?b???]0;x??31m?");
        assert_eq!(shown("gpj\u{202e}.exe\u{2028}"), "gpj?.exe?");
    }

    #[test]
    fn an_excerpt_has_a_maximum_length() {
        assert_eq!(excerpt("short"), "short");
        assert_eq!(excerpt(&"x".repeat(40)), "x".repeat(40));
        assert_eq!(excerpt(&"\n".repeat(1_000_000)), format!("{}...", "?".repeat(40)));
    }
}
