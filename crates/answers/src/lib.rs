//! Answers about a study that need trials of their own.
//!
//! The trials are ordinary ones: named by hash, recorded in a results folder, resumed from checkpoints. An answer is a
//! pure function of their records, so a repeat runs nothing. [`Runner`] runs them in batches. A deployment ([`deploy`])
//! trains nothing: its results are chips instead of trials.
//!
//! The crate prints nothing.

pub mod ablate;
pub mod answers_folder;
pub mod deploy;
pub mod limit;
pub mod mechanisms;
pub mod numbered;

pub use ohmspike_study::run_study::{Job, Ran, Runner};
