//! The hidden neurons of one layer in one sample, from the first input spike to the last step.
//!
//! Without recurrence, the columns are processed in groups of at most twelve blocks. Their currents and voltages stay
//! in registers over all steps while the active rows stream past. With recurrence, with converters, or for neurons with
//! more state variables, all columns are processed step by step (`steps.rs`).

use ohmspike_simd::{Block, Instructions, Matrix, add_rows, blocks_at, kernel, with_width};

use super::noise::{self, Draws};
use super::reading::{Reading, decays};
use super::state::LayerState;
use super::steps::{Reads, by_steps};
use crate::network::Network;
use crate::neuron::Neuron;
use crate::neuron::izhikevich::Izhikevich;
use crate::neuron::lif::{LifParams, lif_step, stays_silent};
use crate::spikes::SpikeTrain;
use crate::trace::{LayerTrace, list_spikes};

/// Largest number of column blocks with their state in registers: voltage and current in the 32 registers of AVX-512,
/// or the current alone (two registers per block) in the 16 of AVX2.
fn widest_group() -> usize {
    match Instructions::current() {
        Instructions::Avx512 => 12,
        _ => 7,
    }
}

/// Computes voltages and spikes of a layer into `trace`. Its `input` comes through `feedforward`, its own spikes
/// through `recurrent`.
pub(super) fn run(
    network: &Network,
    feedforward: Reading,
    recurrent: Option<Reading>,
    input: SpikeTrain,
    noise: &mut Vec<Block>,
    state: &mut LayerState,
    trace: &mut LayerTrace,
) {
    // All neurons are at rest until the first input spike.
    trace.rest_until(input.first_step());
    let lif = decays(network);
    let together = recurrent.is_some() || feedforward.layer.converter.is_some();
    let reads = Reads { feedforward, recurrent };
    match network.neuron {
        Neuron::Lif if together => by_steps(lif, reads, input, state, trace),
        Neuron::Lif => {
            by_groups(lif, reads.feedforward, input, noise, trace);
            list_spikes(trace, input.first_step());
        }
        Neuron::Izhikevich => {
            let kinds = std::mem::take(&mut trace.kinds);
            let layer = Izhikevich { synapse_decay: network.synapse_decay, kinds: &kinds };
            by_steps(layer, reads, input, state, trace);
            trace.kinds = kinds;
        }
    }
}

/// A group of columns: block `first` and the following ones of each row.
#[derive(Clone, Copy)]
struct Columns<'a> {
    /// None if `added` has the whole sums.
    weights: Option<&'a Matrix>,
    first: usize,
    /// What every block adds in every step with input beside the weights, if anything.
    added: Option<&'a [Block]>,
}

fn by_groups(
    lif: LifParams,
    Reading { layer, noise, drawn, .. }: Reading,
    input: SpikeTrain,
    noise_of_reads: &mut Vec<Block>,
    trace: &mut LayerTrace,
) {
    let blocks = trace.blocks;
    let draws = noise.map(|normals| Draws { normals, drawn });
    let added = noise::beside_weights(layer, draws, input, noise_of_reads);
    let weights = layer.lines.is_none().then_some(layer.weights);
    let groups = blocks.div_ceil(widest_group());
    let mut first = 0;
    for group in 0..groups {
        // Groups have equal widths to within one block.
        let width = (blocks - first).div_ceil(groups - group);
        let columns = Columns { weights, first, added };
        with_width!(width, 1 2 3 4 5 6 7 8 9 10 11, else 12, W => group_of::<W>(lif, columns, input, trace));
        first += width;
    }
}

#[kernel(simd: S)]
fn group_of<const WIDTH: usize>(lif: LifParams, columns: Columns, input: SpikeTrain, trace: &mut LayerTrace) {
    let (blocks, zero) = (trace.blocks, simd.splat(0.0));
    let (mut membrane, mut current) = ([zero; WIDTH], [zero; WIDTH]);
    let (mut step_with_input, ends) = (0, trace.ends_when_quiet);
    for step in input.first_step()..trace.steps() {
        let (record, spiking) = trace.record(step, columns.first);
        lif_step(simd, lif, &mut membrane, &mut current, record, spiking);
        let active = input.at(step);
        if active.is_empty() {
            if ends && input.none_after(step) && stays_silent(simd, lif, &membrane, &current) {
                trace.end_at::<WIDTH>(step + 1, columns.first);
                break;
            }
            continue;
        }
        if let Some(weights) = columns.weights {
            add_rows(simd, weights, columns.first, active, &mut current);
        }
        if let Some(added) = columns.added {
            let added: &[Block; WIDTH] = blocks_at(added, step_with_input * blocks + columns.first);
            for block in 0..WIDTH {
                current[block] = simd.add(current[block], simd.load(&added[block]));
            }
            step_with_input += 1;
        }
    }
}
