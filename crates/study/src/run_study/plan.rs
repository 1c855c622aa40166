//! Which trials a run will run.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::options::RunOptions;
use crate::machine::cores;
use crate::prepare::Prepared;
use crate::record::Record;
use crate::run::{Trial, shard, trials};
use crate::run_error::{RunError, prepare};
use crate::store::{Store, StoreWarning};
use crate::study::Study;

/// A study whose data and devices are read, and which trials of it are left.
#[derive(Debug)]
pub struct Plan<'a> {
    /// The study.
    pub study: &'a Study,
    /// Where the results go.
    pub folder: PathBuf,
    /// Data and devices.
    pub prepared: Prepared,
    /// All trials of the study.
    pub trials: Vec<Trial<'a>>,
    /// The trials that will run, in their order.
    pub left: Vec<Trial<'a>>,
    /// What the folder already has records of, by trial.
    pub earlier: BTreeMap<String, Earlier>,
    /// Trials that run at the same time.
    pub threads: usize,
    pub(super) options: RunOptions,
    pub(super) store: Store,
}

/// What progress needs to know of a trial that an earlier run did. A whole record takes some 20 kB, and there may be thousands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Earlier {
    /// Its outcome; none where training diverged.
    pub outcome: Option<f64>,
    /// Whether answers may rest on it.
    pub usable: bool,
    /// Epochs of it.
    pub epochs: u64,
    /// Time that they took, s.
    pub seconds: f64,
}

impl From<&Record> for Earlier {
    fn from(record: &Record) -> Earlier {
        let seconds = record.seconds.training + record.seconds.test;
        let usable = record.is_usable();
        Earlier { outcome: record.outcome, usable, epochs: record.accuracy.len() as u64, seconds }
    }
}

impl<'a> Plan<'a> {
    /// Reads data, devices and the names of the records. Nothing is written.
    ///
    /// # Errors
    /// [`RunError`].
    pub fn new(study: &'a Study, options: &RunOptions) -> Result<Plan<'a>, RunError> {
        let folder = options.folder_of(study);
        let prepared = prepare(study, &options.study_folder)?;
        let mut earlier = BTreeMap::new();
        let store = Store::skim(&folder, |record| _ = earlier.insert(record.id.clone(), Earlier::from(&record)))?;
        let all = trials(study, &prepared);
        let mut left = shard(&all, options.shard);
        left.retain(|trial| !store.holds(trial));
        left.truncate(options.max_trials.unwrap_or(usize::MAX));
        let threads = options.threads.unwrap_or_else(cores).max(1);
        Ok(Plan { study, folder, prepared, trials: all, left, earlier, threads, options: options.clone(), store })
    }

    /// Lines of the folder that are not records.
    pub fn record_warnings(&self) -> &[StoreWarning] {
        self.store.warnings()
    }
}
