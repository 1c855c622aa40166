//! Column sums through wires of a sample, computed for all its reads before the neurons.
//!
//! The sums do not depend on the state of the neurons. In a pass of their own, the ladders of both branches stay in
//! registers.

use ohmspike_crossbar::{GatedLines, add_gated};
use ohmspike_simd::{Block, Instructions, Matrix, blocks_at_mut, kernel, with_width};

use crate::spikes::SpikeTrain;

/// Column blocks that are computed together: four registers each, of 32 with AVX-512, or two pairs of 16.
fn widest_group() -> usize {
    match Instructions::current() {
        Instructions::Avx512 => 7,
        _ => 2,
    }
}

/// Adds the sums of each step with `input` to `sums`, one block per column block and step.
pub(super) fn add_reads(lines: &GatedLines, weights: &Matrix, input: SpikeTrain, sums: &mut [Block]) {
    let blocks = weights.row_blocks();
    let groups = blocks.div_ceil(widest_group());
    let mut first = 0;
    for group in 0..groups {
        let width = (blocks - first).div_ceil(groups - group);
        with_width!(width, 1 2 3 4 5 6, else 7, W => add_group::<W>(lines, weights, first, input, sums));
        first += width;
    }
}

/// Adds the sums of the `active` rows in one step to `sums`.
pub(super) fn add_read(lines: &GatedLines, weights: &Matrix, active: &[u16], sums: &mut [Block]) {
    for first in 0..sums.len() {
        add_block(lines, weights, first, active, sums);
    }
}

#[kernel(simd: S)]
fn add_block(lines: &GatedLines, weights: &Matrix, first: usize, active: &[u16], sums: &mut [Block]) {
    let mut kept = [simd.load(&sums[first])];
    add_gated(simd, lines, weights, first, active, &mut kept);
    simd.store(kept[0], &mut sums[first]);
}

#[kernel(simd: S)]
fn add_group<const WIDTH: usize>(
    lines: &GatedLines,
    weights: &Matrix,
    first: usize,
    input: SpikeTrain,
    sums: &mut [Block],
) {
    let blocks = weights.row_blocks();
    let steps = input.by_step().filter(|active| !active.is_empty());
    for (active, sums) in steps.zip(sums.chunks_exact_mut(blocks)) {
        let sums: &mut [Block; WIDTH] = blocks_at_mut(sums, first);
        let mut kept = sums.each_ref().map(|sum| simd.load(sum));
        add_gated(simd, lines, weights, first, active, &mut kept);
        for (sum, kept) in sums.iter_mut().zip(kept) {
            simd.store(kept, sum);
        }
    }
}
