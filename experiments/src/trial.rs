//! One trial: a network is made, trained through its weight stores and tested after every epoch.
//!
//! This page is the whole program in small. What surrounds it only decides which trials to run (`study.rs`, `run.rs`),
//! keeps what they leave (`record.rs`, `store.rs`) and shows it (`statistics.rs`, `summary.rs`, `figures`).

use std::time::Instant;

use crossbar::Ledger;
use seed::Seed;
use snn::activity::Activity;
use snn::evaluate::evaluate;
use snn::initial;
use snn::network::{Network, NetworkError};
use snn::train::{Streams, TrainError, Trainer, Training};
use snn::weights::UpdateReport;

use crate::hardware::{HardwareError, HardwareUse, LayerName, LayerWeights, layer_weights};
use crate::prepare::{EncodedData, LoadedDevice};
use crate::settings::Settings;

/// What one epoch left.
#[derive(Clone, Debug, PartialEq)]
pub struct Epoch {
    /// Mean training loss.
    pub loss: f64,
    /// Predictions and hidden spikes on the test set after the epoch.
    pub test: Activity,
    /// Wall time of training, seconds.
    pub training_seconds: f64,
    /// Wall time of the test, seconds.
    pub test_seconds: f64,
}

/// What a trial left.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The epochs in their order; fewer than asked for where training diverged.
    pub epochs: Vec<Epoch>,
    /// What all updates did to the hidden layer's cells.
    pub hidden_writes: UpdateReport,
    /// What all updates did to the readout's cells.
    pub readout_writes: UpdateReport,
    /// What the arrays of the hidden layer and of the readout have cost; none for abstract weights.
    pub hardware: Option<[HardwareUse; 2]>,
    /// Why training stopped early, if it did.
    pub diverged: Option<TrainError>,
}

/// A trial that could not start.
#[derive(Clone, Debug, thiserror::Error)]
pub enum TrialError {
    /// The network cannot be.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The device cannot hold the first weights, or a map is not one of its arrays.
    #[error(transparent)]
    Hardware(#[from] HardwareError),
    /// The data do not fill a batch.
    #[error("training.batch: must be at most the number of {set} images, got {batch} of {images}")]
    Batch {
        /// Which images.
        set: &'static str,
        /// Samples a batch.
        batch: usize,
        /// Images there are.
        images: usize,
    },
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

/// Runs one trial. A pure function of settings, device, data and seed, but for the seconds; `watch` sees every epoch as
/// it ends.
///
/// # Errors
/// [`TrialError`] where the trial cannot start. Training that diverges is an outcome.
pub fn run_trial(
    settings: &Settings,
    loaded: Option<&LoadedDevice>,
    data: &EncodedData,
    seed: u64,
    watch: &mut dyn FnMut(&Epoch),
) -> Result<Outcome, TrialError> {
    let preset = settings.preset();
    let (batch, test_images) = whole_batches(preset.batch, data)?;

    // Who learns: sizes, time constants, and which hidden neurons excite.
    let network = Network::new(
        data.train.spikes.units(),
        settings.network.hidden,
        data.classes,
        settings.network.excitatory_fraction,
        settings.network.steps,
        &preset.dynamics,
    )?;

    // What it is made of: weights drawn with the signs of their rows, programmed into cells.
    let (input_signs, hidden_signs) = (network.input_signs(), network.hidden_signs());
    let TrialStreams { initial: first, chip, training: streams, test: read_in_tests } =
        TrialStreams::of(settings, seed);
    let sigma = [settings.weights.sigma_init, settings.sigma_readout()].map(|sigma| sigma as f32);
    let for_hidden = initial::weights(&input_signs, network.hidden, sigma[0], first.numbered(0));
    let for_readout = initial::weights(&hidden_signs, network.classes, sigma[1], first.numbered(1));
    let layer =
        |name, weights, signs| layer_weights(settings, loaded, name, weights, signs, chip.numbered(name as u64));
    let mut hidden = layer(LayerName::Hidden, for_hidden, input_signs)?;
    let mut readout = layer(LayerName::Readout, for_readout, hidden_signs)?;

    // How it learns: an epoch of batches, then the test set, again and again.
    let training = Training { batch, learning_rate: preset.learning_rate as f32 };
    let mut trainer = Trainer::new(&network, training);
    let mut outcome = Outcome {
        epochs: Vec::with_capacity(preset.epochs),
        hidden_writes: UpdateReport::default(),
        readout_writes: UpdateReport::default(),
        hardware: None,
        diverged: None,
    };
    let mut used = [HardwareUse::default(), HardwareUse::default()];
    for epoch in 0..preset.epochs as u64 {
        let started = Instant::now();
        let report = match trainer.epoch(&data.train, hidden.store_mut(), readout.store_mut(), &streams, epoch) {
            Ok(report) => report,
            Err(diverged) => {
                outcome.diverged = Some(diverged);
                break;
            }
        };
        spend(&mut used, [&mut hidden, &mut readout], |used| &mut used.training);
        let trained = Instant::now();
        let read = read_in_tests.numbered(epoch);
        // What the network would answer if it were left alone for so long; training goes on from now.
        let retention = settings.hardware.retention_seconds;
        if retention > 0.0 {
            hidden.rest(retention);
            readout.rest(retention);
        }
        let test = evaluate(&network, hidden.store_mut(), readout.store_mut(), &data.test, test_images, read);
        if retention > 0.0 {
            hidden.rest(0.0);
            readout.rest(0.0);
        }
        spend(&mut used, [&mut hidden, &mut readout], |used| &mut used.test);
        outcome.hidden_writes += report.hidden;
        outcome.readout_writes += report.readout;
        let epoch = Epoch {
            loss: report.loss,
            test,
            training_seconds: (trained - started).as_secs_f64(),
            test_seconds: trained.elapsed().as_secs_f64(),
        };
        watch(&epoch);
        outcome.epochs.push(epoch);
    }
    [used[0].endurance, used[1].endurance] = [hidden.endurance(), readout.endurance()];
    outcome.hardware = loaded.map(|_| used);
    Ok(outcome)
}

/// Adds what both layers have spent since they were last asked to one of the ledgers of each.
fn spend(used: &mut [HardwareUse; 2], layers: [&mut LayerWeights; 2], ledger: fn(&mut HardwareUse) -> &mut Ledger) {
    for (used, layer) in used.iter_mut().zip(layers) {
        *ledger(used) += layer.take_ledger();
    }
}

/// The batch, and the test images that fill whole batches: the study drops an incomplete last batch of both sets.
pub(crate) fn whole_batches(batch: usize, data: &EncodedData) -> Result<(usize, usize), TrialError> {
    for (set, images) in [("training", data.train.labels.len()), ("test", data.test.labels.len())] {
        if batch > images {
            return Err(TrialError::Batch { set, batch, images });
        }
    }
    Ok((batch, data.test.labels.len() / batch * batch))
}
