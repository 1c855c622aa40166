//! White read noise and random telegraph noise from repeated reads of one state.
//!
//! ```text
//! series      reads of one cell in one cycle, in order of time
//! outliers    single reads far from all others of their series are left out (isolated.rs)
//! telegraph   cells with two levels among others, by their likelihood together (traps.rs, population.rs)
//! white       sigma² = half the mean square of successive differences, weighted by the probability of no telegraph noise
//! ```
//!
//! Successive differences do not contain drift, nor noise slower than the interval between reads.

mod chain;
mod doubt;
mod gaussian;
mod isolated;
mod population;
mod rtn;
mod series;
mod trap_law;
mod traps;
mod white;

pub(crate) use rtn::fit_rtn;
pub(crate) use series::{interval, series};
pub(crate) use white::{EQUAL_READS, WhiteLaw, fit_white};
