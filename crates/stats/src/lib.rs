//! Statistics of outcomes, from the mean of a condition to what a study concludes.
//!
//! - [`draws`]: which outcomes are independent repeats; [`Estimate`]: mean, spread and interval of a condition;
//!   [`moments`]: what every test begins with, and what it refuses;
//! - [`paired`]: whether two conditions differ; [`power`]: which difference would have been found; [`holm`]: many tests
//!   at once; [`equivalence`]: whether a mean is the number that somebody claims;
//! - [`line`](mod@line): an outcome over a number; [`normalised`]: how much noise a network tolerates; [`nested`]: where
//!   the variance comes from.
//!
//! Distributions (Student t, chi-squared, normal) are those of the statrs crate. Outcomes have whatever unit they come
//! in, accuracies as fractions; everything is f64. NaN and infinity are refused everywhere but in [`Estimate`]. Values of
//! other programs are in `tests/validation/statistics.rs`, the coverage of intervals in `tests/validation/coverage.rs`.

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

pub use estimate::{Estimate, LEAST_REPEATS};
use statrs::distribution::{ContinuousCDF, StudentsT};

/// The level of every test and the complement of every interval: 5 %, two-sided.
pub const ALPHA: f64 = 0.05;

/// Quantile of Student's t.
fn student(degrees: usize, level: f64) -> f64 {
    StudentsT::new(0.0, 1.0, degrees as f64).expect("at least one degree of freedom").inverse_cdf(level)
}

/// P(T > t).
fn student_tail(degrees: usize, t: f64) -> f64 {
    StudentsT::new(0.0, 1.0, degrees as f64).expect("at least one degree of freedom").sf(t)
}

/// Runs the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
