//! Initial weights.
//!
//! ```text
//! w  =  sign |N(0, sigma)|      sign  sign of the row, sigma  initial weight spread (thresholds)
//! w  =  N(0, sigma)             for a row without a sign
//! ```
//!
//! Source: Kilgore et al., Sci Rep 15, 24798 (2025), Methods.

use ohmspike_rng::Seed;
use ohmspike_simd::{LANES, Matrix};

use crate::network::Sign;

/// Draws initial weights with one row per sign, `columns` columns and the initial weight spread `sigma`.
pub fn weights(signs: &[Sign], columns: usize, sigma: f32, seed: Seed) -> Matrix {
    let mut draws = Matrix::zeros(signs.len(), columns);
    seed.normals().fill(draws.blocks_mut());
    Matrix::from_fn(signs.len(), columns, |row, column| {
        let draw = draws.row(row)[column / LANES][column % LANES];
        match signs[row] {
            Sign::Unconstrained => sigma * draw,
            sign => sign.factor() * sigma * draw.abs(),
        }
    })
}
