//! Relaxation and drift through the array: all reads see the same trajectory.

use crate::chip::{
    assert_normal, assert_uncorrelated, conductances, device, equal_cells, even, mixed_branches, normal_matrix, params,
    values,
};
use ohmspike_crossbar::CrossbarArray;
use ohmspike_crossbar::device::Device;
use ohmspike_rng::Seed;
use ohmspike_simd::Matrix;

const ROWS: usize = 500;
const COLUMNS: usize = 40;

/// Exponents ten deviations above 0: always positive.
const POWER: &str = r#""drift": {"law": "power", "reference_seconds": 20, "latest_seconds": 1e7,
    "points": [{"resistance_ohm": 1e4, "exponent": 0.05, "exponent_sigma": 0.005}]}"#;
const LOG_TIME: &str = r#""drift": {"law": "log-time", "reference_seconds": 1, "mean_microsiemens_per_ln": -0.5,
    "sigma_microsiemens_per_ln": 0.25, "sigma_microsiemens_at_reference": 2}"#;
const LOG_TIME_EXACT: &str = r#""drift": {"law": "log-time", "reference_seconds": 1, "mean_microsiemens_per_ln": -0.5,
    "sigma_microsiemens_per_ln": 0.25, "sigma_microsiemens_at_reference": 0}"#;
const EXACT: &str = r#""write": {"noise": "none", "cells": "changed"}"#;

/// Creates an array with weights across the whole window.
fn array(device: &Device) -> CrossbarArray {
    let branches = mixed_branches(ROWS);
    let normal = normal_matrix(Seed::new(1), ROWS, COLUMNS, 0.3);
    let first = Matrix::from_fn(ROWS, COLUMNS, |row, column| branches[row].sign() * normal[(row, column)].abs());
    CrossbarArray::new(device, params(&branches), &first, Seed::new(2)).expect("sound arguments")
}

#[test]
fn weights_at_the_reference_time_are_as_written() {
    for (drift, reference) in [(POWER, 20.0), (LOG_TIME_EXACT, 1.0)] {
        let (mut drifts, ideal) = (array(&device(&[EXACT, drift])), array(&device(&[EXACT])));
        assert_eq!(drifts.weights(), ideal.weights());
        for seconds in [0.0, 0.5 * reference, reference] {
            drifts.rest(seconds);
            assert_eq!(drifts.weights(), ideal.weights(), "{seconds} s");
        }
        drifts.rest(2.0 * reference);
        assert_ne!(drifts.weights(), ideal.weights());
        assert_eq!(drifts.g_above_min(), ideal.g_above_min());
    }
}

/// Guards against a published defect: a new drift path at every read.
#[test]
fn drift_is_not_redrawn_at_each_read() {
    for drift in [POWER, LOG_TIME] {
        let device = device(&[EXACT, drift]);
        let [mut through, mut direct] = [array(&device), array(&device)];
        through.rest(1e3);
        let first = through.weights().clone();
        through.rest(1e6);
        direct.rest(1e6);
        assert_eq!(through.weights(), direct.weights());
        assert_ne!(through.weights(), &first);
        through.rest(1e3);
        assert_eq!(through.weights(), &first);
    }
}

/// Returns the draws of the paths of equal cells, from reads of the power law after some time.
fn paths(array: &CrossbarArray, written: f64, seconds: f64) -> Vec<f64> {
    let elapsed = libm::log(seconds / 20.0);
    let exponent = |g: &f64| -libm::log(g / written) / elapsed;
    conductances(array)[0].iter().map(|g| (exponent(g) - 0.05) / 0.005).collect()
}

/// Guards against a published defect: cells of a block, a row or a column with the same drift.
#[test]
fn cells_do_not_share_random_numbers() {
    let mut array = equal_cells(&device(&[EXACT, POWER]), ROWS, COLUMNS, 300.0, Seed::new(3));
    array.update(&even(ROWS, COLUMNS, 100.0 / 1024.0), Seed::new(4)).unwrap();
    array.rest(1e6);
    let paths = paths(&array, 401.0, 1e6);
    assert_normal("path", &paths, 0.0, 1.0);
    for (what, distance) in
        [("next column", 1), ("next block", 16), ("next row", COLUMNS), ("next strip", 42 * COLUMNS)]
    {
        assert_uncorrelated(what, &paths[distance..], &paths[..paths.len() - distance]);
    }
}

#[test]
fn every_write_draws_its_own_path() {
    let mut array = equal_cells(&device(&[EXACT, POWER]), ROWS, COLUMNS, 300.0, Seed::new(3));
    array.rest(1e6);
    let first = paths(&array, 301.0, 1e6);
    array.update(&even(ROWS, COLUMNS, 100.0 / 1024.0), Seed::new(4)).unwrap();
    array.rest(1e6);
    assert_uncorrelated("writes", &first, &paths(&array, 401.0, 1e6));
}

#[test]
fn the_path_of_a_write_is_independent_of_its_error() {
    let noisy = r#""write": {"noise": "constant", "sigma_microsiemens": 3}"#;
    let mut array = equal_cells(&device(&[noisy, LOG_TIME]), ROWS, COLUMNS, 500.0, Seed::new(3));
    array.update(&Matrix::zeros(ROWS, COLUMNS), Seed::new(4)).unwrap();
    array.rest(1e6);
    let errors: Vec<_> = values(array.g_above_min()).iter().map(|g_above_min| g_above_min - 500.0).collect();
    let shifts: Vec<_> =
        conductances(&array)[0].iter().zip(&errors).map(|(seen, error)| seen - 501.0 - error).collect();
    assert_uncorrelated("error and path", &errors, &shifts);
}

/// ln of the ratio: mean -mu L, standard deviation s L. Three units of f32 at 1000 are 0.0002 of the smallest standard
/// deviation: below a standard error.
#[test]
fn power_law_statistics_match_the_file() {
    for (g_above_min, seconds, held) in [(399.0, 1e3, 1e3), (99.0, 1e6, 1e6), (99.0, 1e9, 1e7)] {
        let mut array = equal_cells(&device(&[EXACT, POWER]), ROWS, COLUMNS, g_above_min, Seed::new(3));
        array.rest(seconds);
        let elapsed = libm::log(held / 20.0);
        let written = 1.0 + f64::from(g_above_min);
        let ln: Vec<_> = conductances(&array)[0].iter().map(|g| libm::log(g / written)).collect();
        assert_normal("ln ratio", &ln, -0.05 * elapsed, (0.005 * elapsed).powi(2));
    }
}

/// Shift: mean m L, standard deviation b L + c; up to the reference time, the cells have already relaxed by c.
#[test]
fn log_time_statistics_match_the_file() {
    for (seconds, elapsed) in [(0.0, 0.0), (1.0, 0.0), (1e3, libm::log(1e3)), (1e6, libm::log(1e6))] {
        let mut array = equal_cells(&device(&[EXACT, LOG_TIME]), ROWS, COLUMNS, 499.0, Seed::new(3));
        array.rest(seconds);
        let shift: Vec<_> = conductances(&array)[0].iter().map(|g| g - 500.0).collect();
        assert_normal("shift", &shift, -0.5 * elapsed, (0.25 * elapsed + 2.0).powi(2));
        // Weights follow: κ is 1/1024 per µS.
        for (weight, shift) in array.weights().cells().zip(&shift) {
            assert!((f64::from(weight) * 1024.0 - 499.0 - shift).abs() <= 1024.0 * f64::from(f32::EPSILON));
        }
    }
}

#[test]
fn an_update_after_a_rest_starts_from_the_written_conductance() {
    for drift in [POWER, LOG_TIME] {
        let device = device(&[EXACT, drift]);
        let [mut rested, mut fresh] = [array(&device), array(&device)];
        rested.rest(1e6);
        for array in [&mut rested, &mut fresh] {
            array.update(&normal_matrix(Seed::new(5), ROWS, COLUMNS, 0.05), Seed::new(6)).unwrap();
        }
        assert_eq!(rested.g_above_min(), fresh.g_above_min());
        assert_eq!(rested.weights(), fresh.weights());
    }
}

#[test]
fn only_written_cells_get_a_new_path() {
    let mut array = equal_cells(&device(&[EXACT, POWER]), ROWS, COLUMNS, 300.0, Seed::new(3));
    array.rest(1e6);
    let before = array.weights().clone();
    let step = Matrix::from_fn(ROWS, COLUMNS, |row, _| if row % 2 == 0 { 1e-4 } else { 0.0 });
    array.update(&step, Seed::new(4)).unwrap();
    array.rest(1e6);
    for (cell, (after, before)) in array.weights().cells().zip(before.cells()).enumerate() {
        assert_eq!(after == before, cell / COLUMNS % 2 == 1, "cell {cell}");
    }
    // With noise on all cells, all of them are written.
    let all = r#""write": {"noise": "none", "cells": "all"}"#;
    let mut array = equal_cells(&device(&[all, POWER]), ROWS, COLUMNS, 300.0, Seed::new(3));
    array.rest(1e6);
    let before = array.weights().clone();
    array.update(&Matrix::zeros(ROWS, COLUMNS), Seed::new(4)).unwrap();
    array.rest(1e6);
    assert!(array.weights().cells().zip(before.cells()).all(|(after, before)| after != before));
}

#[test]
fn stuck_cells_do_not_drift() {
    let faults = r#""faults": {"p_low_resistance": 0.1, "p_stuck_random": 0.1, "p_dead_column": 0.1}"#;
    for drift in [POWER, LOG_TIME] {
        let mut array = equal_cells(&device(&[EXACT, drift, faults]), ROWS, COLUMNS, 300.0, Seed::new(3));
        let written = values(array.g_above_min());
        array.rest(1e6);
        let [seen, _] = conductances(&array);
        let mut stuck = 0;
        for (seen, written) in seen.iter().zip(&written) {
            if *written == 300.0 {
                assert_ne!(*seen, 301.0);
            } else {
                stuck += 1;
                assert_eq!(*seen, 1.0 + written);
            }
        }
        assert!(stuck > 1000, "{stuck} stuck cells");
    }
}

/// Cells that drift below the lower end of their window stay there, with weight 0.
#[test]
fn drift_stops_at_the_lower_end_of_the_window() {
    let mut array = equal_cells(&device(&[EXACT, POWER]), 50, 40, 0.1, Seed::new(3));
    array.rest(1e6);
    assert!(conductances(&array)[0].iter().all(|g| *g == 1.0));
    assert!(array.weights().cells().all(|weight| weight == 0.0));
}

/// With `bounds` = `zero`, cells written near the lower end of the window follow their law below it.
#[test]
fn a_power_law_without_a_window_drifts_on() {
    let free = POWER.replace(r#""points""#, r#""bounds": "zero", "points""#);
    let device = device(&[EXACT, &free]);
    let mut array = equal_cells(&device, ROWS, COLUMNS, 0.1, Seed::new(3));
    let [written, _] = conductances(&array);
    array.rest(1e6);
    let [seen, _] = conductances(&array);
    let elapsed = libm::log(1e6 / 20.0);
    let ln: Vec<_> = seen.iter().zip(&written).map(|(seen, written)| libm::log(seen / written)).collect();
    assert_normal("ln ratio", &ln, -0.05 * elapsed, (0.005 * elapsed).powi(2));
    // Written at 1.1 µS, with a window from 1 µS on.
    let (drifted, exact) = (device.drifted(1.1, 0.0, 1e6), 1.1 * libm::exp(-0.05 * elapsed));
    assert!((drifted / exact - 1.0).abs() < 1e-12, "{drifted} µS, expected {exact} µS");
}

/// Half of the reference cells are below Gmin. The window must not bound them, or they would jump to Gmin at the first
/// drift.
#[test]
fn reference_cells_below_gmin_drift_like_the_others() {
    let parked = r#""reference_branch": {"kind": "cell", "sigma_ln_resistance": 0.3}"#;
    let mut array = equal_cells(&device(&[EXACT, POWER, parked]), ROWS, COLUMNS, 300.0, Seed::new(3));
    let [_, written] = conductances(&array);
    array.rest(1e6);
    let [_, seen] = conductances(&array);
    let elapsed = libm::log(1e6 / 20.0);
    let ln: Vec<_> = seen.iter().zip(&written).map(|(seen, written)| libm::log(seen / written)).collect();
    assert_normal("ln ratio", &ln, -0.05 * elapsed, (0.005 * elapsed).powi(2));
}

/// Both branches of a two-branch pair drift, each on its own path.
#[test]
fn branches_drift_independently() {
    let branches = mixed_branches(ROWS);
    let params = ohmspike_crossbar::ArrayParams { pair: ohmspike_crossbar::PairKind::PushPull, ..params(&branches) };
    let device = device(&[EXACT, POWER]);
    let mut array = CrossbarArray::new(&device, params, &Matrix::zeros(ROWS, COLUMNS), Seed::new(2)).unwrap();
    array.rest(1e6);
    let elapsed = libm::log(1e6 / 20.0);
    let [main, other] = conductances(&array).map(|side| {
        let ln: Vec<_> = side.iter().map(|g| libm::log(g / 500.5)).collect();
        assert_normal("ln ratio", &ln, -0.05 * elapsed, (0.005 * elapsed).powi(2));
        ln
    });
    assert_uncorrelated("branches", &main, &other);
}
