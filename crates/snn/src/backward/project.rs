//! Projects the adjoint currents of a layer on the neurons that drive it: dense sums over the neurons of the layer.
//!
//! ```text
//! dL/dS_j[t]  +=  sum_k W_jk i_k[t+1]      in ascending k
//! ```

use ohmspike_simd::{Block, LANES, Matrix, Simd, blocks_at, blocks_at_mut, kernel, with_width};

/// Blocks of sums that stay in registers together.
const GROUP: usize = 8;

/// Computes dL/dS\[t\] of the lower layer in `by_spikes` from the `currents` of `steps` steps. `transposed` are the
/// weights between the layers, columns x rows.
#[kernel(simd: S)]
pub(super) fn down(transposed: &Matrix, steps: usize, currents: &[Block], by_spikes: &mut [Block]) {
    let (above, below) = (ohmspike_simd::blocks_for(transposed.rows()), transposed.row_blocks());
    let by_spikes = &mut by_spikes[..steps * below];
    by_spikes.fill(Block::ZERO);
    for (currents, by_spikes) in currents.chunks_exact(above).zip(by_spikes.chunks_exact_mut(below)) {
        add_step(simd, transposed, currents, by_spikes);
    }
}

/// Adds the sums of one step to `by_spikes`.
#[kernel(simd: S)]
pub(super) fn add(transposed: &Matrix, currents: &[Block], by_spikes: &mut [Block]) {
    add_step(simd, transposed, currents, by_spikes);
}

#[inline(always)]
fn add_step<S: Simd>(simd: S, transposed: &Matrix, currents: &[Block], by_spikes: &mut [Block]) {
    for first in (0..by_spikes.len()).step_by(GROUP) {
        with_width!(by_spikes.len() - first, 1 2 3 4 5 6 7, else GROUP, W => add_group::<S, W>(simd, transposed, first, currents, by_spikes));
    }
}

#[inline(always)]
fn add_group<S: Simd, const WIDTH: usize>(
    simd: S,
    transposed: &Matrix,
    first: usize,
    currents: &[Block],
    by_spikes: &mut [Block],
) {
    let kept: &mut [Block; WIDTH] = blocks_at_mut(by_spikes, first);
    let mut sums = [simd.splat(0.0); WIDTH];
    for block in 0..WIDTH {
        sums[block] = simd.load(&kept[block]);
    }
    for neuron in 0..transposed.rows() {
        let current = simd.splat(currents[neuron / LANES][neuron % LANES]);
        let weights: &[Block; WIDTH] = blocks_at(transposed.row(neuron), first);
        for block in 0..WIDTH {
            sums[block] = simd.add(sums[block], simd.mul(simd.load(&weights[block]), current));
        }
    }
    for block in 0..WIDTH {
        simd.store(sums[block], &mut kept[block]);
    }
}
