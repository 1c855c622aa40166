//! Runs the remaining trials of a plan and saves their results.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use super::finished::Finished;
use super::observer::{RunWarning, StudyObserver};
use super::plan::Plan;
use crate::checkpoint::Checkpoints;
use crate::details::Details;
use crate::machine::cores;
use crate::pool::Pool;
use crate::prepare::Prepared;
use crate::presence::Presence;
use crate::record::Record;
use crate::resolved_study::{EarlierStudy, write_study};
use crate::run::{Halt, Progress, RunControl, Shard, Trial, run_trials, shard};
use crate::run_error::RunError;
use crate::silent_input::{SilentInput, silent_input};
use crate::store::{Store, StoreError};
use crate::study::Study;
use crate::warning::distinct_warnings;

/// Largest number of warnings about settings that a run reports; an axis may have 100,000 values.
const MAX_WARNINGS: usize = 200;

impl Plan {
    /// Runs the remaining trials.
    ///
    /// # Errors
    /// Returns a [`RunError`] if a trial cannot start or a record cannot be saved. In the latter case, running trials
    /// are abandoned after their current epoch.
    pub fn run(mut self, observer: &mut dyn StudyObserver) -> Result<Finished, RunError> {
        self.record_warnings().into_iter().for_each(|warning| observer.warning(&RunWarning::Store(warning)));
        observer.opened(&self);
        self.warnings().iter().for_each(|warning| observer.warning(warning));
        self.write_calibrations()?;
        let earlier = write_study(&self.study, &self.options.study_folder, &self.folder)?;
        let own = self.trials.iter().filter(|trial| self.store.has_record(trial)).count();
        let of_others = self.store.len().saturating_sub(own);
        if of_others > 0 && earlier != EarlierStudy::Same {
            let folder = self.folder.clone();
            observer.warning(&RunWarning::OtherSettings { folder, records: of_others, earlier });
        }
        if !self.left.is_empty() {
            self.run_left(observer)?;
        }
        self.store.end_writing()?;
        let mine = shard(&self.trials, self.options.shard);
        let done = mine.iter().filter(|trial| self.store.has_record(trial)).count();
        Ok(Finished {
            left: mine.len() - done,
            done,
            shard: self.options.shard,
            stopped: self.options.is_stopped(),
            study: self.study,
            folder: self.folder,
            prepared: self.prepared,
            trials: self.trials,
            store: self.store,
        })
    }

    /// Returns warnings about settings that are valid but probably unintended.
    pub fn warnings(&self) -> Vec<RunWarning> {
        let distinct = distinct_warnings(&self.study, &self.prepared, MAX_WARNINGS);
        let mut all: Vec<RunWarning> = self.prepared.notes().iter().cloned().map(RunWarning::Encoded).collect();
        all.extend(distinct.shown.into_iter().map(RunWarning::Settings));
        all.extend((distinct.more > 0).then_some(RunWarning::MoreSettings(distinct.more)));
        all.extend(silent_inputs(&self.study, &self.prepared).into_iter().map(RunWarning::SilentInput));
        all
    }

    fn run_left(&mut self, observer: &mut dyn StudyObserver) -> Result<(), RunError> {
        self.store.prepare_to_write()?;
        let mut presence = announced(&self.folder, self.options.shard, observer);
        let checkpoints = self.checkpoints();
        // More threads than trials and cores would be idle.
        let count = self.threads.min(self.left.len().max(cores()));
        let pool = Pool::new(count).map_err(|source| RunError::Threads { count, source })?;
        let unsaved = AtomicBool::new(false);
        let abandon = self.options.abandon.as_deref().unwrap_or(&unsaved);
        let halt = Halt { after_trials: self.options.stop.as_deref(), after_epochs: Some(abandon) };
        let control = RunControl { checkpoints: Some(&checkpoints), halt, weights: false };
        let mut keeper = Keeper::new(&mut self.store, &checkpoints, presence.as_mut());
        let left = &self.left;
        let ran = run_trials(left, &self.prepared, &pool, control, |progress| {
            if keeper.on_progress(left, progress, observer).is_break() {
                // Running trials could not be saved either.
                abandon.store(true, Ordering::Relaxed);
            }
        });
        keeper.failure.map_or(Ok(()), Err)?;
        Ok(ran?)
    }

    /// Returns the checkpoints of the folder, after removing those of finished trials.
    fn checkpoints(&self) -> Checkpoints {
        let checkpoints = Checkpoints::new(&self.folder, self.options.checkpoint_every);
        let done: BTreeSet<&str> =
            self.trials.iter().filter(|trial| self.store.holds(trial)).map(|trial| &*trial.id).collect();
        checkpoints.remove_all(|id| done.contains(id));
        checkpoints
    }
}

/// Announces this process to others in `folder` and removes the leftovers of killed ones.
pub(super) fn announced(folder: &Path, shard: Option<Shard>, observer: &mut dyn StudyObserver) -> Option<Presence> {
    match Presence::announce(folder, shard) {
        Ok(mut presence) => {
            presence.remove_leftovers();
            report_newcomers(&mut presence, observer);
            Some(presence)
        }
        Err(source) => {
            observer.warning(&RunWarning::Unseen { folder: folder.join("running"), source });
            None
        }
    }
}

/// Saves the results of trials and forwards their progress.
pub(super) struct Keeper<'a> {
    store: &'a mut Store,
    checkpoints: &'a Checkpoints,
    presence: Option<&'a mut Presence>,
    /// Why a result could not be saved.
    pub failure: Option<StoreError>,
}

impl<'a> Keeper<'a> {
    pub fn new(store: &'a mut Store, checkpoints: &'a Checkpoints, presence: Option<&'a mut Presence>) -> Keeper<'a> {
        Keeper { store, checkpoints, presence, failure: None }
    }

    /// Breaks if a result cannot be saved.
    pub fn on_progress(
        &mut self,
        left: &[Trial],
        progress: Progress,
        observer: &mut dyn StudyObserver,
    ) -> ControlFlow<()> {
        match progress {
            Progress::Begun { trial, epochs } => observer.trial_begun(trial, &left[trial], epochs),
            Progress::Epoch { trial, report } => observer.epoch_ended(trial, &left[trial], &report),
            Progress::Warning(warning) => observer.warning(&RunWarning::Checkpoint(warning)),
            Progress::Weights(_) => {}
            Progress::Trial(record, details) => {
                if self.failure.is_some() {
                    return ControlFlow::Break(());
                }
                let number = left.iter().position(|trial| trial.id == record.id).unwrap_or(left.len());
                if let Err(error) = self.keep(&record, details.as_deref()) {
                    self.failure = Some(error);
                    return ControlFlow::Break(());
                }
                if let Some(trial) = left.get(number) {
                    observer.trial_ended(number, trial, &record);
                }
                if let Some(presence) = &mut self.presence {
                    report_newcomers(presence, observer);
                }
                if let Some(reason) = record.failure {
                    observer.warning(&RunWarning::Failed { id: record.id, reason });
                }
            }
        }
        ControlFlow::Continue(())
    }

    fn keep(&mut self, record: &Record, details: Option<&Details>) -> Result<(), StoreError> {
        self.store.check(record)?;
        if let Some(details) = details {
            self.store.keep_details(details)?;
        }
        self.store.append(record.clone())?;
        self.checkpoints.remove(&record.id);
        Ok(())
    }
}

fn report_newcomers(presence: &mut Presence, observer: &mut dyn StudyObserver) {
    presence.newcomers().into_iter().for_each(|shared| observer.warning(&RunWarning::Shared(shared)));
}

/// Silent samples in the data of all conditions, each once.
fn silent_inputs(study: &Study, prepared: &Prepared) -> Vec<SilentInput> {
    let (mut distinct, mut seen) = (Vec::new(), Vec::new());
    for settings in study.conditions.iter().map(|condition| &*condition.settings) {
        let data = prepared.data(settings);
        // Thousands of conditions can share the same millions of spikes.
        if !seen.iter().any(|other| std::ptr::eq(*other, data)) {
            seen.push(data);
            distinct.extend(silent_input(settings, data).filter(|found| !distinct.contains(found)));
        }
    }
    distinct
}
