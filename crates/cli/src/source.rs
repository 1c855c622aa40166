//! A study from its file and the command line.

use std::path::{Path, PathBuf};

use ohmspike_analysis::baseline::Baseline;
use ohmspike_experiments::presets::PRESETS;
use ohmspike_study::results::Results;
use ohmspike_study::study::{Override, Study, StudyError};
use ohmspike_study::study_file::StudyFile;

use super::terminal::tell;

/// The study at `path`, a study file or a results folder, with `overrides` of the form SECTION.KEY=VALUE.
pub fn open(path: &Path, overrides: &[String]) -> Result<StudyFile, super::Failure> {
    Ok(StudyFile::open_with(&PRESETS, path, &parse_overrides(overrides)?)?)
}

/// The folder of the results: the one that was asked for, or that of the study.
pub fn results(out: Option<&Path>, file: &StudyFile) -> PathBuf {
    out.map_or_else(|| file.results_folder(), Path::to_owned)
}

/// What `study`, whose results are in `out`, is compared with; where nothing of it has been run, that is told.
pub fn baseline(study: &Study, out: &Path) -> Result<Option<Baseline>, super::Failure> {
    let baseline = Baseline::next_to(out, study)?;
    if let (Some(name), None) = (&study.baseline, &baseline) {
        tell!("the baseline study `{name}` has no records beside {}: figures show no line of it", out.display());
    }
    Ok(baseline)
}

/// None of the records of a folder is of the study as it is given.
#[derive(Debug, thiserror::Error)]
#[error(
    "{folder}: expected records of this study, got {found} records of other settings\n\n\
     hint: run the study first; if it has run, repeat every `--set` of that run, and give its folder with `--out`"
)]
pub struct NoRecords {
    folder: PathBuf,
    found: usize,
}

/// Refuses a folder without a record of any trial, so that no result is replaced by an empty one.
pub fn needs_records(results: &Results) -> Result<(), NoRecords> {
    if results.records().next().is_some() {
        return Ok(());
    }
    Err(NoRecords { folder: results.folder.clone(), found: results.store.len() })
}

/// The default study, one trial, with `overrides`.
pub fn default(overrides: &[String]) -> Result<Study, super::Failure> {
    Ok(Study::parse_with(&PRESETS, "defaults", "name = \"train\"", &parse_overrides(overrides)?)?)
}

fn parse_overrides(overrides: &[String]) -> Result<Vec<Override>, StudyError> {
    overrides.iter().map(|text| Override::parse(text)).collect()
}
