//! Common parts of the benches: the network of the noise study, with images and weights from the middle of a trial.
//!
//! - [`Stage`]: encoded data and a network, by default images and 784-100-10;
//! - [`Trial`]: device, seed and executor of a trial;
//! - [`Learner`]: the two weight stores and the trainer of a trial, advanced by epochs;
//! - [`wanted`], [`number`], [`test_mode`]: command-line arguments of a bench.
//!
//! The time depends on the number of spikes, and a network with its initial weights has few. Benches therefore measure
//! after some epochs of training. This crate measures nothing itself.

use std::path::Path;

use ohmspike_crossbar::device::Device;
use ohmspike_datasets::{Name, locate};
use ohmspike_rng::Seed;
use ohmspike_simd::{Executor, Matrix, Serial};
use ohmspike_snn::activity::Activity;
use ohmspike_snn::connection::Connection;
use ohmspike_snn::evaluate::evaluate;
use ohmspike_snn::hardware::LayerWeights;
use ohmspike_snn::initial;
use ohmspike_snn::network::Network;
use ohmspike_snn::train::{EpochReport, Streams, Trainer, Training};
use ohmspike_snn::weights::WeightStore;
use ohmspike_study::hardware::layer_weights;
use ohmspike_study::prepare::{EncodedData, LoadedDevice, Prepared};
use ohmspike_study::settings::{Settings, TrainingSettings};

/// Returns whether benches should only show that they run: `cargo bench -- --test`, or `cargo test --benches`.
pub fn test_mode() -> bool {
    let given = |flag| std::env::args().any(|argument| argument == flag);
    given("--test") || !given("--bench")
}

/// Returns whether `name` contains one of the arguments that are neither flags nor numbers. True without such an
/// argument.
pub fn wanted(name: &str) -> bool {
    let arguments = std::env::args().skip(1);
    let words: Vec<String> =
        arguments.filter(|argument| argument.parse::<f64>().is_err() && !argument.starts_with('-')).collect();
    words.is_empty() || words.iter().any(|word| name.contains(word))
}

/// Returns the number after `flag`.
pub fn number(flag: &str) -> Option<u64> {
    let mut arguments = std::env::args().skip_while(|argument| argument != flag);
    arguments.nth(1).and_then(|number| number.parse().ok())
}

/// Returns the complete Fashion-MNIST if it is installed, else the embedded subset; always the subset in test mode.
pub fn largest_data_set() -> Name {
    if !test_mode() && locate(Name::FashionMnist, None).is_ok() { Name::FashionMnist } else { Name::FashionMnistSubset }
}

/// A network and its data, by default the noise study with 80:20 and `kilgore-2025` on one data set.
#[derive(Debug)]
pub struct Stage {
    /// Settings without the device.
    pub settings: Settings,
    /// Samples encoded as spikes.
    pub data: EncodedData,
    /// Sizes and constants of the network.
    pub network: Network,
}

/// Returns the settings of the noise study on `set`, with write noise of 20 % of σ_init.
pub fn study_settings(set: Name) -> Settings {
    let mut settings = Settings::default();
    settings.data.set = set.to_string();
    settings.noise.level_percent = 20.0;
    settings
}

impl Stage {
    /// Reads and encodes `set`.
    ///
    /// # Panics
    /// Panics if the data set is missing.
    pub fn new(set: Name) -> Stage {
        let settings = study_settings(set);
        let prepared = Prepared::new([&settings].into_iter(), Path::new(".")).expect("an installed data set");
        let data = prepared.data(&settings).clone();
        Stage::of(settings, data)
    }

    /// Creates the network of `settings` on `data`.
    ///
    /// # Panics
    /// Panics if the settings are invalid.
    pub fn of(settings: Settings, data: EncodedData) -> Stage {
        let shape = &settings.network;
        let dynamics = settings.dynamics();
        let inputs = data.train.spikes.units();
        let network =
            Network::new(inputs, shape.hidden, data.classes, shape.excitatory_fraction, shape.steps, &dynamics)
                .expect("a valid network");
        Stage { settings, data, network }
    }

    /// Starts a trial with weights in `device`, or digital weights with noise of 20 % of σ_init, and trains `epochs`
    /// epochs.
    ///
    /// # Panics
    /// Panics if the device cannot hold the initial weights.
    pub fn learner<'a>(&'a self, device: Option<&Device>, epochs: u64) -> Learner<'a> {
        let trial = Trial { device: device.cloned(), ..Trial::default() };
        self.trial(&trial, epochs)
    }

    /// Starts `trial` and trains `epochs` epochs.
    ///
    /// # Panics
    /// Panics if the device cannot hold the initial weights.
    pub fn trial<'a>(&'a self, trial: &Trial<'a>, epochs: u64) -> Learner<'a> {
        let seed = Seed::new(trial.seed);
        let first = |connection: Connection| {
            let (signs, (_, columns)) = (self.network.signs(connection), self.network.shape(connection));
            let sigma = self.settings.sigma_of(connection) as f32;
            initial::weights(&signs, columns, sigma, seed.named("initial").numbered(connection.stream()))
        };
        let weights = [Connection::Feedforward(0), Connection::Readout].map(first);
        let mut learner = self.learner_from(weights, trial.clone());
        for _ in 0..epochs {
            learner.train();
        }
        learner
    }

    /// Starts `trial` with these initial weights of the hidden layer and the readout.
    fn learner_from<'a>(&'a self, [hidden, readout]: [Matrix; 2], trial: Trial<'a>) -> Learner<'a> {
        let (chip, loaded) = (Seed::new(trial.seed).named("chip"), trial.device.clone().map(LoadedDevice::from));
        let hold = |connection: Connection, weights| {
            let (signs, chip) = (self.network.signs(connection), chip.numbered(connection.stream()));
            layer_weights(&self.settings, loaded.as_ref(), connection, weights, signs, chip)
                .expect("initial weights within the window")
        };
        let (hidden, readout) = (hold(Connection::Feedforward(0), hidden), hold(Connection::Readout, readout));
        let TrainingSettings { batch, learning_rate, .. } = self.settings.training;
        let training = Training { batch, learning_rate: learning_rate as f32 };
        let trainer = Trainer::new(&self.network, training, trial.executor);
        Learner { stage: self, hidden, readout, trial, trainer, epochs: 0 }
    }
}

/// Parameters of a trial on a stage.
#[derive(Clone, Debug)]
pub struct Trial<'a> {
    /// Device with the weights; `None` for digital weights.
    pub device: Option<Device>,
    /// Seed of the trial.
    pub seed: u64,
    /// Executor of the trial.
    pub executor: &'a dyn Executor,
}

impl Default for Trial<'_> {
    /// Digital weights with seed 1 on one thread.
    fn default() -> Self {
        Trial { device: None, seed: 1, executor: &Serial }
    }
}

/// A trial, advanced by epochs.
pub struct Learner<'a> {
    /// Inputs x hidden.
    pub hidden: LayerWeights,
    /// Hidden x classes.
    pub readout: LayerWeights,
    stage: &'a Stage,
    trial: Trial<'a>,
    trainer: Trainer<'a>,
    epochs: u64,
}

impl<'a> Learner<'a> {
    /// Returns a learner with the same weights in `device` and the same epoch number.
    ///
    /// # Panics
    /// Panics if the device cannot hold the weights.
    pub fn held_by(&self, device: Device) -> Learner<'a> {
        let weights = [&self.hidden, &self.readout].map(|layer| layer.store().weights().clone());
        let trial = Trial { device: Some(device), ..self.trial.clone() };
        Learner { epochs: self.epochs, ..self.stage.learner_from(weights, trial) }
    }

    /// Trains the next epoch.
    ///
    /// # Panics
    /// Panics if training diverges.
    pub fn train(&mut self) -> EpochReport {
        let train = &self.stage.data.train;
        let report = self.trainer.epoch(
            train,
            &mut [self.hidden.store_mut(), self.readout.store_mut()],
            &Streams::from_seed(Seed::new(self.trial.seed)),
            self.epochs,
        );
        self.epochs += 1;
        report.expect("training at 20 % noise converges")
    }

    /// Tests on whole batches of test samples.
    pub fn test(&mut self) -> Activity {
        let (test, read) = (&self.stage.data.test, Seed::new(self.trial.seed).named("test").numbered(self.epochs));
        evaluate(
            &self.stage.network,
            &mut [self.hidden.store_mut(), self.readout.store_mut()],
            test,
            self.stage.test_images(),
            read,
            self.trial.executor,
        )
    }

    /// Runs forward and backward passes of the first batch and returns the sum of its losses.
    pub fn first_batch(&mut self) -> f64 {
        let batch: Vec<u32> = (0..self.stage.settings.training.batch as u32).collect();
        let read = Seed::new(self.trial.seed);
        let stores: &mut [&mut dyn WeightStore] = &mut [self.hidden.store_mut(), self.readout.store_mut()];
        self.trainer.differentiate(&self.stage.data.train, &batch, stores, read)
    }

    /// Returns the requested updates of both layers for the first batch.
    pub fn steps(&mut self) -> [Matrix; 2] {
        self.first_batch();
        let learning_rate = self.stage.settings.training.learning_rate as f32;
        let [hidden, readout] = &self.trainer.gradient().matrices[..] else { unreachable!("one hidden layer") };
        [hidden, readout].map(|gradient| {
            let mut step = gradient.clone();
            ohmspike_snn::optimiser::gradient_descent(&mut step, learning_rate);
            step
        })
    }
}

impl Stage {
    /// Returns the number of test images in whole batches.
    pub fn test_images(&self) -> usize {
        let batch = self.settings.training.batch;
        self.data.test.labels.len() / batch * batch
    }

    /// Returns the number of training images in whole batches.
    pub fn training_images(&self) -> usize {
        let batch = self.settings.training.batch;
        self.data.train.labels.len() / batch * batch
    }
}
