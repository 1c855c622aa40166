//! Statistics of outcomes, from the mean of a condition to what a study concludes.
//!
//! - [`Sample`]: mean, spread and interval of a condition; [`moments`]: what every test begins with, and what it refuses;
//! - [`t_test`], [`effect`], [`sign_test`]: two conditions; [`reference`](mod@reference): several against one; [`kruskal`], [`dunn`]:
//!   several, by their [`ranks`]; [`line`](mod@line): one over a number; [`holm`]: many tests at once;
//! - [`bootstrap`]: intervals of any statistic; [`normalised`]: how much noise a network bears; [`nested`]: where the
//!   variance comes from.
//!
//! Distributions (Student t, chi-squared, normal) are those of the statrs crate. Outcomes have whatever unit they come
//! in, accuracies as fractions; everything is f64. NaN and infinity are refused
//! everywhere but in [`Sample`]. Values of other programs stand in `tests/validation/statistics.rs`.

pub mod bootstrap;
pub mod dunn;
pub mod effect;
pub mod holm;
pub mod kruskal;
pub mod line;
pub mod moments;
pub mod nested;
pub mod normalised;
pub mod ranks;
pub mod reference;
mod sample;
pub mod sign_test;
pub mod t_test;

pub(crate) use bootstrap::quantile;
pub use sample::Sample;

/// Tests only: holds `got` against a value of another program, within a relative `tolerance`.
#[cfg(test)]
#[track_caller]
fn assert_close(got: f64, expected: f64, tolerance: f64) {
    assert!((got - expected).abs() <= tolerance * expected.abs(), "got {got}, expected {expected}");
}
