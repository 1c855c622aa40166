//! Runs the procedure of a row: asks for trials until the limit is known.

use std::collections::BTreeMap;
use std::sync::Arc;

use ohmspike_analysis::limit::{
    Attempt, Batch, Condition, Known, Limit, Outcome, Procedure, Purpose, Statistic, Step, Target, Training, Trial,
    Verdict,
};
use ohmspike_study::run_study::Job;
use ohmspike_study::settings::Settings;

use super::amounts::{percent, points};
use super::error::LimitError;
use super::report::TrialLine;
use super::row::Row;

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
    /// Why the outcome says nothing about the hardware; none for a healthy trial.
    pub problem: Option<Problem>,
}

/// A state that excludes a trial.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Problem {
    /// The state, for example `silent`.
    pub state: String,
    /// Whether training was too short, which is expected in short training.
    pub unfinished: bool,
    /// What to do.
    pub advice: String,
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
        /// All trials, in the order in which they were asked for.
        trials: Vec<TrialLine>,
    },
    /// A stop was requested; this number of trials is left in the batch.
    Stopped(usize),
}

/// Finds the limit of a row.
///
/// # Errors
/// Returns a [`LimitError`] if a trial cannot run.
pub fn find(
    row: &Row,
    procedure: &Procedure,
    statistic: Statistic,
    trials: &mut dyn Trials,
) -> Result<Found, LimitError> {
    let mut search = Search { row, procedure, known: Known::new(), lines: Vec::new(), settings: BTreeMap::new() };
    loop {
        let batch = match procedure.next(&search.known) {
            Step::Run(batch) => batch,
            Step::Done(limit) => {
                let withheld = search.withheld(&limit, statistic);
                return Ok(Found::Answer { limit: Some(Box::new(limit)), withheld, trials: search.lines });
            }
        };
        let jobs = search.jobs(&batch)?;
        let ends = match trials.run(&search.asked(&batch), &jobs)? {
            Ended::All(ends) => ends,
            Ended::Stopped(left) => return Ok(Found::Stopped(left)),
        };
        let withheld = search.add(&batch, &ends);
        if withheld.is_some() {
            return Ok(Found::Answer { limit: None, withheld, trials: search.lines });
        }
    }
}

struct Search<'a> {
    row: &'a Row,
    procedure: &'a Procedure,
    known: Known,
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
                self.settings.insert(key, Arc::new(self.row.settings(*trial)?));
            }
            jobs.push(Job { settings: Arc::clone(&self.settings[&key]), seed: trial.seed });
        }
        Ok(jobs)
    }

    /// Adds the outcomes of a batch; returns why the search is pointless, if it is.
    fn add(&mut self, batch: &Batch, ends: &[TrialEnd]) -> Option<String> {
        for (trial, end) in batch.trials.iter().zip(ends) {
            let short = trial.training == Training::Short;
            let problem = end.problem.as_ref().filter(|problem| !(short && problem.unfinished));
            let outcome = match end.outcome {
                Some(accuracy) if problem.is_none() => Outcome::Accuracy(accuracy),
                _ => Outcome::Failed,
            };
            self.known.insert(*trial, outcome);
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

    /// Whether the harshest level gives the outcomes of the network without the non-ideality, seed by seed.
    fn no_effect(&self, batch: &Batch) -> Option<String> {
        let harshest = Condition::Level(self.procedure.levels().harshest());
        let here: Vec<&Trial> = batch.trials.iter().filter(|trial| trial.condition == harshest).collect();
        let same = |trial: &&Trial| {
            let reference = Trial { condition: Condition::Reference, ..**trial };
            let (one, other) = (self.known.get(*trial), self.known.get(&reference));
            one.is_some_and(|one| matches!(one, Outcome::Accuracy(_)) && Some(one) == other)
        };
        (here.len() > 1 && here.iter().all(same)).then(|| {
            format!(
                "{} has no effect on this study: at {}, {} repeats give exactly the accuracies of {}",
                self.row.name,
                self.value(batch.level).unwrap_or_default(),
                here.len(),
                self.row.reference_words
            )
        })
    }

    /// Why the answer of a complete search is withheld.
    fn withheld(&self, limit: &Limit, statistic: Statistic) -> Option<String> {
        if limit.verdict == Verdict::BaselineMisses {
            return Some(self.baseline_misses(limit, statistic));
        }
        let last = limit.certifications.last().filter(|attempt| attempt.succeeded)?;
        let copies = self.are_copies(last);
        (copies && matches!(statistic, Statistic::Chips(_)))
            .then(|| format!("{}: all repeats are identical, so they are not different chips", self.row.name))
    }

    /// Whether all outcomes of an attempt are equal, without being perfect.
    fn are_copies(&self, attempt: &Attempt) -> bool {
        let trial = |seed| Trial { condition: Condition::Level(attempt.level), seed, training: Training::Full };
        let outcomes: Vec<&Outcome> = attempt.seeds.clone().filter_map(|seed| self.known.get(&trial(seed))).collect();
        let [first, others @ ..] = outcomes.as_slice() else { return false };
        !others.is_empty() && **first != Outcome::Accuracy(1.0) && others.iter().all(|other| other == first)
    }

    fn baseline_misses(&self, limit: &Limit, statistic: Statistic) -> String {
        let baseline = limit.baseline;
        let accuracies = self.lines.iter().filter(|line| line.purpose == Purpose::Baseline);
        let worst = accuracies.filter_map(|line| line.accuracy).fold(f64::INFINITY, f64::min);
        let criterion = self.procedure.criterion();
        let (mean, seeds) = (percent(baseline.accuracy), baseline.seeds);
        let without = &self.row.reference_words;
        match criterion.target {
            Target::Loss(allowed) => format!(
                "{without} reaches {mean} (mean of {seeds} repeats): with a loss of {}, guessing ({}) would pass\n\n\
                 hint: train longer, or allow less than {}",
                points(allowed),
                percent(criterion.chance),
                points(baseline.accuracy - criterion.chance)
            ),
            Target::Accuracy(threshold) => {
                let allowed = match statistic {
                    Statistic::Mean => baseline.accuracy,
                    Statistic::Chips(_) => worst.min(baseline.accuracy),
                };
                format!(
                    "{without} reaches {mean} (mean of {seeds} repeats, worst {}) and misses {}\n\n\
                     hint: ask for less than {}, or train a better network",
                    percent(worst),
                    percent(threshold),
                    percent(allowed)
                )
            }
        }
    }
}
