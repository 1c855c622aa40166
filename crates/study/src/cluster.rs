//! Studies on a cluster with Slurm: a job array whose tasks are the shards, and a job after it that sums up and reports.
//!
//! - [`request`]: what is asked of the cluster, and what is asked where nobody says otherwise;
//! - [`script`]: the two batch scripts as text, with [`quote`];
//! - [`slurm`]: `sbatch`, `squeue` and `sacct`, whose [`answer`] is bounded in time and size; [`task`]: what they say of a task;
//! - [`jobs`]: which jobs were submitted, kept beside the scripts.
//!
//! A task that is killed leaves nothing to repair: it is a shard of [`run`](crate::run), which runs what has no record.

pub mod answer;
pub mod jobs;
pub mod quote;
pub mod request;
pub mod script;
pub mod slurm;
pub mod task;
