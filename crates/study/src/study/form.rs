//! The right form of a value that was written in another one: `[1, 5]` for `1,5`, `20` for `20 %`, `true` for `yes`.

use super::given::Given;
use super::keys::SEEDS;
use super::quantity::{number, plain_number};
use crate::cluster::quote::shell;

/// What a key holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    Number,
    Whole,
    Boolean,
    Word,
}

/// The longest range that a hint writes out.
const LONGEST: i64 = 12;

/// A hint with the right form of `value`, which is the value of `given` or one of its list; none where no form is close.
pub(super) fn hint(given: &Given, value: &toml::Value, expected: Expected) -> Option<String> {
    let text = match (value, expected) {
        (toml::Value::String(text), _) => text.clone(),
        // Beyond 2^53 a number is no longer the one that was written.
        (toml::Value::Float(number), Expected::Whole) if number.fract() == 0.0 && number.abs() < 9e15 => {
            number.to_string()
        }
        (toml::Value::Integer(number), Expected::Boolean) => number.to_string(),
        _ => return None,
    };
    let in_list = given.value.is_array();
    let (lead, right) = right_form(&text, &given.key, expected, given.is_override())?;
    // A list within a list is no axis.
    if in_list && right.starts_with('[') {
        return None;
    }
    let Some(right) = (!right.is_empty()).then_some(right) else { return Some(lead.to_owned()) };
    if in_list {
        return Some(format!("{lead}: `{right}`"));
    }
    let name = given.spelled.rsplit('.').next().unwrap_or_default();
    Some(match given.is_override() {
        true => format!("{lead}: `--set {}`", shell(&format!("{}={right}", given.spelled))),
        false => format!("{lead}: `{name} = {right}`"),
    })
}

/// What to do, and the value in its right form, empty where it depends on what was meant.
fn right_form(text: &str, key: &str, expected: Expected, bare_words: bool) -> Option<(&'static str, String)> {
    let text = text.trim();
    match expected {
        Expected::Boolean => {
            let truth = match text.to_lowercase().as_str() {
                "yes" | "on" | "true" | "1" | "y" => "true",
                "no" | "off" | "false" | "0" | "n" => "false",
                _ => return None,
            };
            Some(("write", truth.to_owned()))
        }
        Expected::Word => {
            let words = pieces(text, &[',', ';'])?;
            let word = |word: &&str| if bare_words { (*word).to_owned() } else { format!("\"{word}\"") };
            Some(("use a list", listed(words.iter().map(word))))
        }
        Expected::Number | Expected::Whole => {
            if let Some(number) = number(text, key) {
                return match number {
                    Some(number) if expected == Expected::Whole && number.fract() != 0.0 => None,
                    Some(number) => Some(("write a plain number", plain_number(number))),
                    None => Some(("write a plain number, in the unit that the key names", String::new())),
                };
            }
            range(text, key).or_else(|| {
                let numbers: Option<Vec<f64>> =
                    pieces(text, &[',', ';', ' '])?.iter().map(|one| number(one, key)?).collect();
                Some(("use a list", listed(numbers?.into_iter().map(plain_number))))
            })
        }
    }
}

/// The pieces of a text between the first of the `separators` that it contains; none if it contains none.
fn pieces<'a>(text: &'a str, separators: &[char]) -> Option<Vec<&'a str>> {
    let separator = separators.iter().find(|separator| text.contains(**separator))?;
    let pieces: Vec<&str> = text.split(*separator).map(str::trim).collect();
    pieces.iter().all(|piece| !piece.is_empty()).then_some(pieces)
}

fn listed(values: impl Iterator<Item = String>) -> String {
    format!("[{}]", values.collect::<Vec<_>>().join(", "))
}

/// A range such as `1..10`, `1-10` or `1 to 10`, as a list.
fn range(text: &str, key: &str) -> Option<(&'static str, String)> {
    let ends = ["..=", "..", "…", " to ", ":", "-"].iter().find_map(|separator| {
        let (first, last) = text.split_once(separator)?;
        Some((number(first.trim(), key)??, number(last.trim(), key)??))
    });
    let (first, last) = ends.filter(|(first, last)| first < last)?;
    let whole = first.fract() == 0.0 && last.fract() == 0.0 && last - first < 1e9;
    if whole && key == SEEDS && first == 1.0 {
        return Some(("write the number of seeds", plain_number(last)));
    }
    if whole && (last - first) as i64 <= LONGEST {
        let values = (first as i64..=last as i64).map(|value| value.to_string());
        return Some(("ranges are not supported; use a list", listed(values)));
    }
    let middle = if whole { ((first + last) / 2.0).floor() } else { (first + last) / 2.0 };
    let values = [first, middle, last].map(plain_number).into_iter();
    Some(("ranges are not supported; list the values you need", listed(values)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(key: &str, text: &str, expected: Expected) -> Option<String> {
        let set = format!("--set {key}={text}");
        hint(&Given::new(key, text.into(), set, Vec::new()), &text.into(), expected)
    }

    #[test]
    fn numbers_lists_and_ranges_have_their_right_form() {
        for (text, expected) in [
            ("1,5,10", "use a list: `--set 'k.x=[1, 5, 10]'`"),
            ("1; 5", "use a list: `--set 'k.x=[1, 5]'`"),
            ("1 %, 5 %", "use a list: `--set 'k.x=[0.01, 0.05]'`"),
            ("1..4", "ranges are not supported; use a list: `--set 'k.x=[1, 2, 3, 4]'`"),
            ("1-3", "ranges are not supported; use a list: `--set 'k.x=[1, 2, 3]'`"),
            ("0 to 100", "ranges are not supported; list the values you need: `--set 'k.x=[0, 50, 100]'`"),
            ("0.5:1", "ranges are not supported; list the values you need: `--set 'k.x=[0.5, 0.75, 1]'`"),
            ("20%", "write a plain number: `--set k.x=0.2`"),
            ("10k", "write a plain number: `--set k.x=10000`"),
            (".5", "write a plain number: `--set k.x=0.5`"),
            ("1e-6S", "write a plain number, in the unit that the key names"),
        ] {
            assert_eq!(form("k.x", text, Expected::Number).as_deref(), Some(expected), "{text}");
        }
        for text in ["many", "", "a,b", "1,,2", "3..1", "-"] {
            assert_eq!(form("k.x", text, Expected::Number), None, "{text}");
        }
        assert_eq!(
            form(SEEDS, "1..50", Expected::Number).as_deref(),
            Some("write the number of seeds: `--set repeats.seeds=50`")
        );
    }

    #[test]
    fn truth_and_words_have_their_right_form() {
        assert_eq!(form("k.x", "yes", Expected::Boolean).as_deref(), Some("write: `--set k.x=true`"));
        assert_eq!(form("k.x", "Off", Expected::Boolean).as_deref(), Some("write: `--set k.x=false`"));
        assert_eq!(form("k.x", "maybe", Expected::Boolean), None);
        assert_eq!(form("k.x", "a,b", Expected::Word).as_deref(), Some("use a list: `--set 'k.x=[a, b]'`"));
        let file = Given::new("k.x", "a, b".into(), "s.toml:3".to_owned(), Vec::new());
        assert_eq!(hint(&file, &"a, b".into(), Expected::Word).as_deref(), Some("use a list: `x = [\"a\", \"b\"]`"));
        let list = Given::new("k.x", vec!["20 %"].into(), "s.toml:3".to_owned(), Vec::new());
        assert_eq!(hint(&list, &"20 %".into(), Expected::Number).as_deref(), Some("write a plain number: `0.2`"));
    }
}
