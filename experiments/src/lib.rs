//! Replication of the noise-robustness study of Kilgore et al., Sci Rep 15, 24798 (2025).
//!
//! - [`presets`]: the published settings; [`published`]: the published values; [`claims`]: the published claims, tested on records;
//! - [`sections`]: values and claims as sections of a report; [`replication`]: the interface to the report.
//!
//! Studies are in `experiments/studies`, their results in `experiments/findings`.

pub mod claims;
pub mod presets;
pub mod published;
pub mod replication;
pub mod sections;

/// Runs the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
