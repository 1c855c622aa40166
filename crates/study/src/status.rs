//! The progress of a study: trials done and remaining, and the time that the remaining ones will take.

use crate::checkpoint::Checkpoints;
use crate::eta::{EpochTimes, seconds_left};
use crate::run::Trial;
use crate::store::Store;
use crate::study::Study;

/// Counts of the trials of a study or a shard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Trials that are done. They have a record, and their details if the study asks for these.
    pub done: usize,
    /// Done trials without an outcome, because training diverged.
    pub failed: usize,
    /// Remaining trials.
    pub left: usize,
    /// Remaining trials with a checkpoint.
    pub begun: usize,
}

impl Status {
    /// Counts `trials` by their records and checkpoints.
    pub fn of(trials: &[Trial], store: &Store, checkpoints: &Checkpoints) -> Status {
        let mut status = Status::default();
        for trial in trials {
            if store.holds(trial) {
                status.done += 1;
                status.failed += usize::from(store.get(&trial.id).is_some_and(|record| record.failure.is_some()));
            } else {
                status.left += 1;
                status.begun += usize::from(checkpoints.has(&trial.id));
            }
        }
        status
    }
}

/// The remaining trials of `trials`.
pub fn left(trials: &[Trial], store: &Store) -> Vec<Trial> {
    trials.iter().filter(|trial| !store.holds(trial)).cloned().collect()
}

/// Times of trials on one core, estimated from the trials with a record.
#[derive(Clone, Debug, PartialEq)]
pub struct TrialTimes {
    /// Time per epoch of each condition, s.
    epoch_seconds: Vec<f64>,
    /// Number of trials that the estimate is based on.
    pub measured: usize,
}

impl TrialTimes {
    /// Estimates the times of `trials`. Returns `None` if no record has a time.
    pub fn of(study: &Study, trials: &[Trial], store: &Store) -> Option<TrialTimes> {
        let (mut pace, mut measured) = (EpochTimes::new(study), 0);
        for trial in trials {
            if let Some(record) = store.get(&trial.id).filter(|record| !record.accuracy.is_empty()) {
                let seconds = record.seconds.training + record.seconds.test;
                pace.measure(trial.condition, record.accuracy.len() as u64, seconds);
                measured += 1;
            }
        }
        Some(TrialTimes { epoch_seconds: pace.epoch_seconds()?, measured })
    }

    /// Time of a trial, s.
    pub fn seconds(&self, trial: &Trial) -> f64 {
        trial.settings.training.epochs as f64 * self.epoch_seconds[trial.condition]
    }

    /// Time of `trials` if `cores` of them run at the same time, s.
    pub fn on_cores(&self, trials: &[Trial], cores: usize) -> f64 {
        seconds_left(&[], trials.iter().map(|trial| self.seconds(trial)), cores)
    }
}
