//! Steps between successive values of a pulse train.

use super::rounding::rounding;
use super::spikes::spikes;
use crate::sample::{Sample, median};
use crate::table::Table;

/// Bins of the state.
pub(super) const BINS: usize = 30;
/// Smallest number of steps of a bin.
const MIN_STEPS: f64 = 5.0;
/// Number of steps with the variance of all bins that enter that of each: a few steps may be equal by chance, and would then
/// outweigh all others.
const PRIOR: f64 = 10.0;
/// Fraction of the steps of a bin that may end at an end of the window: without them, the mean of the others is too small.
const CLIPPED: f64 = 0.005;
/// Fraction of the pulses of a cell across half of the window from which the cell is too fast.
const FAST: f64 = 0.1;
/// Fraction of the change of most cells from which a cell is still.
const STILL: f64 = 0.05;
/// Smallest variance of a mean of successive steps over that of independent ones.
const MIN_MEAN: f64 = 0.05;
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
    /// Whether the step before ended at the read at which this one starts.
    pub linked: bool,
    /// State before the pulse, 0 to 1.
    pub x: f64,
    /// The same as foreseen from the read before, if reads are noisy: independent of the noise of x and y.
    pub foreseen: f64,
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
    /// Number of pairs of successive steps, and sum of their products, if reads are noisy.
    pairs: [f64; 2],
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
    /// Conductance at state 0 over the width of the window.
    pub offset: f64,
    /// Whether states are foreseen from earlier reads.
    pub foreseen: bool,
    /// Variance of the error of a rounded read, fraction of the window squared; 0 for values that are not rounded.
    pub rounding: f64,
    clipped: usize,
    left_out: usize,
    fast: usize,
    still: usize,
    outliers: usize,
}

/// A step before those that the window bends are left out.
#[derive(Clone, Copy, Debug)]
struct Measured {
    step: Step,
    /// Whether it starts at an end of the window.
    from_end: bool,
    /// Whether it ends at an end of the window.
    at_end: bool,
}

/// Pulse trains of a table.
#[derive(Clone, Debug)]
pub(super) struct Trains {
    measured: Vec<Measured>,
    /// Number of values that are outliers.
    outliers: usize,
    offset: f64,
    rounding: f64,
    group: Vec<u32>,
    groups: usize,
}

impl Trains {
    /// Returns the trains of `table` in `window`, µS. Outliers are left out.
    pub fn new(table: &Table, (low, high): (f64, f64), sample: &Sample) -> Trains {
        let (measured, outliers) = measured(table, (low, high));
        Trains {
            measured,
            outliers,
            offset: low / (high - low),
            rounding: rounding(&table.value, (low, high)),
            group: sample.group.clone(),
            groups: sample.groups,
        }
    }

    /// Returns the steps.
    ///
    /// Steps that start at an end of the window are left out, and all steps from states where many end there: a choice by the state
    /// before a pulse does not depend on the step. Where few end there, they count as measured: without them, the others would be
    /// too small or, for steps against their direction, too large. Cells that cross half of the window in one pulse are left out.
    pub fn steps(&self) -> Steps {
        self.inside(self.measured.iter().map(|one| (*one, one.from_end)).collect(), false)
    }

    /// Returns the steps with the states before them as `next` foresees them from the step before. Steps without one are left
    /// out: a state that is read at the start of a step has the noise of the step, and a choice by it biases the mean step.
    pub fn foreseen(&self, next: impl Fn(&Step) -> f64) -> Steps {
        let mut measured = Vec::with_capacity(self.measured.len());
        let mut before: Option<Step> = None;
        for one in &self.measured {
            let from = before.filter(|_| one.step.linked);
            let foreseen = from.as_ref().map_or(one.step.x, &next);
            measured.push((Measured { step: Step { foreseen, ..one.step }, ..*one }, from.is_none()));
            before = Some(one.step);
        }
        self.inside(measured, true)
    }

    /// Returns the steps that the window does not bend, of those with a mark whether they are left out.
    fn inside(&self, measured: Vec<(Measured, bool)>, foreseen: bool) -> Steps {
        let fast = fast(&self.measured, self.group.len());
        let mut ends = [[(0.0, 0.0); BINS]; 2];
        for (one, out) in &measured {
            if !out && !fast[one.step.cell as usize] {
                let (n, at_end) = &mut ends[usize::from(!one.step.up)][bin(one.step.foreseen)];
                *n += 1.0;
                *at_end += f64::from(u8::from(one.at_end));
            }
        }
        let bent = |step: &Step| {
            let (n, at_end) = ends[usize::from(!step.up)][bin(step.foreseen)];
            at_end > CLIPPED * n
        };
        let mut steps = Steps {
            all: Vec::with_capacity(measured.len()),
            group: self.group.clone(),
            groups: self.groups,
            offset: self.offset,
            foreseen,
            rounding: self.rounding,
            clipped: 0,
            left_out: 0,
            fast: fast.iter().filter(|fast| **fast).count(),
            still: still(&self.measured, self.group.len()),
            outliers: self.outliers,
        };
        let mut gap = false;
        for (Measured { mut step, at_end, from_end }, out) in measured {
            (step.follows, step.linked) = (step.follows && !gap, step.linked && !gap);
            gap = out || bent(&step) || fast[step.cell as usize];
            if !gap {
                steps.all.push(step);
            } else if at_end || from_end {
                steps.clipped += 1;
            } else if !out {
                steps.left_out += 1;
            }
        }
        steps
    }
}

impl Steps {
    /// Returns the steps divided by the `gain` of their cell.
    pub fn divided_by(&self, gain: impl Fn(&Step) -> f64) -> Steps {
        let mut divided = self.clone();
        for step in &mut divided.all {
            step.y /= gain(step);
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
        let mut last = (0.0, usize::MAX);
        for step in self.all.iter().filter(|step| used(step.cell as usize)) {
            let group = self.group[step.cell as usize] as usize;
            let place = (group * 2 + usize::from(!step.up)) * BINS + bin(step.foreseen);
            let sum = &mut sums[place];
            if self.foreseen && step.follows && last.1 == place {
                sum.pairs = [sum.pairs[0] + 1.0, sum.pairs[1] + step.y * last.0];
            }
            last = (step.y, place);
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
            total.pairs = [0, 1].map(|kind| total.pairs[kind] + times * sums.pairs[kind]);
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
        if self.still > 0 {
            notes.push(format!(
                "{} cells change by less than a twentieth of most: they count as cells with a small gain, so leave them out if \
                 they are stuck",
                self.still
            ));
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

/// Returns the steps of `table`, and the number of values that are outliers and left out; window in µS.
fn measured(table: &Table, (low, high): (f64, f64)) -> (Vec<Measured>, usize) {
    let (span, by_pulse) = (high - low, |row: usize| f64::from(table.pulse[row]));
    let inside = |g: f64| g > low + 1e-6 * span && g < high - 1e-6 * span;
    let (mut found, mut outliers) = (Vec::new(), 0);
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
            if !successive {
                before = None;
                continue;
            }
            let sign = if up { 1.0 } else { -1.0 };
            let x = (table.value[from] - low) / span;
            let y = sign * (table.value[to] - table.value[from]) / span;
            let (follows, linked) = (before == Some(up), before.is_some());
            let step = Step { cell: table.cell[to], up, follows, linked, x, foreseen: x, y };
            let (from_end, at_end) = (!inside(table.value[from]), !inside(table.value[to]));
            found.push(Measured { step, from_end, at_end });
            before = Some(up);
        }
    }
    (found, outliers)
}

/// Returns which of `cells` cells reach an end of the window from the other half of it in more than a few pulses.
fn fast(measured: &[Measured], cells: usize) -> Vec<bool> {
    let mut counts = vec![(0.0, 0.0); cells];
    for one in measured.iter().filter(|one| !one.from_end && (one.step.x < 0.5) == one.step.up) {
        let (n, at_end) = &mut counts[one.step.cell as usize];
        *n += 1.0;
        *at_end += f64::from(u8::from(one.at_end));
    }
    counts.into_iter().map(|(n, at_end)| at_end > FAST * n).collect()
}

/// Returns how many cells hardly change over all of their pulses.
fn still(measured: &[Measured], cells: usize) -> usize {
    let mut ends = vec![(f64::INFINITY, f64::NEG_INFINITY); cells];
    for Measured { step, .. } in measured {
        let end = &mut ends[step.cell as usize];
        let after = step.x + if step.up { step.y } else { -step.y };
        *end = (end.0.min(step.x).min(after), end.1.max(step.x).max(after));
    }
    let mut changes: Vec<f64> = ends.iter().map(|end| end.1 - end.0).filter(|change| *change >= 0.0).collect();
    let most = STILL * median(&mut changes);
    changes.iter().filter(|change| **change < most).count()
}

/// Returns the bin of a state.
pub(super) fn bin(x: f64) -> usize {
    ((x * BINS as f64) as usize).min(BINS - 1)
}

/// Returns the means of bins with enough steps.
pub(super) fn bin_means(sums: &[BinSums]) -> Vec<BinMean> {
    let total: f64 = sums.iter().map(|bin| bin.n).sum();
    let scale = sums.iter().map(|bin| bin.y).sum::<f64>().abs() / total.max(1.0);
    let used = || sums.iter().filter(|bin| bin.n >= MIN_STEPS);
    let spread = |bin: &BinSums| (bin.squares - bin.y * bin.y / bin.n).max(0.0);
    let pooled = used().map(spread).sum::<f64>() / used().map(|bin| bin.n - 1.0).sum::<f64>();
    let mean = |bin: &BinSums| {
        let variance = (spread(bin) + PRIOR * pooled) / (bin.n - 1.0 + PRIOR);
        // Reads between two steps enter both with opposite signs, so that the mean of many is known better than their scatter tells.
        let [pairs, products] = bin.pairs;
        let covariance = if pairs > 0.0 { products / pairs - (bin.y / bin.n).powi(2) } else { 0.0 };
        let variance = (variance + 2.0 * covariance.min(0.0) * pairs / bin.n).max(MIN_MEAN * variance);
        let error = (variance.max((RESOLUTION * scale).powi(2)) / bin.n).sqrt();
        BinMean { x: bin.x / bin.n, y: bin.y / bin.n, error, n: bin.n as usize }
    };
    used().map(mean).collect()
}
