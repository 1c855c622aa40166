//! Float64 numbers that know how far float32 may be from them.
//!
//! ```text
//! u = 2^-24                                        half a unit in the last place of 1
//! fl(a + b) = (a + b)(1 + d), fl(a b) = a b (1 + d)    |d| <= u (IEEE 754, no underflow)
//!
//! a number:  value v, error e with |v32 - v| <= e, magnitude M = sum of the absolute values of its terms
//! input      e = |fl(v) - v|
//! product    e = Ma eb + Mb ea + ea eb, and u (Ma Mb + that) for its own rounding
//! sum of n   e = sum ei + n u / (1 - n u) (sum Mi + sum ei)     in whatever order it is taken (Higham, Accuracy and
//!            Stability of Numerical Algorithms, 2002, eq. 4.4)
//! ```
//!
//! Magnitudes instead of values make linear recursions safe against any order of the same operations.

use std::iter::Sum;
use std::ops::{Add, Mul, Sub};

/// Half a unit in the last place of 1 in float32.
pub const UNIT: f64 = f32::EPSILON as f64 / 2.0;
/// A float64 number and how far float32 may be from it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Number {
    pub value: f64,
    pub error: f64,
    magnitude: f64,
}

impl Number {
    /// A number that float32 rounds on the way in.
    pub fn input(value: f64) -> Number {
        Number { value, error: (f64::from(value as f32) - value).abs(), magnitude: value.abs() }
    }

    /// A number with a known error, the start of new sums.
    pub fn known(value: f64, error: f64) -> Number {
        Number { value, error, magnitude: value.abs() }
    }

    /// After so many roundings of a sum of its terms.
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
    /// The start of new sums, where float32 takes the same operations in the same order.
    pub fn settled(self) -> Number {
        Number::known(self.value, self.error)
    }

    /// Whether float32 must find it on the same side of `bound`.
    pub fn is_off(self, bound: f64) -> bool {
        (self.value - bound).abs() > self.error
    }
}
