//! Studies: from a study file to records.
//!
//! Parts, in the order in which data meets them:
//! - [`settings`]: everything that decides the outcome of a trial; [`study`]: a study file and its grid of trials;
//! - [`prepare`]: data sets and devices, read once, from [`device_file`] and [`chip_maps`]; [`trial`]: one trial, the page to read first;
//! - [`warning`]: settings that are valid but probably unintended;
//! - [`hardware`]: the weights of a trial in the device that its settings name;
//! - [`health`]: whether the number of a trial says anything about its hardware;
//! - [`run_study`](mod@run_study): all of it in one call; [`results`]: a results folder, read;
//! - [`run`]: trials on threads and shards; [`pool`]: the threads, which help one another; [`record`], [`observation`], [`details`]: what they leave, on which [`machine`]; [`store`]: kept safe
//!   against being killed; [`checkpoint`]: how far the running ones have come;
//! - [`reference`]: study keys, device keys and record fields with units and meanings, from the types;
//! - [`status`], [`eta`]: trials done and left, and for how long; [`cluster`]: the same study as jobs of Slurm.
//!
//! It prints nothing.

pub mod axis_value;
pub mod bounded;
pub mod checkpoint;
pub mod chip_maps;
pub mod cluster;
pub mod conversions;
pub mod csv_cell;
pub mod csv_column;
pub mod details;
pub mod device_file;
pub mod eta;
pub mod hardware;
pub mod health;
pub mod key_label;
pub mod legible;
pub mod machine;
pub mod measured_neurons;
pub mod observation;
pub mod pair_spread;
pub mod pool;
pub mod prepare;
pub mod presence;
pub mod record;
pub mod record_check;
pub mod reference;
pub mod resolved_study;
pub mod results;
pub mod run;
pub mod run_error;
pub mod run_study;
pub mod settings;
mod sha256;
pub mod significant;
pub mod silent_input;
pub mod status;
pub mod store;
pub mod study;
pub mod study_file;
pub mod success;
pub mod trial;
mod trial_record;
pub mod warning;

pub use results::Results;
pub use run_error::RunError;
pub use run_study::{Finished, Observer, RunOptions, run_study};

/// Runs the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
