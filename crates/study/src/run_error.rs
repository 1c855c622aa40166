//! Why a study can't be run, or its results can't be read.

use std::path::Path;

use rayon::ThreadPoolBuildError;

use crate::prepare::{PrepareError, Prepared, RecordedData};
use crate::resolved_study::ResolvedStudyError;
use crate::store::StoreError;
use crate::study::Study;
use crate::trial::TrialError;

/// Why a run ended early. Records that were kept before are whole.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// Data, a device or a map isn't there, or isn't what it must be.
    #[error("{}{source}", place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default())]
    Prepare {
        /// File and line of the study, or the override, that is at fault; absent if the study isn't.
        place: Option<String>,
        /// What is wrong.
        source: Box<PrepareError>,
    },
    /// Records can't be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The study can't be written into the results folder.
    #[error(transparent)]
    Describe(#[from] ResolvedStudyError),
    /// A trial can't start.
    #[error(transparent)]
    Trial(#[from] TrialError),
    /// The system doesn't provide the threads.
    #[error("threads: {count} threads cannot be started: {source}")]
    Threads {
        /// How many.
        count: usize,
        /// Why.
        source: ThreadPoolBuildError,
    },
    /// [`train`](crate::run_study::train) was given a study with several conditions.
    #[error("{key}: expected one value to train one network, got {count}\n\nhint: choose with `--set {key}={first}`")]
    SeveralConditions {
        /// The key with several values.
        key: String,
        /// How many values.
        count: usize,
        /// The first of them.
        first: String,
    },
}

/// Reads devices of `study`, whose file is in `folder`, and what records need of data sets.
///
/// # Errors
/// [`RunError::Prepare`], with the place in the study that is wrong.
pub(crate) fn prepare_to_read(study: &Study, folder: &Path, recorded: &RecordedData) -> Result<Prepared, RunError> {
    let settings = study.conditions.iter().map(|condition| &condition.settings);
    Prepared::for_reading(settings, &study.paths_folder(folder), recorded).map_err(|source| placed(study, source))
}

/// Reads data and devices of `study`, whose file is in `folder`.
///
/// # Errors
/// [`RunError::Prepare`], with the place in the study that is wrong.
pub(crate) fn prepare(study: &Study, folder: &Path) -> Result<Prepared, RunError> {
    let settings = study.conditions.iter().map(|condition| &condition.settings);
    Prepared::new(settings, &study.paths_folder(folder)).map_err(|source| placed(study, source))
}

fn placed(study: &Study, source: PrepareError) -> RunError {
    let place = source.key().and_then(|key| study.places.get(key)).cloned();
    let spelling = source.key().and_then(|key| study.spellings.get(key));
    let source = Box::new(match spelling {
        Some(spelling) => source.spelled(spelling),
        None => source,
    });
    RunError::Prepare { place, source }
}
