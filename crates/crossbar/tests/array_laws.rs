//! Laws of every array, whatever its noise.

use crate::chip::{
    FULL_SCALE, SIGMA_INIT, assert_rate, device, draws, equal_cells, mixed_branches, normal_below, normal_matrix,
    padding_is_zero, params,
};
use ohmspike_crossbar::device::Device;
use ohmspike_crossbar::{ArrayError, ArrayParams, Branch, CrossbarArray};
use ohmspike_rng::Seed;
use ohmspike_simd::Matrix;

const NOISES: [&str; 5] = [
    r#""write": {"noise": "none"}"#,
    r#""write": {"noise": "from-study"}"#,
    r#""write": {"noise": "constant", "sigma_microsiemens": 2}"#,
    r#""write": {"noise": "relative", "sigma_percent_of_conductance": 5}"#,
    r#""write": {"noise": "table", "convention": "mean-preserving",
        "points": [{"resistance_ohm": 1e3, "sigma_ln_resistance": 0.05},
                   {"resistance_ohm": 1e6, "sigma_ln_resistance": 0.3}]}"#,
];
const READ: &str = r#""read": {"white": {"noise": "relative", "sigma_percent_of_conductance": 1}}"#;
const PARKED: &str = r#""reference_branch": {"kind": "cell", "sigma_ln_resistance": 0.3}"#;

/// Weights |N(0, SIGMA_INIT)| with the sign of their row.
fn first_weights(branches: &[Branch], columns: usize) -> Matrix {
    let normal = normal_matrix(Seed::new(11), branches.len(), columns, SIGMA_INIT);
    Matrix::from_fn(branches.len(), columns, |row, column| branches[row].sign() * normal[(row, column)].abs())
}

fn array(device: &Device, branches: &[Branch], columns: usize) -> CrossbarArray {
    CrossbarArray::new(device, params(branches), &first_weights(branches, columns), Seed::new(12))
        .expect("sound arguments")
}

/// With constant noise, an exact reference, a wide window and no read noise, an array equals digital weights with the same noise.
/// κ is 2^-10, so rounding does not distinguish the two.
#[test]
fn a_wide_exact_array_is_bit_identical_to_digital_weights() {
    let (branches, columns) = (mixed_branches(50), 37);
    let mut array = array(&device(&[NOISES[1]]), &branches, columns);
    let mut weights = first_weights(&branches, columns);
    assert_eq!(array.weights(), &weights);
    for update in 0..40 {
        let step = normal_matrix(Seed::new(13).numbered(update), 50, columns, 0.3 * SIGMA_INIT);
        let seed = Seed::new(14).named("write").numbered(update);
        let report = array.update(&step, seed).unwrap();
        let draws = draws(seed, 50, columns);
        let mut crossed = 0;
        for (row, branch) in branches.iter().enumerate() {
            for column in 0..columns {
                let cell = (row, column);
                let moved = (weights[cell] + step[cell]) + 0.2 * SIGMA_INIT * draws[cell];
                let crosses = branch.sign() * moved < 0.0;
                crossed += u64::from(crosses);
                weights[cell] = if crosses { 0.0 } else { moved };
            }
        }
        assert_eq!(array.weights(), &weights, "update {update}");
        assert_eq!((report.clipped_low, report.clipped_high, report.wrong_sign), (crossed, 0, 0));
    }
}

const ROWS: usize = 30;
const COLUMNS: usize = 20;

fn cells() -> impl Iterator<Item = (usize, usize)> {
    (0..ROWS).flat_map(|row| (0..COLUMNS).map(move |column| (row, column)))
}

#[test]
fn the_minus_branch_mirrors_the_plus_branch() {
    let chip = device(&[NOISES[0], READ, PARKED]);
    let [mut plus, mut minus] = [Branch::Plus, Branch::Minus].map(|branch| array(&chip, &[branch; ROWS], COLUMNS));
    let step = normal_matrix(Seed::new(21), ROWS, COLUMNS, SIGMA_INIT);
    let opposite = Matrix::from_fn(ROWS, COLUMNS, |row, column| -step[(row, column)]);
    let reports = [plus.update(&step, Seed::new(22)), minus.update(&opposite, Seed::new(22))];
    assert_eq!(reports[0], reports[1]);
    assert_eq!(plus.g_above_min(), minus.g_above_min());
    assert_eq!(plus.read_variance(), minus.read_variance());
    assert!(cells().all(|cell| plus.weights()[cell] == -minus.weights()[cell]));
}

#[test]
fn a_draw_moves_the_weight_the_same_way_in_both_kinds_of_row() {
    for noise in &NOISES[1..4] {
        let moved = [Branch::Plus, Branch::Minus].map(|branch| {
            let first = Matrix::from_fn(ROWS, COLUMNS, |_, _| 0.3 * branch.sign());
            let mut array =
                CrossbarArray::new(&device(&[noise]), params(&[branch; ROWS]), &first, Seed::new(12)).unwrap();
            array.update(&Matrix::zeros(ROWS, COLUMNS), Seed::new(24)).unwrap();
            let weights = array.weights().clone();
            Matrix::from_fn(ROWS, COLUMNS, |row, column| weights[(row, column)] - first[(row, column)])
        });
        for cell in cells() {
            // Each of the two writes rounds a number near 0.3, or 0.6 with the largest draws, by half a unit.
            let bound = 0.6 * f32::EPSILON;
            assert!((moved[0][cell] - moved[1][cell]).abs() <= bound && moved[0][cell] != 0.0);
        }
    }
}

#[test]
fn padding_stays_zero_and_uncounted() {
    for noise in NOISES {
        for columns in [1, 16, 37] {
            let branches = mixed_branches(70);
            let mut array = array(&device(&[noise, READ, PARKED]), &branches, columns);
            let cells = (70 * columns) as u64;
            for update in 0..3 {
                let step = normal_matrix(Seed::new(31).numbered(update), 70, columns, SIGMA_INIT);
                let report = array.update(&step, Seed::new(32).numbered(update)).unwrap();
                assert_eq!((report.cells_written, report.cells), (cells, cells));
                let wrong = array.weights().cells().enumerate().filter(|(cell, weight)| {
                    let sign = branches[cell / columns].sign();
                    sign * weight < 0.0
                });
                assert_eq!(report.wrong_sign, wrong.count() as u64);
            }
            let variance = array.read_variance().unwrap();
            assert!([array.weights(), array.g_above_min(), variance].into_iter().all(padding_is_zero), "{noise}");
        }
    }
}

#[test]
fn results_depend_on_the_seed_alone() {
    for noise in NOISES {
        let (branches, columns) = (mixed_branches(300), 37);
        let device = device(&[noise, READ, PARKED]);
        let run = |seed: Seed| {
            let mut array = array(&device, &branches, columns);
            let step = normal_matrix(Seed::new(41), 300, columns, SIGMA_INIT);
            let report = array.update(&step, seed).unwrap();
            (array.weights().clone(), array.read_variance().cloned(), report)
        };
        let first = run(Seed::new(42));
        assert_eq!(first, run(Seed::new(42)));
        assert_eq!(first.0 == run(Seed::new(43)).0, noise == NOISES[0]);

        // The position of a cell selects its draw: rows above it change nothing below.
        let mut narrow = array(&device, &branches[..10], columns);
        let step = normal_matrix(Seed::new(41), 300, columns, SIGMA_INIT);
        narrow.update(&Matrix::from_fn(10, columns, |row, column| step[(row, column)]), Seed::new(42)).unwrap();
        assert_eq!(narrow.weights().blocks(), &first.0.blocks()[..narrow.weights().blocks().len()]);
    }
}

#[test]
fn zero_noise_equals_the_ideal_device() {
    let (branches, columns) = (mixed_branches(30), 20);
    let step = normal_matrix(Seed::new(51), 30, columns, 3.0 * SIGMA_INIT);
    let weights = NOISES.map(|noise| {
        let still = ArrayParams { write_spread_scale: 0.0, ..params(&branches) };
        let first = first_weights(&branches, columns);
        let mut array = CrossbarArray::new(&device(&[noise]), still, &first, Seed::new(12)).unwrap();
        array.update(&step, Seed::new(52)).unwrap();
        array.weights().clone()
    });
    assert!(weights.iter().all(|other| other == &weights[0]));
}

#[test]
fn cells_without_an_update_keep_their_state() {
    for noise in &NOISES[1..] {
        let changed = noise.replacen("{", r#"{"cells": "changed", "#, 1);
        let mut array = array(&device(&[&changed]), &mixed_branches(ROWS), COLUMNS);
        let before = array.g_above_min().clone();
        let step = Matrix::from_fn(ROWS, COLUMNS, |row, column| if (row + column) % 4 == 0 { 1e-4 } else { 0.0 });
        let report = array.update(&step, Seed::new(61)).unwrap();
        assert_eq!(report.cells_written, step.cells().filter(|step| *step != 0.0).count() as u64);
        assert_eq!(report.cells, 600);
        for cell in cells() {
            if step[cell] == 0.0 {
                assert_eq!(array.g_above_min()[cell], before[cell]);
            } else {
                assert_ne!(array.g_above_min()[cell], before[cell]);
            }
        }
    }
}

#[test]
fn a_step_with_nan_is_rejected_and_changes_nothing() {
    let (branches, columns) = (mixed_branches(30), 20);
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut array = array(&device(&[NOISES[4], READ, PARKED]), &branches, columns);
        let before = array.weights().clone();
        let mut step = Matrix::zeros(30, columns);
        step[(17, 19)] = value;
        let refused = array.update(&step, Seed::new(71)).unwrap_err();
        assert_eq!(refused.to_string(), format!("update: expected finite numbers, got {value} in row 17, column 19"));
        assert_eq!(array.weights(), &before);
    }
}

#[test]
fn the_largest_steps_are_clipped_to_the_window() {
    let branches = [Branch::Plus, Branch::Minus];
    for noise in NOISES {
        for value in [f32::MAX, f32::MIN] {
            let mut array = array(&device(&[noise]), &branches, 3);
            array.update(&Matrix::from_fn(2, 3, |_, _| value), Seed::new(72)).unwrap();
            let ends = if value > 0.0 { [FULL_SCALE, 0.0] } else { [0.0, -FULL_SCALE] };
            for (row, end) in ends.into_iter().enumerate() {
                for column in 0..3 {
                    let weight = array.weights()[(row, column)];
                    // Relative and log-normal noise starts at the end of the window: five sigma of 5 %.
                    assert!((weight - end).abs() < 0.25 * FULL_SCALE, "{noise}: {weight}, expected {end}");
                }
            }
        }
    }
}

#[test]
fn reference_cells_cause_wrong_signs_at_the_log_normal_rate() {
    let (rows, columns, sigma) = (1000, 100, 0.3);
    let chip = device(&[PARKED]);
    for g_above_min in [0.0, 0.1, 0.5] {
        let mut array = equal_cells(&chip, rows, columns, g_above_min, Seed::new(81));
        // Wrong where G_low exp(sigma z) > G_low + g_above_min.
        let rate = normal_below(-libm::log(1.0 + f64::from(g_above_min)) / sigma);
        assert_rate("first", array.initial_report().wrong_sign, 100_000, rate);
        let report = array.update(&Matrix::zeros(rows, columns), Seed::new(82)).unwrap();
        assert_eq!(report.wrong_sign, array.initial_report().wrong_sign);
        assert_eq!(report.wrong_sign_rate(), report.wrong_sign as f64 / 1e5);
    }
}

#[test]
fn reference_cells_are_log_normal_and_never_move() {
    let mut array = equal_cells(&device(&[NOISES[2], PARKED]), 500, 40, 100.0, Seed::new(91));
    let parked = |array: &CrossbarArray| -> Vec<f64> {
        let cells = (0..500).flat_map(|row| (0..40).map(move |column| (row, column)));
        cells.map(|(row, column)| f64::from(array.conductance(row, column).1)).collect()
    };
    let drawn = parked(&array);
    let ln: Vec<f64> = drawn.iter().map(|&g| libm::log(g)).collect();
    crate::chip::assert_normal("ln G parked", &ln, 0.0, 0.09);
    array.update(&Matrix::zeros(500, 40), Seed::new(92)).unwrap();
    assert_eq!(parked(&array), drawn);
}

#[test]
fn initial_weights_outside_the_window_are_clipped_and_counted() {
    let branches = [Branch::Plus, Branch::Minus];
    let first = Matrix::from_fn(2, 3, |row, column| [[-0.1, 0.1, 2.0], [-0.1, 0.1, -3.0]][row][column]);
    let array = CrossbarArray::new(&device(&[]), params(&branches), &first, Seed::new(1)).unwrap();
    let report = array.initial_report();
    assert_eq!((report.cells_written, report.clipped_low, report.clipped_high), (6, 2, 2));
    let weights: Vec<f32> = array.weights().cells().collect();
    assert_eq!(weights, [0.0, 0.1, FULL_SCALE, -0.1, 0.0, -FULL_SCALE]);
    assert!(weights.iter().all(|weight| *weight != 0.0 || weight.is_sign_positive()));
    assert_eq!(array.conductance(0, 2), (1000.0, 1.0));
}

#[test]
fn rejects_invalid_arrays() {
    let branches = [Branch::Plus; 2];
    let first = Matrix::zeros(2, 3);
    let refused = |params: ArrayParams, first: &Matrix| {
        CrossbarArray::new(&device(&[NOISES[1]]), params, first, Seed::new(1)).unwrap_err().to_string()
    };
    let sound = params(&branches);
    assert_eq!(
        refused(ArrayParams { weight_at_gmax: -1.0, ..sound }, &first),
        "weight_at_gmax: expected a positive number that fits into f32 per µS of a 999 µS window, got -1"
    );
    assert_eq!(refused(params(&branches[..1]), &first), "branches: expected one per row (2), got 1");
    assert_eq!(
        refused(ArrayParams { write_spread_scale: -0.5, ..sound }, &first),
        "write_spread_scale: expected 0 to 1e6, got -0.5"
    );
    assert_eq!(
        refused(ArrayParams { update_sigma: f32::NAN, ..sound }, &first),
        "update_sigma: expected 0 to 9.76e26 in units of weight, got NaN"
    );
    assert_eq!(
        refused(params(&[]), &Matrix::zeros(0, 3)),
        "array: expected at least 1 row and 1 column, got 0 x 3 (rows x columns)"
    );
    let mut spoilt = first.clone();
    spoilt[(1, 2)] = f32::NAN;
    assert_eq!(refused(sound, &spoilt), "weights: expected finite numbers, got NaN in row 1, column 2");

    let mut array = CrossbarArray::new(&device(&[]), sound, &first, Seed::new(1)).unwrap();
    let shape = ArrayError::StepShape { rows: 3, columns: 2, own_rows: 2, own_columns: 3 };
    assert_eq!(shape.to_string(), "update: expected 2 x 3, got 3 x 2 (rows x columns)");
    assert_eq!(array.update(&Matrix::zeros(3, 2), Seed::new(2)), Err(shape));
}
