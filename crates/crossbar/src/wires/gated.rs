//! Currents of a gated array: every column is a ladder of its active cells.
//!
//! Source line and bit line of a column run side by side, and both ends are next to the last row. So both carry the same
//! current at every row, and their resistances add up. From the far end to the sense amplifier:
//!
//! ```text
//! G <- g_k + G / (1 + r d_k G)        r = r_b + r_w,  d_k: cells since the last active row
//! I  = V G / (1 + (r d + R_d + R_s) G)        d: cells from the last active row to the last row
//! ```

use super::{Tile, Wires, WiresError};

/// Ohm times µS.
const MICRO: f64 = 1e-6;

/// Returns the current into the sense amplifier of every column, µA. Rows with a voltage of 0 are silent; the others have
/// the common read voltage.
///
/// # Errors
/// Returns a [`WiresError`] if resistances or inputs are outside their ranges, or active rows differ in voltage.
pub fn gated_currents(tile: &Tile, volts: &[f64], wires: &Wires) -> Result<Vec<f64>, WiresError> {
    wires.check()?;
    tile.check_inputs(volts)?;
    let active: Vec<usize> = (0..tile.rows()).filter(|row| volts[*row] != 0.0).collect();
    let Some(&first) = active.first() else { return Ok(vec![0.0; tile.columns()]) };
    let read = volts[first];
    if let Some(&other) = active.iter().find(|row| volts[**row] != read) {
        return Err(WiresError::Gates { first: read, other: volts[other] });
    }
    let per_cell = MICRO * (wires.bit_line_ohm_per_cell + wires.word_line_ohm_per_cell);
    let ends = MICRO * (wires.driver_ohm + wires.sense_ohm);
    let current = |column: usize| {
        let (mut sum, mut before) = (0.0, first);
        for &row in &active {
            let distance = (row - before) as f64;
            sum = tile.row(row)[column] + sum / (1.0 + per_cell * distance * sum);
            before = row;
        }
        let rest = per_cell * (tile.rows() - 1 - before) as f64 + ends;
        read * sum / (1.0 + rest * sum)
    };
    Ok((0..tile.columns()).map(current).collect())
}
