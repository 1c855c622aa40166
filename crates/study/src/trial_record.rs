//! Turns the outcome of a trial into its record and its details.

use ohmspike_crossbar::{EnergyUse, Ledger};
use ohmspike_snn::activity::{Activity, ClassActivity};
use ohmspike_snn::connection::Connection;

use crate::details::{self, Details};
use crate::health;
use crate::machine::machine;
use crate::prepare::{Devices, EncodedData};
use crate::record::{ARITHMETIC, ConnectionRecord, EnergyCost, Record, SCHEMA, Seconds, trial_id};
use crate::settings::{Settings, connection_name};
use crate::trial::Outcome;
use crate::warning::converters::saturated;

impl Record {
    /// Builds the record of an outcome.
    pub fn new(settings: &Settings, seed: u64, data: &EncodedData, devices: &Devices, outcome: &Outcome) -> Record {
        let epochs = &outcome.epochs;
        let tests: Vec<ClassActivity> = epochs.iter().map(|epoch| epoch.test.total()).collect();
        let all_tests = std::iter::once(&outcome.before.test).chain(epochs.iter().map(|epoch| &epoch.test));
        let accuracy: Vec<f64> = tests.iter().map(ClassActivity::accuracy).collect();
        let mean = Record::mean_of_last(&accuracy, settings, outcome.before.test.total().accuracy());
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
            after: outcome.after.as_ref().map(|after| after.observation.clone()),
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

impl Details {
    /// Builds the details of an outcome. `id` is the name of the trial.
    pub fn new(id: &str, outcome: &Outcome) -> Details {
        Details {
            schema: details::SCHEMA,
            arithmetic: ARITHMETIC,
            id: id.to_owned(),
            before: outcome.before.snapshot.clone(),
            after: outcome.after.as_ref().map(|after| after.snapshot.clone()),
            update: outcome.update.clone(),
        }
    }
}

/// Spikes per sample of every hidden layer in every test. Empty for networks of one hidden layer.
fn layer_spikes(outcome: &Outcome) -> Vec<Vec<f64>> {
    let tests = std::iter::once(&outcome.before.test).chain(outcome.epochs.iter().map(|epoch| &epoch.test));
    if outcome.before.test.below.is_empty() { Vec::new() } else { tests.map(Activity::layer_spikes).collect() }
}

/// One entry per connection of the trial.
fn connections(settings: &Settings, devices: &Devices, outcome: &Outcome) -> Vec<ConnectionRecord> {
    let of = |(place, connection): (usize, Connection)| ConnectionRecord {
        name: connection_name(connection),
        device_sha256: devices.of(connection).map(|device| device.sha256.clone()),
        writes: outcome.writes[place],
        used: outcome.hardware.as_ref().map(|used| used[place].clone()),
    };
    settings.connections().into_iter().enumerate().map(of).collect()
}

/// Energy of the arrays of a trial. `None` for digital weights.
fn energy(settings: &Settings, devices: &Devices, outcome: &Outcome) -> Option<EnergyCost> {
    let connections = settings.connections();
    let training: Vec<Ledger> = outcome.hardware.as_ref()?.iter().map(|used| used.training).collect();
    let samples = outcome.after.as_ref().map(|after| after.test.total().samples);
    let inference = outcome.inference.as_deref().zip(samples);
    let inference = inference.map(|(spent, samples)| energy_of(&connections, spent, devices).over(samples));
    Some(EnergyCost { training: energy_of(&connections, &training, devices), inference: inference.unwrap_or_default() })
}

/// Energy of the usage `spent`, one entry per connection, in arrays of `devices`.
fn energy_of(connections: &[Connection], spent: &[Ledger], devices: &Devices) -> EnergyUse {
    let by_connection: Vec<(Connection, &Ledger)> = connections.iter().copied().zip(spent).collect();
    let energies = devices.with(&by_connection).into_iter().map(|(loaded, spent)| {
        let mut together = Ledger::default();
        for (_, spent) in spent {
            together += *spent;
        }
        together.energy(&loaded.device)
    });
    energies.reduce(|sum, energy| sum + energy).unwrap_or_default()
}
