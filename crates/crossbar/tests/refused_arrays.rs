//! Everything that an array cannot be built from, and what is said of it.

mod chip;

use chip::{device, even, params};
use ohmspike_crossbar::{ArrayParams, Branch, ConductanceMap, CrossbarArray, FaultMap, PairKind};
use ohmspike_rng::Seed;
use ohmspike_simd::Matrix;

const BRANCHES: [Branch; 2] = [Branch::Plus, Branch::Minus];
const STUDY: &str = r#""write": {"noise": "from-study"}"#;

fn refusal(params: ArrayParams, first: &Matrix) -> String {
    CrossbarArray::new(&device(&[STUDY]), params, first, Seed::new(1))
        .expect_err("what no array can be built from")
        .to_string()
}

#[test]
fn weights_at_gmax_without_a_meaning_are_refused() {
    for (weight_at_gmax, said) in
        [(0.0, "0"), (-1.0, "-1"), (f32::NAN, "NaN"), (f32::INFINITY, "inf"), (1e-40, "0.0000")]
    {
        let message = refusal(ArrayParams { weight_at_gmax, ..params(&BRANCHES) }, &Matrix::zeros(2, 3));
        assert!(message.starts_with(&format!("weight_at_gmax: got {said}")), "{message}");
        assert!(
            message.ends_with(", must be a positive number that f32 can hold per µS of a 999 µS window"),
            "{message}"
        );
    }
}

#[test]
fn signs_that_are_not_one_a_row_are_refused() {
    for (branches, rows) in [(0, 2), (1, 2), (2, 3)] {
        let message = refusal(params(&BRANCHES[..branches]), &Matrix::zeros(rows, 3));
        assert_eq!(message, format!("branches: got {branches}, must be one for each of {rows} rows"));
    }
}

#[test]
fn arrays_without_cells_are_refused() {
    for (rows, columns) in [(0, 3), (2, 0), (0, 0)] {
        let message = refusal(params(&BRANCHES), &Matrix::zeros(rows, columns));
        assert_eq!(message, format!("array: got {rows} rows and {columns} columns, must have at least one of each"));
    }
}

#[test]
fn spreads_without_a_meaning_are_refused() {
    for (scale, said) in [(-0.5, "-0.5"), (f32::NAN, "NaN"), (f32::INFINITY, "inf"), (2e6, "2000000")] {
        let message = refusal(ArrayParams { write_spread_scale: scale, ..params(&BRANCHES) }, &Matrix::zeros(2, 3));
        assert_eq!(message, format!("write_spread_scale: got {said}, must be a number from 0 to 1000000"));
    }
    for (update_sigma, said) in [(-1.0, "-1"), (f32::NAN, "NaN"), (f32::INFINITY, "inf")] {
        let message = refusal(ArrayParams { update_sigma, ..params(&BRANCHES) }, &Matrix::zeros(2, 3));
        let allowed = "must be a number from 0 up to 1e30 µS of conductance";
        assert_eq!(message, format!("update_sigma: got {said}, {allowed}"));
    }
    // 1e28 per unit of weight are 1e31 µS.
    let message = refusal(ArrayParams { update_sigma: 1e28, ..params(&BRANCHES) }, &Matrix::zeros(2, 3));
    assert!(message.starts_with("update_sigma: got 1000000000"), "{message}");
}

#[test]
fn weights_that_are_no_numbers_are_refused() {
    for (value, said) in [(f32::NAN, "NaN"), (f32::INFINITY, "inf"), (f32::NEG_INFINITY, "-inf")] {
        let mut first = Matrix::zeros(2, 3);
        first[(1, 2)] = value;
        let message = refusal(params(&BRANCHES), &first);
        assert_eq!(message, format!("weights: got {said} in row 1, column 2, must be a finite number"));
    }
}

#[test]
fn conductances_of_another_array_are_refused() {
    for (rows, columns) in [(3, 2), (2, 2), (1, 3)] {
        let map = even(rows, columns, 5.0);
        let message = refusal(ArrayParams { conductances: Some(&map), ..params(&BRANCHES) }, &Matrix::zeros(2, 3));
        assert_eq!(message, format!("conductances: got {rows} x {columns}, must be 2 x 3 like the array"));
    }
    let mut map = even(2, 3, 5.0);
    map[(1, 0)] = f32::NAN;
    let message = refusal(ArrayParams { conductances: Some(&map), ..params(&BRANCHES) }, &Matrix::zeros(2, 3));
    assert_eq!(message, "conductances: got NaN in row 1, column 0, must be a finite number");
    let map = even(2, 3, 5.0);
    let pushed = ArrayParams { conductances: Some(&map), pair: PairKind::PushPull, ..params(&BRANCHES) };
    let expected = "conductances: a map of the main branch, must come with one-branch pairs, got push-pull";
    assert_eq!(refusal(pushed, &Matrix::zeros(2, 3)), expected);
    let ragged = ConductanceMap::from_csv("1 2 3", 2, 3, None, &device(&[]).window).unwrap_err().to_string();
    assert_eq!(ragged, "map: got 1 x 3 cells, must be 2 x 3 like the array");
}

/// A map made for a larger array had ended in a panic, far from its cause.
#[test]
fn faults_of_a_larger_array_are_refused() {
    let window = device(&[]).window;
    let allowed = "must be one of the 2 x 3 of the array";
    for (text, rows, columns, place) in [
        ("ok ok ok ok\nok ok ok open", 2, 4, "row 1, column 3"),
        ("unit microsiemens\nok ok ok\nok ok ok\nok 42 ok", 3, 3, "row 2, column 1"),
    ] {
        let map = FaultMap::from_csv(text, rows, columns, None, &window).unwrap();
        let message = refusal(ArrayParams { faults: Some(&map), ..params(&BRANCHES) }, &Matrix::zeros(2, 3));
        assert_eq!(message, format!("faults: got a stuck cell in {place}, {allowed}"));
    }
    let dead = device(&[r#""faults": {"p_dead_row": 1}"#]);
    let map = dead.faults.draw(&window, 3, 3, Seed::new(1));
    let message = refusal(ArrayParams { faults: Some(&map), ..params(&BRANCHES) }, &Matrix::zeros(2, 3));
    assert_eq!(message, format!("faults: got a stuck cell in row 2, column 0, {allowed}"));
}

#[test]
fn steps_of_another_array_are_refused() {
    let mut array = CrossbarArray::new(&device(&[]), params(&BRANCHES), &Matrix::zeros(2, 3), Seed::new(1)).unwrap();
    for (rows, columns) in [(3, 3), (2, 2)] {
        let message = array.update(&Matrix::zeros(rows, columns), Seed::new(2)).unwrap_err().to_string();
        assert_eq!(message, format!("step: got {rows} x {columns}, must be 2 x 3 like the array"));
    }
}
