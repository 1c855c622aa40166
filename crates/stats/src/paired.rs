//! Whether two conditions differ: a t test of the differences between outcomes that share their draws, two-sided.
//!
//! ```text
//! d_i   = a_i - b_i        for outcomes a, b whose shared streams have the same seeds
//! t     = mean d / se      p = 2 P(T > |t|)       ci95 = mean d -+ t(0.975, degrees) se
//! ```
//!
//! Student (1908); se and degrees are those of [`super::draws`]. Conditions of one study share the draws of a seed, so
//! that what a seed adds to both cancels. There is no test below three pairs. Differences that are all equal have no
//! test either: they say nothing of their spread.

use thiserror::Error;

use super::ALPHA;
use super::draws::{ByDraws, Drawn, distinct};
use super::estimate::{Estimate, LEAST_REPEATS};
use super::holm::{holm, stars};
use super::power::least_shift;
use super::student_tail;

/// Power at which [`Paired::least_difference`] would have been found.
pub const POWER: f64 = 0.8;

/// Why two conditions cannot be compared.
#[derive(Clone, Copy, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum PairedError {
    /// Too few repeats that both conditions have.
    #[error("{n} shared repeats, fewer than {LEAST_REPEATS}")]
    TooFew {
        /// How many there are.
        n: usize,
    },
    /// All pairs differ by the same.
    #[error("every pair of {n} differs by exactly {difference}")]
    NoSpread {
        /// Number of pairs.
        n: usize,
        /// By what.
        difference: f64,
    },
}

/// What the test finds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Paired {
    /// Mean difference, first less second.
    pub difference: f64,
    /// Difference over its standard error.
    pub t: f64,
    /// Number of independent pairs.
    pub n: usize,
    /// Probability of a `t` at least as far from 0, either side, if there is no difference.
    pub p: f64,
    /// 95 % interval of the difference.
    pub ci95: (f64, f64),
    /// Standard error of the difference.
    pub standard_error: f64,
}

impl Paired {
    /// The test of `a` against `b`.
    ///
    /// # Errors
    /// [`PairedError`] below three shared repeats, and where all pairs differ by the same.
    pub fn new(a: &[Drawn], b: &[Drawn]) -> Result<Paired, PairedError> {
        Paired::from_differences(&differences(a, b))
    }

    /// The test of whether `differences` are 0 on average.
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
        let n = Estimate::from_drawn(differences).map_or(0, |sample| sample.n);
        let sample = Estimate::from_drawn(differences).filter(|sample| sample.n >= LEAST_REPEATS);
        let sample = sample.ok_or(PairedError::TooFew { n })?;
        let standard_error = sample.standard_error.unwrap_or(0.0);
        let Some(ci95) = sample.ci95.filter(|_| standard_error > 0.0) else {
            return Err(PairedError::NoSpread { n, difference: sample.mean });
        };
        let t = sample.mean / standard_error;
        let p = (2.0 * student_tail(n - 1, t.abs())).min(1.0);
        Ok(Paired { difference: sample.mean, t, n, p, ci95, standard_error })
    }

    /// The smallest difference that a test at level `alpha` would have found in [`POWER`] of all repetitions of the study.
    pub fn least_difference(&self, alpha: f64) -> f64 {
        self.standard_error * least_shift(self.n - 1, alpha, POWER)
    }
}

/// The differences `a` less `b` of all outcomes that share their draws; copies count once.
pub fn differences(a: &[Drawn], b: &[Drawn]) -> Vec<Drawn> {
    let (a, b) = (distinct(a), distinct(b));
    let partners = ByDraws::new(&b, a.iter().map(|one| one.0));
    let pairs = a.iter().flat_map(|one| {
        let (partners, b) = (&partners, &b);
        partners.fitting(one.0).map(move |(place, draws)| (draws, one.1 - b[place].1))
    });
    pairs.collect()
}

/// One of several tests.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adjusted {
    /// The test.
    pub test: Paired,
    /// Its p value, adjusted by Holm over the family.
    pub adjusted_p: f64,
    /// Tests of the family.
    pub family: usize,
}

impl Adjusted {
    /// Whether the two conditions differ.
    pub fn differs(&self) -> bool {
        self.adjusted_p < ALPHA
    }

    /// `*` to `***` by the adjusted p value.
    pub fn stars(&self) -> &'static str {
        stars(self.adjusted_p)
    }

    /// The smallest difference that the family of tests could have found, whatever the others say.
    pub fn least_difference(&self) -> f64 {
        self.test.least_difference(ALPHA / self.family as f64)
    }
}

/// A family of tests, adjusted together. Those that do not exist do not count.
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
    fn what_a_seed_adds_to_both_cancels() {
        let (a, b) = (drawn(&[0.5, 0.7, 0.9]), drawn(&[0.49, 0.688, 0.891]));
        let test = Paired::new(&a, &b).expect("three pairs");
        assert!(test.p < 0.02 && (test.difference - 0.031 / 3.0).abs() < 1e-12, "{test:?}");
        let turned = Paired::new(&b, &a).expect("three pairs");
        assert_eq!((turned.difference, turned.p), (-test.difference, test.p));
    }

    #[test]
    fn outcomes_are_paired_by_the_draws_that_both_have() {
        // Without noise a network does not draw its writes.
        let clean = [1, 2, 3].map(|seed| (Draws([Some(seed), Some(seed), None, None, None]), seed as f64));
        let noisy = [3, 1, 2].map(|seed| (Draws::all(seed), 2.0 * seed as f64));
        let found = differences(&noisy, &clean);
        assert_eq!(found, [3, 1, 2].map(|seed| (Draws::all(seed), seed as f64)));
        assert_eq!(Paired::new(&noisy, &clean).map(|test| test.n), Ok(3));
    }

    #[test]
    fn pairs_without_a_test_are_told() {
        let (two, three) = (drawn(&[0.5, 0.6]), drawn(&[0.5, 0.6, 0.7]));
        assert_eq!(Paired::new(&two, &three), Err(PairedError::TooFew { n: 2 }));
        assert_eq!(Paired::new(&[], &three), Err(PairedError::TooFew { n: 0 }));
        assert_eq!(Paired::new(&three, &three), Err(PairedError::NoSpread { n: 3, difference: 0.0 }));
    }

    #[test]
    fn missing_tests_are_not_adjusted_for() {
        let (a, b) = (drawn(&[0.5, 0.7, 0.9]), drawn(&[0.49, 0.688, 0.891]));
        let all = adjusted(vec![Paired::new(&a, &b), Paired::new(&a, &a), Paired::new(&b, &a)]);
        let first = all[0].expect("a test");
        assert_eq!((first.family, first.adjusted_p), (2, 2.0 * first.test.p));
        assert!(all[1].is_err() && first.differs());
    }
}
