//! How far a study is: trials done and left, and how long those that are left will take.

use crate::checkpoint::Checkpoints;
use crate::eta::{EpochTimes, seconds_left};
use crate::run::Trial;
use crate::store::Store;
use crate::study::Study;

/// Trials of a study, or of a shard, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Trials that are done: with a record, and their details where they are kept.
    pub done: usize,
    /// Those of them that have no outcome.
    pub failed: usize,
    /// Trials that are left.
    pub left: usize,
    /// Those of them that can go on from a checkpoint.
    pub begun: usize,
}

impl Status {
    /// Counts `trials`, whose records are in `store`.
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

/// Those of `trials` that are left to be run.
pub fn left<'a>(trials: &[Trial<'a>], store: &Store) -> Vec<Trial<'a>> {
    trials.iter().filter(|trial| !store.holds(trial)).cloned().collect()
}

/// How long trials take on one core, from those that have a record.
#[derive(Clone, Debug, PartialEq)]
pub struct TrialTimes {
    /// Seconds of an epoch, by condition.
    epoch_seconds: Vec<f64>,
    /// Trials that were measured.
    pub measured: usize,
}

impl TrialTimes {
    /// The times of `trials` of `study`; none where no trial has a record that tells.
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

    /// What a trial takes, s.
    pub fn seconds(&self, trial: &Trial) -> f64 {
        trial.settings.training.epochs as f64 * self.epoch_seconds[trial.condition]
    }

    /// What `trials` take where so many run at the same time, s.
    pub fn on_cores(&self, trials: &[Trial], cores: usize) -> f64 {
        seconds_left(&[], trials.iter().map(|trial| self.seconds(trial)), cores)
    }
}
