//! Ranges of the numbers in a device file, and how they are read.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

use super::allowed::{Allowed, IntegerRange};
use super::refusal::{Problem, SpecError};

/// Resistance: conductances from 10^-6 to 10^6 µS, with squares that fit into f32.
pub const RESISTANCE_OHM: Allowed = Allowed { low: 1.0, high: 1e12, unit: " ohm" };
/// Resistance of a line between two cells, ohm; wires are 0.1 to 100 ohm.
pub const LINE_OHM: Allowed = Allowed { low: 0.0, high: 1000.0, unit: " ohm" };
/// Resistance of a driver or a sense amplifier, ohm.
pub const END_OHM: Allowed = Allowed { low: 0.0, high: 1e6, unit: " ohm" };
/// Absolute standard deviation, µS.
pub const SIGMA_MICROSIEMENS: Allowed = Allowed { low: 0.0, high: 1e6, unit: " µS" };
/// Standard deviation relative to the conductance, %.
pub const SIGMA_PERCENT: Allowed = Allowed { low: 0.0, high: 1000.0, unit: " %" };
/// Standard deviation of ln R; may be zero.
pub const SIGMA_LN: Allowed = Allowed { low: 0.0, high: 3.0, unit: "" };
/// Standard deviation of ln R in a table, which interpolates its logarithm.
pub const TABLE_SIGMA_LN: Allowed = Allowed { low: 1e-6, high: 3.0, unit: "" };
/// Time after a write, s: from a nanosecond to 30,000 years, beyond any known drift law.
pub const SECONDS: Allowed = Allowed { low: 1e-9, high: 1e12, unit: " s" };
/// Drift exponent and its standard deviation.
pub const EXPONENT: Allowed = Allowed { low: 0.0, high: 1.0, unit: "" };
/// Shift per unit of ln t, µS.
pub const MICROSIEMENS_PER_LN: Allowed = Allowed { low: -1e6, high: 1e6, unit: " µS" };
/// Standard deviation of a step gain with a nominal value of 1.
pub const SIGMA_GAIN: Allowed = Allowed { low: 0.0, high: 3.0, unit: "" };
/// Probability or fraction.
pub const PROBABILITY: Allowed = Allowed { low: 0.0, high: 1.0, unit: "" };
/// Standard deviation of gain and offset of a converter, %.
pub const CONVERTER_PERCENT: Allowed = Allowed { low: 0.0, high: 100.0, unit: " %" };
/// Full scale of a converter, µA.
pub const MICROAMPERES: Allowed = Allowed { low: 1e-6, high: 1e9, unit: " µA" };
/// Length of a pulse, ns: from a picosecond to 1000 s.
pub const NANOSECONDS: Allowed = Allowed { low: 1e-3, high: 1e12, unit: " ns" };
/// Energy of one conversion, pJ.
pub const PICOJOULES: Allowed = Allowed { low: 0.0, high: 1e9, unit: " pJ" };
/// Area of a cell or a converter, µm².
pub const SQUARE_MICROMETRES: Allowed = Allowed { low: 0.0, high: 1e9, unit: " µm²" };

/// Number of levels of a cell.
pub const LEVEL_COUNT: IntegerRange = IntegerRange { low: 2, high: 65_536 };
/// Resolution in bits of a converter with codes from 0; f32 holds every integer up to 2^24.
pub const UNSIGNED_BITS: IntegerRange = IntegerRange { low: 1, high: 24 };
/// Resolution in bits of a converter with signed codes.
pub const SIGNED_BITS: IntegerRange = IntegerRange { low: 2, high: 24 };
/// Number of rows or columns of a tile.
pub const TILE_LINES: IntegerRange = IntegerRange { low: 1, high: 65_536 };
/// Number of updates between exact solutions.
pub const REFRESH_UPDATES: IntegerRange = IntegerRange { low: 1, high: 1_000_000_000 };
/// Fraction of a whole, %.
pub const PERCENT: Allowed = Allowed { low: 0.0, high: 100.0, unit: " %" };
/// Events per second.
pub const RATE_PER_SECOND: Allowed = Allowed { low: 0.0, high: 1e12, unit: " per second" };
/// Exponent of a power of the resistance.
pub const POWER: Allowed = Allowed { low: 0.0, high: 10.0, unit: "" };
/// Voltage across a cell, V.
pub const VOLTS: Allowed = Allowed { low: 1e-6, high: 100.0, unit: " V" };
/// Coefficient of |V| in G(V) / G(0 V).
pub const QUADRATIC_PER_VOLT: Allowed = Allowed { low: -100.0, high: 100.0, unit: " per V" };
/// Coefficient of V² in G(V) / G(0 V).
pub const CUBIC_PER_SQUARE_VOLT: Allowed = Allowed { low: -1000.0, high: 1000.0, unit: " per V²" };

impl Allowed {
    /// Returns `value` if it is in the range; NaN is not.
    ///
    /// # Errors
    /// Returns [`Problem::OutOfRange`] at `key` otherwise.
    pub fn check(self, key: &str, value: f64) -> Result<f64, SpecError> {
        if (self.low..=self.high).contains(&value) {
            Ok(value)
        } else {
            Err(SpecError::at(key, Problem::OutOfRange { value, allowed: self }))
        }
    }
}

impl IntegerRange {
    /// Returns `value` if it is a whole number in the range.
    ///
    /// # Errors
    /// Returns [`Problem::NotWhole`] at `key` otherwise.
    pub fn check(self, key: &str, value: f64) -> Result<u32, SpecError> {
        if (f64::from(self.low)..=f64::from(self.high)).contains(&value) && value == libm::floor(value) {
            Ok(value as u32)
        } else {
            Err(SpecError::at(key, Problem::NotWhole { value, allowed: self }))
        }
    }
}

struct NumberVisitor;

impl Visitor<'_> for NumberVisitor {
    type Value = f64;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("a number")
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<f64, E> {
        // -0 counts as 0.
        Ok(value + 0.0)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<f64, E> {
        Ok(value as f64)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<f64, E> {
        Ok(value as f64)
    }
}

/// Reads a number; the error for anything else is "expected a number".
pub(crate) fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    deserializer.deserialize_f64(NumberVisitor)
}

struct Number(f64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Number, D::Error> {
        number(deserializer).map(Number)
    }
}

/// Reads a list of numbers of an optional key.
pub(crate) fn optional_numbers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<f64>>, D::Error> {
    let numbers = Vec::<Number>::deserialize(deserializer)?;
    Ok(Some(numbers.into_iter().map(|number| number.0).collect()))
}

/// Reads a number of an optional key. The key may be missing, but `null` is an error.
pub(crate) fn optional_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    number(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_whole_numbers_in_range() {
        assert_eq!(UNSIGNED_BITS.check("bits", 1.0), Ok(1));
        assert_eq!(UNSIGNED_BITS.check("bits", 24.0), Ok(24));
        for refused in [0.0, 25.0, 7.5, -1.0, f64::NAN, f64::INFINITY] {
            assert!(UNSIGNED_BITS.check("bits", refused).is_err());
        }
        let refused = SIGNED_BITS.check("bits", 0.0).unwrap_err();
        assert_eq!(refused.to_string(), "bits: expected a whole number from 2 to 24, got 0");
    }

    #[test]
    fn accepts_the_ends_of_a_range_and_rejects_nan() {
        assert_eq!(VOLTS.check("v", -0.0).unwrap_err().to_string(), "v: expected 1e-6 to 100 V, got 0 V");
        assert_eq!(SIGMA_LN.check("s", 0.0), Ok(0.0));
        assert_eq!(SIGMA_LN.check("s", 3.0), Ok(3.0));
        for refused in [-0.1, 3.1, f64::NAN, f64::INFINITY] {
            assert!(SIGMA_LN.check("s", refused).is_err());
        }
        let refused = RESISTANCE_OHM.check("window.low_resistance_ohm", -5.0).unwrap_err();
        assert_eq!(refused.to_string(), "window.low_resistance_ohm: expected 1 to 1e12 ohm, got -5 ohm");
    }
}
