//! Which trials are left, and running them on several threads.
//!
//! A trial shares nothing that it writes to, and adds in an order of its own, so that neither the number of threads nor
//! shards nor restarts can change a result. Records are handed to the calling thread in the order in which trials
//! end.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use crate::checkpoint::{CheckpointWarning, Checkpoints};
use crate::cluster::jobs::MOST_SHARDS;
use crate::details::Details;
use crate::pool::{Helpers, Pool};
use crate::prepare::Prepared;
use crate::record::{Record, trial_id};
use crate::settings::Settings;
use crate::study::Study;
use crate::trial::{TrialError, TrialState, run_trial};

/// Threads of a process: more than any machine has.
pub const MOST_THREADS: i64 = 4096;

/// One trial of a study.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial<'a> {
    /// Number of its condition in the study.
    pub condition: usize,
    /// What it is run with.
    pub settings: &'a Settings,
    /// Its seed.
    pub seed: u64,
    /// Its name.
    pub id: String,
    /// Whether its details are kept when it runs.
    pub details: bool,
    /// Whether it is run again for its details where only its record is there.
    pub needs_details: bool,
}

/// A part of a study for one of several processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Which part, from 1.
    pub part: usize,
    /// How many parts.
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
            Some((part, of)) if (1..=of).contains(&part) && of <= MOST_SHARDS => Ok(Shard { part, of }),
            _ => Err(format!("must be I/N with 1 <= I <= N <= {MOST_SHARDS}, for instance 3/16")),
        }
    }
}

/// Every trial of `study`: all conditions with the first seed, then with the next, so that a study that is cut short
/// still covers its axes.
pub fn trials<'a>(study: &'a Study, prepared: &Prepared) -> Vec<Trial<'a>> {
    let named = |position: usize, condition: usize| {
        let seed = study.seeds[position];
        let settings = &study.conditions[condition].settings;
        let id = trial_id(settings, seed, prepared.data(settings), &prepared.devices_of(settings));
        let details = study.details.keeps(position);
        Trial { condition, settings, seed, id, details, needs_details: details && study.details_given }
    };
    let conditions = study.conditions.len();
    (0..study.seeds.len())
        .flat_map(|position| (0..conditions).map(move |condition| (position, condition)))
        .map(|(position, condition)| named(position, condition))
        .collect()
}

/// The trials of one shard: every `of`-th one.
pub fn shard<'a>(trials: &[Trial<'a>], shard: Option<Shard>) -> Vec<Trial<'a>> {
    let Shard { part, of } = shard.unwrap_or(Shard { part: 1, of: 1 });
    trials.iter().skip(part - 1).step_by(of).cloned().collect()
}

/// What the calling thread hears of; trials are numbered as they were given.
#[derive(Debug)]
pub enum Progress {
    /// A trial has begun.
    Begun {
        /// Its number.
        trial: usize,
        /// Epochs that an earlier run has done.
        epochs: usize,
    },
    /// A trial has ended an epoch.
    Epoch {
        /// Its number.
        trial: usize,
        /// Wall time of the epoch, s.
        seconds: f64,
    },
    /// A checkpoint cannot be used; its trial runs without.
    Warning(CheckpointWarning),
    /// A trial has ended; with its details where they are kept.
    Trial(Box<Record>, Option<Box<Details>>),
}

type Sender = mpsc::Sender<Result<Progress, TrialError>>;

/// Runs `trials` on the threads of `pool`, each from its checkpoint if there is one; `hear` is called on this thread. Once
/// `stop` is set, trials that run are ended and no other is begun. Whoever keeps a record removes the checkpoint.
///
/// # Errors
/// The first [`TrialError`]; no other trial is begun after it.
pub fn run_trials(
    trials: &[Trial],
    prepared: &Prepared,
    checkpoints: Option<&Checkpoints>,
    pool: &Pool,
    stop: &AtomicBool,
    mut hear: impl FnMut(Progress),
) -> Result<(), TrialError> {
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        let next = &next;
        scope.spawn(move || {
            pool.each(|| {
                while !stop.load(Ordering::Relaxed) {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(trial) = trials.get(number) else { break };
                    send(&sender, run_one(number, trial, prepared, checkpoints, &pool.executor(), &sender));
                }
            });
        });
        let mut failure = None;
        for message in receiver {
            match message {
                Ok(progress) => hear(progress),
                Err(error) => {
                    stop.store(true, Ordering::Relaxed);
                    failure.get_or_insert(error);
                }
            }
        }
        failure.map_or(Ok(()), Err)
    })
}

fn send(sender: &Sender, message: Result<Progress, TrialError>) {
    // The receiver outlives every sender: it ends when the last of them does.
    let _ = sender.send(message);
}

fn run_one(
    number: usize,
    trial: &Trial,
    prepared: &Prepared,
    checkpoints: Option<&Checkpoints>,
    executor: &dyn Helpers,
    sender: &Sender,
) -> Result<Progress, TrialError> {
    let (data, devices) = (prepared.data(trial.settings), prepared.devices_of(trial.settings));
    let mut checkpoint = checkpoints.map(|checkpoints| checkpoints.of(&trial.id, trial.settings.training.epochs));
    let warn = |warning| send(sender, Ok(Progress::Warning(warning)));
    let kept = checkpoint.as_ref().and_then(|checkpoint| checkpoint.load().map_err(warn).ok().flatten());
    let mut run = |state: Option<TrialState>| {
        let epochs = state.as_ref().map_or(0, |state| state.epochs.len());
        send(sender, Ok(Progress::Begun { trial: number, epochs }));
        run_trial(trial.settings, &devices, data, trial.seed, state, executor, &mut |end| {
            send(sender, Ok(Progress::Epoch { trial: number, seconds: end.epoch().wall_seconds() }));
            if let Some(Err(warning)) = checkpoint.as_mut().map(|checkpoint| checkpoint.keep(end)) {
                warn(warning);
            }
        })
    };
    let outcome = match run(kept) {
        Err(TrialError::State(error)) => {
            checkpoints.into_iter().for_each(|checkpoints| warn(checkpoints.unusable(&trial.id, error)));
            run(None)?
        }
        outcome => outcome?,
    };
    let record = Record::new(trial.settings, trial.seed, data, &devices, &outcome);
    let details = trial.details.then(|| Box::new(Details::new(&record.id, &outcome)));
    Ok(Progress::Trial(Box::new(record), details))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_is_read_from_one() {
        assert_eq!("3/16".parse(), Ok(Shard { part: 3, of: 16 }));
        for wrong in ["0/4", "5/4", "1", "1/", "-1/2", "a/b", "1/0", "1/100001", "1/18446744073709551616"] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }
}
