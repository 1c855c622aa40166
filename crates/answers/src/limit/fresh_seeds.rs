//! The seeds of a further question in a results folder.
//!
//! Another question gets fresh seeds that no earlier answer has used:
//!
//! ```text
//! first fresh seed  =  that of the answer to the same question, if there is one
//!                      largest seed of all answers in the folder + 1, otherwise
//! ```
//!
//! A question is settings, keys with levels, criterion and numbers of seeds. An answer that ended before its first test
//! has no fresh seeds.

use super::report::LimitReport;

/// Returns the smallest number of a fresh seed for `question`, after the `former` answers in its folder.
pub fn fresh_from(former: &[LimitReport], question: &str) -> u64 {
    if let Some(same) = former.iter().find(|answer| answer.question() == question) {
        return same.effort.fresh_from;
    }
    let seeds = former.iter().flat_map(LimitReport::all_rows).flat_map(|row| &row.trials).map(|line| line.seed);
    seeds.max().map_or(0, |last| last + 1)
}
