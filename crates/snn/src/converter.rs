//! Converters between the columns of an array and the neurons, one set per tile of rows.
//!
//! ```text
//! I_k  =  sum_T q_Tk(sum_{i in T, active} W_ik + e_Tk)        T      tile: consecutive rows
//!                                                             q_Tk   conversion of column k of tile T
//!                                                             e_Tk   read noise of the active rows of T
//! ```
//!
//! An array is divided into tiles of rows. In every step, the column sums of each tile with at least one active row are
//! converted separately and then added digitally. A tile without active rows is not read and adds nothing, not even the
//! offset of its converters.

use std::fmt::Debug;
use std::ops::AddAssign;

/// Counts of conversions by the resulting code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConversionEnds {
    /// All conversions.
    pub conversions: u64,
    /// Conversions to the lowest code.
    pub lowest: u64,
    /// Conversions to the highest code.
    pub highest: u64,
    /// Conversions to code 0.
    pub zero: u64,
    /// Conversions with a sum outside the full scale.
    pub clipped: u64,
}

impl AddAssign for ConversionEnds {
    fn add_assign(&mut self, other: ConversionEnds) {
        self.conversions += other.conversions;
        self.lowest += other.lowest;
        self.highest += other.highest;
        self.zero += other.zero;
        self.clipped += other.clipped;
    }
}

/// The column converters of a layer.
pub trait ColumnConverter: Debug + Sync {
    /// Returns the rows per tile, at least 1; the last tile may have fewer.
    fn tile_rows(&self) -> usize;

    /// Replaces the column sums of tile number `tile` (thresholds, one per column) by the converter outputs. Returns
    /// counts by the resulting code.
    fn convert(&self, tile: usize, sums: &mut [f32]) -> ConversionEnds;

    /// Receives the counts of all conversions of a sample, once per sample. Samples may be read by several threads.
    fn count(&self, _ends: ConversionEnds) {}
}
