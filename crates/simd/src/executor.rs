//! The interface between arithmetic and threads: runs independent tasks.
//!
//! The result of a task must not depend on the thread or time of its execution, so that executors differ in speed only.

/// A unit of work.
pub type Task<'a> = Box<dyn FnOnce() + Send + 'a>;

/// Runs tasks, possibly in parallel.
pub trait Executor: std::fmt::Debug + Sync {
    /// Returns the number of tasks that can run at once now; it may change between calls.
    fn parallelism(&self) -> usize;

    /// Runs all `tasks` in any order and returns after the last one ends.
    fn run(&self, tasks: Vec<Task>);
}

/// Runs tasks sequentially on the calling thread.
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
