//! Runs a study with one call: [`run_study`].
//!
//! ```text
//! Study + RunOptions -> Plan -> trials on threads -> records on disk -> Finished -> Results
//! ```
//!
//! 1. [`Plan::new`] reads data sets and devices, and compares the trials of the study with the records of the results
//!    folder.
//! 2. [`Plan::run`] runs the remaining trials, each from its checkpoint. Each record is on disk before the next one is
//!    taken.
//! 3. [`Finished::results`] rereads the records, including those of other processes.
//!
//! An [`StudyObserver`] follows the run. Options, observers, threads, shards, stops and resumes do not change results.

mod claims;
mod execute;
mod finished;
mod observer;
mod options;
mod plan;
mod runner;
mod train;

use crate::run_error::RunError;
use crate::study::Study;

pub use finished::Finished;
pub use observer::{EachTrial, RunWarning, StudyObserver, each_trial};
pub use options::RunOptions;
pub use plan::{Earlier, Plan};
pub use runner::{Job, Ran, Runner};
pub use train::{Keep, Trained, calibrated_study, only_condition, train, train_and_keep};

/// Runs every trial of `study` that has no record in the results folder.
///
/// You can stop it or kill the process at any time and call it again: it resumes.
///
/// ```
/// use ohmspike_study::run_study::{RunOptions, each_trial, run_study};
/// use ohmspike_study::study::Study;
///
/// let text = "name = 'noise'\n[network]\nhidden = 8\n[training]\nbatch = 512\nepochs = 1\n[noise]\nlevel_percent = [0, 50]";
/// let study = Study::parse("noise.toml", text, &[])?;
/// let folder = tempfile::tempdir()?;
/// let options = RunOptions { folder: Some(folder.path().into()), ..RunOptions::default() };
/// let mut seen = 0;
/// let finished = run_study(&study, &options, &mut each_trial(|_, _| seen += 1))?;
/// assert_eq!((finished.done, finished.left), (2, 0));
/// let results = finished.results()?;
/// assert!(results.records().all(|(_, record)| record.outcome.is_some()));
/// assert_eq!(seen, 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Returns a [`RunError`] if data or devices are invalid, or if records cannot be read or written.
pub fn run_study(study: &Study, options: &RunOptions, observer: &mut dyn StudyObserver) -> Result<Finished, RunError> {
    Plan::new(study, options)?.run(observer)
}
