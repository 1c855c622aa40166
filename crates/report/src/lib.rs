//! What people look at: figures, report pages, device datasheets and exports.
//!
//! - [`figures`]: figures of a study, each with its numbers as CSV; [`page`]: all of a study on one page of HTML;
//! - [`datasheet`]: a device on a page; [`device_sample`]: cells of a device on their own, written and read;
//! - [`replication`]: what a published study adds to both;
//! - [`files`]: all of it in a results folder;
//! - [`export`]: tables for other programs.

pub mod datasheet;
pub mod device_sample;
pub mod export;
pub mod figures;
pub mod files;
pub mod page;
pub mod replication;

/// Runs the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
