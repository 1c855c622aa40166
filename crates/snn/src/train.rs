//! One epoch of training: batches in random order, each a forward and backward pass and one update a layer.

use lanes::Matrix;
use rand::seq::SliceRandom;
use seed::Seed;

use crate::backward::{Adjoint, Gradient, backward};
use crate::forward::{Trace, forward};
use crate::loss::ReadoutGradient;
use crate::network::Network;
use crate::optimiser::gradient_descent;
use crate::spikes::Samples;
use crate::weights::{NotFinite, UpdateReport, WeightStore};

/// How a network is trained.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Training {
    /// Samples a batch; an incomplete last batch is dropped.
    pub batch: usize,
    /// Learning rate of plain gradient descent.
    pub learning_rate: f32,
}

/// What an epoch left.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EpochReport {
    /// Loss, mean over the samples of the epoch, each at the weights of its batch.
    pub loss: f64,
    /// What the updates did to the hidden layer's cells.
    pub hidden: UpdateReport,
    /// What the updates did to the readout's cells.
    pub readout: UpdateReport,
}

/// Training cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrainError {
    /// The loss or a step is NaN or infinite.
    #[error("training diverged in epoch {epoch}, batch {batch}: the loss or the step is not finite")]
    Diverged {
        /// Number of the epoch, from 1.
        epoch: u64,
        /// Number of the batch in the epoch, from 1.
        batch: u64,
    },
    /// Not one whole batch.
    #[error("batch: must be at most the number of samples, got a batch of {batch} of {samples} samples")]
    NoBatch {
        /// Samples a batch.
        batch: usize,
        /// Samples there are.
        samples: usize,
    },
}

/// Trains a network whose weights are kept elsewhere; holds the buffers of a trial.
#[derive(Clone, Debug)]
pub struct Trainer<'a> {
    network: &'a Network,
    training: Training,
    trace: Trace,
    output: ReadoutGradient,
    adjoint: Adjoint,
    gradient: Gradient,
    readout_transposed: Matrix,
}

impl<'a> Trainer<'a> {
    /// Buffers for `network`.
    pub fn new(network: &'a Network, training: Training) -> Trainer<'a> {
        Trainer {
            network,
            training,
            trace: Trace::new(network),
            output: ReadoutGradient::new(network.steps, lanes::blocks_for(network.classes)),
            adjoint: Adjoint::new(network),
            gradient: Gradient::new(network),
            readout_transposed: Matrix::zeros(network.classes, network.hidden),
        }
    }

    /// Trains epoch number `epoch`, from 0. Data order, write noise and read noise each have a stream of their own below
    /// `seed`.
    ///
    /// # Errors
    /// [`TrainError`] where the samples do not fill one batch, or where the loss or a step is not finite.
    pub fn epoch(
        &mut self,
        samples: &Samples,
        hidden: &mut dyn WeightStore,
        readout: &mut dyn WeightStore,
        seed: Seed,
        epoch: u64,
    ) -> Result<EpochReport, TrainError> {
        let Training { batch: size, learning_rate } = self.training;
        let batches = samples.spikes.len() / size.max(1);
        if size == 0 || batches == 0 {
            return Err(TrainError::NoBatch { batch: size, samples: samples.spikes.len() });
        }
        let order = data_order(samples.spikes.len(), seed.named("order").numbered(epoch));
        let read = seed.named("read").numbered(epoch);
        let write = seed.named("write").numbered(epoch);

        let (mut loss, mut reports) = (0.0, [UpdateReport::default(); 2]);
        for (batch, chosen) in order.chunks_exact(size).enumerate() {
            let diverged = |_: NotFinite| TrainError::Diverged { epoch: epoch + 1, batch: batch as u64 + 1 };
            loss += self.differentiate(samples, chosen, hidden, readout, read.numbered(batch as u64));
            let Gradient { hidden: for_hidden, readout: for_readout } = &mut self.gradient;
            gradient_descent(for_hidden, learning_rate);
            gradient_descent(for_readout, learning_rate);
            let write = write.numbered(batch as u64);
            reports[0] += hidden.update(for_hidden, write.numbered(0)).map_err(diverged)?;
            reports[1] += readout.update(for_readout, write.numbered(1)).map_err(diverged)?;
            if !loss.is_finite() {
                return Err(diverged(NotFinite));
            }
        }
        Ok(EpochReport { loss: loss / (batches * size) as f64, hidden: reports[0], readout: reports[1] })
    }

    /// The gradient of the last batch, by both layers' weights.
    pub fn gradient(&self) -> &Gradient {
        &self.gradient
    }

    /// Leaves the gradient of the batch mean of the loss over the `chosen` samples in `self.gradient`; returns the sum
    /// of their losses.
    pub fn differentiate(
        &mut self,
        samples: &Samples,
        chosen: &[u32],
        hidden: &dyn WeightStore,
        readout: &dyn WeightStore,
        read: Seed,
    ) -> f64 {
        let scale = 1.0 / chosen.len() as f32;
        self.gradient.clear();
        transpose(readout.weights(), &mut self.readout_transposed);
        let (hidden, readout) = (hidden.layer(), readout.layer());
        let mut loss = 0.0;
        for (position, &sample) in chosen.iter().enumerate() {
            let input = samples.spikes.sample(sample as usize);
            let label = usize::from(samples.labels[sample as usize]);
            forward(self.network, hidden, readout, input, read.numbered(position as u64), &mut self.trace);
            let recorded = self.trace.readout();
            loss += self.network.loss.differentiate(recorded, self.network.classes, label, scale, &mut self.output);
            backward(
                self.network,
                &self.readout_transposed,
                input,
                &self.trace,
                &self.output,
                &mut self.adjoint,
                &mut self.gradient,
            );
        }
        loss
    }
}

fn data_order(samples: usize, seed: Seed) -> Vec<u32> {
    let mut order: Vec<u32> = (0..samples as u32).collect();
    order.shuffle(&mut seed.stream());
    order
}

fn transpose(from: &Matrix, to: &mut Matrix) {
    for row in 0..from.rows() {
        for column in 0..from.columns() {
            to[(column, row)] = from[(row, column)];
        }
    }
}
