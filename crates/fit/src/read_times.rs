//! The time after a write at which its conductance is taken.
//!
//! First reads at different times differ by the drift between these times. The conductances of all writes are therefore taken at one time: the earliest that
//! lies between the first and the last read of nearly as many writes as possible. Reads around it are interpolated, ln G over ln t.

use std::collections::BTreeMap;

use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::sample::median;
use crate::table::Table;

/// Largest ratio of times that count as one.
const SAME: f64 = 1.1;
/// Fraction of the largest number of writes that suffices for an earlier time.
const ENOUGH: f64 = 0.95;
/// Smallest fraction of the writes that are read around a common time.
const MIN_FRACTION: f64 = 0.5;
/// Probability of such a dependence on time by chance.
const IMPROBABLE: f64 = 1e-4;
/// Smallest number of cells that show it.
const MIN_CELLS: usize = 5;

/// Times of the first reads of writes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum ReadTimes {
    /// The same for all.
    Same,
    /// Different, with a time that most series of reads cover, s.
    Common(f64),
    /// Different, without such a time.
    Apart,
}

/// Returns whether two times, s, count as one.
pub(crate) fn are_same(one: f64, other: f64) -> bool {
    one.max(other) <= SAME * one.min(other)
}

/// Returns the smallest and largest of `times`.
fn range(times: impl Iterator<Item = f64>) -> (f64, f64) {
    times.fold((f64::INFINITY, 0.0), |(least, most), time| (f64::min(least, time), f64::max(most, time)))
}

/// Compares the times of first reads: first and last time of each write, s.
pub(crate) fn read_times(spans: &[(f64, f64)]) -> ReadTimes {
    let (least, most) = range(spans.iter().map(|span| span.0));
    if spans.is_empty() || are_same(least, most) {
        return ReadTimes::Same;
    }
    let sorted = |mut times: Vec<f64>| {
        times.sort_by(f64::total_cmp);
        times
    };
    let (first, last) =
        (sorted(spans.iter().map(|span| span.0).collect()), sorted(spans.iter().map(|span| span.1).collect()));
    // Writes that are first read by this time, without those whose last read is before it.
    let covered =
        |time: f64| first.partition_point(|at| *at <= SAME * time) - last.partition_point(|at| SAME * *at < time);
    let most = first.iter().map(|time| covered(*time)).max().unwrap_or(0);
    let time = first.iter().find(|time| **time > 0.0 && covered(**time) as f64 >= ENOUGH * most as f64);
    match time {
        Some(&time) if most as f64 >= MIN_FRACTION * spans.len() as f64 => ReadTimes::Common(time),
        _ => ReadTimes::Apart,
    }
}

/// Returns ln G at `time`, s, between two reads: their times and conductances.
pub(crate) fn between(before: (f64, f64), after: (f64, f64), time: f64) -> f64 {
    let along = (time / before.0).ln() / (after.0 / before.0).ln();
    (1.0 - along) * before.1.ln() + along * after.1.ln()
}

/// Returns why cells cannot be compared, if the mean deviations of cells that are not `faulty` depend on the times at which they were read.
pub(crate) fn dependence(table: &Table, faulty: &[bool]) -> Option<String> {
    let (least, most) = range(table.seconds.iter().copied().filter(|time| *time > 0.0));
    if table.seconds.is_empty() || are_same(least, most) {
        return None;
    }
    let rows = || (0..table.target.len()).filter(|&row| !faulty[table.cell[row] as usize] && table.seconds[row] > 0.0);
    let mut of_targets: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
    let deviation = |row: usize| (table.value[row] / table.target[row]).ln();
    for row in rows().filter(|&row| table.value[row] > 0.0) {
        of_targets.entry(table.target[row].to_bits()).or_default().push(deviation(row));
    }
    let centres: BTreeMap<u64, f64> = of_targets.iter_mut().map(|(target, values)| (*target, median(values))).collect();
    let mut of_cells: BTreeMap<u32, (f64, f64, f64)> = BTreeMap::new();
    for row in rows().filter(|&row| table.value[row] > 0.0) {
        let sums = of_cells.entry(table.cell[row]).or_default();
        let v = deviation(row) - centres[&table.target[row].to_bits()];
        *sums = (sums.0 + 1.0, sums.1 + table.seconds[row].ln(), sums.2 + v);
    }
    let (slope, p) = regression(&of_cells.values().map(|(n, x, y)| (x / n, y / n)).collect::<Vec<_>>())?;
    (p < IMPROBABLE).then(|| {
        format!(
            "writes were read {least} to {most} s after them, and cells that were read later are {:.2} % {} per decade of time: drift cannot be told \
             from differences between cells, and is part of the write noise. Read all writes at one time, or each at several times, so that most series \
             of reads cover one",
            100.0 * (10.0_f64.ln() * slope).exp_m1().abs(),
            if slope < 0.0 { "lower" } else { "higher" }
        )
    })
}

/// Returns the slope of y over x, and the two-sided probability of it without a dependence.
fn regression(points: &[(f64, f64)]) -> Option<(f64, f64)> {
    let n = points.len() as f64;
    let (x, y) = points.iter().fold((0.0, 0.0), |sum, point| (sum.0 + point.0 / n, sum.1 + point.1 / n));
    let xx: f64 = points.iter().map(|point| (point.0 - x).powi(2)).sum();
    if points.len() < MIN_CELLS || xx <= n * 1e-4 {
        return None;
    }
    let slope = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum::<f64>() / xx;
    let rest: f64 = points.iter().map(|point| (point.1 - y - slope * (point.0 - x)).powi(2)).sum();
    let t = slope / (rest / (n - 2.0) / xx).sqrt();
    let law = StudentsT::new(0.0, 1.0, n - 2.0).expect("at least one degree of freedom");
    Some((slope, 2.0 * law.sf(t.abs())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_common_time_lies_within_most_series() {
        let of = |spans: &[(f64, f64)]| read_times(spans);
        assert_eq!(of(&[(1.0, 10.0), (1.05, 3.0)]), ReadTimes::Same);
        assert_eq!(of(&[(0.0, 10.0), (0.0, 0.0)]), ReadTimes::Same);
        assert_eq!(of(&[(1.0, 1e4), (1e3, 1e5), (1.0, 1e4)]), ReadTimes::Common(1e3));
        assert_eq!(of(&[(1.0, 1.0), (10.0, 10.0), (100.0, 100.0)]), ReadTimes::Apart);
        // One late series among many does not move the time.
        let mut many = vec![(1.0, 1e4); 99];
        many.push((1e3, 1e4));
        assert_eq!(of(&many), ReadTimes::Common(1.0));
    }

    #[test]
    fn reads_are_interpolated_along_a_power_law() {
        let at = |t: f64| 50.0 * t.powf(-0.05);
        let found = between((10.0, at(10.0)), (1e3, at(1e3)), 60.0);
        assert!((found - at(60.0).ln()).abs() < 1e-12, "{found}");
    }
}
