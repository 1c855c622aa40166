//! Wire resistance of a tile: what the cells and the sense amplifiers see of the applied voltages.
//!
//! Two kinds of arrays have two circuits ([`Access`]):
//!
//! ```text
//! driven   word line i:  driver -R_d- (i,0) -r_w- (i,1) -r_w- ...      every node (i,j) joins its word line and its bit line
//!          bit line j:   (0,j) -r_b- (1,j) -r_b- ... (last,j) -R_s- sense amplifier at 0 V      through the cell g_ij
//! gated    column j:     driver -R_d- source line, r_w per cell; cells of the active rows; bit line, r_b per cell -R_s- sense
//!                        amplifier; both ends are next to the last row
//! ```
//!
//! - **Driven** ([`solve`]): passive arrays, or word lines as inputs. Silent rows are grounded and load the bit lines.
//!   [`transfer`] and [`star_mesh`] return the conductance of every cell as seen from its input and its sense amplifier:
//!   the first by block elimination, the second faster and with the same bits on every CPU.
//! - **Gated** ([`gated_currents`]): arrays of one transistor per cell, whose gates are the inputs. Silent rows are
//!   disconnected, so every column is a ladder of its own.
//!
//! | quantity | unit |
//! |---|---|
//! | conductance | µS |
//! | resistance | ohm |
//! | voltage | V |
//! | current | µA |
//!
//! The equations are linear: cells are ohmic and wires have no capacitance.

mod exact;
mod gated;
mod netlist;
mod star_mesh;
mod word_line;

use serde::{Deserialize, Serialize};

pub use exact::{Solution, solve, transfer};
pub use gated::{gated_currents, gated_fractions};
pub use netlist::netlist;
pub(crate) use star_mesh::Network;
pub use star_mesh::star_mesh;

/// Smallest resistance of drivers and sense amplifiers, ohm; below it, currents are differences of equal voltages.
pub const MIN_END_OHM: f64 = 1e-3;
/// Largest resistance, ohm: no current flows through more.
pub const MAX_OHM: f64 = 1e9;
/// Largest conductance of a cell, µS: 1 ohm.
pub const MAX_MICROSIEMENS: f64 = 1e6;
/// Largest memory of [`solve`], byte.
pub const MAX_BYTES: usize = 4 << 30;

/// How rows reach their cells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// A transistor per cell connects it while its row spikes.
    Gated,
    /// Word lines carry the input voltages; silent rows are grounded.
    #[default]
    Driven,
}

/// Where drivers of word lines stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Feed {
    /// At the first column.
    #[default]
    Left,
    /// At the first and at the last column, with the same voltage.
    Both,
}

/// Resistances of the wires of a tile.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wires {
    /// How rows reach their cells.
    #[serde(default)]
    pub access: Access,
    /// Word line, or source line of a gated array, between neighbouring cells, ohm.
    pub word_line_ohm_per_cell: f64,
    /// Bit line between neighbouring cells, ohm.
    pub bit_line_ohm_per_cell: f64,
    /// Driver of a word line, or of the source line of a gated array, ohm.
    pub driver_ohm: f64,
    /// Sense amplifier of a bit line, with its line to the last cell, ohm.
    pub sense_ohm: f64,
    /// Where drivers stand in a driven array.
    #[serde(default)]
    pub feed: Feed,
}

/// Why currents cannot be computed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum WiresError {
    /// A resistance outside its range.
    #[error("wires.{key}: expected {allowed} ohm, got {ohm}")]
    Resistance {
        /// The key.
        key: &'static str,
        /// The range.
        allowed: String,
        /// The value.
        ohm: f64,
    },
    /// A conductance outside its range.
    #[error("conductance of row {row}, column {column}: expected 0 to {MAX_MICROSIEMENS} µS, got {value} µS")]
    Conductance {
        /// Row, from 1.
        row: usize,
        /// Column, from 1.
        column: usize,
        /// The value.
        value: f64,
    },
    /// Inputs that do not fit the array.
    #[error("inputs: expected one voltage per row, {rows} in all, got {inputs}")]
    Inputs {
        /// Rows of the array.
        rows: usize,
        /// Number of inputs.
        inputs: usize,
    },
    /// An input that is no voltage.
    #[error("input of row {row}: expected a finite voltage, got {value} V")]
    Voltage {
        /// Row, from 1.
        row: usize,
        /// The value.
        value: f64,
    },
    /// Active rows of a gated array at different voltages.
    #[error("inputs of a gated array: expected 0 or one common read voltage, got {first} V and {other} V")]
    Gates {
        /// First voltage that is not 0.
        first: f64,
        /// Another one.
        other: f64,
    },
    /// No cell.
    #[error("expected an array with at least one row and one column")]
    Empty,
    /// An array that does not fit in memory.
    #[error(
        "array of {rows} x {columns}: the exact solution needs {gibibyte:.1} GiB of memory, expected at most {} GiB\n\n\
         hint: solve the tiles of the array one by one", MAX_BYTES >> 30
    )]
    Size {
        /// Rows.
        rows: usize,
        /// Columns.
        columns: usize,
        /// Needed memory, GiB.
        gibibyte: f64,
    },
}

impl Wires {
    /// Checks that the resistances make a circuit: lines from 0, drivers and sense amplifiers from [`MIN_END_OHM`], all
    /// up to [`MAX_OHM`].
    ///
    /// # Errors
    /// [`WiresError::Resistance`] names the first key outside its range.
    pub fn check(&self) -> Result<(), WiresError> {
        let all = [
            ("word_line_ohm_per_cell", self.word_line_ohm_per_cell, 0.0),
            ("bit_line_ohm_per_cell", self.bit_line_ohm_per_cell, 0.0),
            ("driver_ohm", self.driver_ohm, MIN_END_OHM),
            ("sense_ohm", self.sense_ohm, MIN_END_OHM),
        ];
        match all.into_iter().find(|(_, ohm, least)| !(*least..=MAX_OHM).contains(ohm)) {
            Some((key, ohm, least)) => {
                Err(WiresError::Resistance { key, allowed: format!("{least} to {MAX_OHM}"), ohm })
            }
            None => Ok(()),
        }
    }
}

/// Conductances of a tile, µS, row by row.
#[derive(Clone, Debug, PartialEq)]
pub struct Tile {
    rows: usize,
    columns: usize,
    microsiemens: Vec<f64>,
}

impl Tile {
    /// Creates a tile with `rows` rows of `microsiemens`, which lists all cells row by row.
    ///
    /// # Errors
    /// [`WiresError::Empty`] without cells or with an incomplete last row, [`WiresError::Conductance`] for a conductance
    /// outside 0 to [`MAX_MICROSIEMENS`].
    pub fn new(rows: usize, microsiemens: Vec<f64>) -> Result<Tile, WiresError> {
        if rows == 0 || microsiemens.is_empty() || !microsiemens.len().is_multiple_of(rows) {
            return Err(WiresError::Empty);
        }
        let columns = microsiemens.len() / rows;
        if let Some(place) = microsiemens.iter().position(|value| !(0.0..=MAX_MICROSIEMENS).contains(value)) {
            let (row, column) = (place / columns + 1, place % columns + 1);
            return Err(WiresError::Conductance { row, column, value: microsiemens[place] });
        }
        Ok(Tile { rows, columns, microsiemens })
    }

    /// Creates a tile of cells whose conductances are known to be valid.
    pub(crate) fn of_cells(rows: usize, microsiemens: Vec<f64>) -> Tile {
        let columns = microsiemens.len() / rows;
        Tile { rows, columns, microsiemens }
    }

    /// Returns the number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Returns the number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Returns the conductances of a row, µS.
    pub fn row(&self, row: usize) -> &[f64] {
        &self.microsiemens[row * self.columns..][..self.columns]
    }

    /// Checks one input per row.
    fn check_inputs(&self, volts: &[f64]) -> Result<(), WiresError> {
        if volts.len() != self.rows {
            return Err(WiresError::Inputs { rows: self.rows, inputs: volts.len() });
        }
        match volts.iter().position(|value| !value.is_finite()) {
            Some(row) => Err(WiresError::Voltage { row: row + 1, value: volts[row] }),
            None => Ok(()),
        }
    }
}
