//! Text of a file as a message may show it.

/// Letters of a value that a message shows.
const SHOWN: usize = 60;

/// Whether a terminal or a page may act on `letter` instead of showing it: control characters, line and paragraph
/// separators, and the marks that turn the direction of what follows.
pub(crate) fn acts(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// `text` with every character that is not shown as itself replaced by its code, and cut after 60 letters.
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
    fn what_a_terminal_acts_on_is_shown_by_its_code() {
        assert_eq!(printable("2\u{1b}[31m\u{7}"), r"2\u{1b}[31m\u{7}");
        assert_eq!(printable("a\u{202e}b\u{9b}1m\n"), r"a\u{202e}b\u{9b}1m\u{a}");
        assert_eq!(printable("42.5 µS"), "42.5 µS");
        assert_eq!(printable(&"x".repeat(70)), format!("{}...", "x".repeat(60)));
    }
}
