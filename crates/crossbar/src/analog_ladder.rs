//! Column sums of a gated array through its wires, with rows at different voltages.
//!
//! A column is the ladder of `gated_lines.rs`. Seen from a place on the line, the driven cells behind it are one current source
//! with a conductance in parallel (Norton's theorem):
//!
//! ```text
//! i <- i / (1 + r G),  G <- G / (1 + r G)      r: line to the next driven row, or to the end of the tile with R_d + R_s
//! i <- i + w u,        G <- G + w              w = κ G of the cell, u: input of its row, 1 at the read voltage
//! sum of a column = i of the plus branch - i of the minus branch
//! ```
//!
//! Equal inputs give the fractions of `gated_lines.rs` up to rounding.

use ohmspike_simd::{Block, blocks_for};

use crate::gated_lines::GatedLines;

/// One branch of all columns of a tile: current and conductance of the driven cells so far, weight.
#[derive(Clone, Debug)]
struct Side {
    current: Vec<Block>,
    conductance: Vec<Block>,
}

/// Both branches of all columns of a tile.
#[derive(Clone, Debug)]
pub(crate) struct AnalogLadder {
    plus: Side,
    minus: Side,
    /// The last driven row.
    before: Option<usize>,
}

/// A driven row: the conductances of its main and opposite cells above the floor, µS, and the weight of 1 µS.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LadderRow<'a> {
    pub row: usize,
    pub input: f32,
    pub main: &'a [Block],
    pub opposite: &'a [Block],
    pub floor: f32,
    pub weight_per_microsiemens: f32,
}

impl Side {
    fn new(columns: usize) -> Side {
        let blocks = || vec![Block::ZERO; blocks_for(columns)];
        Side { current: blocks(), conductance: blocks() }
    }

    /// Puts a line of `resistance`, 1 / weight, in series.
    fn lengthen(&mut self, resistance: f32) {
        for (current, conductance) in self.current.iter_mut().zip(&mut self.conductance) {
            let below = conductance.map(|conductance| 1.0 + resistance * conductance);
            *current = Block(std::array::from_fn(|lane| current[lane] / below[lane]));
            *conductance = Block(std::array::from_fn(|lane| conductance[lane] / below[lane]));
        }
    }

    fn add(&mut self, cells: &[Block], row: &LadderRow) {
        for ((current, conductance), above) in self.current.iter_mut().zip(&mut self.conductance).zip(cells) {
            let weight = above.map(|above| row.weight_per_microsiemens * (row.floor + above));
            *conductance += weight;
            *current += weight * row.input;
        }
    }

    fn clear(&mut self) {
        self.current.fill(Block::ZERO);
        self.conductance.fill(Block::ZERO);
    }
}

impl AnalogLadder {
    /// Creates ladders of `columns` columns without driven cells.
    pub(crate) fn new(columns: usize) -> AnalogLadder {
        AnalogLadder { plus: Side::new(columns), minus: Side::new(columns), before: None }
    }

    /// Adds a driven row of `lines`; rows come in ascending order. The sums of an earlier tile are added to `sums`.
    pub(crate) fn add(&mut self, lines: &GatedLines, row: LadderRow, sums: &mut [Block]) {
        match self.before {
            Some(before) if lines.tile_end(before) <= row.row => self.finish(lines, sums),
            Some(before) => self.lengthen(lines.line(row.row - before)),
            None => {}
        }
        let main_is_plus = lines.is_main_plus(row.row);
        let [plus, minus] = if main_is_plus { [row.main, row.opposite] } else { [row.opposite, row.main] };
        self.plus.add(plus, &row);
        self.minus.add(minus, &row);
        self.before = Some(row.row);
    }

    /// Adds the sums of the last tile to `sums`, and starts the next one.
    pub(crate) fn finish(&mut self, lines: &GatedLines, sums: &mut [Block]) {
        let Some(before) = self.before.take() else { return };
        self.lengthen(lines.line(lines.tile_end(before) - 1 - before) + lines.ends());
        for ((sum, plus), minus) in sums.iter_mut().zip(&self.plus.current).zip(&self.minus.current) {
            *sum += Block(std::array::from_fn(|lane| plus[lane] - minus[lane]));
        }
        self.plus.clear();
        self.minus.clear();
    }

    fn lengthen(&mut self, resistance: f32) {
        if resistance > 0.0 {
            self.plus.lengthen(resistance);
            self.minus.lengthen(resistance);
        }
    }
}
