//! The checks of a single value, which tell its key, what is allowed, and what was given.

use super::ValueError;

pub(super) fn refuse(key: &str, allowed: impl Into<String>, value: impl ToString) -> ValueError {
    ValueError { key: key.to_owned(), allowed: allowed.into(), value: value.to_string() }
}

pub(super) fn whole(key: &str, value: usize, most: usize) -> Result<(), ValueError> {
    if (1..=most).contains(&value) {
        Ok(())
    } else {
        Err(refuse(key, format!("a whole number from 1 to {most}"), value))
    }
}

pub(super) fn number(
    key: &str,
    value: f64,
    range: std::ops::RangeInclusive<f64>,
    allowed: &'static str,
) -> Result<(), ValueError> {
    if range.contains(&value) { Ok(()) } else { Err(refuse(key, allowed, value)) }
}

/// Values are used as f32 in places: what they can hold is what is allowed.
pub(super) fn positive(key: &str, value: f64) -> Result<(), ValueError> {
    number(key, value, 1e-12..=1e12, "a number from 1e-12 to 1e12")
}
