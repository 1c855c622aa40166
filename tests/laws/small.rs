//! Small trials, studies and networks on the embedded subset.

use std::path::Path;

use ohmspike_crossbar::device::Device;
use ohmspike_rng::Seed;
use ohmspike_snn::connection::Connection;
use ohmspike_snn::network::Dynamics;
use ohmspike_snn::network::Network;
use ohmspike_snn::weights::DigitalWeights;
use ohmspike_study::pool::Pool;
use ohmspike_study::prepare::{LoadedDevice, Prepared};
use ohmspike_study::record::{Record, Seconds};
use ohmspike_study::run::{Progress, Trial, run_trials};
use ohmspike_study::settings::Settings;
use ohmspike_study::study::Study;

/// Hidden neurons of every small network: one whole block and a part of one.
pub const HIDDEN: usize = 20;

/// Settings of a trial of `epochs` epochs with noise of `level` % of the initial spread.
pub fn settings(epochs: usize, level: f64) -> Settings {
    let mut settings = Settings::default();
    settings.network.hidden = HIDDEN;
    settings.training.epochs = epochs;
    settings.noise.level_percent = level;
    settings
}

/// The embedded subset as `settings` encode it.
pub fn prepared(settings: &Settings) -> Prepared {
    Prepared::new([settings].into_iter(), Path::new(".")).expect("the embedded subset")
}

/// A built-in device as trials get it.
pub fn loaded(name: &str) -> LoadedDevice {
    Device::built_in(name).expect("built in").into()
}

/// A study of one epoch a trial with further `sections`, and what it needs.
pub fn study(sections: &str) -> (Study, Prepared) {
    let text = format!("name = \"small\"\n[training]\nepochs = 1\n{sections}");
    let study = Study::parse("small.toml", &text, &[]).expect("the test's own study");
    let conditions = study.conditions.iter().map(|condition| &condition.settings);
    let prepared = Prepared::new(conditions, Path::new(".")).expect("embedded data and built-in devices");
    (study, prepared)
}

/// The records of `trials` run on `threads` threads, without their wall time, by id.
pub fn records(trials: &[Trial], prepared: &Prepared, threads: usize) -> Vec<Record> {
    let mut records = Vec::new();
    run_trials(trials, prepared, None, &Pool::new(threads).expect("threads"), &false.into(), |progress| {
        if let Progress::Trial(record, _) = progress {
            records.push(*record);
        }
    })
    .expect("valid trials");
    timeless(records)
}

/// Records without their wall time, by id.
pub fn timeless(mut records: Vec<Record>) -> Vec<Record> {
    records.iter_mut().for_each(|record| record.seconds = Seconds::default());
    records.sort_by(|one, other| one.id.cmp(&other.id));
    records
}

/// A network of the embedded subset's sizes and exact first weights of both layers, wide enough to spike often.
pub fn network(seed: u64) -> (Network, DigitalWeights, DigitalWeights) {
    let dynamics = Dynamics::default();
    let network = Network::new(784, HIDDEN, 10, 0.8, 100, &dynamics).expect("valid");
    let seed = Seed::new(seed);
    let first = |signs: Vec<_>, columns, sigma, name| {
        DigitalWeights::exact(ohmspike_snn::initial::weights(&signs, columns, sigma, seed.named(name)), signs)
    };
    let hidden = first(network.signs(Connection::Feedforward(0)), HIDDEN, 0.005, "hidden");
    let readout = first(network.signs(Connection::Readout), 10, dynamics.readout_sigma(HIDDEN), "readout");
    (network, hidden, readout)
}
