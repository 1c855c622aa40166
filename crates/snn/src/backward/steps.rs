//! The adjoint of a hidden layer, computed for all neurons step by step in memory.

use ohmspike_simd::{Block, Matrix, kernel};

use super::{Adjoint, Span, project};
use crate::neuron::{Model, Neurons, Voltages};
use crate::surrogate::Slope;
use crate::trace::LayerTrace;

/// A layer in the backward pass.
#[derive(Clone, Copy)]
pub(super) struct Way<'a> {
    /// Number of the layer, from 0.
    pub(super) number: usize,
    pub(super) trace: &'a LayerTrace,
    /// Transposed recurrent weights.
    pub(super) recurrent: Option<&'a Matrix>,
    pub(super) span: Span,
}

/// Computes the adjoint currents of every step in `adjoint`, which holds dL/dS by the layers that receive the spikes,
/// without the recurrent part.
#[kernel(simd: S)]
pub(super) fn back(model: impl Model, slope: impl Slope, way: Way, adjoint: &mut Adjoint) {
    let Way { number, trace, recurrent, span } = way;
    let (blocks, start) = (trace.blocks, adjoint.first_row(number));
    let Adjoint { currents, by_spikes, neurons, .. } = adjoint;
    let currents = &mut currents[number].blocks_mut()[start * blocks..];
    let neurons = &mut neurons[..blocks];
    neurons.fill(Neurons::splat(Block::ZERO));
    let mut place = 0;
    for step in (span.first..span.last).rev() {
        let (currents, by_spikes) = (&mut currents[place..place + blocks], &mut by_spikes[place..place + blocks]);
        place += blocks;
        currents.iter_mut().zip(neurons.iter()).for_each(|(current, neurons)| *current = neurons.current);
        if let Some(recurrent) = recurrent {
            project::add(recurrent, currents, by_spikes);
        }
        for (block, (kept, by_spike)) in neurons.iter_mut().zip(by_spikes.iter()).enumerate() {
            let at = step * blocks + block;
            let membrane = simd.load(&trace.membrane[at]);
            let halfway = trace.halfway.get(at).map_or(simd.splat(0.0), |halfway| simd.load(halfway));
            let mut moved = kept.load(simd);
            let voltages = Voltages { membrane, halfway };
            model.step_back(simd, block, &mut moved, voltages, simd.load(by_spike), slope.at(simd, membrane));
            kept.store(simd, moved);
        }
    }
}
