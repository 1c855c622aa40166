//! Persistent differences between cells against differences between writes of one cell.
//!
//! ```text
//! w = (G - T) / (T - S)       relative error of the change asked for; S is the start of the write, Gmin if unknown
//! sigma²_writes = MSW,  sigma²_cells = V - MSW mean(1 / n)       one-way random effects
//! ```
//!
//! V is the variance of the means of cells with n writes each, per target. Searle, Casella and McCulloch, *Variance Components* (1992),
//! chapter 3. A gain of the steps of each cell makes sigma_cells equal at all targets. V comes from winsorised moments of the means, on
//! which 3 % of outlier cells anywhere have an influence of 9 % (../winsorised.rs). The gain weighs targets by 1 / V²: where writes scatter
//! more than cells differ, that would be a multiple of sigma²_cells.

use std::collections::BTreeSet;

use ohmspike_crossbar::device::{DeviceToDeviceSpec, StepGainKind};

use crate::interval::{Scale, with_interval};
use crate::options::Mechanism;
use crate::outcome::{Fitted, Outcome};
use crate::report::{FittedNumber, MechanismFit};
use crate::sample::{LEAST_CELLS, Sample, robust, signed_root};
use crate::truncated::{Bounds, Sums as Moments};
use crate::winsorised::{Clip, Winsorised};
use crate::writes::{Ends, WriteRow, WriteRows};

/// Robust standard deviations beyond which a write is an outlier. That takes as much from V as from MSW.
const OUTLIER: f64 = 3.0;
/// Winsorising points of the means of cells, standard deviations.
const WINSOR: f64 = 1.25;
/// Variance of V relative to that of the variance of a sample, 1.28².
const LESS_INFORMATION: f64 = 1.64;
/// Largest fraction of writes at an end of the window that leaves the differences between cells.
const CLIPPED: f64 = 0.01;
/// Standard errors of the ratio of mean squares from which cells differ.
const SIGNIFICANT: f64 = 4.0;
/// Smallest distance of a target from Gmin, relative to the target, for the gain.
const LEAST_CHANGE: f64 = 0.05;

/// Writes of one cell to one target.
#[derive(Clone, Copy, Debug, Default)]
struct Cell {
    n: f64,
    v: f64,
    w: f64,
    ww: f64,
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
}

impl Sums {
    /// Creates sums of no cells, with winsorising points of their means.
    fn new(clip: Clip) -> Sums {
        Sums { cells: 0.0, n: 0.0, inverse: 0.0, within: 0.0, means: Moments::default(), clip }
    }

    fn push(&mut self, cell: &Cell) {
        let mean = cell.w / cell.n;
        self.cells += 1.0;
        self.n += cell.n;
        self.inverse += 1.0 / cell.n;
        self.within += (cell.ww - cell.n * mean * mean).max(0.0);
        self.means.push_weighted(self.clip.of(mean), 1.0);
    }

    fn add(&mut self, other: &Sums, times: f64) {
        self.cells += times * other.cells;
        self.n += times * other.n;
        self.inverse += times * other.inverse;
        self.within += times * other.within;
        self.means.add(&other.means.times(times));
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

    fn differ(&self) -> bool {
        let error = (LESS_INFORMATION * 2.0 / (self.cells - 1.0) + 2.0 / (self.n - self.cells)).sqrt();
        self.cells >= LEAST_CELLS as f64 && self.of_means() > self.noise() * (1.0 + SIGNIFICANT * error)
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
    floor: f64,
    /// Whether the starts of all writes are known.
    starts: bool,
}

impl CellToCell {
    /// Sums the writes of each cell; `floor` is Gmin, µS, and `ends` are the ends of the window that clip writes.
    pub fn new(writes: &WriteRows, floor: f64, ends: Ends) -> CellToCell {
        let targets = writes.bins.centres.clone();
        let regular = |row: &&WriteRow| is_regular(writes, row.bin as usize, row.v);
        let mut rows: Vec<&WriteRow> = writes.rows.iter().filter(regular).collect();
        let place = |row: &WriteRow| (row.bin, row.cell);
        rows.sort_by_key(|row| place(row));
        let mut cells = Vec::new();
        for of_cell in rows.chunk_by(|a, b| place(a) == place(b)) {
            let mut sums = Cell::default();
            for row in of_cell {
                let target = row.conductance / row.v.exp();
                let change = target - row.start.unwrap_or(floor);
                if change.abs() < LEAST_CHANGE * target {
                    continue;
                }
                let w = (row.conductance - target) / change;
                sums = Cell { n: sums.n + 1.0, v: sums.v + row.v, w: sums.w + w, ww: sums.ww + w * w };
            }
            if sums.n > 0.0 {
                cells.push((of_cell[0].bin, of_cell[0].cell, sums));
            }
        }
        let clipped = clipped(writes, ends);
        let starts = writes.rows.iter().all(|row| row.start.is_some());
        CellToCell { cells, targets, clipped, floor, starts }
    }

    /// Returns the sums of `cell` in `bin`.
    fn of(&self, bin: u32, cell: u32) -> Option<&Cell> {
        let place = self.cells.binary_search_by_key(&(bin, cell), |found| (found.0, found.1)).ok()?;
        Some(&self.cells[place].2)
    }

    /// Returns the sums of each target by group of cells.
    fn by_group(&self, sample: &Sample) -> Vec<Vec<Sums>> {
        let mut means: Vec<Vec<f64>> = vec![Vec::new(); self.targets.len()];
        self.cells.iter().for_each(|(bin, _, cell)| means[*bin as usize].push(cell.w / cell.n));
        let of_bin = |means: &mut Vec<f64>| {
            let (centre, spread) = robust(means);
            let clip = Clip { low: centre - WINSOR * spread, high: centre + WINSOR * spread };
            vec![Sums::new(clip); sample.groups]
        };
        let mut sums: Vec<Vec<Sums>> = means.iter_mut().map(of_bin).collect();
        for (bin, cell, writes) in &self.cells {
            sums[*bin as usize][sample.group[*cell as usize] as usize].push(writes);
        }
        sums
    }

    /// Returns `writes` with their deviations from the mean of their cell, if cells differ: the spread over writes.
    pub fn within(&self, mut writes: WriteRows) -> WriteRows {
        let centres: Vec<f64> = writes.robust.iter().map(|robust| robust.0).collect();
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
        writes.rows.retain(|row| row.weight > 0.0);
        writes.update_robust();
        writes
    }

    /// Fits the gain of cells.
    pub fn fit(&self, sample: &Sample) -> Outcome<DeviceToDeviceSpec> {
        let by_group = self.by_group(sample);
        let total = |drawn: &[f64], bin: usize| {
            let mut sums = Sums::new(by_group[bin][0].clip);
            by_group[bin].iter().zip(drawn).for_each(|(group, &times)| sums.add(group, times));
            sums
        };
        let everyone = vec![1.0; sample.groups];
        let repeated = |bin: &usize| {
            let sums = total(&everyone, *bin);
            sums.cells >= LEAST_CELLS as f64 && sums.n > 1.2 * sums.cells
        };
        let far =
            |bin: &usize| self.targets[*bin] - self.floor > LEAST_CHANGE * self.targets[*bin] && !self.clipped[*bin];
        let used: Vec<usize> = (0..self.targets.len()).filter(repeated).filter(far).collect();
        if used.is_empty() {
            return Err(format!("expected at least {LEAST_CELLS} cells with 2 writes to one target"));
        }
        if !used.iter().any(|&bin| total(&everyone, bin).differ()) {
            return Err("cells do not differ by more than writes of one cell".to_owned());
        }
        let weights = weights(&used.iter().map(|&bin| total(&everyone, bin)).collect::<Vec<_>>());
        // The mean over targets, weighted with the number of cells and the information of each.
        let mean = |drawn: &[f64], of: fn(&Sums) -> f64| {
            let sums = used.iter().zip(&weights).map(|(&bin, weight)| (total(drawn, bin), weight));
            let add = |(sum, weights), (sums, weight): (Sums, &f64)| {
                (sum + weight * sums.cells * of(&sums), weights + weight * sums.cells)
            };
            let (sum, weights) = sums.fold((0.0, 0.0), add);
            sum / weights
        };
        let sigma = |drawn: &[f64]| signed_root(mean(drawn, Sums::variance));
        let value = sigma(&everyone);
        let draws: Vec<f64> =
            sample.bootstrap(|drawn| Some(vec![sigma(drawn)])).into_iter().map(|draw| draw[0]).collect();
        let n = used.iter().map(|&bin| total(&everyone, bin).n as usize).sum();
        let of_used = self.cells.iter().filter(|cell| used.contains(&(cell.0 as usize)));
        let cells: BTreeSet<u32> = of_used.map(|cell| cell.1).collect();
        let key = ("device_to_device.step_gain_sigma", "");
        let scale = Scale::spread(cells.len() as f64 - 1.0, mean(&everyone, Sums::noise));
        let mut numbers = vec![with_interval(key, value, &draws, scale, (n, cells.len()))];
        numbers.extend(self.of_targets(&used, sample, total));
        let fit = MechanismFit {
            mechanism: Mechanism::CellToCell,
            law: "normal",
            method: "one-way random effects over cells and writes, with winsorised means of cells, as a gain of the change from \
                     Gmin to the target; intervals by bootstrap over cells"
                .to_owned(),
            numbers,
            candidates: Vec::new(),
            quality: None,
            plot: None,
            notes: if self.starts { vec![] } else { vec!["writes are assumed to start at Gmin".to_owned()] },
        };
        let section = DeviceToDeviceSpec {
            step_gain: Some(StepGainKind::Normal),
            step_gain_sigma: Some(value.clamp(0.0, 3.0)),
            ..DeviceToDeviceSpec::default()
        };
        Ok(Fitted { fit, section, withheld: None })
    }

    /// Returns the standard deviations over cells at the targets `used`, µS; `total` adds up the drawn groups of a target.
    fn of_targets(&self, used: &[usize], sample: &Sample, total: impl Fn(&[f64], usize) -> Sums) -> Vec<FittedNumber> {
        let of_bins: Vec<Vec<f64>> =
            sample.bootstrap(|drawn| Some(used.iter().map(|&bin| signed_root(total(drawn, bin).variance())).collect()));
        let everyone = vec![1.0; sample.groups];
        let number = |(place, &bin): (usize, &usize)| {
            let draws: Vec<f64> = of_bins.iter().map(|draw| draw[place]).collect();
            self.of_target(bin, &total(&everyone, bin), &draws)
        };
        used.iter().enumerate().map(number).collect()
    }

    /// Returns the standard deviation over cells at one target, µS; `draws` are those of the gain.
    fn of_target(&self, bin: usize, sums: &Sums, draws: &[f64]) -> FittedNumber {
        let target = self.targets[bin];
        let change = target - self.floor;
        let draws: Vec<f64> = draws.iter().map(|draw| change * draw).collect();
        let key = format!("standard deviation over cells at {target:.4} µS");
        let value = change * signed_root(sums.variance());
        let counts = (sums.n as usize, sums.cells as usize);
        let scale = Scale::spread(sums.cells - 1.0, change * change * sums.noise());
        with_interval((&key, "µS"), value, &draws, scale, counts)
    }
}

/// Returns the weights of targets per cell: 1 / V², with the mean variance over cells of all targets in V.
fn weights(of_targets: &[Sums]) -> Vec<f64> {
    let variance = of_targets.iter().map(Sums::variance).sum::<f64>() / of_targets.len() as f64;
    of_targets.iter().map(|sums| (variance.max(0.0) + sums.noise()).powi(-2)).collect()
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
                sums.push(&Cell { n: 2.0, v: 0.0, w: 2.0 * mean, ww: 2.0 * mean * mean + 0.02 });
            }
            sums
        };
        let clean = of(0);
        assert!((clean.of_writes() - 0.02).abs() < 1e-9 && (clean.noise() - 0.01).abs() < 1e-9);
        assert!((clean.variance() / 0.08 - 1.0).abs() < 0.005 && clean.differ(), "{}", clean.variance());
        // 3 % of outlier cells far away: 4.2 % in the standard deviation of the means.
        let shift = (of(60).of_means() / clean.of_means()).sqrt() - 1.0;
        assert!((shift - 0.042).abs() < 0.004, "{shift}");
    }
}
