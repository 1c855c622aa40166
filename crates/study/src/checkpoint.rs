//! Checkpoints in `checkpoints/ID.bin`, from which a killed trial resumes.
//!
//! ```text
//! {"form": ..., "record": ..., "id": ..., "program": ..., "sha256": ...}     one line of JSON; sha256 covers the rest
//! the state of the trial                                                      postcard, all bits of every number
//! ```
//!
//! A file is written to a temporary name, synced and renamed, so it is always complete. Two processes that run the same
//! trial write the same state. A checkpoint that is damaged or from another version is ignored with a warning. The
//! times of checkpoints do not affect results.

use std::fs;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ohmspike_datasets::{persist, regular, write_reason};
use serde::{Deserialize, Serialize};

use crate::bounded;
use crate::record::ARITHMETIC;
use crate::sha256::sha256;
use crate::trial::{EpochEnd, TrialState};

/// Format of a checkpoint; changes whenever [`TrialState`] does.
const FORM: &str = "ohmspike-checkpoint-3";
/// Largest first line, bytes; a typical one has 300.
const LONGEST_HEADER: u64 = 4096;
/// Largest state, bytes: ten connections of the largest size, 2²⁶ weights, with about 50 bytes per cell of the most complex
/// device. A network of more such connections starts again after an interruption. Real states stay below 1 GB.
const LARGEST_STATE: u64 = 32 << 30;

/// The checkpoints of a results folder.
#[derive(Clone, Debug)]
pub struct Checkpoints {
    folder: PathBuf,
    every: Duration,
}

/// The checkpoint of one running trial.
#[derive(Debug)]
pub struct Checkpoint<'a> {
    of: &'a Checkpoints,
    id: &'a str,
    /// Number of epochs of the trial.
    epochs: usize,
    /// Time of the last write, or of the start of the trial.
    last: Instant,
}

/// A warning about a checkpoint.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointWarning {
    /// A checkpoint that this program cannot use.
    #[error("{path}: unusable checkpoint ignored: {reason}\n\nhint: its trial starts again from the first epoch")]
    Unusable {
        /// Path of the checkpoint.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A checkpoint that cannot be written.
    #[error(
        "cannot write `{path}`: {}\n\nhint: the trial continues, but restarts from the first epoch if it is killed",
        write_reason(source)
    )]
    Write {
        /// Path of the checkpoint.
        path: PathBuf,
        /// Cause.
        source: io::Error,
    },
}

/// First line of a checkpoint.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    form: String,
    arithmetic: String,
    id: String,
    program: String,
    sha256: String,
}

impl Header {
    fn new(id: &str, state: &[u8]) -> Header {
        Header {
            form: FORM.to_owned(),
            arithmetic: ARITHMETIC.to_string(),
            id: id.to_owned(),
            program: env!("CARGO_PKG_VERSION").to_owned(),
            sha256: sha256(state),
        }
    }
}

impl Header {
    /// Compares this header with the `expected` one; `with_sum` includes the checksum.
    fn check(&self, expected: &Header, with_sum: bool) -> Result<(), String> {
        let parts = [
            ("form", &self.form, &expected.form),
            ("arithmetic", &self.arithmetic, &expected.arithmetic),
            ("id", &self.id, &expected.id),
            ("program", &self.program, &expected.program),
            ("sha256", &self.sha256, &expected.sha256),
        ];
        let known = if with_sum { &parts[..] } else { &parts[..4] };
        match known.iter().find(|(_, found, wanted)| found != wanted) {
            Some((part, found, wanted)) => Err(format!("expected {part} `{wanted}`, got `{found}`")),
            None => Ok(()),
        }
    }
}

impl Checkpoints {
    /// Checkpoints below `results`, written at the end of an epoch once `every` has passed since the last one.
    pub fn new(results: &Path, every: Duration) -> Checkpoints {
        Checkpoints { folder: results.join("checkpoints"), every }
    }

    /// Returns the checkpoint of trial `id`, which has `epochs` epochs and starts now.
    pub fn of<'a>(&'a self, id: &'a str, epochs: usize) -> Checkpoint<'a> {
        Checkpoint { of: self, id, epochs, last: Instant::now() }
    }

    /// Whether trial `id` has a checkpoint.
    pub fn has(&self, id: &str) -> bool {
        self.file(id).is_file()
    }

    /// Removes the checkpoint of trial `id` and its temporary files.
    pub fn remove(&self, id: &str) {
        self.remove_all(|other| other == id);
    }

    /// Removes the checkpoints of all trials that are `done`, and the folder if it is empty.
    pub fn remove_all(&self, done: impl Fn(&str) -> bool) {
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        for path in entries.flatten().map(|entry| entry.path()) {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let ours = [".bin", ".part"].iter().any(|end| name.ends_with(end));
            if ours && name.split_once('.').is_some_and(|(id, _)| done(id)) {
                // Best effort: leftovers are never read.
                let _ = fs::remove_file(&path);
            }
        }
        let _ = fs::remove_dir(&self.folder);
    }

    /// Returns a warning that the checkpoint of trial `id` is unusable for this `reason`.
    pub fn unusable(&self, id: &str, reason: impl ToString) -> CheckpointWarning {
        CheckpointWarning::Unusable { path: self.file(id), reason: reason.to_string() }
    }

    fn file(&self, id: &str) -> PathBuf {
        self.folder.join(format!("{id}.bin"))
    }
}

impl Checkpoint<'_> {
    /// Loads the state of the trial; none if it has no checkpoint.
    ///
    /// # Errors
    /// [`CheckpointWarning::Unusable`] if the file is unusable; the trial then starts again.
    pub fn load(&self) -> Result<Option<TrialState>, CheckpointWarning> {
        match regular::open(&self.of.file(self.id)) {
            Ok(file) => read(self.id, file).map(Some).map_err(|reason| self.of.unusable(self.id, reason)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.of.unusable(self.id, error)),
        }
    }

    /// Writes the state if it is due, or if the trial `stops` here. After the last epoch it never is, because the record
    /// follows.
    ///
    /// # Errors
    /// [`CheckpointWarning::Write`] if writing fails; an earlier checkpoint remains.
    pub fn keep(&mut self, end: &EpochEnd, stops: bool) -> Result<(), CheckpointWarning> {
        if end.epochs.len() >= self.epochs || (!stops && self.last.elapsed() < self.of.every) {
            return Ok(());
        }
        let written = self.write(&written(self.id, &end.state()));
        self.last = Instant::now();
        written
    }

    fn write(&self, bytes: &[u8]) -> Result<(), CheckpointWarning> {
        let path = self.of.file(self.id);
        let written =
            fs::create_dir_all(&self.of.folder).and_then(|()| persist::write(&path, |file| file.write_all(bytes)));
        written.map_err(|source| CheckpointWarning::Write { path, source })
    }
}

/// Serializes the checkpoint of trial `id`.
fn written(id: &str, state: &TrialState) -> Vec<u8> {
    let state = postcard::to_stdvec(state).expect("states are plain values");
    let mut bytes = serde_json::to_vec(&Header::new(id, &state)).expect("headers are texts");
    bytes.push(b'\n');
    bytes.extend(state);
    bytes
}

/// Reads the state of trial `id` from the `content` of a checkpoint.
fn read(id: &str, content: impl Read) -> Result<TrialState, String> {
    let (mut content, mut line) = (BufReader::new(content), Vec::new());
    bounded::read_line(&mut content, &mut line, 1, LONGEST_HEADER).map_err(|error| error.to_string())?;
    let line = line.strip_suffix(b"\n").ok_or("the first line is missing")?;
    let header: Header = serde_json::from_slice(line).map_err(|error| format!("first line: {error}"))?;
    // Checked before the rest is read: another file may have any size.
    header.check(&Header::new(id, &[]), false)?;
    let state = bounded::read_all(content, LARGEST_STATE).map_err(|error| error.to_string())?;
    header.check(&Header::new(id, &state), true)?;
    postcard::from_bytes(&state).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prepare::Prepared;
    use crate::settings::Settings;
    use crate::trial::{TrialInput, run_trial};

    const ID: &str = "0123456789abcdef";

    /// Calls `then` at the end of each of the three epochs of a small trial.
    fn at_every_end(then: &mut dyn FnMut(&EpochEnd)) {
        let mut settings = Settings::default();
        (settings.network.hidden, settings.network.steps) = (3, 5);
        (settings.training.epochs, settings.training.batch) = (3, 1024);
        let prepared = Prepared::new([&settings].into_iter(), Path::new(".")).expect("the embedded subset");
        let (devices, data) = (Default::default(), prepared.data(&settings));
        run_trial(
            &TrialInput { settings: &settings, devices: &devices, data, seed: 1 },
            None,
            &ohmspike_simd::Serial,
            then,
        )
        .expect("a valid trial");
    }

    fn state() -> TrialState {
        let mut state = None;
        at_every_end(&mut |end| state = Some(end.state()));
        state.expect("three epochs")
    }

    fn names(folder: &Path) -> Vec<String> {
        let Ok(entries) = fs::read_dir(folder.join("checkpoints")) else { return Vec::new() };
        let mut names: Vec<String> =
            entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("text")).collect();
        names.sort();
        names
    }

    #[test]
    fn a_state_survives_a_round_trip() {
        let state = state();
        assert_eq!(read(ID, &written(ID, &state)[..]), Ok(state));
    }

    #[test]
    fn writes_after_every_epoch_except_the_last() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let checkpoints = Checkpoints::new(folder.path(), Duration::ZERO);
        let mut checkpoint = checkpoints.of(ID, 3);
        let (mut found, mut number) = (Vec::new(), 0);
        at_every_end(&mut |end| {
            checkpoint.keep(end, false).expect("a writable folder");
            let state = checkpoints.of(ID, 3).load().expect("whole").expect("there is one");
            number += 1;
            assert_eq!(state == end.state(), number < 3);
            found.push(state.epochs.len());
        });
        assert_eq!((found, names(folder.path())), (vec![1, 2, 2], vec![format!("{ID}.bin")]));
    }

    #[test]
    fn does_not_write_before_it_is_due() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let checkpoints = Checkpoints::new(folder.path(), Duration::from_secs(3600));
        let mut checkpoint = checkpoints.of(ID, 3);
        at_every_end(&mut |end| checkpoint.keep(end, false).expect("nothing to write"));
        assert_eq!(names(folder.path()), [""; 0]);
        assert_eq!(checkpoint.load().expect("none is no fault"), None);
    }

    #[test]
    fn writes_where_the_trial_stops() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let checkpoints = Checkpoints::new(folder.path(), Duration::from_secs(3600));
        let mut checkpoint = checkpoints.of(ID, 3);
        at_every_end(&mut |end| checkpoint.keep(end, end.epochs.len() == 2).expect("a writable folder"));
        let state = checkpoint.load().expect("whole").expect("there is one");
        assert_eq!(state.epochs.len(), 2);
    }

    #[test]
    fn ignores_checkpoints_of_another_trial_or_version() {
        let state = state();
        let whole = written(ID, &state);
        let body = whole.iter().position(|&byte| byte == b'\n').expect("a first line") + 1;
        let header = String::from_utf8(whole[..body].to_vec()).expect("JSON");
        let with_header = |from: &str, to: &str| [header.replace(from, to).as_bytes(), &whole[body..]].concat();
        let mut flipped = whole.clone();
        *flipped.last_mut().expect("a body") ^= 1;
        let other_body = b"\x07";
        let other = serde_json::to_string(&Header::new(ID, other_body)).expect("texts") + "\n";
        for (bytes, reason) in [
            (Vec::new(), "the first line is missing"),
            (whole[..body - 1].to_vec(), "the first line is missing"),
            (b"no checkpoint\n".to_vec(), "first line: expected"),
            (
                with_header(FORM, "ohmspike-checkpoint-0"),
                "expected form `ohmspike-checkpoint-3`, got `ohmspike-checkpoint-0`",
            ),
            (with_header(&format!("\"arithmetic\":\"{ARITHMETIC}\""), "\"arithmetic\":\"0\""), "expected arithmetic `"),
            (with_header(ID, "fedcba9876543210"), "expected id `0123456789abcdef`, got `fedcba9876543210`"),
            (with_header(env!("CARGO_PKG_VERSION"), "0.0.0"), "expected program `"),
            (whole[..whole.len() - 1].to_vec(), "expected sha256 `"),
            (flipped, "expected sha256 `"),
            ([other.as_bytes(), other_body].concat(), "Hit the end of buffer"),
        ] {
            let error = read(ID, &bytes[..]).expect_err(reason);
            assert!(error.starts_with(reason), "{error}, expected {reason}");
        }
    }

    #[test]
    fn removes_a_checkpoint_with_its_temporary_files() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let checkpoints = Checkpoints::new(folder.path(), Duration::ZERO);
        fs::create_dir(folder.path().join("checkpoints")).expect("a writable folder");
        let others = ["0123456789abcdee.77.part", "0123456789abcdee.bin", "0123456789abcdef.txt"];
        for name in ["0123456789abcdef.bin", "0123456789abcdef.77.part"].iter().chain(&others) {
            fs::write(folder.path().join("checkpoints").join(name), "").expect("a writable folder");
        }
        checkpoints.remove(ID);
        assert_eq!(names(folder.path()), others);
        fs::remove_file(folder.path().join("checkpoints/0123456789abcdef.txt")).expect("it is there");
        checkpoints.remove_all(|_| true);
        assert!(!folder.path().join("checkpoints").exists(), "an empty folder remained");
    }

    #[test]
    fn names_a_folder_that_cannot_be_written() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::write(folder.path().join("checkpoints"), "in the way").expect("a writable folder");
        let checkpoints = Checkpoints::new(folder.path(), Duration::ZERO);
        let mut checkpoint = checkpoints.of(ID, 3);
        let mut told = Vec::new();
        at_every_end(&mut |end| told.extend(checkpoint.keep(end, false).err().map(|error| error.to_string())));
        let place = folder.path().join("checkpoints/0123456789abcdef.bin").display().to_string();
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told.iter().all(|told| told.starts_with(&format!("cannot write `{place}`: "))), "{told:?}");
    }
}
