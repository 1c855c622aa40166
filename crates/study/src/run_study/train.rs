//! Trains one network, and records it if a results folder is named.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ohmspike_snn::connection::Connection;
use ohmspike_snn::hardware::LayerWeights;

use super::execute::{Keeper, announced};
use super::observer::{RunWarning, StudyObserver};
use super::options::RunOptions;
use crate::calibration::Calibrations;
use crate::checkpoint::Checkpoints;
use crate::machine::cores;
use crate::pool::Pool;
use crate::prepare::Prepared;
use crate::record::{Record, trial_id};
use crate::resolved_study::{FILE, write_study};
use crate::run::{Halt, Progress, RunControl, Trial, run_trials};
use crate::run_error::{RunError, calibrated, prepare};
use crate::settings::Settings;
use crate::silent_input::silent_input;
use crate::store::Store;
use crate::study::{Condition, Study};
use crate::warning::all_warnings;

/// A network trained by [`train`].
#[derive(Debug)]
pub struct Trained {
    /// Its settings.
    pub settings: Arc<Settings>,
    /// Its data and devices.
    pub prepared: Prepared,
    /// Its record.
    pub record: Record,
    /// Whether the record was in the results folder before, so that nothing was trained.
    pub recorded_before: bool,
    /// Its trained weights, if they were wanted: one entry per connection, in order; without epochs, its initial weights.
    /// None if training diverged.
    pub weights: Option<Vec<(Connection, LayerWeights)>>,
}

/// What [`train_and_keep`] keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keep {
    /// Return the trained weights.
    pub weights: bool,
    /// Results folder to record the trial in, as [`run_study`](super::run_study) does.
    pub record: Option<PathBuf>,
}

/// Trains one network with `seed`, or the first seed of `study`, and returns its record without writing anything.
///
/// Only the options `study_folder`, `threads`, `stop` and `abandon` apply. Both flags end the training after the current
/// epoch, which then returns no network.
///
/// # Errors
/// [`RunError::SeveralConditions`] if `study` sweeps a key, or another [`RunError`] if the trial cannot start.
pub fn train(
    study: &Study,
    seed: Option<u64>,
    options: &RunOptions,
    observer: &mut dyn StudyObserver,
) -> Result<Option<Trained>, RunError> {
    train_and_keep(study, seed, options, &Keep::default(), observer)
}

/// Same as [`train`], and keeps weights and record.
///
/// With a results folder, the trial has the name and the record that a run of the study gives it, and resumes from its
/// checkpoint. A trial with a record is not trained again, unless its weights are wanted: records have none. The folder
/// keeps the study that it has; a new folder gets this one.
///
/// # Errors
/// [`RunError::SeveralConditions`] if `study` sweeps a key, or another [`RunError`] if the trial cannot start or cannot
/// be recorded.
pub fn train_and_keep(
    study: &Study,
    seed: Option<u64>,
    options: &RunOptions,
    keep: &Keep,
    observer: &mut dyn StudyObserver,
) -> Result<Option<Trained>, RunError> {
    only_condition(study)?;
    let seed = seed.unwrap_or(study.seeds[0]);
    let prepared = prepare(study, &options.study_folder)?;
    let mut calibrations = keep.record.as_deref().map(Calibrations::read).unwrap_or_default();
    let study = &calibrated(study, &prepared, &mut calibrations)?;
    let Condition { settings, calibrated, .. } = &study.conditions[0];
    observer.calibrated(calibrated);
    observer.training(settings, &prepared);
    prepared.notes().iter().for_each(|note| observer.warning(&RunWarning::Encoded(note.clone())));
    settings_warnings(settings, &prepared).iter().for_each(|warning| observer.warning(warning));
    let (data, devices) = (prepared.data(settings), prepared.devices_of(settings));

    let id = trial_id(settings, seed, &data.sha256, &devices);
    let trial = Trial { condition: 0, settings: settings.clone(), seed, id, details: false, needs_details: false };
    let mut results = keep.record.as_deref().map(|folder| Folder::open(study, options, folder)).transpose()?;
    if let Some(folder) = &keep.record {
        calibrations.write(folder)?;
    }
    let there = results.as_ref().and_then(|results| results.store.get(&trial.id).cloned());
    if let Some(record) = there.clone().filter(|_| !keep.weights) {
        return Ok(Some(Trained {
            settings: settings.clone(),
            prepared,
            record,
            recorded_before: true,
            weights: None,
        }));
    }
    let record_in = results.as_mut().filter(|_| there.is_none());
    let ran = run_one(trial, &prepared, options, keep.weights, record_in, observer)?;
    let connections = settings.connections();
    Ok(ran.map(|(record, weights)| Trained {
        weights: weights.map(|weights| connections.into_iter().zip(weights).collect()),
        settings: settings.clone(),
        prepared,
        record,
        recorded_before: there.is_some(),
    }))
}

/// A results folder that receives one trial.
struct Folder {
    path: PathBuf,
    store: Store,
    checkpoints: Checkpoints,
}

impl Folder {
    fn open(study: &Study, options: &RunOptions, path: &Path) -> Result<Folder, RunError> {
        let store = Store::open(path)?;
        if !path.join(FILE).exists() {
            write_study(study, &options.study_folder, path)?;
        }
        let checkpoints = Checkpoints::new(path, options.checkpoint_every);
        Ok(Folder { path: path.to_owned(), store, checkpoints })
    }
}

/// A record, and the trained weights if they were wanted.
type Ran = (Record, Option<Vec<LayerWeights>>);

/// Trains `trial`; returns its record, and its weights if they are wanted, or none after a stop.
fn run_one(
    trial: Trial,
    prepared: &Prepared,
    options: &RunOptions,
    weights: bool,
    mut results: Option<&mut Folder>,
    observer: &mut dyn StudyObserver,
) -> Result<Option<Ran>, RunError> {
    let trials = [trial];
    let count = options.threads.unwrap_or_else(cores);
    let pool = Pool::new(count).map_err(|source| RunError::Threads { count, source })?;
    let halt = Halt { after_trials: None, after_epochs: options.stop.as_deref().or(options.abandon.as_deref()) };
    let (mut record, mut trained) = (None, None);
    if let Some(results) = &mut results {
        results.store.prepare_to_write()?;
    }
    let mut presence = results.as_ref().and_then(|results| announced(&results.path, None, observer));
    let (mut keeper, checkpoints) = match &mut results {
        Some(Folder { store, checkpoints, .. }) => {
            (Some(Keeper::new(store, checkpoints, presence.as_mut())), Some(&*checkpoints))
        }
        None => (None, None),
    };
    run_trials(&trials, prepared, &pool, RunControl { checkpoints, halt, weights }, |progress| {
        match progress {
            Progress::Weights(weights) => return trained = Some(weights),
            Progress::Trial(ref ended, _) => record = Some(Record::clone(ended)),
            _ => {}
        }
        let _: ControlFlow<()> = match &mut keeper {
            Some(keeper) => keeper.on_progress(&trials, progress, observer),
            None => tell(&trials, progress, observer),
        };
    })?;
    if let Some(keeper) = keeper {
        keeper.failure.map_or(Ok(()), Err)?;
    }
    if let Some(results) = results {
        results.store.end_writing()?;
    }
    Ok(record.map(|record| (record, trained)))
}

/// Forwards the progress of a trial that is not recorded.
fn tell(trials: &[Trial], progress: Progress, observer: &mut dyn StudyObserver) -> ControlFlow<()> {
    match progress {
        Progress::Begun { trial, epochs } => observer.trial_begun(trial, &trials[trial], epochs),
        Progress::Epoch { trial, report } => observer.epoch_ended(trial, &trials[trial], &report),
        Progress::Warning(warning) => observer.warning(&RunWarning::Checkpoint(warning)),
        Progress::Weights(_) => {}
        Progress::Trial(ended, _) => observer.trial_ended(0, &trials[0], &ended),
    }
    ControlFlow::Continue(())
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

/// Returns what is valid but probably unintended in a trial with `settings`.
pub(super) fn settings_warnings(settings: &Settings, prepared: &Prepared) -> Vec<RunWarning> {
    let (data, devices) = (prepared.data(settings), prepared.devices_of(settings));
    let warnings = all_warnings(settings, data, &devices).into_iter().map(RunWarning::Settings);
    warnings.chain(silent_input(settings, data).map(RunWarning::SilentInput)).collect()
}
