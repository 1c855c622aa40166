//! Who does pieces of work that do not wait for each other: the seam between arithmetic and threads.
//!
//! What a piece computes must not depend on who does it or when, so that a crew changes nothing but the time.

/// A piece of work.
pub type Job<'a> = Box<dyn FnOnce() + Send + 'a>;

/// Does jobs, perhaps several at a time.
pub trait Crew: std::fmt::Debug + Sync {
    /// How many jobs can be done at a time, now; it may be another number in a moment.
    fn hands(&self) -> usize;

    /// Does all `jobs`, in any order; returns once the last is done.
    fn run(&self, jobs: Vec<Job>);
}

/// One job after the other, on the thread that asks.
#[derive(Clone, Copy, Debug)]
pub struct Alone;

impl Crew for Alone {
    fn hands(&self) -> usize {
        1
    }

    fn run(&self, jobs: Vec<Job>) {
        jobs.into_iter().for_each(|job| job());
    }
}
