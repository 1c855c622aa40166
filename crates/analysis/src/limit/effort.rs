//! Numbers of seeds and attempts, and the levels of their tests.
//!
//! ```text
//! alpha_k  =  alpha / 2^k          attempt k = 1 ... K - 1
//! alpha_K  =  alpha / 2^(K - 1)    last attempt                   sum over k of alpha_k = alpha = 1 - confidence
//!
//! mean:    n seeds in each attempt; certified if  mean - t(1 - alpha_k, n - 1) sd / sqrt(n) >= 0
//! chips:   n_k = the least n with P(X <= a; n, 1 - p) <= alpha_k;  certified if at most a of n_k chips fail
//!          refuted if at least r fail, the least r with P(X >= r; n_k, 1 - p) <= alpha_k
//! ```
//!
//! By Bonferroni's inequality, the probability of a wrong certificate is at most the sum, alpha, for any shape of the
//! curve. The same holds for refutations, which spend an alpha of their own. With `attempts = 1`, 59 chips without
//! failure certify 95 % of chips at 95 % confidence (93 with one failure, 124 with two). With more attempts, the first
//! one tests at 2.5 % and needs 72, 110 or 142 chips: an unchanged first test would leave no error for the others.

use ohmspike_stats::MIN_REPEATS;
use ohmspike_stats::binomial::{least_failures, least_trials, upper_bound};
use ohmspike_stats::bound::{distance, normal_quantile_above};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::criterion::{Criterion, Statistic};

/// Probability with which the first certification should succeed. The search aims at the harshest such level.
pub const POWER: f64 = 0.8;
/// Largest number of seeds of one kind, chosen: more than anybody can train.
const MAX_SEEDS: u64 = 100_000;
/// Largest number of attempts; the last ones have a level of 1e-7.
const MAX_ATTEMPTS: u32 = 20;

/// How much to spend on a limit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Effort {
    /// Seeds of the search, shared by all levels.
    pub search_seeds: u64,
    /// Fresh seeds per attempt to certify or refute a mean.
    pub mean_seeds: u64,
    /// Chips that may fail in an attempt to certify a fraction of chips.
    pub allowed_failures: u64,
    /// Attempts to certify, and attempts to refute.
    pub attempts: u32,
    /// Shortens the training in the search while the answer is clear.
    pub short_training: bool,
    /// Chips per batch; an attempt ends early once its result is certain.
    pub chips_per_batch: u64,
    /// Number of the first seed; the search and each attempt use consecutive numbers.
    pub first_seed: u64,
    /// Smallest number of a fresh seed: tests of other questions have seen the earlier ones. The tests start here, or after
    /// the seeds of the search if these end later.
    #[serde(default)]
    pub fresh_from: u64,
}

impl Default for Effort {
    /// Chosen so that a search takes tens of trials for a mean, and hundreds for chips; the table of [`limit`](super) has the
    /// simulated numbers and errors.
    fn default() -> Effort {
        Effort {
            search_seeds: 4,
            mean_seeds: 8,
            allowed_failures: 1,
            attempts: 6,
            short_training: false,
            chips_per_batch: 16,
            first_seed: 0,
            fresh_from: 0,
        }
    }
}

/// Reason why an effort is invalid.
#[derive(Clone, Debug, Error, PartialEq)]
#[error("{what}: expected {least} to {most}, got {got}")]
pub struct EffortError {
    /// Name of the number.
    pub what: &'static str,
    /// Smallest value.
    pub least: u64,
    /// Largest value.
    pub most: u64,
    /// The invalid value.
    pub got: u64,
}

impl Effort {
    /// Checks the numbers.
    ///
    /// # Errors
    /// Returns an error for a number that is out of range.
    pub fn check(&self) -> Result<(), EffortError> {
        let ranges = [
            ("search seeds", 2, MAX_SEEDS, self.search_seeds),
            ("seeds per attempt", MIN_REPEATS as u64, MAX_SEEDS, self.mean_seeds),
            ("allowed failures", 0, MAX_SEEDS, self.allowed_failures),
            ("attempts", 1, u64::from(MAX_ATTEMPTS), u64::from(self.attempts)),
            ("chips per batch", 1, MAX_SEEDS, self.chips_per_batch),
            ("first seed", 0, 1 << 62, self.first_seed),
            ("first fresh seed", 0, 1 << 62, self.fresh_from),
        ];
        let wrong = ranges.into_iter().find(|(_, least, most, got)| !(least..=most).contains(&got));
        wrong.map_or(Ok(()), |(what, least, most, got)| Err(EffortError { what, least, most, got }))
    }
}

/// Test of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Test {
    /// Level of the test, a part of 1 - confidence.
    pub alpha: f64,
    /// Number of fresh seeds; with a loss, each takes a trial of the noise-free network as well.
    pub seeds: u64,
    /// Distance of the bound of a mean from the mean, in standard deviations.
    pub(super) distance: f64,
}

/// Returns the tests of all attempts, first to last.
pub(super) fn tests(criterion: &Criterion, effort: &Effort) -> Vec<Test> {
    let last = effort.attempts;
    let test = |attempt: u32| {
        let alpha = criterion.alpha() / 2f64.powi(attempt.min(last - 1) as i32);
        let seeds = match criterion.statistic {
            Statistic::Mean => effort.mean_seeds,
            Statistic::Chips(fraction) => least_trials(effort.allowed_failures, fraction, alpha),
        };
        Test { alpha, seeds, distance: distance(effort.mean_seeds as usize, alpha) }
    };
    (1..=last).map(test).collect()
}

/// Standard deviations of the margins that separate the mean margin from 0 at the levels where the first certification
/// and the first refutation have a probability of [`POWER`].
///
/// ```text
/// mean     certify at m - c sd >= 0,   c = (t(1 - alpha_1, n - 1) + t(power, n - 1)) / sqrt(n);   refute with -c
/// chips    certify:  P(X <= a; n_1, q) = power,         c = z(1 - q)       normal margins: P(margin < 0) = q
///          refute:   P(X >= r; n_1, q) = power,         c = z(1 - q)
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Aim {
    /// Certification.
    pub certify: f64,
    /// Refutation.
    pub refute: f64,
}

impl Aim {
    pub fn new(criterion: &Criterion, effort: &Effort, first: &Test) -> Aim {
        match criterion.statistic {
            Statistic::Mean => {
                let certify = first.distance + distance(effort.mean_seeds as usize, 1.0 - POWER);
                Aim { certify, refute: -certify }
            }
            Statistic::Chips(fraction) => {
                let passing = upper_bound(effort.allowed_failures, first.seeds, POWER);
                let refuting = match least_failures(first.seeds, fraction, first.alpha) {
                    Some(failures) => upper_bound(failures - 1, first.seeds, 1.0 - POWER),
                    None => 1.0,
                };
                // The quantile of 1 is infinite.
                Aim { certify: normal_quantile_above(passing), refute: normal_quantile_above(refuting.min(1.0 - 1e-9)) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::criterion::Target;
    use super::*;

    const CHIPS: Criterion =
        Criterion { target: Target::Accuracy(0.7), statistic: Statistic::Chips(0.95), confidence: 0.95, chance: 0.1 };

    /// Wilks's sizes apply to a single attempt; several attempts share the error.
    #[test]
    fn attempts_spend_alpha_once() {
        for attempts in [1, 2, 6, 20] {
            let tests = tests(&CHIPS, &Effort { attempts, ..Effort::default() });
            let spent: f64 = tests.iter().map(|test| test.alpha).sum();
            assert!((spent - 0.05).abs() < 1e-12 && tests.len() == attempts as usize, "{attempts}: {spent}");
        }
        for (attempts, sizes) in [(1, [59, 93, 124]), (6, [72, 110, 142])] {
            let of = |allowed_failures| tests(&CHIPS, &Effort { attempts, allowed_failures, ..Effort::default() });
            assert_eq!([0, 1, 2].map(|failures| of(failures)[0].seeds), sizes);
        }
    }

    #[test]
    fn the_first_certification_has_the_stated_power() {
        let effort = Effort::default();
        let first = tests(&CHIPS, &effort)[0];
        let aim = Aim::new(&CHIPS, &effort, &first);
        // scipy.stats: binom.cdf(1, 110, q) = 0.8 at q = 0.0075005, norm.isf(q) = 2.4323554. To refute, r = 11 of 110:
        // binom.sf(10, 110, q) = 0.8 at q = 0.1220215, norm.isf(q) = 1.1649407.
        let close = (aim.certify - 2.4323554).abs() < 1e-6 && (aim.refute - 1.1649407).abs() < 1e-6;
        assert!(close, "{aim:?}");
    }

    #[test]
    fn rejects_numbers_out_of_range() {
        let message = |effort: Effort| effort.check().expect_err("an invalid effort").to_string();
        let effort = Effort::default();
        assert_eq!(message(Effort { search_seeds: 1, ..effort }), "search seeds: expected 2 to 100000, got 1");
        assert_eq!(message(Effort { attempts: 0, ..effort }), "attempts: expected 1 to 20, got 0");
        assert_eq!(effort.check(), Ok(()));
    }
}
