//! Exact currents of a driven array, by block elimination from the first row to the last.
//!
//! ```text
//! A_i u_i - g_b u_(i-1) - g_b u_(i+1) = c_i      A_i = S_i + g_b per neighbour + g_s at the last row
//! D_0 = A_0,  D_i = A_i - g_b² D_(i-1)⁻¹         S_i, c_i: word line i with its cells
//! ```
//!
//! The adjoint form gives the current of every input at every output with the same factors: with a voltage of 1 V at the
//! sense amplifier of column j and grounded drivers, the current into driver i is the conductance T_ij.
//!
//! Both take about rows x columns³ operations and rows x columns² numbers of memory: oracles for faster methods. Matrix
//! products use the instructions of the CPU, so the last bits can differ between machines.

use nalgebra::{DMatrix, DVector};

use super::word_line::WordLine;
use super::{MAX_BYTES, Tile, Wires, WiresError};

/// Currents and voltages of a tile.
#[derive(Clone, Debug, PartialEq)]
pub struct Solution {
    /// Current into the sense amplifier of every column, µA.
    pub currents: Vec<f64>,
    /// Voltage of the word line at every cell, V, row by row.
    pub word_line_volts: Vec<f64>,
    /// Voltage of the bit line at every cell, V, row by row.
    pub bit_line_volts: Vec<f64>,
}

/// Solves a driven array with the inputs `volts`, one per row, V.
///
/// # Errors
/// Returns a [`WiresError`] if resistances or inputs are outside their ranges, or the array needs more than [`MAX_BYTES`].
pub fn solve(tile: &Tile, volts: &[f64], wires: &Wires) -> Result<Solution, WiresError> {
    wires.check()?;
    tile.check_inputs(volts)?;
    check_size(tile)?;
    let rows = tile.rows();
    let lines: Vec<WordLine> = (0..rows).map(|row| WordLine::new(tile.row(row), volts[row], wires)).collect();
    let driven = lines.iter().map(|line| to_matrix(&line.driven)).collect();
    let sensed = DMatrix::zeros(tile.columns(), 1);
    let bits: Vec<DVector<f64>> =
        BitLines::new(&lines, wires).volts(driven, &sensed).iter().map(|volts| volts.column(0).into_owned()).collect();
    let words = (0..rows).flat_map(|row| {
        let nodes = WordLine::volts(tile.row(row), volts[row], &to_matrix(&bits[row]), wires);
        nodes.iter().copied().collect::<Vec<f64>>()
    });
    Ok(Solution {
        currents: bits[rows - 1].iter().map(|volts| 1e6 / wires.sense_ohm * volts).collect(),
        word_line_volts: words.collect(),
        bit_line_volts: bits.iter().flat_map(|row| row.iter().copied()).collect(),
    })
}

/// Returns the conductance of every cell as its input and its sense amplifier see it, µS, row by row: the current of
/// column j is the sum of T_ij times the voltage of input i.
///
/// # Errors
/// As [`solve`].
pub fn transfer(tile: &Tile, wires: &Wires) -> Result<Vec<f64>, WiresError> {
    wires.check()?;
    check_size(tile)?;
    let (rows, columns) = (tile.rows(), tile.columns());
    let lines: Vec<WordLine> = (0..rows).map(|row| WordLine::new(tile.row(row), 0.0, wires)).collect();
    let sense = 1e6 / wires.sense_ohm;
    let silent = vec![DMatrix::zeros(columns, columns); rows];
    let bits = BitLines::new(&lines, wires).volts(silent, &DMatrix::from_diagonal_element(columns, columns, sense));
    let row = |row: usize| WordLine::into_drivers(tile.row(row), &bits[row], wires);
    Ok((0..rows).flat_map(|number| row(number).iter().copied().collect::<Vec<f64>>()).collect())
}

fn check_size(tile: &Tile) -> Result<(), WiresError> {
    let (rows, columns) = (tile.rows(), tile.columns());
    let bytes = rows.saturating_mul(columns).saturating_mul(columns).saturating_mul(8);
    if bytes > MAX_BYTES {
        return Err(WiresError::Size { rows, columns, gibibyte: bytes as f64 / f64::from(1 << 30) });
    }
    Ok(())
}

fn to_matrix(vector: &DVector<f64>) -> DMatrix<f64> {
    DMatrix::from_column_slice(vector.len(), 1, vector.as_slice())
}

/// The bit lines with all word lines, eliminated.
struct BitLines {
    rows: usize,
    /// Conductance of a segment, µS; none for lines without resistance, which are one node each.
    segment: Option<f64>,
    /// Inverses of D_i, one per row, or of the sum of all rows, 1/µS.
    inverses: Vec<DMatrix<f64>>,
}

impl BitLines {
    fn new(lines: &[WordLine], wires: &Wires) -> BitLines {
        let (rows, columns) = (lines.len(), lines[0].driven.len());
        let sense = DMatrix::from_diagonal_element(columns, columns, 1e6 / wires.sense_ohm);
        let inverse =
            |block: DMatrix<f64>| block.cholesky().expect("positive: every node reaches the sense amplifier").inverse();
        if wires.bit_line_ohm_per_cell == 0.0 {
            let all = lines.iter().fold(sense, |sum, line| sum + &line.coupling);
            return BitLines { rows, segment: None, inverses: vec![inverse(all)] };
        }
        let segment = 1e6 / wires.bit_line_ohm_per_cell;
        let mut inverses: Vec<DMatrix<f64>> = Vec::with_capacity(rows);
        for (row, line) in lines.iter().enumerate() {
            let neighbours = f64::from(u8::from(row > 0) + u8::from(row + 1 < rows));
            let mut block = &line.coupling + DMatrix::from_diagonal_element(columns, columns, neighbours * segment);
            if row + 1 == rows {
                block += &sense;
            }
            if let Some(before) = inverses.last() {
                block -= segment * segment * before;
            }
            inverses.push(inverse(block));
        }
        BitLines { rows, segment: Some(segment), inverses }
    }

    /// Returns the voltages at every row, V, for currents `driven` into the nodes of every row and `sensed` into those of
    /// the last row, µA; one column per circuit.
    fn volts(&self, mut driven: Vec<DMatrix<f64>>, sensed: &DMatrix<f64>) -> Vec<DMatrix<f64>> {
        let last = self.rows - 1;
        driven[last] += sensed;
        let Some(segment) = self.segment else {
            let all = driven.iter().fold(DMatrix::zeros(sensed.nrows(), sensed.ncols()), |sum, one| sum + one);
            return vec![&self.inverses[0] * all; self.rows];
        };
        for row in 1..=last {
            let before = segment * (&self.inverses[row - 1] * &driven[row - 1]);
            driven[row] += before;
        }
        for row in (0..=last).rev() {
            if row < last {
                let below = segment * &driven[row + 1];
                driven[row] += below;
            }
            driven[row] = &self.inverses[row] * &driven[row];
        }
        driven
    }
}
