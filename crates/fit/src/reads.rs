//! White read noise and random telegraph noise from repeated reads of one state.
//!
//! ```text
//! series      reads of one cell in one cycle, in order of time
//! outliers    single reads far from all others of their series are left out (isolated.rs)
//! resolution  noise is corrected for reads rounded to a grid as coarse as it, and such a grid is no level (resolution.rs)
//! common      changes that all cells share are removed before telegraph noise is looked for (shared_changes.rs)
//! telegraph   cells with two levels among others, by their likelihood together (traps.rs, population.rs), if noise of many
//!             correlation times does not explain them as well (slow.rs)
//! white       sigma² = half the mean square of successive differences, weighted by the probability of no telegraph noise
//! ```
//!
//! Reads need not be equidistant: traps change between two reads with a probability that depends on their distance in time (gaps.rs).
//! Successive differences do not contain drift, nor noise slower than the interval between reads; a note tells if there is such noise (growth.rs).

mod chain;
mod changes;
mod doubt;
mod gaps;
mod gaussian;
mod growth;
mod isolated;
mod population;
mod resolution;
mod rtn;
mod series;
mod shared_changes;
mod slow;
mod trap_law;
mod traps;
mod white;

pub(crate) use gaps::{check_interval, interval};
pub(crate) use rtn::fit_rtn;
pub(crate) use series::series;
pub(crate) use white::{EQUAL_READS, WhiteLaw, fit_white};
