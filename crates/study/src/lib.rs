//! Runs studies: from a study file to records.
//!
//! The modules, in the order of the data flow:
//! - [`trial`]: one trial. Start reading here.
//! - [`settings`]: everything that decides the outcome of a trial; [`study`]: a study file and its grid of trials.
//! - [`prepare`]: reads data sets and devices once, with [`spike_cache`], [`device_file`] and [`chip_maps`].
//! - [`mechanism`]: the non-idealities of a device that can be disabled.
//! - [`warning`]: settings that are valid but probably unintended.
//! - [`hardware`]: the weights of a trial on its devices.
//! - [`health`]: whether the outcome of a trial says anything about its hardware.
//! - [`run_study`](mod@run_study): all of it in one call; [`results`]: reads a results folder.
//! - [`run`]: runs trials on threads and shards; [`pool`]: the threads, which share their work.
//! - [`record`], [`observation`], [`details`]: the results of a trial; [`machine`]: the machine it ran on.
//! - [`store`]: saves records safely; [`checkpoint`]: resumes killed trials.
//! - [`mod@reference`]: study keys, device keys and record fields with units and meanings, from the types;
//! - [`status`], [`eta`]: finished and remaining trials and time; [`cluster`]: Slurm jobs.
//!
//! The crate prints nothing.

pub mod auto;
pub mod axis_value;
pub mod bounded;
mod bytes_words;
pub mod calibration;
pub mod checkpoint;
pub mod chip_maps;
pub mod cluster;
pub mod conductance_file;
pub mod conversions;
pub mod csv_cell;
pub mod csv_column;
pub mod details;
pub mod device_file;
pub mod eta;
mod few_steps;
mod former_names;
pub mod hardware;
pub mod health;
mod input_copies;
pub mod key_label;
pub mod legible;
pub mod machine;
pub mod measured_neurons;
pub mod mechanism;
pub mod memory;
pub mod network_file;
pub mod noise_unit;
pub mod observation;
pub mod pair_spread;
pub mod pool;
pub mod prepare;
pub mod presence;
pub mod record;
pub mod record_check;
pub mod recorded_study;
pub mod reference;
pub mod resolved_study;
pub mod results;
pub mod run;
pub mod run_error;
pub mod run_study;
pub mod save_path;
pub mod settings;
pub mod sha256;
pub mod significant;
pub mod silent_input;
pub mod spike_cache;
pub mod status;
pub mod store;
pub mod study;
pub mod study_file;
pub mod success;
pub mod time_words;
pub mod trial;
mod trial_record;
pub mod warning;

pub use results::Results;
pub use run_error::RunError;
pub use run_study::{Finished, RunOptions, StudyObserver, run_study};

/// Runs the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
