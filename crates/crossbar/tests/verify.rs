//! Program and verify through the array: acceptance, number of tries, and failed writes.

use crate::chip::{
    assert_mean, assert_normal, assert_rate, device, equal_cells, even, mixed_branches, normal_below, normal_matrix,
    params, values,
};
use ohmspike_crossbar::device::Device;
use ohmspike_crossbar::{ArrayParams, Branch, CrossbarArray, WriteReport};
use ohmspike_rng::Seed;
use ohmspike_simd::Matrix;

const ROWS: usize = 1000;
const COLUMNS: usize = 40;
const CELLS: u64 = (ROWS * COLUMNS) as u64;
const UNIT: f64 = f32::EPSILON as f64;

fn verified(noise: &str, verify: &str, others: &[&str]) -> Device {
    let write = format!(r#""write": {{"noise": {noise}, "scheme": "verify", "verify": {{{verify}}}}}"#);
    device(&[&[write.as_str()], others].concat())
}

/// Returns conductances above Gmin of equal cells after one update with a step of `asked` µS, the report, and the
/// array.
fn written(device: &Device, g_above_min: f32, asked: f32) -> (Vec<f64>, WriteReport, CrossbarArray) {
    let mut array = equal_cells(device, ROWS, COLUMNS, g_above_min, Seed::new(1));
    let report = array.update(&even(ROWS, COLUMNS, asked / 1024.0), Seed::new(2)).expect("sound arguments");
    (values(array.g_above_min()), report, array)
}

/// Skewness of a sample; its standard error is sqrt(6/n) for a normal.
fn skewness(sample: &[f64]) -> f64 {
    let mean = crate::chip::mean(sample);
    let moment = |power| sample.iter().map(|x| (x - mean).powi(power)).sum::<f64>() / sample.len() as f64;
    moment(3) / libm::pow(moment(2), 1.5)
}

/// Density of a standard normal.
fn normal_density(x: f64) -> f64 {
    libm::exp(-0.5 * x * x) / libm::sqrt(2.0 * std::f64::consts::PI)
}

const SIGMA_8: &str = r#""constant", "sigma_microsiemens": 8"#;

/// Var = sigma² (1 - 2 a phi(a) / p), a = w / sigma, p = erf(a / sqrt 2). The square of a number within w is at most
/// w², so its variance is at most w^4 / 4.
#[test]
fn accepted_conductances_are_a_truncated_normal() {
    for (g_above_min, asked) in [(300.0, 0.0), (310.0, 200.0)] {
        let device = verified(SIGMA_8, r#""window_microsiemens": 5, "tries": 100"#, &[]);
        let (after, report, _) = written(&device, g_above_min, asked);
        assert_eq!((report.cells_written, report.failed_writes), (CELLS, 0));
        let target = f64::from(g_above_min + asked);
        let errors: Vec<_> = after.iter().map(|g_above_min| g_above_min - target).collect();
        // The read subtracts two numbers of f32 below 1024.
        assert!(errors.iter().all(|error| error.abs() <= 5.0 + 512.0 * UNIT));
        let (a, p) = (5.0 / 8.0, libm::erf(5.0 / 8.0 / std::f64::consts::SQRT_2));
        let variance = 64.0 * (1.0 - 2.0 * a * normal_density(a) / p);
        assert_mean("accepted", &errors, 0.0, variance);
        let squares: Vec<_> = errors.iter().map(|error| error * error).collect();
        assert_mean("variance", &squares, variance, 625.0 / 4.0);
        let inner = errors.iter().filter(|error| error.abs() < 2.0).count() as u64;
        assert_rate("within 2 µS", inner, CELLS, libm::erf(2.0 / 8.0 / std::f64::consts::SQRT_2) / p);
    }
}

/// Geometric: mean 1/p, variance (1-p)/p², a fraction (1-p)^n with more than n tries.
#[test]
fn tries_are_geometric_and_giving_up_matches_the_failure_rate() {
    let p = libm::erf(5.0 / 8.0 / std::f64::consts::SQRT_2);
    let fails = |tries: i32| (1.0 - p).powi(tries);
    let device = verified(SIGMA_8, r#""window_microsiemens": 5, "tries": 100"#, &[]);
    let (_, report, mut array) = written(&device, 300.0, 0.0);
    assert_eq!(report.pulses, report.verify_reads);
    let error = libm::sqrt((1.0 - p) / (p * p) * CELLS as f64);
    assert!((report.pulses as f64 - CELLS as f64 / p).abs() < 5.0 * error, "{} tries", report.pulses);
    let endurance = array.endurance();
    assert_eq!(endurance.histogram.iter().sum::<u64>(), CELLS);
    assert!((endurance.mean * CELLS as f64 - report.pulses as f64).abs() < 0.5);
    assert_rate("one try", endurance.histogram[1], CELLS, p);
    assert_rate("two or three tries", endurance.histogram[2], CELLS, fails(1) - fails(3));
    assert_rate("four to seven tries", endurance.histogram[3], CELLS, fails(3) - fails(7));
    let ledger = array.take_ledger();
    assert_eq!((ledger.write_pulses, ledger.verify_reads), (report.pulses, report.verify_reads));
    assert_eq!(ledger.verify_conductance, ledger.write_conductance);
    // All tries, accepted or not, have a standard deviation of 8 µS about 301 µS.
    let mean = ledger.write_conductance / report.pulses as f64;
    assert!((mean - 301.0).abs() < 5.0 * 8.0 / libm::sqrt(report.pulses as f64), "{mean} µS");

    for tries in [1, 2, 3] {
        let device = verified(SIGMA_8, &format!(r#""window_microsiemens": 5, "tries": {tries}"#), &[]);
        let (_, report, array) = written(&device, 300.0, 0.0);
        assert_rate("failed writes", report.failed_writes, CELLS, fails(tries));
        assert_eq!(array.endurance().worst, u64::from(tries.unsigned_abs()));
    }
}

const NOISES: [&str; 5] = [
    r#""none""#,
    r#""from-study""#,
    r#""constant", "sigma_microsiemens": 20"#,
    r#""relative", "sigma_percent_of_conductance": 15"#,
    r#""table", "points": [{"resistance_ohm": 1e3, "sigma_ln_resistance": 0.1},
        {"resistance_ohm": 1e6, "sigma_ln_resistance": 0.5}]"#,
];

/// Includes steps beyond both ends of the window: states, weights and counts are equal, except for the reads.
#[test]
fn an_infinite_window_is_bit_identical_to_add() {
    let branches = mixed_branches(60);
    for noise in NOISES {
        for cells in ["all", "changed"] {
            let noise = format!(r#"{noise}, "cells": "{cells}""#);
            let verify = verified(&noise, r#""window_microsiemens": 1e6, "tries": 9"#, &[]);
            let devices = [device(&[&format!(r#""write": {{"noise": {noise}}}"#)]), verify];
            let first = normal_matrix(Seed::new(3), 60, 37, 0.3);
            let mut arrays =
                devices.map(|device| CrossbarArray::new(&device, params(&branches), &first, Seed::new(1)).unwrap());
            for update in 0..4 {
                let step = normal_matrix(Seed::new(4).numbered(update), 60, 37, 0.2);
                let step =
                    Matrix::from_fn(60, 37, |row, column| if column % 5 == 0 { 0.0 } else { step[(row, column)] });
                let [add, verified] =
                    [0, 1].map(|array: usize| arrays[array].update(&step, Seed::new(5).numbered(update)).unwrap());
                assert_eq!(arrays[0].g_above_min(), arrays[1].g_above_min(), "{noise}");
                assert_eq!(arrays[0].weights(), arrays[1].weights());
                assert_eq!((verified.verify_reads, verified.failed_writes), (add.cells_written, 0));
                assert_eq!(WriteReport { verify_reads: 0, ..verified }, add, "{noise}");
            }
            assert_eq!(arrays[0].endurance(), arrays[1].endurance());
        }
    }
}

/// Small steps from one side enter the acceptance window at its edge: a hard edge outside, and fewer cells further
/// inside.
#[test]
fn one_sided_approaches_leave_a_hard_edge_and_a_tail() {
    let noise = r#""constant", "sigma_microsiemens": 0.5"#;
    for (sides, start, side) in [("down", 900.0, 1.0), ("up", 100.0, -1.0)] {
        let procedure = format!(r#""window_microsiemens": 5, "tries": 200, "direction": "{sides}", "approach": 0.1"#);
        let (g_above_min, report, _) = written(&verified(noise, &procedure, &[]), start, 500.0 - start);
        assert_eq!(report.failed_writes, 0);
        let outside: Vec<_> = g_above_min.iter().map(|g_above_min| side * (g_above_min - 500.0)).collect();
        assert!(outside.iter().all(|error| *error <= 5.0 + 512.0 * UNIT));
        let near = outside.iter().filter(|error| **error > 4.0).count() as u64;
        let further = outside.iter().filter(|error| (3.0..4.0).contains(*error)).count() as u64;
        assert!(near > 4 * further && near > CELLS / 2, "{sides}: {near} at the edge, {further} within");
        let skew = skewness(&outside);
        assert!(skew < -5.0 * libm::sqrt(6.0 / CELLS as f64), "{sides}: skewness {skew} towards the outside");
    }
}

/// A cell on the wrong side is first set to the other end, which counts as a try.
#[test]
fn one_sided_approaches_start_over_from_the_other_end() {
    for (sides, start) in [("down", 100.0), ("up", 900.0)] {
        let procedure = format!(r#""window_microsiemens": 5, "tries": 9, "direction": "{sides}""#);
        let (g_above_min, report, _) = written(&verified(r#""none""#, &procedure, &[]), start, 500.0 - start);
        assert!(g_above_min.iter().all(|g_above_min| *g_above_min == 500.0));
        assert_eq!((report.pulses, report.failed_writes), (2 * CELLS, 0));
    }
}

/// With a read error r, the true state x is accepted with P(|x + r| <= w): second moment by quadrature.
#[test]
fn read_noise_widens_the_accepted_distribution() {
    let read = r#""read": {"white": {"noise": "constant", "sigma_microsiemens": 4}}"#;
    let device = verified(SIGMA_8, r#""window_microsiemens": 5, "tries": 1000"#, &[read]);
    let (g_above_min, report, _) = written(&device, 300.0, 0.0);
    let (mut weight, mut second, mut fourth) = (0.0, 0.0, 0.0);
    for step in -6000..=6000 {
        let x = f64::from(step) * 0.01;
        let accepted = normal_below((5.0 - x) / 4.0) - normal_below((-5.0 - x) / 4.0);
        let density = normal_density(x / 8.0) * accepted;
        weight += density;
        second += density * x * x;
        fourth += density * x.powi(4);
    }
    let (variance, fourth) = (second / weight, fourth / weight);
    let errors: Vec<_> = g_above_min.iter().map(|g_above_min| g_above_min - 300.0).collect();
    assert_mean("accepted", &errors, 0.0, variance);
    let squares: Vec<_> = errors.iter().map(|error| error * error).collect();
    assert_mean("variance", &squares, variance, fourth - variance * variance);
    // Without read noise it is below that of a uniform number within the window.
    assert!(variance > 2.0 * 25.0 / 3.0, "{variance} µS²");
    // p = P(|x + r| <= w) with both normal.
    let p = libm::erf(5.0 / libm::sqrt(2.0 * 80.0));
    let error = libm::sqrt((1.0 - p) / (p * p) * CELLS as f64);
    assert!((report.pulses as f64 - CELLS as f64 / p).abs() < 5.0 * error);
}

#[test]
fn without_noise_the_first_try_is_exact() {
    let exact = verified(r#""none""#, r#""window_microsiemens": 1e-9, "tries": 9"#, &[]);
    let (g_above_min, report, _) = written(&exact, 300.0, 12.5);
    assert!(g_above_min.iter().all(|g_above_min| *g_above_min == 312.5));
    assert_eq!((report.pulses, report.verify_reads, report.failed_writes), (CELLS, CELLS, 0));
}

#[test]
fn writes_of_stuck_cells_fail_after_all_tries_and_are_counted() {
    let faults = r#""faults": {"p_high_resistance": 0.1}"#;
    let device = verified(r#""none""#, r#""window_microsiemens": 2, "tries": 7"#, &[faults]);
    let (g_above_min, report, array) = written(&device, 300.0, 10.0);
    let stuck = g_above_min.iter().filter(|g_above_min| **g_above_min == 0.0).count() as u64;
    assert_rate("stuck", stuck, CELLS, 0.1);
    assert!(g_above_min.iter().all(|g_above_min| *g_above_min == 0.0 || *g_above_min == 310.0));
    assert_eq!((report.failed_writes, report.pulses), (stuck, 7 * stuck + CELLS - stuck));
    assert_eq!(array.endurance().worst, 7);
}

/// ln G of a try is normal about ln G*: accepted if |exp(sigma z) - 1| is at most 0.05.
#[test]
fn a_window_in_percent_cuts_the_log_normal_of_a_table() {
    let noise = r#""table", "points": [{"resistance_ohm": 1e4, "sigma_ln_resistance": 0.1}]"#;
    let device = verified(noise, r#""window_percent_of_target": 5, "tries": 200"#, &[]);
    let (g_above_min, report, _) = written(&device, 99.0, 0.0);
    assert_eq!(report.failed_writes, 0);
    assert!(g_above_min.iter().all(|g_above_min| (g_above_min - 99.0).abs() <= 5.0 + 100.0 * UNIT));
    let ends = [0.95, 1.05].map(|ratio| libm::log(ratio) / 0.1);
    let p = normal_below(ends[1]) - normal_below(ends[0]);
    let error = libm::sqrt((1.0 - p) / (p * p) * CELLS as f64);
    assert!((report.pulses as f64 - CELLS as f64 / p).abs() < 5.0 * error);
    // Mean of the truncated normal: (phi(a) - phi(b)) / p in units of sigma.
    let ln: Vec<_> = g_above_min.iter().map(|g_above_min| libm::log((1.0 + g_above_min) / 100.0)).collect();
    let mean = 0.1 * (normal_density(ends[0]) - normal_density(ends[1])) / p;
    assert_mean("ln G", &ln, mean, 0.05f64.powi(2));
}

/// Guards against a published defect: an acceptance window in an unexpected unit that silently falls back to another.
/// Two windows, or none, are errors, and the same number in another unit is another window.
#[test]
fn an_acceptance_window_in_the_wrong_unit_does_not_fall_back() {
    let widths = ["window_microsiemens", "window_percent_of_target"].map(|unit| {
        let device = verified(SIGMA_8, &format!(r#""{unit}": 4, "tries": 1000"#), &[]);
        let (g_above_min, ..) = written(&device, 299.0, 0.0);
        g_above_min.iter().map(|g_above_min| (g_above_min - 299.0).abs()).fold(0.0, f64::max)
    });
    // 4 µS, and 4 % of 300 µS; with 40,000 cells the largest error is within a hundredth of the edge.
    assert!((widths[0] - 4.0).abs() < 0.04 && (widths[1] - 12.0).abs() < 0.12, "{widths:?}");
    for windows in ["", r#""window_microsiemens": 4, "window_percent_of_target": 4,"#, r#""window_siemens": 4e-6,"#] {
        let write = format!(r#"{{"noise": "none", "scheme": "verify", "verify": {{{windows} "tries": 9}}}}"#);
        let window = r#"{"low_resistance_ohm": 1e3, "high_resistance_ohm": 1e6}"#;
        let text = format!(r#"{{"name": "x", "window": {window}, "write": {write}}}"#);
        assert!(Device::from_json(&text).is_err(), "{windows}");
    }
}

/// A step across the sign bound or above full scale is verified at the end of the window: no read can reach a target
/// outside.
#[test]
fn a_step_beyond_the_window_is_verified_at_its_end() {
    for window in [r#""window_microsiemens": 0.5"#, r#""window_percent_of_target": 10"#] {
        for (sides, asked, end) in
            [("both", -900.0, 0.0), ("both", 900.0, 999.0), ("up", 900.0, 999.0), ("down", -900.0, 0.0)]
        {
            let procedure = format!(r#"{window}, "tries": 20, "direction": "{sides}""#);
            let (g_above_min, report, _) = written(&verified(r#""none""#, &procedure, &[]), 300.0, asked);
            assert!(g_above_min.iter().all(|g_above_min| *g_above_min == end), "{sides}");
            assert_eq!((report.failed_writes, report.pulses), (0, CELLS), "{sides} with {window}");
        }
    }
}

/// Verification corrects the gain errors of a cell; gains must not move the target itself.
#[test]
fn gains_cost_tries_but_do_not_move_the_target() {
    let gains = r#""device_to_device": {"step_gain": "normal", "step_gain_sigma": 0.2, "up_down_sigma": 0.1}"#;
    let device = verified(r#""none""#, r#""window_microsiemens": 1, "tries": 100"#, &[gains]);
    for asked in [100.0, -100.0] {
        let (g_above_min, report, _) = written(&device, 300.0, asked);
        let target = f64::from(300.0 + asked);
        assert!(g_above_min.iter().all(|g_above_min| (g_above_min - target).abs() <= 1.0 + 512.0 * UNIT));
        assert_eq!(report.failed_writes, 0);
        // The error of the first try is 100 µS (g - 1), g normal with 0.2² + 0.1².
        let first = libm::erf(0.01 / libm::sqrt(2.0 * 0.05));
        let mut array = equal_cells(&device, ROWS, COLUMNS, 300.0, Seed::new(1));
        array.update(&even(ROWS, COLUMNS, asked / 1024.0), Seed::new(2)).unwrap();
        assert_rate("one try", array.endurance().histogram[1], CELLS, first);
    }
}

#[test]
fn the_noise_of_tries_scales_with_the_factor_of_the_study() {
    let device = verified(r#""constant", "sigma_microsiemens": 4"#, r#""window_microsiemens": 1e6, "tries": 1"#, &[]);
    let branches = vec![Branch::Plus; ROWS];
    let params = ArrayParams { write_spread_scale: 2.0, ..params(&branches) };
    let mut array = CrossbarArray::new(&device, params, &even(ROWS, COLUMNS, 300.0 / 1024.0), Seed::new(1)).unwrap();
    array.update(&Matrix::zeros(ROWS, COLUMNS), Seed::new(2)).unwrap();
    assert_normal("twice 4 µS", &values(array.g_above_min()), 300.0, 64.0);
}

/// A cell accepted at the first read gets no pulse, keeps every bit, and costs one read.
#[test]
fn reading_first_leaves_accepted_cells_alone() {
    let device = verified(SIGMA_8, r#""window_microsiemens": 5, "tries": 100, "initial_action": "read""#, &[]);
    let (kept, report, mut array) = written(&device, 300.0, 4.0);
    assert!(kept.iter().all(|&g_above_min| g_above_min == 300.0));
    assert_eq!((report.cells_written, report.pulses, report.verify_reads), (0, 0, CELLS));
    let ledger = array.take_ledger();
    assert_eq!((ledger.verify_conductance, ledger.write_conductance), (301.0 * CELLS as f64, 0.0));
    let (moved, report, _) = written(&device, 300.0, 6.0);
    assert!(moved.iter().all(|g_above_min| (g_above_min - 306.0).abs() <= 5.0 + 512.0 * UNIT));
    assert_eq!(report.cells_written, CELLS);
    assert_eq!(report.verify_reads, report.pulses + CELLS);
}

/// With noise of 2 µS and a window of 5 µS around a target 4 µS off, the first read accepts with P(-9 < 2 z < 1).
#[test]
fn the_first_read_has_the_noise_of_every_read() {
    let read = r#""read": {"white": {"noise": "constant", "sigma_microsiemens": 2}}"#;
    let device = verified(SIGMA_8, r#""window_microsiemens": 5, "tries": 100, "initial_action": "read""#, &[read]);
    let (g_above_min, report, _) = written(&device, 300.0, 4.0);
    let accepted = normal_below(0.5) - normal_below(-4.5);
    assert_rate("accepted at once", CELLS - report.cells_written, CELLS, accepted);
    let untouched = g_above_min.iter().filter(|&&g_above_min| g_above_min == 300.0).count() as u64;
    assert_eq!(untouched, CELLS - report.cells_written);
}

/// Steps smaller than the window are lost with read-back and add up with a digital copy.
#[test]
fn small_steps_add_up_in_a_digital_copy() {
    let device = verified(SIGMA_8, r#""window_microsiemens": 5, "tries": 100, "initial_action": "read""#, &[]);
    let after = |controller| {
        let branches = vec![Branch::Plus; 100];
        let first = Matrix::from_fn(100, 20, |_, _| 300.0 / 1024.0);
        let own = ArrayParams { controller, ..params(&branches) };
        let mut array = CrossbarArray::new(&device, own, &first, Seed::new(1)).unwrap();
        for update in 0..100 {
            array.update(&even(100, 20, 1.0 / 1024.0), Seed::new(2).numbered(update)).unwrap();
        }
        values(array.g_above_min())
    };
    assert!(after(ohmspike_crossbar::Controller::ReadBack).iter().all(|&g_above_min| g_above_min == 300.0));
    assert!(
        after(ohmspike_crossbar::Controller::DigitalCopy).iter().all(|g_above_min| (g_above_min - 400.0).abs() <= 5.01)
    );
}

/// A stuck cell costs its tries once with `leave`, and at every write with `try-again`.
#[test]
fn cells_with_failed_writes_are_not_written_again() {
    let faults = r#""faults": {"p_high_resistance": 0.1}"#;
    for (after, updates_that_cost) in [("try-again", 5), ("leave", 1)] {
        let verify = format!(r#""window_microsiemens": 20, "tries": 7, "after_failed_write": "{after}""#);
        let device = verified(r#""constant", "sigma_microsiemens": 1"#, &verify, &[faults]);
        let mut array = equal_cells(&device, ROWS, COLUMNS, 300.0, Seed::new(1));
        let stuck = values(array.g_above_min()).iter().filter(|&&g_above_min| g_above_min == 0.0).count() as u64;
        assert_rate("stuck", stuck, CELLS, 0.1);
        let mut sum = WriteReport::default();
        for update in 0..5 {
            sum += array.update(&even(ROWS, COLUMNS, 100.0 / 1024.0), Seed::new(2).numbered(update)).unwrap();
        }
        assert_eq!(sum.failed_writes, updates_that_cost * stuck);
        // A window of twenty sigma accepts every other cell at once.
        assert_eq!(sum.pulses, 5 * (CELLS - stuck) + 7 * updates_that_cost * stuck);
    }
}
