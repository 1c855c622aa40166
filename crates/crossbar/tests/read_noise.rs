//! White read noise: the sum over active rows compared with separate draws per cell.

use crate::chip::{assert_normal, device, mixed_branches, normal_matrix, params};
use ohmspike_crossbar::{Branch, ColumnRead, CrossbarArray};
use ohmspike_rng::Seed;
use ohmspike_simd::Matrix;

const ROWS: usize = 30;
const COLUMNS: usize = 20;
const ACTIVE: [usize; 9] = [0, 2, 3, 7, 11, 12, 20, 28, 29];
const RELATIVE: &str = r#""read": {"white": {"noise": "relative", "sigma_percent_of_conductance": 4}}"#;
const CONSTANT: &str = r#""read": {"white": {"noise": "constant", "sigma_microsiemens": 0.5}}"#;
const TABLE: &str = r#""read": {"white": {"noise": "table", "points": [
    {"resistance_ohm": 1000, "sigma_ln_resistance": 0.1}, {"resistance_ohm": 1000000, "sigma_ln_resistance": 0.1}]}}"#;
const PARKED: &str = r#""reference_branch": {"kind": "cell", "sigma_ln_resistance": 0.4}"#;

fn array(keys: &[&str]) -> CrossbarArray {
    let branches = mixed_branches(ROWS);
    let normal = normal_matrix(Seed::new(1), ROWS, COLUMNS, 0.01);
    let first = Matrix::from_fn(ROWS, COLUMNS, |row, column| branches[row].sign() * normal[(row, column)].abs());
    CrossbarArray::new(&device(keys), params(&branches), &first, Seed::new(2)).expect("the test's own array")
}

/// Returns mean and variance of every column current in closed form, f64.
fn closed_form(array: &CrossbarArray, sigma: impl Fn(f64) -> f64, parked_is_read: bool) -> Vec<(f64, f64)> {
    let branches = mixed_branches(ROWS);
    let moments = |column| {
        ACTIVE.iter().fold((0.0, 0.0), |(mean, variance), &row| {
            let (written, parked) = array.conductance(row, column);
            let (written, parked) = (f64::from(written), f64::from(parked));
            let weight_per_microsiemens = 1.0 / 1024.0;
            let parked_sigma = if parked_is_read { sigma(parked) } else { 0.0 };
            let sign = f64::from(branches[row].sign());
            let cell =
                weight_per_microsiemens * weight_per_microsiemens * (sigma(written).powi(2) + parked_sigma.powi(2));
            (mean + sign * weight_per_microsiemens * (written - parked), variance + cell)
        })
    };
    (0..COLUMNS).map(moments).collect()
}

#[test]
fn reading_by_the_sum_equals_reading_cell_by_cell() {
    let reads = 20_000;
    for (keys, sigma, parked_is_read) in [
        (&[RELATIVE, PARKED][..], (|g| 0.04 * g) as fn(f64) -> f64, true),
        (&[RELATIVE], |g| 0.04 * g, false),
        (&[CONSTANT, PARKED], |_| 0.5, true),
        (&[CONSTANT], |_| 0.5, false),
        (&[TABLE, PARKED], |g| g * libm::exp(0.005) * libm::sqrt(libm::expm1(0.01)), true),
    ] {
        let array = array(keys);
        let expected = closed_form(&array, sigma, parked_is_read);
        let mut read = ColumnRead::new(COLUMNS);
        let mut by_sum = vec![Vec::new(); COLUMNS];
        let mut by_cell = vec![Vec::new(); COLUMNS];
        let (mut sums, mut cells) = (Seed::new(3).normals(), Seed::new(4).normals());
        for _ in 0..reads {
            read.sample(&array, &ACTIVE, &mut sums);
            for (column, sample) in by_sum.iter_mut().enumerate() {
                sample.push(f64::from(read.current()[column]));
            }
            read.sample_cells(&array, &ACTIVE, &mut cells);
            for (column, sample) in by_cell.iter_mut().enumerate() {
                sample.push(f64::from(read.current()[column]));
            }
        }
        for (column, (mean, variance)) in expected.into_iter().enumerate() {
            assert_normal("sum over rows", &by_sum[column], mean, variance);
            assert_normal("cell by cell", &by_cell[column], mean, variance);
        }
    }
}

#[test]
fn the_variance_of_a_read_includes_both_branches() {
    for keys in [&[RELATIVE, PARKED][..], &[RELATIVE]] {
        let array = array(keys);
        let variance = array.read_variance().unwrap();
        for row in 0..ROWS {
            for column in 0..COLUMNS {
                let (written, parked) = array.conductance(row, column);
                let parked = if keys.len() == 2 { f64::from(parked) } else { 0.0 };
                let scale = (0.04f64 / 1024.0).powi(2);
                let expected = scale * (f64::from(written).powi(2) + parked.powi(2));
                // Three roundings of each branch, squared, and the fraction as an f32: below 10 half units.
                let bound = 10.0 * 0.5 * f64::from(f32::EPSILON) * expected;
                assert!((f64::from(variance[(row, column)]) - expected).abs() < bound);
            }
        }
    }
}

#[test]
fn a_device_without_read_noise_returns_the_sum_of_weights() {
    let array = array(&[PARKED]);
    assert_eq!(array.read_variance(), None);
    let mut read = ColumnRead::new(COLUMNS);
    read.sample(&array, &ACTIVE, &mut Seed::new(5).normals());
    assert_eq!(read.current(), read.mean());
    let exact = read.mean().to_vec();
    read.sample_cells(&array, &ACTIVE, &mut Seed::new(5).normals());
    assert_eq!(read.current(), exact);
    read.sample(&array, &[], &mut Seed::new(5).normals());
    assert!(read.current().iter().all(|current| *current == 0.0));
}

#[test]
fn padding_of_a_read_is_zero() {
    let branches = [Branch::Plus];
    let first = Matrix::from_fn(1, COLUMNS, |_, _| 0.1);
    let array = CrossbarArray::new(&device(&[RELATIVE]), params(&branches), &first, Seed::new(6)).unwrap();
    let mut read = ColumnRead::new(COLUMNS);
    read.sample(&array, &[0], &mut Seed::new(7).normals());
    assert_eq!(read.current().len(), COLUMNS);
}

/// An open line carries no current and has no noise.
#[test]
fn open_lines_have_no_read_noise() {
    let lines = r#""faults": {"p_dead_row": 0.2, "p_dead_column": 0.2}"#;
    for noise in [CONSTANT, RELATIVE, TABLE] {
        // With cells on both sides, so that a dead row is open rather than balanced.
        let array = array(&[noise, lines, PARKED]);
        let variance = array.read_variance().expect("read noise");
        let mut open = 0;
        for row in 0..ROWS {
            for column in 0..COLUMNS {
                let (main, other) = array.conductance(row, column);
                assert_eq!(variance[(row, column)] == 0.0, main == 0.0 && other == 0.0, "row {row}, column {column}");
                open += usize::from(main == 0.0 && other == 0.0);
            }
        }
        assert!(open > 0 && open < ROWS * COLUMNS);
    }
}
