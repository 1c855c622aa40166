//! Persistent differences between cells against differences between writes of one cell.
//!
//! ```text
//! w = (G - T) / (T - S)       relative error of the change asked for, from the start S of the write
//! w = (G - T) / T             without the starts of writes
//! sigma²_writes = MSW,  sigma²_cells = V - MSW mean(1 / n)       one-way random effects
//! ```
//!
//! V is the variance of the means of cells with n writes each, per target. Searle, Casella and McCulloch, *Variance Components* (1992),
//! chapter 3. V comes from winsorised moments of the means, on which 3 % of outlier cells anywhere have an influence of 9 %
//! (../winsorised.rs). Cells differ if V over its noise is improbable under the F distribution, with the degrees of freedom that
//! winsorised moments leave; at one target, or at all targets together (pooled.rs). gain.rs finds the gain of the steps that explains the spread at all targets.

mod gain;
mod law;
mod pooled;
mod report;

use statrs::distribution::{ContinuousCDF, FisherSnedecor};

use crate::normal::fisher;
use crate::sample::{Sample, robust};
use crate::truncated::{Bounds, Sums as Moments};
use crate::winsorised::{Clip, Winsorised};
use crate::writes::{Ends, WriteRow, WriteRows};
use gain::Start;

/// Robust standard deviations beyond which a write is an outlier. That takes as much from V as from MSW.
const OUTLIER: f64 = 3.0;
/// Winsorising points of the means of cells, standard deviations.
const WINSOR: f64 = 1.25;
/// Variance of V relative to that of the variance of a sample, 1.28².
const LESS_INFORMATION: f64 = 1.64;
/// Largest fraction of writes at an end of the window that leaves the differences between cells.
const CLIPPED: f64 = 0.01;
/// Probability of such means of equal cells below which cells differ.
const IMPROBABLE: f64 = 1e-4;
/// Standard errors of a median over cells from which writes have an offset from their target.
const OFFSET: f64 = 4.0;
/// Standard error of the median of n normal values of variance 1, times the root of n: sqrt(pi / 2).
const OF_MEDIAN: f64 = 1.2533;
/// Smallest distance of a target from Gmin, relative to the target, for the gain.
const MIN_CHANGE: f64 = 0.05;

/// Writes of one cell to one target.
#[derive(Clone, Copy, Debug, Default)]
struct Cell {
    n: f64,
    v: f64,
    w: f64,
    ww: f64,
    /// Sum of the changes asked for, µS, or of the targets without starts.
    change: f64,
}

/// Sums over the cells of one target.
#[derive(Clone, Copy, Debug)]
struct Sums {
    cells: f64,
    n: f64,
    /// Sum of 1 / n over cells.
    inverse: f64,
    within: f64,
    /// Sums of the winsorised means of cells.
    means: Moments,
    clip: Clip,
    change: f64,
}

impl Sums {
    /// Creates sums of no cells, with winsorising points of their means.
    fn new(clip: Clip) -> Sums {
        Sums { cells: 0.0, n: 0.0, inverse: 0.0, within: 0.0, means: Moments::default(), clip, change: 0.0 }
    }

    fn push(&mut self, cell: &Cell) {
        let mean = cell.w / cell.n;
        self.cells += 1.0;
        self.n += cell.n;
        self.inverse += 1.0 / cell.n;
        self.within += (cell.ww - cell.n * mean * mean).max(0.0);
        self.means.push_weighted(self.clip.of(mean), 1.0);
        self.change += cell.change;
    }

    fn add(&mut self, other: &Sums, times: f64) {
        self.cells += times * other.cells;
        self.n += times * other.n;
        self.inverse += times * other.inverse;
        self.within += times * other.within;
        self.means.add(&other.means.times(times));
        self.change += times * other.change;
    }

    /// Returns V, 0 if most means are equal.
    fn of_means(&self) -> f64 {
        let bounds = Bounds::truncated(f64::NEG_INFINITY, f64::INFINITY);
        let sigma = Winsorised { bounds, clip: self.clip }.estimate(&self.means).map_or(0.0, |estimate| estimate.1);
        sigma * sigma * self.cells / (self.cells - 1.0)
    }

    /// Returns MSW.
    fn of_writes(&self) -> f64 {
        self.within / (self.n - self.cells)
    }

    /// Returns the variance over cells, which may be negative.
    fn variance(&self) -> f64 {
        self.of_means() - self.noise()
    }

    /// Returns the variance that writes add to the means of cells.
    fn noise(&self) -> f64 {
        self.of_writes() * self.inverse / self.cells
    }

    /// Returns the squared standard error of [`Sums::variance`], with V of the data or of the `expected` variance.
    fn error(&self, expected: Option<f64>) -> f64 {
        let noise = self.noise();
        let of_means = expected.map_or_else(|| self.of_means(), |expected| expected.max(0.0) + noise);
        let (of_cells, of_writes) = ((self.cells - 1.0) / LESS_INFORMATION, self.n - self.cells);
        2.0 * (of_means * of_means / of_cells + noise * noise / of_writes)
    }

    /// Returns the probability of such different means of equal cells.
    fn probability(&self) -> f64 {
        let f = FisherSnedecor::new((self.cells - 1.0) / LESS_INFORMATION, self.n - self.cells);
        let noise = self.noise();
        f.map_or(1.0, |f| if noise > 0.0 { f.sf(self.of_means() / noise) } else { 0.0 })
    }

    /// Returns the variance over cells from which on their means have less than this `probability`, if cells are equal.
    fn least(&self, probability: f64) -> f64 {
        let f = fisher((self.cells - 1.0) / LESS_INFORMATION, self.n - self.cells, 1.0 - probability);
        self.noise() * (f - 1.0)
    }

    /// Returns the mean change asked for, µS, or the mean target without starts.
    fn unit(&self) -> f64 {
        self.change / self.n
    }
}

/// Differences between cells, by target.
#[derive(Clone, Debug)]
pub(crate) struct CellToCell {
    /// Bin, cell and sums of all writes of that cell, in this order.
    cells: Vec<(u32, u32, Cell)>,
    targets: Vec<f64>,
    /// Whether the window clips writes to a target.
    clipped: Vec<bool>,
    /// Gmin of the window, µS.
    floor: f64,
    start: Start,
}

impl CellToCell {
    /// Sums the writes of each cell; `floor` is Gmin, µS, which is `known` or an estimate, and `ends` are the ends of the window that
    /// clip writes.
    pub fn new(writes: &WriteRows, (floor, known): (f64, bool), ends: Ends) -> CellToCell {
        let targets = writes.bins.centres.clone();
        let regular = |row: &&WriteRow| is_regular(writes, row.bin as usize, row.v);
        let mut rows: Vec<&WriteRow> = writes.rows.iter().filter(regular).collect();
        let place = |row: &WriteRow| (row.bin, row.cell);
        rows.sort_by_key(|row| place(row));
        let mut cells = Vec::new();
        for of_cell in rows.chunk_by(|a, b| place(a) == place(b)) {
            let mut sums = Cell::default();
            for row in of_cell {
                let target = row.target();
                let change = target - row.start.unwrap_or(0.0);
                if change.abs() < MIN_CHANGE * target {
                    continue;
                }
                let w = (row.conductance - target) / change;
                sums.n += 1.0;
                (sums.v, sums.w, sums.ww) = (sums.v + row.v, sums.w + w, sums.ww + w * w);
                sums.change += change;
            }
            if sums.n > 0.0 {
                cells.push((of_cell[0].bin, of_cell[0].cell, sums));
            }
        }
        let clipped = clipped(writes, ends);
        let start = match (writes.rows.iter().all(|row| row.start.is_some()), known) {
            (true, _) => Start::OfWrites,
            (false, true) => Start::At(floor),
            (false, false) => Start::UpTo(floor),
        };
        CellToCell { cells, targets, clipped, floor, start }
    }

    /// Returns the sums of `cell` in `bin`.
    fn of(&self, bin: u32, cell: u32) -> Option<&Cell> {
        let place = self.cells.binary_search_by_key(&(bin, cell), |found| (found.0, found.1)).ok()?;
        Some(&self.cells[place].2)
    }

    /// Returns the sums of each target by group of the cells that are `used`.
    fn by_group(&self, sample: &Sample, used: impl Fn(usize) -> bool) -> Vec<Vec<Sums>> {
        let mut means: Vec<Vec<f64>> = vec![Vec::new(); self.targets.len()];
        self.cells.iter().for_each(|(bin, _, cell)| means[*bin as usize].push(cell.w / cell.n));
        let of_bin = |means: &mut Vec<f64>| {
            let (centre, spread) = robust(means);
            let clip = Clip { low: centre - WINSOR * spread, high: centre + WINSOR * spread };
            vec![Sums::new(clip); sample.groups]
        };
        let mut sums: Vec<Vec<Sums>> = means.iter_mut().map(of_bin).collect();
        for (bin, cell, writes) in self.cells.iter().filter(|cell| used(cell.1 as usize)) {
            sums[*bin as usize][sample.group[*cell as usize] as usize].push(writes);
        }
        sums
    }

    /// Returns the centres of v by bin: 0, the target, unless the median over cells is further away than the differences between cells explain.
    fn centres(&self, writes: &WriteRows) -> Vec<f64> {
        let mut means: Vec<Vec<f64>> = vec![Vec::new(); self.targets.len()];
        self.cells.iter().for_each(|(bin, _, cell)| means[*bin as usize].push(cell.v / cell.n));
        let centre = |(means, of_writes): (&mut Vec<f64>, &(f64, f64))| {
            let error = OF_MEDIAN * robust(means).1 / (means.len() as f64).sqrt();
            if of_writes.0.abs() < OFFSET * error { 0.0 } else { of_writes.0 }
        };
        means.iter_mut().zip(&writes.robust).map(centre).collect()
    }

    /// Returns `writes` with their deviations from the mean of their cell, if cells differ: the spread over writes.
    pub fn within(&self, mut writes: WriteRows) -> WriteRows {
        let centres = self.centres(&writes);
        let regular: Vec<bool> = writes.rows.iter().map(|row| is_regular(&writes, row.bin as usize, row.v)).collect();
        // A clipped write tells nothing of the mean of its cell. Without any other target, all writes stay as they are.
        if self.clipped.contains(&false) {
            for row in &mut writes.rows {
                row.weight *= f64::from(u8::from(!self.clipped[row.bin as usize]));
            }
        }
        for (row, regular) in writes.rows.iter_mut().zip(regular) {
            if self.clipped[row.bin as usize] {
                continue;
            }
            // An outlier keeps its deviation, and a single write has none.
            let Some(cell) = self.of(row.bin, row.cell).filter(|_| regular) else { continue };
            if cell.n < 2.0 {
                row.weight = 0.0;
                continue;
            }
            row.v = centres[row.bin as usize] + (row.v - cell.v / cell.n) * (cell.n / (cell.n - 1.0)).sqrt();
            row.weight = (cell.n - 1.0) / cell.n;
        }
        let all = writes.rows.len();
        writes.rows.retain(|row| row.weight > 0.0);
        writes.left_out = all - writes.rows.len();
        writes.update();
        writes
    }
}

/// Returns whether more than a few writes to a target are at an end of the window.
fn clipped(writes: &WriteRows, ends: Ends) -> Vec<bool> {
    let mut counts = vec![(0.0, 0.0); writes.bins.count()];
    for row in &writes.rows {
        let (n, at_end) = &mut counts[row.bin as usize];
        *n += 1.0;
        *at_end += f64::from(u8::from(ends.are_at(row.conductance)));
    }
    counts.into_iter().map(|(n, at_end)| at_end > CLIPPED * n).collect()
}

fn is_regular(writes: &WriteRows, bin: usize, v: f64) -> bool {
    let (centre, spread) = writes.robust[bin];
    (v - centre).abs() <= OUTLIER * spread
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cell means at even probabilities of N(1, 0.3²), and two writes per cell that differ by 0.2: MSW = 0.02, and V = 0.09.
    #[test]
    fn components_follow_from_means_and_differences() {
        let spread = 0.3;
        let (centre, count) = (1.0, 2000);
        let of = |outliers: usize| {
            let mut sums = Sums::new(Clip { low: centre - WINSOR * spread, high: centre + WINSOR * spread });
            for k in 0..count {
                let mean =
                    centre + spread * crate::normal::quantile((f64::from(k as u32) + 0.5) / f64::from(count as u32));
                let mean = if (k * 7919) % count < outliers { 5.0 } else { mean };
                sums.push(&Cell { n: 2.0, v: 0.0, w: 2.0 * mean, ww: 2.0 * mean * mean + 0.02, change: 0.0 });
            }
            sums
        };
        let clean = of(0);
        assert!((clean.of_writes() - 0.02).abs() < 1e-9 && (clean.noise() - 0.01).abs() < 1e-9);
        assert!(
            (clean.variance() / 0.08 - 1.0).abs() < 0.005 && clean.probability() < IMPROBABLE,
            "{}",
            clean.variance()
        );
        // 3 % of outlier cells far away: 4.2 % in the standard deviation of the means.
        let shift = (of(60).of_means() / clean.of_means()).sqrt() - 1.0;
        assert!((shift - 0.042).abs() < 0.004, "{shift}");
    }
}
