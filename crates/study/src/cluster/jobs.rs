//! The jobs of the last submission of a study: `slurm/jobs.json` in the results folder.

use std::io;
use std::path::{Path, PathBuf};

use ohmspike_datasets::{persist, reason, regular, write_reason};
use serde::{Deserialize, Serialize};

use crate::run::{MAX_SHARDS, MAX_THREADS};

/// The largest file, bytes. The numbers of all shards take 0.7 MB, and a command line up to 2 MB.
const LARGEST_FILE: u64 = 8 << 20;

/// The jobs of the last submission.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Jobs {
    /// Number of the job array.
    pub array: String,
    /// Number of the final job, unless its submission failed.
    pub merge: Option<String>,
    /// Number of shards.
    pub shards: usize,
    /// The submitted shards, from 1.
    pub tasks: Vec<usize>,
    /// Trials that each task runs at the same time.
    pub threads: usize,
    /// The `--set` arguments.
    pub set: Vec<String>,
}

/// Why the file of jobs cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JobsError {
    /// Reading failed.
    #[error("cannot read `{}`: {}", path.display(), reason(source))]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The content is invalid.
    #[error(
        "{path}: invalid file of jobs: {reason}\n\nhint: delete it; `status` then no longer shows the jobs of the last submission"
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// The problem.
        reason: String,
    },
    /// Writing failed.
    #[error("cannot write `{}`: {}", path.display(), write_reason(source))]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Jobs {
    /// Reads the jobs of the last submission for the results in `out`, if any.
    ///
    /// # Errors
    /// [`JobsError::Read`] if the file cannot be read, [`JobsError::Foreign`] if its content is invalid.
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

    /// Rejects content that no submission writes.
    fn check(&self) -> Result<(), String> {
        let is_number = |job: &String| !job.is_empty() && job.bytes().all(|byte| byte.is_ascii_digit());
        if let Some(job) = [Some(&self.array), self.merge.as_ref()].into_iter().flatten().find(|job| !is_number(job)) {
            return Err(format!("expected a job number, got `{job}`"));
        }
        if !(1..=MAX_SHARDS).contains(&self.shards) {
            return Err(format!("shards: expected 1 to {MAX_SHARDS}, got {}", self.shards));
        }
        if !(1..=MAX_THREADS as usize).contains(&self.threads) {
            return Err(format!("threads: expected 1 to {MAX_THREADS}, got {}", self.threads));
        }
        match self.tasks.iter().find(|task| !(1..=self.shards).contains(*task)) {
            Some(task) => Err(format!("tasks: expected shards from 1 to {}, got {task}", self.shards)),
            None => Ok(()),
        }
    }

    /// Saves the jobs in `out`, replacing those of the previous submission.
    ///
    /// # Errors
    /// [`JobsError::Write`] if the file cannot be written.
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
