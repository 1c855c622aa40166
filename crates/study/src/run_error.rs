//! Errors of running a study or reading its results.

use std::path::Path;

use rayon::ThreadPoolBuildError;

use crate::calibration::{CalibrationError, CalibrationFileError, Calibrations, calibrate};
use crate::prepare::{PrepareError, Prepared, RecordedData};
use crate::resolved_study::ResolvedStudyError;
use crate::store::StoreError;
use crate::study::Study;
use crate::trial::TrialError;

/// Why a run ended early. Records saved before that are complete.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// Data, a device or a map is missing or invalid.
    #[error("{}{source}", place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default())]
    Prepare {
        /// File and line of the study, or the override, that is wrong; none if the study is not the cause.
        place: Option<String>,
        /// Cause.
        source: Box<PrepareError>,
    },
    /// `auto` has no number.
    #[error("{}{source}", place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default())]
    Calibration {
        /// File and line of the study, or the override, that is wrong; none for a default.
        place: Option<String>,
        /// Cause.
        source: Box<CalibrationError>,
    },
    /// The calibrated numbers cannot be written to the results folder.
    #[error(transparent)]
    CalibrationFile(#[from] CalibrationFileError),
    /// Records cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The study cannot be written to the results folder.
    #[error(transparent)]
    Describe(#[from] ResolvedStudyError),
    /// A trial cannot start.
    #[error(transparent)]
    Trial(#[from] TrialError),
    /// The system does not provide the threads.
    #[error("cannot start {count} threads: {source}")]
    Threads {
        /// Number of threads.
        count: usize,
        /// Cause.
        source: ThreadPoolBuildError,
    },
    /// A command for one network was given a study with several conditions.
    #[error("{key}: expected one value for one network, got {count}\n\nhint: choose with `--set {key}={first}`")]
    SeveralConditions {
        /// The key with several values.
        key: String,
        /// Number of values.
        count: usize,
        /// First value.
        first: String,
    },
}

/// Reads the devices of `study`, which is in `folder`, and what reading records needs of data sets.
///
/// # Errors
/// [`RunError::Prepare`] if that fails, with the position in the study.
pub(crate) fn prepare_to_read(study: &Study, folder: &Path, recorded: &RecordedData) -> Result<Prepared, RunError> {
    let settings = study.conditions.iter().map(|condition| &*condition.settings);
    Prepared::for_reading(settings, &study.paths_folder(folder), recorded).map_err(|source| placed(study, source))
}

/// Reads the data and devices of `study`, which is in `folder`.
///
/// # Errors
/// [`RunError::Prepare`] if that fails, with the position in the study.
pub(crate) fn prepare(study: &Study, folder: &Path) -> Result<Prepared, RunError> {
    let settings = study.conditions.iter().map(|condition| &*condition.settings);
    Prepared::new(settings, &study.paths_folder(folder)).map_err(|source| placed(study, source))
}

/// Replaces `auto` in `study` by numbers, with its data and the `known` calibrations.
///
/// # Errors
/// [`RunError::Calibration`] if a key has no number, with the position in the study.
pub(crate) fn calibrated(study: &Study, prepared: &Prepared, known: &mut Calibrations) -> Result<Study, RunError> {
    calibrate(study, prepared, known).map_err(|source| RunError::Calibration {
        place: study.places.get(source.key()).cloned(),
        source: Box::new(source),
    })
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
