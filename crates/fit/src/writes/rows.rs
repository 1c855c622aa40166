//! Writes as deviations from their targets.
//!
//! ```text
//! v = ln(G / target)        one per write
//! ```

use crate::bins::Bins;
use crate::sample::robust;
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
    /// Median and robust standard deviation of v in each bin.
    pub robust: Vec<(f64, f64)>,
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
        let mut writes = WriteRows { robust: Vec::new(), bins, rows, left_out: 0 };
        writes.update();
        Some(writes)
    }

    /// Leaves out the cells that are `excluded`.
    pub fn without(mut self, excluded: &[bool]) -> WriteRows {
        self.rows.retain(|row| !excluded[row.cell as usize]);
        self.update();
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
        self.robust = self.by_bin().iter_mut().map(|values| robust(values)).collect();
    }
}
