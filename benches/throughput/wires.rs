//! Exact currents of driven arrays with wires.
//!
//! `peers/wires.py` has the same conductances, resistances and voltages. Drivers and sense amplifiers have the resistance
//! of one segment.

use std::hint::black_box;

use benches::test_mode;
use ohmspike_crossbar::wires::{Access, Feed, Tile, Wires, star_mesh};

use crate::{Measurement, side_by_side};

/// Resistance of a segment of a line, ohm.
const SEGMENT_OHM: f64 = 1.0;
const WIRES: Wires = Wires {
    access: Access::Driven,
    word_line_ohm_per_cell: SEGMENT_OHM,
    bit_line_ohm_per_cell: SEGMENT_OHM,
    driver_ohm: SEGMENT_OHM,
    sense_ohm: SEGMENT_OHM,
    feed: Feed::Left,
};

/// Solves arrays of `size` x `size` for `vectors` vectors each.
pub fn solutions(name: String, size: usize, vectors: usize, threads: usize) -> Vec<Measurement> {
    let (tile, volts) = (tile(size), volts(size, vectors));
    // An array of 128 x 128 takes some 30 ms.
    let arrays = if test_mode() { 1 } else { 40 * (128 / size).pow(3) };
    let seconds = side_by_side(threads, |_| {
        let (tile, volts) = (&tile, &volts);
        move || {
            for _ in 0..arrays {
                black_box(output_currents(black_box(tile), volts));
            }
        }
    });
    vec![Measurement { name, counted: "arrays", count: (threads * arrays) as u64, seconds }]
}

/// Returns the output currents of an array of `size` x `size`, µA, vector by vector.
pub fn currents(size: usize, vectors: usize) -> Vec<f64> {
    output_currents(&tile(size), &volts(size, vectors))
}

fn output_currents(tile: &Tile, volts: &[Vec<f64>]) -> Vec<f64> {
    let seen = star_mesh(tile, &WIRES).expect("valid resistances");
    let mut currents = vec![0.0; volts.len() * tile.columns()];
    for (volts, currents) in volts.iter().zip(currents.chunks_mut(tile.columns())) {
        for (volt, row) in volts.iter().zip(seen.chunks(tile.columns())) {
            for (current, conductance) in currents.iter_mut().zip(row) {
                *current += volt * conductance;
            }
        }
    }
    currents
}

/// Returns an array with conductances from 2 to 22 µS in no order.
fn tile(size: usize) -> Tile {
    let cells = (0..size * size).map(|cell| 2.0 + (cell * 7919 % 1000) as f64 / 50.0).collect();
    Tile::new(size, cells).expect("positive conductances")
}

/// Returns input voltages from 0 to 0.1 V.
fn volts(size: usize, vectors: usize) -> Vec<Vec<f64>> {
    (0..vectors).map(|vector| (0..size).map(|row| ((3 * row + 7 * vector) % 11) as f64 / 100.0).collect()).collect()
}
