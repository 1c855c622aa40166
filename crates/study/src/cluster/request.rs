//! The resources to request from the cluster.
//!
//! By default a task has one core and runs one trial at a time. Its memory is about five times the measured use, and its time
//! limit is twice the estimate for the longest task.

use crate::run::{Shard, Trial, shard};
use crate::status::{TrialTimes, left};
use crate::store::Store;

/// Default number of shards.
pub const DEFAULT_SHARDS: usize = 16;
/// Time limit of a task without any measured trial, s.
pub const DEFAULT_SECONDS: u64 = 24 * 3600;
/// Time limit of the final job, s.
pub const MERGE_SECONDS: u64 = 3600;
/// Memory of program and data set, MiB. One trial on all of Fashion-MNIST peaks at 95 MB with its data. The request is about five
/// times as much, because Slurm kills a task above its limit.
const SHARED_MEBIBYTES: u64 = 256;
/// Memory per concurrent trial, MiB. For large networks and data sets, the request is twice the estimate.
const TRIAL_MEBIBYTES: u64 = 256;
/// Memory per thousand records in the final job, MiB. A record is about 20 kB of text.
const THOUSAND_RECORDS_MEBIBYTES: u64 = 100;
/// Safety factor: nodes may be slower than the machine of the measurement.
const SLOWER: f64 = 2.0;
/// Time to start the program and decode the data on a slow file system, s.
const START_SECONDS: f64 = 600.0;

/// A job array and the resources of its tasks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Number of shards.
    pub shards: usize,
    /// The shards to submit, from 1, in ascending order.
    pub tasks: Vec<usize>,
    /// Limit on concurrent tasks, if any.
    pub at_once: Option<usize>,
    /// Cores per task, which is the number of trials that it runs at the same time.
    pub threads: usize,
    /// Time limit of a task, s.
    pub seconds: u64,
    /// Memory of a task, MiB.
    pub mebibytes: u64,
    /// Memory of the final job, MiB.
    pub merge_mebibytes: u64,
    /// Partition.
    pub partition: Option<String>,
    /// Slurm account to charge.
    pub account: Option<String>,
    /// Additional `#SBATCH` options.
    pub options: Vec<String>,
}

/// The shards with remaining trials, from 1.
pub fn unfinished(trials: &[Trial], shards: usize, store: &Store) -> Vec<usize> {
    let has_work = |part: &usize| {
        let mine = shard(trials, Some(Shard { part: *part, of: shards }));
        !left(&mine, store).is_empty()
    };
    (1..=shards).filter(has_work).collect()
}

/// Time limit for the longest of `tasks`, in whole minutes, s.
pub fn seconds_needed(
    trials: &[Trial],
    shards: usize,
    tasks: &[usize],
    threads: usize,
    store: &Store,
    times: &TrialTimes,
) -> u64 {
    let of_task = |part: &usize| {
        let mine = shard(trials, Some(Shard { part: *part, of: shards }));
        times.on_cores(&left(&mine, store), threads)
    };
    let longest = tasks.iter().map(of_task).fold(0.0, f64::max);
    ((SLOWER * longest + START_SECONDS) / 60.0).ceil() as u64 * 60
}

/// Memory of a task with `threads` concurrent trials that peak at an estimate of `peak` bytes, MiB.
pub fn mebibytes_needed(threads: usize, peak: u64) -> u64 {
    (SHARED_MEBIBYTES + TRIAL_MEBIBYTES * threads as u64).max(2 * peak.div_ceil(1 << 20))
}

/// Memory of the final job for `trials` trials, MiB.
pub fn mebibytes_to_merge(trials: usize) -> u64 {
    SHARED_MEBIBYTES + TRIAL_MEBIBYTES + (trials as u64 * THOUSAND_RECORDS_MEBIBYTES).div_ceil(1000)
}
