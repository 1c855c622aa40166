//! The hidden neurons of one sample, from its first input spike to the last step.
//!
//! Neurons do not hear each other: the columns of the layer are taken in groups of at most twelve blocks whose currents
//! and voltages stay in registers over all steps, while the rows that spike stream past. Where converters read the
//! columns, all columns of a step belong together, and the state lies in memory.

use lanes::{Block, Instructions, Matrix, add_rows, blocks_at, kernel};
use seed::Normals;

use super::currents::add_converted;
use super::{Layer, State};
use crate::converter::ColumnConverter;
use crate::neuron::lif::{LifParams, lif_step};
use crate::spikes::SpikeTrain;
use crate::trace::{Trace, list_spikes};

/// Most blocks of columns whose state is kept in registers together: a voltage and a current of each, in the 32 registers of
/// AVX-512; the currents alone, of two registers each, in the 16 of AVX2.
fn widest_group() -> usize {
    match Instructions::current() {
        Instructions::Avx512 => 12,
        _ => 7,
    }
}

/// Leaves the voltages and spikes of the hidden neurons in `trace`.
pub(super) fn run(
    lif: LifParams,
    layer: Layer,
    input: SpikeTrain,
    noise: Option<&mut Normals>,
    state: &mut State,
    trace: &mut Trace,
) {
    // Until the first input spike all neurons are at rest.
    trace.rest_until(input.first_step());
    match layer.converter {
        None => by_groups(lif, layer, input, noise, &mut state.draws, trace),
        Some(converter) => converted(lif, layer, converter, input, noise, state, trace),
    }
    list_spikes(trace);
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
    layer: Layer,
    input: SpikeTrain,
    noise: Option<&mut Normals>,
    draws: &mut Vec<Block>,
    trace: &mut Trace,
) {
    let blocks = trace.hidden_blocks;
    let noisy = layer.read_variance.zip(noise).map(|(variance, noise)| {
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
        match width {
            1 => group_of::<1>(lif, columns, input, trace),
            2 => group_of::<2>(lif, columns, input, trace),
            3 => group_of::<3>(lif, columns, input, trace),
            4 => group_of::<4>(lif, columns, input, trace),
            5 => group_of::<5>(lif, columns, input, trace),
            6 => group_of::<6>(lif, columns, input, trace),
            7 => group_of::<7>(lif, columns, input, trace),
            8 => group_of::<8>(lif, columns, input, trace),
            9 => group_of::<9>(lif, columns, input, trace),
            10 => group_of::<10>(lif, columns, input, trace),
            11 => group_of::<11>(lif, columns, input, trace),
            _ => group_of::<12>(lif, columns, input, trace),
        }
        first += width;
    }
}

#[kernel(simd: S)]
fn group_of<const WIDTH: usize>(lif: LifParams, columns: Columns, input: SpikeTrain, trace: &mut Trace) {
    let (blocks, zero) = (trace.hidden_blocks, simd.splat(0.0));
    let (mut membrane, mut current) = ([zero; WIDTH], [zero; WIDTH]);
    let mut step_with_input = 0;
    for step in input.first_step()..trace.steps() {
        let (record, spiking) = trace.hidden_record(step, columns.first);
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

#[kernel(simd: S)]
fn converted(
    lif: LifParams,
    layer: Layer,
    converter: &dyn ColumnConverter,
    input: SpikeTrain,
    mut noise: Option<&mut Normals>,
    state: &mut State,
    trace: &mut Trace,
) {
    let State { membrane, current, for_hidden, .. } = state;
    membrane.fill(Block::ZERO);
    current.fill(Block::ZERO);
    for step in input.first_step()..trace.steps() {
        for (block, (membrane, current)) in membrane.iter_mut().zip(current.iter_mut()).enumerate() {
            let (mut v, mut i) = ([simd.load(membrane)], [simd.load(current)]);
            let (record, spiking) = trace.hidden_record(step, block);
            lif_step(simd, lif, &mut v, &mut i, record, spiking);
            simd.store(v[0], membrane);
            simd.store(i[0], current);
        }
        let active = input.at(step);
        if !active.is_empty() {
            add_converted(layer, converter, active, noise.as_deref_mut(), current, for_hidden);
        }
    }
}
