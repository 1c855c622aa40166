//! A study with the records of its results folder.

use std::path::{Path, PathBuf};

use crate::calibration::Calibrations;
use crate::prepare::{DataShape, KnownData, Prepared, RecordedData};
use crate::record::Record;
use crate::run::{Trial, trials};
use crate::run_error::{RunError, calibrated, prepare, prepare_to_read};
use crate::settings::PairKind;
use crate::store::Store;
use crate::study::Study;

/// The results of a study, complete or not.
#[derive(Debug)]
pub struct Results {
    /// The study, with numbers in place of `auto`.
    pub study: Study,
    /// Results folder.
    pub folder: PathBuf,
    /// Data and devices of the study.
    pub prepared: Prepared,
    /// All trials of the study.
    pub trials: Vec<Trial>,
    /// The records.
    pub store: Store,
}

impl Results {
    /// Reads the records of `study` in `folder`, which need not exist. Relative paths in the study are looked up in the
    /// working directory, then in `study_folder`. Data sets need not be on this machine; the records identify them.
    ///
    /// # Errors
    /// [`RunError::Prepare`] if a device or map is invalid, [`RunError::Store`] if records cannot be read.
    pub fn open(study: &Study, folder: &Path, study_folder: &Path) -> Result<Results, RunError> {
        let store = Store::open(folder)?;
        let prepared = prepare_to_read(study, study_folder, &recorded_data(&store))?;
        let study = calibrated_to_read(study, study_folder, folder, &prepared)?;
        let trials = trials(&study, &prepared);
        Ok(Results { study, folder: folder.to_owned(), prepared, trials, store })
    }

    /// Returns every trial with a record, in order.
    pub fn records(&self) -> impl Iterator<Item = (&Trial, &Record)> {
        self.trials.iter().filter_map(|trial| Some((trial, self.store.get(&trial.id)?)))
    }
}

/// Replaces `auto` in `study` by the numbers in the results folder `folder`, or calibrates again if they are missing and the
/// data are on this machine. Otherwise the study stays as it is, and no record matches it.
fn calibrated_to_read(
    study: &Study,
    study_folder: &Path,
    folder: &Path,
    prepared: &Prepared,
) -> Result<Study, RunError> {
    let mut known = Calibrations::read(folder);
    let stored = calibrated(study, prepared, &mut known)?;
    if !stored.needs_calibration() {
        return Ok(stored);
    }
    match prepare(study, study_folder) {
        Ok(with_data) => calibrated(study, &with_data, &mut known),
        Err(_) => Ok(stored),
    }
}

/// Data sets that the records were made with.
fn recorded_data(store: &Store) -> RecordedData {
    let mut recorded = RecordedData::new();
    for record in store.records() {
        let sets = recorded.entry(record.settings.data.set.clone()).or_default();
        match sets.iter_mut().find(|known| known.sha256 == record.data_sha256) {
            Some(known) => known.shape.inputs = known.shape.inputs.max(inputs(record)),
            None => sets.push(KnownData { sha256: record.data_sha256.clone(), shape: shape(record) }),
        }
    }
    recorded
}

fn shape(record: &Record) -> DataShape {
    DataShape { inputs: inputs(record), classes: record.tests.first().map_or(1, Vec::len).max(1) }
}

/// Number of network inputs, from the cells of the first array; 1 for digital weights, where it is not needed.
fn inputs(record: &Record) -> usize {
    let used = record.connections.first().and_then(|connection| connection.used.as_ref());
    let cells = used.map_or(0, |used| used.endurance.cells);
    let branches = if record.settings.hardware.pair == PairKind::OneBranch { 1 } else { 2 };
    (cells as usize / branches / record.settings.network.hidden).max(1)
}
