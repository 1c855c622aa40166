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
use ohmspike_study::run::{Progress, RunControl, Trial, run_trials};
use ohmspike_study::settings::Settings;
use ohmspike_study::study::Study;

/// Hidden neurons of every small network: one whole block and part of another.
pub const HIDDEN: usize = 20;

/// Returns settings with `epochs` epochs and write noise of `level` % of σ_init.
pub fn settings(epochs: usize, level: f64) -> Settings {
    let mut settings = Settings::default();
    settings.network.hidden = HIDDEN;
    settings.training.epochs = epochs;
    settings.noise.level_percent = level;
    settings
}

/// Returns the embedded subset, encoded for `settings`.
pub fn prepared(settings: &Settings) -> Prepared {
    Prepared::new([settings].into_iter(), Path::new(".")).expect("the embedded subset")
}

/// Returns a built-in device, loaded for trials.
pub fn loaded(name: &str) -> LoadedDevice {
    Device::built_in(name).expect("built in").into()
}

/// Returns a study of one epoch per trial with further `sections`, and its prepared data.
pub fn study(sections: &str) -> (Study, Prepared) {
    let text = format!("name = \"small\"\n[training]\nepochs = 1\n{sections}");
    let study = Study::parse("small.toml", &text, &[]).expect("a valid study");
    let conditions = study.conditions.iter().map(|condition| &*condition.settings);
    let prepared = Prepared::new(conditions, Path::new(".")).expect("embedded data and built-in devices");
    (study, prepared)
}

/// Runs `trials` on `threads` threads and returns their records without wall time, sorted by id.
pub fn records(trials: &[Trial], prepared: &Prepared, threads: usize) -> Vec<Record> {
    let mut records = Vec::new();
    run_trials(trials, prepared, &Pool::new(threads).expect("threads"), RunControl::default(), |progress| {
        if let Progress::Trial(record, _) = progress {
            records.push(*record);
        }
    })
    .expect("valid trials");
    timeless(records)
}

/// Removes the wall times of records and sorts them by id.
pub fn timeless(mut records: Vec<Record>) -> Vec<Record> {
    records.iter_mut().for_each(|record| record.seconds = Seconds::default());
    records.sort_by(|one, other| one.id.cmp(&other.id));
    records
}

/// Returns a network for the embedded subset, with exact initial weights wide enough for frequent spikes.
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
