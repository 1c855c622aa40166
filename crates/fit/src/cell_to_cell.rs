//! Persistent differences between cells against differences between writes of one cell.
//!
//! ```text
//! w = (G - T) / (T - S)       relative error of the change asked for; S is the start of the write, Gmin if unknown
//! sigma²_writes = MSW,  sigma²_cells = (MSB - MSW) / n0,  n0 = (N - sum n² / N) / (k - 1)       one-way random effects
//! ```
//!
//! k cells with n writes each, N in total, per target. Searle, Casella and McCulloch, *Variance Components* (1992),
//! chapter 3. A gain of the steps of each cell makes sigma_cells equal at all targets.

use std::collections::BTreeSet;

use ohmspike_crossbar::device::{DeviceToDeviceSpec, StepGainKind};

use crate::interval::{Scale, with_interval};
use crate::options::Mechanism;
use crate::outcome::{Fitted, Outcome};
use crate::report::{FittedNumber, MechanismFit};
use crate::sample::{LEAST_CELLS, Sample, signed_root};
use crate::writes::{Ends, WriteRow, WriteRows};

/// Robust standard deviations beyond which a write is an outlier.
const OUTLIER: f64 = 3.0;
/// Variance of a normal distribution within three standard deviations, 1 - 6 φ(3) / (2 Φ(3) - 1).
const WITHIN_OUTLIERS: f64 = 0.97334;
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
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    cells: f64,
    n: f64,
    nn: f64,
    within: f64,
    means: f64,
    mean_squares: f64,
}

impl Sums {
    fn push(&mut self, cell: &Cell) {
        let mean = cell.w / cell.n;
        self.cells += 1.0;
        self.n += cell.n;
        self.nn += cell.n * cell.n;
        self.within += (cell.ww - cell.n * mean * mean).max(0.0);
        self.means += cell.n * mean;
        self.mean_squares += cell.n * mean * mean;
    }

    fn add(&mut self, other: &Sums, times: f64) {
        self.cells += times * other.cells;
        self.n += times * other.n;
        self.nn += times * other.nn;
        self.within += times * other.within;
        self.means += times * other.means;
        self.mean_squares += times * other.mean_squares;
    }

    /// Returns MSB, MSW and n0.
    fn squares(&self) -> [f64; 3] {
        let between = (self.mean_squares - self.means * self.means / self.n) / (self.cells - 1.0);
        let within = self.within / (self.n - self.cells);
        [between, within, (self.n - self.nn / self.n) / (self.cells - 1.0)]
    }

    /// Returns the variance over cells, which may be negative.
    fn variance(&self) -> f64 {
        let [between, within, size] = self.squares();
        (between - within) / size / WITHIN_OUTLIERS
    }

    /// Returns the variance that writes add to the means of cells.
    fn noise(&self) -> f64 {
        let [_, within, size] = self.squares();
        within / size / WITHIN_OUTLIERS
    }

    fn differ(&self) -> bool {
        let [between, within, _] = self.squares();
        let error = (2.0 / (self.cells - 1.0) + 2.0 / (self.n - self.cells)).sqrt();
        self.cells >= LEAST_CELLS as f64 && between > within * (1.0 + SIGNIFICANT * error)
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
        let mut sums = vec![vec![Sums::default(); sample.groups]; self.targets.len()];
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
            let mut sums = Sums::default();
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
        // The mean over targets, weighted with the number of cells.
        let mean = |drawn: &[f64], of: fn(&Sums) -> f64| {
            let sums: Vec<Sums> = used.iter().map(|&bin| total(drawn, bin)).collect();
            let cells: f64 = sums.iter().map(|sums| sums.cells).sum();
            sums.iter().map(|sums| sums.cells * of(sums)).sum::<f64>() / cells
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
            method: "one-way random effects over cells and writes, as a gain of the change from Gmin to the target; \
                     intervals by bootstrap over cells"
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

    /// Searle, Casella and McCulloch (1992): MSB = 3, MSW = 1, two writes per cell give (3 - 1) / 2.
    #[test]
    fn components_follow_from_mean_squares() {
        let cell = |a: f64, b: f64| Cell { n: 2.0, v: 0.0, w: a + b, ww: a * a + b * b };
        let mut sums = Sums::default();
        // Cell means 0 and 3^0.5, differences of 2^0.5 within each cell.
        let (half, mean) = (0.5 * 2f64.sqrt(), 3f64.sqrt());
        sums.push(&cell(-half, half));
        sums.push(&cell(mean - half, mean + half));
        let [between, within, size] = sums.squares();
        assert!((between - 3.0).abs() < 1e-12 && (within - 1.0).abs() < 1e-12 && (size - 2.0).abs() < 1e-12);
        assert!((sums.variance() * WITHIN_OUTLIERS - 1.0).abs() < 1e-12);
    }
}
