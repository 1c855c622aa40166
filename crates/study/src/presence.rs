//! Tracks the processes that run trials in a results folder: one file each in `running/`, locked while its process
//! runs.
//!
//! This only warns about duplicate work; shards of one study never duplicate any. Correctness does not depend on it:
//! processes never share a file, and a trial that two of them run is kept once. The system releases the lock of a
//! killed process, so its file is recognized and removed. On a file system without locks, a process on another machine
//! counts as running.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use ohmspike_datasets::regular;
use serde::{Deserialize, Serialize};

use crate::machine::host;
use crate::run::Shard;

/// Largest file, bytes; a typical one has 60.
const LARGEST_FILE: u64 = 4096;
/// Age from which a temporary file is abandoned; the largest is written in seconds.
const STALE: Duration = Duration::from_secs(3600);

/// A process that runs trials.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Process {
    /// Name of its machine.
    pub host: String,
    /// Process ID.
    pub pid: u32,
    /// Part and number of parts of its shard; none for the whole study.
    pub shard: Option<[usize; 2]>,
}

/// Two processes that run the same trials.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{folder}: process {} on {}{} runs trials in the same folder; trials run by both count once\n\n\
     hint: give each process its own shard with `--shard I/N`", other.pid, other.host, of_shard(other)
)]
pub struct Shared {
    folder: PathBuf,
    other: Process,
}

fn of_shard(process: &Process) -> String {
    process.shard.map(|[part, of]| format!(" (shard {part}/{of})")).unwrap_or_default()
}

/// This process, visible to others until it is dropped.
#[derive(Debug)]
pub struct Presence {
    results: PathBuf,
    path: PathBuf,
    /// Holds the lock.
    file: File,
    own: Process,
    reported: BTreeSet<Process>,
}

impl Presence {
    /// Announces that this process runs trials in the folder `results`, all of them or those of `shard`.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    pub fn announce(results: &Path, shard: Option<Shard>) -> io::Result<Presence> {
        let folder = results.join("running");
        let shard = shard.map(|shard| [shard.part, shard.of]);
        let own = Process { host: host(), pid: std::process::id(), shard };
        let name: String = own.host.chars().map(|letter| if letter.is_alphanumeric() { letter } else { '-' }).collect();
        for number in 1u32.. {
            fs::create_dir_all(&folder)?;
            // Machines can share a name, and containers a process ID.
            let path = folder.join(format!("{name}-{}-{number}.json", own.pid));
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                // Another process removed the empty folder in between.
                Err(error) if error.kind() == ErrorKind::NotFound && number < 100 => {}
                Err(error) => return Err(error),
                Ok(mut file) => {
                    // On a file system without locks, others check the process ID instead.
                    let _ = file.try_lock();
                    file.write_all(&serde_json::to_vec(&own).expect("plain values"))?;
                    return Ok(Presence { results: results.to_owned(), path, file, own, reported: BTreeSet::new() });
                }
            }
        }
        unreachable!("four thousand million processes")
    }

    /// Returns the processes that run the same trials and were not reported before.
    pub fn newcomers(&mut self) -> Vec<Shared> {
        let others = self.others().into_iter().filter(|other| !is_apart(self.own.shard, other.shard));
        let new: Vec<Process> = others.filter(|other| !self.reported.contains(other)).collect();
        self.reported.extend(new.iter().cloned());
        new.into_iter().map(|other| Shared { folder: self.results.clone(), other }).collect()
    }

    /// Returns all other running processes, and removes the files of those that ended.
    fn others(&self) -> Vec<Process> {
        let Ok(entries) = fs::read_dir(self.results.join("running")) else { return Vec::new() };
        let paths = entries.flatten().map(|entry| entry.path()).filter(|path| *path != self.path);
        paths.filter_map(|path| living(&path)).collect()
    }

    /// Removes the temporary files of killed processes below the results folder. Details and checkpoints are written by
    /// processes tracked here; all others finish their files within an hour.
    pub fn remove_leftovers(&self) {
        let now = self.file.metadata().and_then(|own| own.modified()).unwrap_or_else(|_| SystemTime::now());
        let is_alone = self.others().is_empty();
        for (folder, of_runs) in [
            ("", false),
            ("figures", false),
            ("tables", false),
            ("slurm", false),
            ("details", true),
            ("checkpoints", true),
        ] {
            let Ok(entries) = fs::read_dir(self.results.join(folder)) else { continue };
            for entry in entries.flatten().filter(|entry| entry.file_name().to_string_lossy().ends_with(".part")) {
                let written = entry.metadata().and_then(|metadata| metadata.modified());
                let is_old = written.is_ok_and(|written| now.duration_since(written).is_ok_and(|age| age > STALE));
                if is_old || (of_runs && is_alone) {
                    // Best effort: leftovers are never read.
                    let _ = fs::remove_file(entry.path());
                }
            }
        }
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
        // Fails if other processes are running.
        let _ = fs::remove_dir(self.results.join("running"));
    }
}

/// Whether two shards have no trial in common.
fn is_apart(one: Option<[usize; 2]>, other: Option<[usize; 2]>) -> bool {
    matches!((one, other), (Some([part, of]), Some([other, of_other])) if of == of_other && part != other)
}

/// Returns the process of the file at `path` if it is running, else removes the file.
fn living(path: &Path) -> Option<Process> {
    let bytes = regular::read(path, LARGEST_FILE).ok()?;
    // An empty file belongs to a process that is just starting, or was killed at that moment.
    let age = fs::metadata(path).and_then(|file| file.modified()).ok().and_then(|at| at.elapsed().ok());
    if bytes.is_empty() && age.is_some_and(|age| age > STALE) {
        let _ = fs::remove_file(path);
    }
    let process: Process = serde_json::from_slice(&bytes).ok()?;
    let file = File::open(path).ok()?;
    let lives = match file.try_lock() {
        Ok(()) => false,
        Err(TryLockError::WouldBlock) => true,
        Err(TryLockError::Error(_)) => process.host != host() || Path::new(&format!("/proc/{}", process.pid)).exists(),
    };
    if !lives {
        let _ = fs::remove_file(path);
    }
    lives.then_some(process)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shard(text: &str) -> Option<Shard> {
        Some(text.parse().expect("a shard"))
    }

    fn messages(presence: &mut Presence) -> Vec<Option<[usize; 2]>> {
        presence.newcomers().into_iter().map(|shared| shared.other.shard).collect()
    }

    #[test]
    fn reports_processes_with_the_same_trials_once() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let announce = |shard| Presence::announce(folder.path(), shard).expect("a writable folder");
        let mut first = announce(None);
        assert_eq!(messages(&mut first), []);
        let mut second = announce(shard("1/2"));
        assert_eq!((messages(&mut first), messages(&mut first)), (vec![Some([1, 2])], vec![]));
        assert_eq!(messages(&mut second), [None]);
        // Shards of one partition are disjoint; those of different partitions are not.
        let mut third = announce(shard("2/2"));
        assert_eq!(messages(&mut third), [None]);
        assert_eq!(messages(&mut second), []);
        let message = announce(shard("1/3")).newcomers()[1].to_string();
        assert!(message.contains(&format!("process {} on {}", std::process::id(), host())), "{message}");
        drop((first, second, third));
        assert!(!folder.path().join("running").exists(), "an empty folder remained");
    }

    #[test]
    fn removes_the_file_of_an_ended_process() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir(folder.path().join("running")).expect("a writable folder");
        let path = folder.path().join("running/elsewhere-7-1.json");
        fs::write(&path, r#"{"host":"elsewhere","pid":7,"shard":null}"#).expect("a writable folder");
        fs::write(folder.path().join("running/note.txt"), "hello").expect("a writable folder");
        let mut own = Presence::announce(folder.path(), None).expect("a writable folder");
        assert_eq!(messages(&mut own), []);
        assert!(!path.exists() && folder.path().join("running/note.txt").exists());
    }

    #[test]
    fn removes_only_the_temporary_files_of_killed_processes() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for name in ["details", "checkpoints", "figures"] {
            fs::create_dir(folder.path().join(name)).expect("a writable folder");
        }
        let long_ago = SystemTime::now() - 2 * STALE;
        let files = [
            ("details/.ohmspike-a.part", false, true),
            ("details/0123456789abcdef.77.part", false, true),
            ("details/0123456789abcdef.json", true, false),
            ("checkpoints/.ohmspike-b.part", false, true),
            ("figures/.ohmspike-new.part", false, false),
            ("figures/.ohmspike-old.part", true, true),
            (".ohmspike-old.part", true, true),
            ("summary.csv", true, false),
        ];
        for (name, is_old, _) in files {
            let file = File::create(folder.path().join(name)).expect("a writable folder");
            if is_old {
                file.set_modified(long_ago).expect("our file");
            }
        }
        Presence::announce(folder.path(), None).expect("a writable folder").remove_leftovers();
        for (name, _, goes) in files {
            assert_eq!(!folder.path().join(name).exists(), goes, "{name}");
        }
        // A running process may be writing its details.
        let _other = Presence::announce(folder.path(), None).expect("a writable folder");
        fs::write(folder.path().join("details/.ohmspike-c.part"), "").expect("a writable folder");
        Presence::announce(folder.path(), None).expect("a writable folder").remove_leftovers();
        assert!(folder.path().join("details/.ohmspike-c.part").exists());
    }
}
