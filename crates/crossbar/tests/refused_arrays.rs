//! Invalid inputs of an array, and their messages.

use crate::chip::{device, even, params};
use ohmspike_crossbar::{ArrayParams, Branch, ConductanceMap, CrossbarArray, FaultMap, PairKind};
use ohmspike_rng::Seed;
use ohmspike_simd::Matrix;

const BRANCHES: [Branch; 2] = [Branch::Plus, Branch::Minus];
const STUDY: &str = r#""write": {"noise": "from-study"}"#;

fn refusal(params: ArrayParams, first: &Matrix) -> String {
    CrossbarArray::new(&device(&[STUDY]), params, first, Seed::new(1)).expect_err("invalid input").to_string()
}

#[test]
fn rejects_invalid_weights_at_gmax() {
    for (weight_at_gmax, said) in
        [(0.0, "0"), (-1.0, "-1"), (f32::NAN, "NaN"), (f32::INFINITY, "inf"), (1e-40, "0.0000")]
    {
        let message = refusal(ArrayParams { weight_at_gmax, ..params(&BRANCHES) }, &Matrix::zeros(2, 3));
        assert!(message.contains(&format!(", got {said}")), "{message}");
        assert!(
            message
                .starts_with("weight_at_gmax: expected a positive number that fits into f32 per µS of a 999 µS window"),
            "{message}"
        );
    }
}

#[test]
fn rejects_a_number_of_signs_other_than_rows() {
    for (branches, rows) in [(0, 2), (1, 2), (2, 3)] {
        let message = refusal(params(&BRANCHES[..branches]), &Matrix::zeros(rows, 3));
        assert_eq!(message, format!("branches: expected one per row ({rows}), got {branches}"));
    }
}

#[test]
fn rejects_arrays_without_cells() {
    for (rows, columns) in [(0, 3), (2, 0), (0, 0)] {
        let message = refusal(params(&BRANCHES), &Matrix::zeros(rows, columns));
        assert_eq!(
            message,
            format!("array: expected at least 1 row and 1 column, got {rows} x {columns} (rows x columns)")
        );
    }
}

#[test]
fn rejects_invalid_write_noise() {
    for (scale, said) in [(-0.5, "-0.5"), (f32::NAN, "NaN"), (f32::INFINITY, "inf"), (2e6, "2000000")] {
        let message = refusal(ArrayParams { write_spread_scale: scale, ..params(&BRANCHES) }, &Matrix::zeros(2, 3));
        assert_eq!(message, format!("write_spread_scale: expected 0 to 1e6, got {said}"));
    }
    for (update_sigma, said) in [(-1.0, "-1"), (f32::NAN, "NaN"), (f32::INFINITY, "inf")] {
        let message = refusal(ArrayParams { update_sigma, ..params(&BRANCHES) }, &Matrix::zeros(2, 3));
        assert_eq!(message, format!("update_sigma: expected 0 to 9.76e26 in units of weight, got {said}"));
    }
    // The limit is 1e30 µS, and FULL_SCALE spans 999 µS: 1e30 x FULL_SCALE / 999 in units of weight, 9.766e26 rounded down.
    let message = refusal(ArrayParams { update_sigma: 1e28, ..params(&BRANCHES) }, &Matrix::zeros(2, 3));
    assert!(message.starts_with("update_sigma: expected 0 to 9.76e26 in units of weight, got 1"), "{message}");
    // Ten times the noise leaves a tenth of the limit.
    let scaled = ArrayParams { update_sigma: 5e26, write_spread_scale: 10.0, ..params(&BRANCHES) };
    let message = refusal(scaled, &Matrix::zeros(2, 3));
    assert!(message.starts_with("update_sigma: expected 0 to 9.76e25 in units of weight, got 5"), "{message}");
}

#[test]
fn rejects_weights_that_are_not_finite() {
    for (value, said) in [(f32::NAN, "NaN"), (f32::INFINITY, "inf"), (f32::NEG_INFINITY, "-inf")] {
        let mut first = Matrix::zeros(2, 3);
        first[(1, 2)] = value;
        let message = refusal(params(&BRANCHES), &first);
        assert_eq!(message, format!("weights: expected finite numbers, got {said} in row 1, column 2"));
    }
}

#[test]
fn rejects_conductances_of_another_shape() {
    for (rows, columns) in [(3, 2), (2, 2), (1, 3)] {
        let map = even(rows, columns, 5.0);
        let message = refusal(ArrayParams { conductances: Some(&map), ..params(&BRANCHES) }, &Matrix::zeros(2, 3));
        assert_eq!(message, format!("conductances: expected 2 x 3, got {rows} x {columns} (rows x columns)"));
    }
    let mut map = even(2, 3, 5.0);
    map[(1, 0)] = f32::NAN;
    let message = refusal(ArrayParams { conductances: Some(&map), ..params(&BRANCHES) }, &Matrix::zeros(2, 3));
    assert_eq!(message, "conductances: expected finite numbers, got NaN in row 1, column 0");
    let map = even(2, 3, 5.0);
    let pushed = ArrayParams { conductances: Some(&map), pair: PairKind::PushPull, ..params(&BRANCHES) };
    let expected = "conductances: a map of the main branch requires one-branch pairs, got push-pull pairs";
    assert_eq!(refusal(pushed, &Matrix::zeros(2, 3)), expected);
    let ragged = ConductanceMap::from_csv("1 2 3", 2, 3, None, &device(&[]).window).unwrap_err().to_string();
    assert_eq!(ragged, "expected 2 x 3, got 1 x 3 (rows x columns)");
}

/// A fault map of a larger array is an error, not a panic in a later write.
#[test]
fn rejects_faults_of_a_larger_array() {
    let window = device(&[]).window;
    let expected = "faults: expected cells of an array of 2 x 3 (rows x columns)";
    for (text, rows, columns, place) in [
        ("ok ok ok ok\nok ok ok open", 2, 4, "row 1, column 3"),
        ("unit microsiemens\nok ok ok\nok ok ok\nok 42 ok", 3, 3, "row 2, column 1"),
    ] {
        let map = FaultMap::from_csv(text, rows, columns, None, &window).unwrap();
        let message = refusal(ArrayParams { faults: Some(&map), ..params(&BRANCHES) }, &Matrix::zeros(2, 3));
        assert_eq!(message, format!("{expected}, got {place}"));
    }
    let dead = device(&[r#""faults": {"p_dead_row": 1}"#]);
    let map = dead.faults.draw(&window, 3, 3, Seed::new(1));
    let message = refusal(ArrayParams { faults: Some(&map), ..params(&BRANCHES) }, &Matrix::zeros(2, 3));
    assert_eq!(message, format!("{expected}, got row 2, column 0"));
}

#[test]
fn rejects_updates_of_another_shape() {
    let mut array = CrossbarArray::new(&device(&[]), params(&BRANCHES), &Matrix::zeros(2, 3), Seed::new(1)).unwrap();
    for (rows, columns) in [(3, 3), (2, 2)] {
        let message = array.update(&Matrix::zeros(rows, columns), Seed::new(2)).unwrap_err().to_string();
        assert_eq!(message, format!("update: expected 2 x 3, got {rows} x {columns} (rows x columns)"));
    }
}
