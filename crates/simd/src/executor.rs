//! Who does pieces of work that do not wait for each other: the seam between arithmetic and threads.
//!
//! What a piece computes must not depend on who does it or when, so that a executor changes nothing but the time.

/// A piece of work.
pub type Task<'a> = Box<dyn FnOnce() + Send + 'a>;

/// Does tasks, perhaps several at a time.
pub trait Executor: std::fmt::Debug + Sync {
    /// How many tasks can be done at a time, now; it may be another number in a moment.
    fn parallelism(&self) -> usize;

    /// Does all `tasks`, in any order; returns once the last is done.
    fn run(&self, tasks: Vec<Task>);
}

/// One task after the other, on the thread that asks.
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
