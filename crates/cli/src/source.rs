//! A study from its file and the command line.

use std::io;
use std::path::{Path, PathBuf};

use ohmspike_analysis::reference::Reference;
use ohmspike_experiments::presets::PRESETS;
use ohmspike_study::bounded;
use ohmspike_study::prepare::Prepared;
use ohmspike_study::run::Trial;
use ohmspike_study::store::Store;
use ohmspike_study::study::{Override, Study, StudyError};

use super::terminal::tell;

/// The study file cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{path}: cannot be read: {source}")]
struct FileError {
    path: String,
    source: io::Error,
}

/// Reads the study in `file` with `overrides` of the form SECTION.KEY=VALUE.
pub fn read(file: &Path, overrides: &[String]) -> Result<Study, super::Failure> {
    Ok(read_with_text(file, overrides)?.0)
}

/// The same with the text of the file.
pub fn read_with_text(file: &Path, overrides: &[String]) -> Result<(Study, String), super::Failure> {
    let path = file.display().to_string();
    let text = bounded::read_named_text(file, bounded::LARGEST_STUDY)
        .map_err(|source| FileError { path: path.clone(), source })?;
    Ok((Study::parse_with(&PRESETS, &path, &text, &parse_overrides(overrides)?)?, text))
}

/// The folder of the results: the one that was asked for, or results/NAME.
pub fn results(out: Option<&Path>, study: &Study) -> PathBuf {
    out.map_or_else(|| Path::new("results").join(&study.name), Path::to_owned)
}

/// What `study`, whose results are in `out`, is compared with; where nothing of it has been run, that is told.
pub fn reference(study: &Study, out: &Path) -> Result<Option<Reference>, super::Failure> {
    let reference = Reference::beside(out, study)?;
    if let (Some(name), None) = (&study.reference, &reference) {
        tell!("the reference study `{name}` has no records beside {}: figures show no line of it", out.display());
    }
    Ok(reference)
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

/// Refuses a folder without a record of any of `trials`, so that no result is replaced by an empty one.
pub fn needs_records(store: &Store, trials: &[Trial], folder: &Path) -> Result<(), NoRecords> {
    if trials.iter().any(|trial| store.get(&trial.id).is_some()) {
        return Ok(());
    }
    Err(NoRecords { folder: folder.to_owned(), found: store.len() })
}

/// The default study, one trial, with `overrides`.
pub fn default(overrides: &[String]) -> Result<Study, super::Failure> {
    Ok(Study::parse_with(&PRESETS, "defaults", "name = \"train\"", &parse_overrides(overrides)?)?)
}

fn parse_overrides(overrides: &[String]) -> Result<Vec<Override>, StudyError> {
    overrides.iter().map(|text| Override::parse(text)).collect()
}

/// Reads what the trials of `study` need; a mistake of the study is told with its place.
pub fn prepare(study: &Study, file: Option<&Path>) -> Result<Prepared, super::Failure> {
    let folder = file.and_then(Path::parent).unwrap_or(Path::new("."));
    let settings = study.conditions.iter().map(|condition| &condition.settings);
    Prepared::new(settings, folder).map_err(|error| {
        let place = error.key().and_then(|key| study.places.get(key));
        place.map_or_else(|| error.to_string(), |place| format!("{place}: {error}")).into()
    })
}
