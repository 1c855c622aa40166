//! The wires of an array: what reads see through them, exact solutions, and the digital gain of the columns.
//!
//! ```text
//! a_j = sum of a_rj b_rj over the reads r / sum of b_rj²     a_rj: sum of column j without wires, b_rj: with wires
//! ```
//!
//! With the calibrated gain a_j, a column makes up for its mean loss. It is a number of the digital part of the read, after
//! the column converters.

use ohmspike_simd::{Block, Matrix, numbers};

use crate::analog_read::AnalogRead;
use crate::array::CrossbarArray;
use crate::driven_lines::{DrivenLines, HeldError, SeenCells};
use crate::gated_lines::{GatedLines, Seen};
use crate::lines::Lines;
use crate::read::ColumnRead;

/// Largest gain of a column.
const MAX_GAIN: f64 = 1000.0;

impl CrossbarArray {
    /// Returns the lines of a gated array that the currents of a read pass, if they have resistance.
    pub fn lines(&self) -> Option<&GatedLines> {
        match &self.reading.lines {
            Lines::Gated(lines) => Some(lines),
            Lines::None | Lines::Driven(_) => None,
        }
    }

    /// Returns the error of the approximation of a driven array in training; `None` for other arrays.
    pub fn held_error(&self) -> Option<HeldError> {
        self.driven_lines().map(DrivenLines::error)
    }

    /// Returns the digital gain of every column that a read applies to its sums, if there is one. In a driven array without
    /// column converters, the gain is part of the weights instead.
    pub fn column_gain(&self) -> Option<&[Block]> {
        self.reading.column_gain.as_ref().map(|gain| gain.row(0)).filter(|_| !self.gain_is_in_weights())
    }

    /// Returns the gain of the sums of an array without column converters; with converters, it follows them.
    pub(crate) fn gain_of_sums(&self) -> Option<&[Block]> {
        self.column_gain().filter(|_| !self.has_converters())
    }

    fn has_converters(&self) -> bool {
        self.reading.converters.as_ref().is_some_and(|converters| converters.has_column_converters())
    }

    /// Returns whether the digital gain of the columns is calibrated.
    pub fn has_column_gain(&self) -> bool {
        self.reading.column_gain.is_some()
    }

    /// Returns the weights that a read without random telegraph noise adds up.
    pub fn seen_weights(&self) -> &Matrix {
        self.driven_lines().map_or_else(|| self.weights(), DrivenLines::weights)
    }

    /// Solves a driven array exactly, unless it has not been updated since the last solution. Call this at the end of an
    /// epoch.
    pub fn end_epoch(&mut self) {
        if self.driven_lines().is_some_and(DrivenLines::is_approximate) {
            self.solve_lines(true);
        }
    }

    /// Calibrates the digital gain of the columns on `reads`: lists of active rows in ascending order.
    pub fn calibrate_column_gain<'a>(&mut self, reads: impl Iterator<Item = &'a [u16]>) {
        let (mut read, mut whole) = (ColumnRead::new(self.columns()), vec![Block::ZERO; self.weights().row_blocks()]);
        self.calibrate_gain(|array, sums| {
            for active in reads {
                whole.fill(Block::ZERO);
                array.weights().add_rows_to(&mut whole, active);
                read.add_sums(array, array.seen_weights(), active);
                add_products(sums, numbers(&whole), read.mean());
            }
        });
    }

    /// Returns the largest magnitude of a tile's column sum over `reads`, lists of active rows in ascending order, through the
    /// wires and without random telegraph noise, weight. Converters calibrate to it.
    pub fn largest_tile_sum<'a>(&self, reads: impl Iterator<Item = &'a [u16]>) -> f32 {
        let tile_rows = self.converters().map_or(self.rows(), |converters| converters.tile_rows());
        let tile_of = |row: &u16| usize::from(*row) / tile_rows;
        let mut read = ColumnRead::new(self.columns());
        let mut largest = 0.0f32;
        for tile in reads.flat_map(|active| active.chunk_by(|one, next| tile_of(one) == tile_of(next))) {
            read.add_sums(self, self.seen_weights(), tile);
            largest = read.mean().iter().fold(largest, |largest, sum| largest.max(sum.abs()));
        }
        largest
    }

    /// Calibrates the digital gain of the columns on analog `reads`: one input per row, 0 to 1 of the read voltage.
    pub fn calibrate_column_gain_analog<'a>(&mut self, reads: impl Iterator<Item = &'a [f32]>) {
        let [mut wired, mut whole] = [(); 2].map(|()| AnalogRead::new(self.columns()));
        self.calibrate_gain(|array, sums| {
            for inputs in reads {
                let whole = whole.tile_means(array, 0, inputs, false);
                add_products(sums, whole, wired.tile_means(array, 0, inputs, true));
            }
        });
    }

    /// Calibrates the digital gain of the columns on the sums a b and b² of every column, which `add` adds up without a gain.
    fn calibrate_gain(&mut self, add: impl FnOnce(&CrossbarArray, &mut [[f64; 2]])) {
        let Some(gain) = &mut self.reading.column_gain else { return };
        *gain = Matrix::from_fn(1, gain.columns(), |_, _| 1.0);
        self.refresh_lines(true);
        let mut sums = vec![[0.0f64; 2]; self.columns()];
        add(self, &mut sums);
        let gain_of =
            |[product, square]: [f64; 2]| if square > 0.0 { (product / square).clamp(0.0, MAX_GAIN) } else { 1.0 };
        let gain = Matrix::from_fn(1, sums.len(), |_, column| gain_of(sums[column]) as f32);
        self.reading.column_gain = Some(gain);
        self.refresh_lines(true);
        self.refresh_rtn();
    }

    /// Returns the lines of a driven array.
    pub(crate) fn driven_lines(&self) -> Option<&DrivenLines> {
        match &self.reading.lines {
            Lines::Driven(lines) => Some(lines),
            Lines::None | Lines::Gated(_) => None,
        }
    }

    /// Takes the present conductances into a driven array, with the held correction; `all` says that more than conductances
    /// has changed. Returns whether a conductance has changed.
    pub(crate) fn refresh_lines(&mut self, all: bool) -> bool {
        self.with_driven(|lines, cells| lines.refresh(cells, all)).unwrap_or(false)
    }

    /// Solves a driven array exactly; `measured` records the error of the held correction.
    pub(crate) fn solve_lines(&mut self, measured: bool) {
        self.with_driven(|lines, cells| lines.solve(cells, measured));
        self.refresh_rtn();
    }

    /// Takes the conductances after an update into a driven array.
    pub(crate) fn update_lines(&mut self) {
        self.refresh_lines(false);
        let due = match &mut self.reading.lines {
            Lines::Driven(lines) => lines.count_update(),
            Lines::None | Lines::Gated(_) => false,
        };
        if due {
            self.with_driven(|lines, cells| lines.solve(cells, true));
        }
    }

    fn with_driven<T>(&mut self, change: impl FnOnce(&mut DrivenLines, SeenCells) -> T) -> Option<T> {
        let in_weights = self.gain_is_in_weights();
        let Lines::Driven(lines) = &mut self.reading.lines else { return None };
        let reference = Seen::Reference(self.reading.conductance.reference());
        let cells = SeenCells {
            main: self.main.seen_cells(),
            opposite: self.other.as_ref().map_or(reference, |other| Seen::Cells(other.seen_cells())),
            driven: &self.pairs.driven,
            mapping: &self.pairs.mapping,
            spread: self.reading.spread.as_ref(),
            gain: self.reading.column_gain.as_ref().filter(|_| in_weights).map(|gain| gain.row(0)),
        };
        Some(change(lines, cells))
    }

    fn gain_is_in_weights(&self) -> bool {
        self.reading.lines.is_driven() && !self.has_converters()
    }
}

/// Adds a b and b² of every column to `sums`: a is the sum of a column without wires, b with them.
fn add_products(sums: &mut [[f64; 2]], whole: &[f32], seen: &[f32]) {
    for ((sums, seen), whole) in sums.iter_mut().zip(seen).zip(whole) {
        let (seen, whole) = (f64::from(*seen), f64::from(*whole));
        sums[0] += whole * seen;
        sums[1] += seen * seen;
    }
}
