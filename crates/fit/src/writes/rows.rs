//! Writes as deviations from their targets.
//!
//! ```text
//! v = ln(G / target)        one per write
//! ```

use crate::bins::Bins;
use crate::reached::{Write, reached};
use crate::table::Table;

/// A write.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct WriteRow {
    /// Cell.
    pub cell: u32,
    /// Bin of the target.
    pub bin: u32,
    /// Deviation, ln(G / target).
    pub v: f64,
    /// Weight of the row, 1 unless degrees of freedom went into the mean of its cell.
    pub weight: f64,
    /// Conductance, µS.
    pub conductance: f64,
    /// Conductance before the write, µS, if the table has it.
    pub start: Option<f64>,
}

impl WriteRow {
    /// Returns the target of this write, µS, which differs from that of its bin if the bin spans several.
    pub fn target(&self) -> f64 {
        self.conductance / self.v.exp()
    }
}

/// Writes of conducting cells in bins of their target.
#[derive(Clone, Debug)]
pub(crate) struct WriteRows {
    /// Bins of the target, µS.
    pub bins: Bins,
    /// Writes; open cells are left out.
    pub rows: Vec<WriteRow>,
    /// Median and robust standard deviation of v in each bin; of the writes that reach their target, if many fail.
    pub robust: Vec<(f64, f64)>,
    /// Whether many writes of a bin miss their target, and the two numbers are those of the others.
    pub in_two: Vec<bool>,
    /// Writes that failed at a target that many of the writes to it miss: they are in no law.
    pub failed: Vec<WriteRow>,
    /// Number of writes that were left out because they do not tell the spread over writes of cells that differ.
    pub left_out: usize,
}

impl WriteRows {
    /// Creates the writes of `table`, which has targets; none if no cell conducts.
    pub fn new(table: &Table) -> Option<WriteRows> {
        let rows = 0..table.target.len();
        let targets: Vec<f64> =
            rows.clone().filter(|&row| table.value[row] > 0.0).map(|row| table.target[row]).collect();
        if targets.is_empty() {
            return None;
        }
        let bins = Bins::of_targets(targets);
        let row = |row: usize| WriteRow {
            cell: table.cell[row],
            bin: bins.of(table.target[row]) as u32,
            v: (table.value[row] / table.target[row]).ln(),
            weight: 1.0,
            conductance: table.value[row],
            start: table.start.get(row).copied(),
        };
        let rows = rows.filter(|&row| table.value[row] > 0.0).map(row).collect();
        let mut writes =
            WriteRows { robust: Vec::new(), in_two: Vec::new(), bins, rows, failed: Vec::new(), left_out: 0 };
        writes.update();
        Some(writes)
    }

    /// Leaves out the cells that are `excluded`.
    pub fn without(mut self, excluded: &[bool]) -> WriteRows {
        self.rows.retain(|row| !excluded[row.cell as usize]);
        self.update();
        self
    }

    /// Leaves out the writes of which `failed` says so.
    pub fn without_failed(mut self, failed: impl Fn(&WriteRow) -> bool) -> WriteRows {
        self.failed = self.rows.extract_if(.., |row| failed(row)).collect();
        if !self.failed.is_empty() {
            self.update();
        }
        self
    }

    /// Returns the targets, µS, rising: of each bin with one target, and the outermost two and the centres of bins otherwise.
    pub fn targets(&self) -> Vec<f64> {
        let occupied: Vec<usize> = (0..self.bins.count()).filter(|&bin| self.bins.counts[bin] > 0).collect();
        let [first, .., last] = occupied[..] else {
            let ranges = occupied.iter().flat_map(|&bin| [self.bins.ranges[bin].0, self.bins.ranges[bin].1]);
            let mut targets: Vec<f64> = ranges.collect();
            targets.dedup();
            return targets;
        };
        let of = |&bin: &usize| match bin {
            _ if bin == first => self.bins.ranges[bin].0,
            _ if bin == last => self.bins.ranges[bin].1,
            _ => self.bins.centres[bin],
        };
        occupied.iter().map(of).collect()
    }

    /// Returns the values of v by bin.
    pub fn by_bin(&self) -> Vec<Vec<f64>> {
        let mut by_bin = vec![Vec::new(); self.bins.count()];
        for row in &self.rows {
            by_bin[row.bin as usize].push(row.v);
        }
        by_bin
    }

    /// Returns the number of cells with a write.
    pub fn cells(&self) -> usize {
        let mut cells: Vec<u32> = self.rows.iter().map(|row| row.cell).collect();
        cells.sort_unstable();
        cells.dedup();
        cells.len()
    }

    /// Returns the number of cells with a write in `bin`.
    pub fn cells_of(&self, bin: usize) -> usize {
        let rows = self.rows.iter().filter(|row| row.bin as usize == bin);
        let mut cells: Vec<u32> = rows.map(|row| row.cell).collect();
        cells.sort_unstable();
        cells.dedup();
        cells.len()
    }

    /// Counts the writes of each bin, and computes their median and robust standard deviation anew.
    pub fn update(&mut self) {
        self.bins.counts.fill(0);
        for row in &self.rows {
            self.bins.counts[row.bin as usize] += 1;
        }
        let write = |row: &WriteRow| Write {
            cell: row.cell as usize,
            bin: row.bin as usize,
            v: row.v,
            ln_target: row.conductance.ln() - row.v,
        };
        let of_bins = reached(&self.rows.iter().map(write).collect::<Vec<Write>>(), self.bins.count());
        (self.robust, self.in_two) = of_bins.iter().map(|of| (of.robust, of.in_two)).unzip();
    }
}
