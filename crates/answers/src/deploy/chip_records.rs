//! Results of single chips, one JSON line each, appended to `chips.jsonl`.
//!
//! A line that was cut off by a kill, or with impossible numbers, is ignored and its chip runs again.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use ohmspike_crossbar::WriteReport;
use serde::{Deserialize, Serialize};

use super::DeployError;

/// Name of the file.
const FILE: &str = "chips.jsonl";

/// Names of the results of a network on a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    /// Hash of everything that decides the result of a chip, except its number and seed.
    pub chips: String,
    /// Hash of everything that decides the result with digital weights.
    pub digital: String,
    /// The same for the weights as stored, if some have the wrong sign.
    pub stored: Option<String>,
    /// Start of the hash of the deployed weights.
    pub weights: String,
}

impl Key {
    /// Returns the name of the results of all chips with `seed`.
    pub fn of_seed(&self, seed: u64) -> String {
        format!("{}-{seed}", self.chips)
    }
}

/// Result of a chip, or of the network with digital weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ChipRecord {
    /// Name of the results.
    pub id: String,
    /// Number of the chip, from 0; none for the network with digital weights.
    pub chip: Option<u32>,
    /// Times after programming, s.
    pub after_seconds: Vec<f64>,
    /// Correct samples at these times, or one number with digital weights.
    pub correct: Vec<u64>,
    /// Samples of the test set.
    pub samples: u64,
    /// Spikes per sample of all hidden layers, with digital weights.
    pub hidden_spikes: Option<f64>,
    /// Counts of programming.
    pub writes: Option<WriteReport>,
}

impl ChipRecord {
    /// Whether a test can have had these results.
    fn is_possible(&self) -> bool {
        let times = if self.chip.is_some() { self.after_seconds.len() } else { 1 };
        self.correct.len() == times && self.correct.iter().all(|&correct| correct <= self.samples)
    }
}

/// All results of a folder.
pub(crate) struct ChipRecords {
    path: PathBuf,
    file: Option<File>,
    chips: BTreeMap<(String, u32), Results>,
    digital: BTreeMap<String, ChipRecord>,
}

#[derive(Default)]
struct Results {
    /// Correct samples by the bits of the time.
    correct: BTreeMap<u64, u64>,
    writes: WriteReport,
}

impl ChipRecords {
    /// Reads the results in `folder`.
    pub fn open(folder: &Path) -> Result<ChipRecords, DeployError> {
        let path = folder.join(FILE);
        let text = match fs::read(&path) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(source) => return Err(DeployError::Read { path, source }),
        };
        let mut records = ChipRecords { path, file: None, chips: BTreeMap::new(), digital: BTreeMap::new() };
        let read = text.lines().filter_map(|line| serde_json::from_str(line).ok());
        read.filter(ChipRecord::is_possible).for_each(|record| records.insert(record));
        Ok(records)
    }

    /// Appends a result; it is in the file on return.
    pub fn append(&mut self, record: ChipRecord) -> Result<(), DeployError> {
        let mut line = serde_json::to_vec(&record).expect("numbers have a text");
        line.push(b'\n');
        let written = self.opened().and_then(|file| file.write_all(&line));
        written.map_err(|source| DeployError::Write { path: self.path.clone(), source })?;
        self.insert(record);
        Ok(())
    }

    /// Returns the correct samples of a chip at a time, s.
    pub fn correct(&self, id: &str, chip: u32, seconds: f64) -> Option<u64> {
        self.chips.get(&(id.to_owned(), chip))?.correct.get(&seconds.to_bits()).copied()
    }

    /// Returns the counts of programming a chip.
    pub fn writes(&self, id: &str, chip: u32) -> Option<WriteReport> {
        self.chips.get(&(id.to_owned(), chip)).map(|results| results.writes)
    }

    /// Returns the result with digital weights.
    pub fn digital(&self, id: &str) -> Option<&ChipRecord> {
        self.digital.get(id)
    }

    fn insert(&mut self, record: ChipRecord) {
        let Some(chip) = record.chip else {
            _ = self.digital.insert(record.id.clone(), record);
            return;
        };
        let results = self.chips.entry((record.id, chip)).or_default();
        let bits = record.after_seconds.iter().map(|seconds| seconds.to_bits());
        results.correct.extend(bits.zip(record.correct));
        results.writes = record.writes.unwrap_or_default();
    }

    /// Opens the file for appending, on a line of its own.
    fn opened(&mut self) -> io::Result<&mut File> {
        if self.file.is_none() {
            fs::create_dir_all(self.path.parent().unwrap_or(Path::new(".")))?;
            let mut file = OpenOptions::new().create(true).append(true).read(true).open(&self.path)?;
            if file.seek(SeekFrom::End(0))? > 0 {
                let mut last = [0];
                file.seek(SeekFrom::End(-1))?;
                file.read_exact(&mut last)?;
                if last != *b"\n" {
                    file.write_all(b"\n")?;
                }
            }
            self.file = Some(file);
        }
        Ok(self.file.as_mut().expect("opened above"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(chip: u32, after: &[f64], correct: &[u64]) -> ChipRecord {
        ChipRecord {
            id: "a-1".to_owned(),
            chip: Some(chip),
            after_seconds: after.to_vec(),
            correct: correct.to_vec(),
            samples: 10,
            hidden_spikes: None,
            writes: Some(WriteReport::default()),
        }
    }

    #[test]
    fn a_cut_line_loses_one_result_only() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut records = ChipRecords::open(folder.path()).expect("a new folder");
        records.append(record(0, &[1.0, 60.0], &[7, 6])).expect("a writable folder");
        let path = folder.path().join(FILE);
        let mut bytes = fs::read(&path).expect("written");
        bytes.extend(b"{\"id\":\"a-1\",\"chip\":1,\"after");
        fs::write(&path, bytes).expect("a writable folder");

        let mut again = ChipRecords::open(folder.path()).expect("the same folder");
        assert_eq!(again.correct("a-1", 0, 60.0), Some(6));
        assert_eq!(again.correct("a-1", 1, 60.0), None);
        again.append(record(1, &[60.0], &[5])).expect("a writable folder");
        let last = ChipRecords::open(folder.path()).expect("the same folder");
        assert_eq!((last.correct("a-1", 0, 1.0), last.correct("a-1", 1, 60.0)), (Some(7), Some(5)));
    }
}
