//! Reads of arrays with gated wires, compared with the ladder in double precision.

use crate::chip::{device, mixed_branches, normal_matrix, params};
use ohmspike_crossbar::wires::{Access, Feed, Tile, Wires, gated_currents};
use ohmspike_crossbar::{ArrayParams, Branch, ColumnRead, CrossbarArray, PairKind};
use ohmspike_rng::Seed;
use ohmspike_simd::{Instructions, Matrix};

const ROWS: usize = 150;
const COLUMNS: usize = 37;
const PARKED: &str = r#""reference_branch": {"kind": "cell", "sigma_ln_resistance": 0.4}"#;

/// Wires of a device file and of the library.
fn wires(line: f64, ends: f64) -> (String, Wires) {
    let keys = format!(
        r#""wires": {{"access": "gated", "word_line_ohm_per_cell": {line}, "bit_line_ohm_per_cell": {}, "driver_ohm": {ends},
        "sense_ohm": {}}}"#,
        2.0 * line,
        3.0 * ends
    );
    let wires = Wires {
        access: Access::Gated,
        word_line_ohm_per_cell: line,
        bit_line_ohm_per_cell: 2.0 * line,
        driver_ohm: ends,
        sense_ohm: 3.0 * ends,
        feed: Feed::Left,
    };
    (keys, wires)
}

fn array(keys: &[&str], params: ArrayParams, branches: &[Branch]) -> CrossbarArray {
    let normal = normal_matrix(Seed::new(1), ROWS, COLUMNS, 0.2);
    let first = Matrix::from_fn(ROWS, COLUMNS, |row, column| branches[row].sign() * normal[(row, column)].abs());
    CrossbarArray::new(&device(keys), params, &first, Seed::new(2)).expect("the test's own array")
}

/// Returns the column sums of `array` through `wires` in tiles of `tile_rows`, in double precision, and the sums of the
/// currents of both branches.
fn expected(array: &CrossbarArray, wires: &Wires, tile_rows: usize, active: &[usize]) -> [Vec<f64>; 2] {
    let weight_per_microsiemens = f64::from(array.mapping().weight_per_microsiemens());
    let [mut sums, mut both] = [vec![0.0; COLUMNS], vec![0.0; COLUMNS]];
    for first in (0..ROWS).step_by(tile_rows) {
        let rows = first..(first + tile_rows).min(ROWS);
        let volts: Vec<f64> = rows.clone().map(|row| f64::from(u8::from(active.contains(&row)))).collect();
        for (branch, sign) in [(0, 1.0), (1, -1.0)] {
            let cells = rows
                .clone()
                .flat_map(|row| (0..COLUMNS).map(move |column| f64::from(array.plus_and_minus(row, column)[branch])));
            let tile = Tile::new(rows.len(), cells.collect()).expect("positive conductances");
            let currents = gated_currents(&tile, &volts, wires).expect("valid wires");
            for (column, current) in currents.into_iter().enumerate() {
                sums[column] += sign * weight_per_microsiemens * current;
                both[column] += weight_per_microsiemens * current;
            }
        }
    }
    [sums, both]
}

/// From wires that cost little to wires that cost nearly everything, with one to all rows on.
#[test]
fn sums_are_those_of_the_ladder() {
    let branches = mixed_branches(ROWS);
    let one = params(&branches);
    let all: Vec<usize> = (0..ROWS).collect();
    let few = [3, 4, 40, 77, 149];
    for (line, ends) in [(0.3, 50.0), (0.0, 200.0), (5.0, 0.5), (300.0, 1e5)] {
        let (keys, wires) = wires(line, ends);
        let tiles = r#""converters": {"tile_rows": 64}"#;
        for (name, array, tile_rows) in [
            ("ideal reference", array(&[&keys], one, &branches), ROWS),
            ("reference cells", array(&[&keys, PARKED], one, &branches), ROWS),
            ("tiles", array(&[&keys, PARKED, tiles], one, &branches), 64),
            ("push-pull", array(&[&keys], ArrayParams { pair: PairKind::PushPull, ..one }, &branches), ROWS),
        ] {
            for active in [&all[..], &few, &[149], &[0]] {
                let mut read = ColumnRead::new(COLUMNS);
                read.moments(&array, active);
                let [sums, both] = expected(&array, &wires, tile_rows, active);
                for ((found, sum), both) in read.mean().iter().zip(sums).zip(both) {
                    // Each of up to 300 sums is rounded to f32.
                    let error = (f64::from(*found) - sum).abs() / both;
                    assert!(error < 3e-6, "{name}, {line} ohm, {} rows: {found}, {sum}, {both}", active.len());
                }
            }
        }
    }
}

/// A weight of 1 through 100 ohm: 1 / (1 + 100 ohm times 1024 µS).
#[test]
fn the_loss_of_one_cell_is_that_of_a_divider() {
    let (keys, _) = wires(0.0, 25.0);
    let branches = [Branch::Plus; 1];
    let weights = Matrix::from_fn(1, 1, |_, _| 0.5);
    let array = CrossbarArray::new(&device(&[&keys]), params(&branches), &weights, Seed::new(1)).expect("valid");
    let mut read = ColumnRead::new(1);
    read.moments(&array, &[0]);
    // Branches of 513 µS and 1 µS; 1024 µS per unit of weight.
    let divided = |microsiemens: f64| microsiemens / (1.0 + 1e-4 * microsiemens) / 1024.0;
    assert!((f64::from(read.mean()[0]) - (divided(513.0) - divided(1.0))).abs() < 1e-6, "{:?}", read.mean());
}

#[test]
fn sums_do_not_depend_on_the_instructions() {
    let branches = mixed_branches(ROWS);
    let (keys, _) = wires(300.0, 1e5);
    let array = array(&[&keys, PARKED], params(&branches), &branches);
    let active: Vec<usize> = (0..ROWS).filter(|row| row % 3 != 1).collect();
    let sums = |instructions: Instructions| {
        instructions.use_for_all().expect("available instructions");
        let mut read = ColumnRead::new(COLUMNS);
        read.moments(&array, &active);
        read.mean().iter().map(|mean| mean.to_bits()).collect::<Vec<u32>>()
    };
    let all: Vec<Vec<u32>> = Instructions::available().map(sums).collect();
    assert!(all.windows(2).all(|pair| pair[0] == pair[1]) && all[0].iter().any(|bits| *bits != 0));
}
