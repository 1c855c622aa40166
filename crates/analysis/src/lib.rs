//! Evaluates the records of a study.
//!
//! - [`recorded`]: a study with its records; [`repeats`], [`drawn`]: which trials are repeats and which are copies;
//! - [`judged`], [`point_health`], [`health_tally`]: health over the seeds of a condition;
//! - [`summary`], [`running_means`], [`sweep`], [`stage`], [`tables`]: results as tables and curves; [`baseline`]:
//!   another study for comparison;
//! - [`repeat_warnings`]: seeds that change nothing;
//! - [`limit`]: the harshest level of a key that a network tolerates; [`ablation`]: the cost of each mechanism.

pub mod ablation;
pub mod baseline;
pub mod drawn;
#[cfg(any(test, feature = "fixture"))]
pub mod fixture;
pub mod health_tally;
pub mod judged;
pub mod limit;
pub mod point_health;
pub mod recorded;
pub mod repeat_warnings;
pub mod repeats;
pub mod running_means;
pub mod stage;
pub mod summary;
pub mod sweep;
pub mod tables;

pub use summary::{Summary, summarise};

/// Runs the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
