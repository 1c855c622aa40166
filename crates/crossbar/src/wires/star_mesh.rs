//! Exact currents of all inputs of a driven array at once, by star-mesh transforms.
//!
//! Eliminating a node k of a resistor network leaves its neighbours connected to each other:
//!
//! ```text
//! g_ij <- g_ij + g_ik g_kj / sum of g_kj over all neighbours j of k
//! ```
//!
//! All nodes are eliminated except the terminals of the drivers and of the sense amplifiers. As all sense amplifiers are
//! at 0 V, the conductance that remains between terminals i and j is T_ij: the current of column j over the voltage of
//! input i. Blocks of cells are reduced to their edges and joined pairwise, so an array of n x n costs about 50 n³
//! operations ([nested dissection](https://doi.org/10.1137/0710032)), n times fewer than the block elimination of
//! [`super::transfer`].
//!
//! Every operation adds, multiplies or divides positive numbers. No digits cancel, however much the resistances of lines
//! and cells differ, and the order of the sums is fixed: bits are the same on every CPU.

mod block;
mod eliminate;

use std::ops::Range;

use block::{Block, leaf};

use super::{Feed, MAX_OHM, Tile, Wires, WiresError};

/// Rows and columns of the smallest blocks.
const LEAF: usize = 4;
/// Resistance of a line without resistance, ohm; the currents of a large array change by less than rounding.
const NO_OHM: f64 = 1e-12;
/// Siemens in µS.
const MICRO: f64 = 1e6;

/// Returns the conductance of every cell as its input and its sense amplifier see it, µS, row by row, as
/// [`super::transfer`] does. Drivers and sense amplifiers may have no resistance.
///
/// # Errors
/// [`WiresError::Resistance`] for a negative or absurd resistance.
pub fn star_mesh(tile: &Tile, wires: &Wires) -> Result<Vec<f64>, WiresError> {
    let all = [
        ("word_line_ohm_per_cell", wires.word_line_ohm_per_cell),
        ("bit_line_ohm_per_cell", wires.bit_line_ohm_per_cell),
        ("driver_ohm", wires.driver_ohm),
        ("sense_ohm", wires.sense_ohm),
    ];
    if let Some((key, ohm)) = all.into_iter().find(|(_, ohm)| !(0.0..=MAX_OHM).contains(ohm)) {
        return Err(WiresError::Resistance { key, allowed: format!("0 to {MAX_OHM}"), ohm });
    }
    Ok(Network { tile, wires: *wires }.transfer())
}

/// A tile with its wires, whose resistances are known to be valid.
pub(crate) struct Network<'a> {
    pub(crate) tile: &'a Tile,
    pub(crate) wires: Wires,
}

/// Conductances around one cell, µS.
#[derive(Clone, Copy)]
struct Around {
    cell: f64,
    /// To the word line of the cell on the left, or to the driver.
    left: f64,
    /// To the bit line of the cell below, or to the sense amplifier.
    below: f64,
    /// To the driver at the right end, if there is one.
    right: Option<f64>,
}

impl Network<'_> {
    /// Returns the conductance of every cell as its input and its sense amplifier see it, µS, row by row.
    pub(crate) fn transfer(&self) -> Vec<f64> {
        let (rows, columns) = (self.tile.rows(), self.tile.columns());
        let all = self.reduce(0..rows, 0..columns);
        let mut seen = vec![0.0; rows * columns];
        for row in 0..rows {
            for column in 0..columns {
                let (left, right, below) = (row, rows + row, all.size() - columns + column);
                let from_right = if self.wires.feed == Feed::Both { all.between(right, below) } else { 0.0 };
                seen[row * columns + column] = all.between(left, below) + from_right;
            }
        }
        seen
    }

    /// Reduces a block to its edges: halves it, reduces both halves and joins them.
    fn reduce(&self, rows: Range<usize>, columns: Range<usize>) -> Block {
        if rows.len() <= LEAF && columns.len() <= LEAF {
            return leaf(
                (rows.len(), columns.len()),
                rows.start > 0,
                columns.end < self.tile.columns(),
                |row, column| self.around(rows.start + row, columns.start + column),
            );
        }
        if columns.len() >= rows.len() {
            let middle = columns.start + columns.len() / 2;
            let left = self.reduce(rows.clone(), columns.start..middle);
            left.join_right(&self.reduce(rows, middle..columns.end))
        } else {
            let middle = rows.start + rows.len() / 2;
            let above = self.reduce(rows.start..middle, columns.clone());
            above.join_below(&self.reduce(middle..rows.end, columns))
        }
    }

    fn around(&self, row: usize, column: usize) -> Around {
        let Wires { word_line_ohm_per_cell, bit_line_ohm_per_cell, driver_ohm, sense_ohm, feed, .. } = self.wires;
        let conductance = |ohm: f64| MICRO / if ohm > NO_OHM { ohm } else { NO_OHM };
        let (last_row, last_column) = (row + 1 == self.tile.rows(), column + 1 == self.tile.columns());
        Around {
            cell: self.tile.row(row)[column],
            left: conductance(if column == 0 { driver_ohm } else { word_line_ohm_per_cell }),
            below: conductance(if last_row { sense_ohm } else { bit_line_ohm_per_cell }),
            right: (last_column && feed == Feed::Both).then(|| conductance(driver_ohm)),
        }
    }
}
