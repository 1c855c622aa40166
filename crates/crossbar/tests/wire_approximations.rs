//! Approximations of arrays with wires, measured: the correction held between exact solutions, straight-through gradients,
//! and noise that reads leave out.

use crate::chip::{draws, mean};
use ohmspike_crossbar::device::Device;
use ohmspike_crossbar::wires::{Access, Feed, Solution, Tile, Wires, solve, star_mesh, transfer};
use ohmspike_crossbar::{ArrayParams, Branch, CrossbarArray};
use ohmspike_rng::Seed;
use ohmspike_simd::Matrix;

const WIRES: Wires = Wires {
    access: Access::Driven,
    word_line_ohm_per_cell: 1.0,
    bit_line_ohm_per_cell: 1.0,
    driver_ohm: 100.0,
    sense_ohm: 100.0,
    feed: Feed::Left,
};
const COLUMNS: usize = 100;

/// Cells of random weights: half of a normal distribution above 1 µS, `mean` µS on average.
fn cells(rows: usize, mean: f32) -> Matrix {
    let normals = draws(Seed::new(8), rows, COLUMNS);
    let sigma = (mean - 1.0) * std::f32::consts::FRAC_PI_2.sqrt();
    Matrix::from_fn(rows, COLUMNS, |row, column| 1.0 + sigma * normals[(row, column)].abs())
}

fn tile(cells: &Matrix) -> Tile {
    Tile::new(cells.rows(), cells.cells().map(f64::from).collect()).expect("positive")
}

/// An independent program has these numbers for updates of 0.2 µS on every cell, as RMS error of T over the RMS of T: without
/// wires, and with the held correction after 10, 100 and 234 updates. It adds the updates up before the cells end at 1 µS.
///
/// Its numbers are rounded, to `digit` in the errors. Two draws of random cells and updates were up to 7 % apart in the errors, and
/// 1 % without wires.
#[test]
fn the_held_correction_loses_little_in_an_epoch() {
    for (rows, mean, ignored, digit, errors) in [
        (128, 2.6, 0.083, 0.0001, [0.0004, 0.0009, 0.0012]),
        (256, 2.6, 0.16, 0.0001, [0.0009, 0.0021, 0.0028]),
        (128, 17.0, 0.56, 0.001, [0.004, 0.011, 0.016]),
        (256, 17.0, 1.07, 0.001, [0.007, 0.020, 0.030]),
    ] {
        let first = cells(rows, mean);
        let seen = star_mesh(&tile(&first), &WIRES).expect("a circuit");
        let of_cells = first.cells().map(f64::from);
        let lost: f64 = of_cells.zip(&seen).map(|(cell, seen)| (cell - seen) * (cell - seen)).sum();
        let found = (lost / seen.iter().map(|seen| seen * seen).sum::<f64>()).sqrt();
        assert!((found - ignored).abs() < 0.01 * ignored + 0.005, "{rows} rows, {mean} µS: {found}, {ignored}");
        for (updates, expected) in [10.0f32, 100.0, 234.0].into_iter().zip(errors) {
            let found = error_after(&first, updates);
            let allowed = 0.1 * expected + 0.5 * digit;
            assert!((found - expected).abs() < allowed, "{rows} rows, {mean} µS, {updates}: {found}, {expected}");
        }
    }
}

/// Returns the error of the held correction after so many updates, added up.
fn error_after(first: &Matrix, updates: f32) -> f64 {
    let device = Device::from_json(
        r#"{"name": "x", "window": {"low_resistance_ohm": 1000, "high_resistance_ohm": 1000000},
            "wires": {"access": "driven", "line_ohm_per_cell": 1, "driver_ohm": 100, "sense_ohm": 100}}"#,
    );
    let device = device.expect("valid");
    let branches = vec![Branch::Plus; first.rows()];
    // Weights are µS above 1 µS.
    let params = ArrayParams::new(device.window.span(), &branches);
    let weights = Matrix::from_fn(first.rows(), COLUMNS, |row, column| first[(row, column)] - 1.0);
    let mut array = CrossbarArray::new(&device, params, &weights, Seed::new(1)).expect("weights fit");
    let normals = draws(Seed::new(11), first.rows(), COLUMNS);
    let step = Matrix::from_fn(first.rows(), COLUMNS, |row, column| 0.2 * updates.sqrt() * normals[(row, column)]);
    array.update(&step, Seed::new(12)).expect("finite");
    array.end_epoch();
    array.held_error().expect("driven").last
}

/// Voltages over the cells, V, row by row.
fn over_cells(solution: &Solution) -> Vec<f64> {
    solution.word_line_volts.iter().zip(&solution.bit_line_volts).map(|(word, bit)| word - bit).collect()
}

/// Solves `tile` with `by_current` at its sense amplifiers and silent drivers: the array mirrored at its other diagonal. By
/// Tellegen's theorem, a change of a cell changes the sum of `by_current` times the currents by the voltage over the cell
/// in this circuit times that with the inputs on.
fn adjoint(tile: &Tile, by_current: &[f64]) -> Solution {
    let (rows, columns) = (tile.rows(), tile.columns());
    let turned = Wires { driver_ohm: WIRES.sense_ohm, sense_ohm: WIRES.driver_ohm, ..WIRES };
    let mirrored = (0..columns).flat_map(|row| (0..rows).map(move |column| (rows - 1 - column, columns - 1 - row)));
    let mirrored = Tile::new(columns, mirrored.map(|(row, column)| tile.row(row)[column]).collect()).expect("positive");
    let backward: Vec<f64> = by_current.iter().rev().copied().collect();
    solve(&mirrored, &backward, &turned).expect("a circuit")
}

/// Voltages over the cells of a tile of `rows` rows in the adjoint circuit, V, row by row.
fn over_cells_of_adjoint(solution: &Solution, rows: usize) -> Vec<f64> {
    let volts = over_cells(solution);
    let columns = volts.len() / rows;
    let place = |row: usize, column: usize| (columns - 1 - column) * rows + (rows - 1 - row);
    (0..rows).flat_map(|row| (0..columns).map(move |column| place(row, column))).map(|place| volts[place]).collect()
}

/// The straight-through gradient of the conductances, input times dL/dI, against the exact one: the voltage of every cell
/// times that of the same cell in the adjoint circuit.
///
/// Inputs and dL/dI have random signs. On average the exact gradient is then T / G times the straight-through one: with a
/// relative spread s of T / G, the correlation is 1 / sqrt(1 + s²), or 1 - s² / 2. Bit lines at a fraction e of the inputs, in the
/// circuit or in its adjoint, add at most e² to s².
#[test]
fn straight_through_gradients_point_along_the_exact_ones() {
    let tile = tile(&cells(128, 2.6));
    let volts: Vec<f64> = draws(Seed::new(9), 1, 128).cells().map(f64::from).collect();
    let by_current: Vec<f64> = draws(Seed::new(10), 1, COLUMNS).cells().map(f64::from).collect();
    let forward = solve(&tile, &volts, &WIRES).expect("a circuit");
    let backward = adjoint(&tile, &by_current);
    let mut products = [0.0; 3];
    for (place, (forward, backward)) in
        over_cells(&forward).into_iter().zip(over_cells_of_adjoint(&backward, 128)).enumerate()
    {
        let (exact, straight) = (forward * backward, volts[place / COLUMNS] * by_current[place % COLUMNS]);
        products[0] += exact * straight;
        products[1] += exact * exact;
        products[2] += straight * straight;
    }
    let correlation = products[0] / (products[1] * products[2]).sqrt();
    let distance = 2.0 * (1.0 - correlation);
    // Moments of T / G, weighted as in the correlation.
    let mut moments = [0.0; 3];
    for (place, seen) in transfer(&tile, &WIRES).expect("a circuit").into_iter().enumerate() {
        let (row, column) = (place / COLUMNS, place % COLUMNS);
        let (weight, fraction) = ((volts[row] * by_current[column]).powi(2), seen / tile.row(row)[column]);
        moments.iter_mut().zip([1.0, fraction, fraction * fraction]).for_each(|(sum, value)| *sum += weight * value);
    }
    let spread = moments[0] * moments[2] / moments[1].powi(2) - 1.0;
    let crossing =
        square(&forward.bit_line_volts) / square(&volts) + square(&backward.bit_line_volts) / square(&by_current);
    // Five standard errors of the product of both over 100 lines.
    let chance = 5.0 * 2.0 * (spread * crossing / 100.0).sqrt();
    assert!(spread - chance < distance && distance < spread + crossing + chance, "{distance}: {spread}, {crossing}");
    assert!(distance < 2.0 * (1.0 - 0.9999), "{distance}");
}

/// Mean of the squares.
fn square(values: &[f64]) -> f64 {
    mean(&values.iter().map(|value| value * value).collect::<Vec<f64>>())
}

/// A read leaves out the noise of silent rows, whose cells have the voltage of their bit line, and takes the noise of the
/// others as if their row were on alone. With 13 of 128 rows on and noise in proportion to the conductance: both as fractions of
/// the variance of a column, no more than `docs/physics/wires.md` states.
#[test]
fn noise_of_silent_rows_is_small() {
    for (mean, most_missing, most_extra) in [(2.6, 0.0002, 0.02), (17.0, 0.005, 0.12)] {
        let tile = tile(&cells(128, mean));
        let volts: Vec<f64> = (0..128).map(|row| f64::from(u8::from(row % 10 == 3))).collect();
        let forward = over_cells(&solve(&tile, &volts, &WIRES).expect("a circuit"));
        let seen = transfer(&tile, &WIRES).expect("a circuit");
        for column in [0, 50, 99] {
            let sensed: Vec<f64> = (0..COLUMNS).map(|other| f64::from(u8::from(other == column))).collect();
            let backward = over_cells_of_adjoint(&adjoint(&tile, &sensed), 128);
            // Cells of active rows, cells of silent rows, and what a read takes.
            let mut variances = [0.0; 3];
            for (place, (forward, backward)) in forward.iter().zip(backward).enumerate() {
                let (row, at) = (place / COLUMNS, place % COLUMNS);
                variances[usize::from(volts[row] == 0.0)] += (tile.row(row)[at] * forward * backward).powi(2);
                variances[2] += if at == column { (seen[place] * volts[row]).powi(2) } else { 0.0 };
            }
            let [active, silent, taken] = variances;
            let (missing, extra) = (silent / (active + silent), taken / (active + silent) - 1.0);
            assert!(0.0 < missing && missing < most_missing, "{mean} µS, column {column}: {missing} of silent rows");
            assert!(0.0 < extra && extra < most_extra, "{mean} µS, column {column}: {extra} too much");
        }
    }
}
