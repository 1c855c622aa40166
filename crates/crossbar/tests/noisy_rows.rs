//! Write noise and faults in the rows of one sign alone.

use crate::chip::{FULL_SCALE, device, normal_matrix, params};
use ohmspike_crossbar::{ArrayParams, Branch, CrossbarArray, NoisyRows};
use ohmspike_rng::Seed;
use ohmspike_simd::Matrix;

const ROWS: usize = 24;
const COLUMNS: usize = 37;

fn is_positive(row: usize) -> bool {
    row < 16
}

fn branches() -> Vec<Branch> {
    (0..ROWS).map(|row| if is_positive(row) { Branch::Plus } else { Branch::Minus }).collect()
}

/// Builds an array with half of full scale in every cell, and writes it once without a step.
fn written(sections: &[&str], noisy_rows: NoisyRows) -> CrossbarArray {
    let branches = branches();
    let half = |row: usize, _| if is_positive(row) { 0.5 * FULL_SCALE } else { -0.5 * FULL_SCALE };
    let params = ArrayParams { noisy_rows, ..params(&branches) };
    let initial = Matrix::from_fn(ROWS, COLUMNS, half);
    let mut array = CrossbarArray::new(&device(sections), params, &initial, Seed::new(1)).expect("sound arguments");
    array.update(&Matrix::zeros(ROWS, COLUMNS), Seed::new(2)).expect("a finite step");
    array
}

/// Fraction of the cells of each sign, positive first, that are not at half of full scale.
fn moved(array: &CrossbarArray) -> [f64; 2] {
    [true, false].map(|positive| {
        let rows = (0..ROWS).filter(|row| is_positive(*row) == positive);
        let cells = rows.flat_map(|row| (0..COLUMNS).map(move |column| (row, column)));
        let off: Vec<bool> =
            cells.map(|cell| (array.weights()[cell].abs() - 0.5 * FULL_SCALE).abs() > 1e-3 * FULL_SCALE).collect();
        off.iter().filter(|off| **off).count() as f64 / off.len() as f64
    })
}

#[test]
fn only_the_noisy_rows_have_write_noise() {
    for noise in [
        r#""write": {"noise": "constant", "sigma_microsiemens": 40}"#,
        r#""write": {"noise": "relative", "sigma_percent_of_conductance": 10}"#,
        r#""write": {"noise": "table", "points": [{"resistance_ohm": 1000, "sigma_ln_resistance": 0.1},
                                                  {"resistance_ohm": 1000000, "sigma_ln_resistance": 0.1}]}"#,
        r#""write": {"noise": "constant", "sigma_microsiemens": 40}, "device_to_device": {"write_spread_sigma_ln": 0.3}"#,
    ] {
        let [both, positive, negative] =
            [NoisyRows::All, NoisyRows::Positive, NoisyRows::Negative].map(|rows| written(&[noise], rows));
        assert!(moved(&both).iter().all(|moved| *moved > 0.9), "{noise}: {:?}", moved(&both));
        assert!(moved(&positive)[0] > 0.9 && moved(&positive)[1] == 0.0, "{noise}: {:?}", moved(&positive));
        assert!(moved(&negative)[1] > 0.9 && moved(&negative)[0] == 0.0, "{noise}: {:?}", moved(&negative));
        // The draws of a cell do not depend on the noisy rows.
        for row in 0..ROWS {
            let same = if is_positive(row) { &positive } else { &negative };
            for column in 0..COLUMNS {
                assert_eq!(both.weights()[(row, column)], same.weights()[(row, column)], "{noise}");
            }
        }
    }
}

/// 888 cells with a fault rate of 30 %: the smaller set of rows, 296 cells, has 89 ± 8.
#[test]
fn only_the_noisy_rows_have_faults() {
    let faults = [r#""faults": {"p_high_resistance": 0.3}"#];
    let both = moved(&written(&faults, NoisyRows::All));
    for (rows, place) in [(NoisyRows::Positive, 0), (NoisyRows::Negative, 1)] {
        let found = moved(&written(&faults, rows));
        assert_eq!((found[place], found[1 - place]), (both[place], 0.0));
        assert!((0.2..0.4).contains(&found[place]), "{found:?}");
    }
}

/// Updates of random size stay exact in all other rows.
#[test]
fn other_rows_follow_their_updates_exactly() {
    let noise = r#""write": {"noise": "constant", "sigma_microsiemens": 40}"#;
    let step = normal_matrix(Seed::new(3), ROWS, COLUMNS, 0.05 * FULL_SCALE);
    let mut array = written(&[noise], NoisyRows::Positive);
    let before = array.weights().clone();
    array.update(&step, Seed::new(4)).expect("a finite step");
    for row in (0..ROWS).filter(|row| !is_positive(*row)) {
        for column in 0..COLUMNS {
            let expected = (before[(row, column)] + step[(row, column)]).clamp(-FULL_SCALE, 0.0);
            assert!((array.weights()[(row, column)] - expected).abs() < 1e-5 * FULL_SCALE);
        }
    }
}
