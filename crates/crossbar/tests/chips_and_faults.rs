//! Quantities drawn once per chip or measured on one: window ends, gains, noise factors, faults, initial conductances.

use crate::chip::{
    assert_mean, assert_normal, assert_rate, assert_uncorrelated, conductances, count_reads, device, draws,
    equal_cells, even, mixed_branches, normal_matrix, params, values,
};
use ohmspike_crossbar::device::Device;
use ohmspike_crossbar::{ArrayParams, Branch, ConductanceMap, CrossbarArray, FaultMap, PairKind};
use ohmspike_rng::Seed;
use ohmspike_simd::Matrix;

const ROWS: usize = 500;
const COLUMNS: usize = 40;
const CELLS: u64 = (ROWS * COLUMNS) as u64;
const EXACT: &str = r#""write": {"noise": "none"}"#;
const SCHEMES: [&str; 4] = [
    EXACT,
    r#""write": {"noise": "relative", "sigma_percent_of_conductance": 30}"#,
    r#""write": {"noise": "constant", "sigma_microsiemens": 50, "scheme": "pulsed", "pulses": {"law": "soft-bounds",
        "up_step_percent_of_window": 1, "down_step_percent_of_window": 1, "cycle_sigma_percent_of_step": 50}}"#,
    r#""write": {"noise": "constant", "sigma_microsiemens": 50, "scheme": "verify",
        "verify": {"window_microsiemens": 10, "tries": 3}}"#,
];
const FAULTS: &str = r#""faults": {"p_low_resistance": 0.05, "p_high_resistance": 0.03, "p_stuck_random": 0.1}"#;

fn plus_rows(device: &Device, faults: Option<&FaultMap>, columns: usize, rows: usize) -> CrossbarArray {
    let branches = vec![Branch::Plus; rows];
    let params = ArrayParams { faults, ..params(&branches) };
    CrossbarArray::new(device, params, &even(rows, columns, 300.0 / 1024.0), Seed::new(1)).expect("sound arguments")
}

/// Guards against a published defect: measured fault rates that stay at zero in the array.
#[test]
fn measured_faults_are_applied() {
    for branches in [[Branch::Plus; ROWS], [Branch::Minus; ROWS]] {
        let first = even(ROWS, COLUMNS, branches[0].sign() * 300.0 / 1024.0);
        let array = CrossbarArray::new(&device(&[EXACT, FAULTS]), params(&branches), &first, Seed::new(1)).unwrap();
        let g_above_min = values(array.g_above_min());
        let count =
            |of: &dyn Fn(f64) -> bool| g_above_min.iter().filter(|g_above_min| of(**g_above_min)).count() as u64;
        assert_rate("low resistance", count(&|g_above_min| g_above_min == 999.0), CELLS, 0.05);
        assert_rate("high resistance", count(&|g_above_min| g_above_min == 0.0), CELLS, 0.03);
        let anywhere = count(&|g_above_min| g_above_min != 999.0 && g_above_min != 0.0 && g_above_min != 300.0);
        assert_rate("anywhere", anywhere, CELLS, 0.1);
        let decade = count(&|g_above_min| (9.0..99.0).contains(&g_above_min));
        assert_rate("second decade", decade, anywhere, 1.0 / 3.0);
        assert!(array.weights().cells().all(|weight| weight * branches[0].sign() >= 0.0));
    }
}

#[test]
fn stuck_cells_keep_their_conductance_in_every_scheme_and_pair() {
    for pair in [PairKind::OneBranch, PairKind::PushPull, PairKind::PotentiationOnly] {
        for scheme in SCHEMES {
            let branches = mixed_branches(60);
            let params = ArrayParams { pair, ..params(&branches) };
            let faulty =
                device(&[scheme, r#""faults": {"p_stuck_random": 0.2, "p_dead_column": 0.1, "p_dead_row": 0.1}"#]);
            let first = normal_matrix(Seed::new(2), 60, 37, 0.4);
            let mut array = CrossbarArray::new(&faulty, params, &first, Seed::new(1)).unwrap();
            let before = conductances(&array);
            let map = faulty.faults.draw(&faulty.window, 60, 37, Seed::new(1).named("faults"));
            for update in 0..4 {
                let step = normal_matrix(Seed::new(3).numbered(update), 60, 37, 0.2);
                array.update(&step, Seed::new(4).numbered(update)).unwrap();
            }
            let after = conductances(&array);
            let mut moved = 0;
            for (plus, list) in [(true, map.plus()), (false, map.minus())] {
                for stuck in list {
                    let main = (branches[stuck.row] == Branch::Plus) == plus;
                    if pair == PairKind::OneBranch && (!main || map.dead_rows().contains(&stuck.row)) {
                        continue;
                    }
                    let (side, cell) = (usize::from(!main), stuck.row * 37 + stuck.column);
                    assert_eq!(after[side][cell], before[side][cell], "{pair:?}, {scheme}");
                    // The conductance above Gmin is rounded once, and so is the sum.
                    let bound = f64::from(f32::EPSILON * stuck.conductance);
                    assert!((after[side][cell] - f64::from(stuck.conductance)).abs() <= bound);
                }
            }
            for (before, after) in before[0].iter().zip(&after[0]) {
                moved += usize::from(before != after);
            }
            assert!(moved > 1000, "{moved} cells moved");
        }
    }
}

#[test]
fn a_dead_column_carries_no_current_in_its_branch() {
    let faults = r#""faults": {"p_dead_column": 0.2}"#;
    let faulty = device(&[EXACT, faults]);
    let map = faulty.faults.draw(&faulty.window, 60, 200, Seed::new(1).named("faults"));
    let branches = mixed_branches(60);
    let first = normal_matrix(Seed::new(2), 60, 200, 0.4);
    let params = ArrayParams { pair: PairKind::PushPull, ..params(&branches) };
    let mut array = CrossbarArray::new(&faulty, params, &first, Seed::new(1)).unwrap();
    array.update(&normal_matrix(Seed::new(3), 60, 200, 0.1), Seed::new(4)).unwrap();
    let dead = [map.plus(), map.minus()].map(|list| -> Vec<bool> {
        let columns = list.iter().filter(|stuck| stuck.row == 0).map(|stuck| stuck.column).collect::<Vec<_>>();
        (0..200).map(|column| columns.contains(&column)).collect()
    });
    for (row, sign) in branches.iter().enumerate() {
        for (column, dead) in dead[0].iter().zip(&dead[1]).enumerate() {
            let (main, other) = array.conductance(row, column);
            let (plus, minus) = if *sign == Branch::Plus { (main, other) } else { (other, main) };
            assert_eq!((plus == 0.0, minus == 0.0), (*dead.0, *dead.1));
        }
    }
    for list in dead {
        assert_rate("dead columns", list.into_iter().filter(|dead| *dead).count() as u64, 200, 0.2);
    }
}

#[test]
fn a_dead_row_has_zero_weight_in_every_pair() {
    let parked = r#""reference_branch": {"kind": "cell", "sigma_ln_resistance": 0.3}"#;
    let faults = r#""faults": {"p_dead_row": 0.3}"#;
    for pair in [PairKind::OneBranch, PairKind::PushPull, PairKind::PotentiationOnly] {
        for keys in [&[EXACT, faults][..], &[EXACT, faults, parked]] {
            let branches = mixed_branches(100);
            let first = Matrix::from_fn(100, 37, |row, _| 0.3 * branches[row].sign());
            let params = ArrayParams { pair, ..params(&branches) };
            let faulty = device(keys);
            let mut array = CrossbarArray::new(&faulty, params, &first, Seed::new(1)).unwrap();
            array.update(&even(100, 37, 1e-3), Seed::new(4)).unwrap();
            let map = faulty.faults.draw(&faulty.window, 100, 37, Seed::new(1).named("faults"));
            assert!(map.dead_rows().len() > 10);
            for row in 0..100 {
                let dead = map.dead_rows().contains(&row);
                assert!((0..37).all(|column| (array.weights()[(row, column)] == 0.0) == dead), "{pair:?}, row {row}");
            }
        }
    }
}

#[test]
fn a_measured_fault_map_replaces_drawn_faults() {
    let faulty = device(&[EXACT, FAULTS]);
    let text = "unit microsiemens\nok low-resistance ok\nopen ok 42.5\n";
    let map = FaultMap::from_csv(text, 20, 12, Some((2, 3)), &faulty.window).unwrap();
    let mut array = plus_rows(&faulty, Some(&map), 12, 20);
    array.update(&even(20, 12, 10.0 / 1024.0), Seed::new(2)).unwrap();
    for row in 0..20 {
        for column in 0..12 {
            let expected = [[311.0, 1000.0, 311.0], [0.0, 311.0, 42.5]][row % 2][column % 3];
            assert_eq!(array.conductance(row, column), (expected, 1.0));
        }
    }
    // On the minus branch, the minus cell is written.
    let branches = [Branch::Minus; 20];
    let params = ArrayParams { faults: Some(&map), ..params(&branches) };
    let array = CrossbarArray::new(&faulty, params, &even(20, 12, -300.0 / 1024.0), Seed::new(1)).unwrap();
    assert_eq!((array.conductance(0, 1).0, array.conductance(1, 0).0), (1000.0, 0.0));
    assert_eq!(array.weights()[(0, 1)], -999.0 / 1024.0);
    // A map without faults is a chip without faults.
    let none = FaultMap::default();
    assert!(plus_rows(&faulty, Some(&none), 12, 20).g_above_min().cells().all(|g_above_min| g_above_min == 300.0));
}

#[test]
fn a_measured_conductance_map_is_the_initial_state() {
    let text = "unit siemens\n1.5e-4 2e-5\n5e-3 0\n";
    let map = ConductanceMap::from_csv(text, 4, 6, Some((2, 2)), &device(&[EXACT]).window).unwrap();
    let branches = mixed_branches(4);
    let params = ArrayParams { conductances: Some(&map), ..params(&branches) };
    let array = CrossbarArray::new(&device(&[EXACT]), params, &Matrix::zeros(4, 6), Seed::new(1)).unwrap();
    for row in 0..4 {
        for column in 0..6 {
            let expected = [[150.0, 20.0], [1000.0, 1.0]][row % 2][column % 2];
            assert_eq!(array.conductance(row, column), (expected, 1.0));
            assert_eq!(array.weights()[(row, column)], branches[row].sign() * (expected - 1.0) / 1024.0);
        }
    }
    let report = array.initial_report();
    assert_eq!((report.clipped_low, report.clipped_high), (6, 6));
}

const SPREADS: &str = r#""device_to_device": {"low_resistance_sigma_ln": 0.2, "high_resistance_sigma_ln": 0.3, "step_gain": "log-normal",
    "step_gain_sigma": 0.2, "up_down_sigma": 0.05, "write_spread_sigma_ln": 0.4}"#;

/// Returns the window ends of the cells: huge steps leave a noise-free cell there.
fn ends(array: &CrossbarArray) -> [Vec<f64>; 2] {
    [-1e3, 1e3].map(|step| {
        let mut array = array.clone();
        array.update(&even(array.rows(), array.columns(), step), Seed::new(9)).expect("sound arguments");
        values(array.g_above_min()).iter().map(|g_above_min| 1.0 + g_above_min).collect()
    })
}

#[test]
fn the_ends_of_the_window_are_log_normal_and_bound_every_cell() {
    let spread = r#""device_to_device": {"low_resistance_sigma_ln": 0.2, "high_resistance_sigma_ln": 0.3}"#;
    let quiet = equal_cells(&device(&[EXACT, spread]), ROWS, COLUMNS, 300.0, Seed::new(1));
    let [low, high] = ends(&quiet);
    let ln = |ends: &[f64], nominal: f64| ends.iter().map(|end| libm::log(end / nominal)).collect::<Vec<_>>();
    let logarithms = [ln(&low, 1.0), ln(&high, 1000.0)];
    assert_normal("ln G_low", &logarithms[0], 0.0, 0.09);
    assert_normal("ln G_high", &logarithms[1], 0.0, 0.04);
    assert_uncorrelated("ends", &logarithms[0], &logarithms[1]);
    // The same chip written with noise: no cell leaves its own window, and many are clipped at its ends.
    let noisy = device(&[r#""write": {"noise": "constant", "sigma_microsiemens": 500}"#, spread]);
    let mut array = equal_cells(&noisy, ROWS, COLUMNS, 300.0, Seed::new(1));
    let mut at_ends = [0, 0];
    for update in 0..4 {
        array.update(&Matrix::zeros(ROWS, COLUMNS), Seed::new(5).numbered(update)).unwrap();
        for (g_above_min, (low, high)) in values(array.g_above_min()).iter().zip(low.iter().zip(&high)) {
            let conductance = 1.0 + g_above_min;
            assert!(*low <= conductance && conductance <= *high);
            at_ends[0] += u32::from(conductance == *low);
            at_ends[1] += u32::from(conductance == *high);
        }
    }
    assert!(at_ends.iter().all(|count| *count > 10_000), "{at_ends:?}");
}

/// sigma f z with f = exp(s z'): the logarithm of the variance of one cell over many writes has a standard deviation of
/// 2 s.
#[test]
fn write_noise_has_a_factor_per_cell() {
    let spread = r#""device_to_device": {"write_spread_sigma_ln": 0.4}"#;
    let noisy = device(&[r#""write": {"noise": "constant", "sigma_microsiemens": 1}"#, spread]);
    let mut array = equal_cells(&noisy, ROWS, COLUMNS, 500.0, Seed::new(1));
    array.update(&Matrix::zeros(ROWS, COLUMNS), Seed::new(5)).unwrap();
    let drawn = draws(Seed::new(5), ROWS, COLUMNS);
    // Rounding dominates for draws near zero; above 0.1, a unit of 512 is 6e-4.
    let changed = array.g_above_min().cells().zip(drawn.cells()).filter(|(_, draw)| draw.abs() > 0.1);
    let ln: Vec<_> = changed.map(|(g_above_min, draw)| libm::log(f64::from((g_above_min - 500.0) / draw))).collect();
    assert_normal("ln factor", &ln, 0.0, 0.16);
    // The factor is constant: the next write has the same one.
    let before = array.g_above_min().clone();
    array.update(&Matrix::zeros(ROWS, COLUMNS), Seed::new(6)).unwrap();
    let second = draws(Seed::new(6), ROWS, COLUMNS);
    for (cell, (after, before)) in array.g_above_min().cells().zip(before.cells()).enumerate() {
        let (row, column) = (cell / COLUMNS, cell % COLUMNS);
        let (one, other) = (drawn[(row, column)], second[(row, column)]);
        // Two roundings of numbers below 512 on either side.
        let bound = 1e-4 * (1.0 + (other / one).abs());
        assert!(((after - before) - (before - 500.0) * other / one).abs() <= bound);
    }
}

/// Studies nest chips, writes and repeats: a chip does not depend on the seeds of its writes.
#[test]
fn a_chip_depends_on_its_seed_alone() {
    let chip = device(&[EXACT, SPREADS, FAULTS]);
    let made = |seed| equal_cells(&chip, ROWS, COLUMNS, 300.0, Seed::new(seed));
    let gains = |array: &CrossbarArray, seed| {
        let mut array = array.clone();
        array.update(&even(ROWS, COLUMNS, 10.0 / 1024.0), Seed::new(seed)).unwrap();
        values(array.g_above_min())
    };
    let (one, same, other) = (made(1), made(1), made(2));
    assert_eq!(ends(&one), ends(&same));
    assert_eq!(gains(&one, 3), gains(&same, 4));
    assert_ne!(ends(&one), ends(&other));
    assert_ne!(gains(&one, 3), gains(&other, 3));
    // Different write seeds of one chip write different noise.
    let noisy = device(&[r#""write": {"noise": "constant", "sigma_microsiemens": 3}"#, SPREADS, FAULTS]);
    let array = equal_cells(&noisy, ROWS, COLUMNS, 300.0, Seed::new(1));
    assert_ne!(gains(&array, 3), gains(&array, 4));
    assert_eq!(gains(&array, 3), gains(&array, 3));
}

/// `add` applies the gain to the requested step: median 1 of a log-normal gain, asymmetry of mean 0.
#[test]
fn gains_scale_the_steps_of_add() {
    let spread = r#""device_to_device": {"step_gain": "log-normal", "step_gain_sigma": 0.2}"#;
    let mut array = equal_cells(&device(&[EXACT, spread]), ROWS, COLUMNS, 500.0, Seed::new(1));
    array.update(&even(ROWS, COLUMNS, 100.0 / 1024.0), Seed::new(2)).unwrap();
    let ln: Vec<_> =
        values(array.g_above_min()).iter().map(|g_above_min| libm::log((g_above_min - 500.0) / 100.0)).collect();
    assert_normal("ln gain", &ln, 0.0, 0.04);
    assert_mean("gain", &ln.iter().map(|ln| libm::exp(*ln)).collect::<Vec<_>>(), libm::exp(0.02), 0.05);
}

/// Clipping rates count only cells that can move.
#[test]
fn stuck_cells_do_not_count_as_clipped() {
    for scheme in ["", r#", "scheme": "verify", "verify": {"window_microsiemens": 5, "tries": 3}"#] {
        let write = format!(r#""write": {{"noise": "constant", "sigma_microsiemens": 3{scheme}}}"#);
        let stuck = device(&[write.as_str(), r#""faults": {"p_stuck_random": 1}"#]);
        let mut array = equal_cells(&stuck, 50, 40, 500.0, Seed::new(1));
        let report = array.update(&even(50, 40, 10.0 / 1024.0), Seed::new(2)).unwrap();
        assert_eq!((report.cells_written, report.clipped_low, report.clipped_high), (2000, 0, 0), "{scheme}");
    }
}

/// A dead row is not driven: its pairs are read without noise and without conductance.
#[test]
fn a_dead_row_has_neither_noise_nor_energy() {
    let read = r#""read": {"white": {"noise": "constant", "sigma_microsiemens": 2}}"#;
    let dead = device(&[read, r#""faults": {"p_dead_row": 1}"#]);
    let mut array = equal_cells(&dead, 10, 20, 400.0, Seed::new(1));
    assert!(array.weights().cells().all(|weight| weight == 0.0));
    assert!(array.read_variance().unwrap().cells().all(|variance| variance == 0.0));
    let rows: Vec<usize> = (0..10).collect();
    count_reads(&mut array, &[&rows, &rows, &[], &rows]);
    let ledger = array.take_ledger();
    assert_eq!((ledger.row_reads, ledger.read_conductance), (30, 0.0));
}
