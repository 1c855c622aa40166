//! Kernel of the column converters: sums to codes and back, with counts.
//!
//! `converters.rs` has the equation. Counts of a row of converters are whole numbers in f32, exact up to 2^24 columns.

use ohmspike_simd::{Block, LANES, blocks_for, kernel};

use crate::codes::CodeCounts;
use crate::program::total;

/// Constants of all converters of an array.
#[derive(Clone, Copy)]
pub(crate) struct Codes {
    pub(crate) lowest: f32,
    pub(crate) highest: f32,
    /// Weight per code.
    pub(crate) step: f32,
    /// Codes per weight.
    pub(crate) per_step: f32,
}

/// Counts of conversions by code, one count per lane.
pub(crate) struct Ends {
    lowest: Block,
    highest: Block,
    zero: Block,
    clipped: Block,
}

/// Replaces `sums`, one per column, with the values that the converters report.
#[kernel]
pub(crate) fn digitise(sums: &mut [f32], gain: &[Block], offset: &[Block], codes: Codes) -> Ends {
    let mut ends = Ends { lowest: Block::ZERO, highest: Block::ZERO, zero: Block::ZERO, clipped: Block::ZERO };
    let (whole, rest) = sums.as_chunks_mut::<LANES>();
    let full = whole.len();
    for (sum, (gain, offset)) in whole.iter_mut().zip(gain.iter().zip(offset)) {
        *sum = digitise_block(sum, gain, offset, codes, &mut ends);
    }
    if !rest.is_empty() {
        let mut last = [0.0; LANES];
        last[..rest.len()].copy_from_slice(rest);
        last = digitise_block(&last, &gain[full], &offset[full], codes, &mut ends);
        rest.copy_from_slice(&last[..rest.len()]);
    }
    ends
}

#[inline(always)]
fn digitise_block(sum: &[f32; LANES], gain: &Block, offset: &Block, codes: Codes, ends: &mut Ends) -> [f32; LANES] {
    let Codes { lowest, highest, step, per_step } = codes;
    let (below, above) = (lowest - 0.5, highest + 0.5);
    let mut reported = [0.0; LANES];
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
    reported
}

impl Ends {
    /// Returns the counts of one conversion of each of `columns`. Padding ends at code 0 and is not a conversion.
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
