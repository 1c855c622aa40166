//! The program `ohmspike`: its output, its files and its exit status.
//!
//! - `*.trycmd`: transcripts, word for word: help, and every wrong input with its message. `TRYCMD=overwrite` rewrites
//!   them; the difference is reviewed.
//! - [`results`]: what a run leaves, and that threads, shards, limits and restarts change none of it.
//! - [`instructions`]: that the vector instructions of a run change none of it either.
//! - [`stopped`]: Ctrl-C, a kill and a full disk in the middle of a run.
//! - [`library`]: the same runs as library calls.
//! - [`killed`]: a run that is killed again and again.
//! - [`records`]: what else may stand in a folder of records.
//! - [`odd_files`], [`shared`]: files that nobody meant there, and folders that others change meanwhile.
//! - [`printing`]: readers that leave, and texts that would steer a terminal.
//! - [`cluster`]: jobs and their state, with programs of a cluster that answer as told.
//! - [`reference`]: keys, completions, man pages, and the reference pages of the documentation.
//! - [`report`]: a study as a page, and its records as tables.
//! - [`folders`]: results folders that describe themselves, also where the data are gone.
//! - [`health`]: networks that say nothing about the hardware, with the cause.
//! - [`import`]: data of one's own, and training on it.
//! - [`tested`]: every test sample, and several events in one step.
//! - [`train`], [`device`], [`data`]: the other subcommands.
//!
//! Every run has a working folder, a home and a cache folder of its own.

#[cfg(unix)]
mod cluster;
mod data;
mod device;
mod folders;
mod health;
mod import;
mod instructions;
#[cfg(unix)]
mod killed;
mod library;
#[cfg(unix)]
mod odd_files;
mod ohmspike;
mod printing;
mod records;
mod reference;
mod report;
mod results;
#[cfg(unix)]
mod shared;
#[cfg(unix)]
mod stopped;
mod tested;
mod train;

/// Every transcript. Those with a folder `NAME.in` run in it; all of them end before anything is written.
#[test]
fn transcripts() {
    trycmd::TestCases::new()
        .register_bin("ohmspike", std::path::Path::new(env!("CARGO_BIN_EXE_ohmspike")))
        .env("COLUMNS", "100")
        .case("../../tests/cli/*.trycmd");
}
