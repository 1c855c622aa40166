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
    let Some((active, read)) = active_rows(tile, volts)? else { return Ok(vec![0.0; tile.columns()]) };
    let first = active[0];
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

/// Returns the voltage at every cell over the read voltage, row by row: the fraction of its current without wires that a
/// cell contributes. Silent rows have none. Drivers and sense amplifiers may have no resistance.
///
/// # Errors
/// Returns a [`WiresError`] if there is not one input per row, or active rows differ in voltage.
pub fn gated_fractions(tile: &Tile, volts: &[f64], wires: &Wires) -> Result<Vec<f64>, WiresError> {
    tile.check_inputs(volts)?;
    let mut fractions = vec![0.0; tile.rows() * tile.columns()];
    let Some((active, _)) = active_rows(tile, volts)? else { return Ok(fractions) };
    let per_cell = MICRO * (wires.bit_line_ohm_per_cell + wires.word_line_ohm_per_cell);
    let ends = MICRO * (wires.driver_ohm + wires.sense_ohm);
    let last = active[active.len() - 1];
    for column in 0..tile.columns() {
        // Conductance of each active row and of all rows beyond it, then the voltage on the way back.
        let mut sums: Vec<f64> = Vec::with_capacity(active.len());
        for (place, &row) in active.iter().enumerate() {
            let beyond = sums.last().map_or(0.0, |sum| sum / (1.0 + per_cell * (row - active[place - 1]) as f64 * sum));
            sums.push(tile.row(row)[column] + beyond);
        }
        let rest = per_cell * (tile.rows() - 1 - last) as f64 + ends;
        let mut fraction = 1.0 / (1.0 + rest * sums[active.len() - 1]);
        for (place, &row) in active.iter().enumerate().rev() {
            fractions[row * tile.columns() + column] = fraction;
            if place > 0 {
                fraction /= 1.0 + per_cell * (row - active[place - 1]) as f64 * sums[place - 1];
            }
        }
    }
    Ok(fractions)
}

/// Returns the active rows and their common voltage; none if all are silent.
fn active_rows(tile: &Tile, volts: &[f64]) -> Result<Option<(Vec<usize>, f64)>, WiresError> {
    let active: Vec<usize> = (0..tile.rows()).filter(|row| volts[*row] != 0.0).collect();
    let Some(&first) = active.first() else { return Ok(None) };
    let read = volts[first];
    match active.iter().find(|row| volts[**row] != read) {
        Some(&other) => Err(WiresError::Gates { first: read, other: volts[other] }),
        None => Ok(Some((active, read))),
    }
}
