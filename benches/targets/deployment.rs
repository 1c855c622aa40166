//! Deployment of a trained network onto chips that are read at five times, on one thread.

use std::path::Path;
use std::time::Instant;

use benches::{Stage, test_mode};
use ohmspike_answers::deploy::{DeployObserver, DeployOptions, DeployedNetwork, Request, deploy};
use ohmspike_datasets::{ArrayContent, write_arrays};
use ohmspike_study::study::Override;

use crate::Run;
use crate::table::{Line, Needs, Target};

/// Without read noise, with read noise, and with read noise and drift.
const DEVICES: [&str; 3] = ["hfo2-1t1r-milo-2021", "illustrative-oxide", "cmo-hfox-falcone-2025"];
const CHIPS: f64 = 100.0;
const AFTER: [f64; 5] = [1.0, 3600.0, 86_400.0, 31_557_600.0, 315_576_000.0];
/// Chips that are measured, for [`CHIPS`].
const MEASURED: u32 = 6;

/// Measures 100 chips at five times on each device.
pub fn lines(stage: &Stage, run: Run) -> Vec<Line> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("net.npz");
    save(stage, run.warm_up + 1, &path);
    DEVICES.iter().map(|device| line(stage, run, &path, device)).collect()
}

fn line(stage: &Stage, run: Run, network: &Path, device: &str) -> Line {
    let overrides = [Override::new("data.set", stage.settings.data.set.as_str())];
    let devices = [device.to_owned()];
    let request = Request { presets: &[], study: None, overrides: &overrides, devices: &devices, test: None };
    let network = DeployedNetwork::open(network, &request).expect("a network of this program");
    let (mut seconds, mut spikes) = (Vec::new(), 0.0);
    for round in 0..run.rounds {
        let results = tempfile::tempdir().expect("a temporary folder");
        let options = DeployOptions {
            chips: if test_mode() { 2 } else { MEASURED },
            after_seconds: AFTER.to_vec(),
            seed: round,
            threads: Some(1),
            folder: results.path().to_owned(),
            ..DeployOptions::default()
        };
        let mut ended = Ended::default();
        let answer = deploy(std::slice::from_ref(&network), &options, &mut ended).expect("a valid deployment");
        spikes = answer.cells[0].exact.hidden_spikes;
        seconds.push(CHIPS * ended.seconds_per_chip());
    }
    Line {
        what: format!("deployment of 784-100-10 onto 100 chips, {device}, read at 5 times, one thread"),
        measured: seconds,
        unit: "s",
        target: Target::AtMost(15.0),
        needs: Needs::FullSet,
        details: format!("from {MEASURED} chips; {spikes:.0} hidden spikes per image"),
    }
}

/// Moments at which chips ended; the first is the network with digital weights.
#[derive(Default)]
struct Ended(Vec<Instant>);

impl DeployObserver for Ended {
    fn chip_ended(&mut self, _done: usize, _total: usize) {
        self.0.push(Instant::now());
    }
}

impl Ended {
    fn seconds_per_chip(&self) -> f64 {
        let (first, last) = (self.0[0], self.0[self.0.len() - 1]);
        (last - first).as_secs_f64() / (self.0.len() - 1) as f64
    }
}

/// Saves the weights of a network after `epochs` epochs.
fn save(stage: &Stage, epochs: u64, path: &Path) {
    let learner = stage.learner(None, epochs);
    let cells = [&learner.hidden, &learner.readout].map(|layer| {
        let weights = layer.store().weights();
        (vec![weights.rows(), weights.columns()], weights.cells().collect::<Vec<f32>>())
    });
    let arrays: Vec<_> = cells
        .iter()
        .enumerate()
        .map(|(number, (shape, cells))| (format!("w{number}"), shape.clone(), ArrayContent::Floats(cells)))
        .collect();
    write_arrays(path, &arrays).expect("a writable folder");
}
