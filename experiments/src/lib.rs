//! Studies: from a study file to records, statistics and figures.
//!
//! Parts, in the order in which data meets them:
//! - [`settings`]: everything that decides the outcome of a trial; [`study`]: a study file and its grid of trials;
//! - [`prepare`]: data sets and devices, read once, from [`device_file`] and [`chip_maps`]; [`trial`]: one trial, the page to read first;
//! - [`warning`]: what a study may say and hardly means;
//! - [`hardware`], [`counted`]: the seam between training and crossbar arrays, and what goes through it added up;
//! - [`health`]: whether the number of a trial says anything about its hardware;
//! - [`run`]: trials on threads and shards; [`pool`]: the threads, which help one another; [`record`], [`observation`], [`details`]: what they leave, on which [`machine`]; [`store`]: kept safe
//!   against being killed; [`checkpoint`]: how far the running ones have come;
//! - [`standing`]: trials done and left, and for how long; [`cluster`]: the same study as jobs of Slurm;
//! - [`repeats`], [`drawn`]: which trials are repeats and which are copies; [`sweep`], [`statistics`], [`stage`], [`summary`], [`tables`], [`figures`], [`sheet`]: what people look at; [`tally`], [`pace`]: while trials run;
//! - [`report`]: all of it on one page, with [`claims`] of the paper, its numbers ([`published`]); [`export`]: tables for other programs;
//! - [`sample`], [`time_span`]: cells of a device on their own, written, left for some time and read.
//!
//! The program `ohmspike` (in `main.rs` and `cli`) is the only part that prints.

pub mod bounded;
pub mod checkpoint;
pub mod chip_maps;
pub mod claims;
pub mod cluster;
pub mod conversions;
pub mod counted;
pub mod csv_cell;
pub mod details;
pub mod device_file;
pub mod drawn;
pub mod export;
pub mod figures;
pub mod hardware;
pub mod health;
pub mod legible;
pub mod machine;
pub mod measured_neurons;
pub mod observation;
pub mod pace;
pub(crate) mod pair_spread;
pub mod pool;
pub mod prepare;
pub mod presence;
pub mod published;
pub mod record;
pub mod record_check;
pub mod reference;
pub mod repeats;
pub mod report;
pub mod run;
pub mod sample;
pub mod settings;
pub mod sheet;
pub mod silent_input;
pub mod stage;
pub mod standing;
pub mod statistics;
pub mod store;
pub mod study;
pub mod success;
pub mod summary;
pub mod sweep;
pub mod tables;
pub mod tally;
pub mod tile_converters;
pub mod time_span;
pub mod trial;
pub mod warning;
