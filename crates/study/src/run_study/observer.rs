//! Follows a run: progress, records and warnings.

use std::io;
use std::path::{Path, PathBuf};

use ohmspike_datasets::{counted, write_reason};

use super::plan::Plan;
use crate::auto::Calibrated;
use crate::checkpoint::CheckpointWarning;
use crate::cluster::quote::shell;
use crate::prepare::Prepared;
use crate::presence::Shared;
use crate::record::Record;
use crate::resolved_study::EarlierStudy;
use crate::run::{EpochReport, Trial};
use crate::settings::Settings;
use crate::silent_input::SilentInput;
use crate::spike_cache::CacheNote;
use crate::store::StoreWarning;
use crate::warning::Warning;

/// How to see the results of the records that a run leaves out.
fn back_to(earlier: &EarlierStudy, folder: &Path) -> String {
    let folder = shell(&folder.to_string_lossy());
    match earlier {
        EarlierStudy::Kept(study) => format!(
            "`ohmspike report {} --out {folder}` shows the earlier ones; another folder (`--out`) or `name` keeps studies apart",
            shell(&study.to_string_lossy())
        ),
        _ => "the study of this folder was edited, or another version wrote it; undo an edit to see the earlier ones, and try other \
              settings with `--set` and `--out`"
            .to_owned(),
    }
}

/// Follows a run, on the thread that called it. Every method does nothing by default.
///
/// `number` counts the trials of this run, starting at 0, in the order of [`Plan::left`].
pub trait StudyObserver {
    /// Data and devices were read; `plan` lists the trials to run.
    fn opened(&mut self, _plan: &Plan) {}

    /// Numbers that replace `auto` in a single training; see [`train`](super::train()).
    fn calibrated(&mut self, _numbers: &[Calibrated]) {}

    /// Data and devices of a single training were read; see [`train`](super::train()).
    fn training(&mut self, _settings: &Settings, _prepared: &Prepared) {}

    /// A setting is probably unintended, or something went wrong without stopping the run.
    fn warning(&mut self, _warning: &RunWarning) {}

    /// A trial starts, after `epochs` epochs of an earlier run.
    fn trial_begun(&mut self, _number: usize, _trial: &Trial, _epochs: usize) {}

    /// A trial has finished an epoch.
    fn epoch_ended(&mut self, _number: usize, _trial: &Trial, _epoch: &EpochReport) {}

    /// A trial has ended and its record is on disk.
    fn trial_ended(&mut self, _number: usize, _trial: &Trial, _record: &Record) {}
}

/// An observer that does nothing.
impl StudyObserver for () {}

/// A warning that does not stop a run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunWarning {
    /// A line in the results folder is not a record.
    #[error(transparent)]
    Store(StoreWarning),
    /// A setting is valid but probably unintended.
    #[error(transparent)]
    Settings(Warning),
    /// Number of further warnings about settings.
    #[error("{} not shown", counted(*.0, "more warning"))]
    MoreSettings(usize),
    /// Samples without input spikes.
    #[error(transparent)]
    SilentInput(SilentInput),
    /// A file of encoded spikes that was wrong or is missing.
    #[error(transparent)]
    Encoded(CacheNote),
    /// Another process that runs the same trials.
    #[error(transparent)]
    Shared(Shared),
    /// A folder that cannot be written, so other processes cannot see this one.
    #[error("cannot write `{folder}`, so other processes cannot see this one: {}", write_reason(source))]
    Unseen {
        /// Path of the folder.
        folder: PathBuf,
        /// Cause.
        source: io::Error,
    },
    /// Records of an earlier run with other settings, which the results now leave out.
    #[error(
        "`{}` holds {} of other settings; summary and figures now show those of this run only\n\n\
         hint: {}", folder.display(), counted(*records, "record"), back_to(earlier, folder)
    )]
    OtherSettings {
        /// Path of the folder.
        folder: PathBuf,
        /// Number of records.
        records: usize,
        /// The earlier study.
        earlier: EarlierStudy,
    },
    /// A checkpoint that cannot be read or written.
    #[error(transparent)]
    Checkpoint(CheckpointWarning),
    /// A training that diverged.
    #[error("trial {id}: {reason}; it counts as failed and has no outcome")]
    Failed {
        /// ID of the trial.
        id: String,
        /// Cause.
        reason: String,
    },
}

/// An observer that calls a function for every finished trial; see [`each_trial`].
#[derive(Clone, Copy, Debug)]
pub struct EachTrial<F>(F);

/// Returns an observer that calls `call` with every finished trial and its record.
pub fn each_trial<F: FnMut(&Trial, &Record)>(call: F) -> EachTrial<F> {
    EachTrial(call)
}

impl<F: FnMut(&Trial, &Record)> StudyObserver for EachTrial<F> {
    fn trial_ended(&mut self, _number: usize, trial: &Trial, record: &Record) {
        (self.0)(trial, record);
    }
}
