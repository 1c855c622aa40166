//! The end of a run.

use std::path::PathBuf;

use crate::prepare::Prepared;
use crate::results::Results;
use crate::run::{Shard, Trial};
use crate::store::{Store, StoreError};
use crate::study::Study;

/// A run that has ended, complete or stopped.
#[derive(Debug)]
pub struct Finished {
    /// The study.
    pub study: Study,
    /// Results folder.
    pub folder: PathBuf,
    /// Data and devices of the study.
    pub prepared: Prepared,
    /// All trials of the study, in every shard.
    pub trials: Vec<Trial>,
    /// The shard, if the run was limited to one.
    pub shard: Option<Shard>,
    /// Finished trials of the study, or of the shard.
    pub done: usize,
    /// Remaining trials.
    pub left: usize,
    /// Whether the run was stopped.
    pub stopped: bool,
    pub(super) store: Store,
}

impl Finished {
    /// Reads all records of the folder, including those of other processes.
    ///
    /// # Errors
    /// Returns a [`StoreError`] if reading fails or a record of this run is missing.
    pub fn results(self) -> Result<Results, StoreError> {
        let store = self.store.reopen(&self.folder)?;
        Ok(Results { study: self.study, folder: self.folder, prepared: self.prepared, trials: self.trials, store })
    }
}
