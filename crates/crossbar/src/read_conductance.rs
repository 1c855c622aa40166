//! Conductance that a read sees: the drifted conductance at the read voltage.
//!
//! ```text
//! G_t  = drift(G_written, draw of the write, t)     t the time since the last write (device/drift.rs)
//! seen = G_t f(G_t)                                 f the I-V factor at the read voltage (device/nonlinearity.rs)
//! ```
//!
//! Both are pure functions of the stored state: reads at t1 and t2 see one path. G_t stays inside the window of its
//! cell, so stuck cells stay. Reference cells have no lower bound, and with `drift.bounds` = `zero` only 0 µS bounds
//! any cell. The reference of a pair is read at the same voltage: a cell at Gmin has weight 0 at any voltage.

use std::ops::Range;

use ohmspike_simd::{Block, LANES, kernel};

use crate::branch_cells::{BranchCells, last_mask};
use crate::cells::{CellStrip, clip};
use crate::device::{Device, Drift, DriftAt, FactorCurve, Nonlinearity};
use crate::program::ln_of;

/// Drift time and read voltage of the cells of an array.
#[derive(Clone, Debug)]
pub(crate) struct ReadConductance {
    drift: Drift,
    /// Time since the last write of every cell, s.
    rested: f64,
    now: DriftAt,
    /// I-V curves and read voltage, V, of a nonlinear device.
    bent: Option<(Nonlinearity, f64)>,
    /// I-V factor at the read voltage.
    factor: Option<FactorCurve>,
    floor: f32,
    /// Whether drifting conductances stay inside the window of the cell.
    bounded: bool,
}

impl ReadConductance {
    /// Creates the state right after a write to cells of `device`, with its Gmin `floor` in µS.
    pub(crate) fn new(device: &Device, floor: f32) -> ReadConductance {
        let bent = device.read.nonlinearity.clone().zip(device.read.volts);
        let factor = bent.as_ref().map(|(nonlinearity, volts)| nonlinearity.at(*volts));
        let (now, bounded) = (device.drift.at(0.0), device.drift.stays_in_window());
        ReadConductance { rested: 0.0, now, drift: device.drift.clone(), bent, factor, floor, bounded }
    }

    /// Returns the bounds of the drifting cells of a block above Gmin, µS. A stuck cell does not move.
    #[inline(always)]
    fn limits(&self, cells: &CellStrip, block: usize) -> (Block, Block) {
        let (low, high) = (cells.low(block), cells.high(block));
        if self.bounded {
            return (low, high);
        }
        let moves = |lane: usize| low[lane] < high[lane];
        let (mut lowest, mut highest) = (low, high);
        for lane in 0..LANES {
            lowest[lane] = if moves(lane) { -self.floor } else { low[lane] };
            highest[lane] = if moves(lane) { f32::MAX } else { high[lane] };
        }
        (lowest, highest)
    }

    /// Sets the time since the last write, s.
    pub(crate) fn rest(&mut self, seconds: f64) {
        self.rested = seconds;
        self.now = self.drift.at(seconds);
    }

    /// Time since the last write of every cell, s.
    pub(crate) fn rested(&self) -> f64 {
        self.rested
    }

    /// Returns the conductance of an exact reference at the read voltage above Gmin, µS.
    pub(crate) fn reference(&self) -> f32 {
        self.reference_at(self.factor.as_ref())
    }

    fn reference_at(&self, factor: Option<&FactorCurve>) -> f32 {
        let at_floor = |factor: &FactorCurve| {
            let factor = factor.factor(&Block::splat(ln_of(self.floor)))[0];
            bent_excess(0.0, self.floor, factor, self.floor)
        };
        factor.map_or(0.0, at_floor)
    }

    /// Computes the conductance above Gmin of the cells in `blocks` (whole rows), or of an exact reference without a
    /// `branch`, at `input` times the read voltage, µS.
    pub(crate) fn see_driven(
        &self,
        branch: Option<&BranchCells>,
        blocks: Range<usize>,
        input: f32,
        seen: &mut [Block],
    ) {
        let bent = self.bent.as_ref().map(|(nonlinearity, volts)| nonlinearity.at(f64::from(input) * volts));
        match branch {
            Some(branch) => fill(self, bent.as_ref(), Rows::new(branch, blocks), seen),
            None => seen.fill(Block::splat(self.reference_at(bent.as_ref()))),
        }
    }

    /// Recomputes the visible conductances of `blocks` (whole rows); nothing to do if they equal the written ones.
    pub(crate) fn see(&self, branch: &mut BranchCells, blocks: Range<usize>) {
        let Some(mut visible) = branch.visible.take() else { return };
        fill(self, self.factor.as_ref(), Rows::new(branch, blocks.clone()), &mut visible.blocks_mut()[blocks]);
        branch.visible = Some(visible);
    }
}

/// Whole rows of a branch.
struct Rows<'a> {
    width: usize,
    last_mask: Block,
    g_above_min: &'a [Block],
    paths: Option<&'a [Block]>,
    cells: CellStrip<'a>,
}

impl Rows<'_> {
    fn new(branch: &BranchCells, blocks: Range<usize>) -> Rows<'_> {
        Rows {
            width: branch.g_above_min.row_blocks(),
            last_mask: last_mask(&branch.g_above_min),
            g_above_min: &branch.g_above_min.blocks()[blocks.clone()],
            paths: branch.relaxation.as_ref().map(|paths| &paths.blocks()[blocks.clone()]),
            cells: branch.cells.strip(blocks),
        }
    }
}

/// Returns the conductance above `floor` of a cell whose `conductance` is multiplied by `factor`, µS. A linear I-V
/// curve preserves every bit, unlike the detour over the conductance.
#[inline(always)]
fn bent_excess(g_above_min: f32, conductance: f32, factor: f32, floor: f32) -> f32 {
    if factor == 1.0 { g_above_min } else { conductance * factor - floor }
}

#[kernel]
fn fill(read_conductance: &ReadConductance, factor: Option<&FactorCurve>, rows: Rows, visible: &mut [Block]) {
    let Rows { width, last_mask, g_above_min, paths, cells } = rows;
    for (block, (visible, g_above_min)) in visible.iter_mut().zip(g_above_min).enumerate() {
        let mut seen = *g_above_min;
        if let Some(paths) = paths {
            let mask = if (block + 1) % width == 0 { last_mask } else { Block::splat(1.0) };
            let written = g_above_min.map(|g_above_min| read_conductance.floor + g_above_min);
            let drifted = read_conductance.now.conductance(&written, &paths[block]);
            let (low, high) = read_conductance.limits(&cells, block);
            for lane in 0..LANES {
                // A cell that has not drifted keeps every bit.
                let moved = clip(drifted[lane] - read_conductance.floor, low[lane], high[lane]);
                seen[lane] = mask[lane] * if drifted[lane] == written[lane] { g_above_min[lane] } else { moved };
            }
        }
        if let Some(factor) = factor {
            // Padding equals the reference: no weight.
            let conductance = seen.map(|g_above_min| read_conductance.floor + g_above_min);
            let factors = factor.factor(&conductance.map(ln_of));
            for lane in 0..LANES {
                seen[lane] = bent_excess(seen[lane], conductance[lane], factors[lane], read_conductance.floor);
            }
        }
        *visible = seen;
    }
}
