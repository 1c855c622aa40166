//! Which jobs were submitted for a study last: `slurm/jobs.json` in the folder of its results.

use std::path::{Path, PathBuf};
use std::{fs, io};

use serde::{Deserialize, Serialize};

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
        "{path}: not a file of jobs: {source}\n\nhint: remove it; the jobs of the last submission are no longer known then"
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What the parser says.
        source: serde_json::Error,
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
        match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|source| JobsError::Foreign { path, source }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(JobsError::Read { path, source }),
        }
    }

    /// Keeps them in `out`, in the place of those of the submission before.
    ///
    /// # Errors
    /// [`JobsError::Write`].
    pub fn write(&self, out: &Path) -> Result<(), JobsError> {
        let path = file(out);
        let text = serde_json::to_string(self).expect("jobs are plain values") + "\n";
        let aside = path.with_extension("json.part");
        fs::write(&aside, text)
            .and_then(|()| fs::rename(&aside, &path))
            .map_err(|source| JobsError::Write { path, source })
    }
}

fn file(out: &Path) -> PathBuf {
    out.join("slurm/jobs.json")
}
