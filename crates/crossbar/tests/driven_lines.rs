//! Reads of driven arrays with wires, compared with the exact solution in double precision.

use crate::chip::{device, mixed_branches, normal_matrix, params};
use ohmspike_crossbar::wires::{Access, Feed, Tile, Wires, transfer};
use ohmspike_crossbar::{AnalogRead, ArrayParams, Branch, ColumnRead, CrossbarArray, PairKind};
use ohmspike_rng::Seed;
use ohmspike_simd::{Instructions, Matrix, numbers};

const ROWS: usize = 70;
const COLUMNS: usize = 37;
const PARKED: &str = r#""reference_branch": {"kind": "cell", "sigma_ln_resistance": 0.4}"#;
const WIRES: Wires = Wires {
    access: Access::Driven,
    word_line_ohm_per_cell: 2.0,
    bit_line_ohm_per_cell: 3.0,
    driver_ohm: 50.0,
    sense_ohm: 80.0,
    feed: Feed::Left,
};

/// Keys of [`WIRES`], with `more` keys of the section.
fn keys(more: &str) -> String {
    format!(
        r#""wires": {{"access": "driven", "word_line_ohm_per_cell": 2, "bit_line_ohm_per_cell": 3, "driver_ohm": 50,
        "sense_ohm": 80{more}}}"#
    )
}

fn array(keys: &[&str], params: ArrayParams, branches: &[Branch]) -> CrossbarArray {
    let normal = normal_matrix(Seed::new(1), ROWS, COLUMNS, 0.1);
    let first = Matrix::from_fn(ROWS, COLUMNS, |row, column| branches[row].sign() * normal[(row, column)].abs());
    CrossbarArray::new(&device(keys), params, &first, Seed::new(2)).expect("the test's own array")
}

/// Returns, for every cell of `array` in tiles of `tile`, the weight through `wires` and the sum of both branches.
fn exact(array: &CrossbarArray, wires: &Wires, tile: [usize; 2]) -> Vec<[f64; 2]> {
    let weight = f64::from(array.mapping().weight_per_microsiemens());
    let (rows, columns) = (array.rows(), array.columns());
    let mut found = vec![[0.0; 2]; rows * columns];
    for top in (0..rows).step_by(tile[0]) {
        for left in (0..columns).step_by(tile[1]) {
            let (bottom, right) = ((top + tile[0]).min(rows), (left + tile[1]).min(columns));
            let places: Vec<(usize, usize)> =
                (top..bottom).flat_map(|row| (left..right).map(move |column| (row, column))).collect();
            for (branch, sign) in [(0, 1.0), (1, -1.0)] {
                let cells = places.iter().map(|&(row, column)| f64::from(array.plus_and_minus(row, column)[branch]));
                let cells = Tile::new(bottom - top, cells.collect()).expect("positive conductances");
                let seen = transfer(&cells, wires).expect("a circuit");
                for (&(row, column), seen) in places.iter().zip(seen) {
                    found[row * columns + column][0] += sign * weight * seen;
                    found[row * columns + column][1] += weight * seen;
                }
            }
        }
    }
    found
}

/// Compares the weights that a read sees with the exact ones: a dozen roundings of f32, relative to both branches.
fn assert_exact(what: &str, array: &CrossbarArray, wires: &Wires, tile: [usize; 2]) {
    let seen = array.seen_weights();
    for (place, [weight, both]) in exact(array, wires, tile).into_iter().enumerate() {
        let found = f64::from(seen[(place / COLUMNS, place % COLUMNS)]);
        assert!((found - weight).abs() <= 12.0 * 6e-8 * both, "{what}, cell {place}: {found}, expected {weight}");
    }
}

#[test]
fn programmed_arrays_are_solved_exactly() {
    let branches = mixed_branches(ROWS);
    let one = params(&branches);
    let (left, both) = (keys(""), keys(r#", "feed": "both""#));
    let tiles = r#""converters": {"tile_rows": 32, "tile_columns": 20}"#;
    let ends = Wires { feed: Feed::Both, ..WIRES };
    let push_pull = ArrayParams { pair: PairKind::PushPull, ..one };
    for (what, array, wires, tile) in [
        ("ideal reference", array(&[&left], one, &branches), WIRES, [ROWS, COLUMNS]),
        ("one sign", array(&[&left], params(&[Branch::Plus; ROWS]), &[Branch::Plus; ROWS]), WIRES, [ROWS, COLUMNS]),
        ("reference cells", array(&[&left, PARKED], one, &branches), WIRES, [ROWS, COLUMNS]),
        ("drivers at both ends", array(&[&both, PARKED], one, &branches), ends, [ROWS, COLUMNS]),
        ("tiles", array(&[&left, PARKED, tiles], one, &branches), WIRES, [32, 20]),
        ("push-pull", array(&[&left], push_pull, &branches), WIRES, [ROWS, COLUMNS]),
    ] {
        assert_exact(what, &array, &wires, tile);
        let lost = array.seen_weights().cells().zip(array.weights().cells());
        let lost = lost.map(|(seen, weight)| seen.abs() / weight.abs()).fold(f32::INFINITY, f32::min);
        assert!(lost < 0.9, "{what}: the wires take something, {lost}");
    }
}

fn step(update: u64) -> Matrix {
    normal_matrix(Seed::new(3).numbered(update), ROWS, COLUMNS, 0.002)
}

fn updated(array: &mut CrossbarArray, updates: std::ops::Range<u64>) {
    for update in updates {
        array.update(&step(update), Seed::new(4).numbered(update)).expect("finite");
    }
}

/// Between solutions the weights are close to the exact ones, and closer than the ladders of single lines. The end of an
/// epoch measures the distance.
#[test]
fn the_error_of_the_held_correction_is_measured() {
    let branches = [Branch::Plus; ROWS];
    let mut array = array(&[&keys(""), PARKED], params(&branches), &branches);
    assert_eq!(array.held_error().map(|error| error.solutions), Some(0), "programming is not measured");
    updated(&mut array, 0..10);
    let squares = |array: &CrossbarArray| {
        let mut squares = [0.0; 2];
        for (place, [weight, both]) in exact(array, &WIRES, [ROWS, COLUMNS]).into_iter().enumerate() {
            let seen = f64::from(array.seen_weights()[(place / COLUMNS, place % COLUMNS)]);
            // Sum and difference of the branches: twice the sum of both squares. The minus branch never changes.
            squares[0] += (seen - weight) * (seen - weight);
            squares[1] += (both + weight) * (both + weight) / 4.0 + (both - weight) * (both - weight) / 4.0;
        }
        (squares[0] / squares[1]).sqrt()
    };
    let expected = squares(&array);
    array.end_epoch();
    let error = array.held_error().expect("a driven array");
    // The weights are rounded to f32, 1e-7 of both branches.
    assert!((error.last - expected).abs() < 1e-6 && error.last > 1e-5, "{error:?}, expected {expected}");
    assert_eq!((error.solutions, error.mean(), error.largest), (1, error.last, error.last));
    assert_exact("after the epoch", &array, &WIRES, [ROWS, COLUMNS]);
    array.end_epoch();
    assert_eq!(array.held_error().map(|error| error.solutions), Some(1), "nothing has changed");
    array.rest(100.0);
    assert_eq!(array.held_error().map(|error| error.solutions), Some(1), "these cells do not drift");
}

#[test]
fn updates_between_solutions_are_a_key() {
    let branches = [Branch::Plus; ROWS];
    let mut array = array(&[&keys(r#", "refresh_updates": 4"#)], params(&branches), &branches);
    updated(&mut array, 0..10);
    assert_eq!(array.held_error().map(|error| error.solutions), Some(2));
    updated(&mut array, 10..12);
    assert_exact("after the third solution", &array, &WIRES, [ROWS, COLUMNS]);
}

/// The bits after a restored state do not depend on where the state was taken, nor on the instructions.
#[test]
fn states_and_instructions_keep_all_bits() {
    let branches = mixed_branches(ROWS);
    let drift = r#""drift": {"law": "log-time", "reference_seconds": 1, "mean_microsiemens_per_ln": -0.5,
        "sigma_microsiemens_per_ln": 0.2, "sigma_microsiemens_at_reference": 0.1}"#;
    let noise = r#""read": {"white": {"noise": "relative", "sigma_percent_of_conductance": 3},
        "rtn": {"kind": "telegraph", "fraction_of_cells": 0.4, "reference_resistance_ohm": 10000, "rate_per_second": 2,
        "amplitude_percent_of_conductance": 7}}"#;
    let wires = keys(r#", "refresh_updates": 5, "column_gain": "calibrated""#);
    let built = || array(&[&wires, PARKED, drift, noise], params(&branches), &branches);
    let reads: [&[u16]; 3] = [&[0, 3, 9], &[1, 2, 3, 40, 41], &[69]];
    let bits = |array: &CrossbarArray| {
        let matrices = [array.read_weights(), array.read_variance().expect("noisy reads")];
        matrices.map(|matrix| matrix.cells().map(f32::to_bits).collect::<Vec<u32>>())
    };
    let run = |stop: u64| {
        let mut array = built();
        array.calibrate_column_gain(reads.into_iter());
        updated(&mut array, 0..stop);
        let mut resumed = built();
        resumed.restore(array.state()).expect("the same array");
        assert_eq!(bits(&resumed), bits(&array), "restored after {stop} updates");
        updated(&mut resumed, stop..12);
        resumed.pass(0.1, Seed::new(5));
        let trained = bits(&resumed);
        resumed.rest(1000.0);
        (trained, bits(&resumed), resumed.held_error())
    };
    let expected = run(0);
    assert!(expected.0 != expected.1, "rest has an effect");
    for instructions in Instructions::available() {
        instructions.use_for_all().expect("available instructions");
        for stop in [0, 3, 5, 7, 12] {
            assert_eq!(run(stop), expected, "{instructions}, stopped after {stop} updates");
        }
    }
}

/// Dead rows and columns conduct nothing: the array is that of the other lines, with the dead ones as open circuits.
#[test]
fn dead_lines_are_open() {
    let branches = [Branch::Plus; ROWS];
    let faults = r#""faults": {"p_dead_row": 0.1, "p_dead_column": 0.1}"#;
    let array = array(&[&keys(""), PARKED, faults], params(&branches), &branches);
    let dead = |row: usize| (0..COLUMNS).all(|column| array.plus_and_minus(row, column) == [0.0, 0.0]);
    assert!((0..ROWS).any(dead), "a dead row");
    assert!(
        (0..COLUMNS).any(|column| (0..ROWS).all(|row| array.plus_and_minus(row, column)[0] == 0.0)),
        "a dead column"
    );
    assert_exact("dead lines", &array, &WIRES, [ROWS, COLUMNS]);
    for row in (0..ROWS).filter(|row| dead(*row)) {
        assert!((0..COLUMNS).all(|column| array.seen_weights()[(row, column)] == 0.0), "row {row}");
    }
}

/// Noise of a cell reaches the sense amplifier like its current: one draw per column has the moments of one per cell.
#[test]
fn noise_passes_the_wires_like_current() {
    let branches = mixed_branches(ROWS);
    let noise = r#""read": {"white": {"noise": "relative", "sigma_percent_of_conductance": 10}}"#;
    let array = array(&[&keys(""), PARKED, noise], params(&branches), &branches);
    let active = [0, 5, 6, 33, 69];
    let mut read = ColumnRead::new(COLUMNS);
    read.moments(&array, &active);
    let (mean, variance) = (read.mean().to_vec(), read.variance().to_vec());
    let mut normals = Seed::new(6).normals();
    let reads = 3000;
    let mut sums = vec![[0.0f64; 2]; COLUMNS];
    for _ in 0..reads {
        read.sample_cells(&array, &active, &mut normals);
        for ((sums, current), mean) in sums.iter_mut().zip(read.current()).zip(&mean) {
            let error = f64::from(current - mean);
            sums[0] += error;
            sums[1] += error * error;
        }
    }
    let n = f64::from(reads);
    for ([sum, squares], variance) in sums.into_iter().zip(variance) {
        let variance = f64::from(variance);
        assert!((sum / n).abs() < 5.0 * (variance / n).sqrt());
        assert!((squares / n - variance).abs() < 5.0 * variance * (2.0 / n).sqrt(), "{}, {variance}", squares / n);
    }
    let mut analog = AnalogRead::new(COLUMNS);
    let inputs: Vec<f32> = (0..ROWS).map(|row| f32::from(u8::from(active.contains(&row)))).collect();
    let mut spikes = ColumnRead::new(COLUMNS);
    spikes.sample(&array, &active, &mut Seed::new(7).normals());
    analog.sample(&array, &inputs, &mut Seed::new(7).normals());
    for (analog, spikes) in analog.current().iter().zip(spikes.current()) {
        // Sums of five weights in another order of their roundings.
        assert!((analog - spikes).abs() < 1e-6, "{analog}, {spikes}");
    }
}

/// In a column whose cells all lose the same fraction, the calibrated gain restores the sums.
#[test]
fn the_gain_of_a_column_makes_up_for_a_common_loss() {
    let branches = [Branch::Plus; 2];
    for access in ["driven", "gated"] {
        let wires = format!(r#""wires": {{"access": "{access}", "sense_ohm": 500, "column_gain": "calibrated"}}"#);
        let weights = Matrix::from_fn(2, COLUMNS, |_, column| 0.01 * (column + 1) as f32);
        let device = device(&[&wires]);
        let mut array = CrossbarArray::new(&device, params(&branches), &weights, Seed::new(1)).expect("valid");
        let sums = |array: &CrossbarArray| {
            let mut read = ColumnRead::new(COLUMNS);
            read.moments(array, &[0, 1]);
            read.mean().to_vec()
        };
        let before = sums(&array);
        array.calibrate_column_gain([&[0u16, 1][..]].into_iter());
        let after = sums(&array);
        for column in 0..COLUMNS {
            let whole = 0.02 * (column + 1) as f32;
            assert!(before[column] < 0.99 * whole, "{access}: the wires take something");
            assert!((after[column] - whole).abs() < 1e-6, "{access}, column {column}: {}, {whole}", after[column]);
        }
    }
}

/// The digital gain follows the converters: it neither widens their range nor refines their codes, and every tile is
/// converted before it.
#[test]
fn the_gain_of_a_column_follows_its_converter() {
    let branches = [Branch::Plus; 2];
    // 1024 µS per unit of weight, read at 1 V: 15 codes up to a weight of 0.3.
    let converters = r#""converters": {"tile_rows": 1, "adc": {"bits": 5, "codes": "signed", "range": "fixed",
        "full_scale_microamperes": 307.2}}"#;
    for access in ["driven", "gated"] {
        let wires = format!(r#""wires": {{"access": "{access}", "sense_ohm": 2000, "column_gain": "calibrated"}}"#);
        let weights = Matrix::from_fn(2, COLUMNS, |row, column| 0.02 * (column + 1 + 7 * row) as f32);
        let device = device(&[&wires, converters, r#""read": {"volts": 1}"#]);
        let mut array = CrossbarArray::new(&device, params(&branches), &weights, Seed::new(1)).expect("valid");
        let mut read = ColumnRead::new(COLUMNS);
        let tiles = [[0], [1]].map(|active| {
            read.moments(&array, &active);
            read.mean().to_vec()
        });
        array.calibrate_column_gain([&[0u16, 1][..]].into_iter());
        read.sample_tiles(&array, &[0, 1], &mut Seed::new(1).normals());
        let gain: Vec<f32> = numbers(array.column_gain().expect("calibrated")).to_vec();
        let code = 0.3 / 15.0;
        let converted = |sum: f32| code * (sum.min(0.3) / code).round_ties_even();
        let clipped = (0..COLUMNS).filter(|column| tiles[1][*column] < 0.3 && gain[*column] * tiles[1][*column] > 0.33);
        assert!(clipped.count() > 3, "{access}: a gain before the converters leaves their range");
        for (column, found) in read.current().iter().enumerate() {
            let expected = gain[column] * tiles.iter().map(|tile| converted(tile[column])).sum::<f32>();
            assert!(gain[column] > 1.01 && (found - expected).abs() < 1e-5, "{access}, {column}: {found}, {expected}");
        }
    }
}

/// Analog inputs calibrate the gain too, and their reads have it.
#[test]
fn analog_inputs_have_the_gain_of_a_column() {
    for access in ["driven", "gated"] {
        for converters in ["", r#""converters": {"adc": {"bits": 24, "codes": "signed", "range": "calibrated"}}"#] {
            let wires = format!(r#""wires": {{"access": "{access}", "sense_ohm": 500, "column_gain": "calibrated"}}"#);
            let weights = Matrix::from_fn(2, COLUMNS, |_, column| 0.01 * (column + 1) as f32);
            let keys = [&*wires, r#""read": {"volts": 1}"#, converters];
            let device = device(if converters.is_empty() { &keys[..2] } else { &keys });
            let mut array =
                CrossbarArray::new(&device, params(&[Branch::Plus; 2]), &weights, Seed::new(1)).expect("valid");
            let sums = |array: &CrossbarArray| {
                let mut read = AnalogRead::new(COLUMNS);
                read.sample(array, &[0.5, 0.5], &mut Seed::new(1).normals());
                read.current().to_vec()
            };
            let before = sums(&array);
            array.calibrate_column_gain_analog([&[0.5f32, 0.5][..]].into_iter());
            let largest = AnalogRead::new(COLUMNS).largest_tile_sum(&array, &[0.5, 0.5]);
            if let Some(converters) = array.converters_mut() {
                // The last column has the largest sum, and converters come before the gain.
                let of_last = before[COLUMNS - 1];
                assert!((largest - of_last).abs() < 1e-6, "{access}: {largest}, {of_last}");
                converters.calibrate(largest);
            }
            for (column, (before, after)) in before.iter().zip(sums(&array)).enumerate() {
                let whole = 0.01 * (column + 1) as f32;
                assert!(*before < 0.99 * whole, "{access}: the wires take something");
                assert!((after - whole).abs() < 1e-6, "{access}, column {column}: {after}, {whole}");
            }
        }
    }
}

/// A calibrated range holds what the converter of a tile receives, which the wires have reduced.
#[test]
fn converters_calibrate_to_what_passes_the_wires() {
    let converters = r#""converters": {"tile_rows": 2, "adc": {"bits": 8, "codes": "signed", "range": "calibrated"}}"#;
    for access in ["driven", "gated"] {
        let wires = format!(r#""wires": {{"access": "{access}", "sense_ohm": 2000}}"#);
        let weights = Matrix::from_fn(4, COLUMNS, |row, column| 0.02 * (column + 1 + row) as f32);
        let device = device(&[&wires, converters, r#""read": {"volts": 1}"#]);
        let array = CrossbarArray::new(&device, params(&[Branch::Plus; 4]), &weights, Seed::new(1)).expect("valid");
        let mut read = ColumnRead::new(COLUMNS);
        let mut received = |tile: &[usize]| {
            read.moments(&array, tile);
            read.mean()[COLUMNS - 1]
        };
        // The tiles of rows 0 and 1, 2 and 3: the second has the larger weights, with both of its rows.
        let (first, second) = (received(&[0, 1]), received(&[2, 3]));
        let whole = weights[(2, COLUMNS - 1)] + weights[(3, COLUMNS - 1)];
        let largest = |reads: &[&[u16]]| array.largest_tile_sum(reads.iter().copied());
        let found = largest(&[&[0, 1, 2, 3], &[3]]);
        assert!((found - second).abs() < 1e-6 && found < 0.95 * whole, "{access}: {found}, {second}, {whole}");
        assert!((largest(&[&[0, 1], &[2]]) - first.max(received(&[2]))).abs() < 1e-6, "{access}");
        assert_eq!(largest(&[]), 0.0, "{access}");
    }
}
