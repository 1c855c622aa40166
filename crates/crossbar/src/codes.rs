//! Counts of the codes of the column converters of an array.
//!
//! ```text
//! lowest, highest   conversions at the first or last code of the scale
//! zero              conversions at code 0, which is the lowest unsigned code
//! clipped           conversions with a current more than half a code beyond either end
//! ```
//!
//! Counts are sums of whole numbers, so they do not depend on the order of the conversions or the number of threads.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

/// Counts of conversions by code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CodeCounts {
    /// All conversions.
    pub conversions: u64,
    /// Conversions at the lowest code.
    pub lowest: u64,
    /// Conversions at the highest code.
    pub highest: u64,
    /// Conversions at code 0.
    pub zero: u64,
    /// Conversions with a current more than half a code outside the scale.
    pub clipped: u64,
}

impl CodeCounts {
    /// Returns true if nothing was converted.
    pub fn is_empty(&self) -> bool {
        self.conversions == 0
    }
}

impl AddAssign for CodeCounts {
    fn add_assign(&mut self, other: CodeCounts) {
        self.conversions += other.conversions;
        self.lowest += other.lowest;
        self.highest += other.highest;
        self.zero += other.zero;
        self.clipped += other.clipped;
    }
}
