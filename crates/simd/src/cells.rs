//! A matrix as it is written down: its size and its cells, without the padding.

use serde::{Deserialize, Serialize};

use crate::Matrix;

/// Rows, columns and every cell, row by row.
#[derive(Serialize, Deserialize)]
pub(crate) struct Cells {
    rows: usize,
    columns: usize,
    cells: Vec<f32>,
}

/// Cells that fill no matrix of the size that stands beside them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cells: must be one for each of {rows} x {columns} places, got {cells}")]
pub struct WrongCells {
    rows: usize,
    columns: usize,
    cells: usize,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bit_of_a_cell_comes_back() {
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
    fn cells_of_another_size_are_refused() {
        for (rows, columns, cells) in [(2, 3, 5), (2, 3, 7), (usize::MAX, 2, 0), (0, 5, 1)] {
            let written = Cells { rows, columns, cells: vec![0.0; cells] };
            let error = Matrix::try_from(written).expect_err("another number of cells").to_string();
            assert_eq!(error, format!("cells: must be one for each of {rows} x {columns} places, got {cells}"));
        }
    }
}
