//! Compares tiny records with stored ones, bit for bit on every machine.
//!
//! `UPDATE_GOLDEN=1 cargo test -p tests --test golden` rewrites the stored records; review the difference like code. If
//! the numbers of a trial change on purpose, change `ohmspike_study::record::ARITHMETIC` too, so that no study mixes
//! old and new numbers.

use std::path::{Path, PathBuf};

use ohmspike_snn::loss::Loss;
use ohmspike_study::prepare::Prepared;
use ohmspike_study::record::Record;
use ohmspike_study::settings::{Settings, SurrogateShape};
use ohmspike_study::trial::{TrialInput, run_trial};

fn settings(device: &str) -> Settings {
    let mut settings = Settings::default();
    settings.network.hidden = 20;
    settings.training.epochs = 2;
    settings.hardware.device = device.to_owned();
    settings
}

/// Returns the record of a trial with seed 1 as indented JSON, without wall time and machine.
fn record(settings: &Settings) -> String {
    let prepared = Prepared::new([settings].into_iter(), Path::new(".")).expect("embedded data and built-in devices");
    let (data, devices) = (prepared.data(settings), prepared.devices_of(settings));
    let outcome = run_trial(
        &TrialInput { settings, devices: &devices, data, seed: 1 },
        None,
        &ohmspike_simd::Serial,
        &mut |_| {},
    )
    .expect("a valid trial");
    let mut value = serde_json::to_value(Record::new(settings, 1, data, &devices, &outcome)).expect("plain values");
    let record = value.as_object_mut().expect("a record is an object");
    for of_the_machine in ["seconds", "machine"] {
        record.remove(of_the_machine).expect("a record has it");
    }
    serde_json::to_string_pretty(&value).expect("plain values") + "\n"
}

fn compare(name: &str, settings: &Settings) {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "golden", name].iter().collect();
    let now = record(settings);
    if std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1") {
        std::fs::write(&path, &now).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    let first = golden.lines().zip(now.lines()).position(|(golden, now)| golden != now);
    let line = first.unwrap_or_else(|| golden.lines().count().min(now.lines().count()));
    assert!(
        golden == now,
        "{}:{}: golden `{}`, now `{}`\n\nhint: if the change is intended, run `UPDATE_GOLDEN=1 cargo test -p tests --test \
         golden`, review it with `git diff tests/golden`, and change `ohmspike_study::record::ARITHMETIC` if numbers changed",
        path.display(),
        line + 1,
        golden.lines().nth(line).unwrap_or("").trim(),
        now.lines().nth(line).unwrap_or("").trim(),
    );
}

#[test]
fn digital_weights_with_the_published_settings() {
    let mut settings = settings("none");
    settings.noise.level_percent = 20.0;
    compare("abstract.json", &settings);
}

#[test]
fn crossbars_with_every_mechanism() {
    let mut settings = settings("illustrative-oxide");
    settings.training.loss = Loss::PerStep;
    settings.training.surrogate = SurrogateShape::Exponential;
    settings.training.tau_mem_steps = 10.0;
    settings.training.epochs = 1;
    compare("oxide.json", &settings);
}
