//! Training through arrays with every mechanism on: what each may change, and what it must leave alone.

use ohmspike_crossbar::device::Device;
use ohmspike_snn::train::TrainError;
use ohmspike_study::settings::{Controller, Settings};
use ohmspike_study::trial::{Outcome, run_trial};

use crate::small::{prepared, settings};

const WINDOW: &str = r#""window": {"low_resistance_ohm": 1000, "high_resistance_ohm": 1000000}"#;
const NOISY: &str = r#""write": {"noise": "relative", "sigma_percent_of_conductance": 1}"#;
const DRIFT: &str = r#""drift": {"law": "power", "reference_seconds": 20, "points": [
    {"resistance_ohm": 1000, "exponent": 0.03, "exponent_sigma": 0.02},
    {"resistance_ohm": 1000000, "exponent": 0.1, "exponent_sigma": 0.05}]}"#;

fn run(settings: &Settings, keys: &[&str]) -> Outcome {
    let device = Device::from_json(&format!(r#"{{"name": "test", {WINDOW}, {}}}"#, keys.join(", ")));
    let loaded = device.expect("the test's own device").into();
    let prepared = prepared(settings);
    run_trial(settings, &Some(&loaded).into(), prepared.data(settings), 3, None, &ohmspike_simd::Serial, &mut |_| {})
        .expect("a valid trial")
}

fn losses(outcome: &Outcome) -> Vec<u64> {
    outcome.epochs.iter().map(|epoch| epoch.loss.to_bits()).collect()
}

fn tests_of(outcome: &Outcome) -> Vec<ohmspike_snn::activity::Activity> {
    outcome.epochs.iter().map(|epoch| epoch.test.clone()).collect()
}

/// A test after a rest is a question about the future: training goes on as if nobody had asked.
#[test]
fn retention_changes_tests_and_leaves_training_alone() {
    let mut settings = settings(2, 0.0);
    let fresh = run(&settings, &[NOISY, DRIFT]);
    settings.hardware.retention_seconds = 20.0;
    let at_reference = run(&settings, &[NOISY, DRIFT]);
    assert_eq!((losses(&fresh), tests_of(&fresh)), (losses(&at_reference), tests_of(&at_reference)));
    settings.hardware.retention_seconds = 1e7;
    let after_months = run(&settings, &[NOISY, DRIFT]);
    assert_eq!(losses(&fresh), losses(&after_months));
    assert_ne!(tests_of(&fresh), tests_of(&after_months));
    assert_eq!(tests_of(&after_months), tests_of(&run(&settings, &[NOISY, DRIFT])));
    // A device that does not drift does not care.
    let [fresh, rested] = [0.0, 1e7].map(|seconds| {
        settings.hardware.retention_seconds = seconds;
        tests_of(&run(&settings, &[NOISY]))
    });
    assert_eq!(fresh, rested);
}

/// Gradients are taken at what the controller believes in: of an ideal array both controllers believe the same.
#[test]
fn a_digital_copy_of_an_ideal_array_is_what_is_read_back() {
    let mut settings = settings(2, 0.0);
    let of = |controller, settings: &mut Settings, keys: &[&str]| {
        settings.hardware.controller = controller;
        run(settings, keys)
    };
    let ideal = [r#""write": {"noise": "none"}"#];
    let [read_back, copied] =
        [Controller::ReadBack, Controller::DigitalCopy].map(|controller| of(controller, &mut settings, &ideal));
    assert_eq!((losses(&read_back), tests_of(&read_back)), (losses(&copied), tests_of(&copied)));
    let [read_back, copied] =
        [Controller::ReadBack, Controller::DigitalCopy].map(|controller| of(controller, &mut settings, &[NOISY]));
    assert_ne!(losses(&read_back), losses(&copied));
}

#[test]
fn telegraph_noise_without_amplitude_changes_nothing() {
    let telegraph = |percent: f64, fraction: f64| {
        format!(
            r#""read": {{"rtn": {{"kind": "telegraph", "fraction_of_cells": {fraction},
            "reference_resistance_ohm": 10000, "rate_per_second": 0.5, "rate_exponent": 0.5,
            "amplitude_percent_of_conductance": {percent}, "amplitude_exponent": 0.5}}}}"#
        )
    };
    let settings = settings(1, 0.0);
    let quiet = run(&settings, &[NOISY]);
    let no_cells = run(&settings, &[NOISY, &telegraph(20.0, 0.0)]);
    assert_eq!((losses(&quiet), tests_of(&quiet)), (losses(&no_cells), tests_of(&no_cells)));
    let flipping = run(&settings, &[NOISY, &telegraph(20.0, 0.5)]);
    assert_ne!(losses(&quiet), losses(&flipping));
    assert_eq!(losses(&flipping), losses(&run(&settings, &[NOISY, &telegraph(20.0, 0.5)])));
}

/// Converters change what is learnt from, and every tile with a row driven costs a conversion a column: how far they move a
/// sum is tested in `crossbar`.
#[test]
fn converters_are_calibrated_and_counted() {
    let adc = |bits: u32| {
        format!(
            r#""converters": {{"tile_rows": 100, "adc": {{"bits": {bits}, "codes": "signed", "range": "calibrated"}}}}"#
        )
    };
    let settings = settings(1, 0.0);
    let exact = run(&settings, &[NOISY]);
    let fine = run(&settings, &[NOISY, &adc(24)]);
    let coarse = run(&settings, &[NOISY, &adc(2)]);
    assert_ne!(losses(&exact), losses(&coarse));
    let cost = |outcome: &Outcome| outcome.hardware.as_ref().expect("arrays")[0].test;
    assert_eq!(cost(&exact).conversions, 0);
    let conversions = cost(&fine).conversions;
    assert!(conversions > 0 && conversions % settings.network.hidden as u64 == 0);
    // No read converts more than once a row driven and column.
    assert!(conversions <= cost(&fine).row_reads * settings.network.hidden as u64);
}

/// Every spike drives one row: the ledger counts the spikes that the network counts.
#[test]
fn a_spike_is_a_row_read() {
    let settings = settings(2, 0.0);
    let prepared = prepared(&settings);
    let outcome = run(&settings, &[NOISY]);
    let [hidden, readout] = &outcome.hardware.as_ref().expect("arrays")[..] else { panic!("not two arrays") };
    let input_spikes = prepared.data(&settings).test.spikes.total();
    // One test before training, one after each of the two epochs.
    assert_eq!(hidden.test.row_reads, 3 * input_spikes as u64);
    let hidden_spikes: u64 = [&outcome.before.test]
        .into_iter()
        .chain(&tests_of(&outcome))
        .map(|test| {
            let total = test.total();
            total.excitatory_spikes + total.inhibitory_spikes
        })
        .sum();
    assert_eq!(readout.test.row_reads, hidden_spikes);
    assert_eq!(hidden.training.write_pulses, outcome.writes[0].pulses);
    assert_eq!(hidden.endurance.worst, hidden.training.write_pulses / (784 * settings.network.hidden as u64));
}

/// A dead, a stuck and a noisy chip: the worse the chip, the more the outcome differs, and training goes on through it.
#[test]
fn training_goes_on_through_faults() {
    let faults = r#""faults": {"p_low_resistance": 0.01, "p_high_resistance": 0.02, "p_dead_row": 0.01,
        "p_dead_column": 0.3}"#;
    let settings = settings(1, 0.0);
    let sound = run(&settings, &[NOISY]);
    let faulty = run(&settings, &[NOISY, faults]);
    assert_ne!(losses(&sound), losses(&faulty));
    assert!(faulty.diverged.is_none() && faulty.epochs[0].loss.is_finite());
    // Dead plus lines leave the reference: weights of the wrong sign.
    assert!(faulty.writes[0].wrong_sign > sound.writes[0].wrong_sign);
}

/// Training that diverges has written and read until then: reports, ledger and endurance say so, and agree.
#[test]
fn a_trial_that_diverges_keeps_account_of_its_last_epoch() {
    let mut settings = settings(2, 0.0);
    // The first steps are finite and fill windows this wide; sums of such weights are more than f32 holds.
    settings.training.learning_rate = 1e37;
    (settings.hardware.weight_at_gmax, settings.readout.weight_at_gmax) = (1e37, 1e37);
    let outcome = run(&settings, &[NOISY]);
    let TrainError::Diverged { epoch: 1, batch } = outcome.diverged.expect("no step is finite") else {
        panic!("{:?}", outcome.diverged)
    };
    assert!(outcome.epochs.is_empty());
    let [hidden, readout] = &outcome.hardware.as_ref().expect("arrays")[..] else { panic!("not two arrays") };
    assert!(hidden.training.row_reads > 0 && batch > 1, "batch {batch}");
    assert!(outcome.writes[0].pulses > 0);
    for (used, writes) in [(hidden, &outcome.writes[0]), (readout, &outcome.writes[1])] {
        assert_eq!(used.training.write_pulses, writes.pulses);
        assert_eq!(used.endurance.worst * used.endurance.cells, writes.pulses);
        // The untrained network was tested, and no other.
        assert_eq!(used.test.write_pulses, 0);
    }
    let spikes = outcome.before.test.total();
    assert_eq!(readout.test.row_reads, spikes.excitatory_spikes + spikes.inhibitory_spikes);
    assert!(hidden.test.row_reads > 0 && outcome.after.is_none() && outcome.update.is_none());
}

/// An inference is one of the trained network: what the test after the last epoch costs, which is what all tests of one epoch more
/// cost beyond those of one less.
#[test]
fn an_inference_costs_what_the_last_test_does() {
    let energy = r#""read": {"volts": 0.1}, "energy": {"read_pulse_nanoseconds": 10}"#;
    let [one, two] = [1, 2].map(|epochs| {
        let mut settings = settings(epochs, 0.0);
        settings.weights.sigma_init = 0.005;
        run(&settings, &[NOISY, energy])
    });
    let early = one.inference.expect("trained");
    let (before, all) = (one.hardware.expect("a device"), two.hardware.expect("a device"));
    let last = two.inference.expect("trained");
    for ((before, all), last) in before.iter().zip(&all).zip(&last) {
        assert_eq!(all.test.row_reads - before.test.row_reads, last.row_reads);
        // Sums of conductances are f64 that were added in another order.
        let rest = all.test.read_conductance - before.test.read_conductance;
        assert!((rest / last.read_conductance - 1.0).abs() < 1e-9);
    }
    // Hidden neurons of the trained network spike more or less than before: its inference is not that of another epoch.
    assert_ne!(early[1].row_reads, last[1].row_reads);
}
