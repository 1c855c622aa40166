//! The threads of a process, which run trials and the parallel parts of each trial.
//!
//! Trials go to threads first, since they share nothing. A thread without a trial helps with the batches of running
//! trials, so all threads work on the last trials of a study, or on a single one. Partial results are added in a fixed
//! order, so helpers change only the run time.
//!
//! A batch takes a millisecond in several rounds of tasks, and waking a sleeping thread takes a good part of that. So a
//! waiting thread polls for tasks for a while before it sleeps.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread::{sleep, yield_now as give_way};
use std::time::{Duration, Instant};

use ohmspike_simd::{Executor, Serial, Task};
use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder, Yield, yield_now};

/// Time that a helper polls for tasks without pause.
const PATIENCE: Duration = Duration::from_micros(500);
/// Pause between two polls after that.
const NAP: Duration = Duration::from_micros(200);

/// A pool of threads.
#[derive(Debug)]
pub struct Pool {
    threads: ThreadPool,
    /// Number of threads with their own work.
    busy: AtomicUsize,
}

impl Pool {
    /// Creates a pool of `threads` threads, at least one.
    ///
    /// # Errors
    /// Returns a [`ThreadPoolBuildError`] if the system cannot start the threads.
    pub fn new(threads: usize) -> Result<Pool, ThreadPoolBuildError> {
        let threads = ThreadPoolBuilder::new().num_threads(threads.max(1)).build()?;
        Ok(Pool { threads, busy: AtomicUsize::new(0) })
    }

    /// Returns the number of threads.
    pub fn threads(&self) -> usize {
        self.threads.current_num_threads()
    }

    /// Calls `work` once on every thread at the same time and returns when the last call ends. A thread with a finished
    /// call helps the others.
    ///
    /// Run work that is not split into tasks here, not in a task: a thread that waits for its own task runs other tasks
    /// meanwhile and must not start a whole trial.
    pub fn each(&self, work: impl Fn() + Sync) {
        self.busy.fetch_add(self.threads.current_num_threads(), Ordering::Relaxed);
        self.threads.broadcast(|_| {
            {
                let _leaves = Leaves(&self.busy);
                work();
            }
            self.help();
        });
    }

    /// Calls `work` on one thread of the pool while the others help.
    pub fn on_one<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        let (work, done) = (Mutex::new(Some(work)), Mutex::new(None));
        self.each(|| {
            let Some(work) = work.lock().ok().and_then(|mut work| work.take()) else { return };
            let result = work();
            if let Ok(mut done) = done.lock() {
                *done = Some(result);
            }
        });
        let done = done.into_inner().ok().flatten();
        done.expect("one thread runs the work, and its panic would end `each`")
    }

    /// Runs tasks of other threads until no thread has its own work.
    fn help(&self) {
        let mut idle_since = Instant::now();
        while self.busy.load(Ordering::Relaxed) > 0 {
            match yield_now() {
                Some(Yield::Executed) => idle_since = Instant::now(),
                _ if idle_since.elapsed() < PATIENCE => give_way(),
                _ => sleep(NAP),
            }
        }
    }
}

/// Marks a thread as not busy when dropped, even after a panic; otherwise helpers would wait forever.
struct Leaves<'a>(&'a AtomicUsize);

impl Drop for Leaves<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Executor for Pool {
    fn parallelism(&self) -> usize {
        let idle = self.threads.current_num_threads().saturating_sub(self.busy.load(Ordering::Relaxed));
        1 + idle
    }

    fn run(&self, tasks: Vec<Task>) {
        self.run_counted(tasks, &AtomicU64::new(0));
    }
}

impl Pool {
    /// Runs `tasks` and adds the nanoseconds that other threads spend on them to `helped`.
    fn run_counted(&self, tasks: Vec<Task>, helped: &AtomicU64) {
        if tasks.len() < 2 || self.parallelism() == 1 {
            return Serial.run(tasks);
        }
        let (left, asking) = (AtomicUsize::new(tasks.len()), self.threads.current_thread_index());
        self.threads.scope(|scope| {
            let left = &left;
            for task in tasks {
                scope.spawn(move |_| {
                    let _done = Leaves(left);
                    let started = Instant::now();
                    task();
                    if self.threads.current_thread_index() != asking {
                        helped.fetch_add(started.elapsed().as_nanos() as u64, Ordering::Relaxed);
                    }
                });
            }
            // The scope would wait too, but by sleeping.
            while left.load(Ordering::Relaxed) > 0 {
                if yield_now() != Some(Yield::Executed) {
                    give_way();
                }
            }
        });
    }

    /// Returns the pool as the executor of one trial.
    pub fn executor(&self) -> TrialExecutor<'_> {
        TrialExecutor { pool: self, helped: AtomicU64::new(0) }
    }
}

/// An executor that measures the help of other threads.
pub trait TimedExecutor: Executor {
    /// Time that other threads have spent on tasks of this thread so far.
    fn helped(&self) -> Duration;
}

/// A moment of a trial, in wall time and helper time.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    wall: Instant,
    /// Help of other threads so far.
    pub helped: Duration,
}

impl Moment {
    /// Returns the current moment of the trial run by `executor`.
    pub fn now(executor: &dyn TimedExecutor) -> Moment {
        Moment { wall: Instant::now(), helped: executor.helped() }
    }

    /// Time since `earlier`, summed over threads, s.
    pub fn seconds_after(self, earlier: Moment) -> f64 {
        (self.wall - earlier.wall + (self.helped - earlier.helped)).as_secs_f64()
    }
}

impl TimedExecutor for Serial {
    fn helped(&self) -> Duration {
        Duration::ZERO
    }
}

/// The threads of a pool as the executor of one trial.
#[derive(Debug)]
pub struct TrialExecutor<'a> {
    pool: &'a Pool,
    /// Nanoseconds.
    helped: AtomicU64,
}

impl Executor for TrialExecutor<'_> {
    fn parallelism(&self) -> usize {
        self.pool.parallelism()
    }

    fn run(&self, tasks: Vec<Task>) {
        self.pool.run_counted(tasks, &self.helped);
    }
}

impl TimedExecutor for TrialExecutor<'_> {
    fn helped(&self) -> Duration {
        Duration::from_nanos(self.helped.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use std::hint::spin_loop;

    use super::*;

    #[test]
    fn runs_every_task_once_on_any_number_of_threads() {
        for threads in 1..4 {
            let pool = Pool::new(threads).expect("threads");
            let sum = pool.on_one(|| {
                let sums: Vec<AtomicU64> = (0..50).map(AtomicU64::new).collect();
                for _ in 0..200 {
                    let task = |sum| -> Task { Box::new(move || _ = AtomicU64::fetch_add(sum, 1, Ordering::Relaxed)) };
                    pool.run(sums.iter().map(task).collect());
                }
                sums.into_iter().map(AtomicU64::into_inner).sum::<u64>()
            });
            assert_eq!(sum, 50 * 49 / 2 + 50 * 200, "{threads} threads");
        }
    }

    #[test]
    fn calls_work_once_per_thread_and_counts_idle_threads() {
        let pool = Pool::new(3).expect("threads");
        let (calls, hands) = (AtomicUsize::new(0), AtomicUsize::new(0));
        pool.each(|| {
            if calls.fetch_add(1, Ordering::SeqCst) == 0 {
                while pool.parallelism() < 3 {
                    spin_loop();
                }
                hands.store(pool.parallelism(), Ordering::SeqCst);
            }
        });
        assert_eq!((calls.into_inner(), hands.into_inner()), (3, 3));
    }

    #[test]
    fn a_panic_ends_all_work() {
        let pool = Pool::new(2).expect("threads");
        let outcome =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| pool.on_one(|| panic!("as it happens"))));
        assert!(outcome.is_err());
        assert_eq!(pool.on_one(|| 7), 7);
    }

    #[test]
    fn a_panic_in_a_task_reaches_the_caller() {
        let pool = Pool::new(2).expect("threads");
        let task = |number| -> Task { Box::new(move || assert_ne!(number, 3)) };
        let asked = || {
            pool.on_one(|| {
                while pool.parallelism() < 2 {
                    spin_loop();
                }
                pool.run((0..6).map(task).collect());
            })
        };
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(asked)).is_err());
        assert_eq!(pool.on_one(|| 7), 7);
    }

    #[test]
    fn counts_the_time_of_helpers() {
        let nap = || -> Task { Box::new(|| sleep(Duration::from_millis(2))) };
        let helped = |threads: usize| {
            let pool = Pool::new(threads).expect("threads");
            pool.on_one(|| {
                while pool.parallelism() < threads {
                    spin_loop();
                }
                let executor = pool.executor();
                executor.run((0..20).map(|_| nap()).collect());
                executor.helped()
            })
        };
        assert_eq!(helped(1), Duration::ZERO);
        assert!(helped(2) >= Duration::from_millis(2));
    }
}
