//! How a study is run.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::run::Shard;
use crate::study::Study;

/// How a study is run. Nothing here changes a result.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// Folder of the results; `results/NAME` if absent.
    pub folder: Option<PathBuf>,
    /// Folder of the study file. Relative paths in the study are looked up in the working directory, then here.
    pub study_folder: PathBuf,
    /// Trials that run at the same time; one per core if absent.
    pub threads: Option<usize>,
    /// Runs only this part of the trials.
    pub shard: Option<Shard>,
    /// Runs at most this many trials.
    pub max_trials: Option<usize>,
    /// Minimum time between two checkpoints of a trial.
    pub checkpoint_every: Duration,
    /// Set it to `true` from anywhere: running trials finish, and no other begins.
    pub stop: Option<Arc<AtomicBool>>,
}

impl Default for RunOptions {
    fn default() -> Self {
        RunOptions {
            folder: None,
            study_folder: PathBuf::from("."),
            threads: None,
            shard: None,
            max_trials: None,
            checkpoint_every: Duration::from_secs(10),
            stop: None,
        }
    }
}

impl RunOptions {
    /// The folder of the results of `study`.
    pub fn folder_of(&self, study: &Study) -> PathBuf {
        self.folder.clone().unwrap_or_else(|| PathBuf::from("results").join(&study.name))
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stop.as_ref().is_some_and(|stop| stop.load(Ordering::Relaxed))
    }
}
