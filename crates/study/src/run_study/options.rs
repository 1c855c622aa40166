//! Options of a run.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::run::Shard;
use crate::study::Study;

/// Options of a run. None of them changes a result.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// Results folder; `results/NAME` by default.
    pub folder: Option<PathBuf>,
    /// Folder of the study file. Relative paths in the study are looked up in the working directory, then here.
    pub study_folder: PathBuf,
    /// Number of trials to run at the same time; one per core by default.
    pub threads: Option<usize>,
    /// Run only this part of the trials.
    pub shard: Option<Shard>,
    /// Run at most this many trials.
    pub max_trials: Option<usize>,
    /// Minimum time between two checkpoints of a trial.
    pub checkpoint_every: Duration,
    /// Set it to `true` from any thread to finish running trials and start no others.
    pub stop: Option<Arc<AtomicBool>>,
    /// Set it to `true` from any thread to also abandon running trials after their current epoch. A later run resumes
    /// them from their last checkpoint.
    pub abandon: Option<Arc<AtomicBool>>,
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
            abandon: None,
        }
    }
}

impl RunOptions {
    /// Returns the results folder of `study`.
    pub fn folder_of(&self, study: &Study) -> PathBuf {
        self.folder.clone().unwrap_or_else(|| PathBuf::from("results").join(&study.name))
    }

    pub(super) fn is_stopped(&self) -> bool {
        [&self.stop, &self.abandon].into_iter().flatten().any(|flag| flag.load(Ordering::Relaxed))
    }
}
