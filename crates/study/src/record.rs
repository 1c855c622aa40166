//! What a trial leaves: one line of JSON.

use std::collections::BTreeMap;

use ohmspike_crossbar::{EnergyUse, Ledger};
use ohmspike_snn::activity::{Activity, ClassActivity};
use ohmspike_snn::connection::Connection;
use ohmspike_snn::weights::UpdateReport;
use serde::{Deserialize, Serialize};

use crate::details::{self, Details};
use crate::health::{self, HealthState};
use crate::machine::machine;
use crate::observation::Observation;
use crate::prepare::{Devices, EncodedData, LoadedDevice, sha256};
use crate::settings::{Settings, connection_name};
use crate::trial::Outcome;
use crate::warning::converters::saturated;
use ohmspike_snn::hardware::HardwareUse;

/// The form of a record. It also stands for the arithmetic of the program: it changes when the same trial gives other
/// numbers, so that no study mixes the two.
pub const FORMAT: &str = "ohmspike-trial-5";

/// One trial. All but `machine` and `seconds` is a pure function of settings, device, data and seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// [`FORMAT`].
    pub format: String,
    /// Names the trial: a hash of everything that decides its outcome.
    pub id: String,
    /// The seed.
    pub seed: u64,
    /// The settings, every key written out.
    pub settings: Settings,
    /// SHA-256 of the decoded data set.
    pub data_sha256: String,
    /// SHA-256 of the behaviour of the device that `hardware.device` names; null where it names none.
    pub device_sha256: Option<String>,
    /// SHA-256 of the behaviour of every device that holds another connection instead, by the name of the connection; left out
    /// where there is none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub further_devices_sha256: BTreeMap<String, String>,
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
    /// What is wrong with the trial, empty where nothing is; left out by records of before, whose other fields tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<Vec<HealthState>>,
    /// What all updates did to the cells.
    pub writes: Writes,
    /// What the arrays have cost; null for abstract weights.
    pub hardware: Option<HardwareCost>,
    /// Version of the program.
    pub program: String,
    /// The machine; with `seconds` the only part that is no function of settings, device, data and seed.
    pub machine: String,
    /// Wall time.
    pub seconds: Seconds,
}

/// What all updates of a trial did, by layer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Writes {
    /// Inputs x hidden.
    pub hidden: UpdateReport,
    /// Hidden x classes.
    pub readout: UpdateReport,
    /// All other connections, in their order; left out where there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub further: Vec<FurtherWrites>,
}

/// What all updates did to a connection between the first and the readout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FurtherWrites {
    /// Its name.
    pub connection: String,
    /// What was done to it.
    pub writes: UpdateReport,
}

/// What an array between the first and the readout has cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FurtherUse {
    /// The name of its connection.
    pub connection: String,
    /// Pulses, reads and writes by cell.
    pub used: HardwareUse,
}

impl Writes {
    /// Of `writes`, an entry each of the `connections`.
    fn of(connections: &[Connection], writes: &[UpdateReport]) -> Writes {
        let [hidden, further @ .., readout] = writes else { unreachable!("a network has two connections or more") };
        let further = connections[1..].iter().zip(further);
        let further = further
            .map(|(connection, writes)| FurtherWrites { connection: connection_name(*connection), writes: *writes });
        Writes { hidden: *hidden, readout: *readout, further: further.collect() }
    }
}

/// What the arrays of a trial have cost.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HardwareCost {
    /// Pulses, reads and writes by cell, inputs x hidden.
    pub hidden: HardwareUse,
    /// The same, hidden x classes.
    pub readout: HardwareUse,
    /// All other connections, in their order; left out where there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub further: Vec<FurtherUse>,
    /// Energy of all updates and of the reads in training, both layers.
    pub training_energy: EnergyUse,
    /// Energy of classifying one test image with the trained network, both layers: mean over the test after the last epoch;
    /// unknown where training diverged.
    pub inference_energy: EnergyUse,
}

impl HardwareCost {
    /// The cost of `used`, an entry each of the `connections`, in arrays of `devices`; `inference` is what the test of the trained
    /// network has cost, likewise, with its number of samples. What one of several devices does not state is not known of all.
    pub fn new(
        connections: &[Connection],
        used: &[HardwareUse],
        inference: Option<(&[Ledger], u64)>,
        devices: &Devices,
    ) -> HardwareCost {
        let [hidden, further @ .., readout] = used else { unreachable!("a network has two connections or more") };
        let further = connections[1..].iter().zip(further);
        let further = further
            .map(|(connection, used)| FurtherUse { connection: connection_name(*connection), used: used.clone() });
        let training: Vec<Ledger> = used.iter().map(|used| used.training).collect();
        let inference = inference.map(|(spent, samples)| energy(connections, spent, devices).over(samples));
        HardwareCost {
            hidden: hidden.clone(),
            readout: readout.clone(),
            further: further.collect(),
            training_energy: energy(connections, &training, devices),
            inference_energy: inference.unwrap_or_default(),
        }
    }
}

/// The energy of what was `spent`, an entry each of the `connections`, in arrays of `devices`.
fn energy(connections: &[Connection], spent: &[Ledger], devices: &Devices) -> EnergyUse {
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

/// The name of a trial: 16 hexadecimal digits of the hash of everything that decides its outcome.
pub fn trial_id(settings: &Settings, seed: u64, data_sha256: &str, devices: &Devices) -> String {
    let mut resolved = settings.resolved();
    // The file's content counts, not what it is called; an absent device is content too.
    let content = |device: Option<&LoadedDevice>| device.map_or_else(String::new, |device| device.sha256.clone());
    resolved.hardware.device = content(devices.first());
    let readout = content(devices.of(Connection::Readout));
    resolved.hardware.device_readout = Some(readout).filter(|readout| *readout != resolved.hardware.device);
    let layers = [&mut resolved.layer_2, &mut resolved.layer_3, &mut resolved.layer_4];
    for (number, layer) in (1..).zip(layers.into_iter().flatten()) {
        layer.device = Some(content(devices.of(Connection::Feedforward(number))));
    }
    resolved.device.clear();
    // Maps are of the weights from the inputs and of the readout.
    let with_maps = devices.of(Connection::Feedforward(0)).or(devices.of(Connection::Readout));
    let maps = with_maps.map(|device| device.maps.all().map(|map| map.map_or("", |map| &map.sha256)));
    let [fault_hidden, fault_readout, conductance_hidden, conductance_readout] = maps.unwrap_or_default();
    resolved.hardware.fault_map_hidden = fault_hidden.to_owned();
    resolved.hardware.fault_map_readout = fault_readout.to_owned();
    resolved.hardware.conductance_map_hidden = conductance_hidden.to_owned();
    resolved.hardware.conductance_map_readout = conductance_readout.to_owned();
    let decides = serde_json::json!({
        "format": FORMAT, "settings": resolved, "seed": seed, "data": data_sha256,
    });
    sha256(decides.to_string().as_bytes())[..16].to_owned()
}

/// What the arrays of a trial have cost; none for abstract weights.
fn hardware_cost(settings: &Settings, devices: &Devices, outcome: &Outcome) -> Option<HardwareCost> {
    let samples = outcome.after.as_ref().map(|after| after.test.total().samples);
    let inference = outcome.inference.as_deref().zip(samples);
    Some(HardwareCost::new(&settings.connections(), outcome.hardware.as_ref()?, inference, devices))
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
            format: FORMAT.to_owned(),
            id: trial_id(settings, seed, &data.sha256, devices),
            seed,
            settings: settings.resolved(),
            data_sha256: data.sha256.clone(),
            device_sha256: devices.first().map(|device| device.sha256.clone()),
            further_devices_sha256: devices
                .others()
                .map(|(connection, device)| (connection_name(connection), device.sha256.clone()))
                .collect(),
            outcome: outcome.diverged.is_none().then_some(mean),
            failure: outcome.diverged.map(|error| error.to_string()),
            accuracy,
            loss: epochs.iter().map(|epoch| epoch.loss).collect(),
            tests: all_tests.map(|test| test.classes.clone()).collect(),
            before: outcome.before.observation.clone(),
            after: outcome.after.as_ref().map(|look| look.observation.clone()),
            layer_spikes: layer_spikes(outcome),
            health: None,
            writes: Writes::of(&settings.connections(), &outcome.writes),
            hardware: hardware_cost(settings, devices, outcome),
            program: env!("CARGO_PKG_VERSION").to_owned(),
            machine: machine(),
            seconds: Seconds {
                training: epochs.iter().map(|epoch| epoch.training_seconds).sum(),
                test: epochs.iter().map(|epoch| epoch.test_seconds).sum(),
            },
        };
        let health = health::states(&record, outcome.silence.clone(), &saturated(&record, devices));
        Record { health: Some(health), ..record }
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
            format: details::FORMAT.to_owned(),
            record_format: FORMAT.to_owned(),
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
        format: FORMAT.to_owned(),
        id: String::new(),
        seed: 1,
        settings: Settings::default().resolved(),
        data_sha256: String::new(),
        device_sha256: None,
        further_devices_sha256: BTreeMap::new(),
        outcome: None,
        failure: None,
        accuracy: Vec::new(),
        loss: Vec::new(),
        tests: Vec::new(),
        layer_spikes: Vec::new(),
        health: None,
        before: Observation::default(),
        after: None,
        writes: Writes::default(),
        hardware: None,
        program: String::new(),
        machine: String::new(),
        seconds: Seconds::default(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use crate::prepare::Prepared;

    use super::*;

    fn id(settings: &Settings, folder: &Path) -> String {
        let prepared = Prepared::new([settings].into_iter(), folder).expect("a device and its maps");
        trial_id(settings, 1, prepared.data_sha256(settings), &prepared.devices_of(settings))
    }

    #[test]
    fn what_the_study_says_of_the_chip_names_the_trial_by_its_content() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let write = |name: &str, text: String| fs::write(folder.path().join(name), text).expect("a writable folder");
        let mut settings = Settings::default();
        settings.hardware.device = "ideal".to_owned();
        let plain = id(&settings, folder.path());

        // What the file says anyway is no other device.
        settings.device.insert("window.low_resistance_ohm".to_owned(), 1000.into());
        assert_eq!(id(&settings, folder.path()), plain);
        settings.device.insert("window.low_resistance_ohm".to_owned(), 2000.into());
        assert_ne!(id(&settings, folder.path()), plain);
        settings.device.clear();

        // The first pixel's row has a stuck cell, or another one.
        let map =
            |first: &str| format!("{first}{}\n", ",ok".repeat(99)) + &format!("ok{}\n", ",ok".repeat(99)).repeat(783);
        write("one.csv", map("low-resistance"));
        write("same.csv", map("low-resistance"));
        write("other.csv", map("high-resistance"));
        let mut with_map = |name: &str| {
            settings.hardware.fault_map_hidden = name.to_owned();
            id(&settings, folder.path())
        };
        let one = with_map("one.csv");
        assert_ne!(one, plain);
        assert_eq!(with_map("same.csv"), one);
        assert_ne!(with_map("other.csv"), one);
    }

    #[test]
    fn seeds_of_streams_name_the_trial() {
        let mut settings = Settings::default();
        let plain = id(&settings, Path::new("."));
        settings.seeds.chip = Some(1);
        assert_ne!(id(&settings, Path::new(".")), plain);
    }
}
