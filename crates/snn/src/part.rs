//! A part of a batch: samples that are learnt from one after the other, with a gradient of their own.
//!
//! A batch is cut into parts whoever computes them, and the gradients of the parts are added in their order: the order of
//! a sum decides its last bits, and they must not depend on the number of threads.

use ohmspike_rng::Seed;
use ohmspike_simd::{Block, Executor, Matrix, Task, kernel};

use crate::backward::{Adjoint, Gradient, backward};
use crate::forward::{Layer, Trace, forward};
use crate::loss::ReadoutGradient;
use crate::network::Network;
use crate::read_counts::ReadCounts;
use crate::spikes::Samples;
use crate::weights::WeightStore;

/// Samples of a part of a batch of so many: four parts of 256 samples, and never more than sixteen, as each keeps a gradient.
pub(crate) fn samples_of_part(batch: usize) -> usize {
    batch.div_ceil(16).max(64)
}

/// What all samples of a batch have in common.
#[derive(Clone, Copy)]
pub(crate) struct BatchContext<'a> {
    pub(crate) network: &'a Network,
    pub(crate) samples: &'a Samples,
    /// The weights of all connections but the first as the controller takes them to be, columns x rows.
    pub(crate) transposed: &'a [Matrix],
    /// One over the batch.
    pub(crate) scale: f32,
    /// Opens the streams of the read noise, one a position in the batch.
    pub(crate) read: Seed,
}

/// The buffers and sums of a part.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    trace: Trace,
    output: ReadoutGradient,
    adjoint: Adjoint,
    /// Zero between batches.
    pub(crate) gradient: Gradient,
    pub(crate) reads: ReadCounts,
    /// Sum over the samples.
    pub(crate) loss: f64,
}

impl Part {
    pub(crate) fn new(network: &Network) -> Part {
        Part {
            trace: Trace::new(network),
            output: ReadoutGradient::new(network.steps, ohmspike_simd::blocks_for(network.classes)),
            adjoint: Adjoint::new(network),
            gradient: Gradient::new(network),
            reads: ReadCounts::default(),
            loss: 0.0,
        }
    }

    /// Forgets the last batch.
    pub(crate) fn begin(&mut self, network: &Network, stores: &[&mut dyn WeightStore]) {
        self.reads = ReadCounts::new(network, stores);
        self.loss = 0.0;
    }

    /// Learns from the `chosen` samples, the first of which has the place `first` in the batch.
    pub(crate) fn learn(&mut self, batch: BatchContext, layers: &[Layer], chosen: &[u32], first: usize) {
        for (place, &sample) in chosen.iter().enumerate() {
            batch.samples.spikes.prefetch_after(chosen, place);
            self.learn_one(batch, layers, sample, first + place);
        }
    }

    /// Learns from one sample, which has the place `place` in the batch.
    pub(crate) fn learn_one(&mut self, batch: BatchContext, layers: &[Layer], sample: u32, place: usize) {
        let BatchContext { network, samples, transposed, scale, read } = batch;
        let input = samples.spikes.sample(sample as usize);
        let label = usize::from(samples.labels[sample as usize]);
        let Part { trace, output, adjoint, gradient, reads, loss } = self;
        forward(network, layers, input, read.numbered(place as u64), trace);
        reads.count(input, trace);
        *loss += network.loss.differentiate(trace, label, scale, output);
        backward(network, transposed, input, trace, output, adjoint, gradient);
    }
}

/// `factor` times the sum of the gradients of `parts`, in their order, to `sum`; theirs are zero again.
pub(crate) fn add_up(parts: &mut [Part], factor: f32, sum: &mut Gradient, executor: &dyn Executor) {
    for (number, sum) in sum.matrices.iter_mut().enumerate() {
        let of_parts = parts.iter_mut().map(|part| part.gradient.matrices[number].blocks_mut());
        add_matrices(of_parts.collect(), factor, sum.blocks_mut(), executor);
    }
}

fn add_matrices(mut left: Vec<&mut [Block]>, factor: f32, sums: &mut [Block], executor: &dyn Executor) {
    let stretch = sums.len().div_ceil(executor.parallelism()).max(LEAST_BLOCKS);
    let tasks = sums.chunks_mut(stretch).map(|sums| -> Task {
        let mut terms: Vec<&mut [Block]> = Vec::with_capacity(left.len());
        for left in &mut left {
            terms.push(left.split_off_mut(..sums.len()).expect("as long as the sums"));
        }
        Box::new(move || add_blocks(&mut terms, factor, sums))
    });
    executor.run(tasks.collect());
}

/// Not fewer blocks are summed by a hand of their own: some microseconds.
const LEAST_BLOCKS: usize = 1024;

/// `factor` times the sums of the blocks of `terms` at the same place, which become zero.
#[kernel]
fn add_blocks(terms: &mut [&mut [Block]], factor: f32, sums: &mut [Block]) {
    let Some((first, others)) = terms.split_first_mut() else { return sums.fill(Block::ZERO) };
    for (place, sum) in sums.iter_mut().enumerate() {
        let mut total = std::mem::replace(&mut first[place], Block::ZERO);
        for other in others.iter_mut() {
            total += std::mem::replace(&mut other[place], Block::ZERO);
        }
        *sum = total * factor;
    }
}
