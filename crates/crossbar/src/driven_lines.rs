//! Weights of a driven array as its inputs and sense amplifiers see them.
//!
//! The circuit is linear, so it acts like cells of other conductances T (`wires.rs`), one matrix per branch. Training
//! approximates T between exact solutions:
//!
//! ```text
//! T = L c,  L = G α β      α, β: voltages along each word line and each bit line alone (ladders.rs)
//! c = T / L                at the last exact solution (wires/star_mesh.rs)
//! w = s κ (T_written - T_opposite)
//! ```
//!
//! A cell in a dead row or column conducts nothing: it can be neither formed nor written. The gain of a row driver scales the input
//! voltage. White read noise and random telegraph noise of a cell reach the sense amplifier with the fraction T / G of the
//! current of the cell.

mod ladders;

use ohmspike_simd::{Block, LANES, Matrix, kernel, lane_mask};
use serde::{Deserialize, Serialize};

use crate::device::Device;
use crate::gated_lines::Seen;
use crate::mapping::PairMapping;
use crate::read_spread::ReadSpread;
use crate::wires::{Network, Tile, Wires};
use ladders::Ladders;

/// Error of the approximation of a driven array in training, measured before every exact solution.
///
/// The error of one solution is the root mean square of T_held - T over that of T, over the cells of both branches without
/// exact references, which never change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HeldError {
    /// Exact solutions after updates.
    pub solutions: u64,
    /// Sum of the errors over the solutions.
    pub sum: f64,
    /// Largest error.
    pub largest: f64,
    /// Error of the last solution.
    pub last: f64,
}

impl HeldError {
    /// Returns the mean error; 0 before the first solution.
    pub fn mean(&self) -> f64 {
        if self.solutions == 0 { 0.0 } else { self.sum / self.solutions as f64 }
    }

    fn add(&mut self, error: f64) {
        self.solutions += 1;
        self.sum += error;
        self.largest = if error > self.largest { error } else { self.largest };
        self.last = error;
    }
}

/// What training changes in the wires of a driven array.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct DrivenState {
    /// c of the plus and the minus branch.
    pub(crate) corrections: [Matrix; 2],
    /// Updates since the last exact solution.
    pub(crate) updates: u32,
    pub(crate) error: HeldError,
}

/// Lines of a driven array.
#[derive(Clone, Debug)]
pub(crate) struct DrivenLines {
    circuit: Wires,
    refresh_updates: Option<u32>,
    tile: (usize, usize),
    ladders: Ladders,
    main_is_plus: Vec<bool>,
    /// Plus and minus branch.
    sides: [Side; 2],
    /// Weights, and variances of one read, as a read sees them.
    weights: Matrix,
    variance: Option<Matrix>,
    updates: u32,
    error: HeldError,
}

/// The cells of a branch.
#[derive(Clone, Debug)]
struct Side {
    /// Whether no cell ever changes: all are exact references.
    fixed: bool,
    /// Whether the correction is that of an exact solution.
    solved: bool,
    /// µS.
    cells: Matrix,
    /// T / G, times the gain of the column.
    seen: Matrix,
    /// c.
    correction: Matrix,
}

/// What reads of an array see, µS above Gmin.
#[derive(Clone, Copy)]
pub(crate) struct SeenCells<'a> {
    pub(crate) main: &'a Matrix,
    pub(crate) opposite: Seen<'a>,
    /// Sign of every row times the gain of its driver; 0 in dead rows.
    pub(crate) driven: &'a [f32],
    pub(crate) mapping: &'a PairMapping,
    pub(crate) spread: Option<&'a ReadSpread>,
    /// Digital gain of the columns, if it is part of the weights.
    pub(crate) gain: Option<&'a [Block]>,
}

/// Conductances of a row, µS.
pub(crate) struct RowCells<'a> {
    pub(crate) main: &'a [Block],
    pub(crate) opposite: &'a [Block],
    /// Whether the opposite branch is an exact reference.
    pub(crate) exact_opposite: bool,
}

impl DrivenLines {
    /// Creates the lines of an array of `device` with one of `signs` per row. `has_cells` tells whether the opposite branch
    /// has cells.
    pub(crate) fn new(
        device: &Device,
        circuit: Wires,
        signs: &[f32],
        columns: usize,
        has_cells: bool,
        noisy: bool,
    ) -> DrivenLines {
        let rows = signs.len();
        let side = |reference_sign: f32| Side {
            fixed: !has_cells && signs.iter().all(|sign| sign * reference_sign > 0.0),
            solved: false,
            cells: Matrix::zeros(rows, columns),
            seen: Matrix::zeros(rows, columns),
            correction: Matrix::from_fn(rows, columns, |_, _| 1.0),
        };
        let tile = device.converters.tile(rows, columns);
        DrivenLines {
            circuit,
            refresh_updates: device.wires.and_then(|wires| wires.refresh_updates),
            tile,
            ladders: Ladders::new(&circuit, tile, columns),
            main_is_plus: signs.iter().map(|sign| *sign > 0.0).collect(),
            sides: [side(-1.0), side(1.0)],
            weights: Matrix::zeros(rows, columns),
            variance: noisy.then(|| Matrix::zeros(rows, columns)),
            updates: 0,
            error: HeldError::default(),
        }
    }

    /// Returns the weights as a read sees them.
    pub(crate) fn weights(&self) -> &Matrix {
        &self.weights
    }

    /// Returns the variance of one read of each weight, weight².
    pub(crate) fn variance(&self) -> Option<&Matrix> {
        self.variance.as_ref()
    }

    /// Returns the error of the approximation so far.
    pub(crate) fn error(&self) -> HeldError {
        self.error
    }

    /// Returns the fraction T / G of the main and the opposite cells of a row.
    pub(crate) fn seen(&self, row: usize) -> [&[Block]; 2] {
        let [plus, minus] = self.sides.each_ref().map(|side| side.seen.row(row));
        if self.main_is_plus[row] { [plus, minus] } else { [minus, plus] }
    }

    /// Computes the weights of a row with these conductances, and the variance of one read of each. `factor` is the weight
    /// per µS times the gain of the driver.
    pub(crate) fn see_row(
        &self,
        row: usize,
        cells: RowCells,
        factor: f32,
        spread: Option<&ReadSpread>,
        weights: &mut [Block],
        variance: &mut [Block],
    ) {
        let [of_main, of_opposite] = self.seen(row);
        let (main, opposite) = ((cells.main, of_main), (cells.opposite, of_opposite));
        let (branches, exact) = if self.main_is_plus[row] {
            ([main, opposite], [false, cells.exact_opposite])
        } else {
            ([opposite, main], [cells.exact_opposite, false])
        };
        let last = lane_mask(self.weights.columns(), weights.len() - 1);
        fill_weights(branches, factor, weights);
        let padded = weights.len() - 1;
        weights[padded] = weights[padded] * last;
        if let Some(spread) = spread {
            fill_variance(branches, exact, factor, spread, variance);
            variance[padded] = variance[padded] * last;
        }
    }

    /// Returns the state changed by training.
    pub(crate) fn state(&self) -> DrivenState {
        let corrections = self.sides.each_ref().map(|side| side.correction.clone());
        DrivenState { corrections, updates: self.updates, error: self.error }
    }

    /// Restores `state`; [`DrivenLines::refresh`] then makes the weights current.
    pub(crate) fn restore(&mut self, state: DrivenState) {
        for (side, correction) in self.sides.iter_mut().zip(state.corrections) {
            side.correction = correction;
        }
        (self.updates, self.error) = (state.updates, state.error);
    }

    /// Counts an update. Returns whether the array is then to be solved exactly.
    pub(crate) fn count_update(&mut self) -> bool {
        self.updates += 1;
        self.refresh_updates.is_some_and(|updates| self.updates >= updates)
    }

    /// Returns whether cells have been updated since the last exact solution.
    pub(crate) fn is_approximate(&self) -> bool {
        self.updates > 0
    }

    /// Takes new conductances, with the held correction; `all` says that more than conductances has changed. Returns
    /// whether a conductance has changed.
    pub(crate) fn refresh(&mut self, cells: SeenCells, all: bool) -> bool {
        let moved = self.take(cells);
        for (side, moved) in self.sides.iter_mut().zip(moved) {
            if moved || all {
                self.ladders.fill(&side.cells, &mut side.seen);
                scale(&side.correction, cells.gain, &mut side.seen);
            }
        }
        if moved != [false, false] || all {
            self.refresh_weights(cells);
        }
        moved != [false, false]
    }

    /// Solves the array exactly. `measured` adds the error of the held correction to [`DrivenLines::error`].
    pub(crate) fn solve(&mut self, cells: SeenCells, measured: bool) {
        let (mut error, mut whole) = (0.0, 0.0);
        for side in self.sides.iter_mut().filter(|side| !side.fixed || !side.solved) {
            self.ladders.fill(&side.cells, &mut side.seen);
            let [of_side, of_whole] = side.solve(&self.circuit, self.tile);
            (error, whole) = (error + of_side, whole + of_whole);
            scale(&side.correction, cells.gain, &mut side.seen);
        }
        if measured {
            self.error.add(if whole > 0.0 { (error / whole).sqrt() } else { 0.0 });
        }
        self.updates = 0;
        self.refresh_weights(cells);
    }

    /// Takes the conductances of both branches; returns which have changed.
    fn take(&mut self, cells: SeenCells) -> [bool; 2] {
        let floor = cells.mapping.window().low();
        let mut moved = [false; 2];
        for ((side, is_plus), moved) in self.sides.iter_mut().zip([true, false]).zip(&mut moved) {
            for (row, &main_is_plus) in self.main_is_plus.iter().enumerate() {
                let conducts = cells.driven[row] != 0.0;
                let above = match cells.opposite {
                    _ if main_is_plus == is_plus => Ok(cells.main.row(row)),
                    Seen::Cells(opposite) => Ok(opposite.row(row)),
                    Seen::Reference(above) => Err(above),
                };
                *moved |= take_row(above, floor, conducts, cells.main.columns(), side.cells.row_mut(row));
            }
        }
        moved
    }

    fn refresh_weights(&mut self, cells: SeenCells) {
        let per_microsiemens = cells.mapping.weight_per_microsiemens();
        let [plus, minus] = &self.sides;
        for (row, driven) in cells.driven.iter().enumerate() {
            let factor = driven.abs() * per_microsiemens;
            let branches = [plus, minus].map(|side| (side.cells.row(row), side.seen.row(row)));
            fill_weights(branches, factor, self.weights.row_mut(row));
            let (Some(variance), Some(spread)) = (&mut self.variance, cells.spread) else { continue };
            // An exact reference has no noise.
            let exact = match cells.opposite {
                Seen::Cells(_) => [false, false],
                Seen::Reference(_) => [!self.main_is_plus[row], self.main_is_plus[row]],
            };
            fill_variance(branches, exact, factor, spread, variance.row_mut(row));
        }
    }
}

impl Side {
    /// Sets the correction to that of the exact solution, tile by tile. `seen` must be α β. Returns the sums of the squares
    /// of the change of T and of T.
    fn solve(&mut self, circuit: &Wires, tile: (usize, usize)) -> [f64; 2] {
        let (rows, columns) = (self.cells.rows(), self.cells.columns());
        let mut squares = [0.0; 2];
        self.solved = true;
        for top in (0..rows).step_by(tile.0) {
            for left in (0..columns).step_by(tile.1) {
                let (bottom, right) = ((top + tile.0).min(rows), (left + tile.1).min(columns));
                let places = || (top..bottom).flat_map(|row| (left..right).map(move |column| (row, column)));
                let cells = places().map(|place| f64::from(self.cells[place])).collect();
                let tile = Tile::of_cells(bottom - top, cells);
                let exact = Network { tile: &tile, wires: *circuit }.transfer();
                for (place, exact) in places().zip(exact) {
                    let alone = f64::from(self.cells[place]) * f64::from(self.seen[place]);
                    let held = alone * f64::from(self.correction[place]);
                    squares[0] += (held - exact) * (held - exact);
                    squares[1] += exact * exact;
                    // A cell that conducts nothing has no correction.
                    self.correction[place] = if alone > 0.0 { (exact / alone) as f32 } else { 1.0 };
                }
            }
        }
        squares
    }
}

/// Writes the conductances of a row, µS, to `cells`: those of cells above Gmin, or one value for all. Returns whether one
/// has changed.
#[kernel]
fn take_row(above: Result<&[Block], f32>, floor: f32, conducts: bool, columns: usize, cells: &mut [Block]) -> bool {
    let mut moved = Block::ZERO;
    for (number, cells) in cells.iter_mut().enumerate() {
        let above = above.map_or_else(Block::splat, |above| above[number]);
        let mask = if conducts { lane_mask(columns, number) } else { Block::ZERO };
        for lane in 0..LANES {
            let conductance = floor + above[lane];
            let conductance = mask[lane] * if conductance > 0.0 { conductance } else { 0.0 };
            moved[lane] += if cells[lane] == conductance { 0.0 } else { 1.0 };
            cells[lane] = conductance;
        }
    }
    moved.0.iter().any(|moved| *moved > 0.0)
}

/// Multiplies `seen` by the `correction` and the `gain` of the columns.
#[kernel]
fn scale(correction: &Matrix, gain: Option<&[Block]>, seen: &mut Matrix) {
    for row in 0..seen.rows() {
        for (number, (seen, correction)) in seen.row_mut(row).iter_mut().zip(correction.row(row)).enumerate() {
            *seen = *seen * *correction;
            if let Some(gain) = gain {
                *seen = *seen * gain[number];
            }
        }
    }
}

/// Conductances of a row of a branch, µS, and the fraction of each that is seen.
type RowOfSide<'a> = (&'a [Block], &'a [Block]);

#[kernel]
fn fill_weights(branches: [RowOfSide; 2], factor: f32, weights: &mut [Block]) {
    let [(plus, seen_plus), (minus, seen_minus)] = branches;
    for (number, weights) in weights.iter_mut().enumerate() {
        for lane in 0..LANES {
            let difference =
                plus[number][lane] * seen_plus[number][lane] - minus[number][lane] * seen_minus[number][lane];
            weights[lane] = factor * difference + 0.0;
        }
    }
}

#[kernel]
fn fill_variance(branches: [RowOfSide; 2], exact: [bool; 2], factor: f32, spread: &ReadSpread, variance: &mut [Block]) {
    for (number, variance) in variance.iter_mut().enumerate() {
        let mut sum = Block::ZERO;
        for ((cells, seen), exact) in branches.into_iter().zip(exact) {
            if !exact {
                // Padding and dead rows conduct nothing and have no noise.
                let sigma = spread.at(&cells[number]);
                for lane in 0..LANES {
                    let sigma =
                        if cells[number][lane] > 0.0 { factor * (sigma[lane] * seen[number][lane]) } else { 0.0 };
                    sum[lane] += sigma * sigma;
                }
            }
        }
        *variance = sum;
    }
}
