//! How far a study is: trials done and left, and how long those that are left will take.
//!
//! A trial is expected to take the mean of its condition's measured trials; where none was run yet, as long an epoch as
//! the mean of all.

use std::collections::BTreeMap;
use std::path::Path;

use crate::record::Record;
use crate::run::Trial;
use crate::store::Store;

/// Trials of a study, or of a shard, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Trials with a record.
    pub done: usize,
    /// Those of them that have no outcome.
    pub failed: usize,
    /// Trials without a record.
    pub left: usize,
    /// Those of them that can go on from a checkpoint.
    pub begun: usize,
}

impl Standing {
    /// Counts `trials`, whose results are in the folder `out`.
    pub fn of(trials: &[Trial], store: &Store, out: &Path) -> Standing {
        let mut standing = Standing::default();
        for trial in trials {
            match store.get(&trial.id) {
                Some(record) => {
                    standing.done += 1;
                    standing.failed += usize::from(record.failure.is_some());
                }
                None => {
                    standing.left += 1;
                    let checkpoint = out.join("checkpoints").join(format!("{}.bin", trial.id));
                    standing.begun += usize::from(checkpoint.exists());
                }
            }
        }
        standing
    }
}

/// How long trials take on one core, as measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Pace {
    /// Mean of the trials of a condition, s.
    by_condition: BTreeMap<usize, f64>,
    /// Mean of all epochs, s.
    epoch: f64,
    /// Trials that were measured.
    pub measured: usize,
}

impl Pace {
    /// The pace of those of `trials` that have a record; none where no trial has one that tells.
    pub fn of(trials: &[Trial], store: &Store) -> Option<Pace> {
        let mut times: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
        let (mut seconds, mut epochs) = (0.0, 0);
        for trial in trials {
            // Training that diverged took less than it would have.
            let Some(record) = store.get(&trial.id).filter(|record| record.failure.is_none()) else { continue };
            times.entry(trial.condition).or_default().push(seconds_of(record));
            seconds += seconds_of(record);
            epochs += record.accuracy.len();
        }
        let measured = times.values().map(Vec::len).sum();
        let mean = |times: Vec<f64>| times.iter().sum::<f64>() / times.len() as f64;
        let by_condition = times.into_iter().map(|(condition, times)| (condition, mean(times))).collect();
        (epochs > 0).then(|| Pace { by_condition, epoch: seconds / epochs as f64, measured })
    }

    /// What a trial will take, s.
    pub fn seconds(&self, trial: &Trial) -> f64 {
        let epochs = trial.settings.preset().epochs as f64;
        self.by_condition.get(&trial.condition).copied().unwrap_or(epochs * self.epoch)
    }

    /// What `trials` will take where so many run at the same time, s: whole trials one after another on each core.
    pub fn on_cores(&self, trials: &[Trial], cores: usize) -> f64 {
        let mut busy = vec![0.0_f64; cores.clamp(1, trials.len().max(1))];
        for trial in trials {
            let next = busy.iter_mut().min_by(|one, other| one.total_cmp(other));
            *next.expect("at least one core") += self.seconds(trial);
        }
        busy.into_iter().fold(0.0, f64::max)
    }
}

fn seconds_of(record: &Record) -> f64 {
    record.seconds.training + record.seconds.test
}
