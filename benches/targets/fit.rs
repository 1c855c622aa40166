//! A device fitted to tables of a million rows.

use std::fmt::Write;
use std::time::Instant;

use benches::test_mode;
use ohmspike_fit::{FitInput, FitOptions, InputFile, fit};
use ohmspike_rng::Seed;
use rand::RngExt;

use crate::Run;
use crate::memory::{forget_peak, resident};
use crate::table::{Line, Needs, Target};

/// Measures the fit of writes, and of reads.
pub fn lines(run: Run) -> Vec<Line> {
    let rows = if test_mode() { 10_000 } else { 1_000_000 };
    let tables = [("writes", writes(rows)), ("reads", reads(rows))];
    tables.into_iter().flat_map(|(what, text)| of_table(what, text, rows, run)).collect()
}

fn of_table(what: &str, text: String, rows: usize, run: Run) -> [Line; 2] {
    let options = FitOptions { window: Some((1.0, 1000.0)), ..FitOptions::default() };
    let file = Some(InputFile { name: format!("{what}.csv"), bytes: text.into_bytes() });
    let input = match what {
        "writes" => FitInput { writes: file, ..FitInput::default() },
        _ => FitInput { reads: file, ..FitInput::default() },
    };
    forget_peak();
    let mut seconds = Vec::new();
    for _ in 0..run.rounds {
        let start = Instant::now();
        fit(&input, &options).expect("valid tables");
        seconds.push(start.elapsed().as_secs_f64());
    }
    let what = format!("device fit of {rows} {what}");
    let line = |what: String, measured, unit, most| Line {
        what,
        measured,
        unit,
        target: Target::AtMost(most),
        needs: Needs::Nothing,
        details: "on one thread".to_owned(),
    };
    let peak = resident("VmHWM").into_iter().collect();
    [line(what.clone(), seconds, "s", 10.0), line(format!("{what}: peak of the process"), peak, "MB", 1000.0)]
}

/// Writes of as many cells as fit, to four targets in five cycles, with a relative noise of some 5 %.
fn writes(rows: usize) -> String {
    let mut stream = Seed::new(1).stream();
    let mut text = "cell,cycle,target_microsiemens,conductance_microsiemens\n".to_owned();
    for row in 0..rows {
        let (cell, cycle, target) = (row / 20, row / 4 % 5, [20.0, 50.0, 100.0, 200.0][row % 4]);
        let noise: f64 = (0..3).map(|_| stream.random_range(-0.05..0.05)).sum();
        let _ = writeln!(text, "{cell},{cycle},{target},{}", target * (1.0 + noise));
    }
    text
}

/// A hundred reads per cell, of states over two decades, with a relative noise of some 1 %.
fn reads(rows: usize) -> String {
    let mut stream = Seed::new(2).stream();
    let mut text = "cell,time_seconds,conductance_microsiemens\n".to_owned();
    for row in 0..rows {
        let (cell, read) = (row / 100, row % 100);
        let state = 3.0 * 100f64.powf((cell % 1000) as f64 / 1000.0);
        let noise: f64 = (0..3).map(|_| stream.random_range(-0.01..0.01)).sum();
        let _ = writeln!(text, "{cell},{},{}", read as f64 * 0.01, state * (1.0 + noise));
    }
    text
}
