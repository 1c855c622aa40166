//! Runs studies: from a study file to records.
//!
//! Modules, in the order in which a study meets them. Start reading at [`trial`].
//! 1. A study file becomes a grid of settings: [`study`], [`settings`], [`study_file`]; [`mod@reference`] lists all keys.
//! 2. `auto` becomes numbers: [`auto`], [`calibration`].
//! 3. Data and devices are read once: [`prepare`], [`spike_cache`], [`device_file`], [`chip_maps`], [`mechanism`].
//! 4. Warnings name settings that are valid but probably unintended: [`warning`], [`memory`].
//! 5. A trial trains one network on its devices: [`trial`], [`hardware`], [`observation`].
//! 6. It leaves a record and its health, and files if they are wanted: [`record`], [`health`], [`details`], [`network_file`].
//! 7. Trials run on threads, shards and clusters: [`run_study`](mod@run_study), [`run`], [`pool`], [`checkpoint`], [`cluster`].
//! 8. A results folder keeps them: [`store`], [`results`], [`status`], [`eta`].
//!
//! The crate prints nothing.

// A study file, its keys and its grid of settings.
pub mod axis_value;
pub mod key_label;
pub mod reference;
pub mod settings;
pub mod study;
pub mod study_file;

// Numbers in place of `auto`.
pub mod auto;
pub mod calibration;

// Data and devices, which trials share.
pub mod chip_maps;
pub mod device_file;
mod former_names;
mod inputs;
pub mod mechanism;
pub mod prepare;
pub mod spike_cache;

// Warnings before a run, with the numbers in them.
mod few_steps;
pub mod memory;
pub mod noise_unit;
pub mod pair_spread;
pub mod silent_input;
pub mod warning;

// One trial. Start reading at `trial`.
pub mod hardware;
pub mod measured_neurons;
pub mod observation;
pub mod trial;
mod trial_record;

// What a trial leaves: its record, whether it says anything, and its network.
pub mod conductance_file;
pub mod conversions;
pub mod details;
pub mod health;
pub mod network_file;
pub mod record;
pub mod record_check;
pub mod save_path;
pub mod success;

// Many trials: threads, shards, checkpoints and a cluster.
pub mod checkpoint;
pub mod cluster;
pub mod machine;
pub mod pool;
pub mod presence;
pub mod run;
pub mod run_error;
pub mod run_study;

// A results folder, and its progress.
pub mod eta;
pub mod recorded_study;
pub mod resolved_study;
pub mod results;
pub mod status;
pub mod store;

// Files, numbers and words for all of them.
pub mod bounded;
mod bytes_words;
pub mod csv_cell;
pub mod csv_column;
pub mod legible;
pub mod sha256;
pub mod significant;
pub mod time_words;

pub use results::Results;
pub use run_error::RunError;
pub use run_study::{Finished, RunOptions, StudyObserver, run_study};

/// Runs the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
