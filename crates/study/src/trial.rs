//! One trial: a network is made, trained through its weight stores and tested after every epoch.
//!
//! This page is the whole program in small. The rest decides which trials to run (`study.rs`, `run_study.rs`), keeps what they
//! leave (`record.rs`, `store.rs`) and shows it (the crates `analysis` and `report`).

mod error;
pub(crate) mod network;
mod silence;
mod state;

use std::ops::ControlFlow;

use ohmspike_crossbar::Ledger;
use ohmspike_crossbar::WriteReport;
use ohmspike_rng::Seed;
use ohmspike_simd::{Executor, Matrix};
use ohmspike_snn::activity::Activity;
use ohmspike_snn::connection::Connection;
use ohmspike_snn::evaluate::{Answer, calibrate_untrained, evaluate, evaluate_watched};
use ohmspike_snn::initial;
use ohmspike_snn::network::Network;
use ohmspike_snn::spikes::Samples;
use ohmspike_snn::train::{Streams, TrainError, Trainer, Training};
use ohmspike_snn::weights::WeightStore;
use serde::{Deserialize, Serialize};

use crate::details::{Snapshot, UpdateAnatomy};
use crate::hardware::{HardwareError, layer_weights};
use crate::health::Silence;
use crate::observation::{Observation, Observer};
use crate::pool::{Helpers, Moment};
use crate::prepare::{Devices, EncodedData};
use crate::settings::Settings;
use ohmspike_snn::accumulating_store::Counted;
use ohmspike_snn::hardware::{HardwareUse, LayerWeights};

pub use error::{TrialError, WrongTrialState};
use network::network;
use silence::Search;
pub use state::{EpochEnd, TrialState};

/// What one epoch left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// Mean training loss.
    pub loss: f64,
    /// Predictions and hidden spikes on the test set after the epoch.
    pub test: Activity,
    /// Time of training, of all threads that took part, seconds.
    pub training_seconds: f64,
    /// Time of the test, likewise, seconds.
    pub test_seconds: f64,
    /// The part of both that other threads than the trial's own took part with, seconds.
    pub helped_seconds: f64,
}

impl Epoch {
    /// An epoch that started, had trained and had tested at these moments.
    fn new(loss: f64, test: Activity, [started, trained, tested]: [Moment; 3]) -> Epoch {
        let (training_seconds, test_seconds) = (trained.seconds_after(started), tested.seconds_after(trained));
        let helped_seconds = (tested.helped - started.helped).as_secs_f64();
        Epoch { loss, test, training_seconds, test_seconds, helped_seconds }
    }

    /// Time of both, seconds: what they take on one thread.
    pub fn seconds(&self) -> f64 {
        self.training_seconds + self.test_seconds
    }

    /// How long one waits for it, seconds.
    pub fn wall_seconds(&self) -> f64 {
        self.seconds() - self.helped_seconds
    }
}

/// One look at a network from all sides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Predictions and hidden spikes on the test set.
    pub test: Activity,
    /// How the hidden neurons spike, for the record.
    pub observation: Observation,
    /// Rasters, traces and histograms, for figures of single trials.
    pub snapshot: Snapshot,
}

/// What a trial left.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The untrained network.
    pub before: Evaluation,
    /// The epochs in their order; fewer than asked for where training diverged.
    pub epochs: Vec<Epoch>,
    /// What all updates did to the cells, one entry a connection.
    pub writes: Vec<WriteReport>,
    /// What the arrays have cost, one entry a connection; none for abstract weights.
    pub hardware: Option<Vec<HardwareUse>>,
    /// What the test of the trained network has cost, likewise; none where training diverged.
    pub inference: Option<Vec<Ledger>>,
    /// The trained network; none where training diverged.
    pub after: Option<Evaluation>,
    /// The next update of the weights from the inputs and of the readout, taken apart; none where training diverged.
    pub update: Option<Vec<UpdateAnatomy>>,
    /// Why training stopped early, if it did.
    pub diverged: Option<TrainError>,
    /// A hidden layer that hardly fires, with the cause.
    pub silence: Option<Silence>,
}

/// The random streams of a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrialStreams {
    /// The first weights.
    pub initial: Seed,
    /// What is drawn once a chip.
    pub chip: Seed,
    /// Order, writes and reads of training.
    pub training: Streams,
    /// Reads of the tests.
    pub test: Seed,
}

impl TrialStreams {
    /// Children of `seed`, and of the seeds that `[seeds]` puts in its place; the test's reads go with `seeds.read`.
    pub fn of(settings: &Settings, seed: u64) -> TrialStreams {
        let given = &settings.seeds;
        let of = |name, given: Option<u64>| Seed::new(given.unwrap_or(seed)).named(name);
        TrialStreams {
            initial: of("initial", given.initial),
            chip: of("chip", given.chip),
            training: Streams {
                order: of("order", given.order),
                write: of("write", given.write),
                read: of("read", given.read),
            },
            test: of("test", given.read),
        }
    }
}

/// Runs one trial, from its beginning or from where an earlier run of it stood. A pure function of settings, device, data and
/// seed, but for the seconds, whoever the `executor` is that computes it; `watch` is told of every epoch as it ends.
///
/// # Errors
/// [`TrialError`] where the trial cannot start, or not go on from there. Training that diverges is an outcome.
pub fn run_trial(
    settings: &Settings,
    devices: &Devices,
    data: &EncodedData,
    seed: u64,
    resume: Option<TrialState>,
    executor: &dyn Helpers,
    watch: &mut dyn FnMut(&EpochEnd),
) -> Result<Outcome, TrialError> {
    let outcome = run_trial_while(settings, devices, data, seed, resume, executor, &mut |end| {
        watch(end);
        ControlFlow::Continue(())
    })?;
    Ok(outcome.expect("only `watch` abandons a trial"))
}

/// The same; the trial is abandoned, and there is no outcome, once `watch` breaks.
pub(crate) fn run_trial_while(
    settings: &Settings,
    devices: &Devices,
    data: &EncodedData,
    seed: u64,
    resume: Option<TrialState>,
    executor: &dyn Helpers,
    watch: &mut dyn FnMut(&EpochEnd) -> ControlFlow<()>,
) -> Result<Option<Outcome>, TrialError> {
    let (epochs_asked, batch) = (settings.training.epochs, full_batch(settings.training.batch, data)?);
    let streams = TrialStreams::of(settings, seed);

    // Who learns, and what it is made of.
    let network = network(settings, data.shape())?;
    let mut layers = Layers::programmed(settings, devices, &network, &streams)?;

    // What it does before it has learnt anything, and the epochs of an earlier run.
    let (samples, rest) = (&data.test, settings.hardware.retention_seconds);
    let tested = TestSet { network: &network, samples, rest, executor };
    let (before, mut epochs) = match resume {
        Some(state) => layers.resume(state, epochs_asked)?,
        None => (layers.untrained(&tested, &data.train, batch, streams.test), Vec::with_capacity(epochs_asked)),
    };

    // How it learns: an epoch of batches, then the test set, again and again, with a closer look at the end.
    let training = Training { batch, learning_rate: settings.training.learning_rate as f32 };
    let mut trainer = Trainer::new(&network, training, executor);
    let (mut after, mut diverged) = (None, None);
    for number in epochs.len() as u64..epochs_asked as u64 {
        let started = Moment::now(executor);
        let loss = match layers.train(&mut trainer, &data.train, &streams.training, number) {
            Ok(loss) => loss,
            Err(error) => {
                diverged = Some(error);
                break;
            }
        };
        let trained = Moment::now(executor);
        let read = streams.test.numbered(number);
        let test = if number + 1 < epochs_asked as u64 {
            layers.test(&tested, read)
        } else {
            after.insert(layers.evaluation(&tested, read)).test.clone()
        };
        epochs.push(Epoch::new(loss, test, [started, trained, Moment::now(executor)]));
        if watch(&EpochEnd { before: &before, epochs: &epochs, layers: &layers }).is_break() {
            return Ok(None);
        }
    }

    // What is left of it all, and what the update that would come next is made of.
    let outcome = layers.outcome(before, epochs, after, diverged);
    let update = outcome
        .after
        .as_ref()
        .and_then(|_| layers.next_update(&network, &mut trainer, &data.train, training, &streams));
    let search = Search { settings, devices, data, network: &network, streams: &streams, batch };
    let silence = search.silence(&outcome, &mut layers);
    Ok(Some(Outcome { update, silence, ..outcome }))
}

/// What the network is made of, one entry a connection, and what has become of it so far.
struct Layers {
    weights: Vec<LayerWeights>,
    writes: Vec<WriteReport>,
    used: Vec<HardwareUse>,
    /// What the last test has cost.
    last_test: Vec<Ledger>,
}

impl Layers {
    /// Weights drawn with the signs of their rows, programmed into cells where there is a device.
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

    /// One epoch of training; the mean loss. What it did is kept account of as far as it came.
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
        self.spend(|used| &mut used.training);
        Ok(report?.loss)
    }

    /// What the untrained network does, once its converters are calibrated with `count` of the training `samples`.
    fn untrained(&mut self, tested: &TestSet, samples: &Samples, count: usize, test: Seed) -> Evaluation {
        self.calibrate(tested.network, samples, count, test.named("calibration"));
        self.evaluation(tested, test.named("before"))
    }

    /// Calibrates converters with `count` of the training `samples`, for a test before training.
    fn calibrate(&mut self, network: &Network, samples: &Samples, count: usize, read: Seed) {
        calibrate_untrained(network, &mut self.stores(), samples, count, read);
    }

    /// What the network answers.
    fn test(&mut self, tested: &TestSet, read: Seed) -> Activity {
        let TestSet { network, samples, executor, .. } = *tested;
        self.rested(tested.rest, |stores| evaluate(network, stores, samples, samples.spikes.len(), read, executor))
    }

    /// What the network answers, and how its hidden neurons spike meanwhile.
    fn evaluation(&mut self, tested: &TestSet, read: Seed) -> Evaluation {
        let mut observer = Observer::new(tested.network);
        let TestSet { network, samples, .. } = *tested;
        let test = self.rested(tested.rest, |stores| {
            let watch = &mut |answer: &Answer| observer.see(answer);
            evaluate_watched(network, stores, samples, samples.spikes.len(), read, watch)
        });
        let [from_inputs, .., readout] = &self.weights[..] else {
            unreachable!("a network has two connections or more")
        };
        let (observation, snapshot) = observer.end(from_inputs.store().weights(), readout.store().weights());
        Evaluation { test, observation, snapshot }
    }

    /// Tests the network once it has been left alone for a while; training goes on from now.
    fn rested(&mut self, rest: f64, test: impl FnOnce(&mut [&mut dyn WeightStore]) -> Activity) -> Activity {
        if rest > 0.0 {
            self.rest(rest);
        }
        let test = test(&mut self.stores());
        if rest > 0.0 {
            self.rest(0.0);
        }
        self.last_test = self.spend(|used| &mut used.test);
        test
    }

    /// The update that the first images of the training set ask for, from the inputs and in the readout.
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
        let every = network.connections().zip(&mut self.weights).zip(&trainer.gradient().matrices);
        let of = |((connection, layer), gradient): ((Connection, &mut LayerWeights), &Matrix)| {
            let write = streams.training.write.named("next").numbered(connection.stream());
            UpdateAnatomy::new(connection, layer, gradient, training.learning_rate, write)
        };
        every.map(of).collect()
    }

    fn rest(&mut self, seconds: f64) {
        self.weights.iter_mut().for_each(|layer| layer.rest(seconds));
    }

    /// Adds what all connections have spent since they were last asked to one of the ledgers of each, and returns it.
    fn spend(&mut self, ledger: fn(&mut HardwareUse) -> &mut Ledger) -> Vec<Ledger> {
        let spent: Vec<Ledger> = self.weights.iter_mut().map(LayerWeights::take_ledger).collect();
        for (used, spent) in self.used.iter_mut().zip(&spent) {
            *ledger(used) += *spent;
        }
        spent
    }

    /// What is left of it all.
    fn outcome(
        &self,
        before: Evaluation,
        epochs: Vec<Epoch>,
        after: Option<Evaluation>,
        diverged: Option<TrainError>,
    ) -> Outcome {
        let mut used = self.used.clone();
        used.iter_mut().zip(&self.weights).for_each(|(used, layer)| used.endurance = layer.endurance());
        let on_cells = self.weights.iter().any(|layer| matches!(layer, LayerWeights::Crossbar(_)));
        let hardware = on_cells.then_some(used);
        // A diverged network is not one that anybody would infer with, and its last test may lie in an earlier run.
        let inference = (on_cells && after.is_some()).then(|| self.last_test.clone());
        let writes = self.writes.clone();
        Outcome { before, epochs, after, update: None, writes, hardware, inference, diverged, silence: None }
    }
}

/// What a network is tested with.
struct TestSet<'a> {
    network: &'a Network,
    samples: &'a Samples,
    /// For how long the network is left alone before a test, s.
    rest: f64,
    executor: &'a dyn Executor,
}

/// The batch, where the training set fills one: training leaves out the incomplete last batch of an epoch, as the published
/// study does. Tests need no batches.
pub(crate) fn full_batch(batch: usize, data: &EncodedData) -> Result<usize, TrialError> {
    let samples = data.train.labels.len();
    if batch > samples {
        return Err(TrialError::Batch { batch, samples });
    }
    Ok(batch)
}
