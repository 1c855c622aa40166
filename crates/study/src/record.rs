//! What a trial leaves: one line of JSON.

mod connections;
mod trial_id;

use ohmspike_snn::activity::{Activity, ClassActivity};
use serde::{Deserialize, Serialize};

use crate::health::HealthState;
use crate::observation::Observation;
use crate::settings::Settings;
pub use connections::{ConnectionRecord, EnergyCost};
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

/// Wall time of a trial.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Seconds {
    /// Training, all epochs.
    pub training: f64,
    /// Tests, all epochs.
    pub test: f64,
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

impl Record {
    /// The states of the trial that keep it out of every answer.
    pub fn excluding_states(&self) -> Vec<HealthState> {
        self.health.iter().filter(|state| state.kind().excludes()).cloned().collect()
    }

    /// Whether there is an outcome that answers may rest on.
    pub fn is_usable(&self) -> bool {
        self.outcome.is_some() && !self.health.iter().any(|state| state.kind().excludes())
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
