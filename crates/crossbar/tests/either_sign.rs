//! Pairs that hold weights of either sign, and programming of given weights into erased cells.

use crate::chip::{FULL_SCALE, SIGMA_INIT, assert_normal, device, normal_matrix, padding_is_zero, params, values};
use ohmspike_crossbar::device::Device;
use ohmspike_crossbar::{ArrayParams, Branch, Controller, CrossbarArray, PairKind};
use ohmspike_rng::Seed;
use ohmspike_simd::Matrix;

const ROWS: usize = 40;
const COLUMNS: usize = 37;
const BRANCHES: [Branch; ROWS] = [Branch::Plus; ROWS];
const KINDS: [PairKind; 3] = [PairKind::OneBranch, PairKind::PushPull, PairKind::PotentiationOnly];
const CHANGED: &str = r#""write": {"noise": "none", "cells": "changed"}"#;

/// Weights of either sign, two thirds of full scale or less for most.
fn weights() -> Matrix {
    let normal = normal_matrix(Seed::new(21), ROWS, COLUMNS, 0.4 * FULL_SCALE);
    Matrix::from_fn(ROWS, COLUMNS, |row, column| normal[(row, column)].clamp(-FULL_SCALE, FULL_SCALE))
}

fn blank(device: &Device, pair: PairKind, controller: Controller) -> CrossbarArray {
    let params = ArrayParams { pair, controller, either_sign: true, ..params(&BRANCHES) };
    CrossbarArray::new(device, params, &Matrix::zeros(ROWS, COLUMNS), Seed::new(22)).expect("sound arguments")
}

/// As for two-branch pairs in `pairs.rs`: every update rounds a dozen conductances by half a unit each.
#[test]
fn ideal_pairs_of_either_sign_follow_digital_weights() {
    for pair in KINDS {
        for controller in [Controller::ReadBack, Controller::DigitalCopy] {
            let mut array = blank(&device(&[CHANGED]), pair, controller);
            let mut expected = Matrix::zeros(ROWS, COLUMNS);
            for update in 0..40 {
                let step = normal_matrix(Seed::new(23).numbered(update), ROWS, COLUMNS, 0.4 * FULL_SCALE);
                let report = array.update(&step, Seed::new(24).numbered(update)).unwrap();
                assert_eq!(report.wrong_sign, 0);
                let bound = 6.0 * f32::EPSILON * FULL_SCALE * (update + 2) as f32;
                for row in 0..ROWS {
                    for column in 0..COLUMNS {
                        let weight = &mut expected[(row, column)];
                        *weight = (*weight + step[(row, column)]).clamp(-FULL_SCALE, FULL_SCALE);
                        let off = (array.weights()[(row, column)] - *weight).abs();
                        assert!(off <= bound, "{pair:?}, {controller:?}, update {update}: off by {off}");
                    }
                }
            }
            assert!(values(array.weights()).iter().any(|weight| *weight < -0.5));
        }
    }
}

#[test]
fn a_positive_weight_leaves_the_minus_cell_erased_and_a_negative_one_the_plus_cell() {
    let mut array = blank(&device(&[CHANGED]), PairKind::OneBranch, Controller::ReadBack);
    let weights = weights();
    array.program(&weights, 1, Seed::new(25)).unwrap();
    assert_eq!(array.weights(), &weights, "κ is a power of two");
    for row in 0..ROWS {
        for column in 0..COLUMNS {
            let [plus, minus] = array.plus_and_minus(row, column);
            let weight = weights[(row, column)];
            assert_eq!(if weight < 0.0 { plus } else { minus }, 1.0, "{weight}");
        }
    }
    assert!(padding_is_zero(array.weights()));
}

#[test]
fn programming_reaches_the_weights_in_every_kind_of_pair() {
    let weights = weights();
    for pair in KINDS {
        for controller in [Controller::ReadBack, Controller::DigitalCopy] {
            let mut array = blank(&device(&[CHANGED]), pair, controller);
            array.program(&weights, 1, Seed::new(25)).unwrap();
            // Push-pull targets lie about the middle of the window: two conductances of up to 999 µS, rounded.
            let bound = 2.0 * f32::EPSILON * FULL_SCALE;
            let off = array.weights().cells().zip(weights.cells()).map(|(found, wanted)| (found - wanted).abs());
            assert!(off.fold(0.0, f32::max) <= bound, "{pair:?}");
            assert_eq!(array.gradient_weights().cells().count(), ROWS * COLUMNS);
        }
    }
}

/// The noise of the study is that of the weight, also where two cells share it.
#[test]
fn write_noise_of_both_cells_adds_up_to_that_of_the_weight() {
    let noisy = device(&[r#""write": {"noise": "from-study"}"#]);
    for pair in [PairKind::PushPull, PairKind::OneBranch] {
        let mut array = blank(&noisy, pair, Controller::ReadBack);
        // In the middle of the window, where no write is clipped; the erased cell of one-branch pairs is.
        let weights = Matrix::from_fn(ROWS, COLUMNS, |_, _| 0.25 * FULL_SCALE);
        array.program(&weights, 1, Seed::new(26)).unwrap();
        let sigma = 0.2 * f64::from(SIGMA_INIT);
        let off = array.weights().cells().zip(weights.cells()).map(|(found, wanted)| f64::from(found - wanted));
        let off: Vec<f64> = off.map(|off| off / sigma).collect();
        if pair == PairKind::PushPull {
            assert_normal("push-pull", &off, 0.0, 1.0);
        } else {
            // z / sqrt(2) minus the positive half of another one: E = -1/sqrt(4 pi), var = 1/2 + (1/2)(1/2 - 1/(2 pi)).
            let mean = -1.0 / (4.0 * std::f64::consts::PI).sqrt();
            let variance = 0.5 + 0.5 * (0.5 - 0.5 / std::f64::consts::PI);
            assert_normal("one-branch", &off, mean, variance);
        }
    }
}

#[test]
fn programming_starts_from_erased_cells() {
    let noisy = device(&[
        r#""write": {"noise": "relative", "sigma_percent_of_conductance": 5}"#,
        r#""device_to_device": {"low_resistance_sigma_ln": 0.1, "high_resistance_sigma_ln": 0.1}"#,
    ]);
    let weights = weights();
    let mut used = blank(&noisy, PairKind::OneBranch, Controller::ReadBack);
    let mut fresh = used.clone();
    used.update(&normal_matrix(Seed::new(1), ROWS, COLUMNS, FULL_SCALE), Seed::new(2)).unwrap();
    used.program(&weights, 1, Seed::new(27)).unwrap();
    fresh.program(&weights, 1, Seed::new(27)).unwrap();
    assert_eq!(used.weights(), fresh.weights());
    assert_ne!(fresh.weights(), &weights);
}

#[test]
fn verified_programming_ends_inside_the_acceptance_window() {
    let verified =
        device(&[r#""write": {"noise": "constant", "sigma_microsiemens": 8, "cells": "changed", "scheme": "verify",
        "verify": { "window_microsiemens": 5, "tries": 100 } }"#]);
    let mut array = blank(&verified, PairKind::OneBranch, Controller::ReadBack);
    let weights = weights();
    let report = array.program(&weights, 1, Seed::new(28)).unwrap();
    assert_eq!(report.failed_writes, 0);
    assert!(report.verify_reads > report.cells_written);
    // Only the cell of the sign is written, so that one window bounds the weight: 5 µS of 1024 µS per unit.
    let off = array.weights().cells().zip(weights.cells()).map(|(found, wanted)| (found - wanted).abs());
    assert!(off.fold(0.0, f32::max) <= 5.01 / 1024.0);
}

#[test]
fn passes_bring_pulsed_cells_closer_to_their_targets() {
    let pulsed = Device::built_in("reram-sb-gong-2018").expect("built in");
    let mapped = ArrayParams { either_sign: true, ..ArrayParams::new(FULL_SCALE, &BRANCHES) };
    let weights = weights();
    let spread = |passes| {
        let mut array = CrossbarArray::new(&pulsed, mapped, &Matrix::zeros(ROWS, COLUMNS), Seed::new(29)).unwrap();
        array.program(&weights, passes, Seed::new(30)).unwrap();
        let off = array.weights().cells().zip(weights.cells()).map(|(found, wanted)| f64::from(found - wanted).powi(2));
        (off.sum::<f64>() / (ROWS * COLUMNS) as f64).sqrt()
    };
    let spreads = [1, 3, 10].map(spread);
    assert!(spreads[0] > spreads[1] && spreads[1] >= spreads[2] * 0.9, "{spreads:?}");
}

#[test]
fn refuses_weights_that_do_not_fit() {
    let mut array = blank(&device(&[CHANGED]), PairKind::OneBranch, Controller::ReadBack);
    let error = array.program(&Matrix::zeros(ROWS, 3), 1, Seed::new(1)).expect_err("too few columns");
    assert_eq!(error.to_string(), "update: expected 40 x 37, got 40 x 3 (rows x columns)");
    let wrong = Matrix::from_fn(ROWS, COLUMNS, |row, _| if row == 2 { f32::NAN } else { 0.0 });
    assert!(array.program(&wrong, 1, Seed::new(1)).is_err());
    let map = Matrix::zeros(ROWS, COLUMNS);
    let params = ArrayParams { either_sign: true, conductances: Some(&map), ..params(&BRANCHES) };
    let error = CrossbarArray::new(&device(&[CHANGED]), params, &map, Seed::new(1)).expect_err("a map of one branch");
    assert!(error.to_string().ends_with("got either-sign pairs"), "{error}");
}
