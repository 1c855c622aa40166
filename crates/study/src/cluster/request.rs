//! What is asked of the cluster.
//!
//! Where nobody says otherwise, a task has one core, a trial runs alone in it, memory is what was measured with room to
//! spare, and the time limit is twice what the trials of the longest task are expected to take.

use crate::run::{Shard, Trial, shard};
use crate::status::{TrialTimes, left};
use crate::store::Store;

/// Shards where nobody says how many.
pub const DEFAULT_SHARDS: usize = 16;
/// Time limit of a task where no trial was measured, s.
pub const DEFAULT_SECONDS: u64 = 24 * 3600;
/// Time limit of the job that sums up and reports, s.
pub const MERGE_SECONDS: u64 = 3600;
/// Program and data set, MiB. One trial on all of Fashion-MNIST peaks at 95 MB, data set included; what is asked for is
/// some five times as much, because a task beyond its memory is killed.
const SHARED_MEBIBYTES: u64 = 256;
/// A trial at the same time as others, MiB.
const TRIAL_MEBIBYTES: u64 = 256;
/// A thousand records, which take some 20 kB of text each, read whole to be summed up, MiB.
const THOUSAND_RECORDS_MEBIBYTES: u64 = 100;
/// Nodes may be slower than the machine that measured.
const SLOWER: f64 = 2.0;
/// Start of the program, decoding the data, a slow file system: s.
const START_SECONDS: f64 = 600.0;

/// A job array and what each of its tasks may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Shards of the study.
    pub shards: usize,
    /// The shards that are submitted, from 1, rising.
    pub tasks: Vec<usize>,
    /// Tasks that may run at the same time; all where absent.
    pub at_once: Option<usize>,
    /// Cores of a task: trials that it runs at the same time.
    pub threads: usize,
    /// Time limit of a task, s.
    pub seconds: u64,
    /// Memory of a task, MiB.
    pub mebibytes: u64,
    /// Memory of the job that sums up and reports, MiB.
    pub merge_mebibytes: u64,
    /// Partition of the cluster.
    pub partition: Option<String>,
    /// Account that pays.
    pub account: Option<String>,
    /// Further options of `sbatch`, as they stand in an `#SBATCH` line.
    pub options: Vec<String>,
}

/// The shards that have trials left, from 1.
pub fn unfinished(trials: &[Trial], shards: usize, store: &Store) -> Vec<usize> {
    let has_work = |part: &usize| {
        let mine = shard(trials, Some(Shard { part: *part, of: shards }));
        !left(&mine, store).is_empty()
    };
    (1..=shards).filter(has_work).collect()
}

/// A time limit that the longest of `tasks` keeps, in whole minutes, s.
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

/// Memory of a task that runs so many trials at the same time, MiB.
pub fn mebibytes_needed(threads: usize) -> u64 {
    SHARED_MEBIBYTES + TRIAL_MEBIBYTES * threads as u64
}

/// Memory to sum up so many trials, MiB.
pub fn mebibytes_to_merge(trials: usize) -> u64 {
    SHARED_MEBIBYTES + TRIAL_MEBIBYTES + (trials as u64 * THOUSAND_RECORDS_MEBIBYTES).div_ceil(1000)
}
