//! Currents of arrays with wires, compared with badcrossbar and ngspice.
//!
//! `scripts/make_wires.py` generates `tests/validation/data/wires.json` with circuits of its own.

use ohmspike_crossbar::wires::{Access, Tile, Wires, gated_currents, solve};
use serde::Deserialize;

#[derive(Deserialize)]
struct File {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    rows: usize,
    microsiemens: Vec<f64>,
    volts: Vec<f64>,
    wires: Wires,
    ngspice_microampere: Vec<f64>,
    badcrossbar_microampere: Option<Vec<f64>>,
}

#[test]
fn currents_are_those_of_badcrossbar_and_ngspice() {
    let file: File = serde_json::from_str(include_str!("data/wires.json")).expect("the file of the script");
    let mut compared = [0; 2];
    for (number, case) in file.cases.iter().enumerate() {
        let tile = Tile::new(case.rows, case.microsiemens.clone()).expect("a tile");
        let found = match case.wires.access {
            Access::Driven => solve(&tile, &case.volts, &case.wires).expect("a circuit").currents,
            Access::Gated => gated_currents(&tile, &case.volts, &case.wires).expect("a circuit"),
        };
        // ngspice stops at its own tolerance.
        let others = [(Some(&case.ngspice_microampere), 1e-9), (case.badcrossbar_microampere.as_ref(), 1e-10)];
        for (program, (expected, bound)) in others.into_iter().enumerate() {
            let Some(expected) = expected else { continue };
            let largest = expected.iter().fold(0.0, |largest: f64, current| largest.max(current.abs()));
            compared[program] += 1;
            for (found, expected) in found.iter().zip(expected) {
                let off = (found - expected).abs() / largest;
                assert!(off < bound, "array {number}: {found} µA, expected {expected} µA ({off:e} of the largest)");
            }
        }
    }
    assert_eq!(compared, [10, 5]);
}
