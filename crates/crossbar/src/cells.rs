//! Constants of the cells of one branch, from device-to-device variation and faults; fixed for the life of a chip.
//!
//! ```text
//! low .. high     bounds of a cell above the nominal Gmin, µS; a stuck cell has low = high, so every write leaves it
//!                 unchanged; on an open line both are -G_low
//! gain up, down   factors on steps that raise and lower the conductance
//! slope up, down  additional slope of the factor of a linear step over the state
//! spread          factor on the standard deviation of a write
//! ```
//!
//! Quantities without variation are not stored: bounds are then 0 and the width of the window, factors 1.

use std::ops::Range;

use ohmspike_simd::{Block, Matrix};

use crate::device::Direction;

/// Constants of all cells of a branch.
#[derive(Clone, Debug)]
pub(crate) struct Cells {
    /// Width of the nominal window, µS.
    pub(crate) span: f32,
    /// Lower and upper bound of every cell above Gmin, µS.
    pub(crate) bounds: Option<[Matrix; 2]>,
    /// Gains of up and down steps.
    pub(crate) gains: Option<[Matrix; 2]>,
    /// Additional slopes of linear up and down steps.
    pub(crate) slopes: Option<[Matrix; 2]>,
    /// Factor on the write noise.
    pub(crate) spread: Option<Matrix>,
}

/// Constants of a strip of cells.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CellStrip<'a> {
    span: f32,
    bounds: Option<[&'a [Block]; 2]>,
    gains: Option<[&'a [Block]; 2]>,
    slopes: Option<[&'a [Block]; 2]>,
    spread: Option<&'a [Block]>,
}

impl Cells {
    /// Returns the constants of `blocks`.
    pub(crate) fn strip(&self, blocks: Range<usize>) -> CellStrip<'_> {
        CellStrip {
            span: self.span,
            bounds: self.bounds.as_ref().map(|[low, high]| [low, high].map(|ends| &ends.blocks()[blocks.clone()])),
            gains: self.gains.as_ref().map(|[up, down]| [up, down].map(|gains| &gains.blocks()[blocks.clone()])),
            slopes: self.slopes.as_ref().map(|[up, down]| [up, down].map(|slopes| &slopes.blocks()[blocks.clone()])),
            spread: self.spread.as_ref().map(|spread| &spread.blocks()[blocks]),
        }
    }

    /// Returns the lower and upper bound of one cell above Gmin, µS.
    pub(crate) fn bounds(&self, row: usize, column: usize) -> (f32, f32) {
        let ends = self.bounds.as_ref();
        ends.map_or((0.0, self.span), |[low, high]| (low[(row, column)], high[(row, column)]))
    }
}

impl CellStrip<'_> {
    /// Width of the nominal window, µS.
    pub(crate) fn span(&self) -> f32 {
        self.span
    }

    /// Returns the lower bounds of a block above Gmin, µS.
    #[inline(always)]
    pub(crate) fn low(&self, block: usize) -> Block {
        self.bounds.map_or(Block::ZERO, |[low, _]| low[block])
    }

    /// Returns the upper bounds of a block above Gmin, µS.
    #[inline(always)]
    pub(crate) fn high(&self, block: usize) -> Block {
        self.bounds.map_or(Block::splat(self.span), |[_, high]| high[block])
    }

    /// Returns the gains of a block.
    #[inline(always)]
    pub(crate) fn gain(&self, direction: Direction, block: usize) -> Block {
        self.gains.map_or(Block::splat(1.0), |gains| gains[direction as usize][block])
    }

    /// Returns the factors on the write noise of a block.
    #[inline(always)]
    pub(crate) fn spread(&self, block: usize) -> Block {
        self.spread.map_or(Block::splat(1.0), |spread| spread[block])
    }

    /// Returns the lower bound of one cell above Gmin, µS.
    #[inline(always)]
    pub(crate) fn low_of(&self, block: usize, lane: usize) -> f32 {
        self.bounds.map_or(0.0, |[low, _]| low[block][lane])
    }

    /// Returns the upper bound of one cell above Gmin, µS.
    #[inline(always)]
    pub(crate) fn high_of(&self, block: usize, lane: usize) -> f32 {
        self.bounds.map_or(self.span, |[_, high]| high[block][lane])
    }

    /// Returns the gain of one cell.
    #[inline(always)]
    pub(crate) fn gain_of(&self, direction: Direction, block: usize, lane: usize) -> f32 {
        self.gains.map_or(1.0, |gains| gains[direction as usize][block][lane])
    }

    /// Returns the additional slope of the linear step of one cell.
    #[inline(always)]
    pub(crate) fn slope_of(&self, direction: Direction, block: usize, lane: usize) -> f32 {
        self.slopes.map_or(0.0, |slopes| slopes[direction as usize][block][lane])
    }

    /// Returns the factor on the write noise of one cell.
    #[inline(always)]
    pub(crate) fn spread_of(&self, block: usize, lane: usize) -> f32 {
        self.spread.map_or(1.0, |spread| spread[block][lane])
    }

    /// Returns true if cells have bounds of their own.
    #[inline(always)]
    pub(crate) fn has_bounds(&self) -> bool {
        self.bounds.is_some()
    }

    /// Returns true if linear steps have slopes of their own.
    #[inline(always)]
    pub(crate) fn has_slopes(&self) -> bool {
        self.slopes.is_some()
    }

    /// Returns true if cells have a factor on their write noise.
    #[inline(always)]
    pub(crate) fn has_spread(&self) -> bool {
        self.spread.is_some()
    }

    /// Returns true if steps have gains.
    #[inline(always)]
    pub(crate) fn has_gains(&self) -> bool {
        self.gains.is_some()
    }
}

/// Clips `g_above_min` to `low` .. `high`. NaN stays NaN; `update` refuses NaN in steps.
#[inline(always)]
pub(crate) fn clip(g_above_min: f32, low: f32, high: f32) -> f32 {
    let above = if g_above_min < low { low } else { g_above_min };
    if above > high { high } else { above }
}
