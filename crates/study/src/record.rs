//! What a trial leaves: one line of JSON.

mod connections;
mod trial_id;

use ohmspike_snn::activity::{Activity, ClassActivity};
use serde::{Deserialize, Serialize};

use crate::details::{self, Details};
use crate::health::{self, HealthState};
use crate::machine::machine;
use crate::observation::Observation;
use crate::prepare::{Devices, EncodedData};
use crate::settings::Settings;
use crate::trial::Outcome;
use crate::warning::converters::saturated;
pub use connections::{ConnectionRecord, EnergyCost};
use connections::{connections, energy};
pub use trial_id::trial_id;

/// What a line of records holds: it changes when fields do.
pub const SCHEMA: u32 = 6;

/// What the bits of a result depend on beside settings, device, data and seed. It changes when the same trial gives other
/// numbers, so that no study mixes the two: it is part of the name of every trial.
pub const ARITHMETIC: u32 = 5;

/// Bytes of a record. Of 100 epochs and ten classes it has some 60 kB; studies are refused whose records could be longer
/// (`prepare.rs`).
pub const LONGEST_RECORD: u64 = 256 << 20;

/// One trial. All but `machine` and `seconds` is a pure function of settings, device, data and seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// [`SCHEMA`].
    pub schema: u32,
    /// [`ARITHMETIC`].
    pub arithmetic: u32,
    /// Names the trial: a hash of everything that decides its outcome.
    pub id: String,
    /// The seed.
    pub seed: u64,
    /// The settings, every key written out.
    pub settings: Settings,
    /// SHA-256 of the decoded data set.
    pub data_sha256: String,
    /// Mean test accuracy of the last `outcome.last_epochs` epochs; null where training diverged.
    pub outcome: Option<f64>,
    /// Why there is no outcome.
    pub failure: Option<String>,
    /// Test accuracy by epoch, 0 to 1.
    pub accuracy: Vec<f64>,
    /// Mean training loss by epoch.
    pub loss: Vec<f64>,
    /// Predictions on the test set and spikes of the hidden neurons that the readout hears, by class: before training, then after every epoch.
    pub tests: Vec<Vec<ClassActivity>>,
    /// Spikes a sample in every hidden layer, the one that hears the input first, in the same tests; left out of networks of
    /// one layer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub layer_spikes: Vec<Vec<f64>>,
    /// Spike trains of the hidden neurons that the readout hears on the test set before training.
    pub before: Observation,
    /// The same after the last epoch; null where training diverged.
    pub after: Option<Observation>,
    /// What is wrong with the trial; empty where nothing is.
    pub health: Vec<HealthState>,
    /// Every matrix of weights, in the order in which a sample meets them.
    pub connections: Vec<ConnectionRecord>,
    /// Energy of the arrays; null for abstract weights.
    pub energy: Option<EnergyCost>,
    /// Version of the program.
    pub program: String,
    /// The machine; with `seconds` the only part that is no function of settings, device, data and seed.
    pub machine: String,
    /// Wall time.
    pub seconds: Seconds,
}

/// Spikes a sample of every hidden layer in every test, of networks of several.
fn layer_spikes(outcome: &Outcome) -> Vec<Vec<f64>> {
    let tests = std::iter::once(&outcome.before.test).chain(outcome.epochs.iter().map(|epoch| &epoch.test));
    if outcome.before.test.below.is_empty() { Vec::new() } else { tests.map(Activity::layer_spikes).collect() }
}

/// Wall time of a trial.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Seconds {
    /// Training, all epochs.
    pub training: f64,
    /// Tests, all epochs.
    pub test: f64,
}

impl Record {
    /// The record of an outcome.
    pub fn new(settings: &Settings, seed: u64, data: &EncodedData, devices: &Devices, outcome: &Outcome) -> Record {
        let epochs = &outcome.epochs;
        let tests: Vec<ClassActivity> = epochs.iter().map(|epoch| epoch.test.total()).collect();
        let all_tests = std::iter::once(&outcome.before.test).chain(epochs.iter().map(|epoch| &epoch.test));
        let accuracy: Vec<f64> = tests.iter().map(ClassActivity::accuracy).collect();
        let last = accuracy.len().min(settings.outcome.last_epochs);
        let mean = accuracy[accuracy.len() - last..].iter().sum::<f64>() / last as f64;
        let record = Record {
            schema: SCHEMA,
            arithmetic: ARITHMETIC,
            id: trial_id(settings, seed, &data.sha256, devices),
            seed,
            settings: settings.resolved(),
            data_sha256: data.sha256.clone(),
            outcome: outcome.diverged.is_none().then_some(mean),
            failure: outcome.diverged.map(|error| error.to_string()),
            accuracy,
            loss: epochs.iter().map(|epoch| epoch.loss).collect(),
            tests: all_tests.map(|test| test.classes.clone()).collect(),
            before: outcome.before.observation.clone(),
            after: outcome.after.as_ref().map(|look| look.observation.clone()),
            layer_spikes: layer_spikes(outcome),
            health: Vec::new(),
            connections: connections(settings, devices, outcome),
            energy: energy(settings, devices, outcome),
            program: env!("CARGO_PKG_VERSION").to_owned(),
            machine: machine(),
            seconds: Seconds {
                training: epochs.iter().map(|epoch| epoch.training_seconds).sum(),
                test: epochs.iter().map(|epoch| epoch.test_seconds).sum(),
            },
        };
        let health = health::states(&record, outcome.silence.clone(), &saturated(&record, devices));
        Record { health, ..record }
    }
}

impl Record {
    /// Epoch, from 1, and value of the highest test accuracy: the first of equal ones.
    pub fn peak(&self) -> Option<(u64, f64)> {
        (1..).zip(self.accuracy.iter().copied()).reduce(|best, next| if next.1 > best.1 { next } else { best })
    }

    /// All classes of a test together: 0 is the one before training, then the epochs from 1.
    pub fn test(&self, number: usize) -> Option<ClassActivity> {
        Some(Activity { classes: self.tests.get(number)?.clone(), below: Vec::new() }.total())
    }

    /// Mean firing rate of the hidden neurons over the test set before training, Hz.
    pub fn initial_rate(&self) -> Option<f64> {
        let seconds = self.settings.sample_seconds();
        let test = self.test(0).filter(|test| test.samples > 0)?;
        Some(test.spikes_per_sample() / (self.settings.last_hidden().hidden as f64 * seconds))
    }
}

impl Details {
    /// What stands beside the record `id` of an outcome.
    pub fn new(id: &str, outcome: &Outcome) -> Details {
        Details {
            schema: details::SCHEMA,
            arithmetic: ARITHMETIC,
            id: id.to_owned(),
            before: outcome.before.snapshot.clone(),
            after: outcome.after.as_ref().map(|look| look.snapshot.clone()),
            update: outcome.update.clone(),
        }
    }
}

/// Tests only: a record of nothing, for tests that need its settings and outcome.
#[cfg(any(test, feature = "fixture"))]
pub fn empty_record() -> Record {
    Record {
        schema: SCHEMA,
        arithmetic: ARITHMETIC,
        id: String::new(),
        seed: 1,
        settings: Settings::default().resolved(),
        data_sha256: String::new(),
        outcome: None,
        failure: None,
        accuracy: Vec::new(),
        loss: Vec::new(),
        tests: Vec::new(),
        layer_spikes: Vec::new(),
        health: Vec::new(),
        before: Observation::default(),
        after: None,
        connections: Vec::new(),
        energy: None,
        program: String::new(),
        machine: String::new(),
        seconds: Seconds::default(),
    }
}
