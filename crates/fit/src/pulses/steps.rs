//! Steps between successive values of a pulse train.

use super::spikes::spikes;
use crate::sample::Sample;
use crate::table::Table;

/// Bins of the state.
pub(super) const BINS: usize = 30;
/// Smallest number of steps of a bin.
const LEAST: f64 = 5.0;
/// Number of steps with the variance of all bins that enter that of each: a few steps may be equal by chance, and would then
/// outweigh all others.
const PRIOR: f64 = 10.0;
/// Fraction of the steps of a bin that may end at an end of the window: without them, the mean of the others is too small.
const CLIPPED: f64 = 0.005;
/// Fraction of the pulses of a cell across half of the window from which the cell is too fast.
const FAST: f64 = 0.1;
/// Smallest relative standard error of a bin, above the resolution of f32.
const RESOLUTION: f64 = 1e-6;

/// One pulse.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    /// Cell.
    pub cell: u32,
    /// Whether the pulse raises the conductance.
    pub up: bool,
    /// Whether the step before was one of the same cell and direction.
    pub follows: bool,
    /// State before the pulse, 0 to 1.
    pub x: f64,
    /// Step towards the end, fraction of the window.
    pub y: f64,
}

/// Sums over the steps of one bin.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct BinSums {
    n: f64,
    x: f64,
    y: f64,
    squares: f64,
}

/// Mean step of a bin.
#[derive(Clone, Copy, Debug)]
pub(super) struct BinMean {
    /// Mean state.
    pub x: f64,
    /// Mean step.
    pub y: f64,
    /// Standard error of the mean step.
    pub error: f64,
    /// Number of steps.
    pub n: usize,
}

/// All steps.
#[derive(Clone, Debug)]
pub(super) struct Steps {
    /// Steps in the order of series and pulses.
    pub all: Vec<Step>,
    /// Group of each cell.
    pub group: Vec<u32>,
    /// Number of groups.
    pub groups: usize,
    clipped: usize,
    left_out: usize,
    fast: usize,
    outliers: usize,
}

/// A step before those that the window bends are left out.
#[derive(Clone, Copy, Debug)]
struct Measured {
    step: Step,
    /// Whether it ends at an end of the window.
    at_end: bool,
}

impl Steps {
    /// Returns the steps of `table` in `window`, µS.
    ///
    /// Steps that start at an end of the window are left out, and all steps from states where many end there: a choice by the state
    /// before a pulse does not depend on the step. Where few end there, they count as measured: without them, the others would be
    /// too small or, for steps against their direction, too large. Cells that cross half of the window in one pulse are left out.
    pub fn new(table: &Table, window: (f64, f64), sample: &Sample) -> Steps {
        let Found { measured, at_ends, outliers } = measured(table, window);
        let fast = fast(&measured, sample.group.len());
        let mut ends = [[(0.0, 0.0); BINS]; 2];
        for one in measured.iter().filter(|one| !fast[one.step.cell as usize]) {
            let (n, at_end) = &mut ends[usize::from(!one.step.up)][bin(one.step.x)];
            *n += 1.0;
            *at_end += f64::from(u8::from(one.at_end));
        }
        let bent = |step: &Step| {
            let (n, at_end) = ends[usize::from(!step.up)][bin(step.x)];
            at_end > CLIPPED * n
        };
        let mut steps = Steps {
            all: Vec::with_capacity(measured.len()),
            group: sample.group.clone(),
            groups: sample.groups,
            clipped: at_ends,
            left_out: 0,
            fast: fast.iter().filter(|fast| **fast).count(),
            outliers,
        };
        let mut gap = false;
        for Measured { mut step, at_end } in measured {
            step.follows &= !gap;
            gap = bent(&step) || fast[step.cell as usize];
            if !gap {
                steps.all.push(step);
            } else if at_end {
                steps.clipped += 1;
            } else {
                steps.left_out += 1;
            }
        }
        steps
    }

    /// Returns the steps divided by the `gain` of their cell.
    pub fn divided_by(&self, gain: impl Fn(u32) -> f64) -> Steps {
        let mut divided = self.clone();
        for step in &mut divided.all {
            step.y /= gain(step.cell);
        }
        divided
    }

    /// Returns the number of steps in a direction.
    pub fn count(&self, up: bool) -> usize {
        self.all.iter().filter(|step| step.up == up).count()
    }

    /// Returns the mean step in a direction towards its end, fraction of the window.
    pub fn mean(&self, up: bool) -> f64 {
        let steps = self.all.iter().filter(|step| step.up == up);
        steps.map(|step| step.y).sum::<f64>() / self.count(up).max(1) as f64
    }

    /// Returns the sums of the cells that are `used`, by group, direction and bin.
    pub fn sums(&self, used: impl Fn(usize) -> bool) -> Vec<BinSums> {
        let mut sums = vec![BinSums::default(); self.groups * 2 * BINS];
        for step in self.all.iter().filter(|step| used(step.cell as usize)) {
            let group = self.group[step.cell as usize] as usize;
            let sum = &mut sums[(group * 2 + usize::from(!step.up)) * BINS + bin(step.x)];
            sum.n += 1.0;
            sum.x += step.x;
            sum.y += step.y;
            sum.squares += step.y * step.y;
        }
        sums
    }

    /// Returns the sums over groups, each taken as often as `drawn` says; up first.
    pub fn total(&self, by_group: &[BinSums], drawn: &[f64]) -> [Vec<BinSums>; 2] {
        let mut total = [vec![BinSums::default(); BINS], vec![BinSums::default(); BINS]];
        for (place, sums) in by_group.iter().enumerate() {
            let times = drawn[place / (2 * BINS)];
            let total = &mut total[place / BINS % 2][place % BINS];
            total.n += times * sums.n;
            total.x += times * sums.x;
            total.y += times * sums.y;
            total.squares += times * sums.squares;
        }
        total
    }

    /// Returns properties of the data for the report.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.outliers > 0 {
            notes.push(format!("{} values far from both neighbours are outliers and left out", self.outliers));
        }
        if self.clipped > 0 {
            notes.push(format!("{} steps at an end of the window are left out", self.clipped));
        }
        if self.left_out > 0 {
            notes
                .push(format!("{} steps are left out because others from the same state reach the end", self.left_out));
        }
        if self.fast > 0 {
            notes.push(format!(
                "{} cells cross half of the window in one pulse and are left out: gains vary at least as much as stated",
                self.fast
            ));
        }
        notes
    }
}

/// Steps of a table.
struct Found {
    measured: Vec<Measured>,
    /// Number of steps that start at an end of the window.
    at_ends: usize,
    /// Number of values that are outliers.
    outliers: usize,
}

/// Returns the steps of `table` that start inside `window`, µS. Outliers are left out.
fn measured(table: &Table, (low, high): (f64, f64)) -> Found {
    let (span, by_pulse) = (high - low, |row: usize| f64::from(table.pulse[row]));
    let inside = |g: f64| g > low + 1e-6 * span && g < high - 1e-6 * span;
    let (mut found, mut at_ends, mut outliers) = (Vec::new(), 0, 0);
    for mut rows in table.series(Some(&by_pulse)) {
        let values: Vec<f64> = rows.iter().map(|&row| table.value[row as usize]).collect();
        let spikes = spikes(&values);
        outliers += spikes.iter().filter(|spike| **spike).count();
        let mut spikes = spikes.into_iter();
        rows.retain(|_| spikes.next() == Some(false));
        let mut before: Option<bool> = None;
        for pair in rows.windows(2) {
            let [from, to] = [pair[0] as usize, pair[1] as usize];
            let (up, successive) = (table.up[to], table.pulse[to] == table.pulse[from] + 1);
            if !successive || !inside(table.value[from]) {
                at_ends += usize::from(successive);
                before = None;
                continue;
            }
            let sign = if up { 1.0 } else { -1.0 };
            let x = (table.value[from] - low) / span;
            let y = sign * (table.value[to] - table.value[from]) / span;
            let step = Step { cell: table.cell[to], up, follows: before == Some(up), x, y };
            found.push(Measured { step, at_end: !inside(table.value[to]) });
            before = Some(up);
        }
    }
    Found { measured: found, at_ends, outliers }
}

/// Returns which of `cells` cells reach an end of the window from the other half of it in more than a few pulses.
fn fast(measured: &[Measured], cells: usize) -> Vec<bool> {
    let mut counts = vec![(0.0, 0.0); cells];
    for one in measured.iter().filter(|one| (one.step.x < 0.5) == one.step.up) {
        let (n, at_end) = &mut counts[one.step.cell as usize];
        *n += 1.0;
        *at_end += f64::from(u8::from(one.at_end));
    }
    counts.into_iter().map(|(n, at_end)| at_end > FAST * n).collect()
}

/// Returns the bin of a state.
pub(super) fn bin(x: f64) -> usize {
    ((x * BINS as f64) as usize).min(BINS - 1)
}

/// Returns the means of bins with enough steps.
pub(super) fn bin_means(sums: &[BinSums]) -> Vec<BinMean> {
    let total: f64 = sums.iter().map(|bin| bin.n).sum();
    let scale = sums.iter().map(|bin| bin.y).sum::<f64>().abs() / total.max(1.0);
    let used = || sums.iter().filter(|bin| bin.n >= LEAST);
    let spread = |bin: &BinSums| (bin.squares - bin.y * bin.y / bin.n).max(0.0);
    let pooled = used().map(spread).sum::<f64>() / used().map(|bin| bin.n - 1.0).sum::<f64>();
    let mean = |bin: &BinSums| {
        let variance = (spread(bin) + PRIOR * pooled) / (bin.n - 1.0 + PRIOR);
        let error = (variance.max((RESOLUTION * scale).powi(2)) / bin.n).sqrt();
        BinMean { x: bin.x / bin.n, y: bin.y / bin.n, error, n: bin.n as usize }
    };
    used().map(mean).collect()
}
