//! The voltages along word lines and bit lines, each line alone.
//!
//! ```text
//! Y_k = g_k + y_(k+1),  ρ_k = 1 / (1 + r_k Y_k),  y_k = ρ_k Y_k        from the far end of a line to its near end
//! v_k = ρ_k (v_(k-1) + r_k J_k)                                         back; v before the near end is 1
//! J_k = ρ_(k+1) J_(k+1)                                                 current of a driver at the far end, else 0
//! ```
//!
//! r_k is the resistance between cell k and the cell before it, or that of the driver or sense amplifier at the near end.
//! A word line gives α, the voltage of its cells over that of its driver. A bit line gives β, the fraction of the current
//! of a cell that its sense amplifier receives: by reciprocity, the voltage of the cell if the amplifier drove the line.

use std::ops::Range;

use ohmspike_simd::{Block, LANES, Matrix, kernel};

use crate::wires::{Feed, Wires};

/// Rows whose word lines are computed together.
const ROWS: usize = 4 * LANES;
/// Smallest resistance of a driver at the far end, 1/µS: 1 µohm.
const MIN_FAR: f32 = 1e-12;

/// Resistances of the lines of an array, 1/µS.
#[derive(Clone, Debug)]
pub(super) struct Ladders {
    word: f32,
    bit: f32,
    driver: f32,
    sense: f32,
    both_ends: bool,
    /// Rows and columns of a tile.
    tile: (usize, usize),
    columns: usize,
    /// Conductance Y along the bit lines.
    along: Vec<Block>,
    /// Conductances, ρ, then α of some word lines; rows are lanes.
    words: Vec<[f32; ROWS]>,
    /// Current J of the same word lines.
    currents: Vec<[f32; ROWS]>,
}

impl Ladders {
    /// Creates the lines of tiles with `tile` rows and columns of an array with this many `columns`.
    pub(super) fn new(wires: &Wires, tile: (usize, usize), columns: usize) -> Ladders {
        // Ohm times µS is 1e-6.
        let per_microsiemens = |ohm: f64| (1e-6 * ohm) as f32;
        Ladders {
            word: per_microsiemens(wires.word_line_ohm_per_cell),
            bit: per_microsiemens(wires.bit_line_ohm_per_cell),
            driver: per_microsiemens(wires.driver_ohm),
            sense: per_microsiemens(wires.sense_ohm),
            both_ends: wires.feed == Feed::Both,
            tile,
            columns,
            along: vec![Block::ZERO; ohmspike_simd::blocks_for(columns)],
            words: vec![[0.0; ROWS]; columns],
            currents: vec![[0.0; ROWS]; columns],
        }
    }

    /// Fills `seen` with α β for the conductances `cells`, µS.
    pub(super) fn fill(&mut self, cells: &Matrix, seen: &mut Matrix) {
        for first in (0..cells.rows()).step_by(self.tile.0) {
            bit_lines(self, cells, first..(first + self.tile.0).min(cells.rows()), seen);
        }
        for first in (0..cells.rows()).step_by(ROWS) {
            word_lines(self, cells, first..(first + ROWS).min(cells.rows()), seen);
        }
    }
}

/// Fills the rows of a tile in `seen` with β.
#[kernel]
fn bit_lines(ladders: &mut Ladders, cells: &Matrix, rows: Range<usize>, seen: &mut Matrix) {
    let (bit, sense, along) = (ladders.bit, ladders.sense, &mut ladders.along);
    along.fill(Block::ZERO);
    for row in rows.clone() {
        let ohm = if row + 1 == rows.end { sense } else { bit };
        for ((along, cells), ratio) in along.iter_mut().zip(cells.row(row)).zip(seen.row_mut(row)) {
            for lane in 0..LANES {
                let sum = cells[lane] + along[lane];
                ratio[lane] = 1.0 / (1.0 + ohm * sum);
                along[lane] = sum * ratio[lane];
            }
        }
    }
    along.fill(Block::splat(1.0));
    for row in rows.rev() {
        for (volts, ratio) in along.iter_mut().zip(seen.row_mut(row)) {
            *volts = *volts * *ratio;
            *ratio = *volts;
        }
    }
}

/// Multiplies `rows` of `seen`, at most [`ROWS`], by α.
#[kernel]
fn word_lines(ladders: &mut Ladders, cells: &Matrix, rows: Range<usize>, seen: &mut Matrix) {
    let Ladders { word, driver, both_ends, columns, words, currents, .. } = ladders;
    if rows.len() < ROWS {
        words.fill([0.0; ROWS]);
    }
    for (lane, row) in rows.clone().enumerate() {
        let row = ohmspike_simd::numbers(cells.row(row));
        for (words, cell) in words.iter_mut().zip(row) {
            words[lane] = *cell;
        }
    }
    for first in (0..*columns).step_by(ladders.tile.1) {
        let end = (first + ladders.tile.1).min(*columns);
        let (words, currents) = (&mut words[first..end], &mut currents[first..end]);
        let far = if *driver > MIN_FAR { 1.0 / *driver } else { 1.0 / MIN_FAR };
        let (mut along, mut current) = if *both_ends { ([far; ROWS], [far; ROWS]) } else { ([0.0; ROWS], [0.0; ROWS]) };
        for (column, (cells, kept)) in words.iter_mut().zip(currents.iter_mut()).enumerate().rev() {
            let ohm = if column == 0 { *driver } else { *word };
            for lane in 0..ROWS {
                let sum = cells[lane] + along[lane];
                cells[lane] = 1.0 / (1.0 + ohm * sum);
                along[lane] = sum * cells[lane];
            }
            if *both_ends {
                for lane in 0..ROWS {
                    kept[lane] = ohm * current[lane];
                    current[lane] *= cells[lane];
                }
            }
        }
        let mut volts = [1.0; ROWS];
        for (ratios, kept) in words.iter_mut().zip(currents.iter()) {
            for lane in 0..ROWS {
                volts[lane] = ratios[lane] * if *both_ends { volts[lane] + kept[lane] } else { volts[lane] };
                ratios[lane] = volts[lane];
            }
        }
    }
    for (lane, row) in rows.enumerate() {
        let row = ohmspike_simd::numbers_mut(seen.row_mut(row));
        for (seen, volts) in row.iter_mut().zip(words.iter()) {
            *seen *= volts[lane];
        }
    }
}
