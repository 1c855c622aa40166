//! Lines over ln t, one per series.

use crate::reached::are_missed;
use crate::read_times::{ReadTimes, read_times};
use crate::sample::Sample;
use crate::states::States;
use crate::table::Table;

/// Largest relative distance from an end of the window at which a value is clipped.
const AT_END: f64 = 1e-6;

/// A line over ln t.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Line {
    /// Value at 1 s.
    pub intercept: f64,
    /// Slope per unit of ln t.
    pub slope: f64,
    /// Squared standard error of the slope; 0 for two points.
    pub slope_variance: f64,
    /// Sum of squared residuals; of G relative to its mean, or of ln G.
    pub residual: f64,
    /// Variance of one value about the line; 0 for two points.
    pub noise: f64,
    /// Number of points, and mean of their ln t.
    pub points: (f64, f64),
}

impl Line {
    /// Returns the value at `ln_t`.
    pub fn at(&self, ln_t: f64) -> f64 {
        self.intercept + self.slope * ln_t
    }
}

/// Conductances of one cell after one write.
#[derive(Clone, Debug)]
pub(super) struct Series {
    /// Cell.
    pub cell: usize,
    /// Group of the cell.
    pub group: usize,
    /// Target of the write, µS, if the table has it and most writes reach theirs.
    pub target: Option<f64>,
    /// Whether the cell is held out.
    pub held_out: bool,
    /// Number of times above 0 s.
    pub points: usize,
    /// First and last time above 0 s.
    pub times: (f64, f64),
    /// Conductance right after the write, µS.
    pub start: Option<f64>,
    /// Conductance at the first time above 0 s, µS.
    pub first: f64,
    /// Times above 0 s and conductances.
    pub values: Vec<(f64, f64)>,
    /// ln G over ln t.
    pub power: Line,
    /// G over ln t.
    pub linear: Line,
}

impl Series {
    /// Returns whether all values are equal.
    pub fn is_constant(&self) -> bool {
        self.values.iter().all(|value| value.1 == self.start.unwrap_or(self.first))
    }
}

/// Returns the states of `series` at `conductance`, with `least` series each.
pub(super) fn states(series: &[Series], conductance: impl Fn(&Series) -> f64, least: usize) -> States {
    let targets: Option<Vec<f64>> = series.iter().map(|one| one.target).collect();
    let conductances: Vec<f64> = series.iter().map(conductance).collect();
    States::new(&conductances, targets.as_deref(), least)
}

/// Series of a table.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// Series with at least two times above 0 s, or one and a value at 0 s.
    pub series: Vec<Series>,
    /// Number of series that stop at an end of the window; their values from there on are left out.
    pub clipped: usize,
    /// Number of those that begin elsewhere, and have too few values before.
    pub lost: usize,
    /// Number of series with a value outside the window.
    pub outside: usize,
}

/// Returns the series of `table` with the window `low` to `high`, µS.
pub(super) fn series(table: &Table, after: Option<f64>, (low, high): (f64, f64), sample: &Sample) -> Found {
    let (mut found, mut clipped, mut lost, mut outside) = (Vec::new(), 0, 0, 0);
    let mut push = |row: usize, start: Option<f64>, mut values: Vec<(f64, f64)>| {
        let all = start.iter().copied().chain(values.iter().map(|value| value.1));
        let positive = all.clone().all(|value| value > 0.0);
        if !positive || values.is_empty() || (values.len() < 2 && start.is_none()) {
            return;
        }
        let at = |end: f64, value: f64| (value / end - 1.0).abs() < AT_END;
        // A cell may start at an end; one that ends there may have been stopped by it, and drifts like the others before.
        let first = start.unwrap_or(values[0].1);
        let before =
            values.iter().rposition(|&(_, value)| !at(low, value) && !at(high, value)).map_or(0, |last| last + 1);
        if before < values.len() {
            clipped += 1;
            values.truncate(before);
        } else {
            outside += usize::from(values.iter().any(|value| value.1 < low || value.1 > high));
        }
        if values.is_empty() || (values.len() < 2 && start.is_none()) {
            // A cell that was written to the end has no drift to lose.
            lost += usize::from(!at(low, first) && !at(high, first));
            return;
        }
        let target = table.target.get(row).copied();
        found.push(one((table.cell[row] as usize, target), start, values, sample));
    };
    if let (true, Some(after)) = (table.seconds.is_empty(), after) {
        for row in 0..table.after.len() {
            push(row, Some(table.value[row]), vec![(after, table.after[row])]);
        }
    } else if !table.seconds.is_empty() {
        let by_time = |row: usize| table.seconds[row];
        for rows in table.series(Some(&by_time)) {
            let at = |row: &u32| (table.seconds[*row as usize], table.value[*row as usize]);
            let start = rows.iter().map(at).find(|value| value.0 == 0.0).map(|value| value.1);
            let values = rows.iter().map(at).filter(|value| value.0 > 0.0).collect();
            push(rows[0] as usize, start, values);
        }
    }
    without_missed(&mut found);
    Found { series: found, clipped, lost, outside }
}

/// Takes the targets from `series` if many of them begin elsewhere, as after failed writes: then their conductances are their states.
fn without_missed(series: &mut [Series]) {
    let starts: Vec<f64> = series.iter().map(|one| one.start.unwrap_or(one.first)).collect();
    let targets: Option<Vec<f64>> = series.iter().map(|one| one.target).collect();
    if targets.is_some_and(|targets| are_missed(&starts, &targets)) {
        series.iter_mut().for_each(|one| one.target = None);
    }
}

fn one((cell, target): (usize, Option<f64>), start: Option<f64>, values: Vec<(f64, f64)>, sample: &Sample) -> Series {
    let mean = values.iter().map(|value| value.1).sum::<f64>() / values.len() as f64;
    let power = line(values.iter().map(|(t, g)| (t.ln(), g.ln())));
    let mut linear = line(values.iter().map(|(t, g)| (t.ln(), *g)));
    linear.residual /= mean * mean;
    Series {
        cell,
        group: sample.group[cell] as usize,
        target,
        held_out: sample.held_out[cell],
        points: values.len(),
        times: (values[0].0, values[values.len() - 1].0),
        start,
        first: values[0].1,
        power,
        linear,
        values,
    }
}

/// Returns the least-squares line; a constant through a single point.
fn line(points: impl Iterator<Item = (f64, f64)> + Clone) -> Line {
    let n = points.clone().count() as f64;
    let (x, y) = points.clone().fold((0.0, 0.0), |sum, point| (sum.0 + point.0 / n, sum.1 + point.1 / n));
    let xx: f64 = points.clone().map(|point| (point.0 - x).powi(2)).sum();
    if xx <= 1e-12 {
        return Line { intercept: y, slope: 0.0, slope_variance: 0.0, residual: 0.0, noise: 0.0, points: (n, x) };
    }
    let slope = points.clone().map(|point| (point.0 - x) * (point.1 - y)).sum::<f64>() / xx;
    let intercept = y - slope * x;
    let residual: f64 = points.map(|point| (point.1 - intercept - slope * point.0).powi(2)).sum();
    let noise = if n > 2.0 { residual / (n - 2.0) } else { 0.0 };
    Line { intercept, slope, slope_variance: noise / xx, residual, noise, points: (n, x) }
}

/// Returns the reference time and the latest time, s: the first time, or the time at which writes with different first times are taken.
pub(super) fn times(series: &[Series]) -> (f64, f64) {
    let spans: Vec<(f64, f64)> = series.iter().map(|series| series.times).collect();
    let last = spans.iter().map(|span| span.1).fold(0.0, f64::max);
    match read_times(&spans) {
        ReadTimes::Common(time) => (time, last),
        ReadTimes::Same | ReadTimes::Apart => {
            (crate::sample::median(&mut spans.iter().map(|span| span.0).collect::<Vec<f64>>()), last)
        }
    }
}

/// Returns what the reference time of [`times`] is.
pub(super) fn name(series: &[Series]) -> &'static str {
    match read_times(&series.iter().map(|series| series.times).collect::<Vec<_>>()) {
        ReadTimes::Common(_) => "a time within most series of reads",
        ReadTimes::Same => "the first time in the data",
        ReadTimes::Apart => "the median of the first times",
    }
}
