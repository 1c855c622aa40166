//! Writes by pulses through the array: number of pulses, steps, noise and counts.

use crate::chip::{
    FULL_SCALE, assert_mean, assert_normal, assert_rate, device, draws, equal_cells, even, normal_matrix, params,
    values,
};
use ohmspike_crossbar::device::{Device, Direction};
use ohmspike_crossbar::{Branch, CrossbarArray};
use ohmspike_rng::Seed;
use ohmspike_simd::Matrix;

const ROWS: usize = 500;
const COLUMNS: usize = 40;
const CELLS: u64 = (ROWS * COLUMNS) as u64;
const UNIT: f64 = f32::EPSILON as f64;

/// Creates a device with pulse steps of `up` and `down` % of the window and further `keys` of a pulse.
fn pulsed([up, down]: [f64; 2], law: &str, write: &str, others: &[&str]) -> Device {
    let pulses = format!(
        r#""write": {{"noise": "none", "scheme": "pulsed" {write}, "pulses": {{"law": {law},
            "up_step_percent_of_window": {up}, "down_step_percent_of_window": {down}}}}}"#
    );
    device(&[&[pulses.as_str()], others].concat())
}

/// Returns the nominal step of a pulse of `device`, µS.
fn step_of(device: &Device, direction: Direction) -> f32 {
    device.write.pulses().expect("sound arguments").step(direction) * device.window.span()
}

/// Returns the conductance above Gmin after an update that requests `asked` µS of every cell.
fn update(array: &mut CrossbarArray, asked: f32, seed: Seed) -> ohmspike_crossbar::WriteReport {
    let step = even(array.rows(), array.columns(), asked / 1024.0);
    array.update(&step, seed).expect("sound arguments")
}

fn changes(array: &CrossbarArray, from: f32) -> Vec<f64> {
    array.g_above_min().cells().map(|g_above_min| f64::from(g_above_min) - f64::from(from)).collect()
}

#[test]
fn the_mean_of_whole_pulses_is_the_requested_step() {
    let device = pulsed([0.1, 0.2], r#""constant""#, "", &[]);
    for (steps, direction) in
        [(0.25, Direction::Up), (2.3, Direction::Up), (0.25, Direction::Down), (7.9, Direction::Down)]
    {
        let (size, signed) = (step_of(&device, direction), if direction == Direction::Up { 1.0 } else { -1.0 });
        let mut array = equal_cells(&device, ROWS, COLUMNS, 500.0, Seed::new(1));
        let report = update(&mut array, signed * steps * size, Seed::new(2));
        let moved = changes(&array, 500.0);
        let mut pulses = 0;
        for change in &moved {
            let whole = change / f64::from(signed * size);
            // Eight sums of numbers up to 512, in units of a step of 1 µS or more.
            assert!((whole - whole.round()).abs() < 8.0 * 512.0 * UNIT, "{whole} pulses");
            assert!(whole.round() == f64::from(steps).floor() || whole.round() == f64::from(steps).ceil());
            pulses += whole.round() as u64;
        }
        assert_eq!(report.pulses, pulses);
        let above = f64::from(steps) - f64::from(steps).floor();
        let variance = above * (1.0 - above) * f64::from(size).powi(2);
        assert_mean("step", &moved, f64::from(signed * steps * size), variance);
        assert_rate("one pulse more", pulses - CELLS * f64::from(steps).floor() as u64, CELLS, above);
    }
}

#[test]
fn cells_without_a_step_get_no_pulse_and_stay_bit_identical() {
    let law = r#""constant", "cycle_sigma_percent_of_step": 30"#;
    let device = pulsed([0.1, 0.1], law, r#", "cells": "all""#, &[]);
    let mut array = equal_cells(&device, ROWS, COLUMNS, 500.1, Seed::new(1));
    let before = array.g_above_min().clone();
    let step = Matrix::from_fn(ROWS, COLUMNS, |row, column| if (row + column) % 3 == 0 { 2e-3 } else { 0.0 });
    let report = array.update(&step, Seed::new(2)).unwrap();
    let asked = step.cells().filter(|step| *step != 0.0).count() as u64;
    assert_eq!((report.cells_written, report.cells), (asked, CELLS));
    for ((after, before), step) in array.g_above_min().cells().zip(before.cells()).zip(step.cells()) {
        assert_eq!(after == before, step == 0.0);
    }
    let endurance = array.endurance();
    assert_eq!(endurance.histogram[0], CELLS - asked);
}

#[test]
fn a_step_that_rounds_to_no_pulse_changes_no_bit() {
    let device = pulsed([0.1, 0.1], r#""constant""#, "", &[]);
    let mut array = equal_cells(&device, ROWS, COLUMNS, 500.1, Seed::new(1));
    let before = array.g_above_min().clone();
    let report = update(&mut array, 0.3 * step_of(&device, Direction::Up), Seed::new(2));
    let still =
        array.g_above_min().cells().zip(before.cells()).filter(|(after, before)| after == before).count() as u64;
    assert_eq!((report.cells_written, report.pulses), (CELLS - still, CELLS - still));
    assert_rate("cells with a pulse", report.pulses, CELLS, 0.3);
}

/// Convention of the noise study: noise on every cell, with or without a pulse.
#[test]
fn write_noise_on_all_cells_reaches_those_without_a_pulse() {
    let noise = |cells: &str| {
        device(&[&format!(
            r#""write": {{"noise": "constant", "sigma_microsiemens": 2, "cells": "{cells}", "scheme": "pulsed",
                "pulses": {{"law": "constant", "up_step_percent_of_window": 0.1, "down_step_percent_of_window": 0.1}}}}"#
        )])
    };
    let step = Matrix::from_fn(ROWS, COLUMNS, |row, _| if row % 2 == 0 { 3.7 / 1024.0 } else { 0.0 });
    let (seed, drawn) = (Seed::new(2), draws(Seed::new(2), ROWS, COLUMNS));
    for cells in ["all", "changed"] {
        let mut array = equal_cells(&noise(cells), ROWS, COLUMNS, 500.0, Seed::new(1));
        let report = array.update(&step, seed).unwrap();
        let written = if cells == "all" { CELLS } else { CELLS / 2 };
        assert_eq!(report.cells_written, written);
        for (place, (after, draw)) in array.g_above_min().cells().zip(drawn.cells()).enumerate() {
            if place / COLUMNS % 2 == 1 {
                let expected = if cells == "all" { 500.0 + 2.0 * draw } else { 500.0 };
                assert_eq!(after, expected);
            }
        }
    }
}

/// Guards against a published defect: pulse noise drawn once per write has variance c² s² or n² c² s² instead of n c²
/// s².
#[test]
fn cycle_noise_accumulates_over_pulses() {
    for noise in ["multiplicative", "additive"] {
        let law = format!(r#""constant", "cycle_sigma_percent_of_step": 30, "cycle_noise": "{noise}""#);
        let device = pulsed([0.1, 0.1], &law, "", &[]);
        for (direction, signed) in [(Direction::Up, 1.0), (Direction::Down, -1.0)] {
            for pulses in [1u8, 16, 32] {
                let size = step_of(&device, direction);
                let mut array = equal_cells(&device, ROWS, COLUMNS, 500.0, Seed::new(1));
                // A power of two times the step: division returns the whole number exactly.
                update(&mut array, signed * f32::from(pulses) * size, Seed::new(2).numbered(u64::from(pulses)));
                let (n, size) = (f64::from(pulses), f64::from(size));
                let moved = changes(&array, 500.0);
                assert_normal(noise, &moved, f64::from(signed) * n * size, n * (0.3 * size).powi(2));
            }
        }
    }
}

#[test]
fn pulses_of_several_updates_have_the_noise_of_one() {
    let device = pulsed([0.1, 0.1], r#""constant", "cycle_sigma_percent_of_step": 40"#, "", &[]);
    let mut array = equal_cells(&device, ROWS, COLUMNS, 500.0, Seed::new(1));
    let size = step_of(&device, Direction::Up);
    for number in 0..8 {
        update(&mut array, 2.0 * size, Seed::new(3).numbered(number));
    }
    let size = f64::from(size);
    assert_normal("16 pulses", &changes(&array, 500.0), 16.0 * size, 16.0 * (0.4 * size).powi(2));
}

/// At three quarters of the window, soft bounds leave a quarter of the step: noise is proportional to this or to the
/// whole step.
#[test]
fn multiplicative_noise_shrinks_with_the_step_and_additive_noise_does_not() {
    for (noise, fraction) in [("multiplicative", 0.25), ("additive", 1.0)] {
        let law = format!(r#""soft-bounds", "cycle_sigma_percent_of_step": 20, "cycle_noise": "{noise}""#);
        let device = pulsed([1.0, 1.0], &law, "", &[]);
        let size = step_of(&device, Direction::Up);
        let mut array = equal_cells(&device, ROWS, COLUMNS, 749.25, Seed::new(1));
        update(&mut array, size, Seed::new(2));
        let size = f64::from(size);
        assert_normal(noise, &changes(&array, 749.25), 0.25 * size, (0.2 * fraction * size).powi(2));
    }
}

#[test]
fn gains_scale_steps_and_are_constant() {
    let spread = r#""device_to_device": {"step_gain": "normal", "step_gain_sigma": 0.1, "up_down_sigma": 0.05}"#;
    let device = pulsed([0.1, 0.1], r#""constant""#, "", &[spread]);
    let size = step_of(&device, Direction::Up);
    let gains = [8.0, -8.0].map(|pulses: f32| {
        let mut array = equal_cells(&device, ROWS, COLUMNS, 500.0, Seed::new(1));
        update(&mut array, pulses * size, Seed::new(2));
        let first = changes(&array, 500.0);
        update(&mut array, pulses * size, Seed::new(3));
        for (twice, once) in changes(&array, 500.0).iter().zip(&first) {
            // Sixteen sums of numbers up to 512.
            assert!((twice - 2.0 * once).abs() < 16.0 * 512.0 * UNIT);
        }
        first.into_iter().map(|change| change / f64::from(pulses * size)).collect::<Vec<_>>()
    });
    let pairs = || gains[0].iter().zip(&gains[1]);
    assert_normal("gain", &pairs().map(|(up, down)| 0.5 * (up + down)).collect::<Vec<_>>(), 1.0, 0.01);
    assert_normal("asymmetry", &pairs().map(|(up, down)| 0.5 * (up - down)).collect::<Vec<_>>(), 0.0, 0.0025);
    let down = &gains[1];
    assert_normal("gain down", down, 1.0, 0.0125);
}

/// x after n pulses of soft bounds is 1 - (1 - s)^n up, and x (1 - s)^n down.
#[test]
fn soft_bounds_saturate_as_a_geometric_series() {
    let device = pulsed([1.0, 2.0], r#""soft-bounds""#, "", &[]);
    let span = f64::from(device.window.span());
    let mut array = equal_cells(&device, 3, 5, 0.0, Seed::new(1));
    let sizes = [Direction::Up, Direction::Down].map(|direction| step_of(&device, direction));
    let mut expected = 0.0;
    for (number, direction) in [(600, Direction::Up), (300, Direction::Down)] {
        let size = sizes[direction as usize];
        let fraction = f64::from(size) / span;
        for pulse in 0..number {
            let asked = if direction == Direction::Up { size } else { -size };
            let report = update(&mut array, asked, Seed::new(2).numbered(pulse));
            assert_eq!(report.pulses, 15);
            expected = match direction {
                Direction::Up => span - (span - expected) * (1.0 - fraction),
                Direction::Down => expected * (1.0 - fraction),
            };
            // Three roundings per pulse of numbers up to 999; older errors decay by at least 1 % per pulse.
            let bound = 3.0 * 999.0 * UNIT / 0.01;
            assert!(
                values(array.g_above_min()).iter().all(|g_above_min| (g_above_min - expected).abs() < bound),
                "{expected}"
            );
        }
    }
    assert!(expected < 0.01 * span);
}

#[test]
fn the_pulse_limit_is_respected_and_counted() {
    let device = pulsed([0.1, 0.1], r#""constant", "max_pulses": 4"#, "", &[]);
    let size = step_of(&device, Direction::Down);
    let mut array = equal_cells(&device, ROWS, COLUMNS, 500.0, Seed::new(1));
    let report = update(&mut array, -6.5 * size, Seed::new(2));
    assert_eq!((report.pulses, report.pulse_limited), (4 * CELLS, CELLS));
    // Four sums of numbers below 512.
    let bound = 4.0 * 512.0 * UNIT;
    assert!(changes(&array, 500.0).iter().all(|change| (change + 4.0 * f64::from(size)).abs() < bound));
}

/// Four pulses plus a fraction that may round to a fifth: the limit applies after rounding, so such writes lose nothing
/// and do not count as limited.
#[test]
fn a_write_of_exactly_the_largest_number_of_pulses_is_not_limited() {
    let device = pulsed([0.1, 0.1], r#""constant", "max_pulses": 4"#, "", &[]);
    let size = step_of(&device, Direction::Up);
    let mut array = equal_cells(&device, ROWS, COLUMNS, 500.0, Seed::new(1));
    let report = update(&mut array, 4.0 * size, Seed::new(2));
    assert_eq!((report.pulses, report.pulse_limited), (4 * CELLS, 0));
    let report = update(&mut array, 4.25 * size, Seed::new(3));
    assert_eq!(report.pulses, 4 * CELLS);
    assert_rate("limited", report.pulse_limited, CELLS, 0.25);
}

type Factor = fn(f64) -> f64;

/// One pulse from every state against the closed form of its law in f64. A factor of at most 2 has the error of its state
/// (3 units times a slope of at most 4), of the logarithm (2 units of at most 7, times 1.5), of the exponential (2) and a few
/// roundings: 40 units in all, times a step of 10 µS; the sum rounds once at 999.
#[test]
fn every_law_matches_its_closed_form() {
    let exponential = r#""exponential", "up_amplitude": 0.5, "down_amplitude": 0.25, "up_steepness": 1.5,
        "down_steepness": 2, "state_scale": 0.75, "state_offset": 0.25"#;
    let laws: [(&str, Factor, Factor); 6] = [
        (r#""constant""#, |_| 1.0, |_| 1.0),
        (r#""linear", "up_slope": 0.5, "down_slope": 0.25"#, |x| 1.0 - 0.5 * x, |x| 1.0 - 0.25 * (1.0 - x)),
        (r#""soft-bounds""#, |x| 1.0 - x, |x| x),
        (
            exponential,
            |x| (1.0 - 0.5 * libm::exp(1.5 * (0.75 * (2.0 * x - 1.0) + 0.25))).max(0.0),
            |x| (1.0 - 0.25 * libm::exp(-2.0 * (0.75 * (2.0 * x - 1.0) + 0.25))).max(0.0),
        ),
        (r#""power", "up_exponent": 1.5, "down_exponent": 0.5"#, |x| libm::pow(1.0 - x, 1.5), |x| libm::sqrt(x)),
        (
            r#""piecewise-linear", "up_nodes": [2, 1, 0.5], "down_nodes": [0.25, 1.25]"#,
            |x| if x < 0.5 { 2.0 - 2.0 * x } else { 1.5 - x },
            |x| 0.25 + x,
        ),
    ];
    let (rows, columns) = (50, 20);
    let branches = vec![Branch::Plus; rows];
    let first = Matrix::from_fn(rows, columns, |row, column| FULL_SCALE * (row * columns + column) as f32 / 999.0);
    for (law, up, down) in laws {
        let device = pulsed([1.0, 1.0], law, "", &[]);
        let span = f64::from(device.window.span());
        for (direction, signed, factor) in [(Direction::Up, 1.0, up), (Direction::Down, -1.0, down)] {
            let mut array = CrossbarArray::new(&device, params(&branches), &first, Seed::new(1)).unwrap();
            let before = values(array.g_above_min());
            let size = step_of(&device, direction);
            update(&mut array, signed * size, Seed::new(2));
            for (before, after) in before.iter().zip(values(array.g_above_min())) {
                let expected = before + f64::from(signed * size) * factor(before / span);
                let expected = expected.clamp(0.0, span);
                let bound = 10.0 * 40.0 * UNIT + 999.0 * UNIT;
                assert!((after - expected).abs() < bound, "{law}: {after} µS from {before}, expected {expected}");
            }
        }
    }
}

#[test]
fn ledger_and_endurance_count_the_pulses_of_every_update() {
    let device = pulsed([0.1, 0.1], r#""soft-bounds", "cycle_sigma_percent_of_step": 30"#, "", &[]);
    let mut array = equal_cells(&device, ROWS, COLUMNS, 500.0, Seed::new(1));
    let mut pulses = 0;
    for number in 0..10 {
        let step = normal_matrix(Seed::new(4).numbered(number), ROWS, COLUMNS, 2e-3);
        pulses += array.update(&step, Seed::new(5).numbered(number)).unwrap().pulses;
    }
    let (ledger, endurance) = (array.take_ledger(), array.endurance());
    assert_eq!((ledger.write_pulses, ledger.verify_reads, ledger.row_reads), (pulses, 0, 0));
    assert_eq!((endurance.cells, endurance.histogram.iter().sum::<u64>()), (CELLS, CELLS));
    assert!((endurance.mean * CELLS as f64 - pulses as f64).abs() < 0.5);
    assert!(endurance.worst >= 10 && endurance.worst < 100);
    assert_eq!(array.take_ledger(), ohmspike_crossbar::Ledger::default());
    // Conductances at the pulses: near 501 µS, within a hundred steps of 1 µS.
    let mean = ledger.write_conductance / pulses as f64;
    assert!((401.0..601.0).contains(&mean), "{mean} µS");
}
