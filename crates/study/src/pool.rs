//! The threads of a process, as the executor of every trial on it.
//!
//! Trials go to threads first, since they share nothing. A thread that has no trial helps with the batches of those that
//! run: the last trials of a study, or a single one, are computed by all threads. Parts are added in their order whoever
//! computes them, so that this changes the time and nothing else.
//!
//! A batch takes a millisecond and is several rounds of tasks, and a thread that sleeps takes a good part of that to wake
//! up: whoever waits for tasks looks for them again and again for a while before it naps.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread::{sleep, yield_now as give_way};
use std::time::{Duration, Instant};

use ohmspike_simd::{Executor, Serial, Task};
use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder, Yield, yield_now};

/// For how long a helper looks for tasks without a rest.
const PATIENCE: Duration = Duration::from_micros(500);
/// For how long it then rests between two looks.
const NAP: Duration = Duration::from_micros(200);

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

    /// Calls `work` once on every thread of the pool, all at a time; returns when the last call does. A thread whose call
    /// has ended helps those that go on.
    ///
    /// Work that is not cut into tasks belongs here and not into a task: a thread that waits for a task of its own does
    /// others meanwhile, and must not be caught in a whole trial.
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

    /// Calls `work` on one thread of the pool, which the others help.
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
        done.expect("a thread of the pool took the work, and a panic of it would have ended `each`")
    }

    /// Does tasks of others until none of them has work of its own.
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

/// A thread that is no longer busy once this is dropped, after a panic too: helpers must not wait for it for ever.
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
    /// Does `tasks` and adds to `helped` the nanoseconds that other threads than this one spend on them.
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
            // The scope would wait too, but it falls asleep.
            while left.load(Ordering::Relaxed) > 0 {
                if yield_now() != Some(Yield::Executed) {
                    give_way();
                }
            }
        });
    }

    /// The pool as the executor of one trial.
    pub fn executor(&self) -> TrialExecutor<'_> {
        TrialExecutor { pool: self, helped: AtomicU64::new(0) }
    }
}

/// A executor that knows what it was spared.
pub trait Helpers: Executor {
    /// Time that threads other than the one that asks have spent on its tasks so far.
    fn helped(&self) -> Duration;
}

/// A moment of a trial, as its own thread and its helpers see it.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    wall: Instant,
    /// What others had done until then.
    pub helped: Duration,
}

impl Moment {
    /// Now, of the trial that `executor` computes.
    pub fn now(executor: &dyn Helpers) -> Moment {
        Moment { wall: Instant::now(), helped: executor.helped() }
    }

    /// Time since `earlier` of all threads that took part, s.
    pub fn seconds_after(self, earlier: Moment) -> f64 {
        (self.wall - earlier.wall + (self.helped - earlier.helped)).as_secs_f64()
    }
}

impl Helpers for Serial {
    fn helped(&self) -> Duration {
        Duration::ZERO
    }
}

/// The threads of a pool as they help one trial.
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

impl Helpers for TrialExecutor<'_> {
    fn helped(&self) -> Duration {
        Duration::from_nanos(self.helped.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use std::hint::spin_loop;

    use super::*;

    #[test]
    fn every_job_is_done_once_by_any_number_of_threads() {
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
    fn work_is_called_once_a_thread_and_idle_hands_are_counted() {
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
    fn a_panic_ends_the_work_of_all() {
        let pool = Pool::new(2).expect("threads");
        let outcome =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| pool.on_one(|| panic!("as it happens"))));
        assert!(outcome.is_err());
        assert_eq!(pool.on_one(|| 7), 7);
    }

    #[test]
    fn a_panic_in_a_job_reaches_whoever_asked() {
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
    fn time_of_helpers_is_counted_and_none_where_nobody_helps() {
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
