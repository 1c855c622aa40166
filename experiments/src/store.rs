//! The records of a study: `records/*.jsonl`, one line a trial; and `details/ID.json` for trials whose details are kept.
//!
//! Every process appends to a file of its own and syncs each line, so that processes never meet and a killed one loses
//! at most the trial that it was writing. A torn last line is left out and its trial runs again; any other line that is
//! not a record is left out with a warning. Nothing that stands in a file is ever changed. Details are written before the
//! record of their trial, aside and renamed, so that they are there in whole or not at all. Files that somebody packed with
//! gzip (`records/*.jsonl.gz`, `details/ID.json.gz`) are read as well.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use crate::details::{self, Details};
use crate::record::{FORMAT, Record};
use crate::run::Trial;

/// The records of a folder, and the file to which this process appends.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    details: PathBuf,
    /// Names of all records.
    names: BTreeSet<String>,
    /// The records; none where they are only skimmed.
    records: Option<BTreeMap<String, Record>>,
    warnings: Vec<StoreWarning>,
    /// Opened at the first append.
    file: Option<(PathBuf, File)>,
}

/// A folder or file of records that cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Reading failed.
    #[error("{path}: cannot be read: {source}\n\nhint: choose another folder with `--out`")]
    Read {
        /// File or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Writing failed.
    #[error(
        "{path}: cannot be written: {source}\n\nhint: the records so far are whole; run the same command again once it can be written"
    )]
    Write {
        /// File or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// A line that is not a record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreWarning {
    /// The last line of a file has no end: its process was stopped while it wrote.
    #[error("{path}:{line}: torn last line, left out\n\nhint: its trial will be run again")]
    Torn {
        /// The file.
        path: PathBuf,
        /// Number of the line, from 1.
        line: usize,
    },
    /// Something else stands in the file.
    #[error(
        "{path}:{line}: not a record of the form `{FORMAT}`, left out: {reason}\n\nhint: a trial that it held will be run again; nothing in the file is changed"
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// Number of the line, from 1.
        line: usize,
        /// What the parser says.
        reason: String,
    },
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
        let mut store =
            Store { details, names: BTreeSet::new(), records: None, warnings: Vec::new(), file: None, folder };
        let mut files: Vec<PathBuf> = match fs::read_dir(&store.folder) {
            Ok(entries) => entries.flatten().map(|entry| entry.path()).collect(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(source) => return Err(StoreError::Read { path: store.folder.clone(), source }),
        };
        files.retain(|path| [".jsonl", ".jsonl.gz"].iter().any(|end| path.to_string_lossy().ends_with(end)));
        files.sort();
        for path in files {
            store.read(&path, &mut see)?;
        }
        Ok(store)
    }

    /// Reads one file line by line: all of its text would take as much memory as the records that stand in it.
    fn read(&mut self, path: &Path, see: &mut dyn FnMut(Record)) -> Result<(), StoreError> {
        let failed = |source| StoreError::Read { path: path.to_owned(), source };
        let mut file = BufReader::new(open_maybe_packed(path).map_err(failed)?);
        let mut text = Vec::new();
        for line in 1.. {
            text.clear();
            if file.read_until(b'\n', &mut text).map_err(failed)? == 0 {
                break;
            }
            let whole = text.ends_with(b"\n");
            if text == b"\n" {
                continue;
            }
            match self.record_in(path, line, &text, whole) {
                Some(record) if self.names.insert(record.id.clone()) => see(record),
                _ => {}
            }
        }
        Ok(())
    }

    /// The record in a line; otherwise a warning of what it is.
    fn record_in(&mut self, path: &Path, line: usize, text: &[u8], whole: bool) -> Option<Record> {
        let path = path.to_owned();
        let reason = match serde_json::from_slice::<Record>(text) {
            Ok(record) if record.format == FORMAT => return Some(record),
            // A record of another version is no mistake, but it is not the result of this program either.
            Ok(record) => format!("it has the form `{}`", record.format),
            Err(_) if !whole => {
                self.warnings.push(StoreWarning::Torn { path, line });
                return None;
            }
            Err(error) => error.to_string(),
        };
        self.warnings.push(StoreWarning::Foreign { path, line, reason });
        None
    }

    /// The record of a trial.
    pub fn get(&self, id: &str) -> Option<&Record> {
        self.records.as_ref()?.get(id)
    }

    /// Whether nothing of `trial` is left to be run: its record is there, and its details where the study asks for them.
    pub fn holds(&self, trial: &Trial) -> bool {
        self.names.contains(&trial.id) && (!trial.needs_details || self.has_details(&trial.id))
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
        let mut bytes = Vec::new();
        match open_maybe_packed(&path).and_then(|mut file| file.read_to_end(&mut bytes)) {
            Ok(_) => Ok(serde_json::from_slice(&bytes)
                .ok()
                .filter(|details: &Details| details.format == details::FORMAT && details.record_format == FORMAT)),
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
        let aside = self.details.join(format!("{}.{}.part", details.id, std::process::id()));
        let bytes = serde_json::to_vec(details).expect("details are plain values");
        let written = fs::create_dir_all(&self.details)
            .and_then(|()| File::create(&aside))
            .and_then(|mut file| file.write_all(&bytes).and_then(|()| file.sync_data()))
            .and_then(|()| fs::rename(&aside, &path));
        written.map_err(|source| {
            let _ = fs::remove_file(&aside);
            StoreError::Write { path, source }
        })
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
        if self.file.is_none() {
            self.file = Some(create_own_file(&self.folder)?);
        }
        Ok(())
    }

    /// Appends a record and waits until it is on the disk. A trial that has one, and was run for its details alone, gets no
    /// second.
    ///
    /// # Errors
    /// [`StoreError::Write`]; a part of the line that was written is cut off again.
    pub fn append(&mut self, record: Record) -> Result<(), StoreError> {
        if self.names.contains(&record.id) {
            return Ok(());
        }
        self.prepare_to_write()?;
        let (path, file) = self.file.as_mut().expect("prepared above");
        let mut line = serde_json::to_vec(&record).expect("records are plain values");
        line.push(b'\n');
        let before = file.metadata().map(|metadata| metadata.len());
        if let Err(source) = file.write_all(&line).and_then(|()| file.sync_data()) {
            if let Ok(length) = before {
                // Best effort: what stays behind is a torn last line, which reading leaves out.
                let _ = file.set_len(length);
            }
            return Err(StoreError::Write { path: path.clone(), source });
        }
        self.names.insert(record.id.clone());
        if let Some(records) = &mut self.records {
            records.insert(record.id.clone(), record);
        }
        Ok(())
    }
}

impl Drop for Store {
    /// A run that wrote nothing leaves no empty file.
    fn drop(&mut self) {
        if let Some((path, file)) = &self.file
            && file.metadata().is_ok_and(|metadata| metadata.len() == 0)
        {
            let _ = fs::remove_file(path);
        }
    }
}

/// The content of a file, unpacked where its name ends with `.gz`.
fn open_maybe_packed(path: &Path) -> io::Result<Box<dyn Read>> {
    let file = File::open(path)?;
    let packed = path.extension().is_some_and(|extension| extension == "gz");
    Ok(if packed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) })
}

/// Creates the first `NNNN.jsonl` that does not exist; creation is atomic, so two processes never share one.
fn create_own_file(folder: &Path) -> Result<(PathBuf, File), StoreError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| StoreError::Write { path, source }
    };
    fs::create_dir_all(folder).map_err(failed(folder))?;
    for number in 1u32.. {
        let path = folder.join(format!("{number:04}.jsonl"));
        match OpenOptions::new().append(true).create_new(true).open(&path) {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed(&path)(error)),
        }
    }
    unreachable!("four thousand million files of records")
}
