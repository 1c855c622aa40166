//! The threads of a process, as the crew of every trial on it.
//!
//! Trials go to threads first, since they share nothing. A thread that has no trial helps with the batches of those that
//! run: the last trials of a study, or a single one, are computed by all threads. Parts are added in their order whoever
//! computes them, so that this changes the time and nothing else.

use std::sync::atomic::{AtomicUsize, Ordering};

use lanes::{Alone, Crew, Job};
use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};

/// A number of threads.
#[derive(Debug)]
pub struct Pool {
    threads: ThreadPool,
    /// Threads that have work of their own.
    busy: AtomicUsize,
}

impl Pool {
    /// `threads` threads, at least one.
    ///
    /// # Errors
    /// [`ThreadPoolBuildError`] where the system gives no such number of threads.
    pub fn new(threads: usize) -> Result<Pool, ThreadPoolBuildError> {
        let threads = ThreadPoolBuilder::new().num_threads(threads.max(1)).build()?;
        Ok(Pool { threads, busy: AtomicUsize::new(0) })
    }

    /// Calls `work` once on every thread of the pool, all at a time; returns when the last call does.
    ///
    /// Work that is not cut into jobs belongs here and not into a job: a thread that waits for a job of its own does
    /// others meanwhile, and must not be caught in a whole trial.
    pub fn each(&self, work: impl Fn() + Sync) {
        self.threads.broadcast(|_| self.keep_busy(&work));
    }

    /// Calls `work` on a thread of the pool, which the others help.
    pub fn on_one<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        self.threads.install(|| self.keep_busy(work))
    }

    fn keep_busy<T>(&self, work: impl FnOnce() -> T) -> T {
        self.busy.fetch_add(1, Ordering::Relaxed);
        let done = work();
        self.busy.fetch_sub(1, Ordering::Relaxed);
        done
    }
}

impl Crew for Pool {
    fn hands(&self) -> usize {
        let idle = self.threads.current_num_threads().saturating_sub(self.busy.load(Ordering::Relaxed));
        1 + idle
    }

    fn run(&self, jobs: Vec<Job>) {
        if self.hands() == 1 {
            return Alone.run(jobs);
        }
        rayon::scope(|scope| jobs.into_iter().for_each(|job| scope.spawn(|_| job())));
    }
}
