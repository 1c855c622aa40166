//! White read noise and random telegraph noise from repeated reads of one state.
//!
//! ```text
//! series      reads of one cell in one cycle, in order of time
//! outliers    single reads far from all others of their series are left out (isolated.rs)
//! white       sigma² = half the mean square of successive differences, from series without telegraph noise
//! telegraph   a mixture of two normal levels beats one level by BIC (two_levels.rs)
//! ```
//!
//! Successive differences do not contain drift, nor noise slower than the interval between reads.

mod isolated;
mod rtn;
mod series;
mod two_levels;
mod white;

pub(crate) use rtn::fit_rtn;
pub(crate) use series::{interval, series};
pub(crate) use white::{EQUAL_READS, WhiteLaw, fit_white};
