//! Makes text of a file safe to display in a message.

/// Characters of a value shown in a message.
const SHOWN: usize = 60;

/// Returns true if a terminal or a page may act on `letter` instead of displaying it: control characters, line and
/// paragraph separators, and marks that change the text direction.
pub(crate) fn acts(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Returns `text` with control characters replaced by their codes, cut after 60 characters.
pub(crate) fn printable(text: &str) -> String {
    let mut shown = String::new();
    for letter in text.chars().take(SHOWN) {
        if acts(letter) { shown.extend(letter.escape_unicode()) } else { shown.push(letter) }
    }
    if text.chars().nth(SHOWN).is_some() {
        shown.push_str("...");
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_shown_by_their_codes() {
        assert_eq!(printable("2\u{1b}[31m\u{7}"), r"2\u{1b}[31m\u{7}");
        assert_eq!(printable("a\u{202e}b\u{9b}1m\n"), r"a\u{202e}b\u{9b}1m\u{a}");
        assert_eq!(printable("a\u{61c}b"), r"a\u{61c}b");
        assert_eq!(printable("42.5 µS"), "42.5 µS");
        assert_eq!(printable(&"x".repeat(70)), format!("{}...", "x".repeat(60)));
    }
}
