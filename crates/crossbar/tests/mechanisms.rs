//! Laws across mechanisms: with zero noise each equals the ideal array, and each draws from its own streams.

use crate::chip::{FULL_SCALE, conductances, device, mixed_branches, normal_matrix, params, values};
use ohmspike_crossbar::device::Device;
use ohmspike_crossbar::{ArrayParams, CrossbarArray, PairKind, WriteReport};
use ohmspike_rng::Seed;
use ohmspike_simd::Matrix;

const ROWS: usize = 60;
const COLUMNS: usize = 37;

fn array(device: &Device, pair: PairKind) -> CrossbarArray {
    let branches = mixed_branches(ROWS);
    let normal = normal_matrix(Seed::new(1), ROWS, COLUMNS, 0.3);
    let first = Matrix::from_fn(ROWS, COLUMNS, |row, column| branches[row].sign() * normal[(row, column)].abs());
    CrossbarArray::new(device, ArrayParams { pair, update_sigma: 0.0, ..params(&branches) }, &first, Seed::new(2))
        .expect("sound arguments")
}

/// Five updates with a rest and a pass in between.
fn trained(device: &Device, pair: PairKind) -> (CrossbarArray, WriteReport) {
    let mut array = array(device, pair);
    let mut report = WriteReport::default();
    for update in 0..5 {
        let step = normal_matrix(Seed::new(3).numbered(update), ROWS, COLUMNS, 0.1);
        report += array.update(&step, Seed::new(4).numbered(update)).expect("sound arguments");
        array.rest(1e5);
        array.pass(0.5, Seed::new(5).numbered(update));
    }
    (array, report)
}

const STILL: [&str; 13] = [
    r#""write": {"noise": "constant", "sigma_microsiemens": 0}"#,
    r#""write": {"noise": "relative", "sigma_percent_of_conductance": 0}"#,
    r#""write": {"noise": "from-study"}"#,
    r#""device_to_device": {"low_resistance_sigma_ln": 0, "high_resistance_sigma_ln": 0}"#,
    r#""device_to_device": {"step_gain": "normal", "step_gain_sigma": 0, "up_down_sigma": 0}"#,
    r#""device_to_device": {"step_gain": "log-normal", "step_gain_sigma": 0, "write_spread_sigma_ln": 0}"#,
    r#""drift": {"law": "power", "reference_seconds": 1, "points": [
        {"resistance_ohm": 1e4, "exponent": 0, "exponent_sigma": 0}]}"#,
    r#""drift": {"law": "log-time", "reference_seconds": 1, "mean_microsiemens_per_ln": 0,
        "sigma_microsiemens_per_ln": 0, "sigma_microsiemens_at_reference": 0}"#,
    r#""read": {"rtn": {"kind": "telegraph", "fraction_of_cells": 1, "reference_resistance_ohm": 1e4,
        "rate_per_second": 1, "amplitude_percent_of_conductance": 0}}"#,
    r#""read": {"white": {"noise": "relative", "sigma_percent_of_conductance": 0}}"#,
    r#""faults": {"p_low_resistance": 0, "p_high_resistance": 0, "p_stuck_random": 0, "p_dead_row": 0, "p_dead_column": 0}"#,
    r#""converters": {"dac": {"bits": 8, "gain_sigma_percent": 0}}"#,
    r#""write": {"noise": "none", "scheme": "verify", "verify": {"window_microsiemens": 1e-3, "tries": 5}}"#,
];

#[test]
fn every_mechanism_with_zero_noise_is_bit_identical_to_the_ideal_array() {
    for pair in [PairKind::OneBranch, PairKind::PushPull, PairKind::PotentiationOnly] {
        let (ideal, report) = trained(&device(&[]), pair);
        for still in STILL {
            let (array, same) = trained(&device(&[still]), pair);
            assert_eq!(array.weights(), ideal.weights(), "{pair:?}: {still}");
            assert_eq!(array.read_weights(), ideal.weights(), "{pair:?}: {still}");
            assert_eq!(conductances(&array), conductances(&ideal), "{pair:?}: {still}");
            assert!(array.read_variance().is_none_or(|variance| variance.cells().all(|variance| variance == 0.0)));
            assert_eq!((same.cells_written, same.wrong_sign, same.failed_writes), (report.cells_written, 0, 0));
        }
    }
}

/// Error: ln sigma, its exponential and those of the change, a dozen units of the change, plus one unit of the
/// conductance.
#[test]
fn a_table_of_equal_rows_is_constant_noise_of_ln_resistance() {
    let table = |points: &str| device(&[&format!(r#""write": {{"noise": "table", "points": [{points}]}}"#)]);
    let row = |resistance: f64| format!(r#"{{"resistance_ohm": {resistance}, "sigma_ln_resistance": 0.02}}"#);
    let one = trained(&table(&row(1e4)), PairKind::OneBranch).0;
    let many = [row(1e3), row(1e4), row(3e5), row(1e6)].join(", ");
    assert_eq!(trained(&table(&many), PairKind::OneBranch).0.weights(), one.weights());

    // A small sigma of ln R is relative noise up to sigma² z² / 2, with |z| < 6.
    let sigma = 1e-4;
    let small = table(&format!(r#"{{"resistance_ohm": 1e4, "sigma_ln_resistance": {sigma}}}"#));
    let relative = device(&[r#""write": {"noise": "relative", "sigma_percent_of_conductance": 0.01}"#]);
    let [table, relative] = [small, relative].map(|device| {
        let mut array = array(&device, PairKind::OneBranch);
        array.update(&Matrix::zeros(ROWS, COLUMNS), Seed::new(6)).unwrap();
        values(array.g_above_min())
    });
    for (table, relative) in table.iter().zip(&relative) {
        // exp(x) - 1 in f32 has an error of two units of 1; the conductance above Gmin rounds once or twice more.
        let bound = (1.0 + relative) * (0.5 * (6.0 * sigma) * (6.0 * sigma) + 4.0 * f64::from(f32::EPSILON));
        assert!((table - relative).abs() <= bound, "{table}, {relative}");
    }
}

/// Guards against a published defect: noise scaled to the wrong window. Noise in µS or % of G must not depend on window
/// or full scale; in units of weight it scales with κ.
#[test]
fn noise_is_not_scaled_to_the_wrong_window() {
    for (window, span) in [("[1000, 1000000]", 999.0), ("[2000, 100000]", 490.0)] {
        for full_scale in [0.01f32, 5.0] {
            let ends = window.trim_matches(['[', ']']).replacen(", ", r#", "high_resistance_ohm": "#, 1);
            let window = format!(r#"{{"low_resistance_ohm": {ends}}}"#);
            let write = r#"{"noise": "constant", "sigma_microsiemens": 3}"#;
            let read = r#"{"white": {"noise": "constant", "sigma_microsiemens": 2}}"#;
            let text = format!(r#"{{"name": "x", "window": {window}, "write": {write}, "read": {read}}}"#);
            let device = Device::from_json(&text).unwrap();
            let branches = mixed_branches(500);
            let first = Matrix::from_fn(500, 40, |row, _| 0.5 * full_scale * branches[row].sign());
            let params = ArrayParams::new(full_scale, &branches);
            let mut array = CrossbarArray::new(&device, params, &first, Seed::new(2)).unwrap();
            array.update(&Matrix::zeros(500, 40), Seed::new(3)).unwrap();
            crate::chip::assert_normal("written, µS", &values(array.g_above_min()), 0.5 * span, 9.0);
            let weight_per_microsiemens = f64::from(full_scale) / span;
            let weights: Vec<_> = values(array.weights()).iter().map(|weight| weight.abs()).collect();
            crate::chip::assert_normal(
                "weights",
                &weights,
                0.5 * f64::from(full_scale),
                (3.0 * weight_per_microsiemens).powi(2),
            );
            let variance = f64::from(array.read_variance().unwrap()[(7, 11)]);
            assert!((variance / (2.0 * weight_per_microsiemens).powi(2) - 1.0).abs() < 8.0 * f64::from(f32::EPSILON));
        }
    }
}

const WRITE: &str = r#""write": {"noise": "constant", "sigma_microsiemens": 3, "cells": "all"}"#;
const CHIP: &str = r#""device_to_device": {"step_gain": "normal", "step_gain_sigma": 0.2, "up_down_sigma": 0.1}"#;
const TELEGRAPH: &str = r#""read": {"rtn": {"kind": "telegraph", "fraction_of_cells": 0.5, "reference_resistance_ohm": 1e4,
    "rate_per_second": 1, "amplitude_percent_of_conductance": 10},
    "white": {"noise": "relative", "sigma_percent_of_conductance": 1}}"#;
const DRIFT: &str = r#""drift": {"law": "log-time", "reference_seconds": 1, "mean_microsiemens_per_ln": -0.5,
    "sigma_microsiemens_per_ln": 0.25, "sigma_microsiemens_at_reference": 2}"#;
const FAULTS: &str = r#""faults": {"p_low_resistance": 0.1, "p_dead_column": 0.1}"#;
const PARKED: &str = r#""reference_branch": {"kind": "cell", "sigma_ln_resistance": 0.3}"#;

/// Returns conductances above Gmin after writes without a step: noise alone, 500 µS away from both ends.
fn noise(keys: &[&str]) -> Vec<f32> {
    let branches = mixed_branches(ROWS);
    let first = Matrix::from_fn(ROWS, COLUMNS, |row, _| 0.5 * FULL_SCALE * branches[row].sign());
    let mut array =
        CrossbarArray::new(&device(keys), params(&branches), &first, Seed::new(2)).expect("sound arguments");
    for update in 0..3 {
        array.update(&Matrix::zeros(ROWS, COLUMNS), Seed::new(4).numbered(update)).expect("sound arguments");
        array.rest(1e4);
        array.pass(0.3, Seed::new(5).numbered(update));
    }
    array.g_above_min().cells().collect()
}

#[test]
fn enabled_mechanisms_do_not_change_write_draws() {
    let alone = noise(&[WRITE]);
    for other in [CHIP, TELEGRAPH, DRIFT, PARKED] {
        assert_eq!(noise(&[WRITE, other]), alone, "{other}");
    }
    let stuck = noise(&[WRITE, FAULTS]);
    let same = stuck.iter().zip(&alone).filter(|(stuck, alone)| stuck == alone).count();
    assert!(same > ROWS * COLUMNS / 2 && same < ROWS * COLUMNS);
    assert!(stuck.iter().zip(&alone).all(|(stuck, alone)| stuck == alone || *stuck == 999.0 || *stuck == -1.0));
}

#[test]
fn enabled_mechanisms_do_not_change_faults_and_reference_cells() {
    let made = |keys: &[&str]| conductances(&array(&device(keys), PairKind::OneBranch));
    let alone = made(&[FAULTS, PARKED]);
    for other in [WRITE, CHIP, TELEGRAPH] {
        assert_eq!(made(&[FAULTS, PARKED, other]), alone, "{other}");
    }
}

#[test]
fn enabled_mechanisms_do_not_change_telegraph_states() {
    let states = |keys: &[&str]| -> Vec<i8> {
        let mut array = array(&device(keys), PairKind::OneBranch);
        array.pass(0.3, Seed::new(5));
        let pairs = array.read_weights().cells().zip(array.weights().cells());
        pairs.map(|(read, weight)| if read > weight { 1 } else { -i8::from(read < weight) }).collect()
    };
    let alone = states(&[TELEGRAPH]);
    for other in [WRITE, CHIP, r#""converters": {"dac": {"bits": 8, "gain_sigma_percent": 1}}"#] {
        assert_eq!(states(&[TELEGRAPH, other]), alone, "{other}");
    }
}

/// Drift paths do not depend on write noise: the same cells, written equally, shift equally.
#[test]
fn enabled_mechanisms_do_not_change_drift_paths() {
    let shifts = |keys: &[&str]| -> Vec<f64> {
        let branches = mixed_branches(ROWS);
        let first = Matrix::from_fn(ROWS, COLUMNS, |row, _| 0.5 * FULL_SCALE * branches[row].sign());
        let mut array = CrossbarArray::new(&device(keys), params(&branches), &first, Seed::new(2)).unwrap();
        array.update(&Matrix::zeros(ROWS, COLUMNS), Seed::new(4)).unwrap();
        array.rest(1e4);
        let written = values(array.g_above_min());
        conductances(&array)[0].iter().zip(written).map(|(seen, written)| seen - 1.0 - written).collect()
    };
    let alone = shifts(&[DRIFT]);
    for other in [WRITE, CHIP, TELEGRAPH, PARKED] {
        for (shift, alone) in shifts(&[DRIFT, other]).iter().zip(&alone) {
            // Four roundings of numbers below 1024 on either side.
            assert!((shift - alone).abs() <= 8.0 * 512.0 * f64::from(f32::EPSILON), "{other}");
        }
    }
}
