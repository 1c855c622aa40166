//! Two-sided paired t test for a difference between two conditions.
//!
//! ```text
//! d_i  =  a_i - b_i        for outcomes a, b with the same seeds in their shared streams
//! t    =  mean d / se      p = 2 P(T > |t|)        ci95 = mean d -+ t(0.975, degrees) se
//! ```
//!
//! Student (1908); se and degrees of freedom are those of [`super::draws`]. Conditions of one study share the draws of
//! a seed, so the common effect of a seed cancels. There is no test for fewer than three pairs, or if all differences
//! are equal, because these have no estimate of the spread.

use thiserror::Error;

use super::ALPHA;
use super::draws::{ByDraws, Drawn, distinct};
use super::estimate::{Estimate, MIN_REPEATS};
use super::holm::{holm, stars};
use super::power::least_shift;
use super::student_tail;

/// Power for [`Paired::least_difference`].
pub const POWER: f64 = 0.8;

/// Reason why two conditions cannot be compared.
#[derive(Clone, Copy, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum PairedError {
    /// Too few shared repeats.
    #[error("shared repeats: expected at least {MIN_REPEATS}, got {n}")]
    TooFew {
        /// Number of shared repeats.
        n: usize,
    },
    /// All pairs have the same difference.
    #[error("all {n} pairs differ by exactly {difference}")]
    NoSpread {
        /// Number of pairs.
        n: usize,
        /// The difference.
        difference: f64,
    },
}

/// Result of a paired test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Paired {
    /// Mean difference, first minus second.
    pub difference: f64,
    /// Difference divided by its standard error.
    pub t: f64,
    /// Number of independent pairs.
    pub n: usize,
    /// Two-sided p value: the probability of a `t` at least as far from 0 if there is no difference.
    pub p: f64,
    /// 95 % interval of the difference.
    pub ci95: (f64, f64),
    /// Standard error of the difference.
    pub standard_error: f64,
    /// Number of tests that `p` combines by Bonferroni's method; 1 for a t test.
    pub combined: usize,
}

impl Paired {
    /// Tests `a` against `b`.
    ///
    /// # Errors
    /// Returns an error for fewer than three shared repeats, or if all pairs have the same difference.
    pub fn new(a: &[Drawn], b: &[Drawn]) -> Result<Paired, PairedError> {
        Paired::from_differences(&differences(a, b))
    }

    /// Tests whether the mean of `differences` is 0.
    ///
    /// ```
    /// use ohmspike_stats::draws::Draws;
    /// use ohmspike_stats::paired::Paired;
    ///
    /// let differences = [(1, 0.1), (2, 0.2), (3, 0.3)].map(|(seed, value)| (Draws::all(seed), value));
    /// let test = Paired::from_differences(&differences)?;
    /// // se = 0.1 / sqrt(3); P(T > t) at two degrees is (1 - t / sqrt(2 + t^2)) / 2.
    /// assert!((test.t - 12f64.sqrt()).abs() < 1e-12);
    /// assert!((test.p - (1.0 - (12.0 / 14.0_f64).sqrt())).abs() < 1e-9);
    /// # Ok::<(), ohmspike_stats::paired::PairedError>(())
    /// ```
    ///
    /// # Errors
    /// As [`Paired::new`].
    pub fn from_differences(differences: &[Drawn]) -> Result<Paired, PairedError> {
        let sample = Estimate::from_drawn(differences);
        let n = sample.map_or(0, |sample| sample.n);
        let sample = sample.filter(|_| n >= MIN_REPEATS).ok_or(PairedError::TooFew { n })?;
        let standard_error = sample.standard_error.unwrap_or(0.0);
        let Some(ci95) = sample.ci95.filter(|_| standard_error > 0.0) else {
            return Err(PairedError::NoSpread { n, difference: sample.mean });
        };
        let t = sample.mean / standard_error;
        let p = (2.0 * student_tail(n - 1, t.abs())).min(1.0);
        Ok(Paired { difference: sample.mean, t, n, p, ci95, standard_error, combined: 1 })
    }

    /// Returns the smallest difference that a test at level `alpha` would detect with probability [`POWER`].
    pub fn least_difference(&self, alpha: f64) -> f64 {
        self.standard_error * least_shift(self.n - 1, alpha / self.combined as f64, POWER)
    }
}

/// Returns the differences `a` minus `b` of all outcomes with shared draws; copies count once.
pub fn differences(a: &[Drawn], b: &[Drawn]) -> Vec<Drawn> {
    let (a, b) = (distinct(a), distinct(b));
    let partners = ByDraws::new(&b, a.iter().map(|one| one.0));
    let pairs = a.iter().flat_map(|one| {
        let (partners, b) = (&partners, &b);
        partners.fitting(one.0).map(move |(place, draws)| (draws, one.1 - b[place].1))
    });
    pairs.collect()
}

/// A test in a family of tests.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adjusted {
    /// The test.
    pub test: Paired,
    /// p value, adjusted by Holm's method within the family.
    pub adjusted_p: f64,
    /// Number of tests in the family.
    pub family: usize,
}

impl Adjusted {
    /// Returns whether the two conditions differ significantly.
    pub fn differs(&self) -> bool {
        self.adjusted_p < ALPHA
    }

    /// Returns `*` to `***` for the adjusted p value.
    pub fn stars(&self) -> &'static str {
        stars(self.adjusted_p)
    }

    /// Returns the smallest difference that the family of tests would detect, whatever the other results.
    pub fn least_difference(&self) -> f64 {
        self.test.least_difference(ALPHA / self.family as f64)
    }
}

/// Adjusts a family of tests together. Missing tests do not count.
pub fn adjusted(tests: Vec<Result<Paired, PairedError>>) -> Vec<Result<Adjusted, PairedError>> {
    let p_values: Vec<f64> = tests.iter().flatten().map(|test| test.p).collect();
    let mut adjusted = holm(&p_values).expect("p values of tests are probabilities").into_iter();
    let family = p_values.len();
    let one = |test: Result<Paired, PairedError>| {
        let test = test?;
        Ok(Adjusted { test, adjusted_p: adjusted.next().unwrap_or(test.p), family })
    };
    tests.into_iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::super::draws::Draws;
    use super::*;

    fn drawn(values: &[f64]) -> Vec<Drawn> {
        (1..).zip(values).map(|(seed, value)| (Draws::all(seed), *value)).collect()
    }

    #[test]
    fn common_effects_of_a_seed_cancel() {
        let (a, b) = (drawn(&[0.5, 0.7, 0.9]), drawn(&[0.49, 0.688, 0.891]));
        let test = Paired::new(&a, &b).expect("three pairs");
        assert!(test.p < 0.02 && (test.difference - 0.031 / 3.0).abs() < 1e-12, "{test:?}");
        let turned = Paired::new(&b, &a).expect("three pairs");
        assert_eq!((turned.difference, turned.p), (-test.difference, test.p));
    }

    #[test]
    fn outcomes_are_paired_by_shared_draws() {
        // A noise-free network draws no writes.
        let clean = [1, 2, 3].map(|seed| (Draws([Some(seed), Some(seed), None, None, None]), seed as f64));
        let noisy = [3, 1, 2].map(|seed| (Draws::all(seed), 2.0 * seed as f64));
        let found = differences(&noisy, &clean);
        assert_eq!(found, [3, 1, 2].map(|seed| (Draws::all(seed), seed as f64)));
        assert_eq!(Paired::new(&noisy, &clean).map(|test| test.n), Ok(3));
    }

    #[test]
    fn reports_pairs_without_a_test() {
        let (two, three) = (drawn(&[0.5, 0.6]), drawn(&[0.5, 0.6, 0.7]));
        assert_eq!(Paired::new(&two, &three), Err(PairedError::TooFew { n: 2 }));
        assert_eq!(Paired::new(&[], &three), Err(PairedError::TooFew { n: 0 }));
        assert_eq!(Paired::new(&three, &three), Err(PairedError::NoSpread { n: 3, difference: 0.0 }));
    }

    #[test]
    fn missing_tests_do_not_count_in_the_adjustment() {
        let (a, b) = (drawn(&[0.5, 0.7, 0.9]), drawn(&[0.49, 0.688, 0.891]));
        let all = adjusted(vec![Paired::new(&a, &b), Paired::new(&a, &a), Paired::new(&b, &a)]);
        let first = all[0].expect("a test");
        assert_eq!((first.family, first.adjusted_p), (2, 2.0 * first.test.p));
        assert!(all[1].is_err() && first.differs());
    }
}
