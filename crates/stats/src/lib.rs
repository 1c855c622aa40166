//! Statistics of outcomes, from the mean of a condition to the conclusions of a study.
//!
//! - [`draws`]: independent repeats among outcomes; [`Estimate`]: mean, standard deviation and interval of a condition;
//!   [`moments`]: mean and variance with input checks for all tests;
//! - [`paired`]: tests for a difference between two conditions; [`power`]: detectable differences; [`holm`]: multiple
//!   tests; [`equivalence`]: agreement of a mean with a claimed number;
//! - [`bound`], [`binomial`]: one-sided bounds of a mean and of a probability;
//! - [`line`](mod@line): linear fit of an outcome; [`normalised`]: noise tolerance of a network; [`nested`]: variance
//!   components; [`quantile`]: quantiles of sorted numbers.
//!
//! Distributions (Student t, chi-squared, normal) come from the statrs crate. Outcomes keep their unit (accuracies are
//! fractions), and all numbers are f64. NaN and infinity are errors everywhere except in [`Estimate`].
//! `tests/validation/statistics.rs` compares results with other programs, and `tests/validation/coverage.rs` tests the
//! coverage of the intervals.

pub mod binomial;
pub mod bound;
pub mod draws;
pub mod equivalence;
mod estimate;
pub mod holm;
pub mod line;
pub mod moments;
pub mod nested;
pub mod normalised;
pub mod paired;
pub mod power;
pub mod quantile;

pub use estimate::{Estimate, MIN_REPEATS};
use statrs::distribution::{ContinuousCDF, StudentsT};

/// Significance level of every test and 1 - confidence level of every interval: 5 %, two-sided.
pub const ALPHA: f64 = 0.05;

/// Returns a quantile of Student's t distribution.
fn student(degrees: usize, level: f64) -> f64 {
    StudentsT::new(0.0, 1.0, degrees as f64).expect("at least one degree of freedom").inverse_cdf(level)
}

/// Returns P(T > t).
fn student_tail(degrees: usize, t: f64) -> f64 {
    StudentsT::new(0.0, 1.0, degrees as f64).expect("at least one degree of freedom").sf(t)
}

/// Runs the examples in the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
