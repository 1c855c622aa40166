//! Where on their scale the column converters of an array ended.
//!
//! ```text
//! lowest, highest   conversions whose code is the first or the last of the scale
//! zero              those whose code is 0: with unsigned codes the lowest one
//! clipped           those whose current lay more than half a code beyond either end
//! ```
//!
//! Counts are sums of whole numbers: they do not depend on the order of the conversions, nor on the number of threads.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

/// Counts of conversions by where they ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CodeCounts {
    /// All conversions.
    pub conversions: u64,
    /// Those that ended at the lowest code.
    pub lowest: u64,
    /// Those that ended at the highest code.
    pub highest: u64,
    /// Those that ended at the code 0.
    pub zero: u64,
    /// Those whose current lay more than half a code below the lowest code or above the highest.
    pub clipped: u64,
}

impl CodeCounts {
    /// Whether nothing was converted.
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
