//! Finds the harshest level of a key that a network tolerates: search, certify, refute.
//!
//! The caller runs trials and reports outcomes. [`Procedure::next`] is a pure function of the outcomes so far: it
//! returns the trials to run next, or the [`Limit`]. So a search resumes from records alone, and a repeat runs
//! nothing.
//!
//! ```text
//! 1. baseline   noise-free network on the search seeds; ends here if it misses the criterion
//! 2. search     bracket and bisection on a few shared seeds -> candidate                          (`search`)
//! 3. certify    the candidate with fresh seeds at alpha / 2; after the k-th failure 2^(k - 1) levels milder,
//!               with further fresh seeds at alpha / 2^(k + 1)                                      (`effort`);
//!               a certificate that the caller calls useless counts as a failure
//! 4. refute     the mildest level above the certified one at which the search expects a refutation, with fresh seeds
//!               at alpha / 2; after the k-th failure twice as far from the certified one, at alpha / 2^(k + 1);
//!               after a refutation that the caller calls useless, a milder level
//!
//! P(the certified level misses the criterion)  <=  sum alpha / 2^k  <=  alpha = 1 - confidence
//! P(the refuted level meets the criterion)     <=  alpha
//! ```
//!
//! Each attempt has seeds of its own, and outcomes of other seeds choose its level. So a test keeps its error whatever
//! the search found. Hence both bounds assume nothing about the curve. They hold for the level itself: on a curve that is
//! not monotone, milder levels can fail (see [`Limit::dip`]). Levels between certified and refuted are not decided. The
//! next grid step is not tested first: a few percent beyond a certified level, a test of few seeds rarely refutes, and it
//! would spend half of the error.
//!
//! The error is that of one question. A second question whose levels or numbers of seeds follow from the answer to the
//! first needs seeds that the first has not used: [`Effort::fresh_from`].
//!
//! The bound for chips is exact. The bound for a mean is exact for normal outcomes; t tests of few seeds are too
//! optimistic for outcomes with a lower tail. No mean of a few seeds shows rare failures: if none of 8 seeds fails, up
//! to 37 % of all trials may fail (2.5 %, one-sided). Where rare failures matter, ask for a fraction of chips.
//!
//! `tests/laws/limit.rs` simulates 1000 runs each with known limits, at 95 % confidence, default effort, trials that
//! spread by 1 point, and seeds that shift all levels by 0.6 points:
//!
//! | criterion | levels | wrong certificates of 1000 | wrong refutations | mean trials: noise-free, search, certify, refute |
//! |---|---|---|---|---|
//! | mean accuracy | noise, 5 % | 0 | 0 | 4 + 28 + 10 + 10 = 52 |
//! | mean accuracy | window size, 5 % | 0 | 0 | 4 + 28 + 10 + 10 = 52 |
//! | mean accuracy | list of 10 | 0 | 0 | 4 + 20 + 9 + 8 = 41 |
//! | mean loss of 2 points | noise, 5 % | 0 | 1 | 32 + 26 + 15 + 13 = 86 |
//! | mean loss of 2 points | 12 to 1 bits | 0 | 1 | 24 + 23 + 11 + 9 = 68 |
//! | accuracy of 95 % of chips | noise, 5 % | 0 | 3 | 4 + 28 + 140 + 88 = 260 |
//! | accuracy of 95 % of chips | window size, 5 % | 0 | 3 | 4 + 28 + 144 + 81 = 257 |
//! | accuracy of 95 % of chips | list of 10 | 0 | 0 | 4 + 20 + 115 + 46 = 184 |
//! | loss of 5 points on 90 % of chips | noise, 5 % | 1 | 1 | 151 + 28 + 87 + 60 = 327 |
//! | loss of 5 points on 95 % of chips | 12 to 1 bits | 0 | 0 | 180 + 23 + 128 + 48 = 380 |
//! | mean accuracy, short training | noise, 5 % | 1 | 0 | 8 + 32 + 10 + 10 = 60 |
//! | mean accuracy, exponential lower tail | noise, 5 % | 2 | 0 | 4 + 28 + 11 + 10 = 52 |
//!
//! The worst case is a search that is wholly wrong about a flat curve just below the threshold, so that every attempt
//! can be wrong: 5.3 % wrong certificates for a mean (5 % expected), 5 % or less for chips, 7.6 % with a lower tail of
//! skewness -2/3, 15 % with an exponential one.
//!
//! ```
//! use ohmspike_analysis::limit::*;
//!
//! let levels = Levels::geometric(1.0, 100.0, RESOLUTION, Direction::LargerIsWorse)?;
//! let criterion = Criterion {
//!     target: Target::Accuracy(0.7), statistic: Statistic::Mean, confidence: 0.95, chance: 0.1,
//! };
//! let procedure = Procedure::new(levels, criterion, Effort::default())?;
//! let mut known = Known::new();
//! let limit = loop {
//!     match procedure.next(&known) {
//!         Step::Done(limit) => break limit,
//!         // A network that loses one point per unit of noise.
//!         Step::Run(batch) => known.extend(batch.trials.into_iter().map(|trial| {
//!             let noise = match trial.condition {
//!                 Condition::Reference => 0.0,
//!                 Condition::Level(level) => procedure.levels().values()[level],
//!             };
//!             (trial, Outcome::Accuracy((0.8 - 0.01 * noise).max(0.1)))
//!         })),
//!     }
//! };
//! let value = |level: usize| procedure.levels().values()[level];
//! assert_eq!(limit.verdict, Verdict::Bracketed);
//! let (certified, refuted) = (limit.certified.ok_or("none")?, limit.refuted.ok_or("none")?);
//! assert!(value(certified) <= 10.0 && 10.0 < value(refuted) && refuted == certified + 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod attempt;
mod criterion;
mod effort;
mod levels;
mod search;
mod trials;
mod verdict;

use std::ops::Range;

use ohmspike_stats::binomial::at_least;
use ohmspike_stats::moments::Moments;
use thiserror::Error;

use attempt::Examiner;
pub use attempt::{Attempt, Evidence};
pub use criterion::{Criterion, CriterionError, Statistic, Target};
use effort::{Aim, tests};
pub use effort::{Effort, EffortError, POWER, Test};
pub use levels::{Direction, Levels, LevelsError, MAX_LEVELS, RESOLUTION};
pub use search::Searched;
use search::{Found, Search};
pub use trials::{Batch, Condition, Known, Outcome, Purpose, Training, Trial, TrialCount};
use trials::{Ledger, Sample};
pub use verdict::{Baseline, Limit, Verdict};

/// Reason why a procedure cannot start.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum LimitError {
    /// An invalid criterion.
    #[error(transparent)]
    Criterion(#[from] CriterionError),
    /// An invalid effort.
    #[error(transparent)]
    Effort(#[from] EffortError),
}

/// What to do next.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Run these trials.
    Run(Batch),
    /// Nothing is left to run.
    Done(Limit),
}

/// A checked search for a limit.
#[derive(Clone, Debug)]
pub struct Procedure {
    levels: Levels,
    criterion: Criterion,
    effort: Effort,
    tests: Vec<Test>,
    aim: Aim,
}

impl Procedure {
    /// Checks the criterion and the effort.
    ///
    /// # Errors
    /// Returns an error for an invalid criterion or effort.
    pub fn new(levels: Levels, criterion: Criterion, effort: Effort) -> Result<Procedure, LimitError> {
        criterion.check()?;
        effort.check()?;
        let tests = tests(&criterion, &effort);
        let aim = Aim::new(&criterion, &effort, &tests[0]);
        Ok(Procedure { levels, criterion, effort, tests, aim })
    }

    /// Returns the levels.
    pub fn levels(&self) -> &Levels {
        &self.levels
    }

    /// Returns the criterion.
    pub fn criterion(&self) -> &Criterion {
        &self.criterion
    }

    /// Returns the numbers of seeds.
    pub fn effort(&self) -> &Effort {
        &self.effort
    }

    /// Returns the tests of the attempts to certify, and of those to refute, in order.
    pub fn tests(&self) -> &[Test] {
        &self.tests
    }

    /// Returns the next trials to run, or the limit.
    pub fn next(&self, known: &Known) -> Step {
        self.next_unless(known, &|_, _| false)
    }

    /// Returns the next trials to run, or the limit. After a certificate or a refutation that is `useless`, for example
    /// because its trials are unhealthy, a milder level is tested.
    pub fn next_unless(&self, known: &Known, useless: &dyn Fn(&Attempt, Purpose) -> bool) -> Step {
        match self.limit(&mut Ledger::new(known), useless) {
            Ok(limit) => Step::Done(limit),
            Err(batch) => Step::Run(batch),
        }
    }

    /// Returns `limit` without its certified or refuted level, if these are withheld, with the verdict that is left.
    #[must_use]
    pub fn withhold(&self, limit: Limit, certified: bool, refuted: bool) -> Limit {
        let certified = limit.certified.filter(|_| !certified);
        let refuted = limit.refuted.filter(|_| !refuted);
        Limit { verdict: self.verdict(certified, refuted), certified, refuted, ..limit }
    }

    fn limit(&self, ledger: &mut Ledger, useless: &dyn Fn(&Attempt, Purpose) -> bool) -> Result<Limit, Batch> {
        let baseline = self.baseline(ledger)?;
        let mut limit = Limit {
            verdict: Verdict::BaselineMisses,
            certified: None,
            refuted: None,
            unchanged: false,
            dip: None,
            baseline,
            searched: Vec::new(),
            certifications: Vec::new(),
            refutations: Vec::new(),
            trials: TrialCount::default(),
        };
        if !self.baseline_misses(ledger)? {
            let found = self.search(baseline.accuracy, ledger)?;
            limit.certifications = self.certify(&found, ledger, useless)?;
            limit.certified = succeeded(&limit.certifications);
            limit.refutations = self.refute(&found, &limit.certifications, ledger, useless)?;
            limit.refuted = succeeded(&limit.refutations);
            limit.verdict = self.verdict(limit.certified, limit.refuted);
            limit.dip = self.dip(&found, limit.certified);
            limit.unchanged = found.unchanged;
            limit.searched = found.searched;
        }
        limit.trials = ledger.count();
        Ok(limit)
    }
}

impl Procedure {
    fn search_seeds(&self) -> Range<u64> {
        self.effort.first_seed..self.effort.first_seed + self.effort.search_seeds
    }

    /// Returns the first seed of the tests.
    fn first_fresh(&self) -> u64 {
        self.search_seeds().end.max(self.effort.fresh_from)
    }

    fn noise_free(&self, ledger: &mut Ledger) -> Result<Vec<Outcome>, Batch> {
        let sample = Sample { level: None, training: Training::Full, paired: false, purpose: Purpose::Baseline };
        Ok(ledger.pairs(sample, self.search_seeds())?.into_iter().map(|pair| pair.0).collect())
    }

    fn baseline(&self, ledger: &mut Ledger) -> Result<Baseline, Batch> {
        let outcomes = self.noise_free(ledger)?;
        let accuracies: Vec<f64> = outcomes.iter().map(|outcome| self.criterion.accuracy(*outcome)).collect();
        let moments = Moments::new(&accuracies).expect("a search has at least two seeds with accuracies");
        let failed = outcomes.iter().filter(|outcome| outcome.accuracy().is_none()).count();
        Ok(Baseline {
            seeds: self.effort.search_seeds,
            accuracy: moments.mean,
            sd: moments.variance.sqrt(),
            failed: failed as u64,
        })
    }

    /// For an accuracy: whether the noise-free mean misses it, or too many noise-free chips. For a loss: whether
    /// chance is within the allowed loss.
    fn baseline_misses(&self, ledger: &mut Ledger) -> Result<bool, Batch> {
        let outcomes = self.noise_free(ledger)?;
        let mean = self.baseline(ledger)?.accuracy;
        Ok(match (self.criterion.target, self.criterion.statistic) {
            (Target::Loss(allowed), _) => mean - allowed <= self.criterion.chance,
            (Target::Accuracy(threshold), Statistic::Mean) => mean < threshold,
            (Target::Accuracy(threshold), Statistic::Chips(fraction)) => {
                let misses = |outcome: &&Outcome| !self.criterion.margin(**outcome, None).met;
                let failures = outcomes.iter().filter(misses).count() as u64;
                let too_many = at_least(failures, self.effort.search_seeds, 1.0 - fraction) <= self.criterion.alpha();
                mean < threshold || too_many
            }
        })
    }

    fn search(&self, baseline: f64, ledger: &mut Ledger) -> Result<Found, Batch> {
        let search = Search {
            levels: &self.levels,
            criterion: &self.criterion,
            aim: self.aim,
            short_training: self.effort.short_training,
            seeds: self.search_seeds(),
            baseline,
        };
        search.run(ledger)
    }

    fn examiner(&self, purpose: Purpose) -> Examiner<'_> {
        Examiner { criterion: &self.criterion, effort: &self.effort, purpose }
    }

    fn certify(
        &self,
        found: &Found,
        ledger: &mut Ledger,
        useless: &dyn Fn(&Attempt, Purpose) -> bool,
    ) -> Result<Vec<Attempt>, Batch> {
        let examiner = self.examiner(Purpose::Certify);
        let mut attempts: Vec<Attempt> = Vec::new();
        let mut level = found.candidate;
        let mut first = self.first_fresh();
        for (number, test) in self.tests.iter().enumerate() {
            let Some(here) = level else { break };
            let attempt = examiner.examine(here, test, first..first + test.seeds, ledger)?;
            first = attempt.seeds.end;
            let certified = attempt.succeeded && !useless(&attempt, Purpose::Certify);
            level = (!certified && here > 0).then(|| here.saturating_sub(stride(number)));
            attempts.push(attempt);
        }
        Ok(attempts)
    }

    /// Refutes a level above the certified one.
    fn refute(
        &self,
        found: &Found,
        certifications: &[Attempt],
        ledger: &mut Ledger,
        useless: &dyn Fn(&Attempt, Purpose) -> bool,
    ) -> Result<Vec<Attempt>, Batch> {
        let examiner = self.examiner(Purpose::Refute);
        let harshest = self.levels.harshest();
        let above = succeeded(certifications).map_or(0, |certified| certified + 1);
        let mut attempts: Vec<Attempt> = Vec::new();
        let mut level = found.refutable.map_or(above, |expected| expected.max(above));
        let mut first = certifications.last().map_or(self.first_fresh(), |attempt| attempt.seeds.end);
        // Levels that are left; `end` is one past the harshest.
        let (mut mildest, mut end) = (above, harshest + 1);
        for test in &self.tests {
            if !(mildest..end).contains(&level) {
                break;
            }
            let attempt = examiner.examine(level, test, first..first + test.seeds, ledger)?;
            first = attempt.seeds.end;
            let (refuted, is_useless) = (attempt.succeeded, attempt.succeeded && useless(&attempt, Purpose::Refute));
            attempts.push(attempt);
            match (refuted, is_useless) {
                (true, false) => break,
                (true, true) => end = level,
                (false, _) => mildest = level + 1,
            }
            level = match end > harshest {
                // Twice as far from the certified level.
                true => (2 * level + 1 - above).min(harshest),
                false => mildest + (end - mildest.min(end)) / 2,
            };
        }
        Ok(attempts)
    }

    fn verdict(&self, certified: Option<usize>, refuted: Option<usize>) -> Verdict {
        match (certified, refuted) {
            (Some(level), _) if level == self.levels.harshest() => Verdict::NoLimit,
            (Some(_), Some(_)) => Verdict::Bracketed,
            (Some(_), None) => Verdict::NotRefuted,
            (None, Some(0)) => Verdict::FailsEverywhere,
            (None, _) => Verdict::NotCertified,
        }
    }

    fn dip(&self, found: &Found, certified: Option<usize>) -> Option<usize> {
        let promising = found.searched.iter().filter(|searched| searched.promising).map(|searched| searched.level);
        let above = promising.chain(certified).max()?;
        let clearly = |searched: &&Searched| searched.margin - self.aim.refute * searched.sd < 0.0;
        let mut below = found.searched.iter().filter(|searched| searched.level < above);
        below.find(clearly).map(|searched| searched.level)
    }
}

/// Returns the level of the last attempt if it succeeded.
fn succeeded(attempts: &[Attempt]) -> Option<usize> {
    attempts.last().filter(|attempt| attempt.succeeded).map(|attempt| attempt.level)
}

/// Returns the number of grid steps after attempt `number` (from 0): 1, 2, 4, ...
fn stride(number: usize) -> usize {
    1 << number
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs `procedure` on a network that loses a point per unit of noise, from 80 %, with a `spread` over seeds.
    fn run(procedure: &Procedure, useless: &dyn Fn(&Attempt, Purpose) -> bool, spread: fn(u64) -> f64) -> Limit {
        let mut known = Known::new();
        loop {
            let batch = match procedure.next_unless(&known, useless) {
                Step::Done(limit) => return limit,
                Step::Run(batch) => batch,
            };
            known.extend(batch.trials.into_iter().map(|trial| {
                let noise = match trial.condition {
                    Condition::Reference => 0.0,
                    Condition::Level(level) => procedure.levels().values()[level],
                };
                (trial, Outcome::Accuracy(0.8 - 0.01 * noise + spread(trial.seed)))
            }));
        }
    }

    /// Searches `levels` for 75 %.
    fn procedure(levels: &[f64], effort: Effort) -> Procedure {
        let levels = Levels::list(levels, Direction::LargerIsWorse).expect("levels");
        let target = Target::Accuracy(0.75);
        let criterion = Criterion { target, statistic: Statistic::Mean, confidence: 0.95, chance: 0.1 };
        Procedure::new(levels, criterion, effort).expect("a valid procedure")
    }

    /// Repeats spread by 1.3 points, so that the first refutation of a network with its limit at 5 fails.
    #[test]
    fn a_useless_refutation_is_followed_by_milder_ones() {
        let procedure = procedure(&[1.0, 2.0, 4.0, 6.0, 7.0, 8.0, 9.0, 10.0, 12.0, 14.0, 16.0], Effort::default());
        let limit = |useless: &dyn Fn(&Attempt) -> bool| {
            let useless = |attempt: &Attempt, purpose| purpose == Purpose::Refute && useless(attempt);
            run(&procedure, &useless, |seed| 0.012 * ((seed % 4) as f64 - 1.5))
        };
        let refuted =
            |limit: &Limit| limit.refutations.iter().map(|one| (one.level, one.succeeded)).collect::<Vec<_>>();
        let plain = limit(&|_| false);
        assert_eq!((plain.certified, refuted(&plain)), (Some(1), vec![(3, false), (5, true)]));
        let milder = limit(&|attempt| attempt.level >= 5);
        assert_eq!((milder.refuted, refuted(&milder)), (Some(4), vec![(3, false), (5, true), (4, true)]));
        // No level is left between one that is not refuted and the one whose refutation is useless.
        let none = limit(&|attempt| attempt.level >= 4);
        assert_eq!(refuted(&none), [(3, false), (5, true), (4, true)]);
    }

    #[test]
    fn a_useless_certificate_is_followed_by_milder_ones() {
        let procedure = procedure(&[0.5, 1.0, 2.0, 3.0, 10.0, 30.0], Effort::default());
        let limit = |from: usize| {
            let useless = |attempt: &Attempt, purpose| purpose == Purpose::Certify && attempt.level >= from;
            run(&procedure, &useless, |seed| 0.001 * (seed % 3) as f64)
        };
        let certified =
            |limit: &Limit| limit.certifications.iter().map(|one| (one.level, one.succeeded)).collect::<Vec<_>>();
        let plain = limit(9);
        assert_eq!((plain.certified, certified(&plain)), (Some(3), vec![(3, true)]));
        let milder = limit(2);
        assert_eq!((milder.certified, certified(&milder)), (Some(0), vec![(3, true), (2, true), (0, true)]));
        let alphas: Vec<f64> = milder.certifications.iter().map(|one| one.alpha).collect();
        assert!(alphas.iter().zip([0.025, 0.0125, 0.00625]).all(|(got, of)| (got - of).abs() < 1e-12), "{alphas:?}");
        let starts: Vec<u64> = milder.certifications.iter().map(|one| one.seeds.start).collect();
        assert!(starts.is_sorted() && starts[0] < starts[1], "every attempt has its own seeds: {starts:?}");
    }

    #[test]
    fn tests_leave_out_seeds_that_were_seen_before() {
        let starts = |effort: Effort| {
            let procedure = procedure(&[1.0, 3.0, 10.0, 30.0], effort);
            let limit = run(&procedure, &|_, _| false, |seed| 0.001 * (seed % 3) as f64);
            let start = |attempts: &[Attempt]| attempts.first().map(|attempt| attempt.seeds.start);
            (start(&limit.certifications), start(&limit.refutations), (limit.certified, limit.refuted))
        };
        let effort = Effort { first_seed: 1, ..Effort::default() };
        assert_eq!(starts(effort), (Some(5), Some(13), (Some(1), Some(2))));
        assert_eq!(starts(Effort { fresh_from: 4, ..effort }).0, Some(5), "the search has seen 4");
        assert_eq!(starts(Effort { fresh_from: 21, ..effort }), (Some(21), Some(29), (Some(1), Some(2))));
    }
}
