//! The first weights.
//!
//! ```text
//! w = sign |N(0, sigma)|       sign  that of the row, sigma  initial spread (thresholds)
//! ```
//!
//! Source: Kilgore et al., Sci Rep 15, 24798 (2025), Methods.

use lanes::{LANES, Matrix};
use seed::Seed;

use crate::network::Sign;

/// One row of weights a sign, `columns` wide, of initial spread `sigma`.
pub fn weights(signs: &[Sign], columns: usize, sigma: f32, seed: Seed) -> Matrix {
    let mut draws = Matrix::zeros(signs.len(), columns);
    seed.normals().fill(draws.blocks_mut());
    Matrix::from_fn(signs.len(), columns, |row, column| {
        signs[row].factor() * sigma * draws.row(row)[column / LANES][column % LANES].abs()
    })
}
