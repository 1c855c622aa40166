//! Lists the remaining trials and runs them on several threads.
//!
//! Trials share no mutable data and add numbers in a fixed order. So threads, shards and restarts cannot change a
//! result. Records arrive on the calling thread in the order in which trials end.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;

use ohmspike_snn::activity::ClassActivity;
use ohmspike_snn::hardware::LayerWeights;

use crate::checkpoint::{Checkpoint, CheckpointWarning, Checkpoints};
use crate::details::Details;
use crate::pool::{Pool, TimedExecutor};
use crate::prepare::Prepared;
use crate::record::{Record, trial_id};
use crate::settings::Settings;
use crate::study::Study;
use crate::trial::{EpochEnd, Outcome, TrialError, TrialInput, TrialState, run_trial_while};

/// Largest number of shards. Slurm allows arrays of at most 4 million tasks, and of 1001 by default (`MaxArraySize`).
pub const MAX_SHARDS: usize = 100_000;
/// Largest number of threads per process.
pub const MAX_THREADS: i64 = 4096;

/// One trial of a study.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// Index of its condition in the study.
    pub condition: usize,
    /// Its settings.
    pub settings: Arc<Settings>,
    /// Its seed.
    pub seed: u64,
    /// Its ID.
    pub id: String,
    /// Whether to keep its details.
    pub details: bool,
    /// Whether to rerun it if its record exists without details.
    pub needs_details: bool,
}

/// One part of a study, for one of several processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Number of the part, starting at 1.
    pub part: usize,
    /// Number of parts.
    pub of: usize,
}

impl std::fmt::Display for Shard {
    fn fmt(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(formatter, "{}/{}", self.part, self.of)
    }
}

impl std::str::FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Shard, String> {
        let parsed = text.split_once('/').and_then(|(part, of)| Some((part.parse().ok()?, of.parse().ok()?)));
        match parsed {
            Some((part, of)) if (1..=of).contains(&part) && of <= MAX_SHARDS => Ok(Shard { part, of }),
            _ => Err(format!("expected I/N with 1 <= I <= N <= {MAX_SHARDS}, for example 3/16")),
        }
    }
}

/// Lists every trial of `study`: all conditions with the first seed, then with the next, so that an interrupted study
/// still covers its axes.
pub fn trials(study: &Study, prepared: &Prepared) -> Vec<Trial> {
    let named = |position: usize, condition: usize| {
        let seed = study.seeds[position];
        let settings = study.conditions[condition].settings.clone();
        let id = trial_id(&settings, seed, prepared.data_sha256(&settings), &prepared.devices_of(&settings));
        let details = study.details.keeps(position);
        Trial { condition, settings, seed, id, details, needs_details: details && study.details_given }
    };
    let conditions = study.conditions.len();
    (0..study.seeds.len())
        .flat_map(|position| (0..conditions).map(move |condition| (position, condition)))
        .map(|(position, condition)| named(position, condition))
        .collect()
}

/// Returns the trials of one shard: every `of`-th trial.
pub fn shard(trials: &[Trial], shard: Option<Shard>) -> Vec<Trial> {
    let Shard { part, of } = shard.unwrap_or(Shard { part: 1, of: 1 });
    trials.iter().skip(part - 1).step_by(of).cloned().collect()
}

/// Progress messages of [`run_trials`]; trials are numbered by position.
#[derive(Debug)]
#[non_exhaustive]
pub enum Progress {
    /// A trial has started.
    Begun {
        /// Number of the trial.
        trial: usize,
        /// Epochs of an earlier run.
        epochs: usize,
    },
    /// A trial has finished an epoch.
    Epoch {
        /// Number of the trial.
        trial: usize,
        /// Result of the epoch.
        report: EpochReport,
    },
    /// A checkpoint is unusable or cannot be written; the trial continues without it.
    Warning(CheckpointWarning),
    /// The weights of a trial after its last epoch, if they are wanted.
    Weights(Vec<LayerWeights>),
    /// A trial has ended, with its details if they are kept.
    Trial(Box<Record>, Option<Box<Details>>),
}

/// Summary of one epoch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EpochReport {
    /// Number of the epoch, starting at 1.
    pub number: usize,
    /// Mean training loss.
    pub loss: f64,
    /// Predictions and hidden spikes on the test set, summed over classes.
    pub test: ClassActivity,
    /// Wall time, s.
    pub seconds: f64,
}

impl EpochReport {
    /// Summary of the epoch that just ended; none for an untrained network.
    fn new(end: &EpochEnd) -> Option<EpochReport> {
        let epoch = end.epoch()?;
        let (test, seconds) = (epoch.test.total(), epoch.wall_seconds());
        Some(EpochReport { number: end.epochs.len(), loss: epoch.loss, test, seconds })
    }
}

/// Flags that end running trials early, once they are set.
#[derive(Clone, Copy, Debug, Default)]
pub struct Halt<'a> {
    /// Finish running trials and start no others.
    pub after_trials: Option<&'a AtomicBool>,
    /// Also abandon running trials after their current epoch.
    pub after_epochs: Option<&'a AtomicBool>,
}

impl Halt<'_> {
    fn begins_no_trial(self) -> bool {
        is_set(self.after_trials) || self.abandons_trials()
    }

    fn abandons_trials(self) -> bool {
        is_set(self.after_epochs)
    }
}

fn is_set(flag: Option<&AtomicBool>) -> bool {
    flag.is_some_and(|flag| flag.load(Ordering::Relaxed))
}

/// What trials continue from, what ends them early, and what they send besides records.
#[derive(Clone, Copy, Debug, Default)]
pub struct RunControl<'a> {
    /// Where trials keep their state after epochs. The caller deletes a checkpoint once its record is saved.
    pub checkpoints: Option<&'a Checkpoints>,
    /// What ends them early.
    pub halt: Halt<'a>,
    /// Whether to send the weights of every trial after its last epoch.
    pub weights: bool,
}

type Sender = mpsc::Sender<Result<Progress, TrialError>>;

/// Runs `trials` on the threads of `pool`, each from its checkpoint if there is one, and calls `on_progress` on this thread.
///
/// # Errors
/// Returns the first [`TrialError`]; no trial starts after it.
pub fn run_trials(
    trials: &[Trial],
    prepared: &Prepared,
    pool: &Pool,
    control: RunControl,
    mut on_progress: impl FnMut(Progress),
) -> Result<(), TrialError> {
    let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        let (next, failed) = (&next, &failed);
        scope.spawn(move || {
            pool.each(|| {
                while !control.halt.begins_no_trial() && !failed.load(Ordering::Relaxed) {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(trial) = trials.get(number) else { break };
                    let run = RunningTrial { number, trial, prepared, control, sender: &sender };
                    if let Some(message) = run.run(&pool.executor()).transpose() {
                        send(&sender, message);
                    }
                }
            });
        });
        let mut failure = None;
        for message in receiver {
            match message {
                Ok(progress) => on_progress(progress),
                Err(error) => {
                    failed.store(true, Ordering::Relaxed);
                    failure.get_or_insert(error);
                }
            }
        }
        failure.map_or(Ok(()), Err)
    })
}

fn send(sender: &Sender, message: Result<Progress, TrialError>) {
    // The receiver outlives every sender.
    let _ = sender.send(message);
}

/// A trial on a thread.
struct RunningTrial<'a> {
    number: usize,
    trial: &'a Trial,
    prepared: &'a Prepared,
    control: RunControl<'a>,
    sender: &'a Sender,
}

impl RunningTrial<'_> {
    /// Runs the trial from its checkpoint, if there is one; returns none if it was abandoned.
    fn run(&self, executor: &dyn TimedExecutor) -> Result<Option<Progress>, TrialError> {
        let Trial { settings, seed, id, .. } = self.trial;
        let mut checkpoint = self.control.checkpoints.map(|checkpoints| checkpoints.of(id, settings.training.epochs));
        let kept = checkpoint.as_ref().and_then(|one| one.load().map_err(|warning| self.warn(warning)).ok().flatten());
        let outcome = match self.run_from(kept, checkpoint.as_mut(), executor) {
            Err(TrialError::State(error)) => {
                self.control.checkpoints.into_iter().for_each(|checkpoints| self.warn(checkpoints.unusable(id, error)));
                self.run_from(None, checkpoint.as_mut(), executor)?
            }
            outcome => outcome?,
        };
        let Some(outcome) = outcome else { return Ok(None) };
        let (data, devices) = (self.prepared.data(settings), self.prepared.devices_of(settings));
        let record = Record::new(settings, *seed, data, &devices, &outcome);
        let details = self.trial.details.then(|| Box::new(Details::new(&record.id, &outcome)));
        Ok(Some(Progress::Trial(Box::new(record), details)))
    }

    fn run_from(
        &self,
        state: Option<TrialState>,
        mut checkpoint: Option<&mut Checkpoint>,
        executor: &dyn TimedExecutor,
    ) -> Result<Option<Outcome>, TrialError> {
        let Trial { settings, seed, .. } = self.trial;
        let (data, devices) = (self.prepared.data(settings), self.prepared.devices_of(settings));
        let epochs = state.as_ref().map_or(0, |state| state.epochs.len());
        self.send_progress(Progress::Begun { trial: self.number, epochs });
        let input = TrialInput { settings, devices: &devices, data, seed: *seed };
        run_trial_while(&input, state, executor, &mut |end| {
            let stops = self.control.halt.abandons_trials();
            if let Some(report) = EpochReport::new(end) {
                self.send_progress(Progress::Epoch { trial: self.number, report });
                if let Some(Err(warning)) = checkpoint.as_mut().map(|checkpoint| checkpoint.keep(end, stops)) {
                    self.warn(warning);
                }
            }
            if self.control.weights && end.epochs.len() == settings.training.epochs {
                self.send_progress(Progress::Weights(end.weights().to_vec()));
            }
            if stops { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
    }

    fn warn(&self, warning: CheckpointWarning) {
        self.send_progress(Progress::Warning(warning));
    }

    fn send_progress(&self, progress: Progress) {
        send(self.sender, Ok(progress));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_shards() {
        assert_eq!("3/16".parse(), Ok(Shard { part: 3, of: 16 }));
        for wrong in ["0/4", "5/4", "1", "1/", "-1/2", "a/b", "1/0", "1/100001", "1/18446744073709551616"] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }
}
