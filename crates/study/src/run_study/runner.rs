//! Runs batches of trials in a results folder, for answers that choose the next trials from earlier outcomes.
//!
//! ```text
//! loop: records so far -> the caller chooses jobs -> Runner::run -> their records are on disk
//! ```
//!
//! Jobs are ordinary trials, named by a hash of their settings, data, devices and seed. So a batch that was run before
//! runs nothing, and a killed batch continues. Processes with a `shard` share each batch: each one claims trials, those
//! of its part first, and waits only for trials that a living process runs. So no batch hangs, whichever process ends.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::Duration;

use super::claims::Claim;
use super::execute::{Keeper, announced};
use super::observer::StudyObserver;
use super::options::RunOptions;
use super::train::settings_warnings;
use crate::checkpoint::Checkpoints;
use crate::machine::cores;
use crate::pool::Pool;
use crate::prepare::Prepared;
use crate::presence::Presence;
use crate::record::{Record, trial_id};
use crate::resolved_study::write_study;
use crate::run::{Halt, RunControl, Shard, Trial, run_trials};
use crate::run_error::RunError;
use crate::settings::Settings;
use crate::store::Store;
use crate::study::Study;

/// Time between two looks for the records of other processes.
const POLL: Duration = Duration::from_millis(500);

/// A trial that an answer needs.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// Its settings.
    pub settings: Arc<Settings>,
    /// Its seed.
    pub seed: u64,
}

/// How a batch ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ran {
    /// Every job has a record.
    All,
    /// A stop was requested, or the largest number of trials was reached; this number of jobs has no record.
    Stopped(usize),
}

/// A results folder in which batches of trials run.
#[derive(Debug)]
pub struct Runner {
    folder: PathBuf,
    /// Base folder of the relative paths of the study.
    paths: PathBuf,
    options: RunOptions,
    prepared: Prepared,
    /// Records of this process, and those that the folder had before.
    store: Store,
    /// Records of the other shards.
    others: Option<Store>,
    pool: Pool,
    presence: Option<Presence>,
    /// Number of trials that this process ran.
    ran: usize,
}

impl Runner {
    /// Opens the results folder `folder` and writes `study.toml` into it.
    ///
    /// # Errors
    /// Returns a [`RunError`] if records cannot be read, or the folder cannot be written.
    pub fn open(study: &Study, folder: &Path, options: &RunOptions) -> Result<Runner, RunError> {
        let store = Store::open(folder)?;
        write_study(study, &options.study_folder, folder)?;
        let count = options.threads.unwrap_or_else(cores).max(1);
        Ok(Runner {
            folder: folder.to_owned(),
            paths: study.paths_folder(&options.study_folder),
            options: options.clone(),
            prepared: Prepared::default(),
            store,
            others: None,
            pool: Pool::new(count).map_err(|source| RunError::Threads { count, source })?,
            presence: None,
            ran: 0,
        })
    }

    /// Returns the data and devices of the jobs so far.
    pub fn prepared(&self) -> &Prepared {
        &self.prepared
    }

    /// Returns the number of trials that this process ran.
    pub fn ran(&self) -> usize {
        self.ran
    }

    /// Reads the data and devices of `job` and returns the name of its trial.
    ///
    /// # Errors
    /// Returns a [`RunError`] if data, a device or a map cannot be read or does not fit.
    pub fn id(&mut self, job: &Job) -> Result<String, RunError> {
        self.prepare(&job.settings)?;
        let (sha256, devices) = (self.prepared.data_sha256(&job.settings), self.prepared.devices_of(&job.settings));
        Ok(trial_id(&job.settings, job.seed, sha256, &devices))
    }

    /// Reads the data and devices of `settings` and tells `observer` what about them is valid but probably unintended.
    ///
    /// # Errors
    /// Returns a [`RunError`] if data, a device or a map cannot be read or does not fit.
    pub fn warn(&mut self, settings: &Settings, observer: &mut dyn StudyObserver) -> Result<(), RunError> {
        self.prepare(settings)?;
        settings_warnings(settings, &self.prepared).iter().for_each(|warning| observer.warning(warning));
        Ok(())
    }

    fn prepare(&mut self, settings: &Settings) -> Result<(), RunError> {
        let added = self.prepared.add(settings, &self.paths);
        added.map_err(|source| RunError::Prepare { place: None, source: Box::new(source) })
    }

    /// Returns the record of the trial called `id`.
    pub fn record(&self, id: &str) -> Option<&Record> {
        self.store.get(id).or_else(|| self.others.as_ref()?.get(id))
    }

    /// Runs the jobs without a record, and saves each record before the next.
    ///
    /// The observer numbers trials by their position among the jobs that this call runs together.
    ///
    /// # Errors
    /// Returns a [`RunError`] if a trial cannot start or a record cannot be saved.
    pub fn run(&mut self, jobs: &[Job], observer: &mut dyn StudyObserver) -> Result<Ran, RunError> {
        let mut trials: Vec<Trial> = Vec::new();
        for job in jobs {
            let id = self.id(job)?;
            if !trials.iter().any(|trial| trial.id == id) {
                let (settings, seed) = (Arc::clone(&job.settings), job.seed);
                trials.push(Trial { condition: 0, settings, seed, id, details: false, needs_details: false });
            }
        }
        loop {
            let left: Vec<Trial> = trials.iter().filter(|trial| self.record(&trial.id).is_none()).cloned().collect();
            if left.is_empty() {
                return Ok(Ran::All);
            }
            let free = self.options.max_trials.unwrap_or(usize::MAX).saturating_sub(self.ran);
            if self.options.is_stopped() || free == 0 {
                return Ok(Ran::Stopped(left.len()));
            }
            if self.presence.is_none() {
                self.store.prepare_to_write()?;
                self.presence = announced(&self.folder, self.options.shard, observer);
            }
            match self.options.shard {
                None => self.run_together(&left[..left.len().min(free)], observer)?,
                Some(shard) => self.run_claimed(in_order_of(shard, &trials, left), free, observer)?,
            }
        }
    }

    /// Runs the first free trials of `left`, one per thread; waits for a moment if other processes run all of them.
    fn run_claimed(&mut self, left: Vec<Trial>, most: usize, observer: &mut dyn StudyObserver) -> Result<(), RunError> {
        let count = self.pool.threads().min(most);
        let claimed = left.into_iter().filter_map(|trial| Some((Claim::new(&self.folder, &trial.id)?, trial)));
        let (_claims, mut trials): (Vec<Claim>, Vec<Trial>) = claimed.take(count).unzip();
        // Another process may have finished a trial just before its claim.
        self.others = Some(Store::open(&self.folder)?);
        let was_free = !trials.is_empty();
        trials.retain(|trial| self.record(&trial.id).is_none());
        if trials.is_empty() {
            if !was_free {
                sleep(POLL);
            }
            return Ok(());
        }
        self.run_together(&trials, observer)
    }

    fn run_together(&mut self, trials: &[Trial], observer: &mut dyn StudyObserver) -> Result<(), RunError> {
        let checkpoints = Checkpoints::new(&self.folder, self.options.checkpoint_every);
        let unsaved = AtomicBool::new(false);
        let abandon = self.options.abandon.as_deref().unwrap_or(&unsaved);
        let halt = Halt { after_trials: self.options.stop.as_deref(), after_epochs: Some(abandon) };
        let control = RunControl { checkpoints: Some(&checkpoints), halt, weights: false };
        let before = self.store.len();
        let mut keeper = Keeper::new(&mut self.store, &checkpoints, self.presence.as_mut());
        let ran = run_trials(trials, &self.prepared, &self.pool, control, |progress| {
            if keeper.on_progress(trials, progress, observer).is_break() {
                // Running trials could not be saved either.
                abandon.store(true, Ordering::Relaxed);
            }
        });
        keeper.failure.map_or(Ok(()), Err)?;
        self.ran += self.store.len() - before;
        checkpoints.remove_all(|id| self.store.get(id).is_some());
        Ok(ran?)
    }

    /// Checks that the records of this process are still in place.
    ///
    /// # Errors
    /// Returns a [`RunError`] if the file of records was removed meanwhile.
    pub fn end(mut self) -> Result<(), RunError> {
        Ok(self.store.end_writing()?)
    }
}

/// Sorts `left`: the trials of the shard first, then those of the next shards.
fn in_order_of(shard: Shard, trials: &[Trial], left: Vec<Trial>) -> Vec<Trial> {
    let Shard { part, of } = shard;
    let turn: BTreeMap<&str, usize> =
        trials.iter().enumerate().map(|(place, trial)| (&*trial.id, (place + of + 1 - part) % of)).collect();
    let mut sorted = left;
    sorted.sort_by_key(|trial| turn.get(&*trial.id).copied());
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn study() -> Study {
        let text = "name = 'small'\n[network]\nhidden = 8\n[training]\nbatch = 512\nepochs = 1\n";
        Study::parse("small.toml", text, &[]).expect("a valid study")
    }

    fn jobs(levels: &[f64], study: &Study) -> Vec<Job> {
        let job = |level: &f64| {
            let mut settings = Settings::clone(&study.conditions[0].settings);
            settings.noise.level_percent = *level;
            Job { settings: Arc::new(settings), seed: 1 }
        };
        levels.iter().map(job).collect()
    }

    fn outcomes(runner: &mut Runner, jobs: &[Job]) -> Vec<Option<f64>> {
        let ids: Vec<String> = jobs.iter().map(|job| runner.id(job).expect("valid settings")).collect();
        ids.iter().map(|id| runner.record(id).and_then(|record| record.outcome)).collect()
    }

    #[test]
    fn runs_a_job_once() {
        let (study, folder) = (study(), tempfile::tempdir().expect("a temporary folder"));
        let jobs = jobs(&[0.0, 50.0, 0.0], &study);
        let mut runner = Runner::open(&study, folder.path(), &RunOptions::default()).expect("a new folder");
        assert_eq!((runner.run(&jobs, &mut ()).expect("trials run"), runner.ran()), (Ran::All, 2));
        let first = outcomes(&mut runner, &jobs);
        assert!(first.iter().all(Option::is_some) && first[0] == first[2]);
        runner.end().expect("records are in place");

        let mut again = Runner::open(&study, folder.path(), &RunOptions::default()).expect("the same folder");
        assert_eq!((again.run(&jobs, &mut ()).expect("nothing runs"), again.ran()), (Ran::All, 0));
        assert_eq!(outcomes(&mut again, &jobs), first);
    }

    #[test]
    fn stops_at_the_largest_number_of_trials() {
        let (study, folder) = (study(), tempfile::tempdir().expect("a temporary folder"));
        let options = RunOptions { max_trials: Some(1), ..RunOptions::default() };
        let mut runner = Runner::open(&study, folder.path(), &options).expect("a new folder");
        let ran = runner.run(&jobs(&[0.0, 50.0, 60.0], &study), &mut ()).expect("trials run");
        assert_eq!(ran, Ran::Stopped(2));
    }

    #[test]
    fn shards_share_every_batch_and_none_waits_for_a_missing_one() {
        let (study, folder) = (study(), tempfile::tempdir().expect("a temporary folder"));
        let jobs = jobs(&[0.0, 10.0, 20.0, 30.0], &study);
        let run = |part: usize| {
            let options = RunOptions { shard: Some(Shard { part, of: 3 }), threads: Some(1), ..RunOptions::default() };
            let mut runner = Runner::open(&study, folder.path(), &options).expect("a folder");
            let ran = runner.run(&jobs, &mut ()).expect("trials run");
            (ran, outcomes(&mut runner, &jobs))
        };
        // The third shard is missing.
        let (one, other) = std::thread::scope(|scope| {
            let other = scope.spawn(|| run(2));
            (run(1), other.join().expect("no panic"))
        });
        assert_eq!(one.0, Ran::All);
        assert_eq!(one, other);
    }
}
