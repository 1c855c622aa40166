//! The details of trials: `details/ID.json`, or `details/ID.json.gz` packed with gzip.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use ohmspike_datasets::persist;

use super::packed::{is_damage, open_maybe_packed};
use super::{StoreError, StoreWarning, other_version};
use crate::bounded;
use crate::details::{Details, SCHEMA};
use crate::record::ARITHMETIC;

/// Largest details of a trial, bytes. Typical details take 60 kB, those of 65,536 time steps and many classes about 100
/// MB.
const LARGEST: u64 = 256 << 20;

/// The details in a results folder.
#[derive(Debug)]
pub(super) struct DetailsFiles {
    folder: PathBuf,
    /// Why the details of a trial are ignored, if they are, by trial; for the trials looked at so far.
    known: Mutex<BTreeMap<String, Option<StoreWarning>>>,
}

impl DetailsFiles {
    /// Describes the details below `folder`, which need not exist.
    pub(super) fn new(folder: PathBuf) -> DetailsFiles {
        DetailsFiles { folder, known: Mutex::default() }
    }

    /// Paths of the details of a trial, plain and packed.
    fn paths(&self, id: &str) -> [PathBuf; 2] {
        ["json", "json.gz"].map(|extension| self.folder.join(format!("{id}.{extension}")))
    }

    /// Whether a file of the trial exists, readable or not.
    fn exists(&self, id: &str) -> bool {
        self.paths(id).iter().any(|path| path.is_file())
    }

    /// Whether the trial has details that can be used.
    pub(super) fn has(&self, id: &str) -> bool {
        self.exists(id) && self.problem(id).is_none()
    }

    /// Reads the details of a trial; none if they are missing, damaged or of another version.
    pub(super) fn read(&self, id: &str) -> Result<Option<Details>, StoreError> {
        Ok(self.find(id)?.and_then(Result::ok).map(|details| *details))
    }

    /// Returns why the details of a trial are ignored, if they are. Each trial is looked at once.
    pub(super) fn problem(&self, id: &str) -> Option<StoreWarning> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(problem) = known.get(id) {
            return problem.clone();
        }
        // A file that cannot be read at all is an error once its details are needed.
        let problem = self.find(id).ok().flatten().and_then(Result::err);
        known.insert(id.to_owned(), problem.clone());
        problem
    }

    /// Returns the details of a trial or why they are ignored; none if there is no file.
    fn find(&self, id: &str) -> Result<Option<Result<Box<Details>, StoreWarning>>, StoreError> {
        let [plain, packed] = self.paths(id);
        let path = if plain.is_file() { plain } else { packed };
        let ignored = |reason: String| Ok(Some(Err(StoreWarning::Details { path: path.clone(), reason })));
        let content = match open_maybe_packed(&path) {
            Ok(content) => content,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(StoreError::Read { path, source }),
        };
        let bytes = match bounded::read_all(content, LARGEST) {
            Ok(bytes) => bytes,
            Err(error) if is_damage(&path, &error) => {
                return ignored("the packed data are damaged or incomplete".to_owned());
            }
            Err(source) => return Err(StoreError::Read { path, source }),
        };
        match serde_json::from_slice::<Details>(&bytes) {
            Ok(Details { schema, arithmetic, .. }) if (schema, arithmetic) != (SCHEMA, ARITHMETIC) => {
                ignored(other_version(schema, arithmetic))
            }
            Ok(details) if details.id != id => ignored(format!("they belong to trial {}", details.id)),
            Ok(details) => Ok(Some(Ok(Box::new(details)))),
            Err(error) => ignored(error.to_string()),
        }
    }

    /// Writes the details of a trial and waits until they are on the disk.
    pub(super) fn keep(&self, details: &Details) -> Result<(), StoreError> {
        let [path, _] = self.paths(&details.id);
        let bytes = serde_json::to_vec(details).expect("details are plain values");
        let written =
            fs::create_dir_all(&self.folder).and_then(|()| persist::write(&path, |file| file.write_all(&bytes)));
        written.map_err(|source| StoreError::Write { path, source })?;
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(details.id.clone(), None);
        Ok(())
    }
}
