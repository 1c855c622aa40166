//! A study together with the records of its results folder.

use std::path::{Path, PathBuf};

use crate::prepare::Prepared;
use crate::record::Record;
use crate::run::{Trial, trials};
use crate::run_error::{RunError, prepare};
use crate::store::Store;
use crate::study::Study;

/// The results of a study, as far as there are any.
#[derive(Debug)]
pub struct Results<'a> {
    /// The study.
    pub study: &'a Study,
    /// The folder.
    pub folder: PathBuf,
    /// Data and devices of the study.
    pub prepared: Prepared,
    /// All trials of the study.
    pub trials: Vec<Trial<'a>>,
    /// The records.
    pub store: Store,
}

impl<'a> Results<'a> {
    /// Reads the records of `study` in `folder`, which need not exist. Relative paths in the study are looked up in the working
    /// directory, then in `study_folder`.
    ///
    /// # Errors
    /// [`RunError::Prepare`], [`RunError::Store`].
    pub fn open(study: &'a Study, folder: &Path, study_folder: &Path) -> Result<Results<'a>, RunError> {
        let prepared = prepare(study, study_folder)?;
        let store = Store::open(folder)?;
        let trials = trials(study, &prepared);
        Ok(Results { study, folder: folder.to_owned(), prepared, trials, store })
    }

    /// Every trial that has a record, with it, in the order of the trials.
    pub fn records(&self) -> impl Iterator<Item = (&Trial<'a>, &Record)> {
        self.trials.iter().filter_map(|trial| Some((trial, self.store.get(&trial.id)?)))
    }
}
