//! Fast search for NaN and infinity in a matrix.
//!
//! ```text
//! x * 0 = 0 where x is finite, NaN where it is not; a sum keeps NaN
//! ```

use ohmspike_simd::{Block, LANES, Matrix, kernel};

/// Returns row, column and value of the first cell that is not finite.
pub(crate) fn first_not_finite(matrix: &Matrix) -> Option<(usize, usize, f32)> {
    if sum_of_zeros(matrix.blocks()).0.iter().sum::<f32>() == 0.0 {
        return None;
    }
    let cells = (0..matrix.rows()).flat_map(|row| (0..matrix.columns()).map(move |column| (row, column)));
    cells.map(|cell| (cell.0, cell.1, matrix[cell])).find(|(_, _, value)| !value.is_finite())
}

#[kernel]
fn sum_of_zeros(blocks: &[Block]) -> Block {
    let mut sum = Block::ZERO;
    for block in blocks {
        for lane in 0..LANES {
            sum[lane] += block[lane] * 0.0;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_first_anywhere() {
        let mut matrix = Matrix::from_fn(5, 19, |row, column| (row * column) as f32 * -1e30);
        assert_eq!(first_not_finite(&matrix), None);
        for (row, column, value) in [(4, 18, f32::INFINITY), (4, 2, f32::NEG_INFINITY), (0, 0, f32::NAN)] {
            matrix[(row, column)] = value;
            let (found_row, found_column, found) = first_not_finite(&matrix).unwrap();
            assert_eq!((found_row, found_column), (row, column));
            assert!(found == value || (found.is_nan() && value.is_nan()));
        }
    }
}
