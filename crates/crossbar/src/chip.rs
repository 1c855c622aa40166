//! One chip: cell constants from device-to-device variation and faults, drawn once.
//!
//! Variation (`device/device_to_device.rs`) and faults (`fault_map.rs`) become the constants of `cells.rs`. A dead row
//! is not driven: it carries no current and no noise. Both cells of its pairs are open; with an exact reference, the
//! main cell counts as balanced.

use ohmspike_rng::Seed;
use ohmspike_simd::{Matrix, lane_mask};

use crate::branch_cells::BranchCells;
use crate::cells::Cells;
use crate::device::Device;
use crate::fault_map::{FaultMap, Stuck};
use crate::window::ConductanceWindow;

/// Side of the pairs that a branch holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// G+ or G-, depending on the branch of the row.
    Main,
    /// The opposite cell.
    Opposite,
}

/// Draws the cell constants of one branch of a chip of `device`, before faults.
pub(crate) fn cells(device: &Device, rows: usize, columns: usize, chip: Seed) -> Cells {
    let window = device.window;
    let drawn = device.device_to_device.draw(&window, device.write.pulses(), [rows, columns], chip);
    Cells { span: window.span(), bounds: drawn.ends, gains: drawn.gains, slopes: drawn.slopes, spread: drawn.spread }
}

/// Draws the constants of reference cells, before faults. They are near the lower end of the window and never written.
/// If they drift (`moves`), only 0 µS bounds them.
pub(crate) fn reference_cells(window: &ConductanceWindow, rows: usize, columns: usize, moves: bool) -> Cells {
    let even = |value: f32| Matrix::from_fn(rows, columns, |_, _| value);
    let bounds = moves.then(|| [even(-window.low()), even(f32::MAX)]);
    Cells { span: window.span(), bounds, gains: None, slopes: None, spread: None }
}

/// Draws a standard normal for every cell; padding is 0.
pub(crate) fn first_paths(rows: usize, columns: usize, seed: Seed) -> Matrix {
    let mut draws = Matrix::zeros(rows, columns);
    seed.normals().fill(draws.blocks_mut());
    for row in 0..rows {
        for (number, block) in draws.row_mut(row).iter_mut().enumerate() {
            *block = *block * lane_mask(columns, number);
        }
    }
    draws
}

impl BranchCells {
    /// Makes the cells of `faults` on `side` stuck; `signs` of the rows, `floor` (Gmin) of the nominal window in µS.
    /// Without a cell on the other side a dead row is balanced.
    pub(crate) fn stick(&mut self, faults: &FaultMap, side: Side, signs: &[f32], floor: f32, balanced: bool) {
        let lists: [(&[Stuck], bool); 2] = [(faults.plus(), true), (faults.minus(), false)];
        for (list, plus) in lists {
            for stuck in list {
                if ((signs[stuck.row] > 0.0) == plus) == (side == Side::Main) {
                    self.stick_at(stuck.row, stuck.column, stuck.conductance - floor);
                }
            }
        }
        if side == Side::Main {
            for stuck in faults.written() {
                self.stick_at(stuck.row, stuck.column, stuck.conductance - floor);
            }
        }
        for &row in faults.dead_rows() {
            for column in 0..self.g_above_min.columns() {
                self.stick_at(row, column, if balanced { 0.0 } else { -floor });
            }
        }
    }

    /// Makes a cell stuck at `g_above_min`.
    fn stick_at(&mut self, row: usize, column: usize, g_above_min: f32) {
        let (rows, columns, span) = (self.g_above_min.rows(), self.g_above_min.columns(), self.cells.span);
        let even = |value: f32| Matrix::from_fn(rows, columns, |_, _| value);
        let [low, high] = self.cells.bounds.get_or_insert_with(|| [even(0.0), even(span)]);
        low[(row, column)] = g_above_min;
        high[(row, column)] = g_above_min;
        self.g_above_min[(row, column)] = g_above_min;
    }
}
