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

use lanes::Block;

/// The column converters of one layer.
pub trait ColumnConverter: Debug + Sync {
    /// Rows of a tile, at least 1; the last tile may have fewer.
    fn tile_rows(&self) -> usize;

    /// Puts what the converters of tile number `tile` give out in the place of its column sums, thresholds. Lanes past
    /// the last column are padding: they hold zero and must keep it.
    fn convert(&self, tile: usize, sums: &mut [Block]);
}
