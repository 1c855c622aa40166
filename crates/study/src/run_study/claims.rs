//! Lets processes that share a results folder divide trials among themselves: one locked file per running trial.
//!
//! The system releases the lock of a killed process, so its trials are free again. On a file system without locks,
//! every trial counts as free: two processes may then run the same one, which wastes time but changes no result.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

/// A trial that only this process runs, until it is dropped.
#[derive(Debug)]
pub(super) struct Claim {
    path: PathBuf,
    /// Holds the lock.
    _file: Option<File>,
}

impl Claim {
    /// Claims the trial called `id` in the results folder `results`; none if another process runs it.
    pub fn new(results: &Path, id: &str) -> Option<Claim> {
        let folder = results.join("claims");
        let path = folder.join(id);
        // Best effort: without the file, the trial counts as free.
        let opened = fs::create_dir_all(&folder)
            .and_then(|()| OpenOptions::new().create(true).truncate(false).write(true).open(&path));
        let file = opened.ok();
        match file.as_ref().map(File::try_lock) {
            Some(Err(TryLockError::WouldBlock)) => None,
            _ => Some(Claim { path, _file: file }),
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
        // Fails while others have claims.
        let _ = self.path.parent().map(fs::remove_dir);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claimed_trial_is_free_again_after_the_claim() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let first = Claim::new(folder.path(), "a");
        assert!(
            first.is_some() && Claim::new(folder.path(), "a").is_none() && Claim::new(folder.path(), "b").is_some()
        );
        drop(first);
        assert!(!folder.path().join("claims").exists(), "an empty folder remained");
        // The file of a killed process remains without its lock.
        fs::create_dir(folder.path().join("claims")).expect("a writable folder");
        fs::write(folder.path().join("claims/a"), "").expect("a writable folder");
        assert!(Claim::new(folder.path(), "a").is_some());
    }
}
