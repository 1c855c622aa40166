//! Creates figures, report pages, device datasheets and exports.
//!
//! - [`figures`]: figures of a study with their numbers as CSV; [`page`]: a study as one HTML page;
//! - [`datasheet`]: datasheets of devices; [`device_sample`]: writes and reads of single cells; [`device_skeleton`]: a device file
//!   to start from; [`device_fit`]: a fitted device as text, figure and page;
//! - [`answers`]: limits, ablations and deployments as files and pages;
//! - [`replication`]: additions for studies that replicate a paper;
//! - [`files`]: writes all of it into a results folder;
//! - [`export`]: tables for other programs.

pub mod answers;
pub mod datasheet;
pub mod device_fit;
pub mod device_sample;
pub mod device_skeleton;
pub mod export;
pub mod figures;
pub mod files;
pub mod page;
pub mod rendered_answer;
pub mod replication;

/// Runs the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
