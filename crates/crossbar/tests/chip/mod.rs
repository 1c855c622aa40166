//! Small chips for tests: devices from a few JSON keys, and arrays of equal cells.

use ohmspike_crossbar::device::Device;
use ohmspike_crossbar::{ArrayParams, Branch, CrossbarArray};
use ohmspike_rng::Seed;
use ohmspike_simd::{Block, Matrix};

/// Initial weight spread of the tests that need one, the noise study's own.
pub const SIGMA_INIT: f32 = 0.001;
/// Full scale that makes κ 2^-10 per µS in the window of [`device`].
pub const FULL_SCALE: f32 = 999.0 / 1024.0;

/// Creates a device between 1 kohm and 1 Mohm with further `keys` of a device file.
pub fn device(keys: &[&str]) -> Device {
    let window = r#""window": {"low_resistance_ohm": 1000, "high_resistance_ohm": 1000000}"#;
    let text = keys.iter().fold(format!(r#"{{"name": "test", {window}"#), |text, key| format!("{text}, {key}"));
    Device::from_json(&format!("{text}}}")).expect("the test's own device")
}

/// Parameters of an array: full scale 999/1024, update noise of 20 % of σ_init.
pub fn params(branches: &[Branch]) -> ArrayParams<'_> {
    ArrayParams { update_sigma: 0.2 * SIGMA_INIT, ..ArrayParams::new(FULL_SCALE, branches) }
}

/// Counts reads of `array` in time steps with these active rows.
pub fn count_reads(array: &mut CrossbarArray, steps: &[&[usize]]) {
    let mut reads = array.row_reads();
    steps.iter().for_each(|active| reads.add_step(active.iter().copied()));
    array.count_reads(&reads);
}

/// Every third row on the minus branch.
pub fn mixed_branches(rows: usize) -> Vec<Branch> {
    (0..rows).map(|row| if row % 3 == 2 { Branch::Minus } else { Branch::Plus }).collect()
}

/// Creates an array of cells on the plus branch at `g_above_min` µS above Gmin.
pub fn equal_cells(device: &Device, rows: usize, columns: usize, g_above_min: f32, chip: Seed) -> CrossbarArray {
    let branches = vec![Branch::Plus; rows];
    let weights = Matrix::from_fn(rows, columns, |_, _| g_above_min / 1024.0);
    CrossbarArray::new(device, params(&branches), &weights, chip).expect("the test's own array")
}

/// Standard normals of `seed` in the layout of an array.
pub fn draws(seed: Seed, rows: usize, columns: usize) -> Matrix {
    let mut draws = Matrix::zeros(rows, columns);
    seed.normals().fill(draws.blocks_mut());
    draws
}

/// Normal numbers times `scale`.
pub fn normal_matrix(seed: Seed, rows: usize, columns: usize, scale: f32) -> Matrix {
    let draws = draws(seed, rows, columns);
    Matrix::from_fn(rows, columns, |row, column| scale * draws[(row, column)])
}

/// Asserts that `sample` has the mean and variance given, within five standard errors of a normal.
pub fn assert_normal(what: &str, sample: &[f64], mean: f64, variance: f64) {
    let n = sample.len() as f64;
    let sample_mean = sample.iter().sum::<f64>() / n;
    let sample_variance = sample.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
    let mean_error = (variance / n).sqrt();
    let variance_error = variance * (2.0 / n).sqrt();
    assert!((sample_mean - mean).abs() < 5.0 * mean_error, "{what}: mean {sample_mean}, {mean} +- {mean_error}");
    assert!(
        (sample_variance - variance).abs() < 5.0 * variance_error,
        "{what}: variance {sample_variance}, {variance} +- {variance_error}"
    );
}

/// Asserts that the fraction `count` of `n` is `rate`, within five standard errors.
pub fn assert_rate(what: &str, count: u64, n: u64, rate: f64) {
    let (fraction, error) = (count as f64 / n as f64, (rate * (1.0 - rate) / n as f64).sqrt());
    assert!((fraction - rate).abs() < 5.0 * error, "{what}: {fraction}, expected {rate} +- {error}");
}

/// Probability that a standard normal lies below `x`.
pub fn normal_below(x: f64) -> f64 {
    0.5 * libm::erfc(-x / std::f64::consts::SQRT_2)
}

/// Returns true if the lanes past the last column are zero.
pub fn padding_is_zero(matrix: &Matrix) -> bool {
    let width = matrix.row_blocks();
    let columns = matrix.columns();
    let padding = |(number, block): (usize, &Block)| {
        let first = (number % width) * ohmspike_simd::LANES;
        (0..ohmspike_simd::LANES).all(|lane| first + lane < columns || block[lane] == 0.0)
    };
    matrix.blocks().iter().enumerate().all(padding)
}

/// The cells of a matrix in f64.
pub fn values(matrix: &Matrix) -> Vec<f64> {
    matrix.cells().map(f64::from).collect()
}

/// The same `step` for every cell.
pub fn even(rows: usize, columns: usize, step: f32) -> Matrix {
    Matrix::from_fn(rows, columns, |_, _| step)
}

/// Mean of a sample.
pub fn mean(sample: &[f64]) -> f64 {
    sample.iter().sum::<f64>() / sample.len() as f64
}

/// Asserts that the mean of `sample`, with variance `variance`, is `expected` within five standard errors.
pub fn assert_mean(what: &str, sample: &[f64], expected: f64, variance: f64) {
    let (found, error) = (mean(sample), (variance / sample.len() as f64).sqrt());
    assert!((found - expected).abs() < 5.0 * error, "{what}: mean {found}, expected {expected} +- {error}");
}

/// Asserts that two samples of standardised numbers are not correlated: a coefficient of 0 with standard error 1 / sqrt(n).
pub fn assert_uncorrelated(what: &str, one: &[f64], other: &[f64]) {
    let n = one.len() as f64;
    let [mean_one, mean_other] = [one, other].map(mean);
    let sum = |f: &dyn Fn(f64, f64) -> f64| -> f64 {
        one.iter().zip(other).map(|(one, other)| f(one - mean_one, other - mean_other)).sum()
    };
    let coefficient = sum(&|a, b| a * b) / libm::sqrt(sum(&|a, _| a * a) * sum(&|_, b| b * b));
    assert!(coefficient.abs() < 5.0 / n.sqrt(), "{what}: correlation {coefficient}, expected 0 +- {}", 1.0 / n.sqrt());
}

/// Conductances of the main and of the opposite branches as a read sees them, µS, row by row.
pub fn conductances(array: &CrossbarArray) -> [Vec<f64>; 2] {
    let places = (0..array.rows()).flat_map(|row| (0..array.columns()).map(move |column| (row, column)));
    let pairs = places.map(|(row, column)| array.conductance(row, column));
    pairs.map(|(main, other)| (f64::from(main), f64::from(other))).unzip().into()
}
