//! Results of one small trial: a record, details and a checkpoint.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use ohmspike_study::checkpoint::Checkpoints;
use ohmspike_study::details::Details;
use ohmspike_study::prepare::Prepared;
use ohmspike_study::record::Record;
use ohmspike_study::settings::Settings;
use ohmspike_study::trial::{EpochEnd, TrialInput, run_trial};

/// Identifier of the trial.
pub const ID: &str = "0123456789abcdef";

/// Files of a trial.
pub struct Trained {
    pub record: Vec<u8>,
    pub details: Vec<u8>,
    pub checkpoint: Vec<u8>,
}

/// Trains a network of three neurons for two epochs, once per process.
pub fn get() -> &'static Trained {
    static TRAINED: OnceLock<Trained> = OnceLock::new();
    TRAINED.get_or_init(|| {
        let mut settings = Settings::default();
        (settings.network.hidden, settings.network.steps) = (3, 5);
        (settings.training.epochs, settings.training.batch) = (2, 1024);
        settings.hardware.device = "ideal".to_owned();
        let prepared = Prepared::new([&settings].into_iter(), Path::new(".")).expect("the embedded subset");
        let (data, devices) = (prepared.data(&settings), prepared.devices_of(&settings));
        let folder = tempfile::tempdir().expect("a temporary folder");
        let checkpoints = Checkpoints::new(folder.path(), Duration::ZERO);
        let mut checkpoint = checkpoints.of(ID, 2);
        let mut keep = |end: &EpochEnd| checkpoint.keep(end, false).expect("a writable folder");
        let outcome = run_trial(
            &TrialInput { settings: &settings, devices: &devices, data, seed: 1 },
            None,
            &ohmspike_simd::Serial,
            &mut keep,
        )
        .expect("a trial");
        let record = Record::new(&settings, 1, data, &devices, &outcome);
        let checkpoint = fs::read(folder.path().join(format!("checkpoints/{ID}.bin"))).expect("after the first epoch");
        Trained {
            record: serde_json::to_vec(&record).expect("plain values"),
            details: serde_json::to_vec(&Details::new(ID, &outcome)).expect("plain values"),
            checkpoint,
        }
    })
}
