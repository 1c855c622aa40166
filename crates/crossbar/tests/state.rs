//! A restored array continues bit-identically to one that never stopped.

use crate::chip::{FULL_SCALE, count_reads, device, mixed_branches, normal_matrix, params};
use ohmspike_crossbar::device::{BUILT_IN, Device};
use ohmspike_crossbar::{ArrayParams, ArrayState, Controller, CrossbarArray, PairKind};
use ohmspike_rng::Seed;
use ohmspike_simd::Matrix;

const ROWS: usize = 30;
const COLUMNS: usize = 20;
const PAIRS: [PairKind; 3] = [PairKind::OneBranch, PairKind::PushPull, PairKind::PotentiationOnly];
const CONTROLLERS: [Controller; 2] = [Controller::ReadBack, Controller::DigitalCopy];

const TELEGRAPH: &str = r#""rtn": {"kind": "telegraph", "fraction_of_cells": 0.4, "reference_resistance_ohm": 1e4,
    "rate_per_second": 2, "amplitude_percent_of_conductance": 7}"#;
const CONVERTERS: &str = r#""converters": {"tile_rows": 8, "dac": {"bits": 4, "gain_sigma_percent": 2},
    "adc": {"bits": 6, "codes": "signed", "range": "calibrated", "gain_sigma_percent": 3, "offset_sigma_percent_of_full_scale": 1}}"#;
const SPREADS: &str = r#""device_to_device": {"low_resistance_sigma_ln": 0.2, "high_resistance_sigma_ln": 0.3, "write_spread_sigma_ln": 0.2,
    "step_gain": "log-normal", "step_gain_sigma": 0.2}"#;
const FAULTS: &str = r#""faults": {"p_low_resistance": 0.05, "p_stuck_random": 0.05, "p_dead_row": 0.05}"#;
const PARKED: &str = r#""reference_branch": {"kind": "cell", "sigma_ln_resistance": 0.3}"#;
const POWER: &str = r#""drift": {"law": "power", "reference_seconds": 20, "points": [
    {"resistance_ohm": 1e4, "exponent": 0.05, "exponent_sigma": 0.02}]}"#;
const LOG_TIME: &str = r#""drift": {"law": "log-time", "reference_seconds": 1, "mean_microsiemens_per_ln": -0.5,
    "sigma_microsiemens_per_ln": 0.2, "sigma_microsiemens_at_reference": 0.1}"#;
const LEVELS: &str = r#""levels": {"count": 16, "spacing": "conductance"}"#;
const ADDED: &str = r#""write": {"noise": "relative", "sigma_percent_of_conductance": 5, "cells": "changed"}"#;
const VERIFIED: &str = r#""write": {"noise": "constant", "sigma_microsiemens": 8, "scheme": "verify",
    "verify": {"window_microsiemens": 4, "tries": 2, "after_failed_write": "leave"}}"#;

/// All mechanisms together, in two write schemes; built-in devices cover the third, pulses.
fn full_devices() -> [Device; 3] {
    let read =
        format!(r#""read": {{"white": {{"noise": "relative", "sigma_percent_of_conductance": 2}}, {TELEGRAPH}}}"#);
    [
        device(&[&read, CONVERTERS, SPREADS, FAULTS, PARKED, POWER, ADDED]),
        device(&[&read, CONVERTERS, SPREADS, FAULTS, LOG_TIME, LEVELS, VERIFIED]),
        device(&[&read, CONVERTERS, FAULTS, PARKED, LEVELS]),
    ]
}

fn array(device: &Device, pair: PairKind, controller: Controller) -> CrossbarArray {
    let branches = mixed_branches(ROWS);
    let normal = normal_matrix(Seed::new(1), ROWS, COLUMNS, 0.3 * FULL_SCALE);
    let first = Matrix::from_fn(ROWS, COLUMNS, |row, column| branches[row].sign() * normal[(row, column)].abs());
    let params = ArrayParams { pair, controller, ..params(&branches) };
    CrossbarArray::new(device, params, &first, Seed::new(2)).expect("sound arguments")
}

/// Acts on an array as training does between two tests: steps, some of them 0, presentations, counted reads, a
/// calibration.
fn train(array: &mut CrossbarArray, epoch: u64) {
    let all: Vec<usize> = (0..ROWS).collect();
    if let Some(converters) = array.converters_mut() {
        converters.calibrate(0.5 + epoch as f32);
    }
    for batch in 0..3 {
        let number = 10 * epoch + batch;
        for sample in 0..3 {
            array.pass(0.1, Seed::new(3).numbered(number).numbered(sample));
        }
        count_reads(array, &[&all, &all, &[], &all]);
        let normal = normal_matrix(Seed::new(4).numbered(number), ROWS, COLUMNS, 0.4 * FULL_SCALE);
        let step = Matrix::from_fn(
            ROWS,
            COLUMNS,
            |row, column| {
                if (row + column) % 7 == 0 { 0.0 } else { normal[(row, column)] }
            },
        );
        array.update(&step, Seed::new(5).numbered(number)).expect("a sound step");
    }
}

/// Tests after a rest of `seconds`.
fn test(array: &mut CrossbarArray, epoch: u64, seconds: f64) {
    let all: Vec<usize> = (0..ROWS).collect();
    array.rest(seconds);
    for sample in 0..3 {
        array.pass(0.1, Seed::new(6).numbered(epoch).numbered(sample));
    }
    count_reads(array, &[&all, &[], &all]);
}

fn kept(array: &CrossbarArray) -> ArrayState {
    let written = postcard::to_stdvec(&array.state()).expect("plain values");
    postcard::from_bytes(&written).expect("what was written")
}

fn bits(matrix: &Matrix) -> Vec<u32> {
    matrix.blocks().iter().flat_map(|block| block.0).map(f32::to_bits).collect()
}

/// Returns the digitised column sums of every tile.
fn converted(array: &CrossbarArray) -> Vec<f32> {
    let Some(converters) = array.converters() else { return Vec::new() };
    let sums = |tile| {
        let mut sums: Vec<f32> = (0..COLUMNS).map(|column| 0.1 * (1 + column / 16) as f32).collect();
        converters.convert(tile, &mut sums);
        sums
    };
    (0..converters.tiles().0).flat_map(sums).collect()
}

fn assert_same(what: &str, one: &CrossbarArray, other: &CrossbarArray) {
    assert_eq!(bits(one.weights()), bits(other.weights()), "{what}: weights");
    assert_eq!(bits(one.read_weights()), bits(other.read_weights()), "{what}: weights of a read");
    assert_eq!(bits(one.gradient_weights()), bits(other.gradient_weights()), "{what}: gradient_weights weights");
    assert_eq!(bits(one.g_above_min()), bits(other.g_above_min()), "{what}: g_above_min");
    assert_eq!(one.read_variance().map(bits), other.read_variance().map(bits), "{what}: variance of a read");
    assert_eq!(crate::chip::conductances(one), crate::chip::conductances(other), "{what}: conductances");
    assert_eq!(converted(one), converted(other), "{what}: converters");
    assert_eq!(one.endurance(), other.endurance(), "{what}: endurance");
    assert_eq!(one.initial_report(), other.initial_report(), "{what}: what became of the first weights");
    assert_eq!(one.state(), other.state(), "{what}: state");
}

/// Saves after training, while resting, and after a rest: the three moments at which a trial can save an array.
fn assert_goes_on(what: &str, device: &Device, pair: PairKind, controller: Controller) {
    let mut straight = array(device, pair, controller);
    for epoch in 0..3 {
        train(&mut straight, epoch);
        for seconds in [None, Some(3600.0), Some(0.0)] {
            if let Some(seconds) = seconds {
                test(&mut straight, epoch, seconds);
            }
            let mut restored = array(device, pair, controller);
            restored.restore(kept(&straight)).expect("the state of such an array");
            let what = format!("{what}, {pair:?}, {controller:?}, epoch {epoch}, rested {seconds:?}");
            assert_same(&what, &restored, &straight);
            let mut further = straight.clone();
            for array in [&mut restored, &mut further] {
                train(array, epoch + 1);
                test(array, epoch + 1, 60.0);
            }
            assert_same(&format!("{what}, gone on"), &restored, &further);
            assert_eq!(restored.take_ledger(), further.take_ledger(), "{what}: ledger");
        }
    }
}

#[test]
fn a_restored_array_continues_bit_identically() {
    for pair in PAIRS {
        for controller in CONTROLLERS {
            for (number, device) in full_devices().iter().enumerate() {
                assert_goes_on(&format!("device {number}"), device, pair, controller);
            }
            for (name, _) in BUILT_IN {
                assert_goes_on(name, &Device::built_in(name).expect("built in"), pair, controller);
            }
        }
    }
}

/// Checks that the steps are large enough to trigger the mechanisms under test.
#[test]
fn the_arrays_of_this_law_refresh_fail_and_flip() {
    let [_, verified, _] = full_devices();
    let mut array = array(&verified, PairKind::PotentiationOnly, Controller::DigitalCopy);
    train(&mut array, 0);
    assert!(array.weights() != array.read_weights(), "telegraph noise");
    let step = normal_matrix(Seed::new(7), ROWS, COLUMNS, FULL_SCALE);
    let report = array.update(&step, Seed::new(8)).expect("a sound step");
    assert!(report.refreshed > 0 && report.failed_writes > 0, "{report:?}");
}

#[test]
fn the_state_of_another_array_is_rejected_and_changes_nothing() {
    let [drifting, verified, plain] = full_devices();
    let (one, two) = (PairKind::OneBranch, PairKind::PushPull);
    let state = |device: &Device, pair, controller| kept(&array(device, pair, controller));
    for (part, state) in [
        ("paths", state(&plain, one, CONTROLLERS[0])),
        ("opposite branch", state(&drifting, two, CONTROLLERS[0])),
        ("digital copy", state(&drifting, one, CONTROLLERS[1])),
        ("pulses", state(&device(&[POWER]), one, CONTROLLERS[0])),
        ("cells of failed writes", state(&verified, one, CONTROLLERS[0])),
    ] {
        let mut array = array(&drifting, one, CONTROLLERS[0]);
        let before = array.clone();
        let error = array.restore(state).expect_err("another array").to_string();
        let expected = format!(
            "state: {part} of another array; expected an array of 30 x 20 (rows x columns) with the same parameters"
        );
        assert_eq!(error, expected);
        assert_same(part, &array, &before);
    }
}
