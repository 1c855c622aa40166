//! Laws of arrays with wires: closed forms, superposition, reciprocity, conservation of energy, and a nodal analysis of
//! the netlist.

use std::collections::BTreeMap;

use nalgebra::{DMatrix, DVector};
use ohmspike_crossbar::wires::{
    Access, Feed, Tile, Wires, WiresError, gated_currents, gated_fractions, netlist, solve, star_mesh, transfer,
};
use ohmspike_simd::Instructions;
use proptest::prelude::*;

const WIRES: Wires = Wires {
    access: Access::Driven,
    word_line_ohm_per_cell: 2.0,
    bit_line_ohm_per_cell: 3.0,
    driver_ohm: 150.0,
    sense_ohm: 80.0,
    feed: Feed::Left,
};

fn tile(rows: usize, cells: &[f64]) -> Tile {
    Tile::new(rows, cells.to_vec()).expect("a valid tile")
}

fn close(found: f64, expected: f64, bound: f64) -> bool {
    (found - expected).abs() <= bound * expected.abs().max(1e-3)
}

/// Solves the circuit of a netlist by modified nodal analysis in double precision; returns the currents into the sense
/// amplifiers, µA.
fn nodal(netlist: &str) -> Vec<f64> {
    let mut nodes: BTreeMap<String, usize> = BTreeMap::new();
    let (mut resistors, mut sources) = (Vec::new(), Vec::new());
    for line in netlist.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let ([name, from, to, value], true) = (&words[..], line.starts_with(['R', 'V'])) else { continue };
        let mut node = |name: &str| {
            let next = nodes.len();
            (name != "0").then(|| *nodes.entry(name.to_owned()).or_insert(next))
        };
        let part = (node(from), node(to), value.parse::<f64>().expect("a number"), (*name).to_owned());
        if name.starts_with('R') { resistors.push(part) } else { sources.push(part) }
    }
    let size = nodes.len() + sources.len();
    let (mut matrix, mut right) = (DMatrix::<f64>::zeros(size, size), DVector::<f64>::zeros(size));
    for (from, to, ohm, _) in &resistors {
        for (node, other) in [(from, to), (to, from)] {
            let Some(node) = *node else { continue };
            matrix[(node, node)] += 1.0 / ohm;
            if let Some(other) = *other {
                matrix[(node, other)] -= 1.0 / ohm;
            }
        }
    }
    for (number, (from, to, volts, _)) in sources.iter().enumerate() {
        let current = nodes.len() + number;
        for (node, sign) in [(from, 1.0), (to, -1.0)] {
            let Some(node) = *node else { continue };
            matrix[(node, current)] += sign;
            matrix[(current, node)] += sign;
        }
        right[current] = *volts;
    }
    let solved = matrix.lu().solve(&right).expect("a connected circuit");
    let sensed = sources.iter().enumerate().filter(|(_, source)| source.3.starts_with("Vsense"));
    sensed.map(|(number, _)| 1e6 * solved[nodes.len() + number]).collect()
}

fn array() -> impl Strategy<Value = (Tile, Vec<f64>, Wires)> {
    let ohm = || prop_oneof![1 => Just(0.0), 4 => 0.01..50.0f64];
    let lines = (ohm(), ohm(), 1.0..1000.0f64, 1.0..1000.0f64, any::<bool>());
    (1..6usize, 1..6usize, lines).prop_flat_map(|(rows, columns, lines)| {
        let cells = prop::collection::vec(prop_oneof![1 => Just(0.0), 6 => 1.0..1000.0f64], rows * columns);
        let volts = prop::collection::vec(-0.3..0.3f64, rows);
        let (word_line_ohm_per_cell, bit_line_ohm_per_cell, driver_ohm, sense_ohm, both) = lines;
        let feed = if both { Feed::Both } else { Feed::Left };
        let wires = Wires {
            word_line_ohm_per_cell,
            bit_line_ohm_per_cell,
            driver_ohm,
            sense_ohm,
            feed,
            access: Access::Driven,
        };
        (cells, volts).prop_map(move |(cells, volts)| (tile(rows, &cells), volts, wires))
    })
}

#[test]
fn one_cell_is_a_series_circuit() {
    // 0.2 V over 150 + 1000 + 80 ohm.
    let expected = 0.2e6 / 1230.0;
    for feed in [Feed::Left, Feed::Both] {
        let wires = Wires { feed, ..WIRES };
        let found = solve(&tile(1, &[1000.0]), &[0.2], &wires).expect("a circuit").currents[0];
        let expected = if feed == Feed::Both { 0.2e6 / 1155.0 } else { expected };
        assert!(close(found, expected, 1e-12), "{found} µA, expected {expected} µA");
    }
    let gated = gated_currents(&tile(1, &[1000.0]), &[0.2], &WIRES).expect("a circuit");
    assert!(close(gated[0], expected, 1e-12));
}

proptest! {
    #[test]
    fn driven_arrays_agree_with_a_nodal_analysis_of_their_netlist((tile, volts, wires) in array()) {
        let found = solve(&tile, &volts, &wires).expect("a circuit").currents;
        let text = netlist(&tile, &volts, &wires).expect("a circuit");
        for (found, expected) in found.iter().zip(nodal(&text)) {
            prop_assert!(close(*found, expected, 1e-9), "{found} µA, expected {expected} µA");
        }
    }

    #[test]
    fn gated_arrays_agree_with_a_nodal_analysis_of_their_netlist(
        (tile, volts, wires) in array(),
    ) {
        let wires = Wires { access: Access::Gated, ..wires };
        let volts: Vec<f64> = volts.iter().map(|volts| if *volts > 0.0 { 0.2 } else { 0.0 }).collect();
        prop_assume!(volts.iter().any(|volts| *volts > 0.0));
        let found = gated_currents(&tile, &volts, &wires).expect("a circuit");
        let text = netlist(&tile, &volts, &wires).expect("a circuit");
        for (found, expected) in found.iter().zip(nodal(&text)) {
            prop_assert!(close(*found, expected, 1e-9), "{found} µA, expected {expected} µA");
        }
    }

    #[test]
    fn currents_of_inputs_add_up((tile, volts, wires) in array()) {
        let all = solve(&tile, &volts, &wires).expect("a circuit").currents;
        let mut sum = vec![0.0; tile.columns()];
        for (row, own) in volts.iter().enumerate() {
            let mut one = vec![0.0; tile.rows()];
            one[row] = *own;
            let currents = solve(&tile, &one, &wires).expect("a circuit").currents;
            sum.iter_mut().zip(currents).for_each(|(sum, current)| *sum += current);
        }
        let seen = transfer(&tile, &wires).expect("a circuit");
        for (column, sum) in sum.iter().enumerate() {
            let of_cells = volts.iter().enumerate().map(|(row, volts)| volts * seen[row * tile.columns() + column]);
            prop_assert!(close(of_cells.sum(), *sum, 1e-9), "column {column}");
        }
        for (all, sum) in all.iter().zip(sum) {
            prop_assert!(close(*all, sum, 1e-9), "{all} µA together, {sum} µA one by one");
        }
    }

    #[test]
    fn the_star_mesh_agrees_with_the_block_elimination((tile, _, wires) in array()) {
        let expected = transfer(&tile, &wires).expect("a circuit");
        for (found, expected) in star_mesh(&tile, &wires).expect("a circuit").into_iter().zip(expected) {
            prop_assert!(close(found, expected, 1e-9), "{found} µS, expected {expected} µS");
        }
    }

    #[test]
    fn cells_of_a_gated_array_add_up_to_its_currents((tile, volts, wires) in array()) {
        let wires = Wires { access: Access::Gated, ..wires };
        let volts: Vec<f64> = volts.iter().map(|volts| if *volts > 0.0 { 0.2 } else { 0.0 }).collect();
        let currents = gated_currents(&tile, &volts, &wires).expect("a circuit");
        let seen = gated_fractions(&tile, &volts, &wires).expect("a circuit");
        for (column, current) in currents.into_iter().enumerate() {
            let of_row = |row: usize| volts[row] * tile.row(row)[column] * seen[row * tile.columns() + column];
            prop_assert!(close((0..tile.rows()).map(of_row).sum(), current, 1e-9), "column {column}");
        }
        prop_assert!(seen.iter().all(|seen| (0.0..=1.0).contains(seen)));
    }

    /// The current of input i at output j is that of input j at output i, with the array mirrored at its other diagonal.
    #[test]
    fn arrays_are_reciprocal((tile, _, wires) in array()) {
        let wires = Wires { feed: Feed::Left, ..wires };
        let (rows, columns) = (tile.rows(), tile.columns());
        let mirrored: Vec<f64> = (0..columns)
            .flat_map(|row| (0..rows).map(move |column| (rows - 1 - column, columns - 1 - row)))
            .map(|(row, column)| tile.row(row)[column])
            .collect();
        let turned = Wires {
            word_line_ohm_per_cell: wires.bit_line_ohm_per_cell,
            bit_line_ohm_per_cell: wires.word_line_ohm_per_cell,
            driver_ohm: wires.sense_ohm,
            sense_ohm: wires.driver_ohm,
            ..wires
        };
        let mirrored = Tile::new(columns, mirrored).expect("a valid tile");
        let unit = |size: usize, at: usize| (0..size).map(|place| f64::from(u8::from(place == at))).collect::<Vec<f64>>();
        for row in 0..rows {
            let forward = solve(&tile, &unit(rows, row), &wires).expect("a circuit").currents;
            for (column, forward) in forward.iter().enumerate() {
                let back = solve(&mirrored, &unit(columns, columns - 1 - column), &turned).expect("a circuit");
                prop_assert!(close(*forward, back.currents[rows - 1 - row], 1e-9));
            }
        }
    }

    /// The power of the drivers is lost in drivers, lines, cells and sense amplifiers.
    #[test]
    fn energy_is_conserved((tile, volts, wires) in array()) {
        prop_assume!(wires.word_line_ohm_per_cell > 0.0 && wires.bit_line_ohm_per_cell > 0.0);
        let wires = Wires { feed: Feed::Left, ..wires };
        let (rows, columns) = (tile.rows(), tile.columns());
        let solved = solve(&tile, &volts, &wires).expect("a circuit");
        let word = |row: usize, column: usize| solved.word_line_volts[row * columns + column];
        let bit = |row: usize, column: usize| solved.bit_line_volts[row * columns + column];
        let lost = |volts: f64, ohm: f64| volts * volts / ohm;
        let (mut supplied, mut used) = (0.0, 0.0);
        for (row, input) in volts.iter().enumerate() {
            let over = input - word(row, 0);
            supplied += input * over / wires.driver_ohm;
            used += lost(over, wires.driver_ohm);
            for column in 0..columns {
                used += 1e-6 * tile.row(row)[column] * (word(row, column) - bit(row, column)).powi(2);
                if column > 0 {
                    used += lost(word(row, column) - word(row, column - 1), wires.word_line_ohm_per_cell);
                }
                if row > 0 {
                    used += lost(bit(row, column) - bit(row - 1, column), wires.bit_line_ohm_per_cell);
                }
            }
        }
        used += (0..columns).map(|column| lost(bit(rows - 1, column), wires.sense_ohm)).sum::<f64>();
        // The voltage over a driver is a difference of nearly equal voltages.
        let rounding = 1e-14 * volts.iter().map(|volts| lost(*volts, wires.driver_ohm)).sum::<f64>();
        prop_assert!((supplied - used).abs() <= 1e-9 * used + rounding, "{supplied} W supplied, {used} W used");
    }
}

/// Blocks of many cells, with panels of more nodes than are eliminated together, for all instructions.
#[test]
fn large_star_meshes_are_exact_and_have_the_same_bits_everywhere() {
    let cells: Vec<f64> =
        (0..150 * 90).map(|cell| if cell % 11 == 0 { 0.0 } else { 1.0 + (cell * 7919 % 500) as f64 }).collect();
    let tile = tile(150, &cells);
    for feed in [Feed::Left, Feed::Both] {
        let wires = Wires { feed, ..WIRES };
        let expected = transfer(&tile, &wires).expect("a circuit");
        let mut bits = None;
        for instructions in Instructions::available() {
            instructions.use_for_all().expect("available instructions");
            let found = star_mesh(&tile, &wires).expect("a circuit");
            for (found, expected) in found.iter().zip(&expected) {
                assert!(close(*found, *expected, 1e-9), "{found} µS, expected {expected} µS");
            }
            let found: Vec<u64> = found.into_iter().map(f64::to_bits).collect();
            assert!(*bits.get_or_insert_with(|| found.clone()) == found, "{instructions}");
        }
    }
}

/// Without any resistance, every cell is seen whole; with resistances twelve decades apart, no digits are lost.
#[test]
fn star_meshes_hold_for_extreme_resistances() {
    let none =
        Wires { word_line_ohm_per_cell: 0.0, bit_line_ohm_per_cell: 0.0, driver_ohm: 0.0, sense_ohm: 0.0, ..WIRES };
    let cells = [3.0, 700.0, 0.0, 55.0, 1.0, 20.0];
    let array = tile(2, &cells);
    for (found, cell) in star_mesh(&array, &none).expect("a circuit").into_iter().zip(cells) {
        assert!((found - cell).abs() <= 1e-12 * 700.0, "{found} µS, expected {cell} µS");
    }
    // One cell of 1 Gohm between lines of 1 µohm: 1 / (1 + 3e-3).
    let one = Wires { driver_ohm: 1e6, sense_ohm: 2e6, word_line_ohm_per_cell: 1e-6, ..WIRES };
    let found = star_mesh(&tile(1, &[1e-3]), &one).expect("a circuit")[0];
    assert!((found / (1e-3 / 1.003) - 1.0).abs() < 1e-14, "{found} µS");
    let told = star_mesh(&array, &Wires { sense_ohm: -1.0, ..none }).expect_err("negative").to_string();
    assert_eq!(told, "wires.sense_ohm: expected 0 to 1000000000 ohm, got -1");
}

/// 784 x 100 equal cells, 1 ohm per cell, ends of 100 ohm, every driven row at the read voltage, or 13 gated rows. A driven
/// array loses half of its currents, a gated one hardly any.
#[test]
fn sparse_spikes_protect_gated_arrays_alone() {
    let wires =
        Wires { word_line_ohm_per_cell: 1.0, bit_line_ohm_per_cell: 1.0, driver_ohm: 100.0, sense_ohm: 100.0, ..WIRES };
    // 13 active rows, evenly spaced; a source line without resistance.
    let volts: Vec<f64> = (0..784).map(|row| if row % 60 == 30 { 0.1 } else { 0.0 }).collect();
    let plane = Wires { word_line_ohm_per_cell: 0.0, driver_ohm: 0.001, access: Access::Gated, ..wires };
    // Median, lowest and highest of the rows; gated. An independent solver has 0.55 (0.44 to 0.86) and 0.988 for the cells of
    // a trained network near 2.6 µS, and 0.18 and 0.93 near 17 µS.
    for (microsiemens, driven, gated) in [(2.6, [0.545, 0.454, 0.852], 0.988), (17.0, [0.146, 0.064, 0.595], 0.926)] {
        let tile = tile(784, &[microsiemens; 78_400]);
        let seen = transfer(&tile, &wires).expect("a circuit");
        let mut rows: Vec<f64> = seen.chunks(100).map(|row| row.iter().sum::<f64>() / (100.0 * microsiemens)).collect();
        rows.sort_by(f64::total_cmp);
        for (found, expected) in [rows[392], rows[0], rows[783]].into_iter().zip(driven) {
            assert!((found - expected).abs() < 0.001, "driven: {found}, expected {expected}");
        }
        let current = gated_currents(&tile, &volts, &plane).expect("a circuit")[0];
        let found = current / (0.1 * 13.0 * microsiemens);
        assert!((found - gated).abs() < 0.001, "gated: {found}, expected {gated}");
    }
}

#[test]
fn absurd_wires_and_inputs_are_refused() {
    let small = tile(1, &[1.0, 2.0]);
    let told = |wires: Wires| solve(&small, &[0.1], &wires).expect_err("absurd").to_string();
    for (wires, expected) in [
        (
            Wires { driver_ohm: 0.0, sense_ohm: 0.0, ..WIRES },
            "wires.driver_ohm: expected 0.001 to 1000000000 ohm, got 0",
        ),
        (Wires { sense_ohm: 0.0, ..WIRES }, "wires.sense_ohm: expected 0.001 to 1000000000 ohm, got 0"),
        (
            Wires { word_line_ohm_per_cell: -1.0, ..WIRES },
            "wires.word_line_ohm_per_cell: expected 0 to 1000000000 ohm, got -1",
        ),
        (
            Wires { bit_line_ohm_per_cell: 1e12, ..WIRES },
            "wires.bit_line_ohm_per_cell: expected 0 to 1000000000 ohm, got 1000000000000",
        ),
        (Wires { driver_ohm: f64::NAN, ..WIRES }, "wires.driver_ohm: expected 0.001 to 1000000000 ohm, got NaN"),
    ] {
        assert_eq!(told(wires), expected);
        assert_eq!(gated_currents(&small, &[0.1], &wires).expect_err("absurd").to_string(), expected);
        assert_eq!(netlist(&small, &[0.1], &wires).expect_err("absurd").to_string(), expected);
    }
    assert_eq!(solve(&small, &[0.1, 0.2], &WIRES), Err(WiresError::Inputs { rows: 1, inputs: 2 }));
    assert!(matches!(solve(&small, &[f64::NAN], &WIRES), Err(WiresError::Voltage { row: 1, .. })));
    let two = tile(2, &[1.0, 2.0]);
    let gates = gated_currents(&two, &[0.1, 0.2], &WIRES);
    assert_eq!(gates, Err(WiresError::Gates { first: 0.1, other: 0.2 }));
    assert_eq!(gated_currents(&two, &[0.0, 0.0], &WIRES), Ok(vec![0.0]));
    assert_eq!(Tile::new(2, vec![1.0; 3]), Err(WiresError::Empty));
    assert_eq!(
        Tile::new(1, vec![1.0, -2.0]).expect_err("negative").to_string(),
        "conductance of row 1, column 2: expected 0 to 1000000 µS, got -2 µS"
    );
    let large = Tile::new(1000, vec![1.0; 1_000_000]).expect("valid");
    let told = solve(&large, &[0.0; 1000], &WIRES).expect_err("large").to_string();
    assert!(
        told.starts_with("array of 1000 x 1000: the exact solution needs 7.5 GiB of memory, expected at most 4 GiB")
    );
}
