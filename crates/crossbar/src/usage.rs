//! Usage counts of an array: row reads, pulses and verify reads of its ledger, writes of its cells.

use ohmspike_simd::{Block, LANES, kernel, lane_mask};

use crate::array::CrossbarArray;
use crate::codes::CodeCounts;
use crate::ledger::{Endurance, Ledger};
use crate::row_reads::RowReads;

impl CrossbarArray {
    /// Counts `reads` of its rows. An input of k drives its row k times: driver and cells use k pulses, and a tile converts
    /// the sum of a step once.
    pub fn count_reads(&mut self, reads: &RowReads) {
        let (columns, floor) = (self.columns(), f64::from(self.pairs.mapping.window().low()));
        let width = self.main.g_above_min.row_blocks();
        let last_mask = lane_mask(columns, width - 1);
        for (row, &reads) in reads.rows().iter().enumerate().filter(|(_, reads)| **reads > 0) {
            let blocks = row * width..(row + 1) * width;
            self.ledger.row_reads += u64::from(reads);
            if self.driven(row) == 0.0 {
                continue;
            }
            let branches = [Some(&self.main), self.other.as_ref()];
            let conductance: f64 = branches
                .into_iter()
                .flatten()
                .map(|branch| cell_sum(branch.seen(blocks.clone()), last_mask) + floor * columns as f64)
                .sum();
            self.ledger.read_conductance += f64::from(reads) * conductance;
        }
        if let Some(converters) = &self.reading.converters {
            self.ledger.conversions += reads.tiles().iter().sum::<u64>() * converters.conversions() as u64;
        }
    }

    /// Counts conversions by code.
    pub fn count_codes(&mut self, codes: CodeCounts) {
        self.ledger.codes += codes;
    }

    /// Returns the usage since the array was built or the ledger was last taken, and keeps counting.
    pub fn ledger(&self) -> Ledger {
        self.ledger
    }

    /// Returns the usage since the array was built or the ledger was last taken.
    pub fn take_ledger(&mut self) -> Ledger {
        std::mem::take(&mut self.ledger)
    }

    /// Returns the write counts of the cells.
    pub fn endurance(&self) -> Endurance {
        let (columns, padded) = (self.columns(), self.main.g_above_min.row_blocks() * LANES);
        let mut cells = Vec::new();
        let written = [Some(&self.main), self.second_written()];
        for branch in written.into_iter().flatten() {
            match &branch.pulses {
                Some(pulses) => {
                    let rows = pulses.chunks_exact(padded);
                    cells.extend(rows.flat_map(|row| row[..columns].iter().map(|&pulses| u64::from(pulses))));
                }
                None => cells.extend((0..self.rows() * columns).map(|_| self.writing.updates)),
            }
        }
        Endurance::from_pulses(cells.into_iter())
    }
}

/// Returns the sum over the cells of a row, µS. At another read voltage the padding is not zero; `last_mask` excludes
/// it.
#[kernel]
fn cell_sum(row: &[Block], last_mask: Block) -> f64 {
    let Some((last, whole)) = row.split_last() else { return 0.0 };
    let mut sums = [0.0; LANES];
    for block in whole {
        for lane in 0..LANES {
            sums[lane] += f64::from(block[lane]);
        }
    }
    for lane in 0..LANES {
        sums[lane] += f64::from(last[lane] * last_mask[lane]);
    }
    sums.iter().sum()
}
