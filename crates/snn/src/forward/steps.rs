//! The hidden neurons of one layer in one sample, computed step by step in memory.

use ohmspike_simd::{Block, kernel};

use super::reading::Reading;
use super::state::LayerState;
use crate::neuron::{Model, Neurons};
use crate::spikes::SpikeTrain;
use crate::trace::LayerTrace;

/// Matrices that a layer reads in a step.
pub(super) struct Reads<'a> {
    /// Weights of the input.
    pub(super) feedforward: Reading<'a>,
    /// Recurrent weights.
    pub(super) recurrent: Option<Reading<'a>>,
}

/// Computes voltages and spikes in `trace` from the first step of `input`.
#[kernel(simd: S)]
pub(super) fn by_steps(
    model: impl Model,
    mut reads: Reads,
    input: SpikeTrain,
    state: &mut LayerState,
    trace: &mut LayerTrace,
) {
    let LayerState { neurons, currents, buffers } = state;
    neurons.fill(Neurons::splat(Block::ZERO));
    currents.fill(Block::ZERO);
    for step in input.first_step()..trace.steps() {
        for (block, (kept, current)) in neurons.iter_mut().zip(currents.iter_mut()).enumerate() {
            kept.current = *current;
            let mut moved = kept.load(simd);
            model.step(simd, block, &mut moved, trace.record_of(step, block));
            kept.store(simd, moved);
            *current = kept.current;
        }
        trace.list_step(simd, step);
        reads.feedforward.add(input.at(step), currents, buffers);
        if let Some(recurrent) = &mut reads.recurrent {
            recurrent.add(trace.spikes().at(step), currents, buffers);
        }
    }
    reads.feedforward.end();
    reads.recurrent.iter().for_each(Reading::end);
}
