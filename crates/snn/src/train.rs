//! One epoch of training: batches in random order, each with a forward pass, a backward pass and one update per
//! connection.
//!
//! Gradients are straight-through: read noise and converters act in the forward pass only. The backward pass uses the
//! controller's estimate of the weights ([`WeightStore::gradient_weights`]).

use ohmspike_crossbar::WriteReport;
use ohmspike_rng::Seed;
use ohmspike_simd::{Executor, Matrix, Task};
use rand::seq::SliceRandom;

use crate::backward::Gradient;
use crate::calibrate::calibrate;
use crate::network::Network;
use crate::optimiser::step_factor;
use crate::paired::PairedCopies;
use crate::part::{BatchContext, Part, add_up, samples_of_part};
use crate::read_counts::ReadCounts;
use crate::spikes::Samples;
use crate::weights::{NotFinite, WeightStore, have_read_state};

/// Training parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Training {
    /// Samples per batch; an incomplete last batch is dropped.
    pub batch: usize,
    /// Learning rate of plain gradient descent.
    pub learning_rate: f32,
}

/// Random streams of a training run, with independent seeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Streams {
    /// Order of the samples.
    pub order: Seed,
    /// Write noise of the updates.
    pub write: Seed,
    /// Read noise of the forward passes.
    pub read: Seed,
}

impl Streams {
    /// Derives the streams `order`, `write` and `read` from `seed`.
    pub fn from_seed(seed: Seed) -> Streams {
        Streams { order: seed.named("order"), write: seed.named("write"), read: seed.named("read") }
    }
}

/// Result of an epoch.
#[derive(Clone, Debug, PartialEq)]
pub struct EpochReport {
    /// Mean loss over the samples of the epoch, each at the weights of its batch.
    pub loss: f64,
    /// Reports of the updates, one per connection.
    pub writes: Vec<WriteReport>,
}

/// Reason why training stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    /// The loss or an update is NaN or infinite.
    #[error("training diverged in epoch {epoch}, batch {batch}: the loss or the update is not finite")]
    Diverged {
        /// Number of the epoch, from 1.
        epoch: u64,
        /// Number of the batch in the epoch, from 1.
        batch: u64,
    },
    /// Fewer samples than one batch.
    #[error("batch: expected at most {samples} (number of samples), got {batch}")]
    NoBatch {
        /// Samples per batch.
        batch: usize,
        /// Number of samples.
        samples: usize,
    },
}

/// Trains a network with weights in stores; owns the buffers of a trial.
#[derive(Clone, Debug)]
pub struct Trainer<'a> {
    network: &'a Network,
    training: Training,
    executor: &'a dyn Executor,
    parts: Vec<Part>,
    copies: PairedCopies,
    gradient: Gradient,
    /// Estimated weights of all connections except the first, columns x rows.
    transposed: Vec<Matrix>,
}

impl<'a> Trainer<'a> {
    /// Creates buffers for `network`; the `executor` computes the batches.
    pub fn new(network: &'a Network, training: Training, executor: &'a dyn Executor) -> Trainer<'a> {
        let shapes = network.connections().skip(1).map(|connection| network.shape(connection));
        let transposed = shapes.map(|(rows, columns)| Matrix::zeros(columns, rows));
        Trainer {
            network,
            training,
            executor,
            parts: Vec::new(),
            copies: PairedCopies::default(),
            gradient: Gradient::new(network),
            transposed: transposed.collect(),
        }
    }

    /// Trains epoch number `epoch`, from 0, of the weights in `stores`, one per connection in order. Random draws use
    /// child number `epoch` of each of the `streams`. A store that needs it is first calibrated on the first batch.
    ///
    /// # Errors
    /// [`TrainError`] if the samples do not fill one batch, or if the loss or an update is not finite.
    pub fn epoch(
        &mut self,
        samples: &Samples,
        stores: &mut [&mut dyn WeightStore],
        streams: &Streams,
        epoch: u64,
    ) -> Result<EpochReport, TrainError> {
        let Training { batch: size, learning_rate } = self.training;
        let batches = samples.spikes.len() / size.max(1);
        if size == 0 || batches == 0 {
            return Err(TrainError::NoBatch { batch: size, samples: samples.spikes.len() });
        }
        let order = data_order(samples.spikes.len(), streams.order.numbered(epoch));
        let (read, write) = (streams.read.numbered(epoch), streams.write.numbered(epoch));
        let first = &order[..size];
        calibrate(self.network, samples, first, stores, read.named("calibration"));

        let (mut loss, mut writes) = (0.0, vec![WriteReport::default(); stores.len()]);
        for (batch, chosen) in order.chunks_exact(size).enumerate() {
            let diverged = |_: NotFinite| TrainError::Diverged { epoch: epoch + 1, batch: batch as u64 + 1 };
            let read = read.numbered(batch as u64);
            loss += self.sum_gradients(samples, chosen, stores, read, step_factor(learning_rate));
            let write = write.numbered(batch as u64);
            let steps = self.network.connections().zip(&self.gradient.matrices);
            for (((connection, step), store), writes) in steps.zip(stores.iter_mut()).zip(&mut writes) {
                *writes += store.update(step, write.numbered(connection.stream()), self.executor).map_err(diverged)?;
            }
            if !loss.is_finite() {
                return Err(diverged(NotFinite));
            }
        }
        stores.iter_mut().filter_map(|store| store.read_path_mut()).for_each(|path| path.end_epoch());
        Ok(EpochReport { loss: loss / (batches * size) as f64, writes })
    }

    /// Returns the gradient of all weights from the last [`Trainer::differentiate`]; after an epoch, the update of its
    /// last batch.
    pub fn gradient(&self) -> &Gradient {
        &self.gradient
    }

    /// Computes the gradient of the batch mean of the loss over the `chosen` samples and returns the sum of their
    /// losses. Stores only change their read state: telegraph noise advances and reads are counted.
    pub fn differentiate(
        &mut self,
        samples: &Samples,
        chosen: &[u32],
        stores: &mut [&mut dyn WeightStore],
        read: Seed,
    ) -> f64 {
        self.sum_gradients(samples, chosen, stores, read, 1.0)
    }

    /// Runs [`Trainer::differentiate`] with `factor` times the gradient.
    fn sum_gradients(
        &mut self,
        samples: &Samples,
        chosen: &[u32],
        stores: &mut [&mut dyn WeightStore],
        read: Seed,
        factor: f32,
    ) -> f64 {
        for (store, transposed) in stores[1..].iter().zip(&mut self.transposed) {
            transpose(store.gradient_weights(), transposed);
        }
        let network = self.network;
        let transposed = std::mem::take(&mut self.transposed);
        let scale = 1.0 / chosen.len() as f32;
        let batch = BatchContext { network, samples, transposed: &transposed, scale, read };
        let loss = if have_read_state(stores) || self.executor.parallelism() == 1 {
            self.learn_in_turn(batch, chosen, stores, factor)
        } else {
            self.learn_at_once(batch, chosen, stores, factor)
        };
        self.transposed = transposed;
        loss
    }

    /// Computes the parts of a batch one after another in the same buffers, which then stay in the cache.
    fn learn_in_turn(
        &mut self,
        batch: BatchContext,
        chosen: &[u32],
        stores: &mut [&mut dyn WeightStore],
        factor: f32,
    ) -> f64 {
        let size = samples_of_part(chosen.len());
        let parts = chosen.len().div_ceil(size);
        self.reserve(1);
        let part = &mut self.parts[0];
        part.begin(batch.network, stores);
        let read_state = have_read_state(stores);
        if !read_state {
            self.copies.copy(stores);
        }
        let mut losses = Vec::with_capacity(parts);
        for (number, chosen) in chosen.chunks(size).enumerate() {
            let first = number * size;
            if read_state {
                part.learn_in_turn(batch, stores, chosen, first);
            } else {
                part.learn(batch, &self.copies.layers(stores), chosen, first);
            }
            let factor = if number + 1 == parts { factor } else { 1.0 };
            losses.push(part.add_to(&mut self.gradient, number == 0, factor));
        }
        part.reads.hand_over(stores);
        losses.iter().sum()
    }

    /// Computes the parts of a batch in parallel.
    fn learn_at_once(
        &mut self,
        batch: BatchContext,
        chosen: &[u32],
        stores: &mut [&mut dyn WeightStore],
        factor: f32,
    ) -> f64 {
        let size = samples_of_part(chosen.len());
        let count = chosen.len().div_ceil(size);
        self.reserve(count);
        let parts = &mut self.parts[..count];
        parts.iter_mut().for_each(|part| part.begin(batch.network, stores));
        self.copies.copy(stores);
        let layers = &self.copies.layers(stores)[..];
        let work = parts.iter_mut().zip(chosen.chunks(size)).enumerate();
        let tasks = work.map(|(number, (part, chosen))| -> Task {
            Box::new(move || part.learn(batch, layers, chosen, number * size))
        });
        self.executor.run(tasks.collect());
        add_up(&mut self.parts[..count], factor, &mut self.gradient, self.executor);
        let mut reads = ReadCounts::new(batch.network, stores);
        self.parts[..count].iter().for_each(|part| reads.add(&part.reads));
        reads.hand_over(stores);
        self.parts[..count].iter().map(|part| part.loss).sum()
    }

    /// Creates buffers for at least `count` parts.
    fn reserve(&mut self, count: usize) {
        if self.parts.len() < count {
            self.parts.resize_with(count, || Part::new(self.network));
        }
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

#[cfg(test)]
mod tests {
    use ohmspike_simd::Serial;

    use crate::connection::Connection;
    use crate::converter::{ColumnConverter, ConversionEnds};
    use crate::encode::LatencyCode;
    use crate::evaluate::evaluate;
    use crate::forward::Layer;
    use crate::initial;
    use crate::network::Dynamics;
    use crate::read_path::ReadPath;
    use crate::reads::Reads;
    use crate::weights::DigitalWeights;

    use ohmspike_crossbar::RowReads;

    use super::*;

    /// Digital weights that record how they are used.
    #[derive(Debug)]
    struct Watched {
        weights: DigitalWeights,
        gradient_weights: Option<Matrix>,
        presented: Vec<Seed>,
        row_reads: Vec<u32>,
        steps: u64,
        hand_overs: usize,
        updates: usize,
        calibrations: Vec<Reads>,
        converter: Halving,
    }

    /// Converters that halve every sum after calibration.
    #[derive(Debug)]
    struct Halving {
        calibrated: bool,
    }

    impl ColumnConverter for Halving {
        fn tile_rows(&self) -> usize {
            128
        }

        fn convert(&self, _tile: usize, sums: &mut [f32]) -> ConversionEnds {
            assert!(self.calibrated, "calibrated before the first read");
            sums.iter_mut().for_each(|sum| *sum *= 0.5);
            ConversionEnds::default()
        }
    }

    impl Watched {
        fn new(weights: DigitalWeights) -> Watched {
            let (gradient_weights, presented, row_reads) = (None, Vec::new(), vec![0; weights.weights().rows()]);
            let converter = Halving { calibrated: false };
            let (steps, hand_overs, updates, calibrations) = (0, 0, 0, Vec::new());
            Watched {
                weights,
                gradient_weights,
                presented,
                row_reads,
                steps,
                hand_overs,
                updates,
                calibrations,
                converter,
            }
        }
    }

    impl WeightStore for Watched {
        fn weights(&self) -> &Matrix {
            self.weights.weights()
        }

        fn gradient_weights(&self) -> &Matrix {
            self.gradient_weights.as_ref().unwrap_or(self.weights())
        }

        fn read_path(&self) -> Option<&dyn ReadPath> {
            Some(self)
        }

        fn read_path_mut(&mut self) -> Option<&mut dyn ReadPath> {
            Some(self)
        }

        fn update(&mut self, step: &Matrix, seed: Seed, executor: &dyn Executor) -> Result<WriteReport, NotFinite> {
            self.updates += 1;
            self.weights.update(step, seed, executor)
        }
    }

    impl ReadPath for Watched {
        fn layer(&self) -> Layer<'_> {
            Layer { converter: Some(&self.converter), ..Layer::exact(self.weights()) }
        }

        fn begin_sample(&mut self, seed: Seed) {
            self.presented.push(seed);
        }

        fn has_read_state(&self) -> bool {
            true
        }

        fn needs_calibration(&self) -> bool {
            !self.converter.calibrated
        }

        fn calibrate(&mut self, reads: &Reads) {
            self.calibrations.push(reads.clone());
            self.converter.calibrated = true;
        }

        fn count_reads(&mut self, reads: &RowReads) {
            assert_eq!(self.hand_overs, self.updates, "reads are handed over once before each update");
            self.row_reads.iter_mut().zip(reads.rows()).for_each(|(sum, reads)| *sum += reads);
            self.steps += reads.tiles().iter().sum::<u64>();
            self.hand_overs += 1;
        }
    }

    /// Eight images of four pixels; the pixels of the class are bright.
    fn stage() -> (Network, Samples, [DigitalWeights; 2]) {
        let images: Vec<[u8; 4]> = (0..8u8)
            .map(|image| if image % 2 == 0 { [255 - image, 240, 0, 0] } else { [0, 0, 230, 255 - image] })
            .collect();
        let labels = [0, 1, 0, 1, 0, 1, 0, 1];
        let samples = LatencyCode::default().samples(images.iter().map(|image| &image[..]), &labels, 100);
        let network = Network::new(4, 8, 2, 0.75, 100, &Dynamics::default()).expect("valid");
        let first = |signs: Vec<_>, columns, sigma, number| {
            DigitalWeights::exact(initial::weights(&signs, columns, sigma, Seed::new(1).numbered(number)), signs)
        };
        let hidden = first(network.signs(Connection::Feedforward(0)), 8, 2.0, 0);
        let readout = first(network.signs(Connection::Readout), 2, 0.5, 1);
        (network, samples.expect("few spikes"), [hidden, readout])
    }

    const TRAINING: Training = Training { batch: 3, learning_rate: 0.01 };

    fn total(samples: &Samples, chosen: &[u32]) -> u64 {
        let count = |&sample: &u32| (0..100).map(|step| samples.spikes.sample(sample as usize).at(step).len()).sum();
        chosen.iter().map(count).map(|count: usize| count as u64).sum()
    }

    #[test]
    fn an_epoch_calibrates_once_and_counts_every_read() {
        let (network, samples, stores) = stage();
        let [mut hidden, mut readout] = stores.map(Watched::new);
        let streams = Streams::from_seed(Seed::new(5));
        let mut trainer = Trainer::new(&network, TRAINING, &Serial);
        trainer.epoch(&samples, &mut [&mut hidden, &mut readout], &streams, 0).expect("converges");
        let order = data_order(8, streams.order.numbered(0));

        // The hidden layer is calibrated on the spikes of the first batch, the readout on the resulting hidden spikes.
        let [by_input] = &hidden.calibrations[..] else { panic!("calibrated once") };
        assert_eq!(by_input.iter().map(|rows| rows.len() as u64).sum::<u64>(), total(&samples, &order[..3]));
        let [by_spikes] = &readout.calibrations[..] else { panic!("calibrated once") };
        assert!(!by_spikes.is_empty() && by_spikes.iter().all(|rows| !rows.is_empty() && rows.is_sorted()));

        // Three calibration samples and two batches of three, with separate seeds for each layer and sample.
        let seeds: std::collections::HashSet<Seed> =
            hidden.presented.iter().chain(&readout.presented).copied().collect();
        assert_eq!((hidden.presented.len(), readout.presented.len(), seeds.len()), (9, 9, 18));
        let read = streams.read.numbered(0).numbered(1).numbered(2);
        assert_eq!(hidden.presented.last(), Some(&read.named("slow").numbered(0)));

        // Reads of the two batches, without those of the calibration.
        assert_eq!(hidden.row_reads.iter().map(|&reads| u64::from(reads)).sum::<u64>(), total(&samples, &order[..6]));
        assert!(hidden.steps > 0 && hidden.steps <= total(&samples, &order[..6]));
        assert_eq!((hidden.hand_overs, readout.hand_overs), (2, 2));
        assert!(readout.steps > 0);

        trainer.epoch(&samples, &mut [&mut hidden, &mut readout], &streams, 1).expect("converges");
        assert_eq!((hidden.calibrations.len(), readout.calibrations.len()), (1, 1));
    }

    #[test]
    fn an_evaluation_presents_every_sample_and_reports_its_reads_once() {
        let (network, samples, stores) = stage();
        let [mut hidden, mut readout] = stores.map(Watched::new);
        for store in [&mut hidden, &mut readout] {
            store.converter.calibrated = true;
        }
        let activity = evaluate(&network, &mut [&mut hidden, &mut readout], &samples, 5, Seed::new(3), &Serial);
        assert_eq!((hidden.presented.len(), readout.presented.len()), (5, 5));
        assert_eq!(hidden.presented[4], Seed::new(3).numbered(4).named("slow").numbered(0));
        assert_eq!((hidden.hand_overs, readout.hand_overs), (1, 1));
        let of_inputs = [0, 1, 2, 3, 4];
        assert_eq!(hidden.row_reads.iter().map(|&reads| u64::from(reads)).sum::<u64>(), total(&samples, &of_inputs));
        let counted = activity.total();
        let fired = counted.excitatory_spikes + counted.inhibitory_spikes;
        assert_eq!(readout.row_reads.iter().map(|&reads| u64::from(reads)).sum::<u64>(), fired);
    }

    #[test]
    fn the_backward_pass_uses_the_weight_estimate_of_the_controller() {
        let (network, samples, [hidden, readout]) = stage();
        let gradient = |gradient_weights: Option<Matrix>| {
            let [mut hidden, mut readout] = [hidden.clone(), readout.clone()].map(Watched::new);
            for store in [&mut hidden, &mut readout] {
                store.converter.calibrated = true;
            }
            readout.gradient_weights = gradient_weights;
            let mut trainer = Trainer::new(&network, TRAINING, &Serial);
            let loss = trainer.differentiate(&samples, &[0, 1, 2], &mut [&mut hidden, &mut readout], Seed::new(1));
            (loss, trainer.gradient().matrices.clone())
        };
        let (loss, read_back) = gradient(None);
        let doubled = Matrix::from_fn(8, 2, |row, column| 2.0 * readout.weights()[(row, column)]);
        let (same_loss, believing) = gradient(Some(doubled));
        // The readout's gradient uses no weights; the hidden layer's is linear in the readout's weights, and doubling
        // is exact.
        assert_eq!((loss, &read_back[1]), (same_loss, &believing[1]));
        assert!(read_back[0].cells().any(|slope| slope != 0.0));
        for (one, two) in read_back[0].cells().zip(believing[0].cells()) {
            assert_eq!(2.0 * one, two);
        }
    }

    #[test]
    fn streams_are_named_children_of_the_seed() {
        let seed = Seed::new(9);
        let expected = Streams { order: seed.named("order"), write: seed.named("write"), read: seed.named("read") };
        assert_eq!(Streams::from_seed(seed), expected);
    }
}
