//! Converts the standard normals of all cells to a quantity of all cells.

use ohmspike_simd::{LANES, Matrix, lane_mask};

/// Applies `value` to every cell of `normals`; padding stays zero.
pub(super) fn cells(mut normals: Matrix, value: impl Fn(f32) -> f32) -> Matrix {
    let columns = normals.columns();
    for row in 0..normals.rows() {
        for (number, block) in normals.row_mut(row).iter_mut().enumerate() {
            let mask = lane_mask(columns, number);
            for lane in 0..LANES {
                block[lane] = if mask[lane] > 0.0 { value(block[lane]) } else { 0.0 };
            }
        }
    }
    normals
}
