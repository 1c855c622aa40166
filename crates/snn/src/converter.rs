//! What stands between the columns of an array and the neurons: converters, a set of them for every tile of rows.
//!
//! ```text
//! I_k = sum_T q_Tk(sum_{i in T, active} W_ik + e_Tk)     T     tile: so many rows, one after another
//!                                                        q_Tk  conversion of column k of tile T
//!                                                        e_Tk  noise of reading the active rows of T
//! ```
//!
//! An array is cut into tiles of so many rows. In every step the column sums of each tile with at least one active row
//! are converted by themselves and then added digitally; a tile without an active row is not read and adds nothing, not
//! even the offset of its converters.

use std::fmt::Debug;
use std::ops::AddAssign;

/// Conversions by where on the scale they ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConversionEnds {
    /// All conversions.
    pub conversions: u64,
    /// Those that ended at the lowest code.
    pub lowest: u64,
    /// Those that ended at the highest code.
    pub highest: u64,
    /// Those that ended at the code 0.
    pub zero: u64,
    /// Those whose sum lay beyond either end of the scale.
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

/// The column converters of one layer.
pub trait ColumnConverter: Debug + Sync {
    /// Rows of a tile, at least 1; the last tile may have fewer.
    fn tile_rows(&self) -> usize;

    /// Puts what the converters of tile number `tile` give out in the place of its column sums, thresholds, one a
    /// column. Returns where the conversions ended.
    fn convert(&self, tile: usize, sums: &mut [f32]) -> ConversionEnds;

    /// Called once for every sample, with where all of its conversions ended. Samples may be read by several threads.
    fn count(&self, _ends: ConversionEnds) {}
}
