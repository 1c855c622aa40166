//! The hidden neurons of one layer in one sample, from its first input spike to the last step.
//!
//! Neurons of a layer that is not recurrent do not hear each other: the columns are taken in groups of at most twelve blocks
//! whose currents and voltages stay in registers over all steps, while the rows that spike stream past. Where neurons do
//! hear each other, where converters read the columns, and of neurons with more to their state, all columns of a step belong
//! together (`steps.rs`).

use ohmspike_simd::{Block, Instructions, Matrix, add_rows, blocks_at, kernel, with_width};

use super::reading::{Reading, decays};
use super::state::LayerState;
use super::steps::{Reads, by_steps};
use crate::network::Network;
use crate::neuron::Neuron;
use crate::neuron::izhikevich::Izhikevich;
use crate::neuron::lif::{LifParams, lif_step};
use crate::spikes::SpikeTrain;
use crate::trace::{LayerTrace, list_spikes};

/// Most blocks of columns whose state is kept in registers together: a voltage and a current of each, in the 32 registers of
/// AVX-512; the currents alone, of two registers each, in the 16 of AVX2.
fn widest_group() -> usize {
    match Instructions::current() {
        Instructions::Avx512 => 12,
        _ => 7,
    }
}

/// Leaves the voltages and spikes of a layer in `trace`; it hears `input` through `feedforward`, and itself through
/// `recurrent`.
pub(super) fn run(
    network: &Network,
    feedforward: Reading,
    recurrent: Option<Reading>,
    input: SpikeTrain,
    draws: &mut Vec<Block>,
    state: &mut LayerState,
    trace: &mut LayerTrace,
) {
    // Until the first input spike all neurons are at rest.
    trace.rest_until(input.first_step());
    let lif = decays(network);
    let together = recurrent.is_some() || feedforward.layer.converter.is_some();
    let reads = Reads { feedforward, recurrent };
    match network.neuron {
        Neuron::Lif if together => by_steps(lif, reads, input, state, trace),
        Neuron::Lif => {
            by_groups(lif, reads.feedforward, input, draws, trace);
            list_spikes(trace);
        }
        Neuron::Izhikevich => {
            let kinds = std::mem::take(&mut trace.kinds);
            let layer = Izhikevich { synapse_decay: network.synapse_decay, kinds: &kinds };
            by_steps(layer, reads, input, state, trace);
            trace.kinds = kinds;
        }
    }
}

/// What a group of columns reads: blocks `first` and those after it of every row.
#[derive(Clone, Copy)]
struct Columns<'a> {
    weights: &'a Matrix,
    first: usize,
    /// Variance of one read of each weight and a draw for every block of every step with input, where reading is noisy.
    noisy: Option<(&'a Matrix, &'a [Block])>,
}

fn by_groups(
    lif: LifParams,
    Reading { layer, noise, .. }: Reading,
    input: SpikeTrain,
    draws: &mut Vec<Block>,
    trace: &mut LayerTrace,
) {
    let blocks = trace.blocks;
    let noisy = layer.read_variance.zip(noise).map(|(variance, mut noise)| {
        draws.resize(input.active_steps() * blocks, Block::ZERO);
        noise.fill(draws);
        (variance, &draws[..])
    });
    let groups = blocks.div_ceil(widest_group());
    let mut first = 0;
    for group in 0..groups {
        // Groups of equal width, give or take a block.
        let width = (blocks - first).div_ceil(groups - group);
        let columns = Columns { weights: layer.weights, first, noisy };
        with_width!(width, 1 2 3 4 5 6 7 8 9 10 11, else 12, W => group_of::<W>(lif, columns, input, trace));
        first += width;
    }
}

#[kernel(simd: S)]
fn group_of<const WIDTH: usize>(lif: LifParams, columns: Columns, input: SpikeTrain, trace: &mut LayerTrace) {
    let (blocks, zero) = (trace.blocks, simd.splat(0.0));
    let (mut membrane, mut current) = ([zero; WIDTH], [zero; WIDTH]);
    let mut step_with_input = 0;
    for step in input.first_step()..trace.steps() {
        let (record, spiking) = trace.record(step, columns.first);
        lif_step(simd, lif, &mut membrane, &mut current, record, spiking);
        let active = input.at(step);
        if active.is_empty() {
            continue;
        }
        add_rows(simd, columns.weights, columns.first, active, &mut current);
        if let Some((read_variance, draws)) = columns.noisy {
            let mut variance = [zero; WIDTH];
            add_rows(simd, read_variance, columns.first, active, &mut variance);
            let draws: &[Block; WIDTH] = blocks_at(draws, step_with_input * blocks + columns.first);
            for block in 0..WIDTH {
                let noise = simd.mul(simd.sqrt(variance[block]), simd.load(&draws[block]));
                current[block] = simd.add(current[block], noise);
            }
            step_with_input += 1;
        }
    }
}
