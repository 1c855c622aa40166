//! Read noise of a sample, computed for all its reads before the neurons.
//!
//! ```text
//! e[t]  =  sqrt(sum of the variance of one read over the active rows) z        z ~ N(0, 1) for each column
//! ```
//!
//! The noise does not depend on the state of the neurons. In a pass of its own, its square roots do not wait for the
//! currents of the step before.

use ohmspike_rng::Normals;
use ohmspike_simd::{Block, Matrix, add_rows, blocks_at, blocks_at_mut, kernel, with_width};

use super::reading::Layer;
use super::wired;
use crate::spikes::SpikeTrain;

/// Column blocks that are summed together.
const GROUP: usize = 8;

/// Standard normals of the reads of a sample, one block per column block and step with input.
pub(super) struct Draws<'a> {
    /// Their stream.
    pub(super) normals: Normals,
    /// The next ones of the stream, if they are known.
    pub(super) drawn: Option<&'a [Block]>,
}

/// Writes the noise of the reads of each step with `input` to `noise`, one block per column block and step. `variance`
/// is that of one read of each weight.
fn of_reads(variance: &Matrix, draws: Draws, input: SpikeTrain, noise: &mut [Block]) {
    let blocks = variance.row_blocks();
    let Draws { mut normals, drawn } = draws;
    if drawn.is_none() {
        normals.fill(noise);
    }
    for first in (0..blocks).step_by(GROUP) {
        with_width!(blocks - first, 1 2 3 4 5 6 7, else GROUP, W => scale::<W>(variance, first, input, drawn, noise));
    }
}

/// Computes what a layer adds to the currents in each step with `input`, apart from plain sums of weights: read noise,
/// and whole sums through wires. None if there is neither.
pub(super) fn beside_weights<'a>(
    layer: Layer,
    draws: Option<Draws>,
    input: SpikeTrain,
    added: &'a mut Vec<Block>,
) -> Option<&'a [Block]> {
    let noisy = layer.read_variance.zip(draws);
    if noisy.is_none() && layer.lines.is_none() {
        return None;
    }
    let added = first_blocks(added, input.active_steps() * layer.weights.row_blocks());
    match noisy {
        Some((variance, draws)) => of_reads(variance, draws, input, added),
        None => added.fill(Block::ZERO),
    }
    if let Some(lines) = layer.lines {
        wired::add_reads(lines, layer.weights, input, added);
    }
    if let Some(gain) = layer.column_gain {
        added.chunks_exact_mut(gain.len()).for_each(|sums| multiply(sums, gain));
    }
    Some(added)
}

/// Returns the first `count` of `blocks`, which grow if need be. What they contain is undefined.
pub(super) fn first_blocks(blocks: &mut Vec<Block>, count: usize) -> &mut [Block] {
    if blocks.len() < count {
        blocks.resize(count, Block::ZERO);
    }
    &mut blocks[..count]
}

/// Multiplies the `sums` of every column by its `gain`.
pub(super) fn multiply(sums: &mut [Block], gain: &[Block]) {
    for (sum, gain) in sums.iter_mut().zip(gain) {
        *sum = *sum * *gain;
    }
}

/// Multiplies the draws of some columns by the standard deviations of their reads. The draws are in `drawn`, or else in
/// `noise`, which receives the products.
#[kernel(simd: S)]
fn scale<const WIDTH: usize>(
    variance: &Matrix,
    first: usize,
    input: SpikeTrain,
    drawn: Option<&[Block]>,
    noise: &mut [Block],
) {
    let blocks = variance.row_blocks();
    let steps = input.by_step().filter(|active| !active.is_empty());
    for (step, (active, noise)) in steps.zip(noise.chunks_exact_mut(blocks)).enumerate() {
        let mut sums = [simd.splat(0.0); WIDTH];
        add_rows(simd, variance, first, active, &mut sums);
        let noise: &mut [Block; WIDTH] = blocks_at_mut(noise, first);
        let draws = match drawn {
            Some(drawn) => blocks_at::<WIDTH>(drawn, step * blocks + first).each_ref().map(|block| simd.load(block)),
            None => noise.each_ref().map(|block| simd.load(block)),
        };
        for block in 0..WIDTH {
            simd.store(simd.mul(simd.sqrt(sums[block]), draws[block]), &mut noise[block]);
        }
    }
}
