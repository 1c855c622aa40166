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

/// Measures the fit of writes, and of reads with white noise, and with telegraph noise and wrong reads as well.
pub fn lines(run: Run) -> Vec<Line> {
    let rows = if test_mode() { 10_000 } else { 1_000_000 };
    let tables =
        [("writes", writes(rows)), ("reads", reads(rows, 0.0)), ("reads with telegraph noise", reads(rows, 0.03))];
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

/// A hundred reads per cell, of states over two decades, with a relative noise of some 1 %. With a fraction of `wrong` reads, 30 % of
/// the cells have a trap with a step of 4 %.
fn reads(rows: usize, wrong: f64) -> String {
    let mut stream = Seed::new(2).stream();
    let mut text = "cell,time_seconds,conductance_microsiemens\n".to_owned();
    let mut trap = 0.0;
    for row in 0..rows {
        let (cell, read) = (row / 100, row % 100);
        let state = 3.0 * 100f64.powf((cell % 1000) as f64 / 1000.0);
        let noise: f64 = (0..3).map(|_| stream.random_range(-0.01..0.01)).sum();
        let mut value = state * (1.0 + noise);
        if wrong > 0.0 {
            if read == 0 {
                trap = if stream.random_range(0.0..1.0) < 0.3 { 0.02 } else { 0.0 };
            }
            if stream.random_range(0.0..1.0) < 0.05 {
                trap = -trap;
            }
            value *= (1.0 + trap) * if stream.random_range(0.0..1.0) < wrong { 1.6 } else { 1.0 };
        }
        let _ = writeln!(text, "{cell},{},{value}", read as f64 * 0.01);
    }
    text
}
