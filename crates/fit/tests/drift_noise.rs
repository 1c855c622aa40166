//! Spread of drift over cells among reads whose noise depends on the conductance.
//!
//! 99 % intervals miss in 1 % of the samples. Tests allow as many misses of 100 as show more at a level of 10^-4.

use std::fmt::Write;

use ohmspike_crossbar::device::DriftLaw;
use ohmspike_fit::{FitInput, FitOptions, FitReport, InputFile, Mechanism, fit};
use ohmspike_rng::Seed;
use ohmspike_stats::binomial::least_failures;
use rand::RngExt;

/// Seeds of each test.
const SEEDS: u64 = 100;
/// Standard deviation of the shift at the reference time, µS.
const SPREAD: &str = "drift.sigma_microsiemens_at_reference";
/// Times, s.
const TIMES: [f64; 5] = [20.0, 100.0, 500.0, 3000.0, 20_000.0];

/// Law of the noise of reads.
#[derive(Clone, Copy, Debug)]
enum Noise {
    /// 0.5 µS.
    Constant,
    /// 2 % of the conductance.
    Relative,
}

/// Returns the fit of 400 cells at 30 µS that lose 2 µS per ln t from 5 s on, with a spread of `at_reference` µS there and
/// of 0.1 µS per ln t.
fn fitted(noise: Noise, times: &[f64], at_reference: f64, seed: u64) -> FitReport {
    let mut stream = Seed::new(seed).named("drift").stream();
    let mut normal = || {
        let (a, b): (f64, f64) = (stream.random_range(0.0..1.0), stream.random_range(0.0..1.0));
        (-2.0 * (1.0 - a).ln()).sqrt() * (2.0 * std::f64::consts::PI * b).cos()
    };
    let mut text = "cell,time_seconds,conductance_microsiemens\n".to_owned();
    for cell in 0..400 {
        let z = normal();
        for &time in std::iter::once(&0.0).chain(times) {
            let elapsed = if time == 0.0 { 0.0 } else { (time / 5.0).ln() };
            let spread = if time == 0.0 { 0.0 } else { 0.1 * elapsed + at_reference };
            let exact = 30.0 - 2.0 * elapsed + spread * z;
            let read = match noise {
                Noise::Constant => exact + 0.5 * normal(),
                Noise::Relative => exact * (1.0 + 0.02 * normal()),
            };
            let _ = writeln!(text, "{cell},{time},{read}");
        }
    }
    let options = FitOptions {
        window: Some((0.1, 120.0)),
        drift_law: Some(DriftLaw::LogTime),
        only: vec![Mechanism::Drift],
        held_out: 0.0,
        resamples: 100,
        ..FitOptions::default()
    };
    let file = InputFile { name: "retention.csv".to_owned(), bytes: text.into_bytes() };
    fit(&FitInput { retention: Some(file), ..FitInput::default() }, &options).expect("a fit")
}

/// After a loss of half the conductance, noise in proportion to it is four times smaller in variance than right after the write.
#[test]
fn noise_of_reads_is_no_spread_over_cells() {
    for noise in [Noise::Constant, Noise::Relative] {
        for at_reference in [0.0, 0.4] {
            let mut misses = Vec::new();
            for seed in 1..=SEEDS {
                let report = fitted(noise, &TIMES, at_reference, seed);
                let number = report.number(SPREAD).unwrap_or_else(|| panic!("{noise:?} {seed}: not stated"));
                let (low, high) = number.interval_99.expect("an interval");
                if !(low <= at_reference && at_reference <= high) {
                    misses.push((seed, low, high));
                }
            }
            let too_many = least_failures(SEEDS, 0.99, 1e-4).expect("a bound");
            assert!((misses.len() as u64) < too_many, "{noise:?} {at_reference}: {misses:?}");
        }
    }
}

/// The one independent residual of three reads has the same distribution with both laws of noise, if all cells have the same
/// conductance: the spread is not stated, with the reason.
#[test]
fn an_unknown_law_of_noise_leaves_the_spread_open() {
    for noise in [Noise::Constant, Noise::Relative] {
        for seed in 1..=10 {
            let report = fitted(noise, &[20.0, 300.0, 20_000.0], 0.0, seed);
            assert!(report.number(SPREAD).is_none(), "{noise:?} {seed}");
            let notes = &report.mechanism(Mechanism::Drift).expect("drift").notes;
            assert!(notes.iter().any(|note| note.contains("these data do not tell which")), "{notes:?}");
        }
    }
}
