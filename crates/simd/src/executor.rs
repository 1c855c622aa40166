//! The seam between arithmetic and threads: who runs tasks that do not depend on each other.
//!
//! What a task computes must not depend on who runs it or when, so that an executor changes nothing but the time.

/// A piece of work.
pub type Task<'a> = Box<dyn FnOnce() + Send + 'a>;

/// Runs tasks, perhaps several at a time.
pub trait Executor: std::fmt::Debug + Sync {
    /// Number of tasks that can run at a time now; it may change from call to call.
    fn parallelism(&self) -> usize;

    /// Runs all `tasks`, in any order; returns once the last has ended.
    fn run(&self, tasks: Vec<Task>);
}

/// Runs one task after the other on the calling thread.
#[derive(Clone, Copy, Debug)]
pub struct Serial;

impl Executor for Serial {
    fn parallelism(&self) -> usize {
        1
    }

    fn run(&self, tasks: Vec<Task>) {
        tasks.into_iter().for_each(|task| task());
    }
}
