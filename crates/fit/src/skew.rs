//! Writes to a target that end on one side of it far more often than on the other.
//!
//! ```text
//! far      further than 1.5 robust standard deviations from the median, as ln G and as G
//! skewed   far above and far below have a probability of less than 1e-4 as halves of a binomial distribution, on both scales, and one is three
//!          times the other
//! ```
//!
//! A normal distribution is symmetrical in G, and a log-normal one in ln G. Cells that reach an end of their window are symmetrical in neither; if reads
//! have noise, their values at the end are not equal, so that the end does not show otherwise.

use ohmspike_stats::binomial::at_least;

use crate::bins::MIN_FOR_SPREAD;
use crate::sample::robust;
use crate::writes::{Ends, WriteRows};

/// Distance from the median in robust standard deviations.
const FAR: f64 = 1.5;
/// Probability of such a difference by chance.
const IMPROBABLE: f64 = 1e-4;
/// Ratio of both sides.
const TIMES: u64 = 3;

/// Returns a caution about targets with skewed writes, unless they end at known `ends`.
pub(crate) fn skewed(writes: &WriteRows, ends: Ends) -> Option<String> {
    let mut all = Vec::new();
    for bin in 0..writes.bins.count() {
        let rows = || writes.rows.iter().filter(|row| row.bin as usize == bin);
        if rows().count() < MIN_FOR_SPREAD || rows().any(|row| ends.are_at(row.conductance)) {
            continue;
        }
        let values: Vec<f64> = rows().map(|row| row.v).collect();
        let sides = [values.clone(), values.iter().map(|v| v.exp_m1()).collect()].map(|values| sides(&values));
        let low = sides.iter().all(|&[below, above]| differ(below, above));
        let high = sides.iter().all(|&[below, above]| differ(above, below));
        let percent = |count: u64| 100.0 * count as f64 / values.len() as f64;
        if low || high {
            let [below, above] = sides[0].map(percent);
            let target = writes.bins.centres[bin];
            all.push(format!("{target:.4} µS ({below:.1} % far below, {above:.1} % far above)"));
        }
    }
    (!all.is_empty()).then(|| {
        format!(
            "writes are skewed at {}: sigma is that of both sides together, and too small if the cells reach an end of their window there\n\n\
             hint: if they do, leave these targets out, or measure them with a wider window",
            all.join("; ")
        )
    })
}

/// Returns the numbers of `values` far below and far above their median.
fn sides(values: &[f64]) -> [u64; 2] {
    let (centre, spread) = robust(&mut values.to_vec());
    [-1.0, 1.0].map(|side| values.iter().filter(|value| side * (**value - centre) > FAR * spread).count() as u64)
}

fn differ(more: u64, less: u64) -> bool {
    more >= TIMES * less && at_least(more, more + less, 0.5) < IMPROBABLE
}
