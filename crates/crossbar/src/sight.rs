//! What a read sees of a cell: where the last write has drifted to, at the read voltage.
//!
//! ```text
//! G_t  = drift(G_written, draw of the write, t)     t the time that the cells have rested (device/drift.rs)
//! seen = G_t f(G_t)                                 f the I-V factor at the read voltage (device/nonlinearity.rs)
//! ```
//!
//! Both are pure functions of what is stored: reading at t1 and then at t2 sees one path. G_t stays within the window of
//! its cell, so that stuck cells stay; that of a parked cell has no floor. The reference that a pair subtracts is read at
//! the same voltage: a cell at the floor is worth nothing at any voltage.

use std::ops::Range;

use lanes::{Block, LANES};
use multiversion::multiversion;

use crate::branch::{Branch, last_mask};
use crate::cells::{CellStrip, clip};
use crate::device::{Device, Drift, DriftAt, FactorCurve};
use crate::program::ln_of;

/// How the cells of an array are seen now.
#[derive(Clone, Debug)]
pub(crate) struct Sight {
    drift: Drift,
    now: DriftAt,
    factor: Option<FactorCurve>,
    floor: f32,
    /// What the floor is worth at the read voltage, µS.
    floor_seen: f32,
}

impl Sight {
    /// Right after a write to cells of `device`, whose lowest conductance is `floor` µS.
    pub(crate) fn new(device: &Device, floor: f32) -> Sight {
        let volts = device.read.volts;
        let factor = device.read.nonlinearity.as_ref().zip(volts).map(|(nonlinearity, volts)| nonlinearity.at(volts));
        let mut floor_seen = floor;
        if let Some(factor) = &factor {
            floor_seen = floor * factor.factor(&Block::splat(ln_of(floor)))[0];
        }
        Sight { now: device.drift.at(0.0), drift: device.drift.clone(), factor, floor, floor_seen }
    }

    /// From now on sees cells as they are `seconds` after their write.
    pub(crate) fn rest(&mut self, seconds: f64) {
        self.now = self.drift.at(seconds);
    }

    /// What an exact reference is worth at the read voltage above the floor of the window, µS.
    pub(crate) fn reference(&self) -> f32 {
        self.floor_seen - self.floor
    }

    /// Brings what is seen of `blocks` (whole rows) up to date; nothing to do where it is what was written.
    pub(crate) fn see(&self, branch: &mut Branch, blocks: Range<usize>) {
        let Some(visible) = &mut branch.visible else { return };
        let rows = Rows {
            width: branch.excess.row_blocks(),
            last_mask: last_mask(&branch.excess),
            excess: &branch.excess.blocks()[blocks.clone()],
            paths: branch.relaxation.as_ref().map(|paths| &paths.blocks()[blocks.clone()]),
            cells: branch.cells.strip(blocks.clone()),
        };
        fill(self, rows, &mut visible.blocks_mut()[blocks]);
    }
}

/// Whole rows of a branch.
struct Rows<'a> {
    width: usize,
    last_mask: Block,
    excess: &'a [Block],
    paths: Option<&'a [Block]>,
    cells: CellStrip<'a>,
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
fn fill(sight: &Sight, rows: Rows, visible: &mut [Block]) {
    let Rows { width, last_mask, excess, paths, cells } = rows;
    for (block, (visible, excess)) in visible.iter_mut().zip(excess).enumerate() {
        let mut seen = *excess;
        if let Some(paths) = paths {
            let mask = if (block + 1) % width == 0 { last_mask } else { Block::splat(1.0) };
            let written = excess.map(|excess| sight.floor + excess);
            let drifted = sight.now.conductance(&written, &paths[block]);
            let (low, high) = (cells.low(block), cells.high(block));
            for lane in 0..LANES {
                // A state that has not moved keeps every bit of its excess.
                let moved = clip(drifted[lane] - sight.floor, low[lane], high[lane]);
                seen[lane] = mask[lane] * if drifted[lane] == written[lane] { excess[lane] } else { moved };
            }
        }
        if let Some(factor) = &sight.factor {
            // The padding is as a reference is: no weight.
            let conductance = seen.map(|excess| sight.floor + excess);
            let factors = factor.factor(&conductance.map(ln_of));
            for lane in 0..LANES {
                seen[lane] = conductance[lane] * factors[lane] - sight.floor;
            }
        }
        *visible = seen;
    }
}
