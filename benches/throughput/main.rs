//! Measures Ohmspike for the comparison with other programs and prints a table of counts and seconds.
//!
//! `peers/run.py` runs this in turn with the other programs. `--epochs N` sets the number of measured epochs per trial.
//! `--check` prints results instead, as names and numbers, which `peers/run.py` compares with those of the other programs.
//! Arguments without dashes select measurements by parts of their names.

#![allow(clippy::print_stdout)] // The output is the measurement.

mod deployment;
mod devices;
mod training;
mod wires;

use std::sync::Barrier;
use std::thread;
use std::time::Instant;

use benches::wanted;
use deployment::Chips;

/// Cores of the reference machine: number of parallel trials, and threads of every other program.
const THREADS: usize = 2;
const ROWS: usize = 784;
const COLUMNS: usize = 100;
/// Active rows of a read: the mean over active steps of an image, and a dense vector.
const ACTIVE: [usize; 2] = [13, 300];
/// Sizes and numbers of input vectors of arrays with wires.
const ARRAYS: [(usize, usize); 4] = [(64, 1), (64, 100), (128, 1), (128, 100)];

/// An operation that was done `count` times in `seconds`.
struct Measurement {
    name: String,
    counted: &'static str,
    count: u64,
    seconds: f64,
}

fn main() {
    if std::env::args().any(|argument| argument == "--check") {
        return check();
    }
    println!("name,counted,count,seconds");
    measure("training", training::training);
    for active in ACTIVE {
        let work = format!("noisy read: {active} active of {ROWS} x {COLUMNS}");
        measure(&work, |name, threads| devices::noisy_reads(name, active, threads));
    }
    for law in ["constant", "soft-bounds"] {
        let work = format!("pulsed update: {law} of {ROWS} x {COLUMNS}");
        measure(&work, |name, threads| devices::pulsed_updates(name, law, threads));
    }
    for (work, active, noisy) in deployments() {
        for (how, kind) in [("", Chips::SameArray), ("; new arrays", Chips::NewArrays)] {
            measure(&work, |name, threads| deployment::deployment(name + how, active, noisy, kind, threads));
        }
    }
    for (size, vectors) in ARRAYS {
        measure(&solved(size, vectors), |name, threads| wires::solutions(name, size, vectors, threads));
    }
}

/// Prints the results of deployment and wires, one line per kind of work.
fn check() {
    for (work, active, noisy) in deployments().filter(|(work, ..)| wanted(work)) {
        println!("{work},{}", deployment::deviation(active, noisy));
    }
    for (size, vectors) in ARRAYS.into_iter().filter(|(size, vectors)| wanted(&solved(*size, *vectors))) {
        let currents: Vec<String> = wires::currents(size, vectors).iter().map(f64::to_string).collect();
        println!("{},{}", solved(size, vectors), currents.join(","));
    }
}

/// Returns the kinds of deployment: name, active rows, and whether reads have noise.
fn deployments() -> impl Iterator<Item = (String, usize, bool)> {
    [false, true].into_iter().flat_map(|noisy| {
        let reads = format!("{} {} reads", deployment::READS, if noisy { "noisy" } else { "exact" });
        ACTIVE.map(|active| (format!("deployment: {reads} with {active} active of {ROWS} x {COLUMNS}"), active, noisy))
    })
}

/// Returns the name of the solution of an array with wires.
fn solved(size: usize, vectors: usize) -> String {
    let plural = if vectors == 1 { "" } else { "s" };
    format!("wires: {size} x {size} with {vectors} input vector{plural}")
}

/// Measures `run` with one and with all threads and prints the selected measurements.
fn measure(work: &str, run: impl Fn(String, usize) -> Vec<Measurement>) {
    for threads in [1, THREADS] {
        let name = format!("{work}: {threads} at a time");
        if wanted(&name) {
            for Measurement { name, counted, count, seconds } in run(name, threads) {
                println!("{name},{counted},{count},{seconds}");
            }
        }
    }
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
