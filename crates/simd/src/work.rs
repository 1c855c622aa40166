//! Counts the work of kernels, for tests that detect lost sparsity without a clock. Only builds with debug assertions
//! count.

use std::cell::Cell;

/// Work of one thread, in blocks of sixteen numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Blocks of weights added to sums.
    pub read: u64,
    /// Blocks of gradients with additions.
    pub written: u64,
    /// Steps of neuron blocks, forward.
    pub stepped: u64,
    /// Steps of neuron blocks, backward.
    pub stepped_back: u64,
    /// Blocks of random numbers.
    pub drawn: u64,
}

thread_local! {
    static WORK: Cell<Work> = const { Cell::new(Work { read: 0, written: 0, stepped: 0, stepped_back: 0, drawn: 0 }) };
}

/// Runs `done` and returns its result with the work that it did on this thread.
pub fn work_of<T>(done: impl FnOnce() -> T) -> (T, Work) {
    let before = WORK.replace(Work::default());
    let result = done();
    (result, WORK.replace(before))
}

/// Records work: `note` adds to the counts of this thread.
#[inline(always)]
pub fn note_work(note: impl FnOnce(&mut Work)) {
    if cfg!(debug_assertions) {
        let mut work = WORK.get();
        note(&mut work);
        WORK.set(work);
    }
}
