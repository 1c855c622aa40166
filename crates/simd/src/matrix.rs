//! A dense matrix with rows of whole blocks.

use std::ops::{Index, IndexMut};

use serde::{Deserialize, Serialize};

use crate::cells::{Cells, WrongCells};
use crate::{Block, LANES, blocks_for, note_work};

/// Rows x columns of f32. Row `r` is a slice of blocks. Lanes after the last column are padding and always zero;
/// kernels must preserve this.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(into = "Cells", try_from = "Cells")]
pub struct Matrix {
    rows: usize,
    columns: usize,
    /// Blocks from one row to the next.
    stride: usize,
    blocks: Vec<Block>,
}

impl Matrix {
    /// Creates a matrix of zeros.
    pub fn zeros(rows: usize, columns: usize) -> Matrix {
        Matrix::strided(rows, columns, blocks_for(columns))
    }

    /// Creates a matrix of zeros of the size of `self` with an even number of blocks from one row to the next.
    ///
    /// CPUs load neighbouring cache lines in pairs, so a row of an odd number of blocks also loads a line of another
    /// row. Use this for matrices that are read by row only: [`Matrix::blocks`] is not available.
    pub fn paired_zeros(&self) -> Matrix {
        Matrix::strided(self.rows, self.columns, self.row_blocks().next_multiple_of(2))
    }

    fn strided(rows: usize, columns: usize, stride: usize) -> Matrix {
        Matrix { rows, columns, stride, blocks: vec![Block::ZERO; rows * stride] }
    }

    /// Copies the rows of `other`, which has the same size.
    pub fn copy_rows(&mut self, other: &Matrix) {
        debug_assert_eq!((self.rows, self.columns), (other.rows, other.columns));
        let width = self.row_blocks();
        let rows = self.blocks.chunks_exact_mut(self.stride.max(1)).zip(other.blocks.chunks_exact(other.stride.max(1)));
        for (row, other) in rows {
            // Block by block: a call per row takes longer.
            for (block, other) in row[..width].iter_mut().zip(&other[..width]) {
                *block = *other;
            }
        }
    }

    /// Creates a matrix with `value(row, column)` in each cell, called row by row.
    pub fn from_fn(rows: usize, columns: usize, mut value: impl FnMut(usize, usize) -> f32) -> Matrix {
        let mut matrix = Matrix::zeros(rows, columns);
        for row in 0..rows {
            for column in 0..columns {
                matrix[(row, column)] = value(row, column);
            }
        }
        matrix
    }

    /// Returns the number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Returns the number of columns, without padding.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Returns the number of blocks per row.
    pub fn row_blocks(&self) -> usize {
        blocks_for(self.columns)
    }

    /// Returns row `row` with its padding.
    #[inline(always)]
    pub fn row(&self, row: usize) -> &[Block] {
        &self.blocks[row * self.stride..][..self.row_blocks()]
    }

    /// Returns the mutable row `row` with its padding, which must stay zero.
    #[inline(always)]
    pub fn row_mut(&mut self, row: usize) -> &mut [Block] {
        let width = self.row_blocks();
        &mut self.blocks[row * self.stride..][..width]
    }

    /// Returns all blocks, row by row.
    #[inline(always)]
    pub fn blocks(&self) -> &[Block] {
        debug_assert_eq!(self.stride, self.row_blocks(), "no gaps between rows");
        &self.blocks
    }

    /// Returns all blocks, with any gaps between rows, and the number of blocks from one row to the next.
    #[inline(always)]
    pub(crate) fn strided_blocks(&self) -> (&[Block], usize) {
        (&self.blocks, self.stride)
    }

    /// Returns all blocks, row by row, mutably; the padding must stay zero.
    #[inline(always)]
    pub fn blocks_mut(&mut self) -> &mut [Block] {
        debug_assert_eq!(self.stride, self.row_blocks(), "no gaps between rows");
        &mut self.blocks
    }

    /// Adds the rows with the numbers `rows` to `sums`, which has the width of a row, in the order of `rows`.
    #[inline(always)]
    pub fn add_rows_to(&self, sums: &mut [Block], rows: &[u16]) {
        debug_assert_eq!(sums.len(), self.row_blocks());
        debug_assert_eq!(self.stride, self.row_blocks(), "no gaps between rows");
        note_work(|work| work.read += (rows.len() * sums.len()) as u64);
        // A constant width unrolls the loop over the blocks of a row.
        match sums.len() {
            1 => add_rows::<1>(&self.blocks, sums, rows),
            2 => add_rows::<2>(&self.blocks, sums, rows),
            3 => add_rows::<3>(&self.blocks, sums, rows),
            4 => add_rows::<4>(&self.blocks, sums, rows),
            5 => add_rows::<5>(&self.blocks, sums, rows),
            6 => add_rows::<6>(&self.blocks, sums, rows),
            7 => add_rows::<7>(&self.blocks, sums, rows),
            8 => add_rows::<8>(&self.blocks, sums, rows),
            _ => {
                for &row in rows {
                    for (sum, block) in sums.iter_mut().zip(self.row(usize::from(row))) {
                        *sum += *block;
                    }
                }
            }
        }
    }

    /// Sets all cells to zero.
    pub fn clear(&mut self) {
        self.blocks.fill(Block::ZERO);
    }

    /// Returns the transpose, columns x rows.
    pub fn transposed(&self) -> Matrix {
        Matrix::from_fn(self.columns, self.rows, |row, column| self[(column, row)])
    }

    /// Iterates over all cells, row by row, without padding.
    pub fn cells(&self) -> impl Iterator<Item = f32> + Clone + '_ {
        (0..self.rows).flat_map(move |row| (0..self.columns).map(move |column| self[(row, column)]))
    }
}

#[inline(always)]
fn add_rows<const WIDTH: usize>(blocks: &[Block], sums: &mut [Block], rows: &[u16]) {
    let (matrix, _) = blocks.as_chunks::<WIDTH>();
    let Some(sums) = sums.first_chunk_mut::<WIDTH>() else { return };
    for &row in rows {
        let row = &matrix[usize::from(row)];
        for block in 0..WIDTH {
            sums[block] += row[block];
        }
    }
}

impl From<Matrix> for Cells {
    fn from(matrix: Matrix) -> Cells {
        Cells { rows: matrix.rows(), columns: matrix.columns(), cells: matrix.cells().collect() }
    }
}

impl TryFrom<Cells> for Matrix {
    type Error = WrongCells;

    fn try_from(written: Cells) -> Result<Matrix, WrongCells> {
        let Cells { rows, columns, cells } = written;
        if rows.checked_mul(columns) != Some(cells.len()) {
            return Err(WrongCells { rows, columns, cells: cells.len() });
        }
        let mut next = cells.into_iter();
        Ok(Matrix::from_fn(rows, columns, |_, _| next.next().expect("counted above")))
    }
}

impl Index<(usize, usize)> for Matrix {
    type Output = f32;
    fn index(&self, (row, column): (usize, usize)) -> &f32 {
        assert!(column < self.columns, "column {column} of a matrix of {} columns", self.columns);
        &self.row(row)[column / LANES][column % LANES]
    }
}

impl IndexMut<(usize, usize)> for Matrix {
    fn index_mut(&mut self, (row, column): (usize, usize)) -> &mut f32 {
        assert!(column < self.columns, "column {column} of a matrix of {} columns", self.columns);
        &mut self.row_mut(row)[column / LANES][column % LANES]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_in_their_row_and_padding_stays_zero() {
        let matrix = Matrix::from_fn(3, 20, |row, column| (row * 20 + column) as f32);
        assert_eq!(matrix[(2, 19)], 59.0);
        assert_eq!(matrix.row(1)[1][3], 39.0);
        assert_eq!(matrix.row(1)[1].0[4..], [0.0; 12]);
        assert_eq!(matrix.cells().count(), 60);
        assert_eq!(matrix.transposed().transposed(), matrix);
    }

    #[test]
    fn paired_rows_hold_the_same_cells() {
        for (columns, stride) in [(20, 2), (40, 4), (64, 4), (100, 8)] {
            let matrix = Matrix::from_fn(3, columns, |row, column| (row * columns + column) as f32);
            let mut paired = matrix.paired_zeros();
            paired.copy_rows(&matrix);
            assert_eq!(paired.strided_blocks().1, stride);
            assert!((0..3).all(|row| paired.row(row) == matrix.row(row)), "{columns} columns");
            assert!(paired.cells().eq(matrix.cells()), "{columns} columns");
        }
    }

    #[test]
    fn every_bit_of_a_cell_round_trips() {
        let odd = [0.1, -0.0, f32::MIN_POSITIVE / 8.0, f32::NAN, f32::INFINITY, f32::MAX];
        let matrix = Matrix::from_fn(3, 17, |row, column| odd[(row * 17 + column) % odd.len()]);
        let written = postcard::to_stdvec(&matrix).expect("numbers");
        assert_eq!(written.len(), 3 + 4 * 3 * 17, "padding is not written");
        let back: Matrix = postcard::from_bytes(&written).expect("a matrix");
        assert_eq!((back.rows(), back.columns()), (3, 17));
        let bits =
            |matrix: &Matrix| matrix.blocks().iter().flat_map(|block| block.0).map(f32::to_bits).collect::<Vec<_>>();
        assert_eq!(bits(&back), bits(&matrix));
    }

    #[test]
    fn rejects_a_wrong_number_of_cells() {
        for (rows, columns, cells) in [(2, 3, 5), (2, 3, 7), (usize::MAX, 2, 0), (0, 5, 1)] {
            let written = Cells { rows, columns, cells: vec![0.0; cells] };
            let error = Matrix::try_from(written).expect_err("another number of cells").to_string();
            assert_eq!(error, format!("cells: expected {rows} x {columns} (rows x columns), got {cells}"));
        }
    }
}
