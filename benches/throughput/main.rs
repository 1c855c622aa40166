//! Measures Ohmspike for the comparison with other programs and prints a table of counts and seconds.
//!
//! `peers/run.py` runs this in turn with the other programs. `--epochs N` sets the number of measured epochs per trial.
//! An argument without dashes selects measurements by part of their name.

#![allow(clippy::print_stdout)] // The output is the measurement.

use std::hint::black_box;
use std::sync::Barrier;
use std::thread;
use std::time::Instant;

use benches::{Stage, largest_data_set, number, test_mode, wanted};
use ohmspike_crossbar::device::Device;
use ohmspike_crossbar::{ArrayParams, Branch, ColumnRead, CrossbarArray};
use ohmspike_rng::Seed;
use ohmspike_simd::Matrix;

/// Cores of the reference machine: number of parallel trials, and threads of every other program.
const THREADS: usize = 2;
const ROWS: usize = 784;
const COLUMNS: usize = 100;
/// Active rows of a read: the mean over active steps of an image, and a dense vector.
const ACTIVE: [usize; 2] = [13, 300];
/// Vectors read in turn.
const VECTORS: usize = 256;

/// An operation that was done `count` times in `seconds`.
struct Measurement {
    name: String,
    counted: &'static str,
    count: u64,
    seconds: f64,
}

fn main() {
    println!("name,counted,count,seconds");
    for threads in [1, THREADS] {
        measure(format!("training: {threads} at a time"), |name| training(name, threads));
    }
    for active in ACTIVE {
        for threads in [1, THREADS] {
            measure(format!("noisy read: {active} active of {ROWS} x {COLUMNS}: {threads} at a time"), |name| {
                noisy_reads(name, active, threads)
            });
        }
    }
    for law in ["constant", "soft-bounds"] {
        for threads in [1, THREADS] {
            let name = format!("pulsed update: {law} of {ROWS} x {COLUMNS}: {threads} at a time");
            measure(name, |name| pulsed_updates(name, law, threads));
        }
    }
}

/// Prints the measurements of `run` if `name` is selected.
fn measure(name: String, run: impl FnOnce(String) -> Vec<Measurement>) {
    if wanted(&name) {
        for Measurement { name, counted, count, seconds } in run(name) {
            println!("{name},{counted},{count},{seconds}");
        }
    }
}

/// Trains `threads` trials of the noise study in parallel, each on one thread. The first epochs are not counted,
/// because they are faster: few neurons spike yet.
fn training(name: String, threads: usize) -> Vec<Measurement> {
    let stage = Stage::new(largest_data_set());
    let (warm_up, epochs) = if test_mode() { (0, 1) } else { (2, number("--epochs").unwrap_or(3)) };
    let seconds = side_by_side(threads, |_| {
        let mut learner = stage.learner(None, warm_up);
        move || {
            for _ in 0..epochs {
                learner.train();
            }
        }
    });
    let count = threads as u64 * epochs * stage.training_images() as u64;
    vec![Measurement { name, counted: "images", count, seconds }]
}

/// Reads all columns of an array with read noise of 1 % of the conductance, with different `active` rows for each read.
fn noisy_reads(name: String, active: usize, threads: usize) -> Vec<Measurement> {
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
fn rows(vector: usize, active: usize) -> Vec<usize> {
    (0..active).map(|place| (place * ROWS / active + 37 * vector) % ROWS).collect()
}

/// Updates with an average of one and a half pulses per cell, alternating up and down; counted in cells and in pulses.
fn pulsed_updates(name: String, law: &str, threads: usize) -> Vec<Measurement> {
    let write = format!(
        r#""write": {{ "noise": "none", "cells": "asked", "scheme": "pulsed", "pulses": {{ "law": "{law}",
        "up_step_percent_of_window": 0.1, "down_step_percent_of_window": 0.1, "cycle_sigma_percent_of_step": 30 }} }}"#
    );
    let half_on = Matrix::from_fn(ROWS, COLUMNS, |_, _| 0.5);
    let steps = [1.5e-3, -1.5e-3].map(|step| Matrix::from_fn(ROWS, COLUMNS, |_, _| step));
    let updates = if test_mode() { 1 } else { 1000 };
    let pulses = std::sync::atomic::AtomicU64::new(0);
    let seconds = side_by_side(threads, |thread| {
        let (mut array, steps, pulses) = (array(&write, &half_on), &steps, &pulses);
        let seed = Seed::new(1).numbered(thread as u64);
        move || {
            for update in 0..updates {
                let step = black_box(&steps[update % 2]);
                let report = array.update(step, seed.numbered(update as u64)).expect("a finite step");
                pulses.fetch_add(report.pulses, std::sync::atomic::Ordering::Relaxed);
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

/// Runs the work from `prepare` on `threads` threads; returns the seconds from the first start to the last end.
fn side_by_side<W: FnMut()>(threads: usize, prepare: impl Fn(usize) -> W + Sync) -> f64 {
    let ready = Barrier::new(threads);
    let run = |thread| {
        let mut work = prepare(thread);
        ready.wait();
        let started = Instant::now();
        work();
        (started, Instant::now())
    };
    let times: Vec<(Instant, Instant)> = thread::scope(|scope| {
        let spawned: Vec<_> = (0..threads).map(|thread| scope.spawn(move || run(thread))).collect();
        spawned.into_iter().map(|thread| thread.join().expect("the work does not panic")).collect()
    });
    let started = times.iter().map(|times| times.0).min().expect("a thread");
    let ended = times.iter().map(|times| times.1).max().expect("a thread");
    (ended - started).as_secs_f64()
}
