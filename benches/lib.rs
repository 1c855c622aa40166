//! What the benches share: the network of the noise study, with images and weights as they are in the middle of a trial.
//!
//! - [`Stage`]: encoded images and a network of 784-100-10;
//! - [`Learner`]: the two weight stores and the trainer of one trial on it, an epoch at a time.
//!
//! Time depends on how often neurons spike, and a network with its first weights hardly spikes: benches measure after
//! some epochs of training. What it deliberately does not do: measure anything itself.

use std::path::Path;

use crossbar::device::Device;
use datasets::{Name, locate};
use experiments::hardware::{LayerName, LayerWeights, layer_weights};
use experiments::prepare::{EncodedData, LoadedDevice, Prepared};
use experiments::settings::Settings;
use lanes::{Alone, Matrix};
use seed::Seed;
use snn::activity::Activity;
use snn::evaluate::evaluate;
use snn::initial;
use snn::network::Network;
use snn::train::{EpochReport, Streams, Trainer, Training};

/// Whether benches are only to show that they run: `cargo bench -- --test`, or `cargo test --benches`.
pub fn test_mode() -> bool {
    let given = |flag| std::env::args().any(|argument| argument == flag);
    given("--test") || !given("--bench")
}

/// All of Fashion-MNIST where it is found, else the embedded subset; the subset in test mode.
pub fn largest_data_set() -> Name {
    if !test_mode() && locate(Name::FashionMnist, None).is_ok() { Name::FashionMnist } else { Name::FashionMnistSubset }
}

/// The network of the noise study, 80:20 and `published-results`, on one data set.
#[derive(Debug)]
pub struct Stage {
    /// Everything but the device.
    pub settings: Settings,
    /// The images as spikes.
    pub data: EncodedData,
    /// Sizes and constants.
    pub network: Network,
}

impl Stage {
    /// Reads and encodes `set`.
    ///
    /// # Panics
    /// If the data set is not there.
    pub fn new(set: Name) -> Stage {
        let mut settings = Settings::default();
        settings.data.set = set.to_string();
        settings.noise.level_percent = 20.0;
        let prepared = Prepared::new([&settings].into_iter(), Path::new(".")).expect("the data set is there");
        let data = prepared.data(&settings).clone();
        let shape = &settings.network;
        let dynamics = settings.preset().dynamics;
        let inputs = data.train.spikes.units();
        let network =
            Network::new(inputs, shape.hidden, data.classes, shape.excitatory_fraction, shape.steps, &dynamics)
                .expect("the network of the study");
        Stage { settings, data, network }
    }

    /// A trial whose weights `device` holds, or abstract ones with noise of 20 % of sigma_init, after `epochs` epochs.
    ///
    /// # Panics
    /// If the device cannot hold the first weights.
    pub fn learner(&self, device: Option<&Device>, epochs: u64) -> Learner<'_> {
        let seed = Seed::new(1);
        let (signs, first) = ([self.network.input_signs(), self.network.hidden_signs()], seed.named("initial"));
        let widths = [self.network.hidden, self.network.classes];
        let sigmas = [self.settings.weights.sigma_init, self.settings.sigma_readout()];
        let loaded = device.map(|device| LoadedDevice::from(device.clone()));
        let [hidden, readout] = [LayerName::Hidden, LayerName::Readout].map(|name| {
            let (layer, number) = (name as usize, name as u64);
            let weights = initial::weights(&signs[layer], widths[layer], sigmas[layer] as f32, first.numbered(number));
            let chip = seed.named("chip").numbered(number);
            layer_weights(&self.settings, loaded.as_ref(), name, weights, signs[layer].clone(), chip)
                .expect("the device holds the first weights")
        });
        let preset = self.settings.preset();
        let training = Training { batch: preset.batch, learning_rate: preset.learning_rate as f32 };
        let trainer = Trainer::new(&self.network, training, &Alone);
        let mut learner = Learner { stage: self, hidden, readout, trainer, seed, epochs: 0 };
        for _ in 0..epochs {
            learner.train();
        }
        learner
    }
}

/// One trial, an epoch at a time.
pub struct Learner<'a> {
    /// Inputs x hidden.
    pub hidden: LayerWeights,
    /// Hidden x classes.
    pub readout: LayerWeights,
    stage: &'a Stage,
    trainer: Trainer<'a>,
    seed: Seed,
    epochs: u64,
}

impl Learner<'_> {
    /// Trains the next epoch.
    ///
    /// # Panics
    /// If training diverges.
    pub fn train(&mut self) -> EpochReport {
        let train = &self.stage.data.train;
        let report = self.trainer.epoch(
            train,
            self.hidden.store_mut(),
            self.readout.store_mut(),
            &Streams::of(self.seed),
            self.epochs,
        );
        self.epochs += 1;
        report.expect("training at 20 % noise converges")
    }

    /// Tests on whole batches of the test images.
    pub fn test(&mut self) -> Activity {
        let (test, read) = (&self.stage.data.test, self.seed.named("test").numbered(self.epochs));
        evaluate(
            &self.stage.network,
            self.hidden.store_mut(),
            self.readout.store_mut(),
            test,
            self.stage.test_images(),
            read,
            &Alone,
        )
    }

    /// The steps that the first batch of images asks of both layers, as an update gets them.
    pub fn steps(&mut self) -> [Matrix; 2] {
        let preset = self.stage.settings.preset();
        let batch: Vec<u32> = (0..preset.batch as u32).collect();
        self.trainer.differentiate(
            &self.stage.data.train,
            &batch,
            self.hidden.store_mut(),
            self.readout.store_mut(),
            self.seed,
        );
        let gradient = self.trainer.gradient();
        [&gradient.hidden, &gradient.readout].map(|gradient| {
            let mut step = gradient.clone();
            snn::optimiser::gradient_descent(&mut step, preset.learning_rate as f32);
            step
        })
    }
}

impl Stage {
    /// Test images that fill whole batches.
    pub fn test_images(&self) -> usize {
        let batch = self.settings.preset().batch;
        self.data.test.labels.len() / batch * batch
    }

    /// Training images that fill whole batches.
    pub fn training_images(&self) -> usize {
        let batch = self.settings.preset().batch;
        self.data.train.labels.len() / batch * batch
    }
}
