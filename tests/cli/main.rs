//! The program `ohmspike`: its output, its files and its exit status.
//!
//! - `*.trycmd`: transcripts of help and of every error message. `TRYCMD=overwrite` rewrites them; review each difference.
//! - [`results`]: the files of a run, and that threads, shards, limits and restarts do not change them.
//! - [`instructions`]: that vector instructions do not change them.
//! - [`stopped`]: Ctrl-C, a kill and a full disk in the middle of a run.
//! - [`library`]: the same runs as library calls.
//! - [`killed`]: a run that is killed repeatedly.
//! - [`records`], [`odd_files`]: damaged and foreign files in a results folder.
//! - [`shared`]: results folders that other processes change during a run.
//! - [`printing`]: closed pipes, and control characters in names.
//! - [`cluster`]: jobs and their states, with stand-ins for the programs of Slurm.
//! - [`reference`]: keys, completions, man pages, and the reference pages of the documentation.
//! - [`report`]: a study as a page, and its records as tables. [`findings`]: the pages of the repository.
//! - [`folders`]: results folders in place of study files, also without the data sets.
//! - [`health`]: silent and clipped networks, with the cause.
//! - [`import`]: imported data, and training on it.
//! - [`limit`]: limits of non-idealities.
//! - [`tested`]: test samples, and several events per step.
//! - [`ablate`]: the cost of each mechanism of a device.
//! - [`array`]: currents of arrays with wires.
//! - [`encoded`]: files of encoded spikes. [`memory`]: the memory that a dry run states.
//! - [`deploy`]: stored networks on many chips.
//! - [`device_fit`]: devices fitted to measurements; [`device_new`], [`device_compare`]: new, checked and compared devices.
//! - [`nir`]: networks as NIR files.
//! - [`train`], [`device`], [`data`]: the other subcommands.
//!
//! Every run has its own working folder, home and cache.

mod ablate;
mod array;
#[cfg(unix)]
mod cluster;
mod data;
mod deploy;
mod deploy_diagonal;
mod deploy_header;
mod device;
mod device_compare;
mod device_fit;
mod device_new;
mod encoded;
mod findings;
mod folders;
mod health;
mod import;
mod instructions;
mod kept;
#[cfg(unix)]
mod killed;
mod library;
mod limit;
#[cfg(target_os = "linux")]
mod memory;
mod nir;
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

/// Runs all transcripts, in the folder `NAME.in` if there is one. No command in them writes a file.
#[test]
fn transcripts() {
    trycmd::TestCases::new()
        .register_bin("ohmspike", std::path::Path::new(env!("CARGO_BIN_EXE_ohmspike")))
        .env("COLUMNS", "100")
        .case("../../tests/cli/*.trycmd");
}
