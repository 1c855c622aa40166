//! Runs studies on a cluster with Slurm: each task of a job array runs one shard, and a final job writes summary and report.
//!
//! - [`request`]: the resources to request, with defaults;
//! - [`script`]: the two batch scripts, with [`quote`];
//! - [`slurm`]: calls of `sbatch`, `squeue` and `sacct`; [`subprocess`]: other programs, limited in time and size; [`task`]: states of tasks;
//! - [`jobs`]: the submitted jobs, saved next to the scripts.
//!
//! A killed task needs no repair. It is a shard of [`run`](crate::run), which runs the trials without a record.

pub mod jobs;
pub mod quote;
pub mod request;
pub mod script;
pub mod slurm;
pub mod subprocess;
pub mod task;
