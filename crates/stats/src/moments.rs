//! Mean and variance of a sample that has both.
//!
//! ```text
//! mean = sum x / n        variance = sum (x - mean)^2 / (n - 1)
//! ```

use thiserror::Error;

/// Why a statistic does not exist for some samples.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum SampleError {
    /// A statistic of spread needs more values, or one of groups more groups.
    #[error("{what}: must be at least {least}, got {got}")]
    TooFew {
        /// What there are too few of.
        what: &'static str,
        /// How many it takes.
        least: usize,
        /// How many there are.
        got: usize,
    },
    /// NaN is no outcome, and squares of larger values overflow.
    #[error("value {number} of a sample: must be from -1e100 to 1e100, got {value}")]
    OutOfRange {
        /// Place in the sample, from 1.
        number: usize,
        /// What stands there.
        value: f64,
    },
    /// All values are equal, where the statistic divides by their spread.
    #[error("samples: must spread, got {value} throughout")]
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
    /// Variance, unbiased; exactly 0 where all values are equal.
    pub variance: f64,
}

impl Moments {
    /// Moments of `sample`.
    ///
    /// # Errors
    /// [`SampleError::TooFew`] below two values, [`SampleError::OutOfRange`] for NaN and for values beyond 1e100.
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

/// Whether sums of squares of `value` stay finite; NaN does not.
pub(super) fn in_range(value: f64) -> bool {
    value.abs() <= 1e100
}

/// Refuses fewer than `least` values, and values out of range.
pub(super) fn check(what: &'static str, sample: &[f64], least: usize) -> Result<(), SampleError> {
    if sample.len() < least {
        return Err(SampleError::TooFew { what, least, got: sample.len() });
    }
    match sample.iter().position(|&value| !in_range(value)) {
        Some(place) => Err(SampleError::OutOfRange { number: place + 1, value: sample[place] }),
        None => Ok(()),
    }
}

/// Sums of equal values round, so that their spread is told from the values themselves.
pub(super) fn all_equal(sample: &[f64]) -> bool {
    sample.iter().all(|&value| value == sample[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_have_no_variance_at_all() {
        let moments = Moments::new(&[0.1, 0.1, 0.1]).expect("three values");
        assert_eq!((moments.mean, moments.variance), (0.1, 0.0));
    }

    #[test]
    fn samples_without_moments_are_refused() {
        let message = |sample: &[f64]| Moments::new(sample).expect_err("no moments").to_string();
        assert_eq!(message(&[]), "values of a sample: must be at least 2, got 0");
        assert_eq!(message(&[1.0]), "values of a sample: must be at least 2, got 1");
        assert_eq!(message(&[1.0, f64::NAN]), "value 2 of a sample: must be from -1e100 to 1e100, got NaN");
        assert_eq!(message(&[f64::INFINITY, 1.0]), "value 1 of a sample: must be from -1e100 to 1e100, got inf");
    }
}
