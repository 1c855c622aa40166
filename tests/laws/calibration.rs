//! Calibrated numbers: the same on any threads and instructions, and useful on every device.

use std::path::Path;

use ohmspike_crossbar::device::BUILT_IN;
use ohmspike_simd::Instructions;
use ohmspike_study::calibration::{Calibrations, calibrate};
use ohmspike_study::health::HealthKind;
use ohmspike_study::prepare::Prepared;
use ohmspike_study::record::Record;
use ohmspike_study::run_study::{Plan, RunOptions, calibrated_study, run_study, train};
use ohmspike_study::study::{Override, Study};

fn study(overrides: &[Override]) -> Study {
    Study::parse("calibrated.toml", "name = 'calibrated'\n[network]\nhidden = 32\n", overrides).expect("a valid study")
}

/// Devices that cannot train this network in place, whatever the scale of their window, each with the reason.
const UNTRAINABLE: [(&str, &str); 2] = [("hfox-taox-wan-2022-1d", WAN), ("hfox-taox-wan-2022-2d", WAN)];
const WAN: &str = "the relaxation of a write is several percent of the window, and hundreds of updates without verification \
                   add up to the window itself: more than 1 % of the writes end at its upper end, or the network is at chance";

fn trained(device: &str) -> Record {
    let sets = [
        Override::new("hardware.device", device),
        Override::new("training.epochs", 6),
        Override::new("outcome.last_epochs", 2),
    ];
    let options = RunOptions { threads: Some(2), ..RunOptions::default() };
    train(&study(&sets), None, &options, &mut ()).expect("a valid study").expect("nobody stops it").record
}

/// A study that names only a device trains: no layer is silent or saturated, the window clips few writes, and the network
/// learns.
#[test]
fn every_built_in_device_trains_without_further_keys() {
    let mut unexpected = Vec::new();
    for (device, _) in BUILT_IN {
        let record = trained(device);
        let kinds: Vec<HealthKind> = record.health.iter().map(|state| state.kind()).collect();
        // Six epochs are too few to converge.
        let broken: Vec<HealthKind> = kinds.into_iter().filter(|kind| *kind != HealthKind::NotConverged).collect();
        let excepted = UNTRAINABLE.iter().any(|(name, _)| name == device);
        if broken.is_empty() == excepted {
            unexpected.push((device, record.outcome, broken));
        }
    }
    assert!(unexpected.is_empty(), "{unexpected:?}");
}

#[test]
fn calibration_does_not_depend_on_instructions() {
    let study = study(&[]);
    let settings = study.conditions.iter().map(|condition| &*condition.settings);
    let prepared = Prepared::new(settings, Path::new(".")).expect("built-in data");
    let with = |instructions: Instructions| {
        instructions.use_for_all().ok()?;
        Some(calibrate(&study, &prepared, &mut Calibrations::default()).expect("a calibrated study"))
    };
    let all: Vec<Study> = Instructions::ALL.into_iter().filter_map(with).collect();
    assert!(all.windows(2).all(|pair| pair[0] == pair[1]));
    assert!(!all.is_empty() && !all[0].needs_calibration());
}

/// Records of `auto` and of the same numbers are the same trials.
#[test]
fn a_study_with_the_calibrated_numbers_runs_nothing_again() {
    let sets = [
        Override::new("hardware.device", "ideal"),
        Override::new("training.epochs", 1),
        Override::new("training.batch", 512),
    ];
    let (auto, folder) = (study(&sets), tempfile::tempdir().expect("a temporary folder"));
    let options = RunOptions { folder: Some(folder.path().into()), ..RunOptions::default() };
    let finished = run_study(&auto, &options, &mut ()).expect("a valid study");
    assert_eq!((finished.done, finished.left), (1, 0));
    assert!(folder.path().join("calibration.json").exists());

    let numbers = calibrated_study(&auto, Path::new(".")).expect("a valid study").conditions[0].calibrated.clone();
    assert_eq!(numbers.len(), 3);
    let fixed: Vec<Override> = numbers.iter().map(|number| Override::new(&number.key, number.value)).collect();
    let fixed = study(&[&sets[..], &fixed].concat());
    let plan = Plan::new(&fixed, &options).expect("a valid study");
    assert_eq!(plan.left.len(), 0);
}

/// Without training, the outcome is the accuracy of the untrained network.
#[test]
fn zero_epochs_test_the_untrained_network() {
    let sets = [Override::new("hardware.device", "cmo-hfox-falcone-2025"), Override::new("training.epochs", 0)];
    let record = train(&study(&sets), None, &RunOptions::default(), &mut ()).expect("valid").expect("a record").record;
    assert_eq!((record.accuracy.len(), record.tests.len()), (0, 1));
    let before = record.test(0).expect("a test").accuracy();
    assert_eq!(record.outcome, Some(before));
    assert!(before < 0.4, "{before}");
    assert!(record.health.iter().all(|state| state.kind() == HealthKind::AtChance), "{:?}", record.health);
    assert!(record.after.is_some());
}
