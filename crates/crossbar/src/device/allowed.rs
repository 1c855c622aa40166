//! Ranges of the numbers in a device file.

use std::fmt;

/// Range of a number, both ends included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Allowed {
    /// Smallest value.
    pub low: f64,
    /// Largest value.
    pub high: f64,
    /// Unit, with a leading space; empty for a pure number.
    pub unit: &'static str,
}

/// Range of a whole number, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IntegerRange {
    /// Smallest value.
    pub low: u32,
    /// Largest value.
    pub high: u32,
}

impl fmt::Display for Allowed {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        write!(formatter, "{} to {}{}", plain(self.low), plain(self.high), self.unit)
    }
}

/// Returns `value` as a person would write it: `1000`, `0.05`, `1e12`, `1e-9`.
pub(super) fn plain(value: f64) -> String {
    // -0 is shown as 0.
    let (size, value) = (value.abs(), value + 0.0);
    if size >= 1e6 || (size > 0.0 && size < 1e-3) { format!("{value:e}") } else { format!("{value}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn very_large_and_small_numbers_have_an_exponent() {
        let shown = [-0.0, -5.0, 0.001, 1e-9, 999_999.0, 1e6, -1e12, 2.5e7, f64::NAN].map(plain);
        assert_eq!(shown, ["0", "-5", "0.001", "1e-9", "999999", "1e6", "-1e12", "2.5e7", "NaN"]);
        assert_eq!(Allowed { low: 1.0, high: 1e12, unit: " ohm" }.to_string(), "1 to 1e12 ohm");
    }
}
