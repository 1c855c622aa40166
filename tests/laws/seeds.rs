//! Separate seeds per stream: chips, writes and repeats can be nested.

use ohmspike_rng::Seed;
use ohmspike_snn::train::Streams;
use ohmspike_study::prepare::Prepared;
use ohmspike_study::record::Record;
use ohmspike_study::run::trials;
use ohmspike_study::settings::SeedSettings;
use ohmspike_study::study::Study;
use ohmspike_study::trial::{TrialInput, TrialStreams, run_trial};

use crate::small::{prepared, records, settings, study};

/// Two chips by two write seeds of a device with reference cells that vary between chips.
fn chips_by_writes(device: &str) -> (Study, Prepared) {
    study(&format!("[network]\nhidden = 20\n{device}\n[seeds]\nchip = [1, 2]\nwrite = [1, 2]\n"))
}

/// Returns the records in the order of their conditions: chip 1 with writes 1 and 2, then chip 2.
fn in_order((study, prepared): (Study, Prepared)) -> [Record; 4] {
    let trials = trials(&study, &prepared);
    let records = records(&trials, &prepared, 2);
    let of = |trial: &ohmspike_study::run::Trial| records.iter().find(|record| record.id == trial.id).cloned();
    let ordered: Vec<Record> = trials.iter().filter_map(of).collect();
    ordered.try_into().expect("four trials of different names")
}

#[test]
fn streams_without_a_seed_use_the_seed_of_the_trial() {
    let mut settings = settings(1, 20.0);
    let (trial, given) = (Seed::new(7), Seed::new(3));
    let plain = TrialStreams::new(&settings, 7);
    assert_eq!(plain.training, Streams::from_seed(trial));
    assert_eq!(
        [plain.chip, plain.initial, plain.test],
        [trial.named("chip"), trial.named("initial"), trial.named("test")]
    );
    settings.seeds.read = Some(3);
    let with_reads = TrialStreams::new(&settings, 7);
    assert_eq!((with_reads.training.read, with_reads.test), (given.named("read"), given.named("test")));
    assert_eq!((with_reads.training.write, with_reads.chip), (trial.named("write"), trial.named("chip")));
}

#[test]
fn equal_seeds_for_all_streams_equal_the_seed_of_the_trial() {
    let plain = settings(1, 20.0);
    let seeded = ohmspike_study::settings::Settings { seeds: SeedSettings::all(3), ..plain.clone() };
    let prepared = prepared(&plain);
    let run = |settings, seed| {
        run_trial(
            &TrialInput { settings, devices: &Default::default(), data: prepared.data(&plain), seed },
            None,
            &ohmspike_simd::Serial,
            &mut |_| {},
        )
        .expect("valid")
    };
    let (one, other) = (run(&plain, 3), run(&seeded, 9));
    assert_eq!(one.epochs[0].loss.to_bits(), other.epochs[0].loss.to_bits());
    assert_eq!((&one.epochs[0].test, one.writes[0]), (&other.epochs[0].test, other.writes[0]));
    assert_ne!(one.epochs[0].loss, run(&plain, 9).epochs[0].loss);
}

/// Noise-free writes draw nothing, so the trials differ only in their chips, here the reference cells.
#[test]
fn reference_cells_do_not_depend_on_the_write_seed() {
    let device =
        "[hardware]\ndevice = \"ideal\"\n[device.reference_branch]\nkind = \"cell\"\nsigma_ln_resistance = 0.5\n";
    let [first, same_chip, other_chip, other_again] = in_order(chips_by_writes(device));
    for (one, other) in [(&first, &same_chip), (&other_chip, &other_again)] {
        assert_eq!((&one.loss, &one.tests, &one.connections), (&other.loss, &other.tests, &other.connections));
        assert!(one.connections[0].writes.wrong_sign > 0, "reference cells have no variation");
    }
    assert_ne!(first.loss, other_chip.loss);
    assert_ne!(first.connections[0].writes.wrong_sign, other_chip.connections[0].writes.wrong_sign);
}

/// An exact reference branch draws nothing per chip, so only the write noise remains.
#[test]
fn write_noise_does_not_depend_on_the_chip() {
    let device = "[hardware]\ndevice = \"ideal\"\n[device]\nwrite.noise = \"relative\"\nwrite.sigma_percent_of_conductance = 2\n";
    let [first, other_writes, same_writes, _] = in_order(chips_by_writes(device));
    let writes = |record: &Record| record.connections.iter().map(|one| one.writes).collect::<Vec<_>>();
    assert_eq!((&first.loss, writes(&first)), (&same_writes.loss, writes(&same_writes)));
    assert_ne!(first.loss, other_writes.loss);
}
