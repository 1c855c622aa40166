//! Allowed ranges, and the checks of a single value.
//!
//! The ranges here are the only source: [`Settings::check`](super::Settings::check) refuses what lies outside, its messages
//! quote them, and the reference of all study keys ([`crate::reference`]) lists them.

use std::fmt;

use super::ValueError;

/// The numbers that a key allows, both ends included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Range {
    /// Lowest allowed value.
    pub low: f64,
    /// Highest allowed value.
    pub high: f64,
}

/// The whole numbers that a key allows, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Lowest allowed value.
    pub low: usize,
    /// Highest allowed value.
    pub high: usize,
}

/// Fractions.
pub(crate) const FRACTION: Range = Range { low: 0.0, high: 1.0 };
/// Positive numbers. They are used as f32 in places, which limits both ends.
pub(crate) const POSITIVE: Range = Range { low: 1e-12, high: 1e12 };
/// Factors, percentages and learning rates.
pub(crate) const FACTOR: Range = Range { low: 0.0, high: 1e6 };
/// Times after the last write, s.
pub(crate) const RETENTION: Range = Range { low: 0.0, high: 1e12 };
/// Time constants, time steps.
pub(crate) const TIME_CONSTANT: Range = Range { low: 1e-3, high: 1e6 };
/// Poisson rates, 1/s: at most one spike per time step of 1 ms.
pub(crate) const RATE: Range = Range { low: 1e-3, high: 1e3 };
/// Neurons and time steps, which are numbered with 16 bits.
pub(crate) const LINES: Counts = Counts { low: 1, high: 65_536 };
/// Epochs; 0 trains nothing.
pub(crate) const EPOCHS: Counts = Counts { low: 0, high: 1_000_000 };
/// Samples per batch, and epochs of an average.
pub(crate) const MILLION: Counts = Counts { low: 1, high: 1_000_000 };

impl fmt::Display for Range {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        write!(formatter, "{} to {}", short(self.low), short(self.high))
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        write!(formatter, "a whole number from {} to {}", self.low, self.high)
    }
}

/// Formats a number, in powers of ten when it is large or small: `0.001`, `1e6`.
pub(crate) fn short(value: f64) -> String {
    // -0 is shown as 0.
    let value = value + 0.0;
    let plain = value == 0.0 || (1e-3..1e5).contains(&value.abs());
    if plain { value.to_string() } else { format!("{value:e}") }
}

pub(super) fn refuse(key: &str, allowed: impl Into<String>, value: impl ToString) -> ValueError {
    ValueError { key: key.to_owned(), allowed: allowed.into(), value: value.to_string() }
}

pub(super) fn whole(key: &str, value: usize, allowed: Counts) -> Result<(), ValueError> {
    let fits = (allowed.low..=allowed.high).contains(&value);
    if fits { Ok(()) } else { Err(refuse(key, allowed.to_string(), value)) }
}

/// Refuses values outside the range, and NaN.
pub(crate) fn number(key: &str, value: f64, allowed: Range) -> Result<(), ValueError> {
    let fits = (allowed.low..=allowed.high).contains(&value);
    if fits { Ok(()) } else { Err(refuse(key, allowed.to_string(), value + 0.0)) }
}

pub(super) fn positive(key: &str, value: f64) -> Result<(), ValueError> {
    number(key, value, POSITIVE)
}

/// Refuses what [`positive`] refuses, for a key that may be `auto` as well.
pub(super) fn positive_or_auto(key: &str, value: f64) -> Result<(), ValueError> {
    positive(key, value).map_err(|error| ValueError { allowed: format!("{POSITIVE}, or `auto`"), ..error })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_short() {
        assert_eq!(POSITIVE.to_string(), "1e-12 to 1e12");
        assert_eq!(TIME_CONSTANT.to_string(), "0.001 to 1e6");
        assert_eq!(RATE.to_string(), "0.001 to 1000");
        assert_eq!(LINES.to_string(), "a whole number from 1 to 65536");
    }
}
