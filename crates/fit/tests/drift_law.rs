//! The law of drift among values that are far too low or too high, and held-out cells that no law describes.

use std::fmt::Write;

use ohmspike_fit::{FitInput, FitOptions, FitReport, InputFile, Mechanism, fit};
use ohmspike_rng::Seed;

use crate::made::Numbers;

/// Times, s.
const TIMES: [f64; 6] = [1.0, 10.0, 100.0, 1e3, 1e4, 1e5];
/// Seeds of each test.
const SEEDS: u64 = 6;

/// A law of drift, whose numbers differ by 20 % between cells.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Law {
    /// G = G_0 t^-0.04.
    Power,
    /// G = G_0 - 0.4 µS ln t.
    LogTime,
}

/// Fits 100 cells at each of 20 and 60 µS, with reads of 0.3 %. A fraction of the values is multiplied by `factor`.
fn fitted(seed: u64, law: Law, (fraction, factor): (f64, f64)) -> FitReport {
    let mut numbers = Numbers(Seed::new(seed).named("drift law").stream());
    let mut text = "cell,target_microsiemens,time_seconds,conductance_microsiemens\n".to_owned();
    for cell in 0..200 {
        let target = if cell < 100 { 20.0 } else { 60.0 };
        let (start, change) = (target * (1.0 + 0.05 * numbers.normal()), 1.0 + 0.2 * numbers.normal());
        for time in TIMES {
            let exact = match law {
                Law::Power => start * time.powf(-0.04 * change),
                Law::LogTime => start - 0.4 * change * time.ln(),
            };
            let read = exact * (1.0 + 0.003 * numbers.normal());
            let value = if numbers.uniform() < fraction { factor * read } else { read };
            let _ = writeln!(text, "{cell},{target},{time},{value}");
        }
    }
    let options =
        FitOptions { window: Some((0.1, 200.0)), only: vec![Mechanism::Drift], resamples: 50, ..FitOptions::default() };
    let retention = Some(InputFile { name: "retention.csv".to_owned(), bytes: text.into_bytes() });
    fit(&FitInput { retention, ..FitInput::default() }, &options).expect("a fit")
}

/// The laws differ by 4 % of the conductance over five decades, 13 times the noise of a read.
#[test]
fn values_far_off_do_not_choose_the_law() {
    for seed in 0..SEEDS {
        for (law, word) in [(Law::Power, "power"), (Law::LogTime, "log-time")] {
            for outliers in [(0.0, 1.0), (0.03, 0.5), (0.03, 0.1), (0.03, 1.5)] {
                let report = fitted(seed, law, outliers);
                let drift = report.mechanism(Mechanism::Drift).expect("drift");
                assert_eq!(drift.law, word, "{seed} {outliers:?}: {:?}", drift.candidates);
                assert!(report.cautions().is_empty(), "{seed} {outliers:?}: {:?}", report.cautions());
            }
        }
    }
}

/// A third of the cells drift ten times as fast as the others: no normal distribution of exponents describes them.
#[test]
fn held_out_cells_far_from_the_law_are_told() {
    let mut text = "cell,time_seconds,conductance_microsiemens\n".to_owned();
    let mut numbers = Numbers(Seed::new(1).named("two kinds").stream());
    for cell in 0..600 {
        let exponent = if cell % 3 == 0 { 0.1 } else { 0.01 };
        for time in TIMES {
            let value = 50.0 * time.powf(-exponent) * (1.0 + 0.003 * numbers.normal());
            let _ = writeln!(text, "{cell},{time},{value}");
        }
    }
    let options = FitOptions { window: Some((0.1, 200.0)), resamples: 50, ..FitOptions::default() };
    let retention = Some(InputFile { name: "retention.csv".to_owned(), bytes: text.into_bytes() });
    let report = fit(&FitInput { retention, ..FitInput::default() }, &options).expect("a fit");
    let told = report.cautions().join("; ");
    assert!(
        told.contains("drift: held-out cells lie far from the law"),
        "{told}: {:?}",
        report.mechanism(Mechanism::Drift)
    );
}
