//! The records of a study: `records/*.jsonl`, one line a trial; and `details/ID.json` for trials whose details are kept.
//!
//! Every process appends to a file of its own and syncs each line, so that processes never meet and a killed one loses
//! at most the trial that it was writing. A torn last line is left out and its trial runs again; any other line that is
//! not a record is left out with a warning. Nothing that stands in a file is ever changed. Details are written before the
//! record of their trial, aside and renamed, so that they are there in whole or not at all. Files that somebody packed with
//! gzip (`records/*.jsonl.gz`, `details/ID.json.gz`) are read as well.

mod digest;
mod error;
mod own_file;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use digest::Digest;
pub use error::{StoreError, StoreWarning};
use flate2::read::MultiGzDecoder;
use ohmspike_datasets::{persist, regular};
use own_file::OwnFile;

use crate::bounded;
use crate::details::{self, Details};
use serde::Deserialize;

use crate::record::{ARITHMETIC, LONGEST_RECORD, Record, SCHEMA};
use crate::record_check::contradiction;
use crate::run::Trial;

/// Bytes of the details of a trial, which are some 60 kB; those of 65,536 steps and many classes some 100 MB.
const LARGEST_DETAILS: u64 = 256 << 20;
/// Lines of a file that are told one by one where they are no records.
const MOST_TOLD: usize = 10;
/// Lines of a file that are no records: as many as a study may have trials, all of them in an older form.
const MOST_FOREIGN: usize = crate::study::MOST_TRIALS;

/// The records of a folder, and the file to which this process appends.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    details: PathBuf,
    /// All records by name: where they stand and what they say.
    names: BTreeMap<String, Known>,
    /// Files in the order in which they were read, then the own one.
    files: Vec<PathBuf>,
    /// The records; none where they are only skimmed.
    records: Option<BTreeMap<String, Record>>,
    warnings: Vec<StoreWarning>,
    /// Opened at the first append.
    own: Option<OwnFile>,
    /// Names of the records that this process has written.
    written: Vec<String>,
}

/// Where a record stands, and what it says.
#[derive(Clone, Copy, Debug)]
struct Known {
    /// Number of its file.
    file: usize,
    /// Number of its line, from 1.
    line: usize,
    /// What it says.
    digest: Digest,
}

impl Store {
    /// Reads the records below `folder`, which need not exist yet.
    ///
    /// # Errors
    /// [`StoreError::Read`].
    pub fn open(folder: &Path) -> Result<Store, StoreError> {
        let mut records = BTreeMap::new();
        let mut store = Store::skim(folder, |record| _ = records.insert(record.id.clone(), record))?;
        store.records = Some(records);
        Ok(store)
    }

    /// The same with the names of the records alone, which take some 20 kB each: every one is handed to `see` once, and
    /// [`Store::get`] finds none.
    ///
    /// # Errors
    /// [`StoreError::Read`].
    pub fn skim(folder: &Path, mut see: impl FnMut(Record)) -> Result<Store, StoreError> {
        let (folder, details) = (folder.join("records"), folder.join("details"));
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

    /// Reads one file line by line: all of its text would take as much memory as the records that stand in it.
    fn read(&mut self, path: PathBuf, see: &mut dyn FnMut(Record)) -> Result<(), StoreError> {
        let failed = |source| StoreError::Read { path: path.clone(), source };
        let content = match open_maybe_packed(&path) {
            // Another process has ended without a record and removed its empty file.
            Err(error) if error.kind() == io::ErrorKind::NotFound && fs::symlink_metadata(&path).is_err() => {
                return Ok(());
            }
            content => content.map_err(failed)?,
        };
        self.files.push(path.clone());
        let (mut content, mut text, mut foreign, mut told) = (BufReader::new(content), Vec::new(), 0, 0);
        for line in 1.. {
            if !bounded::read_line(&mut content, &mut text, line, LONGEST_RECORD).map_err(failed)? {
                break;
            }
            let found = if text == b"\n" { None } else { Some(record_in(&path, line, &text)) };
            if let Some(Ok(record)) = found {
                self.meet(record, line, see)?;
                continue;
            }
            foreign += 1;
            if foreign > MOST_FOREIGN {
                return Err(StoreError::NoRecords { path, count: foreign });
            }
            match found {
                Some(Err(warning)) if told < MOST_TOLD => {
                    self.warnings.push(warning);
                    told += 1;
                }
                Some(Err(_)) => self.count_untold(&path),
                _ => {}
            }
        }
        Ok(())
    }

    /// Keeps the first record of a trial; another one must say the same.
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

    /// One more line of the file that is not told by itself.
    fn count_untold(&mut self, file: &Path) {
        match self.warnings.last_mut() {
            Some(StoreWarning::More { path, count }) if path == file => *count += 1,
            _ => self.warnings.push(StoreWarning::More { path: file.to_owned(), count: 1 }),
        }
    }

    /// The record of a trial.
    pub fn get(&self, id: &str) -> Option<&Record> {
        self.records.as_ref()?.get(id)
    }

    /// All records, by name; none where they are only skimmed.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.records.iter().flat_map(BTreeMap::values)
    }

    /// Whether nothing of `trial` is left to be run: its record is there, and its details where the study asks for them.
    pub fn holds(&self, trial: &Trial) -> bool {
        self.names.contains_key(&trial.id) && (!trial.needs_details || self.has_details(&trial.id))
    }

    /// Where the details of a trial are, plain or packed.
    fn details_files(&self, id: &str) -> [PathBuf; 2] {
        ["json", "json.gz"].map(|extension| self.details.join(format!("{id}.{extension}")))
    }

    /// The details of a trial, where they are kept and of this form.
    ///
    /// # Errors
    /// [`StoreError::Read`] where the file is there and cannot be read.
    pub fn details(&self, id: &str) -> Result<Option<Details>, StoreError> {
        let [plain, packed] = self.details_files(id);
        let path = if plain.is_file() { plain } else { packed };
        match open_maybe_packed(&path).and_then(|content| bounded::read_all(content, LARGEST_DETAILS)) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes)
                .ok()
                .filter(|details: &Details| details.schema == details::SCHEMA && details.arithmetic == ARITHMETIC)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(StoreError::Read { path, source }),
        }
    }

    /// Whether there is a file of details of a trial.
    pub fn has_details(&self, id: &str) -> bool {
        self.details_files(id).iter().any(|path| path.is_file())
    }

    /// Writes the details of a trial, and waits until they are on the disk.
    ///
    /// # Errors
    /// [`StoreError::Write`]; then nothing is left of them.
    pub fn keep_details(&self, details: &Details) -> Result<(), StoreError> {
        let [path, _] = self.details_files(&details.id);
        let bytes = serde_json::to_vec(details).expect("details are plain values");
        let written =
            fs::create_dir_all(&self.details).and_then(|()| persist::write(&path, |file| file.write_all(&bytes)));
        written.map_err(|source| StoreError::Write { path, source })
    }

    /// Number of trials with a record.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether no trial has a record.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Lines that were left out.
    pub fn warnings(&self) -> &[StoreWarning] {
        &self.warnings
    }

    /// Makes sure that a record can be written before hours are spent on it.
    ///
    /// # Errors
    /// [`StoreError::Write`].
    pub fn prepare_to_write(&mut self) -> Result<(), StoreError> {
        if self.own.is_none() {
            let own = OwnFile::create(&self.folder)?;
            self.files.push(own.path.clone());
            self.own = Some(own);
        }
        Ok(())
    }

    /// Makes sure that a trial that has a record, and was run again for its details, has the same result as before.
    ///
    /// # Errors
    /// [`StoreError::Rerun`].
    pub fn check(&self, record: &Record) -> Result<(), StoreError> {
        match self.names.get(&record.id) {
            Some(known) if known.digest != Digest::new(record) => {
                Err(StoreError::Rerun { id: record.id.clone(), first: place(&self.files, known) })
            }
            _ => Ok(()),
        }
    }

    /// Appends a record and waits until it is on the disk. A trial that has one, and was run for its details alone, gets no
    /// second.
    ///
    /// # Errors
    /// [`StoreError::Rerun`] where it has one that says something else. [`StoreError::Write`]; a part of the line that was written is cut off again. [`StoreError::Moved`] or
    /// [`StoreError::Lost`] where somebody has removed the file.
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

    /// Ends the writing, and reads the records again: other processes may have appended to the same folder meanwhile.
    ///
    /// # Errors
    /// [`StoreError`], also where a record that this process has written is not there.
    pub fn reopen(mut self, results: &Path) -> Result<Store, StoreError> {
        self.end_writing()?;
        let again = Store::open(results)?;
        let missing = self.written.iter().filter(|id| !again.names.contains_key(*id)).count();
        if missing > 0 {
            return Err(StoreError::Missing { path: self.folder.clone(), count: missing });
        }
        Ok(again)
    }

    /// Closes the file of this process, once it is sure that its records are still where they were written.
    ///
    /// # Errors
    /// [`StoreError::Moved`] or [`StoreError::Lost`].
    pub fn end_writing(&mut self) -> Result<(), StoreError> {
        self.own.take().map_or(Ok(()), |mut own| own.check_place())
    }
}

/// File and line of a record.
fn place(files: &[PathBuf], known: &Known) -> String {
    format!("{}:{}", files[known.file].display(), known.line)
}

/// What tells the version of any record.
#[derive(Deserialize)]
struct Version {
    schema: Option<u32>,
    arithmetic: Option<u32>,
    format: Option<String>,
}

fn other_version(schema: u32, arithmetic: u32) -> String {
    format!("it has schema {schema} and arithmetic {arithmetic}")
}

/// The record in a line; otherwise a warning of what it is.
fn record_in(path: &Path, line: usize, text: &[u8]) -> Result<Record, StoreWarning> {
    let path = path.to_owned();
    let reason = match serde_json::from_slice::<Record>(text) {
        Ok(record) if (record.schema, record.arithmetic) == (SCHEMA, ARITHMETIC) => match contradiction(&record) {
            None => return Ok(record),
            Some(reason) => reason,
        },
        // A record of another version is no mistake, but it is not the result of this program either.
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

/// The content of a file, unpacked where its name ends with `.gz`.
fn open_maybe_packed(path: &Path) -> io::Result<Box<dyn Read>> {
    let file = regular::open(path)?;
    let packed = path.extension().is_some_and(|extension| extension == "gz");
    Ok(if packed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) })
}
