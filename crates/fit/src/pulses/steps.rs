//! Steps between successive values of a pulse train.

use crate::sample::Sample;
use crate::table::Table;

/// Bins of the state.
pub(super) const BINS: usize = 30;
/// Smallest number of steps of a bin.
const LEAST: f64 = 5.0;
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
}

impl Steps {
    /// Returns the steps of `table` in `window`, µS. Steps that start or end at an end of the window are left out.
    pub fn new(table: &Table, (low, high): (f64, f64), sample: &Sample) -> Steps {
        let (span, by_pulse) = (high - low, |row: usize| f64::from(table.pulse[row]));
        let (mut all, mut clipped) = (Vec::new(), 0);
        let inside = |g: f64| g > low + 1e-6 * span && g < high - 1e-6 * span;
        for rows in table.series(Some(&by_pulse)) {
            let mut before: Option<bool> = None;
            for pair in rows.windows(2) {
                let [from, to] = [pair[0] as usize, pair[1] as usize];
                let up = table.up[to];
                if table.pulse[to] != table.pulse[from] + 1 {
                    before = None;
                    continue;
                }
                if !inside(table.value[to]) || !inside(table.value[from]) {
                    clipped += 1;
                    before = None;
                    continue;
                }
                let sign = if up { 1.0 } else { -1.0 };
                let x = (table.value[from] - low) / span;
                let y = sign * (table.value[to] - table.value[from]) / span;
                all.push(Step { cell: table.cell[to], up, follows: before == Some(up), x, y });
                before = Some(up);
            }
        }
        Steps { all, group: sample.group.clone(), groups: sample.groups, clipped }
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
        let steps = self.clipped;
        if steps == 0 { Vec::new() } else { vec![format!("{steps} steps at an end of the window are left out")] }
    }
}

/// Returns the bin of a state.
pub(super) fn bin(x: f64) -> usize {
    ((x * BINS as f64) as usize).min(BINS - 1)
}

/// Returns the means of bins with enough steps.
pub(super) fn bin_means(sums: &[BinSums]) -> Vec<BinMean> {
    let total: f64 = sums.iter().map(|bin| bin.n).sum();
    let scale = sums.iter().map(|bin| bin.y).sum::<f64>().abs() / total.max(1.0);
    let mean = |bin: &BinSums| {
        let (x, y) = (bin.x / bin.n, bin.y / bin.n);
        let variance = (bin.squares / bin.n - y * y).max((RESOLUTION * scale).powi(2)) / (bin.n - 1.0);
        BinMean { x, y, error: variance.sqrt(), n: bin.n as usize }
    };
    sums.iter().filter(|bin| bin.n >= LEAST).map(mean).collect()
}
