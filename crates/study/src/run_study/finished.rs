//! What a run leaves behind.

use std::path::PathBuf;

use crate::prepare::Prepared;
use crate::results::Results;
use crate::run::{Shard, Trial};
use crate::store::{Store, StoreError};
use crate::study::Study;

/// A run that has ended: everything was run, or somebody stopped it.
#[derive(Debug)]
pub struct Finished<'a> {
    /// The study.
    pub study: &'a Study,
    /// Where the results are.
    pub folder: PathBuf,
    /// Data and devices of the study.
    pub prepared: Prepared,
    /// All trials of the study, of every shard.
    pub trials: Vec<Trial<'a>>,
    /// The shard that was run, if the run was limited to one.
    pub shard: Option<Shard>,
    /// Trials of the study, or of the shard, that are done.
    pub done: usize,
    /// Those that are left.
    pub left: usize,
    /// Whether the run was asked to stop.
    pub stopped: bool,
    pub(super) store: Store,
}

impl<'a> Finished<'a> {
    /// Reads all records of the folder, including those of other processes.
    ///
    /// # Errors
    /// [`StoreError`], also if a record that this run wrote is no longer there.
    pub fn results(self) -> Result<Results<'a>, StoreError> {
        let store = self.store.reopen(&self.folder)?;
        Ok(Results { study: self.study, folder: self.folder, prepared: self.prepared, trials: self.trials, store })
    }
}
