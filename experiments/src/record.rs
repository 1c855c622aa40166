//! What a trial leaves: one line of JSON.

use crossbar::EnergyUse;
use crossbar::device::Device;
use serde::{Deserialize, Serialize};
use snn::activity::{Activity, ClassActivity};
use snn::weights::UpdateReport;

use crate::details::{self, Details};
use crate::hardware::HardwareUse;
use crate::machine::machine;
use crate::observation::Observation;
use crate::prepare::{EncodedData, LoadedDevice, sha256};
use crate::settings::Settings;
use crate::trial::Outcome;

/// The form of a record. It also stands for the arithmetic of the program: it changes when the same trial gives other
/// numbers, so that no study mixes the two.
pub const FORMAT: &str = "ohmspike-trial-4";

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
    /// SHA-256 of the device file's behaviour; null for abstract weights.
    pub device_sha256: Option<String>,
    /// Mean test accuracy of the last `outcome.last_epochs` epochs; null where training diverged.
    pub outcome: Option<f64>,
    /// Why there is no outcome.
    pub failure: Option<String>,
    /// Test accuracy by epoch, 0 to 1.
    pub accuracy: Vec<f64>,
    /// Mean training loss by epoch.
    pub loss: Vec<f64>,
    /// Predictions and hidden spikes on the test set by class: before training, then after every epoch.
    pub tests: Vec<Vec<ClassActivity>>,
    /// Spike trains of the hidden neurons on the test set before training.
    pub before: Observation,
    /// The same after the last epoch; null where training diverged.
    pub after: Option<Observation>,
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Writes {
    /// Inputs x hidden.
    pub hidden: UpdateReport,
    /// Hidden x classes.
    pub readout: UpdateReport,
}

/// What the arrays of a trial have cost.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HardwareCost {
    /// Pulses, reads and writes by cell, inputs x hidden.
    pub hidden: HardwareUse,
    /// The same, hidden x classes.
    pub readout: HardwareUse,
    /// Energy of all updates and of the reads in training, both layers.
    pub training_energy: EnergyUse,
    /// Energy of classifying one test image, both layers, mean over all tests.
    pub inference_energy: EnergyUse,
}

impl HardwareCost {
    /// The cost of `used` (hidden layer, readout) in arrays of `device`, where `inferences` test images were classified.
    pub fn new(used: &[HardwareUse; 2], device: &Device, inferences: u64) -> HardwareCost {
        let [mut training, mut test] = [used[0].training, used[0].test];
        training += used[1].training;
        test += used[1].test;
        HardwareCost {
            hidden: used[0].clone(),
            readout: used[1].clone(),
            training_energy: training.energy(device),
            inference_energy: test.energy(device).over(inferences),
        }
    }
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
pub fn trial_id(settings: &Settings, seed: u64, data: &EncodedData, device: Option<&LoadedDevice>) -> String {
    let mut resolved = settings.resolved();
    // The file's content counts, not what it is called; an absent device is content too.
    resolved.hardware.device = device.map_or_else(String::new, |device| device.sha256.clone());
    resolved.device.clear();
    let maps = device.map(|device| device.maps.all().map(|map| map.map_or("", |map| &map.sha256)));
    let [fault_hidden, fault_readout, conductance_hidden, conductance_readout] = maps.unwrap_or_default();
    resolved.hardware.fault_map_hidden = fault_hidden.to_owned();
    resolved.hardware.fault_map_readout = fault_readout.to_owned();
    resolved.hardware.conductance_map_hidden = conductance_hidden.to_owned();
    resolved.hardware.conductance_map_readout = conductance_readout.to_owned();
    let decides = serde_json::json!({
        "format": FORMAT, "settings": resolved, "seed": seed, "data": data.sha256,
    });
    sha256(decides.to_string().as_bytes())[..16].to_owned()
}

impl Record {
    /// The record of an outcome.
    pub fn new(
        settings: &Settings,
        seed: u64,
        data: &EncodedData,
        device: Option<&LoadedDevice>,
        outcome: &Outcome,
    ) -> Record {
        let epochs = &outcome.epochs;
        let tests: Vec<ClassActivity> = epochs.iter().map(|epoch| epoch.test.total()).collect();
        let all_tests = std::iter::once(&outcome.before.test).chain(epochs.iter().map(|epoch| &epoch.test));
        let inferences = all_tests.clone().map(|test| test.total().samples).sum();
        let accuracy: Vec<f64> = tests.iter().map(ClassActivity::accuracy).collect();
        let last = accuracy.len().min(settings.outcome.last_epochs);
        let mean = accuracy[accuracy.len() - last..].iter().sum::<f64>() / last as f64;
        Record {
            format: FORMAT.to_owned(),
            id: trial_id(settings, seed, data, device),
            seed,
            settings: settings.resolved(),
            data_sha256: data.sha256.clone(),
            device_sha256: device.map(|device| device.sha256.clone()),
            outcome: outcome.diverged.is_none().then_some(mean),
            failure: outcome.diverged.map(|error| error.to_string()),
            accuracy,
            loss: epochs.iter().map(|epoch| epoch.loss).collect(),
            tests: all_tests.map(|test| test.classes.clone()).collect(),
            before: outcome.before.observation.clone(),
            after: outcome.after.as_ref().map(|look| look.observation.clone()),
            writes: Writes { hidden: outcome.hidden_writes, readout: outcome.readout_writes },
            hardware: device
                .zip(outcome.hardware.as_ref())
                .map(|(loaded, used)| HardwareCost::new(used, &loaded.device, inferences)),
            program: env!("CARGO_PKG_VERSION").to_owned(),
            machine: machine(),
            seconds: Seconds {
                training: epochs.iter().map(|epoch| epoch.training_seconds).sum(),
                test: epochs.iter().map(|epoch| epoch.test_seconds).sum(),
            },
        }
    }
}

impl Record {
    /// Epoch, from 1, and value of the highest test accuracy: the first of equal ones.
    pub fn peak(&self) -> Option<(u64, f64)> {
        (1..).zip(self.accuracy.iter().copied()).reduce(|best, next| if next.1 > best.1 { next } else { best })
    }

    /// All classes of a test together: 0 is the one before training, then the epochs from 1.
    pub fn test(&self, number: usize) -> Option<ClassActivity> {
        Some(Activity { classes: self.tests.get(number)?.clone() }.total())
    }

    /// Mean firing rate of the hidden neurons over the test set before training, Hz.
    pub fn initial_rate(&self) -> Option<f64> {
        let network = &self.settings.network;
        let seconds = self.settings.sample_seconds();
        let test = self.test(0).filter(|test| test.samples > 0)?;
        Some(test.spikes_per_sample() / (network.hidden as f64 * seconds))
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
#[cfg(test)]
pub(crate) fn sample() -> Record {
    Record {
        format: FORMAT.to_owned(),
        id: String::new(),
        seed: 1,
        settings: Settings::default().resolved(),
        data_sha256: String::new(),
        device_sha256: None,
        outcome: None,
        failure: None,
        accuracy: Vec::new(),
        loss: Vec::new(),
        tests: Vec::new(),
        before: Observation { distances: Default::default(), classes: Vec::new() },
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
        trial_id(settings, 1, prepared.data(settings), prepared.device(settings))
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
