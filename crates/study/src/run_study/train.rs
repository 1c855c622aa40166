//! Trains one network without recording it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::observer::{Observer, RunWarning};
use super::options::RunOptions;
use crate::calibration::Calibrations;
use crate::machine::cores;
use crate::pool::Pool;
use crate::prepare::Prepared;
use crate::record::{Record, trial_id};
use crate::run::{Halt, Progress, Trial, run_until};
use crate::run_error::{RunError, calibrated, prepare};
use crate::settings::Settings;
use crate::silent_input::silent_input;
use crate::study::{Condition, Study};
use crate::warning::all_warnings;

/// A network trained by [`train`].
#[derive(Debug)]
pub struct Trained {
    /// Its settings.
    pub settings: Arc<Settings>,
    /// Its data and devices.
    pub prepared: Prepared,
    /// The record that a run would have saved.
    pub record: Record,
}

/// Trains one network with `seed`, or the first seed of `study`, and returns its record without writing anything.
///
/// Only the options `study_folder`, `threads` and `stop` apply. A stop ends the training after the current epoch and
/// returns no network.
///
/// # Errors
/// [`RunError::SeveralConditions`] if `study` sweeps a key, or another [`RunError`] if the trial cannot start.
pub fn train(
    study: &Study,
    seed: Option<u64>,
    options: &RunOptions,
    observer: &mut dyn Observer,
) -> Result<Option<Trained>, RunError> {
    only_condition(study)?;
    let seed = seed.unwrap_or(study.seeds[0]);
    let prepared = prepare(study, &options.study_folder)?;
    let study = calibrated(study, &prepared, &mut Calibrations::default())?;
    let Condition { settings, calibrated, .. } = &study.conditions[0];
    observer.calibrated(calibrated);
    observer.training(settings, &prepared);
    let (data, devices) = (prepared.data(settings), prepared.devices_of(settings));
    all_warnings(settings, data, &devices)
        .into_iter()
        .for_each(|warning| observer.warning(&RunWarning::Settings(warning)));
    silent_input(settings, data).into_iter().for_each(|found| observer.warning(&RunWarning::SilentInput(found)));

    let id = trial_id(settings, seed, &data.sha256, &devices);
    let trials = [Trial { condition: 0, settings: settings.clone(), seed, id, details: false, needs_details: false }];
    let count = options.threads.unwrap_or_else(cores);
    let pool = Pool::new(count).map_err(|source| RunError::Threads { count, source })?;
    let never = AtomicBool::new(false);
    let halt = Halt { after_trials: &never, after_epochs: options.stop.as_deref().unwrap_or(&never) };
    let mut record = None;
    run_until(&trials, &prepared, None, &pool, halt, |progress| match progress {
        Progress::Begun { trial, epochs } => observer.trial_begun(trial, &trials[trial], epochs),
        Progress::Epoch { trial, report } => observer.epoch_ended(trial, &trials[trial], &report),
        Progress::Warning(warning) => observer.warning(&RunWarning::Checkpoint(warning)),
        Progress::Trial(ended, _) => {
            observer.trial_ended(0, &trials[0], &ended);
            record = Some(*ended);
        }
    })?;
    Ok(record.map(|record| Trained { settings: settings.clone(), prepared, record }))
}

/// Returns `study`, which is in `study_folder`, with numbers in place of `auto`, and writes nothing.
///
/// # Errors
/// Returns a [`RunError`] if data or devices are invalid, or if a key has no number.
pub fn calibrated_study(study: &Study, study_folder: &Path) -> Result<Study, RunError> {
    if !study.needs_calibration() {
        return Ok(study.clone());
    }
    calibrated(study, &prepare(study, study_folder)?, &mut Calibrations::default())
}

/// Returns the condition of a study without a sweep.
///
/// # Errors
/// [`RunError::SeveralConditions`] if `study` sweeps a key.
pub fn only_condition(study: &Study) -> Result<&Condition, RunError> {
    match study.axes.iter().find(|axis| axis.values.len() > 1) {
        Some(axis) => {
            let (key, count, first) = (axis.key.clone(), axis.values.len(), axis.values[0].to_string());
            Err(RunError::SeveralConditions { key, count, first })
        }
        None => Ok(&study.conditions[0]),
    }
}
