//! Who watches a run: progress, records and warnings as they come.

use std::io;
use std::path::PathBuf;

use super::plan::Plan;
use crate::checkpoint::CheckpointWarning;
use crate::prepare::Prepared;
use crate::presence::Shared;
use crate::record::Record;
use crate::run::{EpochReport, Trial};
use crate::settings::Settings;
use crate::silent_input::SilentInput;
use crate::store::StoreWarning;
use crate::warning::Warning;

/// Hears of a run as it happens, on the thread that called it. Every method does nothing by default.
///
/// `number` counts the trials of this run, from 0, in the order of [`Plan::left`].
pub trait Observer {
    /// Data and devices are read; the plan says what will run.
    fn opened(&mut self, _plan: &Plan) {}

    /// Data and devices of a single training are read; see [`train`](super::train()).
    fn training(&mut self, _settings: &Settings, _prepared: &Prepared) {}

    /// Something is valid but probably unintended, or went wrong without stopping the run.
    fn warning(&mut self, _warning: &RunWarning) {}

    /// A trial begins. `epochs` of it were done by an earlier run.
    fn trial_begun(&mut self, _number: usize, _trial: &Trial, _epochs: usize) {}

    /// A trial has finished an epoch.
    fn epoch_ended(&mut self, _number: usize, _trial: &Trial, _epoch: &EpochReport) {}

    /// A trial has ended and its record is on the disk.
    fn trial_ended(&mut self, _number: usize, _trial: &Trial, _record: &Record) {}
}

/// Watches nothing.
impl Observer for () {}

/// Something that a run tells without stopping.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunWarning {
    /// A line in the results folder is not a record.
    #[error(transparent)]
    Store(StoreWarning),
    /// A setting is valid but probably unintended.
    #[error(transparent)]
    Settings(Warning),
    /// So many further warnings about settings.
    #[error("and {0} more, which are not shown")]
    MoreSettings(usize),
    /// Samples that never spike.
    #[error(transparent)]
    SilentInput(SilentInput),
    /// Another process runs the same trials.
    #[error(transparent)]
    Shared(Shared),
    /// Other processes can't see this one.
    #[error("{folder}: cannot be written, so that other processes do not see this one: {source}")]
    Unseen {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A checkpoint can't be read or written.
    #[error(transparent)]
    Checkpoint(CheckpointWarning),
    /// Training diverged.
    #[error("trial {id}: {reason}; it counts as failed, not as an outcome")]
    Failed {
        /// Name of the trial.
        id: String,
        /// Why.
        reason: String,
    },
}

/// Calls a function for every trial that ends; see [`each_trial`].
#[derive(Clone, Copy, Debug)]
pub struct EachTrial<F>(F);

/// An observer that calls `call` with every trial and its record.
pub fn each_trial<F: FnMut(&Trial, &Record)>(call: F) -> EachTrial<F> {
    EachTrial(call)
}

impl<F: FnMut(&Trial, &Record)> Observer for EachTrial<F> {
    fn trial_ended(&mut self, _number: usize, trial: &Trial, record: &Record) {
        (self.0)(trial, record);
    }
}
