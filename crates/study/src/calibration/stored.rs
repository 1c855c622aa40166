//! Calibrated spreads by what decides them, in memory and in `calibration.json` of a results folder.
//!
//! Reports and tables need the numbers to name trials, also where the data set is missing.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use ohmspike_datasets::{persist, write_reason};
use serde::{Deserialize, Serialize};

use crate::bounded;

/// A spread and what it reaches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Spread {
    /// Initial weight spread, thresholds.
    pub sigma: f64,
    /// Spikes per neuron and sample.
    pub spikes: f64,
}

/// Name of the file in a results folder.
pub const FILE: &str = "calibration.json";
/// Longest file, bytes: 200 bytes for each of 250,000 conditions, twice.
const LONGEST: u64 = 100 << 20;

/// Calibrated spreads by a hash of what decides them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Calibrations {
    spreads: BTreeMap<String, Stored>,
    changed: bool,
}

/// A calibrated spread as stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Stored {
    /// The key, for readers of the file.
    key: String,
    /// The spread, thresholds.
    sigma_init: f64,
    /// Spikes per neuron and sample.
    spikes: f64,
}

/// A file that cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write `{path}`: {}\n\nhint: choose another results folder", write_reason(source))]
pub struct CalibrationFileError {
    path: PathBuf,
    source: io::Error,
}

impl Calibrations {
    /// Reads the calibrations of the results folder `folder`. A missing or unreadable file holds none: they are computed
    /// again.
    pub fn read(folder: &Path) -> Calibrations {
        let text = bounded::read_named_text(&folder.join(FILE), LONGEST);
        let spreads = text.ok().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        Calibrations { spreads, changed: false }
    }

    /// Writes the calibrations into `folder` unless it has them already.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    pub fn write(&self, folder: &Path) -> Result<(), CalibrationFileError> {
        if !self.changed {
            return Ok(());
        }
        // Another process may have added others.
        let all: BTreeMap<String, Stored> =
            Calibrations::read(folder).spreads.into_iter().chain(self.spreads.clone()).collect();
        let text = serde_json::to_string_pretty(&all).expect("numbers and strings") + "\n";
        let path = folder.join(FILE);
        let failed = |source| CalibrationFileError { path: path.clone(), source };
        std::fs::create_dir_all(folder).map_err(failed)?;
        persist::write(&path, |file| file.write_all(text.as_bytes())).map_err(failed)
    }

    /// Returns the number of calibrated spreads.
    pub fn len(&self) -> usize {
        self.spreads.len()
    }

    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.spreads.is_empty()
    }

    pub(super) fn get(&self, hash: &str) -> Option<Spread> {
        self.spreads.get(hash).map(|stored| Spread { sigma: stored.sigma_init, spikes: stored.spikes })
    }

    pub(super) fn insert(&mut self, hash: String, key: &str, spread: Spread) {
        let Spread { sigma, spikes } = spread;
        self.spreads.insert(hash, Stored { key: key.to_owned(), sigma_init: sigma, spikes });
        self.changed = true;
    }
}
