//! Training through arrays with each mechanism: what it may change, and what it must not.

use ohmspike_crossbar::device::Device;
use ohmspike_snn::train::TrainError;
use ohmspike_study::settings::{Controller, Settings};
use ohmspike_study::trial::{Outcome, TrialInput, run_trial};

use crate::small::{prepared, settings};

const WINDOW: &str = r#""window": {"low_resistance_ohm": 1000, "high_resistance_ohm": 1000000}"#;
const NOISY: &str = r#""write": {"noise": "relative", "sigma_percent_of_conductance": 1}"#;
const DRIFT: &str = r#""drift": {"law": "power", "reference_seconds": 20, "points": [
    {"resistance_ohm": 1000, "exponent": 0.03, "exponent_sigma": 0.02},
    {"resistance_ohm": 1000000, "exponent": 0.1, "exponent_sigma": 0.05}]}"#;

fn run(settings: &Settings, keys: &[&str]) -> Outcome {
    let device = Device::from_json(&format!(r#"{{"name": "test", {WINDOW}, {}}}"#, keys.join(", ")));
    let loaded = device.expect("a valid device").into();
    let prepared = prepared(settings);
    run_trial(
        &TrialInput { settings, devices: &Some(&loaded).into(), data: prepared.data(settings), seed: 3 },
        None,
        &ohmspike_simd::Serial,
        &mut |_| {},
    )
    .expect("a valid trial")
}

fn losses(outcome: &Outcome) -> Vec<u64> {
    outcome.epochs.iter().map(|epoch| epoch.loss.to_bits()).collect()
}

fn tests_of(outcome: &Outcome) -> Vec<ohmspike_snn::activity::Activity> {
    outcome.epochs.iter().map(|epoch| epoch.test.clone()).collect()
}

/// A test after a rest does not affect training.
#[test]
fn retention_changes_tests_but_not_training() {
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
    // A rest has no effect without drift.
    let [fresh, rested] = [0.0, 1e7].map(|seconds| {
        settings.hardware.retention_seconds = seconds;
        tests_of(&run(&settings, &[NOISY]))
    });
    assert_eq!(fresh, rested);
}

/// The test before training shows cells that have not rested, unless this test is the result.
#[test]
fn only_networks_without_training_rest_before_the_first_test() {
    let mut settings = settings(2, 0.0);
    let [fresh, rested] = [0.0, 1e7].map(|seconds| {
        settings.hardware.retention_seconds = seconds;
        run(&settings, &[NOISY, DRIFT]).before.test
    });
    assert_eq!(fresh, rested);
    settings.training.epochs = 0;
    let untrained = run(&settings, &[NOISY, DRIFT]);
    assert_ne!(untrained.before.test, fresh);
    assert_eq!(untrained.after.map(|after| after.test), Some(untrained.before.test));
}

/// Gradients use the controller's estimate, which is the same for both controllers of an ideal array.
#[test]
fn digital_copy_and_read_back_agree_for_an_ideal_array() {
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
fn telegraph_noise_without_amplitude_has_no_effect() {
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

/// Converters affect training, and every tile with an active row costs one conversion per column. Tests in `crossbar`
/// cover the size of the effect.
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
    // A read has at most one conversion per active row and column.
    assert!(conversions <= cost(&fine).row_reads * settings.network.hidden as u64);
}

/// Every spike drives one row, so the usage counts the spikes of the network.
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

/// With more faults the outcome differs more, and training continues.
#[test]
fn training_tolerates_faults() {
    let faults = r#""faults": {"p_low_resistance": 0.01, "p_high_resistance": 0.02, "p_dead_row": 0.01,
        "p_dead_column": 0.3}"#;
    let settings = settings(1, 0.0);
    let sound = run(&settings, &[NOISY]);
    let faulty = run(&settings, &[NOISY, faults]);
    assert_ne!(losses(&sound), losses(&faulty));
    assert!(faulty.diverged.is_none() && faulty.epochs[0].loss.is_finite());
    // Dead plus lines leave the reference branch only, and weights of the wrong sign.
    assert!(faulty.writes[0].wrong_sign > sound.writes[0].wrong_sign);
}

/// A diverging trial has writes and reads until then: reports, usage and endurance include them and agree.
#[test]
fn a_diverging_trial_reports_the_usage_of_its_last_epoch() {
    let mut settings = settings(2, 0.0);
    // The first updates are finite and fill the wide window; sums of such weights overflow f32.
    settings.training.learning_rate = 1e37;
    (settings.hardware.weight_at_gmax, settings.readout.weight_at_gmax) = (1e37, 1e37);
    let outcome = run(&settings, &[NOISY]);
    let TrainError::Diverged { epoch: 1, batch } = outcome.diverged.expect("training diverges") else {
        panic!("{:?}", outcome.diverged)
    };
    assert!(outcome.epochs.is_empty());
    let [hidden, readout] = &outcome.hardware.as_ref().expect("arrays")[..] else { panic!("not two arrays") };
    assert!(hidden.training.row_reads > 0 && batch > 1, "batch {batch}");
    assert!(outcome.writes[0].pulses > 0);
    for (used, writes) in [(hidden, &outcome.writes[0]), (readout, &outcome.writes[1])] {
        assert_eq!(used.training.write_pulses, writes.pulses);
        assert_eq!(used.endurance.worst * used.endurance.cells, writes.pulses);
        // Only the untrained network was tested.
        assert_eq!(used.test.write_pulses, 0);
    }
    let spikes = outcome.before.test.total();
    assert_eq!(readout.test.row_reads, spikes.excitatory_spikes + spikes.inhibitory_spikes);
    assert!(hidden.test.row_reads > 0 && outcome.after.is_none() && outcome.update.is_none());
}

/// An inference is one of the trained network, so it has the cost of the test after the last epoch. This is the cost of
/// all tests minus that of a trial with one epoch less.
#[test]
fn an_inference_costs_the_same_as_the_last_test() {
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
        // The f64 sums of conductances differ in their order.
        let rest = all.test.read_conductance - before.test.read_conductance;
        assert!((rest / last.read_conductance - 1.0).abs() < 1e-9);
    }
    // Training changes the activity, so the inferences of different epochs differ.
    assert_ne!(early[1].row_reads, last[1].row_reads);
}
