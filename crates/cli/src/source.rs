//! Results to read, and the studies that they are compared with.

use std::path::{Path, PathBuf};

use ohmspike_analysis::baseline::Baseline;
use ohmspike_datasets::counted;
use ohmspike_experiments::presets::PRESETS;
use ohmspike_study::results::Results;
use ohmspike_study::study::Study;

use super::terminal::tell;
use super::{Failure, study_arguments};

/// Reads the baseline of `study` next to its results in `out`, and warns if it has no records or several networks.
pub fn baseline(study: &Study, out: &Path) -> Result<Option<Baseline>, Failure> {
    let baseline = Baseline::next_to(out, study)?;
    let Some(name) = &study.baseline else { return Ok(baseline) };
    match baseline.as_ref().map(|baseline| baseline.networks) {
        None => tell!(
            "warning: baseline: no records of the study `{name}` next to `{}`, so figures have no baseline\n\n\
             hint: run the study `{name}` first, with its results folder in the same place\n",
            out.display()
        ),
        Some(networks @ 2..) => tell!(
            "warning: baseline: the study `{name}` has records of {networks} networks, and a line shows one, so figures have \
             no baseline\n\n\
             hint: name a study of one network\n"
        ),
        Some(_) => {}
    }
    Ok(baseline)
}

/// What to do if all records in a folder have other settings.
pub const OTHER_SETTINGS: &str = "repeat each `--set` of the run, or name the results folder in place of the study file; if the data set, a \
                                  device file or a map has changed since, bring back the earlier one";

/// A results folder without a record of the study.
#[derive(Debug, thiserror::Error)]
pub enum NoRecords {
    /// A folder without any record.
    #[error("{}: expected records of this study, got none\n\nhint: run the study first: `ohmspike run {study}`", folder.display())]
    Empty {
        /// The folder.
        folder: PathBuf,
        /// The study on a command line.
        study: String,
    },
    /// Records of other settings.
    #[error(
        "{}: expected records of this study, got {} of other settings\n\n\
         hint: {OTHER_SETTINGS}", folder.display(), counted(*found, "record")
    )]
    Other {
        /// The folder.
        folder: PathBuf,
        /// Number of records.
        found: usize,
    },
}

/// Rejects a folder without a record of any trial, so that an empty result replaces none.
pub fn needs_records(results: &Results, study: &str) -> Result<(), NoRecords> {
    let folder = || results.folder.clone();
    match (results.records().next().is_some(), results.store.len()) {
        (true, _) => Ok(()),
        (false, 0) => Err(NoRecords::Empty { folder: folder(), study: study.to_owned() }),
        (false, found) => Err(NoRecords::Other { folder: folder(), found }),
    }
}

/// The default study, which has one trial, with overrides of the form KEY=VALUE.
pub fn default(overrides: &[String]) -> Result<Study, Failure> {
    Ok(Study::parse_with(&PRESETS, "defaults", "name = \"train\"", &study_arguments::parse(overrides)?)?)
}
