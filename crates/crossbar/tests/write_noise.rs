//! Every kind of write noise compared with its closed form.

use crate::chip::{assert_normal, assert_rate, device, draws, equal_cells, normal_below, normal_matrix, params};
use ohmspike_crossbar::{Branch, CrossbarArray};
use ohmspike_rng::Seed;
use ohmspike_simd::Matrix;

const ROWS: usize = 1000;
const COLUMNS: usize = 100;
const CELLS: u64 = (ROWS * COLUMNS) as u64;

/// Returns the conductances of equal cells of `g_above_min` µS after one update with step zero, µS.
fn written(keys: &[&str], g_above_min: f32) -> Vec<f64> {
    let mut array = equal_cells(&device(keys), ROWS, COLUMNS, g_above_min, Seed::new(1));
    array.update(&Matrix::zeros(ROWS, COLUMNS), Seed::new(2).named("write")).expect("a step of zeros");
    array.g_above_min().cells().map(|g_above_min| 1.0 + f64::from(g_above_min)).collect()
}

#[test]
fn constant_noise_is_a_gaussian_in_conductance() {
    for g_above_min in [50.0, 900.0] {
        let conductances = written(&[r#""write": {"noise": "constant", "sigma_microsiemens": 3}"#], g_above_min);
        assert_normal("constant", &conductances, 1.0 + f64::from(g_above_min), 9.0);
    }
}

#[test]
fn study_noise_is_a_gaussian_in_units_of_weight() {
    // 20 % of sigma_init = 0.001 at 1024 µS per unit of weight.
    let conductances = written(&[r#""write": {"noise": "from-study"}"#], 100.0);
    assert_normal("from-study", &conductances, 101.0, (0.0002f64 * 1024.0).powi(2));
}

#[test]
fn relative_noise_is_a_gaussian_proportional_to_the_conductance() {
    for g_above_min in [1.0, 99.0, 499.0] {
        let conductances =
            written(&[r#""write": {"noise": "relative", "sigma_percent_of_conductance": 2.5}"#], g_above_min);
        let target = 1.0 + f64::from(g_above_min);
        assert_normal("relative", &conductances, target, (0.025 * target).powi(2));
    }
}

const TABLE: &str = r#"[{"resistance_ohm": 1000, "sigma_ln_resistance": 0.01},
    {"resistance_ohm": 10000, "sigma_ln_resistance": 0.04}, {"resistance_ohm": 100000, "sigma_ln_resistance": 0.09}]"#;

/// Sigma of ln R of [`TABLE`] at `g_above_min`, in closed form: 0.04 = 0.01 x 4 and 0.09 = 0.04 x 9/4 over a decade each.
fn table_sigma(g_above_min: f64) -> f64 {
    let decades = libm::log10(1e6 / (1.0 + g_above_min)) - 3.0;
    if decades <= 1.0 { 0.01 * 4f64.powf(decades) } else { 0.04 * 2.25f64.powf(decades.min(2.0) - 1.0) }
}

#[test]
fn median_preserving_tables_are_log_normal_about_the_target() {
    // The last one is beyond the table, where its end value applies.
    for g_above_min in [700.0, 99.0, 30.0, 9.0, 1.0] {
        let key = format!(r#""write": {{"noise": "table", "points": {TABLE}}}"#);
        let target = 1.0 + f64::from(g_above_min);
        let ln: Vec<f64> = written(&[&key], g_above_min).iter().map(|g| libm::log(g / target)).collect();
        assert_normal("ln G", &ln, 0.0, table_sigma(f64::from(g_above_min)).powi(2));
    }
}

#[test]
fn mean_preserving_tables_keep_the_mean() {
    let key = format!(r#""write": {{"noise": "table", "convention": "mean-preserving", "points": {TABLE}}}"#);
    for g_above_min in [99.0, 9.0] {
        let (target, sigma) = (1.0 + f64::from(g_above_min), table_sigma(f64::from(g_above_min)));
        let conductances = written(&[&key], g_above_min);
        let ln: Vec<f64> = conductances.iter().map(|g| libm::log(g / target)).collect();
        assert_normal("ln G", &ln, -0.5 * sigma * sigma, sigma * sigma);
        let mean = conductances.iter().sum::<f64>() / CELLS as f64;
        let error = target * libm::sqrt(libm::expm1(sigma * sigma) / CELLS as f64);
        assert!((mean - target).abs() < 5.0 * error, "{mean}, expected {target} +- {error}");
    }
}

/// Compares the whole kernel cell by cell with f64 and the functions of another library, at targets across the window.
///
/// Relative error of sigma: the error of ln G (2 units of the logarithm, which is below 7, and one of G) times the
/// slope, which is ln 4 / ln 10 = 0.6 at most; the sum of slopes with 5 roundings of numbers below 5; the exponential
/// with 2. Together below 0.6 x 15 + 25 + 2 = 36 units, and one each for the scale and the products. The exponent
/// sigma z carries that error, the second exponential 2 units, the difference from 1 one; all this times G, and the
/// target has 3 roundings of its own.
#[test]
fn table_writes_agree_with_f64() {
    let key = format!(r#""write": {{"noise": "table", "points": {TABLE}}}"#);
    let (rows, columns) = (200, 37);
    let branches = vec![Branch::Plus; rows];
    let weight =
        |row: usize, column: usize| (0.05 * ohmspike_simd::exp((row * columns + column) as f32 * 0.0013)) / 1024.0;
    let first = Matrix::from_fn(rows, columns, weight);
    let mut array = CrossbarArray::new(&device(&[&key]), params(&branches), &first, Seed::new(1)).unwrap();
    let before = array.g_above_min().clone();
    let step = normal_matrix(Seed::new(3), rows, columns, 1e-4);
    let seed = Seed::new(4).named("write");
    array.update(&step, seed).unwrap();
    let draws = draws(seed, rows, columns);
    let unit = f64::from(f32::EPSILON);
    for cell in (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))) {
        let target = (f64::from(before[cell]) + 1024.0 * f64::from(step[cell])).clamp(0.0, 999.0);
        let (sigma, z) = (table_sigma(target), f64::from(draws[cell]));
        let change = libm::expm1(sigma * z);
        let expected = (target + (1.0 + target) * change).clamp(0.0, 999.0);
        let exponent_error = (sigma * z).abs() * 40.0 * unit;
        let bound = (1.0 + target) * ((1.0 + change) * (exponent_error + 2.0 * unit) + unit) + 3.0 * unit * expected;
        let written = f64::from(array.g_above_min()[cell]);
        assert!((written - expected).abs() <= bound, "{written}, expected {expected} +- {bound}");
    }
}

#[test]
fn writes_beyond_the_window_are_clipped_and_counted() {
    // Two sigma above the lower end, one below the upper end.
    for (g_above_min, low, high) in [(6.0, normal_below(-2.0), 0.0), (996.0, 0.0, normal_below(-1.0))] {
        let device = device(&[r#""write": {"noise": "constant", "sigma_microsiemens": 3}"#]);
        let mut array = equal_cells(&device, ROWS, COLUMNS, g_above_min, Seed::new(1));
        let report = array.update(&Matrix::zeros(ROWS, COLUMNS), Seed::new(5)).unwrap();
        let at = |end: f32| array.g_above_min().cells().filter(|g_above_min| *g_above_min == end).count() as u64;
        assert_eq!((report.cells_written, report.cells), (CELLS, CELLS));
        assert_eq!((report.clipped_low, report.clipped_high), (at(0.0), at(999.0)));
        for (count, rate) in [(report.clipped_low, low), (report.clipped_high, high)] {
            if rate == 0.0 { assert_eq!(count, 0) } else { assert_rate("clipped", count, CELLS, rate) }
        }
    }
}
