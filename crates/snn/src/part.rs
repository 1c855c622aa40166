//! A part of a batch: samples that are processed sequentially, with their own gradient.
//!
//! The division of a batch into parts is independent of the number of threads, and the gradients of the parts are added
//! in order. The order of a sum affects its last bits, so results do not depend on the number of threads.

use ohmspike_rng::Seed;
use ohmspike_simd::{Block, Executor, Matrix, Task, kernel};

use crate::backward::{Adjoint, Gradient, collect};
use crate::forward::{Layer, Trace, complete, forward};
use crate::loss::ReadoutGradient;
use crate::network::Network;
use crate::read_counts::ReadCounts;
use crate::spikes::Samples;
use crate::weights::{WeightStore, begin_sample, layers};

/// Returns the samples per part for a batch size. A batch of 256 has four parts, and no batch has more than sixteen,
/// because each part stores a gradient.
pub(crate) fn samples_of_part(batch: usize) -> usize {
    batch.div_ceil(16).max(64)
}

/// Data shared by all samples of a batch.
#[derive(Clone, Copy)]
pub(crate) struct BatchContext<'a> {
    pub(crate) network: &'a Network,
    pub(crate) samples: &'a Samples,
    /// The controller's estimates of the weights of all connections except the first, columns x rows.
    pub(crate) transposed: &'a [Matrix],
    /// 1 / batch size.
    pub(crate) scale: f32,
    /// Opens the streams of read noise, one per position in the batch.
    pub(crate) read: Seed,
}

/// Buffers and sums of a part.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    trace: Trace,
    output: ReadoutGradient,
    adjoint: Adjoint,
    /// Zero between batches.
    pub(crate) gradient: Gradient,
    pub(crate) reads: ReadCounts,
    /// Sum of the loss over the samples.
    pub(crate) loss: f64,
}

impl Part {
    pub(crate) fn new(network: &Network) -> Part {
        Part {
            trace: Trace::for_training(network),
            output: ReadoutGradient::new(network.steps, ohmspike_simd::blocks_for(network.classes)),
            adjoint: Adjoint::new(network),
            gradient: Gradient::new(network),
            reads: ReadCounts::default(),
            loss: 0.0,
        }
    }

    /// Clears the results of the last batch.
    pub(crate) fn begin(&mut self, network: &Network, stores: &[&mut dyn WeightStore]) {
        self.reads = ReadCounts::new(network, stores);
        self.loss = 0.0;
    }

    /// Computes gradients of the `chosen` samples; the first of them is at position `first` of the batch.
    pub(crate) fn learn(&mut self, batch: BatchContext, layers: &[Layer], chosen: &[u32], first: usize) {
        for (place, &sample) in chosen.iter().enumerate() {
            batch.samples.spikes.prefetch_after(chosen, place);
            self.learn_one(batch, layers, sample, first + place);
        }
        self.end();
    }

    /// Same as [`Part::learn`] for `stores` that change with every read.
    pub(crate) fn learn_in_turn(
        &mut self,
        batch: BatchContext,
        stores: &mut [&mut dyn WeightStore],
        chosen: &[u32],
        first: usize,
    ) {
        for (place, &sample) in (first..).zip(chosen) {
            begin_sample(batch.network, stores, batch.read.numbered(place as u64));
            self.learn_one(batch, &layers(stores), sample, place);
        }
        self.end();
    }

    /// Computes the gradient of one sample, which is at position `place` of the batch. It is complete after
    /// [`Part::end`].
    fn learn_one(&mut self, batch: BatchContext, layers: &[Layer], sample: u32, place: usize) {
        let BatchContext { network, samples, transposed, scale, read } = batch;
        let input = samples.spikes.sample(sample as usize);
        let label = usize::from(samples.labels[sample as usize]);
        let Part { trace, output, adjoint, gradient, reads, loss } = self;
        let read = read.numbered(place as u64);
        forward(network, layers, input, read, trace);
        reads.count(input, trace);
        *loss += network.loss.differentiate(trace, label, scale, output);
        if output.last_step().is_some_and(|last| !trace.has_voltages_until(last)) {
            complete(network, layers, input, read, trace);
        }
        collect(network, transposed, input, trace, output, adjoint, gradient);
    }

    /// Completes the gradient after the last sample.
    fn end(&mut self) {
        self.adjoint.flush(&mut self.gradient.matrices[0]);
    }

    /// Adds the gradient to `sum`, or replaces `sum` if it is the `first`, and multiplies the result by `factor`.
    /// Clears gradient and loss, and returns the loss.
    pub(crate) fn add_to(&mut self, sum: &mut Gradient, first: bool, factor: f32) -> f64 {
        for (sum, term) in sum.matrices.iter_mut().zip(&mut self.gradient.matrices) {
            add_blocks_of(term.blocks_mut(), first, factor, sum.blocks_mut());
        }
        std::mem::take(&mut self.loss)
    }
}

#[kernel]
fn add_blocks_of(terms: &mut [Block], first: bool, factor: f32, sums: &mut [Block]) {
    for (sum, term) in sums.iter_mut().zip(terms) {
        let term = std::mem::replace(term, Block::ZERO);
        *sum = (if first { term } else { *sum + term }) * factor;
    }
}

/// Writes `factor` times the sum of the gradients of `parts`, in order, to `sum`, and clears them.
pub(crate) fn add_up(parts: &mut [Part], factor: f32, sum: &mut Gradient, executor: &dyn Executor) {
    for (number, sum) in sum.matrices.iter_mut().enumerate() {
        let of_parts = parts.iter_mut().map(|part| part.gradient.matrices[number].blocks_mut());
        add_matrices(of_parts.collect(), factor, sum.blocks_mut(), executor);
    }
}

fn add_matrices(mut left: Vec<&mut [Block]>, factor: f32, sums: &mut [Block], executor: &dyn Executor) {
    let stretch = sums.len().div_ceil(executor.parallelism()).max(MIN_BLOCKS);
    let tasks = sums.chunks_mut(stretch).map(|sums| -> Task {
        let mut terms: Vec<&mut [Block]> = Vec::with_capacity(left.len());
        for left in &mut left {
            terms.push(left.split_off_mut(..sums.len()).expect("as long as the sums"));
        }
        Box::new(move || add_blocks(&mut terms, factor, sums))
    });
    executor.run(tasks.collect());
}

/// Smallest task for a thread, blocks: some microseconds.
const MIN_BLOCKS: usize = 1024;

/// Writes `factor` times the sum of the blocks of `terms` to `sums`, and clears the terms.
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
