//! Random telegraph noise and I-V nonlinearity through the array.

use crate::chip::{
    assert_mean, assert_rate, conductances, device, equal_cells, even, mixed_branches, normal_matrix, params, values,
};
use ohmspike_crossbar::device::Device;
use ohmspike_crossbar::{Branch, ColumnRead, CrossbarArray, read_cell};
use ohmspike_rng::Seed;
use ohmspike_simd::Matrix;

const ROWS: usize = 500;
const COLUMNS: usize = 40;
const CELLS: usize = ROWS * COLUMNS;
const UNIT: f64 = f32::EPSILON as f64;
const EXACT: &str = r#""write": {"noise": "none", "cells": "changed"}"#;

/// Creates a device with a fraction of cells that switch at `rate` per second by `percent` of the conductance.
fn telegraph(fraction: f64, rate: f64, percent: f64, others: &[&str]) -> Device {
    let slow = format!(
        r#""read": {{"rtn": {{"kind": "telegraph", "fraction_of_cells": {fraction}, "reference_resistance_ohm": 1e4,
            "rate_per_second": {rate}, "amplitude_percent_of_conductance": {percent}}}}}"#
    );
    device(&[&[slow.as_str(), EXACT], others].concat())
}

/// Returns the deviation of reads from the effective weights, relative to half the step between the states of a cell of
/// `g` µS.
fn states(array: &CrossbarArray, g: f64, amplitude: f64) -> Vec<f64> {
    let half = 0.5 * amplitude * g / 1024.0;
    let pairs = array.read_weights().cells().zip(array.weights().cells());
    pairs.map(|(read, weight)| (f64::from(read) - f64::from(weight)) / half).collect()
}

#[test]
fn a_fraction_of_the_cells_reads_half_a_step_above_or_below() {
    let mut array = equal_cells(&telegraph(0.3, 1.0, 10.0, &[]), ROWS, COLUMNS, 399.0, Seed::new(1));
    for pass in 0..20 {
        let states = states(&array, 400.0, 0.1);
        let (mut up, mut flipping) = (0, 0);
        for state in states {
            // A weight below 1/2 in f32, over half a step of 20/1024; every switch rounds once more.
            let near = state.round();
            assert!((state - near).abs() < (4.0 + f64::from(pass)) * UNIT * 0.5 * 1024.0 / 20.0, "{state}");
            assert!(near.abs() <= 1.0);
            flipping += u64::from(near != 0.0);
            up += u64::from(near > 0.0);
        }
        assert_rate("flipping", flipping, CELLS as u64, 0.3);
        assert_rate("up", up, flipping, 0.5);
        array.pass(0.1, Seed::new(2).numbered(pass as u64));
    }
}

/// The mean of T reads of a cell, dt apart: variance (1 + r) / (1 - r) / T of a state, r = exp(-2 rate dt), or less.
#[test]
fn the_mean_over_time_is_the_effective_weight() {
    let (rate, dt, reads) = (5.0, 0.05, 100);
    let mut array = equal_cells(&telegraph(1.0, rate, 10.0, &[]), ROWS, COLUMNS, 399.0, Seed::new(1));
    let mut sums = vec![0.0; CELLS];
    for read in 0..reads {
        for (sum, state) in sums.iter_mut().zip(states(&array, 400.0, 0.1)) {
            *sum += state / f64::from(reads);
        }
        array.pass(dt, Seed::new(2).numbered(read as u64));
    }
    let r = libm::exp(-2.0 * rate * dt);
    assert_mean("read", &sums, 0.0, (1.0 + r) / (1.0 - r) / f64::from(reads));
}

/// The product of a state and the state k steps later has mean exp(-2 rate k dt) and variance 1 - mean².
#[test]
fn the_autocorrelation_matches_the_rate() {
    let (rate, dt) = (5.0, 0.02);
    let mut array = equal_cells(&telegraph(1.0, rate, 10.0, &[]), ROWS, COLUMNS, 399.0, Seed::new(1));
    let start = states(&array, 400.0, 0.1);
    for step in 1..=10 {
        array.pass(dt, Seed::new(2).numbered(step));
        let r = libm::exp(-2.0 * rate * dt * step as f64);
        let now = states(&array, 400.0, 0.1);
        let products: Vec<_> = start.iter().zip(&now).map(|(start, now)| start * now).collect();
        assert_mean(&format!("{step} steps"), &products, r, 1.0 - r * r);
    }
    // One long pass equals many short ones.
    let start = states(&array, 400.0, 0.1);
    array.pass(5.0 * dt, Seed::new(3));
    let r = libm::exp(-2.0 * rate * dt * 5.0);
    let products: Vec<_> = start.iter().zip(states(&array, 400.0, 0.1)).map(|(start, now)| start * now).collect();
    assert_mean("one pass", &products, r, 1.0 - r * r);
}

/// Switches are added to the weights one by one; the result matches weights computed from the states.
#[test]
fn weights_follow_the_states_of_both_branches() {
    let parked = r#""reference_branch": {"kind": "cell", "sigma_ln_resistance": 0.3}"#;
    let branches = mixed_branches(60);
    let first = normal_matrix(Seed::new(4), 60, 37, 0.3);
    let noisy = telegraph(0.5, 20.0, 40.0, &[parked]);
    let mut array = CrossbarArray::new(&noisy, params(&branches), &first, Seed::new(1)).unwrap();
    for pass in 0..20 {
        array.pass(0.01, Seed::new(2).numbered(pass));
    }
    let read = values(array.read_weights());
    // No step and no write: the weights are only recomputed.
    array.update(&Matrix::zeros(60, 37), Seed::new(3)).unwrap();
    for (read, anew) in read.iter().zip(values(array.read_weights())) {
        // At most twenty switches of either branch, each a rounding of a number below 2.
        assert!((read - anew).abs() <= 40.0 * UNIT, "{read}, anew {anew}");
    }
    assert_ne!(array.read_weights(), array.weights());
    assert!(crate::chip::padding_is_zero(array.read_weights()));
}

/// Amplitude a (R / R_ref)^m and rate fall with the conductance.
#[test]
fn amplitude_and_rate_fall_with_the_conductance() {
    let slow = r#""read": {"rtn": {"kind": "telegraph", "fraction_of_cells": 1, "reference_resistance_ohm": 1e4,
        "rate_per_second": 1, "rate_exponent": 1, "amplitude_percent_of_conductance": 2, "amplitude_exponent": 0.5}}"#;
    for g in [25.0, 100.0, 400.0f32] {
        let mut array = equal_cells(&device(&[slow, EXACT]), ROWS, COLUMNS, g - 1.0, Seed::new(1));
        let g = f64::from(g);
        let start = states(&array, g, 0.02 * libm::sqrt(100.0 / g));
        // Weights below 1/2 round by half a unit of 1/4, relative to half a step of at least 0.25 µS; ten units of the
        // power.
        assert!(start.iter().all(|state| (state.abs() - 1.0).abs() < 0.25 * UNIT * 1024.0 / 0.25 + 10.0 * UNIT));
        array.pass(0.2, Seed::new(2));
        let now = states(&array, g, 0.02 * libm::sqrt(100.0 / g));
        let flipped = start.iter().zip(&now).filter(|(start, now)| *start * *now < 0.0).count();
        let p = -0.5 * libm::expm1(-2.0 * 0.2 * 100.0 / g);
        assert_rate("flipped", flipped as u64, CELLS as u64, p);
    }
}

#[test]
fn without_rtn_reads_are_bit_identical_to_the_weights() {
    let branches = mixed_branches(60);
    let first = normal_matrix(Seed::new(4), 60, 37, 0.3);
    for device in [device(&[EXACT]), telegraph(0.0, 5.0, 10.0, &[]), telegraph(1.0, 5.0, 0.0, &[])] {
        let mut array = CrossbarArray::new(&device, params(&branches), &first, Seed::new(1)).unwrap();
        for pass in 0..5 {
            array.pass(0.3, Seed::new(2).numbered(pass));
            assert_eq!(array.read_weights(), array.weights());
        }
    }
}

/// Column currents include the present RTN.
#[test]
fn column_reads_include_the_present_rtn() {
    let noisy = telegraph(1.0, 5.0, 10.0, &[]);
    let mut array = equal_cells(&noisy, 20, 37, 399.0, Seed::new(1));
    array.pass(0.3, Seed::new(2));
    let mut read = ColumnRead::new(37);
    read.moments(&array, &[3, 5]);
    let sum = |column: usize| array.read_weights()[(3, column)] + array.read_weights()[(5, column)];
    let currents: Vec<_> = read.mean().to_vec();
    assert_eq!(currents, (0..37).map(sum).collect::<Vec<_>>());
    for column in 0..37 {
        assert_eq!(read_cell(&array, 3, column, [0.0; 2]), array.read_weights()[(3, column)]);
    }
}

const BENT: &str = r#""nonlinearity": {"reference_volts": 0.2, "points": [
    {"resistance_ohm": 1e3, "quadratic_per_volt": 0.1, "cubic_per_square_volt": 0.2},
    {"resistance_ohm": 1e5, "quadratic_per_volt": 0.5, "cubic_per_square_volt": 3}]}"#;

fn bent(volts: f64) -> Device {
    device(&[&format!(r#""read": {{"volts": {volts}, {BENT}}}"#), EXACT])
}

/// Returns the factor of `device` in f64.
fn factor(device: &Device, g: f64) -> f64 {
    device.read.nonlinearity.as_ref().expect("sound arguments").factor(g, device.read.volts.expect("sound arguments"))
}

/// w = sign κ (G f(G) - G_low f(G_low)). A factor has an error of the two curves: ln G below 7 within 3 units, times a
/// slope of p of at most 0.3, and a few roundings of numbers below 3 each, 12 units in all of at most 1.8.
#[test]
fn weights_are_scaled_by_the_factor_at_the_read_voltage() {
    let branches = mixed_branches(60);
    let first = normal_matrix(Seed::new(4), 60, 37, 0.3);
    for volts in [0.05, 0.5] {
        let device = bent(volts);
        let array = CrossbarArray::new(&device, params(&branches), &first, Seed::new(1)).unwrap();
        let floor = factor(&device, 1.0);
        for (row, branch) in branches.iter().enumerate() {
            for column in 0..37 {
                let written = 1.0 + f64::from(array.g_above_min()[(row, column)]);
                let expected = written * factor(&device, written) - floor;
                let found = f64::from(array.weights()[(row, column)] * branch.sign()) * 1024.0;
                assert!(
                    (found - expected).abs() <= 12.0 * UNIT * 1.8 * (written + 1.0),
                    "{found}, expected {expected}"
                );
            }
        }
    }
}

#[test]
fn a_cell_at_gmin_has_zero_weight_at_any_voltage() {
    for volts in [0.05, 0.2, 0.5] {
        let array = equal_cells(&bent(volts), 10, 37, 0.0, Seed::new(1));
        assert!(array.weights().cells().all(|weight| weight == 0.0 && weight.is_sign_positive()));
        assert_eq!(array.initial_report().wrong_sign, 0);
        assert!(crate::chip::padding_is_zero(array.weights()));
    }
}

#[test]
fn the_reference_voltage_changes_nothing() {
    let (branches, first) = (mixed_branches(60), normal_matrix(Seed::new(4), 60, 37, 0.3));
    let arrays = [bent(0.2), device(&[EXACT])]
        .map(|device| CrossbarArray::new(&device, params(&branches), &first, Seed::new(1)).unwrap());
    for (bent, straight) in values(arrays[0].weights()).iter().zip(values(arrays[1].weights())) {
        // Gmin is added and subtracted again.
        assert!((bent - straight).abs() <= UNIT, "{bent}, {straight}");
    }
}

/// A reference cell is read at the same voltage as the written one.
#[test]
fn both_branches_are_nonlinear() {
    let parked = r#""reference_branch": {"kind": "cell", "sigma_ln_resistance": 0.3}"#;
    let read = format!(r#""read": {{"volts": 0.5, {BENT}}}"#);
    let [bent, straight] = [device(&[&read, EXACT, parked]), device(&[EXACT, parked])];
    let arrays = [&bent, &straight].map(|device| equal_cells(device, 20, 37, 299.0, Seed::new(1)));
    let [main, other] = conductances(&arrays[0]);
    let [written, parked] = conductances(&arrays[1]);
    for (seen, g) in main.iter().zip(&written).chain(other.iter().zip(&parked)) {
        assert!((seen / (g * factor(&bent, *g)) - 1.0).abs() < 12.0 * 1.8 * UNIT, "{seen} of {g}");
    }
}

#[test]
fn writes_use_conductances_not_reads() {
    let mut arrays = [bent(0.5), device(&[EXACT])].map(|device| equal_cells(&device, 20, 37, 299.0, Seed::new(1)));
    for array in &mut arrays {
        array.update(&even(20, 37, 50.0 / 1024.0), Seed::new(2)).unwrap();
        assert!(array.g_above_min().cells().all(|g_above_min| g_above_min == 349.0));
    }
    let branches = [Branch::Minus];
    let array = CrossbarArray::new(&bent(0.5), params(&branches), &even(1, 1, -0.25), Seed::new(1)).unwrap();
    assert!(array.weights()[(0, 0)] < -0.25);
}
