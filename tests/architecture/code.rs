//! Splits Rust source into words, without comments, strings and tests.

use std::path::Path;

use crate::repository::read;

/// A word or sign of the source.
#[derive(Clone, Debug, PartialEq)]
pub struct Word {
    /// A name, a number, `"` for any string or character, `::`, or another single sign.
    pub text: String,
    /// Line number, from 1.
    pub line: usize,
}

/// Returns the words of a file without its tests.
pub fn code(path: &Path) -> Vec<Word> {
    without_tests(&words(&read(path)))
}

/// Returns the words of `text`.
pub fn words(text: &str) -> Vec<Word> {
    let letters: Vec<char> = text.chars().collect();
    let (mut found, mut at, mut line) = (Vec::new(), 0, 1);
    while at < letters.len() {
        let end = end_of_word(&letters, at);
        let word = &letters[at..end];
        if let Some(text) = shown(word) {
            found.push(Word { text, line });
        }
        line += word.iter().filter(|letter| **letter == '\n').count();
        at = end;
    }
    found
}

/// Returns the text of a word; `None` for spaces and comments.
fn shown(word: &[char]) -> Option<String> {
    match word {
        [first, ..] if first.is_whitespace() => None,
        ['/', '/' | '*', ..] => None,
        [.., '"'] | ['"', ..] => Some("\"".to_owned()),
        [.., '#'] if word.len() > 1 => Some("\"".to_owned()),
        ['\'', .., '\''] => Some("\"".to_owned()),
        _ => Some(word.iter().collect()),
    }
}

fn is_name(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// Returns the end of the word that starts at `at`.
fn end_of_word(letters: &[char], at: usize) -> usize {
    let rest = &letters[at..];
    let until =
        |test: &dyn Fn(char) -> bool| at + rest.iter().position(|letter| !test(*letter)).unwrap_or(rest.len()).max(1);
    match rest {
        ['/', '/', ..] => until(&|letter| letter != '\n'),
        ['/', '*', ..] => at + end_of_comment(rest),
        ['"', ..] => at + end_of_text(rest),
        ['b', '"', ..] | ['c', '"', ..] => at + 1 + end_of_text(&rest[1..]),
        ['r', '"' | '#', ..] | ['b', 'r', '"' | '#', ..] => at + end_of_raw_text(rest),
        ['\'', '\\', ..] => at + 2 + rest[3..].iter().position(|letter| *letter == '\'').map_or(1, |place| place + 2),
        ['\'', _, '\'', ..] => at + 3,
        [':', ':', ..] => at + 2,
        [first, ..] if is_name(*first) => until(&is_name),
        [first, ..] if first.is_whitespace() => until(&char::is_whitespace),
        _ => at + 1,
    }
}

/// Returns the end of a comment, which may be nested.
fn end_of_comment(rest: &[char]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        match rest[at..] {
            ['/', '*', ..] => (depth, at) = (depth + 1, at + 2),
            ['*', '/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    at
}

fn end_of_text(rest: &[char]) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != '"' {
        at += if rest[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(rest.len())
}

/// Returns the end of a raw string, or of a raw name, which starts in the same way.
fn end_of_raw_text(rest: &[char]) -> usize {
    let prefix = rest.iter().take_while(|letter| letter.is_alphabetic()).count();
    let marks = rest[prefix..].iter().take_while(|letter| **letter == '#').count();
    if rest.get(prefix + marks) != Some(&'"') {
        return prefix;
    }
    let mut at = prefix + marks + 1;
    while at < rest.len() {
        let closes =
            rest[at] == '"' && rest[at + 1..].iter().take(marks).filter(|letter| **letter == '#').count() == marks;
        at += 1;
        if closes {
            return at + marks;
        }
    }
    at
}

/// Removes every item with an attribute `#[cfg(...)]` that contains `test`.
fn without_tests(words: &[Word]) -> Vec<Word> {
    let (mut kept, mut at) = (Vec::new(), 0);
    while at < words.len() {
        let is = |ahead: usize, text: &str| words.get(at + ahead).is_some_and(|word| word.text == text);
        let end = if is(0, "#") && is(1, "[") { closing(words, at + 1) } else { at };
        let names_test = || words[at..end].iter().any(|word| word.text == "test" || word.text == "doctest");
        if end > at && is(2, "cfg") && names_test() {
            at = end_of_item(words, end + 1);
        } else {
            kept.extend_from_slice(&words[at..=end]);
            at = end + 1;
        }
    }
    kept
}

/// Returns the position after the item that starts at `at`, including its attributes.
fn end_of_item(words: &[Word], mut at: usize) -> usize {
    while at < words.len() {
        match words[at].text.as_str() {
            "{" => return closing(words, at) + 1,
            ";" => return at + 1,
            "(" | "[" => at = closing(words, at) + 1,
            _ => at += 1,
        }
    }
    at
}

/// Returns the position of the bracket that closes the one at `open`.
pub fn closing(words: &[Word], open: usize) -> usize {
    let mut depth = 0;
    for (place, word) in words.iter().enumerate().skip(open) {
        match word.text.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return place;
        }
    }
    words.len() - 1
}

#[test]
fn words_exclude_comments_strings_and_tests() {
    let text = r##"//! doc
    fn f<'a>(x: &'a str) -> char { let y = r#"fn g"#; /* fn h /* fn i */ */ if x == "fn j \" {" { '{' } else { '\'' } }
    #[cfg(test)]
    mod tests { fn k() {} }
    use crate::a::{b, c as d};
    "##;
    let kept: Vec<String> = without_tests(&words(text)).into_iter().map(|word| word.text).collect();
    let expected = "fn f < ' a > ( x : & ' a str ) - > char { let y = \" ; if x = = \" { \" } else { \" } } \
                    use crate :: a :: { b , c as d } ;";
    assert_eq!(kept.join(" "), expected);
}
