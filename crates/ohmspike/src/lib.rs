//! Emulates memristive crossbars and trains spiking networks on them.
//!
//! This crate re-exports the libraries of the workspace; [`prelude`] covers most programs. The data flow:
//!
//! ```text
//! study file  --study-->  settings, one per trial  --datasets-->  spikes
//! device file --crossbar--> checked laws of a cell --snn--> weights on conductance pairs
//! trial: train, test, repeat  --study-->  records on disk
//! records  --analysis-->  summaries and comparisons  --report, plot-->  figures, pages, tables
//! ```
//!
//! | module | purpose |
//! |---|---|
//! | [`crossbar`] | devices, and arrays of conductance pairs to write and read |
//! | [`fit`] | device files from measured tables: [`fit::fit`](fit::fit()) |
//! | [`snn`] | spiking networks, their training, and weights on arrays |
//! | [`datasets`] | built-in, published and imported data |
//! | [`nir`] | networks as NIR files, for other simulators and chips |
//! | [`study`] | studies, trials, records; [`run_study`](study::run_study()) |
//! | [`analysis`] | statistics of records: [`summarise`](analysis::summarise) |
//! | [`answers`] | limits, ablation and deployment |
//! | [`report`], [`plot`] | figures, report pages, device datasheets, exports |
//! | [`experiments`] | reproduction of the noise-robustness paper |
//! | [`simd`], [`rng`], [`stats`] | shared arithmetic, random streams and statistics |
//!
//! The same seed gives bit-identical results on every machine and with any number of threads.
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
//! Each program in `examples/` shows one task: write and read a cell, compare a noisy array with an ideal one, train
//! through a device, sweep a key, find a limit, ablate a device, deploy a network, define a device in code, run a study, and
//! resume it.

pub mod prelude;

pub use ohmspike_analysis as analysis;
pub use ohmspike_answers as answers;
pub use ohmspike_crossbar as crossbar;
pub use ohmspike_datasets as datasets;
pub use ohmspike_experiments as experiments;
pub use ohmspike_fit as fit;
pub use ohmspike_nir as nir;
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
