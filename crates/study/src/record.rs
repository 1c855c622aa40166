//! The record of a trial: one line of JSON in `records/*.jsonl`.

mod connections;
mod trial_id;

use std::hash::{DefaultHasher, Hash, Hasher};

use ohmspike_snn::activity::{Activity, ClassActivity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::health::HealthState;
use crate::observation::Observation;
use crate::settings::Settings;
pub use connections::{ConnectionRecord, EnergyCost};
pub use trial_id::{recorded_id, trial_id};

/// Version of the record format. It changes when fields change.
pub const SCHEMA: u32 = 6;

/// Version of the arithmetic. It changes when the same trial gives other numbers, and is part of the name of every trial, so
/// that a study never mixes the two.
pub const ARITHMETIC: u32 = 5;

/// Largest size of a record, bytes. A record of 100 epochs and ten classes has about 60 kB; studies with longer records are
/// refused (`prepare.rs`).
pub const LONGEST_RECORD: u64 = 256 << 20;

/// The record of one trial. Every field except `program`, `machine` and `seconds` is a pure function of settings, device,
/// data and seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Version of the record format.
    pub schema: u32,
    /// Version of the arithmetic. Records of another version are ignored and their trials rerun.
    pub arithmetic: u32,
    /// Name of the trial: a hash of everything that decides its outcome.
    pub id: String,
    /// Seed of the trial.
    pub seed: u64,
    /// All settings with defaults written out. The keys are those of study files.
    pub settings: Settings,
    /// SHA-256 of the decoded data set.
    pub data_sha256: String,
    /// Mean test accuracy of the last `outcome.last_epochs` epochs, 0 to 1; that before training if `training.epochs` is 0.
    /// Null if training diverged.
    pub outcome: Option<f64>,
    /// Why the trial has no outcome. Null if it has one.
    pub failure: Option<String>,
    /// Test accuracy after each epoch, 0 to 1.
    pub accuracy: Vec<f64>,
    /// Mean training loss of each epoch.
    pub loss: Vec<f64>,
    /// Counts on the test set, per class: the test before training first, then one test per epoch. Each entry is
    /// `[samples, correct, excitatory spikes, inhibitory spikes]`; the spikes are those of the last hidden layer.
    pub tests: Vec<Vec<ClassActivity>>,
    /// Spikes per sample of every hidden layer in the same tests, from the input up. Only in networks of several hidden
    /// layers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub layer_spikes: Vec<Vec<f64>>,
    /// Spike trains of the last hidden layer on the test set, before training.
    pub before: Observation,
    /// Spike statistics of the trained network, after the last epoch. Null if training diverged.
    pub after: Option<Observation>,
    /// Problems that make the outcome unreliable. Empty for a healthy trial.
    pub health: Vec<HealthState>,
    /// Every weight matrix, from the input up.
    pub connections: Vec<ConnectionRecord>,
    /// Energy of all arrays. Null for digital weights.
    pub energy: Option<EnergyCost>,
    /// Version of the program.
    pub program: String,
    /// Machine on which the trial ran.
    pub machine: String,
    /// Compute time.
    pub seconds: Seconds,
}

/// Compute time of a trial, summed over its threads: the time that the trial takes on one thread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Seconds {
    /// Training, all epochs, s.
    pub training: f64,
    /// Tests, all epochs, s.
    pub test: f64,
}

impl Record {
    /// Returns a hash of everything measured during the trial: outcome, accuracy and loss of every epoch, counts of every test.
    /// Within one process, equal hashes mean the same network; equal accuracies do not, as small test sets have few values.
    pub fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.outcome.map(f64::to_bits).hash(&mut hasher);
        for values in [&self.accuracy, &self.loss].into_iter().chain(&self.layer_spikes) {
            values.iter().for_each(|value| value.to_bits().hash(&mut hasher));
        }
        self.tests.iter().flatten().for_each(|class| <[u64; 4]>::from(*class).hash(&mut hasher));
        hasher.finish()
    }

    /// Returns the mean test accuracy of the last `outcome.last_epochs` epochs, or that `before` training without epochs.
    pub(crate) fn mean_of_last(accuracy: &[f64], settings: &Settings, before: f64) -> f64 {
        match accuracy.len().min(settings.outcome.last_epochs) {
            0 => before,
            last => accuracy[accuracy.len() - last..].iter().sum::<f64>() / last as f64,
        }
    }

    /// Returns the epoch, from 1, and the value of the highest test accuracy. The first of equal ones wins.
    pub fn best(&self) -> Option<(u64, f64)> {
        (1..).zip(self.accuracy.iter().copied()).reduce(|best, next| if next.1 > best.1 { next } else { best })
    }

    /// Returns the sum over the classes of a test. Test 0 precedes training, test `n` follows epoch `n`.
    pub fn test(&self, number: usize) -> Option<ClassActivity> {
        Some(Activity { classes: self.tests.get(number)?.clone(), below: Vec::new() }.total())
    }

    /// Returns the mean number of active rows per time step of the connection at `place`, in all tests: spikes that arrive.
    /// None for digital weights.
    pub fn active_rows(&self, place: usize) -> Option<f64> {
        let reads = self.connections.get(place)?.used.as_ref()?.test.row_reads;
        let samples: u64 = self.tests.iter().flatten().map(|class| class.samples).sum();
        let steps = samples as f64 * self.settings.network.steps as f64;
        (steps > 0.0).then(|| reads as f64 / steps)
    }

    /// Mean firing rate of the last hidden layer on the test set before training, Hz.
    pub fn initial_rate(&self) -> Option<f64> {
        let seconds = self.settings.sample_seconds();
        let test = self.test(0).filter(|test| test.samples > 0)?;
        Some(test.spikes_per_sample() / (self.settings.last_hidden().hidden as f64 * seconds))
    }
}

impl Record {
    /// Returns the health states that exclude the trial from every result.
    pub fn excluding_states(&self) -> Vec<HealthState> {
        self.health.iter().filter(|state| state.kind().excludes()).cloned().collect()
    }

    /// Returns whether the trial has an outcome that results may use.
    pub fn is_usable(&self) -> bool {
        self.outcome.is_some() && !self.health.iter().any(|state| state.kind().excludes())
    }
}

/// Tests only: an empty record, for tests that need its settings and outcome.
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
