//! Finds the value of a key in the text of a device file, so that an error can name its line and column.

use std::fmt;

use serde::de::{DeserializeOwned, IgnoredAny};

/// Place in a text file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in bytes, from 1.
    pub column: usize,
}

impl fmt::Display for Position {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        write!(formatter, "{}:{}", self.line, self.column)
    }
}

/// Returns the position of the value at the dotted `key`, for instance `write.points[2].resistance_ohm`.
/// Returns `None` if the text has no such value before its first syntax error.
pub(super) fn position(text: &str, key: &str) -> Option<Position> {
    let mut rest = text;
    for step in key.split(['.', '[']) {
        rest = match step.strip_suffix(']') {
            Some(index) => item(rest, index.parse().ok()?)?,
            None => member(rest, step)?,
        };
    }
    let before = text.get(..text.len() - rest.len())?;
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    Some(Position { line: before.matches('\n').count() + 1, column: before.len() - line_start + 1 })
}

/// The rest of `text` from the value of `key` on; `text` starts with an object.
fn member<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    let mut rest = text.trim_start().strip_prefix('{')?;
    loop {
        let (name, after) = read::<String>(rest)?;
        let value = after.trim_start().strip_prefix(':')?.trim_start();
        if name == key {
            return Some(value);
        }
        rest = read::<IgnoredAny>(value)?.1.trim_start().strip_prefix(',')?;
    }
}

/// The rest of `text` from the item `index` on; `text` starts with a list.
fn item(text: &str, index: usize) -> Option<&str> {
    let mut rest = text.trim_start().strip_prefix('[')?;
    for _ in 0..index {
        rest = read::<IgnoredAny>(rest)?.1.trim_start().strip_prefix(',')?;
    }
    Some(rest.trim_start())
}

/// The JSON value at the start of `text`, and the rest behind it.
fn read<T: DeserializeOwned>(text: &str) -> Option<(T, &str)> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<T>();
    let value = values.next()?.ok()?;
    Some((value, text.get(values.byte_offset()..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_values_in_objects_and_lists() {
        let text = "{ \"a\": [1, {\"b\": [true, \"x,]\"]}],\n  \"c\" : {\"d\": -5} }";
        for (key, place) in
            [("a", "1:8"), ("a[1]", "1:12"), ("a[1].b[1]", "1:25"), ("c", "2:9"), ("c.d", "2:15"), ("c.d.e", "none")]
        {
            let found = position(text, key).map_or_else(|| "none".to_owned(), |position| position.to_string());
            assert_eq!(found, place, "{key}");
        }
        for key in ["", "b", "a[2]", "a[x]", "a[0].b"] {
            assert_eq!(position(text, key), None, "{key}");
        }
    }

    #[test]
    fn finds_values_before_a_syntax_error() {
        let text = "{\"a\": null, \"b\": }";
        assert_eq!(position(text, "a"), Some(Position { line: 1, column: 7 }));
        assert_eq!(position(text, "c"), None);
    }
}
