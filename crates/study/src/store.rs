//! The records of a study: `records/*.jsonl` with one line per trial, and `details/ID.json` for trials with details.
//!
//! Each process appends to its own file and syncs every line, so processes never conflict and a killed one loses at
//! most the trial in progress. An incomplete last line is ignored and its trial rerun; any other invalid line is
//! ignored with a warning. Existing lines are never changed. Details are written to a temporary file and renamed before
//! their record is appended, so they are always complete. Files packed with gzip (`records/*.jsonl.gz`,
//! `details/ID.json.gz`) are read as well. Whatever is damaged is ignored with a warning; the rest is read.

mod details_files;
mod digest;
mod error;
mod own_file;
mod packed;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use details_files::DetailsFiles;
use digest::Digest;
pub use error::{StoreError, StoreWarning};
use own_file::OwnFile;
use packed::{is_damage, open_maybe_packed};
use serde::Deserialize;

use crate::bounded;
use crate::details::Details;

use crate::former_names::with_current_names;
use crate::health::judge_again;
use crate::record::{ARITHMETIC, LONGEST_RECORD, Record, SCHEMA};
use crate::record_check::contradiction;
use crate::run::Trial;

/// Largest number of invalid lines per file with a warning each.
const MAX_SHOWN: usize = 10;
/// Largest number of invalid lines per file: as many as a study may have trials, all in an older format.
const MAX_FOREIGN: usize = crate::study::MAX_TRIALS;

/// The records of a folder, and the file that this process appends to.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    details: DetailsFiles,
    /// Position and digest of every record, by trial.
    names: BTreeMap<String, Known>,
    /// Files in reading order; the file of this process is last.
    files: Vec<PathBuf>,
    /// The records; none after [`Store::skim`].
    records: Option<BTreeMap<String, Record>>,
    warnings: Vec<StoreWarning>,
    /// File of this process, opened at the first append.
    own: Option<OwnFile>,
    /// Trials recorded by this process.
    written: Vec<String>,
}

/// Position and digest of a record.
#[derive(Clone, Copy, Debug)]
struct Known {
    /// Number of its file.
    file: usize,
    /// Line number, starting at 1.
    line: usize,
    /// Digest of its result.
    digest: Digest,
}

impl Store {
    /// Reads the records below `folder`, which need not exist.
    ///
    /// # Errors
    /// [`StoreError::Read`] if a file cannot be read.
    pub fn open(folder: &Path) -> Result<Store, StoreError> {
        let mut records = BTreeMap::new();
        let mut store = Store::skim(folder, |record| _ = records.insert(record.id.clone(), record))?;
        store.records = Some(records);
        Ok(store)
    }

    /// Same as [`Store::open`], but keeps only the names of the records, which take about 20 kB each. Passes each
    /// record to `see` once; [`Store::get`] then finds none.
    ///
    /// # Errors
    /// [`StoreError::Read`] if a file cannot be read.
    pub fn skim(folder: &Path, mut see: impl FnMut(Record)) -> Result<Store, StoreError> {
        let (folder, details) = (folder.join("records"), DetailsFiles::new(folder.join("details")));
        let mut store = Store {
            details,
            names: BTreeMap::new(),
            files: Vec::new(),
            records: None,
            warnings: Vec::new(),
            own: None,
            written: Vec::new(),
            folder,
        };
        let failed = |source| StoreError::Read { path: store.folder.clone(), source };
        let mut files: Vec<PathBuf> = match fs::read_dir(&store.folder) {
            Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>().map_err(failed)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(failed(error)),
        };
        files.retain(|path| [".jsonl", ".jsonl.gz"].iter().any(|end| path.to_string_lossy().ends_with(end)));
        files.sort();
        for path in files {
            store.read(path, &mut see)?;
        }
        Ok(store)
    }

    /// Reads one file line by line, since its text would take as much memory as its records.
    fn read(&mut self, path: PathBuf, see: &mut dyn FnMut(Record)) -> Result<(), StoreError> {
        let failed = |source| StoreError::Read { path: path.clone(), source };
        let content = match open_maybe_packed(&path) {
            // Another process ended without a record and removed its empty file.
            Err(error) if error.kind() == io::ErrorKind::NotFound && fs::symlink_metadata(&path).is_err() => {
                return Ok(());
            }
            content => content.map_err(failed)?,
        };
        self.files.push(path.clone());
        let (mut content, mut text, mut foreign, mut shown) = (BufReader::new(content), Vec::new(), 0, 0);
        for line in 1.. {
            match bounded::read_line(&mut content, &mut text, line, LONGEST_RECORD) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) if is_damage(&path, &error) => {
                    self.warnings.push(StoreWarning::Cut { path, line });
                    break;
                }
                Err(source) => return Err(failed(source)),
            }
            let found = if text == b"\n" { None } else { Some(record_in(&path, line, &text)) };
            if let Some(Ok(record)) = found {
                self.meet(record, line, see)?;
                continue;
            }
            foreign += 1;
            if foreign > MAX_FOREIGN {
                return Err(StoreError::NoRecords { path, count: foreign });
            }
            match found {
                Some(Err(warning)) if shown < MAX_SHOWN => {
                    self.warnings.push(warning);
                    shown += 1;
                }
                Some(Err(_)) => self.count_further(&path),
                _ => {}
            }
        }
        Ok(())
    }

    /// Keeps the first record of a trial and checks that others agree with it.
    fn meet(&mut self, record: Record, line: usize, see: &mut dyn FnMut(Record)) -> Result<(), StoreError> {
        let new = Known { file: self.files.len() - 1, line, digest: Digest::new(&record) };
        match self.names.entry(record.id.clone()) {
            Entry::Vacant(entry) => {
                entry.insert(new);
                see(record);
                Ok(())
            }
            Entry::Occupied(first) if first.get().digest == new.digest => Ok(()),
            Entry::Occupied(first) => {
                let (first, second) = (place(&self.files, first.get()), place(&self.files, &new));
                Err(StoreError::Contradiction { id: record.id, first, second })
            }
        }
    }

    /// Counts one more invalid line that gets no warning of its own.
    fn count_further(&mut self, file: &Path) {
        match self.warnings.last_mut() {
            Some(StoreWarning::More { path, count }) if path == file => *count += 1,
            _ => self.warnings.push(StoreWarning::More { path: file.to_owned(), count: 1 }),
        }
    }

    /// Returns the record of a trial.
    pub fn get(&self, id: &str) -> Option<&Record> {
        self.records.as_ref()?.get(id)
    }

    /// Returns all records in order of their trials; none after [`Store::skim`].
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.records.iter().flat_map(BTreeMap::values)
    }

    /// Whether `trial` has a record, with or without its details.
    pub fn has_record(&self, trial: &Trial) -> bool {
        self.names.contains_key(&trial.id)
    }

    /// Whether `trial` is complete: its record exists, and its details if the study asks for them. Damaged details are
    /// not complete, whether the study asks for them or keeps them by default.
    pub fn holds(&self, trial: &Trial) -> bool {
        let has_details = || {
            (!trial.needs_details || self.details.has(&trial.id))
                && !(trial.details && self.details.problem(&trial.id).is_some())
        };
        self.has_record(trial) && has_details()
    }

    /// Reads the details of a trial, if they exist in the current format and are not damaged.
    ///
    /// # Errors
    /// [`StoreError::Read`] if the file exists but cannot be read.
    pub fn details(&self, id: &str) -> Result<Option<Details>, StoreError> {
        self.details.read(id)
    }

    /// Whether the trial has details that can be used.
    pub fn has_details(&self, id: &str) -> bool {
        self.details.has(id)
    }

    /// Returns warnings about ignored details of trials with a record.
    pub fn details_warnings(&self) -> Vec<StoreWarning> {
        self.names.keys().filter_map(|id| self.details.problem(id)).collect()
    }

    /// Writes the details of a trial and waits until they are on the disk.
    ///
    /// # Errors
    /// [`StoreError::Write`] if writing fails; no partial file remains.
    pub fn keep_details(&self, details: &Details) -> Result<(), StoreError> {
        self.details.keep(details)
    }

    /// Returns the number of trials with a record.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether no trial has a record.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Returns the warnings about ignored lines.
    pub fn warnings(&self) -> &[StoreWarning] {
        &self.warnings
    }

    /// Checks that records can be written, before hours are spent on them.
    ///
    /// # Errors
    /// [`StoreError::Write`] if the folder or file cannot be written.
    pub fn prepare_to_write(&mut self) -> Result<(), StoreError> {
        if self.own.is_none() {
            let own = OwnFile::create(&self.folder)?;
            self.files.push(own.path.clone());
            self.own = Some(own);
        }
        Ok(())
    }

    /// Checks that a trial, rerun for its details, has the same result as its record.
    ///
    /// # Errors
    /// [`StoreError::Rerun`] if the results differ.
    pub fn check(&self, record: &Record) -> Result<(), StoreError> {
        match self.names.get(&record.id) {
            Some(known) if known.digest != Digest::new(record) => {
                Err(StoreError::Rerun { id: record.id.clone(), first: place(&self.files, known) })
            }
            _ => Ok(()),
        }
    }

    /// Appends a record and waits until it is on the disk. A trial that already has a record, and was rerun for its
    /// details, gets no second one.
    ///
    /// # Errors
    /// [`StoreError::Rerun`] if the trial has a record with another result. [`StoreError::Write`] if writing fails; a
    /// partial line is removed. [`StoreError::Moved`] or [`StoreError::Lost`] if the file was removed.
    pub fn append(&mut self, record: Record) -> Result<(), StoreError> {
        if self.names.contains_key(&record.id) {
            return self.check(&record);
        }
        self.prepare_to_write()?;
        let own = self.own.as_mut().expect("prepared above");
        let mut line = serde_json::to_vec(&record).expect("records are plain values");
        line.push(b'\n');
        own.append(&line)?;
        let known = Known { file: self.files.len() - 1, line: own.records, digest: Digest::new(&record) };
        self.names.insert(record.id.clone(), known);
        self.written.push(record.id.clone());
        if let Some(records) = &mut self.records {
            records.insert(record.id.clone(), record);
        }
        Ok(())
    }

    /// Ends writing and rereads the records, since other processes may have appended to the folder.
    ///
    /// # Errors
    /// Returns a [`StoreError`] if reading fails or a record of this process is missing.
    pub fn reopen(mut self, results: &Path) -> Result<Store, StoreError> {
        self.end_writing()?;
        let again = Store::open(results)?;
        let missing = self.written.iter().filter(|id| !again.names.contains_key(*id)).count();
        if missing > 0 {
            return Err(StoreError::Missing { path: self.folder.clone(), count: missing });
        }
        Ok(again)
    }

    /// Closes the file of this process after checking that its records are still in place.
    ///
    /// # Errors
    /// [`StoreError::Moved`] or [`StoreError::Lost`] if the file was removed.
    pub fn end_writing(&mut self) -> Result<(), StoreError> {
        self.own.take().map_or(Ok(()), |mut own| own.check_place())
    }
}

/// File and line of a record.
fn place(files: &[PathBuf], known: &Known) -> String {
    format!("{}:{}", files[known.file].display(), known.line)
}

/// Version fields of any record.
#[derive(Deserialize)]
struct Version {
    schema: Option<u32>,
    arithmetic: Option<u32>,
    format: Option<String>,
}

fn other_version(schema: u32, arithmetic: u32) -> String {
    format!("it has schema {schema} and arithmetic {arithmetic}")
}

/// Returns the record in a line, or a warning that says why it is not one.
fn record_in(path: &Path, line: usize, text: &[u8]) -> Result<Record, StoreWarning> {
    let path = path.to_owned();
    let reason = match serde_json::from_slice::<Record>(text) {
        Ok(mut record) if (record.schema, record.arithmetic) == (SCHEMA, ARITHMETIC) => match contradiction(&record) {
            None => {
                with_current_names(&mut record.settings.device);
                judge_again(&mut record);
                return Ok(record);
            }
            Some(reason) => return Err(StoreWarning::Contradictory { path, line, reason }),
        },
        // A record of another version is valid, but it is not a result of this program.
        Ok(record) => other_version(record.schema, record.arithmetic),
        Err(_) if !text.ends_with(b"\n") => return Err(StoreWarning::Torn { path, line }),
        Err(error) => match serde_json::from_slice::<Version>(text) {
            Ok(Version { schema: Some(schema), arithmetic: Some(arithmetic), .. }) if schema != SCHEMA => {
                other_version(schema, arithmetic)
            }
            Ok(Version { format: Some(format), .. }) => format!("it has the format `{format}` of an earlier version"),
            _ => error.to_string(),
        },
    };
    Err(StoreWarning::Foreign { path, line, reason })
}
