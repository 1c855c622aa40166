//! The kernel of the column converters: sums to codes and back, and where they ended.
//!
//! The equation stands in converters.rs. Counts of a row of converters are whole numbers in f32, exact up to 2^24 columns.

use ohmspike_simd::{Block, LANES, blocks_for, kernel};

use crate::codes::CodeCounts;
use crate::program::total;

/// What all converters of an array share.
#[derive(Clone, Copy)]
pub(crate) struct Codes {
    pub(crate) lowest: f32,
    pub(crate) highest: f32,
    /// Weight per code.
    pub(crate) step: f32,
    /// Codes per weight.
    pub(crate) per_step: f32,
}

/// Conversions by where they ended, a count a lane.
pub(crate) struct Ends {
    lowest: Block,
    highest: Block,
    zero: Block,
    clipped: Block,
}

#[kernel]
pub(crate) fn digitise(sums: &mut [Block], gain: &[Block], offset: &[Block], codes: Codes) -> Ends {
    let Codes { lowest, highest, step, per_step } = codes;
    let (below, above) = (lowest - 0.5, highest + 0.5);
    let mut ends = Ends { lowest: Block::ZERO, highest: Block::ZERO, zero: Block::ZERO, clipped: Block::ZERO };
    for (sum, (gain, offset)) in sums.iter_mut().zip(gain.iter().zip(offset)) {
        let mut reported = Block::ZERO;
        for lane in 0..LANES {
            let along = (sum[lane] * gain[lane]) * per_step + offset[lane];
            ends.clipped[lane] += if along < below || along > above { 1.0 } else { 0.0 };
            let along = if along < lowest { lowest } else { along };
            let along = if along > highest { highest } else { along };
            let code = along.round_ties_even();
            ends.lowest[lane] += if code == lowest { 1.0 } else { 0.0 };
            ends.highest[lane] += if code == highest { 1.0 } else { 0.0 };
            ends.zero[lane] += if code == 0.0 { 1.0 } else { 0.0 };
            // Adding zero turns the -0 of a small negative sum into 0.
            reported[lane] = code * step + 0.0;
        }
        *sum = reported;
    }
    ends
}

impl Ends {
    /// The counts of one conversion of each of `columns`. Padding ends at the code 0 and is no conversion.
    pub(crate) fn counted(&self, columns: usize, codes: Codes) -> CodeCounts {
        let padding = (blocks_for(columns) * LANES - columns) as u64;
        CodeCounts {
            conversions: columns as u64,
            lowest: total(&self.lowest) - if codes.lowest == 0.0 { padding } else { 0 },
            highest: total(&self.highest),
            zero: total(&self.zero) - padding,
            clipped: total(&self.clipped),
        }
    }
}
