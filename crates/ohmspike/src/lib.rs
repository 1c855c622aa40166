//! Ohmspike emulates memristive crossbars and the spiking networks that are trained through them.
//!
//! This crate re-exports the libraries of the workspace; [`prelude`] holds what most programs need. Data meets them in this
//! order:
//!
//! ```text
//! study file  --study-->  settings, one per trial  --datasets-->  spikes
//! device file --crossbar--> checked laws of a cell --snn--> weights on conductance pairs
//! trial: train, test, repeat  --study-->  records on the disk
//! records  --analysis-->  summaries and comparisons  --report, plot-->  figures, pages, tables
//! ```
//!
//! | module | what it is for |
//! |---|---|
//! | [`crossbar`] | devices, and arrays of conductance pairs that are written and read |
//! | [`snn`] | spiking networks, their training, and weights on arrays |
//! | [`datasets`] | built-in, published and imported data |
//! | [`study`] | studies, trials, records; [`run_study`](study::run_study()) |
//! | [`analysis`] | what records say: [`summarise`](analysis::summarise) |
//! | [`report`], [`plot`] | figures, report pages, device datasheets, exports |
//! | [`experiments`] | the replication of the noise-robustness study |
//! | [`simd`], [`rng`], [`stats`] | arithmetic, random streams and statistics that all of these share |
//!
//! The same seed gives the same bits on every machine and any number of threads.
//!
//! ```
//! use ohmspike::prelude::*;
//!
//! let text = "name = 'noise'\n[network]\nhidden = 8\n[training]\nbatch = 512\nepochs = 1\n[noise]\nlevel_percent = [0, 100]";
//! let study = Study::parse("noise.toml", text, &[])?;
//! let folder = std::env::temp_dir().join("ohmspike-doc");
//! let options = RunOptions { folder: Some(folder), ..RunOptions::default() };
//! let results = run_study(&study, &options, &mut ())?.results()?;
//! assert_eq!(summarise(&results).rows.len(), 2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The programs in `examples/` show one task each: write and read a cell, compare a noisy array with an ideal one, train
//! through a device, sweep one key, build a device in code, run a study, and resume it.

pub mod prelude;

pub use ohmspike_analysis as analysis;
pub use ohmspike_crossbar as crossbar;
pub use ohmspike_datasets as datasets;
pub use ohmspike_experiments as experiments;
pub use ohmspike_plot as plot;
pub use ohmspike_report as report;
pub use ohmspike_rng as rng;
pub use ohmspike_simd as simd;
pub use ohmspike_snn as snn;
pub use ohmspike_stats as stats;
pub use ohmspike_study as study;

/// Runs the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
