//! The options of every command that runs trials: how many at a time, which ones, and how.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use ohmspike_study::run::{MAX_THREADS, Shard};
use ohmspike_study::run_study::RunOptions;
use ohmspike_study::study_file::StudyFile;

use super::instructions::InstructionArguments;

/// How trials run.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Trials")]
pub struct TrialArguments {
    /// Concurrent trials [default: one per core].
    ///
    /// Idle threads help with the running trials. The number of threads does not change results.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=MAX_THREADS))]
    threads: Option<u16>,
    /// Run at most N trials, then stop.
    #[arg(long, value_name = "N")]
    pub max_trials: Option<usize>,
    /// Run part I of N of the trials, from 1.
    ///
    /// Start N processes with the same command and folder. After the parts of `run`, run once without --shard, which writes
    /// summary and figures. The parts of `limit` and `ablate` wait for each other, and each prints the answer.
    #[arg(long, value_name = "I/N")]
    pub shard: Option<Shard>,
    /// Minimum seconds between checkpoints.
    #[arg(long, value_name = "N", default_value_t = 10)]
    checkpoint_seconds: u64,
    #[command(flatten)]
    pub instructions: InstructionArguments,
    /// Show what would run, and run nothing.
    #[arg(long)]
    pub dry_run: bool,
}

impl TrialArguments {
    /// The options of the trials of `file`, with results in `folder`. `stop` ends the run after the running trials.
    pub fn options(&self, file: &StudyFile, folder: PathBuf, stop: &Arc<AtomicBool>) -> RunOptions {
        RunOptions {
            folder: Some(folder),
            study_folder: file.folder.clone(),
            threads: self.threads.map(usize::from),
            shard: self.shard,
            max_trials: self.max_trials,
            checkpoint_every: Duration::from_secs(self.checkpoint_seconds),
            stop: Some(Arc::clone(stop)),
            abandon: None,
        }
    }
}
