//! Runs the procedure of a row: asks for trials until the limit is known.

use std::collections::BTreeMap;
use std::sync::Arc;

use ohmspike_analysis::limit::{
    Attempt, Batch, Condition, Evidence, Known, Limit, Outcome, Procedure, Purpose, Statistic, Step, Target, Training,
    Trial, Verdict,
};
use ohmspike_study::run_study::Job;
use ohmspike_study::settings::Settings;

use super::amounts::{most_percent, most_points, percent, points};
use super::error::LimitError;
use super::numbers::Numbers;
use super::report::TrialLine;
use super::row::Row;

/// The note on repeats that are copies.
const COPIES: &str =
    "all repeats of the certified level are identical: the certificate shows one network, not a population";

/// Repeats are equal if their standard deviation is below this: no test set distinguishes so little.
const ROUNDING: f64 = 1e-12;

/// What to do about repeats that differ by less than a test sample.
const MORE_SAMPLES: &str = "use a test set with more samples";

/// The note on a limit at the undisturbed network.
const UNDISTURBED: &str = "the certified level is the undisturbed network itself: no disturbed level is certified";

/// Trials that a search asks for, for progress messages.
#[derive(Clone, Debug, PartialEq)]
pub struct AskedTrials<'a> {
    /// The key, or `together`.
    pub row: &'a str,
    /// What the trials are for.
    pub purpose: Purpose,
    /// Value of the key; none for the network without the non-ideality.
    pub level: Option<f64>,
    /// Number of trials.
    pub trials: usize,
    /// Number of trials of this row so far.
    pub before: usize,
}

/// End of a trial.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrialEnd {
    /// Name of the trial.
    pub id: String,
    /// Accuracy, as a fraction; none if training diverged.
    pub outcome: Option<f64>,
    /// Hash of everything measured ([`ohmspike_study::record::Record::fingerprint`]).
    pub fingerprint: u64,
    /// Number of test samples.
    pub samples: u64,
    /// Why the outcome says nothing about the hardware; none for a healthy trial.
    pub problem: Option<Problem>,
}

/// Unhealthy state of a trial.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Problem {
    /// The state, for example `silent`.
    pub state: String,
    /// What it means for the answer.
    pub effect: Effect,
    /// What to do.
    pub advice: String,
}

/// What an unhealthy state of a trial at a level means for the answer. The network without the non-ideality must be
/// healthy in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Effect {
    /// The trial diverged: it has failed.
    Failed,
    /// The non-ideality silenced the network: its accuracy counts.
    Counts,
    /// Training was too short. That is expected in short training, and excludes other trials.
    Unfinished,
    /// The accuracy does not show what the hardware tolerates: a bound that needs it is withheld.
    #[default]
    Excludes,
}

/// Trials that were run.
#[derive(Clone, Debug, PartialEq)]
pub enum Ended {
    /// All, in the order of the jobs.
    All(Vec<TrialEnd>),
    /// A stop was requested; this number of trials is left in the batch.
    Stopped(usize),
}

/// Runs trials.
pub trait Trials {
    /// Runs `jobs`, or finds their results.
    ///
    /// # Errors
    /// Returns a [`LimitError`] if a trial cannot run.
    fn run(&mut self, asked: &AskedTrials, jobs: &[Job]) -> Result<Ended, LimitError>;
}

/// Result of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// The limit, or why there is none.
    Answer {
        /// The limit; none if the search ended early.
        limit: Option<Box<Limit>>,
        /// Why the answer is withheld.
        withheld: Option<String>,
        /// What limits the answer.
        notes: Vec<String>,
        /// All trials, in the order in which they were asked for.
        trials: Vec<TrialLine>,
    },
    /// A stop was requested; this number of trials is left in the batch.
    Stopped(usize),
}

/// Finds the limit of a row, whose networks have `numbers` in place of `auto`.
///
/// # Errors
/// Returns a [`LimitError`] if a trial cannot run.
pub fn find(
    row: &Row,
    numbers: &Numbers,
    procedure: &Procedure,
    statistic: Statistic,
    trials: &mut dyn Trials,
) -> Result<Found, LimitError> {
    let mut search = Search {
        row,
        numbers,
        procedure,
        known: Known::new(),
        fingerprints: BTreeMap::new(),
        samples: 0,
        problems: BTreeMap::new(),
        lines: Vec::new(),
        settings: BTreeMap::new(),
    };
    loop {
        let useless = |attempt: &Attempt, purpose| search.unhealthy(attempt, purpose).is_some();
        let batch = match procedure.next_unless(&search.known, &useless) {
            Step::Run(batch) => batch,
            Step::Done(limit) => return Ok(search.answer(limit, statistic)),
        };
        let jobs = search.jobs(&batch)?;
        let ends = match trials.run(&search.asked(&batch), &jobs)? {
            Ended::All(ends) => ends,
            Ended::Stopped(left) => return Ok(Found::Stopped(left)),
        };
        let withheld = search.add(&batch, &ends);
        if withheld.is_some() {
            return Ok(Found::Answer { limit: None, withheld, notes: Vec::new(), trials: search.lines });
        }
    }
}

struct Search<'a> {
    row: &'a Row,
    numbers: &'a Numbers,
    procedure: &'a Procedure,
    known: Known,
    fingerprints: BTreeMap<Trial, u64>,
    /// Number of test samples; 0 before the first trial.
    samples: u64,
    problems: BTreeMap<Trial, Problem>,
    lines: Vec<TrialLine>,
    settings: BTreeMap<(Condition, Training), Arc<Settings>>,
}

impl Search<'_> {
    fn value(&self, level: Option<usize>) -> Option<f64> {
        level.map(|level| self.procedure.levels().values()[level])
    }

    fn asked(&self, batch: &Batch) -> AskedTrials<'_> {
        AskedTrials {
            row: &self.row.name,
            purpose: batch.purpose,
            level: self.value(batch.level),
            trials: batch.trials.len(),
            before: self.lines.len(),
        }
    }

    fn jobs(&mut self, batch: &Batch) -> Result<Vec<Job>, LimitError> {
        let mut jobs = Vec::with_capacity(batch.trials.len());
        for trial in &batch.trials {
            let key = (trial.condition, trial.training);
            if !self.settings.contains_key(&key) {
                self.settings.insert(key, Arc::new(self.numbers.of(self.row.settings(*trial)?)?));
            }
            jobs.push(Job { settings: Arc::clone(&self.settings[&key]), seed: trial.seed });
        }
        Ok(jobs)
    }

    /// Adds the outcomes of a batch; returns why the search is pointless, if it is.
    fn add(&mut self, batch: &Batch, ends: &[TrialEnd]) -> Option<String> {
        for (trial, end) in batch.trials.iter().zip(ends) {
            let short = trial.training == Training::Short;
            let problem = end.problem.as_ref().filter(|problem| !(short && problem.effect == Effect::Unfinished));
            self.known.insert(*trial, end.outcome.map_or(Outcome::Failed, Outcome::Accuracy));
            self.fingerprints.insert(*trial, end.fingerprint);
            self.samples = self.samples.max(end.samples);
            self.problems.extend(problem.map(|problem| (*trial, problem.clone())));
            let level = match trial.condition {
                Condition::Reference => None,
                Condition::Level(level) => self.value(Some(level)),
            };
            self.lines.push(TrialLine {
                id: end.id.clone(),
                seed: trial.seed,
                purpose: batch.purpose,
                level,
                training: trial.training,
                accuracy: end.outcome,
                failure: problem.map(|problem| problem.state.clone()),
            });
        }
        match batch.purpose {
            Purpose::Baseline => self.unhealthy_baseline(batch, ends),
            Purpose::Search if batch.level == Some(self.procedure.levels().harshest()) => self.no_effect(batch),
            _ => None,
        }
    }

    fn unhealthy_baseline(&self, batch: &Batch, ends: &[TrialEnd]) -> Option<String> {
        let problems: Vec<&Problem> = ends.iter().filter_map(|end| end.problem.as_ref()).collect();
        let (count, all) = (problems.len(), batch.trials.len());
        let first = problems.first().filter(|_| 2 * count >= all)?;
        Some(format!(
            "{}: {count} of {all} repeats are {}\n\nhint: {}",
            self.row.reference_words, first.state, first.advice
        ))
    }

    /// Whether the harshest level gives the network without the non-ideality, seed by seed. Equal accuracies alone do not
    /// show that, as small test sets have few values.
    fn no_effect(&self, batch: &Batch) -> Option<String> {
        let harshest = Condition::Level(self.procedure.levels().harshest());
        let here: Vec<&Trial> = batch.trials.iter().filter(|trial| trial.condition == harshest).collect();
        let same = |trial: &&Trial| {
            let reference = Trial { condition: Condition::Reference, ..**trial };
            let of = |trial: &Trial| Some((self.known.get(trial)?, self.fingerprints.get(trial)?));
            of(trial).is_some_and(|one| matches!(one.0, Outcome::Accuracy(_)) && Some(one) == of(&reference))
        };
        (here.len() > 1 && here.iter().all(same)).then(|| {
            format!(
                "{} has no effect on this study: at {}, {} repeats give exactly the results of {}",
                self.row.name,
                self.value(batch.level).unwrap_or_default(),
                here.len(),
                self.row.reference_words
            )
        })
    }

    /// Returns the answer of a complete search.
    fn answer(self, limit: Limit, statistic: Statistic) -> Found {
        let mut notes = Vec::new();
        let mut limit = limit;
        let mut withheld = None;
        if limit.verdict == Verdict::BaselineMisses {
            withheld = Some(self.baseline_misses(&limit, statistic));
        } else {
            let last = limit.certifications.last().filter(|attempt| attempt.succeeded);
            match statistic {
                _ if !last.is_some_and(|attempt| self.are_copies(attempt)) => {}
                Statistic::Chips(_) => {
                    let name = &self.row.name;
                    withheld = Some(format!("{name}: all repeats are identical, so they are not different chips"));
                }
                Statistic::Mean => notes.push(COPIES.to_owned()),
            }
            let found = |attempts: &[Attempt], purpose| -> Vec<Option<(String, String)>> {
                attempts.iter().map(|attempt| self.unhealthy(attempt, purpose)).collect()
            };
            let certificates = found(&limit.certifications, Purpose::Certify);
            let refutations = found(&limit.refutations, Purpose::Refute);
            notes.extend(last.filter(|attempt| self.is_undisturbed(attempt.level)).map(|_| UNDISTURBED.to_owned()));
            let [certified, refuted] = [&certificates, &refutations].map(|of| of.last().is_some_and(Option::is_some));
            limit = self.procedure.withhold(limit, certified, refuted);
            let mut reasons = certificates.into_iter().chain(refutations).flatten();
            // Without a bound, a test that is withheld is why; one that was followed by others is not.
            if limit.certified.or(limit.refuted).is_some() || !(certified || refuted) {
                notes.extend(reasons.map(|(why, advice)| format!("{why}; {advice}")));
            } else if let Some((why, advice)) = reasons.next() {
                withheld = withheld.or(Some(format!("{}: {why}\n\nhint: {advice}", self.row.name)));
            }
        }
        Found::Answer { limit: Some(Box::new(limit)), withheld, notes, trials: self.lines }
    }

    /// Why the bound of a successful attempt is withheld, and what to do: its trials are unhealthy. A certificate for
    /// chips stands if such trials may all have failed.
    fn unhealthy(&self, attempt: &Attempt, purpose: Purpose) -> Option<(String, String)> {
        if !attempt.succeeded {
            return None;
        }
        let certifies = purpose == Purpose::Certify;
        if let Some(unresolved) = self.unresolved(attempt, certifies) {
            return Some(unresolved);
        }
        let (repeats, spare) = match attempt.evidence {
            Evidence::Mean { seeds, .. } => (seeds, 0),
            Evidence::Chips { chips, failures, .. } => {
                (chips, if certifies { self.procedure.effort().allowed_failures.saturating_sub(failures) } else { 0 })
            }
        };
        let seeds = attempt.seeds.start..attempt.seeds.start + repeats;
        let found: Vec<&Problem> = seeds.filter_map(|seed| self.excluding(attempt.level, seed, certifies)).collect();
        let first = found.first().filter(|_| found.len() as u64 > spare)?;
        let mut states: Vec<&str> = found.iter().map(|problem| problem.state.as_str()).collect();
        states.sort_unstable();
        states.dedup();
        let (what, is) =
            (if certifies { "certificate" } else { "refutation" }, if found.len() == 1 { "is" } else { "are" });
        let why = format!(
            "the {what} of {} is withheld: {} of its {repeats} repeats {is} {}",
            self.procedure.levels().values()[attempt.level],
            found.len(),
            states.join(" or ")
        );
        Some((why, first.advice.clone()))
    }

    /// Returns why a repeat of an attempt says nothing about the hardware. A diverged reference has the largest loss, so
    /// it cannot favour a certificate.
    fn excluding(&self, level: usize, seed: u64, certifies: bool) -> Option<&Problem> {
        let problem = |condition| self.problems.get(&Trial { condition, seed, training: Training::Full });
        let here = problem(Condition::Level(level))
            .filter(|problem| matches!(problem.effect, Effect::Unfinished | Effect::Excludes));
        let paired = matches!(self.procedure.criterion().target, Target::Loss(_));
        let reference =
            problem(Condition::Reference).filter(|problem| paired && !(certifies && problem.effect == Effect::Failed));
        here.or(reference)
    }

    /// Whether a level has the settings of the reference, which only levels of a user can have.
    fn is_undisturbed(&self, level: usize) -> bool {
        let of = |condition| self.settings.get(&(condition, Training::Full));
        let reference = of(Condition::Reference);
        reference.is_some() && reference == of(Condition::Level(level))
    }

    /// Whether all repeats of an attempt are the same network.
    fn are_copies(&self, attempt: &Attempt) -> bool {
        let trial = |seed| Trial { condition: Condition::Level(attempt.level), seed, training: Training::Full };
        let of = |seed| Some((self.known.get(&trial(seed))?, self.fingerprints.get(&trial(seed))?));
        let repeats: Vec<(&Outcome, &u64)> = attempt.seeds.clone().filter_map(of).collect();
        let [first, others @ ..] = repeats.as_slice() else { return false };
        !others.is_empty() && others.iter().all(|other| other == first)
    }

    /// Why the result of an attempt on different networks with exactly equal accuracies is withheld, and what to do: they
    /// have no spread to compute an interval from, so the mean is only known to a test sample.
    fn unresolved(&self, attempt: &Attempt, certifies: bool) -> Option<(String, String)> {
        // Equal losses differ by rounding if their references do.
        let Evidence::Mean { seeds, mean, sd, .. } = attempt.evidence else { return None };
        if sd > ROUNDING {
            return None;
        }
        let (Target::Accuracy(target) | Target::Loss(target)) = self.procedure.criterion().target;
        let sample = 1.0 / self.samples as f64;
        if self.samples == 0 || self.are_copies(attempt) || (mean - target).abs() >= sample {
            return None;
        }
        let why = format!(
            "the {} of {} is withheld: its {seeds} repeats give exactly the same value, less than one of {} test samples from the target, so the \
             mean has no interval",
            if certifies { "certificate" } else { "refutation" },
            self.procedure.levels().values()[attempt.level],
            self.samples
        );
        Some((why, MORE_SAMPLES.to_owned()))
    }

    fn baseline_misses(&self, limit: &Limit, statistic: Statistic) -> String {
        let baseline = limit.baseline;
        let accuracies = self.lines.iter().filter(|line| line.purpose == Purpose::Baseline);
        let worst = accuracies.filter_map(|line| line.accuracy).fold(f64::INFINITY, f64::min);
        let criterion = self.procedure.criterion();
        let (mean, seeds) = (percent(baseline.accuracy), baseline.seeds);
        let without = &self.row.reference_words;
        let learn = "train a network that learns; `ohmspike train` shows what is wrong with it";
        match criterion.target {
            Target::Loss(_) if baseline.accuracy <= criterion.chance => format!(
                "{without} reaches {mean} (mean of {seeds} repeats), not above chance ({})\n\nhint: {learn}",
                percent(criterion.chance)
            ),
            Target::Loss(allowed) => format!(
                "{without} reaches {mean} (mean of {seeds} repeats): with a loss of {}, chance ({}) would pass\n\n\
                 hint: train longer, or allow less than {}",
                points(allowed),
                percent(criterion.chance),
                most_points(baseline.accuracy - criterion.chance)
            ),
            Target::Accuracy(threshold) => {
                let allowed = match statistic {
                    Statistic::Mean => baseline.accuracy,
                    Statistic::Chips(_) => worst.min(baseline.accuracy),
                };
                let hint = match allowed > criterion.chance {
                    true => format!("ask for less than {}, or train a better network", most_percent(allowed)),
                    false => learn.to_owned(),
                };
                format!(
                    "{without} reaches {mean} (mean of {seeds} repeats, worst {}) and misses {}\n\nhint: {hint}",
                    percent(worst),
                    percent(threshold)
                )
            }
        }
    }
}

#[cfg(test)]
mod tests;
