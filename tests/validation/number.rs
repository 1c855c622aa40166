//! Float64 numbers with a bound on their difference from float32.
//!
//! ```text
//! u = 2^-24                   half a unit in the last place of 1
//! fl(a + b) = (a + b)(1 + d), fl(a b) = a b (1 + d)     |d| <= u (IEEE 754, no underflow)
//!
//! number:    value v, error e with |v32 - v| <= e, magnitude M = sum of the absolute values of its terms
//! input      e = |fl(v) - v|
//! product    e = Ma eb + Mb ea + ea eb, and u (Ma Mb + that) for its own rounding
//! sum of n   e = sum ei + n u / (1 - n u) (sum Mi + sum ei)     in any order (Higham, Accuracy and
//!            Stability of Numerical Algorithms, 2002, eq. 4.4)
//! ```
//!
//! Using magnitudes instead of values makes linear recursions safe for any order of the same operations.

use std::iter::Sum;
use std::ops::{Add, Mul, Sub};

/// Half a unit in the last place of 1 in float32.
pub const UNIT: f64 = f32::EPSILON as f64 / 2.0;
/// A float64 number with a bound on its difference from float32.
#[derive(Clone, Copy, Debug, Default)]
pub struct Number {
    pub value: f64,
    pub error: f64,
    magnitude: f64,
}

impl Number {
    /// Creates a number that float32 rounds.
    pub fn input(value: f64) -> Number {
        Number { value, error: (f64::from(value as f32) - value).abs(), magnitude: value.abs() }
    }

    /// Creates a number with a known error, as the start of new sums.
    pub fn known(value: f64, error: f64) -> Number {
        Number { value, error, magnitude: value.abs() }
    }

    /// Adds the error of this many roundings of a sum of its terms.
    pub fn rounded(self, roundings: f64) -> Number {
        let unit = roundings * UNIT / (1.0 - roundings * UNIT);
        Number { error: self.error + unit * (self.magnitude + self.error), ..self }
    }
}

impl Add for Number {
    type Output = Number;
    fn add(self, other: Number) -> Number {
        [self, other].into_iter().sum()
    }
}

impl Sum for Number {
    fn sum<I: Iterator<Item = Number>>(terms: I) -> Number {
        let (sum, count) = terms.fold((Number::default(), 0.0), |(sum, count), term| {
            let error = sum.error + term.error;
            (Number { value: sum.value + term.value, error, magnitude: sum.magnitude + term.magnitude }, count + 1.0)
        });
        sum.rounded(count)
    }
}

impl Mul for Number {
    type Output = Number;
    fn mul(self, other: Number) -> Number {
        let error = self.magnitude * other.error + other.magnitude * self.error + self.error * other.error;
        Number { value: self.value * other.value, error, magnitude: self.magnitude * other.magnitude }.rounded(1.0)
    }
}

impl Sub for Number {
    type Output = Number;
    fn sub(self, other: Number) -> Number {
        self + Number { value: -other.value, ..other }
    }
}

impl Number {
    /// Resets the magnitude to the value, where float32 has the same operations in the same order.
    pub fn settled(self) -> Number {
        Number::known(self.value, self.error)
    }

    /// Returns whether float32 must be on the same side of `bound`.
    pub fn is_off(self, bound: f64) -> bool {
        (self.value - bound).abs() > self.error
    }
}
