//! The constants of the cells of one branch: what device-to-device spread and faults leave, fixed for the life of a chip.
//!
//! ```text
//! low .. high     conductance above the floor that a cell can have, µS above the floor of the nominal window; a stuck cell has low = high,
//!                 so that every write leaves it where it is stuck; on an open line both are -G_low
//! gain up, down   factor on the steps that raise and that lower the conductance
//! slope up, down  fall of the factor of a linear step over the state, beyond that of its law
//! spread          factor on the standard deviation of a write
//! ```
//!
//! What no cell deviates in is not stored: bounds are then 0 and the span of the window, factors 1.

use std::ops::Range;

use ohmspike_simd::{Block, Matrix};

use crate::device::Direction;

/// Constants of all cells of a branch.
#[derive(Clone, Debug)]
pub(crate) struct Cells {
    /// Highest less lowest conductance of the nominal window, µS.
    pub(crate) span: f32,
    /// Lowest and highest conductance above the floor of every cell, µS.
    pub(crate) bounds: Option<[Matrix; 2]>,
    /// Gain of up and of down steps.
    pub(crate) gains: Option<[Matrix; 2]>,
    /// Falls of the factors of linear up and down steps.
    pub(crate) slopes: Option<[Matrix; 2]>,
    /// Factor on the write spread.
    pub(crate) spread: Option<Matrix>,
}

/// The constants of a strip of cells.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CellStrip<'a> {
    span: f32,
    bounds: Option<[&'a [Block]; 2]>,
    gains: Option<[&'a [Block]; 2]>,
    slopes: Option<[&'a [Block]; 2]>,
    spread: Option<&'a [Block]>,
}

impl Cells {
    /// The constants of `blocks`.
    pub(crate) fn strip(&self, blocks: Range<usize>) -> CellStrip<'_> {
        CellStrip {
            span: self.span,
            bounds: self.bounds.as_ref().map(|[low, high]| [low, high].map(|ends| &ends.blocks()[blocks.clone()])),
            gains: self.gains.as_ref().map(|[up, down]| [up, down].map(|gains| &gains.blocks()[blocks.clone()])),
            slopes: self.slopes.as_ref().map(|[up, down]| [up, down].map(|slopes| &slopes.blocks()[blocks.clone()])),
            spread: self.spread.as_ref().map(|spread| &spread.blocks()[blocks]),
        }
    }

    /// Lowest and highest conductance above the floor of one cell, µS.
    pub(crate) fn bounds(&self, row: usize, column: usize) -> (f32, f32) {
        let ends = self.bounds.as_ref();
        ends.map_or((0.0, self.span), |[low, high]| (low[(row, column)], high[(row, column)]))
    }
}

impl CellStrip<'_> {
    /// Highest less lowest conductance of the nominal window, µS.
    pub(crate) fn span(&self) -> f32 {
        self.span
    }

    /// Lowest conductance above the floor of the cells of a block, µS.
    #[inline(always)]
    pub(crate) fn low(&self, block: usize) -> Block {
        self.bounds.map_or(Block::ZERO, |[low, _]| low[block])
    }

    /// Highest conductance above the floor of the cells of a block, µS.
    #[inline(always)]
    pub(crate) fn high(&self, block: usize) -> Block {
        self.bounds.map_or(Block::splat(self.span), |[_, high]| high[block])
    }

    /// Gain of the cells of a block.
    #[inline(always)]
    pub(crate) fn gain(&self, direction: Direction, block: usize) -> Block {
        self.gains.map_or(Block::splat(1.0), |gains| gains[direction as usize][block])
    }

    /// Factor on the write spread of the cells of a block.
    #[inline(always)]
    pub(crate) fn spread(&self, block: usize) -> Block {
        self.spread.map_or(Block::splat(1.0), |spread| spread[block])
    }

    /// Lowest conductance above the floor of one cell, µS.
    #[inline(always)]
    pub(crate) fn low_of(&self, block: usize, lane: usize) -> f32 {
        self.bounds.map_or(0.0, |[low, _]| low[block][lane])
    }

    /// Highest conductance above the floor of one cell, µS.
    #[inline(always)]
    pub(crate) fn high_of(&self, block: usize, lane: usize) -> f32 {
        self.bounds.map_or(self.span, |[_, high]| high[block][lane])
    }

    /// Gain of one cell.
    #[inline(always)]
    pub(crate) fn gain_of(&self, direction: Direction, block: usize, lane: usize) -> f32 {
        self.gains.map_or(1.0, |gains| gains[direction as usize][block][lane])
    }

    /// Fall of the factor of a linear step of one cell, beyond that of its law.
    #[inline(always)]
    pub(crate) fn slope_of(&self, direction: Direction, block: usize, lane: usize) -> f32 {
        self.slopes.map_or(0.0, |slopes| slopes[direction as usize][block][lane])
    }

    /// Factor on the write spread of one cell.
    #[inline(always)]
    pub(crate) fn spread_of(&self, block: usize, lane: usize) -> f32 {
        self.spread.map_or(1.0, |spread| spread[block][lane])
    }

    /// Whether cells have bounds of their own.
    #[inline(always)]
    pub(crate) fn has_bounds(&self) -> bool {
        self.bounds.is_some()
    }

    /// Whether linear steps have slopes of their own.
    #[inline(always)]
    pub(crate) fn has_slopes(&self) -> bool {
        self.slopes.is_some()
    }

    /// Whether cells have a factor on their write spread.
    #[inline(always)]
    pub(crate) fn has_spread(&self) -> bool {
        self.spread.is_some()
    }

    /// Whether steps have gains.
    #[inline(always)]
    pub(crate) fn has_gains(&self) -> bool {
        self.gains.is_some()
    }
}

/// `g_above_min` within `low` .. `high`. NaN stays NaN, and no step brings one in: `update` refuses it.
#[inline(always)]
pub(crate) fn clip(g_above_min: f32, low: f32, high: f32) -> f32 {
    let above = if g_above_min < low { low } else { g_above_min };
    if above > high { high } else { above }
}
