//! How often the rows of an array were driven, and in how many time steps each of its row tiles was read.

use crate::array::CrossbarArray;

/// Counts of reads since they were last passed to [`CrossbarArray::count_reads`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowReads {
    /// Times that each row was driven: once per active step, k times for an input of k.
    rows: Vec<u32>,
    /// Rows per tile.
    tile_rows: usize,
    /// Steps with an active row, for each row tile.
    tiles: Vec<u64>,
}

impl CrossbarArray {
    /// Creates zero counts of reads for this array.
    pub fn row_reads(&self) -> RowReads {
        RowReads::new(self.rows(), self.converters().map_or(self.rows(), |converters| converters.tile_rows()))
    }
}

impl RowReads {
    /// Creates zero counts for an array of `rows` in tiles of `tile_rows`, which is at least 1.
    pub fn new(rows: usize, tile_rows: usize) -> RowReads {
        RowReads { rows: vec![0; rows], tile_rows, tiles: vec![0; rows.div_ceil(tile_rows)] }
    }

    /// Counts a time step with these `active` rows in ascending order. An input of k is k equal entries: it drives its row k
    /// times, and its tile is read once.
    pub fn add_step(&mut self, active: impl IntoIterator<Item = usize>) {
        let mut end = 0;
        for row in active {
            self.rows[row] = self.rows[row].saturating_add(1);
            if row >= end {
                let tile = row / self.tile_rows;
                self.tiles[tile] += 1;
                end = (tile + 1) * self.tile_rows;
            }
        }
    }

    /// Adds the counts of another part of the reads of the same array.
    pub fn add(&mut self, other: &RowReads) {
        self.rows.iter_mut().zip(&other.rows).for_each(|(sum, reads)| *sum = sum.saturating_add(*reads));
        self.tiles.iter_mut().zip(&other.tiles).for_each(|(sum, steps)| *sum += steps);
    }

    /// Sets all counts to zero.
    pub fn clear(&mut self) {
        self.rows.fill(0);
        self.tiles.fill(0);
    }

    /// Returns how often each row was driven.
    pub fn rows(&self) -> &[u32] {
        &self.rows
    }

    /// Returns in how many steps each row tile had an active row.
    pub fn tiles(&self) -> &[u64] {
        &self.tiles
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tile_is_read_once_in_a_step_with_any_of_its_rows() {
        let mut reads = RowReads::new(7, 3);
        reads.add_step([0, 2, 2, 6]);
        reads.add_step([]);
        reads.add_step([1, 3, 4]);
        assert_eq!((reads.rows(), reads.tiles()), (&[1, 1, 2, 1, 1, 0, 1][..], &[2, 1, 1][..]));
        let mut sum = reads.clone();
        sum.add(&reads);
        assert_eq!((sum.rows()[2], sum.tiles()), (4, &[4, 2, 2][..]));
        sum.clear();
        assert_eq!(sum, RowReads::new(7, 3));
    }
}
