//! Pairs of two written branches, and controllers that read back or keep a digital copy.

use crate::chip::{
    FULL_SCALE, assert_normal, assert_rate, conductances, device, even, mixed_branches, normal_matrix, params, values,
};
use ohmspike_crossbar::device::Device;
use ohmspike_crossbar::{ArrayParams, Branch, Controller, CrossbarArray, PairKind};
use ohmspike_rng::Seed;
use ohmspike_simd::Matrix;

const ROWS: usize = 60;
const COLUMNS: usize = 37;
const UNIT: f32 = f32::EPSILON;
const TWO_BRANCHES: [PairKind; 2] = [PairKind::PushPull, PairKind::PotentiationOnly];
const CHANGED: &str = r#""write": {"noise": "none", "cells": "changed"}"#;

/// Weights between 0 and full scale with the sign of their row.
fn first_weights(branches: &[Branch], columns: usize) -> Matrix {
    let normal = normal_matrix(Seed::new(11), branches.len(), columns, 0.3 * FULL_SCALE);
    Matrix::from_fn(branches.len(), columns, |row, column| {
        branches[row].sign() * normal[(row, column)].abs().min(FULL_SCALE)
    })
}

fn array(
    device: &Device,
    branches: &[Branch],
    columns: usize,
    pair: PairKind,
    controller: Controller,
) -> CrossbarArray {
    let params = ArrayParams { pair, controller, ..params(branches) };
    CrossbarArray::new(device, params, &first_weights(branches, columns), Seed::new(12)).expect("sound arguments")
}

fn step(update: u64, scale: f32) -> Matrix {
    let normal = normal_matrix(Seed::new(13).numbered(update), ROWS, COLUMNS, scale);
    Matrix::from_fn(ROWS, COLUMNS, |row, column| if (row + column) % 7 == 0 { 0.0 } else { normal[(row, column)] })
}

/// Every update rounds a dozen conductances of up to 999 µS (full scale) by half a unit each: two targets, their
/// difference before and after, the change and its halves. Errors add up; clipping does not amplify them.
#[test]
fn ideal_two_branch_pairs_follow_digital_weights() {
    let branches = mixed_branches(ROWS);
    for pair in TWO_BRANCHES {
        for controller in [Controller::ReadBack, Controller::DigitalCopy] {
            let mut array = array(&device(&[CHANGED]), &branches, COLUMNS, pair, controller);
            let mut weights = first_weights(&branches, COLUMNS);
            for update in 0..60 {
                let step = step(update, 0.2 * FULL_SCALE);
                let report = array.update(&step, Seed::new(14).numbered(update)).unwrap();
                let bound = 6.0 * UNIT * FULL_SCALE * (update + 2) as f32;
                for (row, sign) in branches.iter().map(|branch| branch.sign()).enumerate() {
                    for column in 0..COLUMNS {
                        let weight = &mut weights[(row, column)];
                        *weight = sign * (sign * (*weight + step[(row, column)])).clamp(0.0, FULL_SCALE);
                        let off = (array.weights()[(row, column)] - *weight).abs();
                        assert!(off <= bound, "{pair:?}, {controller:?}, update {update}: off by {off}");
                        let off = (array.gradient_weights()[(row, column)] - *weight).abs();
                        assert!(off <= bound, "{pair:?}, {controller:?} believes what is off by {off}");
                    }
                }
                assert_eq!(report.cells, (ROWS * COLUMNS) as u64);
                assert!(report.refreshed == 0 || pair == PairKind::PotentiationOnly);
            }
        }
    }
}

#[test]
fn push_pull_cells_move_by_half_a_step_each_about_the_middle() {
    let branches = mixed_branches(ROWS);
    let mut array = array(&device(&[CHANGED]), &branches, COLUMNS, PairKind::PushPull, Controller::ReadBack);
    for update in 0..10 {
        let [main, other] = conductances(&array);
        for (main, other) in main.iter().zip(&other) {
            // Each of the updates rounds both cells by half a unit of 512.
            assert!((main + other - 1001.0).abs() <= f64::from(UNIT) * 1024.0 * (update + 1) as f64);
            assert!(*main >= other - f64::from(UNIT) * 1024.0 * (update + 1) as f64);
        }
        array.update(&step(update, 0.2 * FULL_SCALE), Seed::new(14).numbered(update)).unwrap();
    }
}

/// Only a refresh lowers a cell: without one, both had room. It leaves the requested weight, all of it in the main
/// branch.
#[test]
fn potentiation_only_lowers_cells_only_in_a_refresh() {
    let branches = mixed_branches(ROWS);
    let chip = device(&[CHANGED]);
    let mut array = array(&chip, &branches, COLUMNS, PairKind::PotentiationOnly, Controller::ReadBack);
    let mut refreshed = 0;
    for update in 0..60 {
        let before = conductances(&array);
        let step = step(update, 0.2 * FULL_SCALE);
        let report = array.update(&step, Seed::new(14).numbered(update)).unwrap();
        let after = conductances(&array);
        let mut lowered = 0;
        for (cell, asked) in step.cells().enumerate() {
            let fell = after[0][cell] < before[0][cell] || after[1][cell] < before[1][cell];
            lowered += u64::from(fell);
            if fell {
                assert_eq!(after[1][cell], 1.0, "the opposite cell of a refreshed pair is at the floor");
            } else if asked == 0.0 {
                assert_eq!((after[0][cell], after[1][cell]), (before[0][cell], before[1][cell]));
            }
        }
        assert_eq!(report.refreshed, lowered, "update {update}");
        assert_eq!(report.pulses, report.cells_written + 2 * lowered);
        refreshed += lowered;
    }
    assert!(refreshed > 1000, "{refreshed}");
}

/// A refresh costs a pulse of both cells, in endurance and in the ledger, with their conductances.
#[test]
fn a_refresh_costs_a_pulse_of_both_cells() {
    let branches = mixed_branches(ROWS);
    for write in [CHANGED, r#""write": {"noise": "none", "cells": "all"}"#] {
        let mut array = array(&device(&[write]), &branches, COLUMNS, PairKind::PotentiationOnly, Controller::ReadBack);
        let (mut pulses, mut refreshed) = (0, 0);
        for update in 0..20 {
            let report = array.update(&step(update, 0.2 * FULL_SCALE), Seed::new(14).numbered(update)).unwrap();
            pulses += report.pulses;
            refreshed += report.refreshed;
        }
        let endurance = array.endurance();
        assert!(refreshed > 100);
        assert_eq!(endurance.cells, 2 * (ROWS * COLUMNS) as u64);
        let counted = endurance.mean * endurance.cells as f64;
        assert!((counted - pulses as f64).abs() < 0.5, "{counted} pulses of cells, {pulses} reported");
    }
    // One pair: e = 800 and o = 700 µS, plus a step of 300 µS.
    let changed = device(&[CHANGED]);
    let params = ArrayParams { pair: PairKind::PotentiationOnly, ..params(&[Branch::Plus]) };
    let mut pair = CrossbarArray::new(&changed, params, &even(1, 1, 800.0 / 1024.0), Seed::new(1)).unwrap();
    pair.update(&even(1, 1, -700.0 / 1024.0), Seed::new(2)).unwrap();
    assert_eq!(pair.conductance(0, 0), (801.0, 701.0));
    pair.take_ledger();
    let report = pair.update(&even(1, 1, 300.0 / 1024.0), Seed::new(3)).unwrap();
    assert_eq!((report.refreshed, report.pulses, pair.conductance(0, 0)), (1, 3, (401.0, 1.0)));
    let ledger = pair.take_ledger();
    assert_eq!((ledger.write_pulses, ledger.write_conductance), (3, 801.0 + 701.0 + 401.0));
}

/// Weights at 0 with noise on both branches: the difference of two normals is negative half of the time.
#[test]
fn wrong_signs_from_noise_are_counted() {
    let noisy = device(&[r#""write": {"noise": "constant", "sigma_microsiemens": 3}"#]);
    let branches = vec![Branch::Plus; 500];
    let params = ArrayParams { pair: PairKind::PushPull, ..params(&branches) };
    let mut array = CrossbarArray::new(&noisy, params, &Matrix::zeros(500, 40), Seed::new(12)).unwrap();
    assert_eq!(array.initial_report().wrong_sign, 0);
    let report = array.update(&Matrix::zeros(500, 40), Seed::new(15)).unwrap();
    let wrong = array.weights().cells().filter(|weight| *weight < 0.0).count() as u64;
    assert_eq!((report.wrong_sign, report.cells, report.cells_written), (wrong, 20_000, 40_000));
    assert_rate("wrong sign", wrong, 20_000, 0.5);
    // Both cells of a pair have their own draws.
    let g_above_min: Vec<_> = values(array.weights()).iter().map(|weight| 1024.0 * weight).collect();
    assert_normal("difference", &g_above_min, 0.0, 18.0);
    // The controller resets them to weight 0 at the next step.
    let report = array.update(&even(500, 40, -1e-6), Seed::new(15)).unwrap();
    assert!(report.wrong_sign_rate() < 0.6);
}

#[test]
fn two_branch_pairs_write_each_branch_with_its_own_draws() {
    let noisy = device(&[r#""write": {"noise": "constant", "sigma_microsiemens": 3}"#]);
    let branches = vec![Branch::Plus; 500];
    let params = ArrayParams { pair: PairKind::PushPull, ..params(&branches) };
    let mut array = CrossbarArray::new(&noisy, params, &Matrix::zeros(500, 40), Seed::new(12)).unwrap();
    array.update(&Matrix::zeros(500, 40), Seed::new(15)).unwrap();
    let [main, other] = conductances(&array);
    assert_normal("main", &main, 500.5, 9.0);
    assert_normal("opposite", &other, 500.5, 9.0);
    crate::chip::assert_uncorrelated("branches", &main, &other);
}

#[test]
fn a_digital_copy_of_an_ideal_one_branch_array_is_bit_identical_to_read_back() {
    let branches = mixed_branches(ROWS);
    let device = device(&[r#""write": {"noise": "none"}"#]);
    let mut arrays = [Controller::ReadBack, Controller::DigitalCopy]
        .map(|controller| array(&device, &branches, COLUMNS, PairKind::OneBranch, controller));
    for update in 0..40 {
        for array in &mut arrays {
            array.update(&step(update, 0.2 * FULL_SCALE), Seed::new(16).numbered(update)).unwrap();
        }
        assert_eq!(arrays[0].weights(), arrays[1].weights());
        assert_eq!(arrays[1].gradient_weights(), arrays[1].weights());
        assert_eq!(arrays[0].gradient_weights(), arrays[0].weights());
    }
}

/// n writes with sigma: read back, they add up to n sigma²; from a copy, only the last one remains.
#[test]
fn write_noise_adds_up_with_read_back_but_not_with_a_digital_copy() {
    let noisy = device(&[r#""write": {"noise": "constant", "sigma_microsiemens": 3}"#]);
    let branches = vec![Branch::Plus; 500];
    for (controller, writes) in [(Controller::ReadBack, 16.0), (Controller::DigitalCopy, 1.0)] {
        let params = ArrayParams { controller, ..params(&branches) };
        let mut array = CrossbarArray::new(&noisy, params, &even(500, 40, 400.0 / 1024.0), Seed::new(12)).unwrap();
        for update in 0..16 {
            array.update(&even(500, 40, 4.0 / 1024.0), Seed::new(15).numbered(update)).unwrap();
        }
        assert_normal("g_above_min", &values(array.g_above_min()), 464.0, 9.0 * writes);
        if controller == Controller::DigitalCopy {
            assert!(array.gradient_weights().cells().all(|weight| weight == 464.0 / 1024.0));
        } else {
            assert_eq!(array.gradient_weights(), array.weights());
        }
    }
}

/// Both cells of a push-pull pair are programmed to the copy: only the last write of each remains, 2 sigma² in the
/// pair.
#[test]
fn write_noise_does_not_add_up_in_push_pull_pairs_with_a_digital_copy() {
    let noisy = device(&[r#""write": {"noise": "constant", "sigma_microsiemens": 3}"#]);
    let branches = vec![Branch::Plus; 500];
    for (controller, writes) in [(Controller::ReadBack, 16.0), (Controller::DigitalCopy, 1.0)] {
        let params = ArrayParams { controller, pair: PairKind::PushPull, ..params(&branches) };
        let mut array = CrossbarArray::new(&noisy, params, &even(500, 40, 400.0 / 1024.0), Seed::new(12)).unwrap();
        for update in 0..16 {
            array.update(&even(500, 40, 4.0 / 1024.0), Seed::new(15).numbered(update)).unwrap();
        }
        let microsiemens: Vec<f64> = values(array.weights()).iter().map(|weight| weight * 1024.0).collect();
        assert_normal("weight", &microsiemens, 464.0, 2.0 * 9.0 * writes);
    }
}

/// The copy stops at zero and at full scale like the weight; the excess is discarded.
#[test]
fn a_digital_copy_is_the_bounded_sum_of_the_steps() {
    let noisy = device(&[r#""write": {"noise": "relative", "sigma_percent_of_conductance": 20}"#]);
    let branches = mixed_branches(ROWS);
    for pair in [PairKind::OneBranch, PairKind::PushPull, PairKind::PotentiationOnly] {
        let mut array = array(&noisy, &branches, COLUMNS, pair, Controller::DigitalCopy);
        let mut sum = first_weights(&branches, COLUMNS);
        for update in 0..20 {
            let step = step(update, 0.3 * FULL_SCALE);
            array.update(&step, Seed::new(16).numbered(update)).unwrap();
            for (row, sign) in branches.iter().map(|branch| branch.sign()).enumerate() {
                for column in 0..COLUMNS {
                    let weight = &mut sum[(row, column)];
                    *weight = sign * (sign * (*weight + step[(row, column)])).clamp(0.0, FULL_SCALE);
                    let off = (array.gradient_weights()[(row, column)] - *weight).abs();
                    assert!(off <= 4.0 * UNIT * FULL_SCALE * (update + 2) as f32, "{pair:?}: off by {off}");
                }
            }
        }
        assert_ne!(array.gradient_weights(), array.weights());
    }
}

/// With every cell written, a cell without a step is still programmed to the copy and must stay on a level.
#[test]
fn a_digital_copy_between_levels_leaves_cells_on_levels() {
    let levels = r#""levels": {"count": 4, "spacing": "conductance"}"#;
    for cells in ["all", "changed"] {
        let write = format!(r#""write": {{"noise": "none", "cells": "{cells}"}}"#);
        let branches = vec![Branch::Plus; 4];
        let params = ArrayParams { controller: Controller::DigitalCopy, ..params(&branches) };
        let coarse = device(&[&write, levels]);
        let mut array = CrossbarArray::new(&coarse, params, &even(4, 20, 0.0), Seed::new(1)).unwrap();
        let mut g_above_min = Vec::new();
        for update in 0..8 {
            let asked = if update % 2 == 0 { 100.0 / 1024.0 } else { 0.0 };
            array.update(&even(4, 20, asked), Seed::new(2)).unwrap();
            g_above_min.push(array.g_above_min()[(3, 19)]);
        }
        // The copy is 100, 100, 200, ... µS, the levels are 333 µS apart.
        assert_eq!(g_above_min, [0.0, 0.0, 333.0, 333.0, 333.0, 333.0, 333.0, 333.0], "{cells}");
    }
}

/// A refresh cannot restore a stuck cell: its partner keeps its state, and updates do not reset it repeatedly.
#[test]
fn pairs_with_a_stuck_cell_are_not_refreshed() {
    let stuck = device(&[r#""write": {"noise": "none"}"#, r#""faults": {"p_low_resistance": 1}"#]);
    let branches = vec![Branch::Plus; 40];
    let params = ArrayParams { pair: PairKind::PotentiationOnly, ..params(&branches) };
    let mut array = CrossbarArray::new(&stuck, params, &even(40, 20, 0.1), Seed::new(12)).unwrap();
    for update in 0..5 {
        let report = array.update(&even(40, 20, 0.01), Seed::new(15).numbered(update)).unwrap();
        assert_eq!(report.refreshed, 0);
    }
}

/// A reset ends the drift path of the last write: until its next write the cell stays at its lower end.
#[test]
fn a_reset_ends_the_path_of_the_last_write() {
    let moving = device(&[
        r#""write": {"noise": "none", "cells": "changed"}"#,
        r#""drift": {"law": "log-time", "reference_seconds": 1, "mean_microsiemens_per_ln": 0,
            "sigma_microsiemens_per_ln": 0, "sigma_microsiemens_at_reference": 10}"#,
    ]);
    let branches = vec![Branch::Plus; 40];
    let params = ArrayParams { pair: PairKind::PotentiationOnly, ..params(&branches) };
    let mut array = CrossbarArray::new(&moving, params, &even(40, 20, 500.0 / 1024.0), Seed::new(12)).unwrap();
    array.update(&even(40, 20, -100.0 / 1024.0), Seed::new(15)).unwrap();
    assert!(conductances(&array)[1].iter().any(|opposite| *opposite > 105.0), "no path of its own");
    let report = array.update(&even(40, 20, 550.0 / 1024.0), Seed::new(16)).unwrap();
    assert_eq!(report.refreshed, 800);
    assert!(conductances(&array)[1].iter().all(|opposite| *opposite == 1.0));
}

/// The study sets the noise of a weight: two written cells share it, a single written cell has all of it.
#[test]
fn study_noise_is_noise_of_the_weight_in_every_pair() {
    let sigma = 0.01 * FULL_SCALE;
    let branches = mixed_branches(200);
    let first = Matrix::from_fn(200, COLUMNS, |row, _| 0.5 * FULL_SCALE * branches[row].sign());
    for cells in ["all", "changed"] {
        let device = device(&[&format!(r#""write": {{"noise": "from-study", "cells": "{cells}"}}"#)]);
        for pair in [PairKind::OneBranch, PairKind::PushPull, PairKind::PotentiationOnly] {
            for controller in [Controller::ReadBack, Controller::DigitalCopy] {
                let params = ArrayParams { update_sigma: sigma, pair, controller, ..params(&branches) };
                let mut array = CrossbarArray::new(&device, params, &first, Seed::new(31)).expect("sound arguments");
                // A step towards 0 moves both cells away from the ends of their windows, where noise would be clipped.
                let back = Matrix::from_fn(200, COLUMNS, |row, _| -0.25 * FULL_SCALE * branches[row].sign());
                array.update(&back, Seed::new(33)).expect("a step of the array's shape");
                // Cells programmed to a copy start from it; others from their state.
                let copied = pair != PairKind::PotentiationOnly;
                let before = if copied { array.gradient_weights().clone() } else { array.weights().clone() };
                let asked = 0.001 * FULL_SCALE;
                array.update(&even(200, COLUMNS, asked), Seed::new(32)).expect("a step of the array's shape");
                let noise = array.weights().cells().zip(before.cells());
                let noise = noise.map(|(after, before)| f64::from(after - before - asked));
                let variance = f64::from(sigma) * f64::from(sigma);
                assert_normal(
                    &format!("{pair:?}, {controller:?}, {cells}"),
                    &noise.collect::<Vec<f64>>(),
                    0.0,
                    variance,
                );
            }
        }
    }
}
