//! Which jobs were submitted for a study last: `slurm/jobs.json` in the folder of its results.

use std::io;
use std::path::{Path, PathBuf};

use ohmspike_datasets::{persist, regular};
use serde::{Deserialize, Serialize};

use crate::run::{MOST_SHARDS, MOST_THREADS};

/// Bytes of the file: the numbers of all shards take 0.7 MB, and a command line 2 MB.
const LARGEST_FILE: u64 = 8 << 20;

/// The jobs of the last submission.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Jobs {
    /// Number of the job array.
    pub array: String,
    /// Number of the job after it; none where it was refused.
    pub merge: Option<String>,
    /// Shards of the study.
    pub shards: usize,
    /// The shards that were submitted, from 1.
    pub tasks: Vec<usize>,
    /// Trials that a task runs at the same time.
    pub threads: usize,
    /// The `--set` arguments, which decide the trials of a shard.
    pub set: Vec<String>,
}

/// The file of the jobs cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JobsError {
    /// Reading failed.
    #[error("{path}: cannot be read: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Something else stands in it.
    #[error(
        "{path}: not a file of jobs: {reason}\n\nhint: remove it; the jobs of the last submission are no longer known then"
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Writing failed.
    #[error("{path}: cannot be written: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Jobs {
    /// The jobs of the last submission into the results in `out`, if there was one.
    ///
    /// # Errors
    /// [`JobsError::Read`], [`JobsError::Foreign`].
    pub fn read(out: &Path) -> Result<Option<Jobs>, JobsError> {
        let path = file(out);
        match regular::read(&path, LARGEST_FILE) {
            Ok(bytes) => {
                let jobs: Jobs = serde_json::from_slice(&bytes)
                    .map_err(|error| JobsError::Foreign { path: path.clone(), reason: error.to_string() })?;
                jobs.check().map_err(|reason| JobsError::Foreign { path, reason })?;
                Ok(Some(jobs))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(JobsError::Read { path, source }),
        }
    }

    /// What no submission has written.
    fn check(&self) -> Result<(), String> {
        let is_number = |job: &String| !job.is_empty() && job.bytes().all(|byte| byte.is_ascii_digit());
        if let Some(job) = [Some(&self.array), self.merge.as_ref()].into_iter().flatten().find(|job| !is_number(job)) {
            return Err(format!("numbers of jobs must be digits, got `{job}`"));
        }
        if !(1..=MOST_SHARDS).contains(&self.shards) {
            return Err(format!("shards: must be a number from 1 to {MOST_SHARDS}, got {}", self.shards));
        }
        if !(1..=MOST_THREADS as usize).contains(&self.threads) {
            return Err(format!("threads: must be a number from 1 to {MOST_THREADS}, got {}", self.threads));
        }
        match self.tasks.iter().find(|task| !(1..=self.shards).contains(*task)) {
            Some(task) => Err(format!("tasks: must be numbers of shards from 1 to {}, got {task}", self.shards)),
            None => Ok(()),
        }
    }

    /// Keeps them in `out`, in the place of those of the submission before.
    ///
    /// # Errors
    /// [`JobsError::Write`].
    pub fn write(&self, out: &Path) -> Result<(), JobsError> {
        let path = file(out);
        let text = serde_json::to_string(self).expect("jobs are plain values") + "\n";
        persist::write(&path, |file| file.write_all(text.as_bytes()))
            .map_err(|source| JobsError::Write { path, source })
    }
}

fn file(out: &Path) -> PathBuf {
    out.join("slurm/jobs.json")
}
