//! Discrete levels, converters at columns and rows, and usage of an array.

use crate::chip::{
    assert_normal, count_reads, device, equal_cells, even, mixed_branches, normal_matrix, params, values,
};
use ohmspike_crossbar::{AnalogRead, ArrayParams, Branch, ColumnRead, CrossbarArray, Ledger, PairKind};
use ohmspike_rng::Seed;
use ohmspike_simd::{Block, Matrix, numbers_mut};

const CHANGED: &str = r#""write": {"noise": "none", "cells": "changed"}"#;
const UNIT: f64 = f32::EPSILON as f64;

#[test]
fn targets_are_levels_and_all_levels_are_reached() {
    for levels in [
        r#""levels": {"count": 16, "spacing": "conductance"}"#,
        r#""levels": {"count": 16, "spacing": "ln-conductance"}"#,
        r#""levels": {"microsiemens": [2, 30, 31, 400, 1000]}"#,
    ] {
        let coarse = device(&[CHANGED, levels]);
        let known = coarse.levels.values(&coarse.window);
        let branches = mixed_branches(60);
        let first = normal_matrix(Seed::new(1), 60, 37, 0.4);
        let mut array = CrossbarArray::new(&coarse, params(&branches), &first, Seed::new(2)).unwrap();
        let mut reached = vec![0; known.len()];
        for update in 0..10 {
            for (cell, g_above_min) in values(array.g_above_min()).into_iter().enumerate() {
                let conductance = 1.0 + g_above_min;
                let level = known.iter().position(|level| (level / conductance - 1.0).abs() < 20.0 * UNIT);
                reached[level.unwrap_or_else(|| panic!("{conductance} µS of cell {cell} is no level"))] += 1;
            }
            array.update(&normal_matrix(Seed::new(3).numbered(update), 60, 37, 0.4), Seed::new(4)).unwrap();
        }
        assert!(reached.iter().all(|count| *count > 0), "{levels}: {reached:?}");
        // Programming the present state changes no bit: a cell on a level is its own nearest level.
        let before = array.clone();
        let weights = array.weights().clone();
        let again = CrossbarArray::new(&coarse, params(&branches), &weights, Seed::new(2)).unwrap();
        assert_eq!(again.g_above_min(), before.g_above_min());
        let report = array.update(&Matrix::zeros(60, 37), Seed::new(4)).unwrap();
        assert_eq!((report.cells_written, array.g_above_min() == before.g_above_min()), (0, true));
    }
}

#[test]
fn write_noise_is_centred_on_the_level() {
    let levels = r#""levels": {"count": 4, "spacing": "conductance"}"#;
    let noisy = device(&[r#""write": {"noise": "constant", "sigma_microsiemens": 3}"#, levels]);
    let mut array = equal_cells(&noisy, 500, 40, 333.0, Seed::new(1));
    array.update(&even(500, 40, 300.0 / 1024.0), Seed::new(2)).unwrap();
    assert_normal("level", &values(array.g_above_min()), 666.0, 9.0);
}

/// Returns the columns with the rows `active` on, tile by tile, in units of weight, with and without converters.
fn read(array: &CrossbarArray, active: &[u16]) -> (Vec<f64>, Vec<f64>) {
    let converters = array.converters().expect("sound arguments");
    let width = array.weights().row_blocks();
    let (mut digital, mut exact) = (vec![0.0; array.columns()], vec![0.0; array.columns()]);
    for tile in 0..converters.tiles().0 {
        let rows: Vec<u16> =
            active.iter().copied().filter(|row| usize::from(*row) / converters.tile_rows() == tile).collect();
        let mut sums = vec![Block::ZERO; width];
        array.read_weights().add_rows_to(&mut sums, &rows);
        let sums = &mut numbers_mut(&mut sums)[..array.columns()];
        for (exact, sum) in exact.iter_mut().zip(&*sums) {
            *exact += f64::from(*sum);
        }
        converters.convert(tile, sums);
        for (digital, sum) in digital.iter_mut().zip(&*sums) {
            *digital += f64::from(*sum);
        }
    }
    (digital, exact)
}

#[test]
fn fine_converters_change_sums_by_at_most_half_a_code_per_tile() {
    // 16 rows of up to 1000 µS at 0.25 V: the full scale is 4000 µA, or 4000 µA / 0.25 V / 1024 in units of weight.
    let converters = r#""converters": {"tile_rows": 16, "adc": {"bits": 12, "codes": "signed", "range": "fixed",
        "full_scale_microamperes": 4000}}"#;
    let branches = mixed_branches(60);
    let first = normal_matrix(Seed::new(1), 60, 37, 0.3);
    let volts = r#""read": {"volts": 0.25}"#;
    let array = CrossbarArray::new(&device(&[converters, volts]), params(&branches), &first, Seed::new(2)).unwrap();
    assert_eq!(array.converters().unwrap().tiles(), (4, 1));
    let code = 4000.0 / 0.25 / 1024.0 / 2047.0;
    let active: Vec<u16> = (0..60).filter(|row| row % 2 == 0 || row % 7 == 0).collect();
    let (digital, exact) = read(&array, &active);
    for (digital, exact) in digital.iter().zip(&exact) {
        // A few roundings of sums below 16, plus half a code of each of four tiles.
        assert!((digital - exact).abs() <= 4.0 * (0.5 * code + 4.0 * 16.0 * UNIT), "{digital}, exact {exact}");
        assert!((digital / code - (digital / code).round()).abs() < 1e-3);
    }
    assert_ne!(digital, exact);
}

/// Cells fully off or fully on: one bit is enough for one row, two bits for two.
#[test]
fn two_one_bit_tiles_equal_one_wide_tile() {
    let first = Matrix::from_fn(2, 64, |row, column| if (column >> row) & 1 == 1 { 999.0 / 1024.0 } else { 0.0 });
    let branches = [Branch::Plus; 2];
    let [narrow, wide] = [(1, 1, 999), (2, 2, 2997)].map(|(rows, bits, full_scale)| {
        let converters = format!(
            r#""converters": {{"tile_rows": {rows}, "adc": {{"bits": {bits}, "codes": "unsigned", "range": "fixed",
                "full_scale_microamperes": {full_scale}}}}}"#
        );
        let device = device(&[&converters, r#""read": {"volts": 1}"#]);
        CrossbarArray::new(&device, params(&branches), &first, Seed::new(2)).unwrap()
    });
    for active in [&[0][..], &[1], &[0, 1]] {
        let [(narrow, exact), (wide, _)] = [&narrow, &wide].map(|array| read(array, active));
        for column in 0..64 {
            // Full scales, codes and sums are rounded a few times each, below 2.
            assert!((narrow[column] - exact[column]).abs() <= 8.0 * UNIT, "column {column}");
            assert!((wide[column] - exact[column]).abs() <= 8.0 * UNIT, "column {column}");
        }
    }
}

#[test]
fn gains_of_drivers_scale_their_rows() {
    let converters = r#""converters": {"dac": {"bits": 8, "gain_sigma_percent": 5}}"#;
    let branches = mixed_branches(3000);
    let first = Matrix::from_fn(3000, 20, |row, column| 0.02 * (column + 1) as f32 * branches[row].sign());
    let array = CrossbarArray::new(&device(&[converters]), params(&branches), &first, Seed::new(2)).unwrap();
    let mut gains = Vec::new();
    for row in 0..3000 {
        let gain = f64::from(array.weights()[(row, 0)]) / f64::from(first[(row, 0)]);
        for column in 0..20 {
            let ratio = f64::from(array.weights()[(row, column)]) / f64::from(first[(row, column)]);
            assert!((ratio / gain - 1.0).abs() <= 8.0 * UNIT);
        }
        gains.push(gain);
    }
    assert_normal("gain", &gains, 1.0, 0.0025);
    assert!(array.g_above_min().row(0)[0][0] > 20.0, "the conductances are those that were asked for");
}

/// A gain scales the voltage of a row, and with it the noise of its cells.
#[test]
fn gains_of_drivers_scale_the_read_noise_of_their_rows() {
    let converters = r#""converters": {"dac": {"bits": 8, "gain_sigma_percent": 20}}"#;
    let read = r#""read": {"white": {"noise": "constant", "sigma_microsiemens": 2}}"#;
    let branches = mixed_branches(60);
    let first = Matrix::from_fn(60, 20, |row, _| 0.5 * branches[row].sign());
    let array = CrossbarArray::new(&device(&[converters, read]), params(&branches), &first, Seed::new(2)).unwrap();
    let variance = array.read_variance().unwrap();
    for row in 0..60 {
        let gain = f64::from(array.weights()[(row, 3)]) / f64::from(first[(row, 3)]);
        let expected = (gain * 2.0 / 1024.0).powi(2);
        assert!((f64::from(variance[(row, 3)]) / expected - 1.0).abs() <= 8.0 * UNIT, "row {row} with gain {gain}");
    }
    let mut read = AnalogRead::new(20);
    let mut columns = ColumnRead::new(20);
    read.sample(&array, &[1.0; 60], &mut Seed::new(3).normals());
    columns.sample(&array, &(0..60).collect::<Vec<_>>(), &mut Seed::new(3).normals());
    assert_eq!(read.current(), columns.current());
}

const ENERGY: &str = r#""energy": {"write_volts": 2, "write_pulse_nanoseconds": 100, "read_pulse_nanoseconds": 10,
    "adc_picojoules_per_conversion": 3, "dac_picojoules_per_pulse": 0.5}"#;

/// 4000 pulses that reach 500 µS: 2² V² x 500 µS x 100 ns each. Sums of whole µS are exact; a few roundings of f64.
#[test]
fn the_energy_of_writes_is_the_sum_over_pulses() {
    let stated = device(&[CHANGED, ENERGY]);
    let mut array = equal_cells(&stated, 100, 40, 399.0, Seed::new(1));
    array.update(&even(100, 40, 100.0 / 1024.0), Seed::new(2)).unwrap();
    let ledger = array.take_ledger();
    assert_eq!((ledger.write_pulses, ledger.write_conductance), (4000, 4000.0 * 500.0));
    let energy = ledger.energy(&stated);
    let expected = 4000.0 * 4.0 * 500.0 * 100e-9;
    assert!((energy.write_microjoules.unwrap() / expected - 1.0).abs() < 4.0 * f64::EPSILON);
    // Without a read voltage in the file, the energy of reads is unknown.
    assert_eq!((energy.read_microjoules, energy.adc_microjoules), (None, Some(0.0)));
}

/// Pulses start at 400, 410, ... µS: the energy uses the conductance before each pulse.
#[test]
fn the_energy_of_pulse_trains_uses_the_conductance_at_every_pulse() {
    let write = r#""write": {"noise": "none", "scheme": "pulsed", "pulses": {"law": "constant",
        "up_step_percent_of_window": 1, "down_step_percent_of_window": 1}}"#;
    let stated = device(&[write, ENERGY]);
    let size = f64::from(stated.write.pulses().unwrap().up_step * 999.0);
    let mut array = equal_cells(&stated, 100, 40, 399.0, Seed::new(1));
    array.update(&even(100, 40, 4.0 * size as f32 / 1024.0), Seed::new(2)).unwrap();
    let ledger = array.take_ledger();
    let met: f64 = (0..4).map(|pulse| 400.0 + f64::from(pulse) * size).sum();
    assert_eq!(ledger.write_pulses, 16_000);
    // Three sums in f32 of numbers up to 512.
    assert!((ledger.write_conductance / 4000.0 - met).abs() < 4.0 * 3.0 * 512.0 * UNIT);
}

/// A row of 20 cells at 400 µS (and as many reference cells), read at 0.2 V for 10 ns; the other row at 800 µS.
#[test]
fn reads_are_counted_row_by_row() {
    let converters = r#""converters": {"tile_rows": 2, "adc": {"bits": 8, "codes": "signed", "range": "calibrated"}}"#;
    let stated = device(&[CHANGED, ENERGY, converters, r#""read": {"volts": 0.2}"#]);
    let branches = [Branch::Plus; 3];
    let first = Matrix::from_fn(3, 20, |row, _| [399.0, 799.0, 0.0][row] / 1024.0);
    let mut array = CrossbarArray::new(&stated, params(&branches), &first, Seed::new(1)).unwrap();
    // Before the first calibration, sums are not digitised.
    let first = [&[0, 1][..], &[0, 1], &[], &[0], &[0], &[0]];
    count_reads(&mut array, &first);
    assert_eq!(array.take_ledger().conversions, 0);
    array.converters_mut().unwrap().calibrate(1.0);
    count_reads(&mut array, &first);
    // An input of 2 drives row 2 twice.
    count_reads(&mut array, &[&[1, 2, 2], &[2], &[2]]);
    let ledger = array.take_ledger();
    assert_eq!(ledger.row_reads, 12);
    assert_eq!(ledger.read_conductance, 20.0 * (5.0 * 400.0 + 3.0 * 800.0 + 4.0));
    // The tile of rows 0 and 1 in 5 steps, then in 1; the tile of row 2 in 3.
    assert_eq!(ledger.conversions, 20 * (5 + 1 + 3));
    let energy = ledger.energy(&stated);
    let expected = 0.04 * ledger.read_conductance * 10e-9;
    assert!((energy.read_microjoules.unwrap() / expected - 1.0).abs() < 8.0 * f64::EPSILON);
    assert!((energy.adc_microjoules.unwrap() / (180.0 * 3e-6) - 1.0).abs() < 8.0 * f64::EPSILON);
    assert!((energy.dac_microjoules.unwrap() / (12.0 * 0.5e-6) - 1.0).abs() < 8.0 * f64::EPSILON);
    let params = ArrayParams { pair: PairKind::PushPull, ..params(&branches) };
    let mut pairs = CrossbarArray::new(&stated, params, &Matrix::zeros(3, 20), Seed::new(1)).unwrap();
    count_reads(&mut pairs, &[&[0]]);
    assert_eq!(pairs.take_ledger().read_conductance, 20.0 * 1001.0);
}

/// A width other than whole blocks: the lanes past the last column must not enter the sum, although Gmin at the read
/// voltage is not zero.
#[test]
fn reads_of_a_nonlinear_array_exclude_the_padding() {
    let bent = r#""read": {"volts": 0.5, "nonlinearity": {"reference_volts": 0.2, "points": [
        {"resistance_ohm": 1e3, "quadratic_per_volt": 0, "cubic_per_square_volt": 0.2},
        {"resistance_ohm": 1e6, "quadratic_per_volt": 0, "cubic_per_square_volt": 3}]}}"#;
    let mut array = equal_cells(&device(&[CHANGED, bent]), 3, 17, 0.0, Seed::new(1));
    count_reads(&mut array, &[&[0]]);
    let expected = 17.0 * f64::from(array.conductance(0, 0).0);
    let found = array.take_ledger().read_conductance;
    // Gmin is subtracted and added again, in f32 the first time.
    assert!((found / expected - 1.0).abs() < 4.0 * UNIT, "{found} µS, expected {expected}");
}

#[test]
fn ledgers_of_parts_add_up() {
    let schemes = [
        CHANGED,
        r#""write": {"noise": "constant", "sigma_microsiemens": 5, "scheme": "verify",
            "verify": {"window_microsiemens": 4, "tries": 9}}"#,
        r#""write": {"noise": "none", "scheme": "pulsed", "pulses": {"law": "soft-bounds",
            "up_step_percent_of_window": 1, "down_step_percent_of_window": 1, "cycle_sigma_percent_of_step": 20}}"#,
    ];
    for scheme in schemes {
        let run = |takes: bool| {
            let branches = mixed_branches(30);
            let first = normal_matrix(Seed::new(1), 30, 37, 0.3);
            let mut array = CrossbarArray::new(&device(&[scheme]), params(&branches), &first, Seed::new(2)).unwrap();
            let mut sum = Ledger::default();
            let rows: Vec<usize> = (0..30).collect();
            for update in 0..10 {
                let step = normal_matrix(Seed::new(3).numbered(update), 30, 37, 0.1);
                array.update(&step, Seed::new(4).numbered(update)).unwrap();
                count_reads(&mut array, &[&rows, &rows, &[], &rows]);
                if takes {
                    sum += array.take_ledger();
                }
            }
            let last = array.take_ledger();
            sum += last;
            (if takes { sum } else { last }, array.endurance())
        };
        let ((whole, endurance), (parts, same)) = (run(false), run(true));
        assert_eq!(endurance, same);
        let counts = |ledger: &Ledger| [ledger.write_pulses, ledger.verify_reads, ledger.row_reads, ledger.conversions];
        assert_eq!(counts(&whole), counts(&parts));
        assert!(whole.write_pulses > 0 && whole.row_reads == 900);
        assert_eq!(whole.verify_conductance > 0.0, scheme.contains("verify"));
        for (whole, parts) in [
            (whole.write_conductance, parts.write_conductance),
            (whole.verify_conductance, parts.verify_conductance),
            (whole.read_conductance, parts.read_conductance),
        ] {
            // Sums of at most a thousand numbers in another order.
            assert!((whole - parts).abs() <= 1000.0 * f64::EPSILON * whole, "{whole}, {parts}");
        }
    }
}
