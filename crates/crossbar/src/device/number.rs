//! A number in a device file: what it may be, and how it is read.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

use super::allowed::{Allowed, IntegerRange};
use super::refusal::{Problem, SpecError};

/// Resistances from 1 ohm to 1 Tohm: conductances from 10^-6 to 10^6 µS, whose squares f32 still holds.
pub const RESISTANCE_OHM: Allowed = Allowed { low: 1.0, high: 1e12, unit: " ohm" };
/// Absolute spreads, µS.
pub const SIGMA_MICROSIEMENS: Allowed = Allowed { low: 0.0, high: 1e6, unit: " µS" };
/// Spreads relative to the conductance, %.
pub const SIGMA_PERCENT: Allowed = Allowed { low: 0.0, high: 1000.0, unit: " %" };
/// Spreads of ln R that may be zero.
pub const SIGMA_LN: Allowed = Allowed { low: 0.0, high: 3.0, unit: "" };
/// Spreads of ln R in a table, which interpolates their logarithm.
pub const TABLE_SIGMA_LN: Allowed = Allowed { low: 1e-6, high: 3.0, unit: "" };
/// Times after a write, s: from a nanosecond to thirty thousand years, further than any law of drift is known.
pub const SECONDS: Allowed = Allowed { low: 1e-9, high: 1e12, unit: " s" };
/// Exponents of drift in time, and their spread.
pub const EXPONENT: Allowed = Allowed { low: 0.0, high: 1.0, unit: "" };
/// Shifts per unit of ln t, µS.
pub const MICROSIEMENS_PER_LN: Allowed = Allowed { low: -1e6, high: 1e6, unit: " µS" };
/// Spreads of a step gain whose nominal value is 1.
pub const SIGMA_GAIN: Allowed = Allowed { low: 0.0, high: 3.0, unit: "" };
/// Probabilities and shares.
pub const PROBABILITY: Allowed = Allowed { low: 0.0, high: 1.0, unit: "" };
/// Gain and offset spreads of a converter, %.
pub const CONVERTER_PERCENT: Allowed = Allowed { low: 0.0, high: 100.0, unit: " %" };
/// Full scales of a converter, µA.
pub const MICROAMPERES: Allowed = Allowed { low: 1e-6, high: 1e9, unit: " µA" };
/// Lengths of a pulse, ns: from a picosecond to 1000 s.
pub const NANOSECONDS: Allowed = Allowed { low: 1e-3, high: 1e12, unit: " ns" };
/// Energies of one conversion, pJ.
pub const PICOJOULES: Allowed = Allowed { low: 0.0, high: 1e9, unit: " pJ" };
/// Areas of a cell or a converter, µm².
pub const SQUARE_MICROMETRES: Allowed = Allowed { low: 0.0, high: 1e9, unit: " µm²" };

/// Levels of a cell.
pub const LEVEL_COUNT: IntegerRange = IntegerRange { low: 2, high: 65_536 };
/// Bits of a converter whose codes start at zero; f32 holds every integer up to 2^24.
pub const UNSIGNED_BITS: IntegerRange = IntegerRange { low: 1, high: 24 };
/// Bits of a converter with codes of both signs.
pub const SIGNED_BITS: IntegerRange = IntegerRange { low: 2, high: 24 };
/// Rows or columns of a tile.
pub const TILE_LINES: IntegerRange = IntegerRange { low: 1, high: 65_536 };
/// Shares of a whole, %.
pub const PERCENT: Allowed = Allowed { low: 0.0, high: 100.0, unit: " %" };
/// Events per second.
pub const RATE_PER_SECOND: Allowed = Allowed { low: 0.0, high: 1e12, unit: " per second" };
/// Powers of the resistance with which something grows.
pub const POWER: Allowed = Allowed { low: 0.0, high: 10.0, unit: "" };
/// Voltages across a cell, V.
pub const VOLTS: Allowed = Allowed { low: 1e-6, high: 100.0, unit: " V" };
/// Coefficients of |V| in a conductance over that at 0 V.
pub const QUADRATIC_PER_VOLT: Allowed = Allowed { low: -100.0, high: 100.0, unit: " per V" };
/// Coefficients of V² in a conductance over that at 0 V.
pub const CUBIC_PER_SQUARE_VOLT: Allowed = Allowed { low: -1000.0, high: 1000.0, unit: " per V²" };

impl Allowed {
    /// `value` if it lies in the range, which NaN does not.
    ///
    /// # Errors
    /// [`Problem::OutOfRange`] at `key`.
    pub fn check(self, key: &str, value: f64) -> Result<f64, SpecError> {
        if (self.low..=self.high).contains(&value) {
            Ok(value)
        } else {
            Err(SpecError::at(key, Problem::OutOfRange { value, allowed: self }))
        }
    }
}

impl IntegerRange {
    /// `value` if it is a whole number in the range.
    ///
    /// # Errors
    /// [`Problem::NotWhole`] at `key`.
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
        Ok(value)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<f64, E> {
        Ok(value as f64)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<f64, E> {
        Ok(value as f64)
    }
}

/// Reads a number; the error of anything else says "expected a number".
pub(crate) fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    deserializer.deserialize_f64(NumberVisitor)
}

struct Number(f64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Number, D::Error> {
        number(deserializer).map(Number)
    }
}

/// Reads the list of numbers of an optional key.
pub(crate) fn optional_numbers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<f64>>, D::Error> {
    let numbers = Vec::<Number>::deserialize(deserializer)?;
    Ok(Some(numbers.into_iter().map(|number| number.0).collect()))
}

/// Reads the number of an optional key. A key that is there holds a number: null is refused.
pub(crate) fn optional_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    number(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_whole_and_in_their_range() {
        assert_eq!(UNSIGNED_BITS.check("bits", 1.0), Ok(1));
        assert_eq!(UNSIGNED_BITS.check("bits", 24.0), Ok(24));
        for refused in [0.0, 25.0, 7.5, -1.0, f64::NAN, f64::INFINITY] {
            assert!(UNSIGNED_BITS.check("bits", refused).is_err());
        }
        let refused = SIGNED_BITS.check("bits", 0.0).unwrap_err();
        assert_eq!(refused.to_string(), "bits: got 0, must be a whole number from 2 to 24");
    }

    #[test]
    fn ends_are_allowed_and_nan_is_not() {
        assert_eq!(SIGMA_LN.check("s", 0.0), Ok(0.0));
        assert_eq!(SIGMA_LN.check("s", 3.0), Ok(3.0));
        for refused in [-0.1, 3.1, f64::NAN, f64::INFINITY] {
            assert!(SIGMA_LN.check("s", refused).is_err());
        }
        let refused = RESISTANCE_OHM.check("window.low_resistance_ohm", -5.0).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "window.low_resistance_ohm: got -5 ohm, must lie between 1 and 1000000000000 ohm"
        );
    }
}
