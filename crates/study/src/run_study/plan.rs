//! Selects the trials of a run.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::options::RunOptions;
use crate::calibration::{CalibrationFileError, Calibrations};
use crate::machine::cores;
use crate::prepare::Prepared;
use crate::record::Record;
use crate::run::{Trial, shard, trials};
use crate::run_error::{RunError, calibrated, prepare};
use crate::store::{Store, StoreWarning};
use crate::study::Study;

/// A study with its data and devices, and its remaining trials.
#[derive(Debug)]
pub struct Plan {
    /// The study, with numbers in place of `auto`.
    pub study: Study,
    /// Results folder.
    pub folder: PathBuf,
    /// Data and devices.
    pub prepared: Prepared,
    /// All trials of the study.
    pub trials: Vec<Trial>,
    /// Remaining trials, in order.
    pub left: Vec<Trial>,
    /// Trials that the folder already has records of.
    pub earlier: BTreeMap<String, Earlier>,
    /// Number of trials to run at the same time.
    pub threads: usize,
    pub(super) options: RunOptions,
    pub(super) calibrations: Calibrations,
    pub(super) store: Store,
}

/// Summary of a trial of an earlier run, for progress. A complete record takes about 20 kB, and there can be thousands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Earlier {
    /// Outcome of the trial; none if training diverged.
    pub outcome: Option<f64>,
    /// Whether results may use it.
    pub usable: bool,
    /// Number of epochs.
    pub epochs: u64,
    /// Run time, s.
    pub seconds: f64,
}

impl From<&Record> for Earlier {
    fn from(record: &Record) -> Earlier {
        let seconds = record.seconds.training + record.seconds.test;
        let usable = record.is_usable();
        Earlier { outcome: record.outcome, usable, epochs: record.accuracy.len() as u64, seconds }
    }
}

impl Plan {
    /// Reads data, devices and the names of the records. Writes nothing.
    ///
    /// # Errors
    /// Returns a [`RunError`] if data or devices are invalid or records cannot be read.
    pub fn new(study: &Study, options: &RunOptions) -> Result<Plan, RunError> {
        let folder = options.folder_of(study);
        let prepared = prepare(study, &options.study_folder)?;
        let mut earlier = BTreeMap::new();
        let store = Store::skim(&folder, |record| _ = earlier.insert(record.id.clone(), Earlier::from(&record)))?;
        let mut calibrations = Calibrations::read(&folder);
        let study = calibrated(study, &prepared, &mut calibrations)?;
        let all = trials(&study, &prepared);
        let mut left = shard(&all, options.shard);
        left.retain(|trial| !store.holds(trial));
        left.truncate(options.max_trials.unwrap_or(usize::MAX));
        let threads = options.threads.unwrap_or_else(cores).max(1);
        Ok(Plan {
            study,
            folder,
            prepared,
            trials: all,
            left,
            earlier,
            threads,
            options: options.clone(),
            calibrations,
            store,
        })
    }

    /// Writes the calibrated numbers into the results folder, so that it can be read without the data sets.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    pub fn write_calibrations(&self) -> Result<(), CalibrationFileError> {
        self.calibrations.write(&self.folder)
    }

    /// Returns warnings about lines in the folder that are not records, and about damaged details.
    pub fn record_warnings(&self) -> Vec<StoreWarning> {
        [self.store.warnings(), &self.store.details_warnings()].concat()
    }
}
