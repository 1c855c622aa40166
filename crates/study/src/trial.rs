//! Runs one trial: builds a network, trains it on its devices and tests it after every epoch.
//!
//! This file shows the whole simulation on one page; start reading here, at [`run_trial`].
//!
//! ```text
//! spikes -> forward -> loss -> backward -> requested update -> WeightStore -> next forward
//!                                                              write noise, clipping, drift, read noise
//! ```
//!
//! 1. [`TrialStreams`] opens the random streams of the trial.
//! 2. `Layers::programmed` draws the initial weights and programs them into cells.
//! 3. Each epoch trains on all batches and then tests. Each connection has a [`WeightStore`]: digital weights, or the
//!    cells of a crossbar array with their non-idealities.
//! 4. [`Outcome`] collects the epochs, the state of the network before and after training, and the hardware usage.
//!
//! Other modules choose the trials (`study.rs`, `run_study.rs`) and save their results (`record.rs`, `store.rs`). The
//! crates `analysis` and `report` evaluate and plot them.

mod error;
pub(crate) mod network;
mod silence;
mod state;
mod suspect;

use std::ops::ControlFlow;

use ohmspike_crossbar::{Ledger, WriteReport};
use ohmspike_rng::Seed;
use ohmspike_simd::Executor;
use ohmspike_snn::accumulating_store::Counted;
use ohmspike_snn::activity::Activity;
use ohmspike_snn::connection::Connection;
use ohmspike_snn::evaluate::{Answer, calibrate_untrained, evaluate, evaluate_watched};
use ohmspike_snn::hardware::{HardwareUse, LayerWeights};
use ohmspike_snn::initial;
use ohmspike_snn::network::Network;
use ohmspike_snn::spikes::Samples;
use ohmspike_snn::train::{Streams, TrainError, Trainer, Training};
use ohmspike_snn::weights::WeightStore;
use serde::{Deserialize, Serialize};

use crate::details::{Snapshot, UpdateAnatomy};
use crate::hardware::{HardwareError, layer_weights};
use crate::health::Silence;
use crate::observation::{Observation, SpikeObservation};
use crate::pool::{Moment, TimedExecutor};
use crate::prepare::{Devices, EncodedData};
use crate::settings::Settings;
use silence::Search;

pub use error::{TrialError, WrongTrialState};
pub use network::network;
pub use state::{EpochEnd, TrialState};

/// What decides the outcome of a trial.
#[derive(Clone, Copy, Debug)]
pub struct TrialInput<'a> {
    /// The settings.
    pub settings: &'a Settings,
    /// The devices that hold the weights.
    pub devices: &'a Devices<'a>,
    /// Training and test samples.
    pub data: &'a EncodedData,
    /// Seed of all random streams.
    pub seed: u64,
}

/// Result of one epoch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// Mean training loss.
    pub loss: f64,
    /// Predictions and hidden spikes on the test set after the epoch.
    pub test: Activity,
    /// Training time summed over threads, s.
    pub training_seconds: f64,
    /// Test time summed over threads, s.
    pub test_seconds: f64,
    /// Part of both times spent on other threads than that of the trial, s.
    pub helped_seconds: f64,
}

impl Epoch {
    /// Result of an epoch with these start, trained and tested moments.
    fn new(loss: f64, test: Activity, [started, trained, tested]: [Moment; 3]) -> Epoch {
        let (training_seconds, test_seconds) = (trained.seconds_after(started), tested.seconds_after(trained));
        let helped_seconds = (tested.helped - started.helped).as_secs_f64();
        Epoch { loss, test, training_seconds, test_seconds, helped_seconds }
    }

    /// Training and test time, s: the time that the epoch takes on one thread.
    pub fn seconds(&self) -> f64 {
        self.training_seconds + self.test_seconds
    }

    /// Wall time of the epoch, s.
    pub fn wall_seconds(&self) -> f64 {
        self.seconds() - self.helped_seconds
    }
}

/// Full evaluation of a network on the test set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Predictions and hidden spikes on the test set.
    pub test: Activity,
    /// Spike statistics of the hidden neurons, for the record.
    pub observation: Observation,
    /// Rasters, traces and histograms, for figures of single trials.
    pub snapshot: Snapshot,
}

/// Result of a trial.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Evaluation of the untrained network.
    pub before: Evaluation,
    /// Results of the epochs, in order; fewer than requested if training diverged.
    pub epochs: Vec<Epoch>,
    /// What all updates did to the cells, per connection.
    pub writes: Vec<WriteReport>,
    /// Hardware usage (pulses, energy, endurance), per connection; none for digital weights.
    pub hardware: Option<Vec<HardwareUse>>,
    /// Usage of the last test, per connection; none if training diverged.
    pub inference: Option<Vec<Ledger>>,
    /// Evaluation of the trained network; none if training diverged.
    pub after: Option<Evaluation>,
    /// The next update, decomposed, for every connection; none if training diverged.
    pub update: Option<Vec<UpdateAnatomy>>,
    /// Why training diverged, if it did.
    pub diverged: Option<TrainError>,
    /// A silent hidden layer with its cause, if there is one.
    pub silence: Option<Silence>,
}

/// The random streams of a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrialStreams {
    /// Initial weights.
    pub initial: Seed,
    /// Draws made once per chip.
    pub chip: Seed,
    /// Sample order, writes and reads of training.
    pub training: Streams,
    /// Reads of the tests.
    pub test: Seed,
}

impl TrialStreams {
    /// Opens the streams below `seed`, or below the seeds set in `[seeds]`. Reads of the tests follow `seeds.read`.
    pub fn new(settings: &Settings, seed: u64) -> TrialStreams {
        let given = &settings.seeds;
        let stream = |name, given: Option<u64>| Seed::new(given.unwrap_or(seed)).named(name);
        TrialStreams {
            initial: stream("initial", given.initial),
            chip: stream("chip", given.chip),
            training: Streams {
                order: stream("order", given.order),
                write: stream("write", given.write),
                read: stream("read", given.read),
            },
            test: stream("test", given.read),
        }
    }
}

/// Runs one trial, from the start or from the state of an earlier run, and calls `watch` after every epoch.
///
/// Except for run times, the result depends only on `input`, not on `executor` or `resume`.
///
/// # Errors
/// Returns a [`TrialError`] if the trial cannot start or resume. A training that diverges is a valid outcome.
pub fn run_trial(
    input: &TrialInput,
    resume: Option<TrialState>,
    executor: &dyn TimedExecutor,
    watch: &mut dyn FnMut(&EpochEnd),
) -> Result<Outcome, TrialError> {
    let outcome = run_trial_while(input, resume, executor, &mut |end| {
        if end.epoch().is_some() {
            watch(end);
        }
        ControlFlow::Continue(())
    })?;
    Ok(outcome.expect("only `watch` abandons a trial"))
}

/// Same as [`run_trial`], but abandons the trial and returns none once `watch` breaks. Without epochs, it shows `watch`
/// the untrained network.
pub(crate) fn run_trial_while(
    input: &TrialInput,
    resume: Option<TrialState>,
    executor: &dyn TimedExecutor,
    watch: &mut dyn FnMut(&EpochEnd) -> ControlFlow<()>,
) -> Result<Option<Outcome>, TrialError> {
    let TrialInput { settings, devices, data, seed } = *input;
    let (total_epochs, batch) = (settings.training.epochs, full_batch(settings.training.batch, data)?);
    let streams = TrialStreams::new(settings, seed);

    // Build the network and program its weights.
    let network = network(settings, data.shape())?;
    let mut layers = Layers::programmed(settings, devices, &network, &streams)?;

    // Evaluate the untrained network, or restore the epochs of an earlier run.
    let tested = TestSet::new(settings, &network, &data.test, executor);
    let (before, mut epochs) = match resume {
        Some(state) => layers.resume(state, total_epochs)?,
        None => (layers.untrained(&tested, &data.train, batch, streams.test), Vec::with_capacity(total_epochs)),
    };

    // Train and test in turn; the last test is a full evaluation. Without epochs, the untrained network is the result.
    let training = Training { batch, learning_rate: settings.training.learning_rate as f32 };
    let mut trainer = Trainer::new(&network, training, executor);
    let (mut after, mut diverged) = ((total_epochs == 0).then(|| before.clone()), None);
    if total_epochs == 0 && watch(&EpochEnd { before: &before, epochs: &epochs, layers: &layers }).is_break() {
        return Ok(None);
    }
    for number in epochs.len() as u64..total_epochs as u64 {
        let started = Moment::now(executor);
        let loss = layers.train(&mut trainer, &data.train, &streams.training, number);
        let Ok(loss) = loss else {
            diverged = loss.err();
            break;
        };
        let trained = Moment::now(executor);
        let read = streams.test.numbered(number);
        let test = if number + 1 < total_epochs as u64 {
            layers.test(&tested, read)
        } else {
            after.insert(layers.evaluation(&tested, read)).test.clone()
        };
        epochs.push(Epoch::new(loss, test, [started, trained, Moment::now(executor)]));
        if watch(&EpochEnd { before: &before, epochs: &epochs, layers: &layers }).is_break() {
            return Ok(None);
        }
    }

    // Collect the results, find the cause of a silent layer in the trained weights and decompose the next update.
    let outcome = layers.outcome(before, epochs, after, diverged);
    let silence = Search { input, network: &network, streams: &streams, batch }.silence(&outcome, &layers);
    let update = match outcome.after {
        Some(_) => layers.next_update(&network, &mut trainer, &data.train, training, &streams),
        None => None,
    };
    Ok(Some(Outcome { update, silence, ..outcome }))
}

/// The weights of the network and their usage so far, per connection.
struct Layers {
    weights: Vec<LayerWeights>,
    writes: Vec<WriteReport>,
    used: Vec<HardwareUse>,
    /// Usage of the last test.
    last_test: Vec<Ledger>,
}

impl Layers {
    /// Draws weights with the signs of their rows and programs them into cells if there is a device.
    fn programmed(
        settings: &Settings,
        devices: &Devices,
        network: &Network,
        streams: &TrialStreams,
    ) -> Result<Layers, HardwareError> {
        let layer = |connection: Connection| {
            let (signs, (_, columns)) = (network.signs(connection), network.shape(connection));
            let (sigma, stream) = (settings.sigma_of(connection) as f32, connection.stream());
            let first = initial::weights(&signs, columns, sigma, streams.initial.numbered(stream));
            layer_weights(settings, devices.of(connection), connection, first, signs, streams.chip.numbered(stream))
        };
        let weights = network.connections().map(layer).collect::<Result<Vec<_>, _>>()?;
        let (writes, used) = (vec![Default::default(); weights.len()], vec![Default::default(); weights.len()]);
        Ok(Layers { weights, writes, used, last_test: Vec::new() })
    }

    fn stores(&mut self) -> Vec<&mut dyn WeightStore> {
        self.weights.iter_mut().map(LayerWeights::store_mut).collect()
    }

    /// Trains one epoch and returns the mean loss. Counts writes and usage even if training diverges.
    fn train(
        &mut self,
        trainer: &mut Trainer,
        samples: &Samples,
        streams: &Streams,
        epoch: u64,
    ) -> Result<f64, TrainError> {
        let mut counted: Vec<Counted> = self.stores().into_iter().map(Counted::new).collect();
        let mut stores: Vec<&mut dyn WeightStore> = counted.iter_mut().map(|store| store as _).collect();
        let report = trainer.epoch(samples, &mut stores, streams, epoch);
        let writes: Vec<WriteReport> = counted.iter().map(|store| store.writes).collect();
        self.writes.iter_mut().zip(writes).for_each(|(sum, writes)| *sum += writes);
        self.take_usage(|used| &mut used.training);
        Ok(report?.loss)
    }

    /// Calibrates the converters with `count` of the training `samples` and evaluates the untrained network.
    fn untrained(&mut self, tested: &TestSet, samples: &Samples, count: usize, test: Seed) -> Evaluation {
        self.calibrate(tested.network, samples, count, test.named("calibration"));
        let untrained = TestSet { retention: tested.untrained_retention, ..*tested };
        self.evaluation(&untrained, test.named("before"))
    }

    /// Calibrates the converters with `count` of the training `samples`.
    fn calibrate(&mut self, network: &Network, samples: &Samples, count: usize, read: Seed) {
        calibrate_untrained(network, &mut self.stores(), samples, count, read);
    }

    /// Tests the network.
    fn test(&mut self, tested: &TestSet, read: Seed) -> Activity {
        let TestSet { network, samples, executor, .. } = *tested;
        self.after_retention(tested.retention, |stores| {
            evaluate(network, stores, samples, samples.spikes.len(), read, executor)
        })
    }

    /// Tests the network and observes its hidden neurons.
    fn evaluation(&mut self, tested: &TestSet, read: Seed) -> Evaluation {
        let mut observer = SpikeObservation::new(tested.network);
        let TestSet { network, samples, .. } = *tested;
        let test = self.after_retention(tested.retention, |stores| {
            let watch = &mut |answer: &Answer| observer.see(answer);
            evaluate_watched(network, stores, samples, samples.spikes.len(), read, watch)
        });
        let [from_inputs, .., readout] = &self.weights[..] else {
            unreachable!("a network has at least two connections")
        };
        let (observation, snapshot) = observer.end(from_inputs.store().weights(), readout.store().weights());
        Evaluation { test, observation, snapshot }
    }

    /// Runs `test` on cells that have drifted for `seconds`, then undoes the drift for further training.
    fn after_retention(
        &mut self,
        seconds: f64,
        test: impl FnOnce(&mut [&mut dyn WeightStore]) -> Activity,
    ) -> Activity {
        if seconds > 0.0 {
            self.rest(seconds);
        }
        let test = test(&mut self.stores());
        if seconds > 0.0 {
            self.rest(0.0);
        }
        self.last_test = self.take_usage(|used| &mut used.test);
        test
    }

    /// Decomposes the update for the first training batch, in every connection. Writes the cells.
    fn next_update(
        &mut self,
        network: &Network,
        trainer: &mut Trainer,
        samples: &Samples,
        training: Training,
        streams: &TrialStreams,
    ) -> Option<Vec<UpdateAnatomy>> {
        let first: Vec<u32> = (0..training.batch as u32).collect();
        let read = streams.training.read.named("next");
        trainer.differentiate(samples, &first, &mut self.stores(), read);
        let layers = network.connections().zip(&mut self.weights).zip(&trainer.gradient().matrices);
        layers
            .map(|((connection, layer), gradient)| {
                let write = streams.training.write.named("next").numbered(connection.stream());
                UpdateAnatomy::new(connection, layer, gradient, training.learning_rate, write)
            })
            .collect()
    }

    fn rest(&mut self, seconds: f64) {
        self.weights.iter_mut().for_each(|layer| layer.rest(seconds));
    }

    /// Moves the usage since the last call into one `ledger` of each connection, and returns it.
    fn take_usage(&mut self, ledger: fn(&mut HardwareUse) -> &mut Ledger) -> Vec<Ledger> {
        let spent: Vec<Ledger> = self.weights.iter_mut().map(LayerWeights::take_ledger).collect();
        for (used, spent) in self.used.iter_mut().zip(&spent) {
            *ledger(used) += *spent;
        }
        spent
    }

    /// Collects the results of the trial.
    fn outcome(
        &self,
        before: Evaluation,
        epochs: Vec<Epoch>,
        after: Option<Evaluation>,
        diverged: Option<TrainError>,
    ) -> Outcome {
        let mut used = self.used.clone();
        for (used, layer) in used.iter_mut().zip(&self.weights) {
            (used.endurance, used.wires) = (layer.endurance(), layer.held_error());
        }
        let on_cells = self.weights.iter().any(|layer| matches!(layer, LayerWeights::Crossbar(_)));
        let hardware = on_cells.then_some(used);
        // The last test of a diverged network may belong to an earlier run.
        let inference = (on_cells && after.is_some()).then(|| self.last_test.clone());
        let writes = self.writes.clone();
        Outcome { before, epochs, after, update: None, writes, hardware, inference, diverged, silence: None }
    }
}

/// What a network is tested on.
struct TestSet<'a> {
    network: &'a Network,
    samples: &'a Samples,
    /// Retention time before a test, s.
    retention: f64,
    /// Retention time before the test of the untrained network, s.
    untrained_retention: f64,
    executor: &'a dyn Executor,
}

impl<'a> TestSet<'a> {
    fn new(settings: &Settings, network: &'a Network, samples: &'a Samples, executor: &'a dyn Executor) -> TestSet<'a> {
        let (retention, untrained_retention) = (settings.hardware.retention_seconds, untrained_retention(settings));
        TestSet { network, samples, retention, untrained_retention, executor }
    }
}

/// Returns the retention time before the test of the untrained network, s. Training starts from cells that have not rested, so
/// only a network without training rests.
fn untrained_retention(settings: &Settings) -> f64 {
    if settings.training.epochs == 0 { settings.hardware.retention_seconds } else { 0.0 }
}

/// Returns `batch` if the training set fills it. Training skips an incomplete last batch, as the paper does; tests use
/// no batches.
pub(crate) fn full_batch(batch: usize, data: &EncodedData) -> Result<usize, TrialError> {
    let samples = data.train.labels.len();
    if batch > samples {
        return Err(TrialError::Batch { batch, samples });
    }
    Ok(batch)
}
