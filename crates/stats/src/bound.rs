//! One-sided bound of a mean.
//!
//! ```text
//! mean >= sample mean - t(1 - alpha, n - 1) sd / sqrt(n)        Student (1908), with confidence 1 - alpha
//! ```
//!
//! Exact for independent normal outcomes. A sample of equal values has no spread: its bound is the value itself.

use statrs::distribution::{ContinuousCDF, Normal};

use super::moments::Moments;
use super::student;

/// Returns the distance of the bound from the mean of `n` outcomes, in sample standard deviations.
///
/// ```
/// use ohmspike_stats::bound::distance;
///
/// // t(0.95, 7) = 1.894579 in any table.
/// assert!((distance(8, 0.05) * 8f64.sqrt() - 1.894_579).abs() < 1e-6);
/// ```
///
/// # Panics
/// Panics for fewer than two outcomes.
pub fn distance(n: usize, alpha: f64) -> f64 {
    student(n - 1, 1.0 - alpha) / (n as f64).sqrt()
}

/// Returns the lower bound of a mean at level `alpha`.
///
/// ```
/// use ohmspike_stats::{bound::lower, moments::Moments};
///
/// let sample = Moments::new(&[0.6, 0.7, 0.8])?;
/// // t(0.95, 2) = 2.919986, times 0.1 / sqrt(3).
/// assert!((0.7 - lower(&sample, 0.05) - 0.168_585).abs() < 1e-6);
/// # Ok::<(), ohmspike_stats::moments::SampleError>(())
/// ```
pub fn lower(sample: &Moments, alpha: f64) -> f64 {
    sample.mean - distance(sample.n as usize, alpha) * sample.variance.sqrt()
}

/// Returns the upper bound of a mean at level `alpha`.
pub fn upper(sample: &Moments, alpha: f64) -> f64 {
    sample.mean + distance(sample.n as usize, alpha) * sample.variance.sqrt()
}

/// Returns the number of standard deviations above the mean that a fraction `upper` of a normal distribution exceeds.
///
/// ```
/// use ohmspike_stats::bound::normal_quantile_above;
///
/// assert!((normal_quantile_above(0.05) - 1.644_854).abs() < 1e-6);
/// ```
pub fn normal_quantile_above(upper: f64) -> f64 {
    -Normal::standard().inverse_cdf(upper)
}
