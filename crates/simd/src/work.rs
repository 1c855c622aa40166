//! How much work kernels did, for tests that notice lost sparsity without a clock. Builds without debug assertions count
//! nothing.

use std::cell::Cell;

/// Work of one thread, in blocks of sixteen numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Blocks of weights added to sums.
    pub read: u64,
    /// Blocks of gradients added to.
    pub written: u64,
    /// Steps of blocks of neurons, forward.
    pub stepped: u64,
    /// Steps of blocks of neurons, backward.
    pub stepped_back: u64,
    /// Blocks of random numbers made.
    pub drawn: u64,
}

thread_local! {
    static WORK: Cell<Work> = const { Cell::new(Work { read: 0, written: 0, stepped: 0, stepped_back: 0, drawn: 0 }) };
}

/// What `done` gives back, and the work that it did on this thread.
pub fn work_of<T>(done: impl FnOnce() -> T) -> (T, Work) {
    let before = WORK.replace(Work::default());
    let result = done();
    (result, WORK.replace(before))
}

/// Notes work: `note` adds to the sums of this thread.
#[inline(always)]
pub fn note_work(note: impl FnOnce(&mut Work)) {
    if cfg!(debug_assertions) {
        let mut work = WORK.get();
        note(&mut work);
        WORK.set(work);
    }
}
