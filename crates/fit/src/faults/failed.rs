//! Writes that fail although their cell works.
//!
//! ```text
//! missed     further than 6 robust standard deviations of v = ln(G / T) and 5 % from the centre of the writes that reach the target; 4 if many miss it
//! failed     missed, and further than 3.5 robust standard deviations of G
//! ```

use super::States;
use crate::by_target::{are_many, depend, text};
use crate::sample::{median, robust};
use crate::writes::{WriteRow, WriteRows};

/// Distance from the centre in robust standard deviations beyond which a write misses its target: in general, and where many writes miss it, which shows
/// where the others end.
const MISSED: [f64; 2] = [6.0, 4.0];
/// The same distance in ln G.
const LEAST: f64 = 0.05;
/// Distance from the target in robust standard deviations of G, beyond which a write is an outlier.
const OUTLIER: f64 = 3.5;
/// Smallest number and fraction of the writes to a target from which failed ones are left out before the fit.
const MANY: (f64, f64) = (3.0, 0.05);
/// Fraction of the writes to a target from which a note tells failed ones even if they do not depend on the target.
const PART: f64 = 0.15;
/// Distance in ln G of writes that end at the same end of the window.
const AT_END_OF_WINDOW: f64 = 1e-6;
/// Fraction of the writes to a target with one value from which the window clips them, and above which the others are outliers, unless it
/// is an end of all writes of the table.
const CLIPPED: f64 = 0.3;
const MAX_CLIPPED: f64 = 0.75;
/// Largest fraction of all writes of a table beyond an end of the window.
const BEYOND: f64 = 0.02;
/// Standard deviation of a normal distribution over its median absolute deviation.
const ROBUST: f64 = 1.4826;

/// The writes that reach a target.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reach {
    /// Their centre, in v.
    centre: f64,
    /// Distance from it beyond which a write misses the target.
    limit: f64,
}

impl Reach {
    /// Returns whether a write that ends at `v` misses the target.
    pub fn is_missed(self, v: f64) -> bool {
        (v - self.centre).abs() > self.limit
    }
}

/// Returns the writes that reach the target of each bin.
pub(super) fn reaches(writes: &WriteRows) -> Vec<Reach> {
    let of_bin = |((centre, spread), in_two): ((f64, f64), &bool)| {
        let times = MISSED[usize::from(*in_two)];
        Reach { centre, limit: (times * spread).max(LEAST) }
    };
    robust_bins(writes).into_iter().zip(&writes.in_two).map(of_bin).collect()
}

/// Returns the median and the robust standard deviation of v in each bin. Where an end of the window clips many writes, the latter is that of the writes
/// on the other side: the median absolute deviation would be too small.
fn robust_bins(writes: &WriteRows) -> Vec<(f64, f64)> {
    let mut all: Vec<f64> = writes.rows.iter().map(|row| row.conductance.ln()).collect();
    all.sort_by(f64::total_cmp);
    // Of one target, a value that most writes have is no end: others would show it.
    let is_end = |bin: usize, v: f64| {
        let (count, at) = (writes.bins.counts[bin], writes.bins.centres[bin].ln() + v);
        let below = all.partition_point(|value| *value < at - AT_END_OF_WINDOW);
        let above = all.len() - all.partition_point(|value| *value < at + AT_END_OF_WINDOW);
        count < all.len() && below.min(above) as f64 <= BEYOND * all.len() as f64
    };
    let of_bin = |(bin, mut values): (usize, Vec<f64>)| {
        let (centre, spread) = writes.robust[bin];
        values.sort_by(f64::total_cmp);
        let n = values.len() as f64;
        // Outliers may lie beyond the end.
        let runs = values.chunk_by(|one, other| other - one < AT_END_OF_WINDOW);
        let Some(end) = runs.max_by_key(|run| run.len()) else { return (centre, spread) };
        let (first, last) = (end[0], end[end.len() - 1]);
        let most = if is_end(bin, first) { 1.0 } else { MAX_CLIPPED };
        if writes.in_two[bin] || (end.len() as f64) < CLIPPED * n || end.len() as f64 > most * n {
            return (centre, spread);
        }
        let others = values.iter().filter(|value| **value < first || **value > last);
        (centre, spread.max(ROBUST * median(&mut others.map(|value| (value - centre).abs()).collect::<Vec<f64>>())))
    };
    writes.by_bin().into_iter().enumerate().map(of_bin).collect()
}

/// Limits that tell failed writes, by bin. The lower tail of a normal distribution of G is long in v: a failed write is an outlier in G as well.
#[derive(Clone, Debug, Default)]
pub(super) struct Limits {
    of_v: Vec<Reach>,
    of_u: Vec<(f64, f64)>,
}

impl Limits {
    /// Creates the limits for `working` cells, whose writes reach their targets as in `of_v`.
    pub fn new(working: &WriteRows, of_v: Vec<Reach>) -> Limits {
        let mut of_u = vec![Vec::new(); of_v.len()];
        let reach = working.rows.iter().filter(|row| !of_v[row.bin as usize].is_missed(row.v));
        reach.for_each(|row| of_u[row.bin as usize].push(row.v.exp_m1()));
        Limits { of_u: of_u.iter_mut().map(|values| robust(values)).collect(), of_v }
    }

    /// Returns whether a write failed.
    pub fn fails(&self, row: &WriteRow) -> bool {
        let (centre, spread) = self.of_u[row.bin as usize];
        // No write reaches a target without a spread.
        let is_outlier = spread.is_nan() || (row.v.exp_m1() - centre).abs() > OUTLIER * spread;
        self.of_v[row.bin as usize].is_missed(row.v) && is_outlier
    }
}

impl States {
    /// Returns the `working` writes without failed ones, of targets at which there are more than a few.
    pub fn reached(&self, working: WriteRows) -> WriteRows {
        let mut counts = vec![0; working.bins.count()];
        working.rows.iter().filter(|row| self.limits.fails(row)).for_each(|row| counts[row.bin as usize] += 1);
        let many = |bin: usize| counts[bin] as f64 >= MANY.0.max(MANY.1 * working.bins.counts[bin] as f64);
        let many: Vec<bool> = (0..counts.len()).map(many).collect();
        working.without_failed(|row| many[row.bin as usize] && self.limits.fails(row))
    }

    /// Returns a note if cells that work fail at some targets more than at others, or in a large part of their writes.
    pub fn note_on_targets(&self) -> Option<String> {
        let what = if depend(&self.by_target) {
            "failed writes depend on the target"
        } else if are_many(&self.by_target, PART) {
            "many writes fail"
        } else {
            return None;
        };
        Some(format!(
            "{what}: {}. A device file has no key for cells that fail at one target: neither its rates of faults nor its \
                 write noise contain these writes",
            text(&self.by_target)
        ))
    }
}
