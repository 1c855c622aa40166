//! The replication of the noise-robustness study, Kilgore et al., Sci Rep 15, 24798 (2025).
//!
//! - [`presets`]: its choices by name; [`published`]: what the paper reports; [`claims`]: what it claims, tested against the records of a study;
//! - [`sections`]: both as sections of a report; [`replication`]: how a report asks for them.
//!
//! The studies stand in `experiments/studies`, what they found in `experiments/findings`.

pub mod claims;
pub mod presets;
pub mod published;
pub mod replication;
pub mod sections;

/// Runs the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
