//! Noisy reads and pulsed updates of an array.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};

use benches::test_mode;
use ohmspike_crossbar::device::Device;
use ohmspike_crossbar::{ArrayParams, Branch, ColumnRead, CrossbarArray};
use ohmspike_rng::Seed;
use ohmspike_simd::Matrix;

use crate::{COLUMNS, Measurement, ROWS, side_by_side};

/// Vectors read in turn.
const VECTORS: usize = 256;

/// Reads all columns of an array with read noise of 1 % of the conductance, with different `active` rows for each read.
pub fn noisy_reads(name: String, active: usize, threads: usize) -> Vec<Measurement> {
    let read = r#""read": { "white": { "noise": "relative", "sigma_percent_of_conductance": 1 } }"#;
    let array = array(read, &Matrix::from_fn(ROWS, COLUMNS, |row, column| ((row + column) % 16) as f32 / 16.0));
    let vectors: Vec<Vec<usize>> = (0..VECTORS).map(|vector| rows(vector, active)).collect();
    let rounds = if test_mode() { 1 } else { 200_000 / active };
    let seconds = side_by_side(threads, |thread| {
        let (array, vectors) = (&array, &vectors);
        let mut normals = Seed::new(1).numbered(thread as u64).normals();
        let mut read = ColumnRead::new(COLUMNS);
        move || {
            for active in (0..rounds).flat_map(|_| vectors) {
                read.sample(array, black_box(active), &mut normals);
                black_box(read.current());
            }
        }
    });
    let count = (threads * rounds * VECTORS) as u64;
    vec![Measurement { name, counted: "reads", count, seconds }]
}

/// Returns `active` rows, distributed over the array and different for every vector.
pub fn rows(vector: usize, active: usize) -> Vec<usize> {
    (0..active).map(|place| (place * ROWS / active + 37 * vector) % ROWS).collect()
}

/// Updates with an average of one and a half pulses per cell, alternating up and down; counted in cells and in pulses.
pub fn pulsed_updates(name: String, law: &str, threads: usize) -> Vec<Measurement> {
    let write = format!(
        r#""write": {{ "noise": "none", "cells": "changed", "scheme": "pulsed", "pulses": {{ "law": "{law}",
        "up_step_percent_of_window": 0.1, "down_step_percent_of_window": 0.1, "cycle_sigma_percent_of_step": 30 }} }}"#
    );
    let half_on = Matrix::from_fn(ROWS, COLUMNS, |_, _| 0.5);
    let steps = [1.5e-3, -1.5e-3].map(|step| Matrix::from_fn(ROWS, COLUMNS, |_, _| step));
    let updates = if test_mode() { 1 } else { 1000 };
    let pulses = AtomicU64::new(0);
    let seconds = side_by_side(threads, |thread| {
        let (mut array, steps, pulses) = (array(&write, &half_on), &steps, &pulses);
        let seed = Seed::new(1).numbered(thread as u64);
        move || {
            for update in 0..updates {
                let step = black_box(&steps[update % 2]);
                let report = array.update(step, seed.numbered(update as u64)).expect("a finite step");
                pulses.fetch_add(report.pulses, Ordering::Relaxed);
            }
        }
    });
    let cells = (threads * updates * ROWS * COLUMNS) as u64;
    [("cells", cells), ("pulses", pulses.into_inner())]
        .map(|(counted, count)| Measurement { name: name.clone(), counted, count, seconds })
        .into()
}

/// Creates an array with `weights` between 1 kΩ and 1 MΩ for a device with `part`.
fn array(part: &str, weights: &Matrix) -> CrossbarArray {
    let window = r#""window": { "low_resistance_ohm": 1000, "high_resistance_ohm": 1000000 }"#;
    let device = Device::from_json(&format!(r#"{{ "name": "bench", {window}, {part} }}"#)).expect("a device");
    let branches = vec![Branch::Plus; weights.rows()];
    CrossbarArray::new(&device, ArrayParams::new(1.0, &branches), weights, Seed::new(1)).expect("the weights fit")
}
