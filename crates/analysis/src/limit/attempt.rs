//! Attempts to certify or to refute a level with fresh seeds.
//!
//! An attempt on chips reads them in the order of their seeds and ends once the rest cannot change its result. So its
//! result depends neither on the order of execution nor on further outcomes.

use std::ops::Range;

use ohmspike_stats::binomial::{least_failures, lower_bound, upper_bound};
use ohmspike_stats::moments::Moments;
use serde::{Deserialize, Serialize};

use super::criterion::{Criterion, ROUNDING, Statistic};
use super::effort::{Effort, Test};
use super::trials::{Batch, Ledger, Purpose, Sample, Training};

/// Result of an attempt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    /// Index of the level.
    pub level: usize,
    /// Level of the test, a part of 1 - confidence.
    pub alpha: f64,
    /// Numbers of the seeds; for chips, those of a complete attempt.
    pub seeds: Range<u64>,
    /// The outcomes behind the result.
    pub evidence: Evidence,
    /// Whether the level is certified or refuted.
    pub succeeded: bool,
}

/// Outcomes of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Evidence {
    /// For a mean.
    Mean {
        /// Number of seeds.
        seeds: u64,
        /// Mean accuracy or loss, in the unit of the target.
        mean: f64,
        /// Standard deviation.
        sd: f64,
        /// One-sided bound of the mean: the worst one to certify, the best one to refute.
        bound: f64,
    },
    /// For a fraction of chips.
    Chips {
        /// Chips until the result was certain.
        chips: u64,
        /// Chips that missed the target among them.
        failures: u64,
        /// Chips of a complete attempt.
        planned: u64,
        /// One-sided bound of the fraction of good chips: a lower one to certify, with all other planned chips counted
        /// as failures; an upper one to refute, with all of them counted as good.
        bound: f64,
    },
}

/// Runs the attempts.
pub(super) struct Examiner<'a> {
    pub criterion: &'a Criterion,
    pub effort: &'a Effort,
    pub purpose: Purpose,
}

impl Examiner<'_> {
    /// Examines a level with `seeds` at the level of `test`.
    ///
    /// # Errors
    /// Returns the trials to run next.
    pub fn examine(&self, level: usize, test: &Test, seeds: Range<u64>, ledger: &mut Ledger) -> Result<Attempt, Batch> {
        let sample = Sample {
            level: Some(level),
            training: Training::Full,
            paired: self.criterion.is_paired(),
            purpose: self.purpose,
        };
        let (evidence, succeeded) = match self.criterion.statistic {
            Statistic::Mean => self.mean(sample, test, seeds.clone(), ledger)?,
            Statistic::Chips(fraction) => {
                let (chips, failures) = self.chips(sample, test, fraction, seeds.clone(), ledger)?;
                self.judge(chips, failures, seeds.end - seeds.start, (fraction, test.alpha))
            }
        };
        Ok(Attempt { level, alpha: test.alpha, seeds, evidence, succeeded })
    }

    fn mean(
        &self,
        sample: Sample,
        test: &Test,
        seeds: Range<u64>,
        ledger: &mut Ledger,
    ) -> Result<(Evidence, bool), Batch> {
        let pairs = ledger.pairs(sample, seeds)?;
        let margins: Vec<f64> =
            pairs.into_iter().map(|(one, reference)| self.criterion.margin(one, reference).value).collect();
        let moments = Moments::new(&margins).expect("an attempt has at least three seeds with accuracies");
        let sd = moments.variance.sqrt();
        let (bound, succeeded) = if self.refutes() {
            let bound = moments.mean + test.distance * sd;
            (bound, bound < -ROUNDING)
        } else {
            let bound = moments.mean - test.distance * sd;
            (bound, bound >= -ROUNDING)
        };
        let [mean, bound] = [moments.mean, bound].map(|margin| self.criterion.in_its_unit(margin));
        Ok((Evidence::Mean { seeds: margins.len() as u64, mean, sd, bound }, succeeded))
    }

    /// Returns the numbers of chips and of failures at which the result is certain.
    fn chips(
        &self,
        sample: Sample,
        test: &Test,
        fraction: f64,
        seeds: Range<u64>,
        ledger: &mut Ledger,
    ) -> Result<(u64, u64), Batch> {
        let planned = seeds.end - seeds.start;
        // With this number of failures, a certification fails or a refutation succeeds.
        let enough = if self.refutes() {
            least_failures(planned, fraction, test.alpha).unwrap_or(planned + 1)
        } else {
            self.effort.allowed_failures + 1
        };
        let (mut chips, mut failures) = (0, 0);
        while failures < enough && failures + (planned - chips) >= enough {
            let seed = seeds.start + chips;
            let Some((one, reference)) = ledger.pair(sample, seed) else {
                let end = seeds.end.min(seed + self.effort.chips_per_batch);
                return Err(ledger.missing(sample, seed..end));
            };
            chips += 1;
            failures += u64::from(!self.criterion.margin(one, reference).met);
        }
        Ok((chips, failures))
    }

    fn judge(&self, chips: u64, failures: u64, planned: u64, (fraction, alpha): (f64, f64)) -> (Evidence, bool) {
        let (bound, succeeded) = if self.refutes() {
            let bound = upper_bound(planned - failures, planned, alpha);
            (bound, least_failures(planned, fraction, alpha).is_some_and(|least| failures >= least))
        } else {
            (lower_bound(chips - failures, planned, alpha), failures <= self.effort.allowed_failures)
        };
        (Evidence::Chips { chips, failures, planned, bound }, succeeded)
    }

    fn refutes(&self) -> bool {
        self.purpose == Purpose::Refute
    }
}

#[cfg(test)]
mod tests {
    use super::super::criterion::Target;
    use super::super::effort::tests;
    use super::super::trials::{Condition, Known, Outcome, Trial};
    use super::*;

    const CHIPS: Criterion =
        Criterion { target: Target::Accuracy(0.7), statistic: Statistic::Chips(0.95), confidence: 0.95, chance: 0.1 };
    const ONCE: Effort = Effort {
        search_seeds: 4,
        mean_seeds: 3,
        allowed_failures: 0,
        attempts: 1,
        short_training: false,
        chips_per_batch: 10,
        first_seed: 0,
        fresh_from: 0,
    };

    /// Examines level 7 with the given accuracies, which stand for the first seeds.
    fn examined(criterion: &Criterion, purpose: Purpose, accuracies: &[f64]) -> Result<Attempt, Batch> {
        let trial = |seed| Trial { condition: Condition::Level(7), seed, training: Training::Full };
        let known: Known = (0..).map(trial).zip(accuracies.iter().map(|value| Outcome::Accuracy(*value))).collect();
        let test = tests(criterion, &ONCE)[0];
        let examiner = Examiner { criterion, effort: &ONCE, purpose };
        examiner.examine(7, &test, 0..test.seeds, &mut Ledger::new(&known))
    }

    /// Wilks: 59 chips without failure show 95 % at 95 % confidence; the bound is 0.05^(1 / 59).
    #[test]
    fn fifty_nine_good_chips_certify_95_percent() {
        let good = examined(&CHIPS, Purpose::Certify, &[0.8; 59]).expect("all outcomes");
        let Evidence::Chips { chips: 59, failures: 0, planned: 59, bound } = good.evidence else { panic!("{good:?}") };
        assert!(good.succeeded && (bound - libm::pow(0.05, 1.0 / 59.0)).abs() < 1e-12, "{bound}");
    }

    #[test]
    fn attempts_on_chips_end_when_their_result_is_certain() {
        let failed = examined(&CHIPS, Purpose::Certify, &[0.8, 0.8, 0.6]).expect("enough outcomes");
        assert!(!failed.succeeded && matches!(failed.evidence, Evidence::Chips { chips: 3, failures: 1, .. }));
        let missing = examined(&CHIPS, Purpose::Certify, &[0.8; 52]).expect_err("missing outcomes");
        assert_eq!((missing.level, missing.trials.len(), missing.trials[0].seed), (Some(7), 7, 52));
        // P(X >= 7; 59, 0.05) = 0.030; the bound counts the 52 other chips as good.
        let refuted = examined(&CHIPS, Purpose::Refute, &[0.6; 7]).expect("enough outcomes");
        let Evidence::Chips { chips: 7, failures: 7, bound, .. } = refuted.evidence else { panic!("{refuted:?}") };
        assert!(refuted.succeeded && bound < 0.95 && (bound - upper_bound(52, 59, 0.05)).abs() < 1e-12, "{bound}");
    }

    #[test]
    fn bounds_of_a_mean_are_in_the_unit_of_the_target() {
        let mean = Criterion { statistic: Statistic::Mean, ..CHIPS };
        // t(0.95, 2) = 2.919986, times 0.01 / sqrt(3) = 0.016859.
        for (purpose, middle, bound, succeeded) in [
            (Purpose::Certify, 0.72, 0.72 - 0.016859, true),
            (Purpose::Certify, 0.71, 0.71 - 0.016859, false),
            (Purpose::Refute, 0.68, 0.68 + 0.016859, true),
            (Purpose::Refute, 0.69, 0.69 + 0.016859, false),
        ] {
            let attempt = examined(&mean, purpose, &[middle - 0.01, middle, middle + 0.01]).expect("all outcomes");
            let Evidence::Mean { seeds: 3, bound: got, .. } = attempt.evidence else { panic!("{attempt:?}") };
            assert!((got - bound).abs() < 1e-6 && attempt.succeeded == succeeded, "{attempt:?}");
        }
    }
}
