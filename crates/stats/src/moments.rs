//! Mean and variance of a sample.
//!
//! ```text
//! mean = sum x / n        variance = sum (x - mean)^2 / (n - 1)
//! ```

use thiserror::Error;

/// Reason why a statistic does not exist.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum SampleError {
    /// Too few values or groups.
    #[error("{what}: expected at least {least}, got {got}")]
    TooFew {
        /// Name of the quantity.
        what: &'static str,
        /// Smallest number.
        least: usize,
        /// Actual number.
        got: usize,
    },
    /// NaN, or a value so large that its square overflows.
    #[error("value {number} of a sample: expected -1e100 to 1e100, got {value}")]
    OutOfRange {
        /// Position in the sample, from 1.
        number: usize,
        /// The invalid value.
        value: f64,
    },
    /// All values are equal, but the statistic divides by their spread.
    #[error("samples: expected different values, got {value} only")]
    NoSpread {
        /// The first value.
        value: f64,
    },
}

/// Mean and variance of a sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moments {
    /// Number of values, at least 2.
    pub n: f64,
    /// Mean.
    pub mean: f64,
    /// Unbiased variance; exactly 0 if all values are equal.
    pub variance: f64,
}

impl Moments {
    /// Computes the moments of `sample`.
    ///
    /// # Errors
    /// [`SampleError::TooFew`] for fewer than two values, [`SampleError::OutOfRange`] for NaN and for values beyond
    /// 1e100.
    ///
    /// ```
    /// use ohmspike_stats::moments::Moments;
    ///
    /// assert_eq!(Moments::new(&[1.0, 2.0, 3.0])?, Moments { n: 3.0, mean: 2.0, variance: 1.0 });
    /// # Ok::<(), ohmspike_stats::moments::SampleError>(())
    /// ```
    pub fn new(sample: &[f64]) -> Result<Moments, SampleError> {
        check("values of a sample", sample, 2)?;
        let n = sample.len() as f64;
        if all_equal(sample) {
            return Ok(Moments { n, mean: sample[0], variance: 0.0 });
        }
        let mean = sample.iter().sum::<f64>() / n;
        let variance = sample.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0);
        Ok(Moments { n, mean, variance })
    }
}

/// Returns whether sums of squares of `value` are finite; false for NaN.
pub(super) fn in_range(value: f64) -> bool {
    value.abs() <= 1e100
}

/// Checks that there are at least `least` values and that all are in range.
pub(super) fn check(what: &'static str, sample: &[f64], least: usize) -> Result<(), SampleError> {
    if sample.len() < least {
        return Err(SampleError::TooFew { what, least, got: sample.len() });
    }
    match sample.iter().position(|&value| !in_range(value)) {
        Some(place) => Err(SampleError::OutOfRange { number: place + 1, value: sample[place] }),
        None => Ok(()),
    }
}

/// Returns whether all values are equal, without sums, which round.
pub(super) fn all_equal(sample: &[f64]) -> bool {
    sample.iter().all(|&value| value == sample[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_have_zero_variance() {
        let moments = Moments::new(&[0.1, 0.1, 0.1]).expect("three values");
        assert_eq!((moments.mean, moments.variance), (0.1, 0.0));
    }

    #[test]
    fn rejects_samples_without_moments() {
        let message = |sample: &[f64]| Moments::new(sample).expect_err("no moments").to_string();
        assert_eq!(message(&[]), "values of a sample: expected at least 2, got 0");
        assert_eq!(message(&[1.0]), "values of a sample: expected at least 2, got 1");
        assert_eq!(message(&[1.0, f64::NAN]), "value 2 of a sample: expected -1e100 to 1e100, got NaN");
        assert_eq!(message(&[f64::INFINITY, 1.0]), "value 1 of a sample: expected -1e100 to 1e100, got inf");
    }
}
