//! Outliers of 3 %, uniform in ln G over the window or on one side of it, single reads or whole cells, shift no standard deviation
//! by more than 5 %.
//!
//! Each test fits the same data with and without outliers, so that the scatter of the sample does not count.

use std::fmt::Write;

use ohmspike_crossbar::device::{DriftLaw, PulseKind, ReadNoiseKind};
use ohmspike_fit::{FitInput, FitOptions, FitReport, InputFile, Mechanism, fit};
use ohmspike_rng::Seed;

use crate::made::Numbers;

/// A number from two others, such as a draw and a scale.
type Law<'a> = &'a dyn Fn(f64, f64) -> f64;

/// A kind of read noise with its law, and the numbers of cells and reads to try.
type LawOfReads<'a> = (ReadNoiseKind, Law<'a>, &'a [(usize, usize)]);

/// Fraction of outliers.
const FRACTION: f64 = 0.03;
/// Largest shift of a standard deviation.
const SHIFT: f64 = 0.05;

/// Where outliers of reads lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outliers {
    None,
    Both,
    High,
    Low,
    /// All reads of a cell.
    Cells,
}

/// Random numbers, and outliers if asked for.
struct Source {
    values: Numbers,
    outliers: Numbers,
    dirty: bool,
    window: (f64, f64),
}

impl Source {
    fn new(dirty: bool, window: (f64, f64)) -> Source {
        let seed = Seed::new(7);
        Source {
            values: Numbers(seed.named("values").stream()),
            outliers: Numbers(seed.named("outliers").stream()),
            dirty,
            window,
        }
    }

    /// Returns `value`, or an outlier.
    fn measured(&mut self, value: f64) -> f64 {
        let (hit, place): (f64, f64) = (self.outliers.uniform(), self.outliers.uniform());
        let (low, high) = self.window;
        if self.dirty && hit < FRACTION { low * (high / low).powf(place) } else { value }
    }
}

fn file(text: String) -> Option<InputFile> {
    Some(InputFile { name: "t.csv".to_owned(), bytes: text.into_bytes() })
}

fn fitted(input: FitInput, options: &FitOptions) -> FitReport {
    fit(&input, options).expect("a fit")
}

/// Asserts that both fits have the same numbers called `part`, within 5 %, and that the second tells of outliers.
fn assert_alike(clean: &FitReport, dirty: &FitReport, mechanism: Mechanism, parts: &[&str]) {
    let of =
        |report: &FitReport| report.mechanism(mechanism).unwrap_or_else(|| panic!("{:?}", report.withheld)).clone();
    let (clean, dirty) = (of(clean), of(dirty));
    let is_sigma = |key: &str| parts.iter().any(|part| key.contains(part));
    let sigmas: Vec<_> = clean.numbers.iter().filter(|number| is_sigma(&number.key)).collect();
    assert!(!sigmas.is_empty(), "{:?}", clean.numbers);
    for number in sigmas {
        let other = dirty.numbers.iter().find(|other| other.key == number.key);
        let other = other.unwrap_or_else(|| panic!("{}: {:?}", number.key, dirty.numbers)).value;
        let shift = other / number.value - 1.0;
        assert!(shift.abs() < SHIFT, "{}: {} became {other}", number.key, number.value);
    }
    assert!(dirty.notes.iter().any(|note| note.contains("outliers")), "{:?}", dirty.notes);
}

/// Reads of cells at three states; their noise is `sigma(state, z)`.
fn reads(outliers: Outliers, (cells, count): (usize, usize), noise: impl Fn(f64, f64) -> f64) -> FitInput {
    let mut source = Source::new(false, (1.0, 100.0));
    let mut text = "cell,time_seconds,conductance_microsiemens\n".to_owned();
    for cell in 0..cells {
        let state = [5.0, 20.0, 60.0][cell % 3];
        let wild = source.outliers.uniform() < FRACTION && outliers == Outliers::Cells;
        for read in 0..count {
            let value = noise(state, source.values.normal());
            let (low, high) = match outliers {
                Outliers::High => (state, 100.0),
                Outliers::Low => (1.0, state),
                _ => (1.0, 100.0),
            };
            source.dirty = !matches!(outliers, Outliers::None | Outliers::Cells);
            source.window = (low, high);
            let measured = source.measured(value);
            let measured = if wild { 100f64.powf(source.outliers.uniform()) } else { measured };
            let _ = writeln!(text, "{cell},{},{measured}", read as f64 * 0.01);
        }
    }
    FitInput { reads: file(text), ..FitInput::default() }
}

#[test]
fn outliers_of_reads_shift_no_sigma() {
    let window = Some((1.0, 100.0));
    let relative = |state: f64, z: f64| state * (1.0 + 0.01 * z);
    let constant = |state: f64, z: f64| state + 0.3 * z;
    let five_percent = |state: f64, z: f64| state * (1.0 + 0.05 * z);
    let wide = |state: f64, z: f64| state * (0.2 * z).exp();
    let wider = |state: f64, z: f64| state * (0.3 * z).exp();
    // A few thousand series of a few reads, so that the shift is not that of a small sample.
    let sizes = [(9000, 3), (6000, 5), (3000, 12), (900, 50), (300, 200)];
    let laws: [LawOfReads; 5] = [
        (ReadNoiseKind::Relative, &relative, &sizes),
        (ReadNoiseKind::Relative, &five_percent, &sizes),
        (ReadNoiseKind::Constant, &constant, &sizes),
        // Of three reads with such noise, outliers within it are too large a part.
        (ReadNoiseKind::Relative, &wide, &sizes[1..]),
        (ReadNoiseKind::Relative, &wider, &sizes[1..]),
    ];
    for (law, noise, sizes) in laws {
        for &size in sizes {
            let options = FitOptions { window, read_law: Some(law), resamples: 50, ..FitOptions::default() };
            let clean = fitted(reads(Outliers::None, size, noise), &options);
            for outliers in [Outliers::Both, Outliers::High, Outliers::Low, Outliers::Cells] {
                let dirty = fitted(reads(outliers, size, noise), &options);
                assert_alike(&clean, &dirty, Mechanism::ReadNoise, &["sigma"]);
            }
        }
    }
}

#[test]
fn outliers_do_not_pass_for_telegraph_noise() {
    let options = FitOptions { window: Some((1.0, 100.0)), resamples: 50, ..FitOptions::default() };
    let report = fitted(reads(Outliers::Both, (900, 50), |state, z| state * (1.0 + 0.01 * z)), &options);
    let fraction = report.number("read.rtn.fraction_of_cells").map_or(0.0, |number| number.value);
    assert!(fraction < 0.005, "{fraction}");
}

/// Values at five times after a write: `value(ln t, z)`.
fn retention(dirty: bool, value: impl Fn(f64, f64) -> f64) -> FitInput {
    let mut source = Source::new(dirty, (1.0, 100.0));
    let mut text = "cell,time_seconds,conductance_microsiemens\n".to_owned();
    for cell in 0..3000 {
        let z = source.values.normal();
        for time in [0.0, 20.0, 100.0, 500.0, 3000.0, 20_000.0_f64] {
            let exact = if time == 0.0 { 30.0 } else { value((time / 5.0).ln(), z) };
            let read = exact * (1.0 + 0.002 * source.values.normal());
            let _ = writeln!(text, "{cell},{time},{}", source.measured(read));
        }
    }
    FitInput { retention: file(text), ..FitInput::default() }
}

#[test]
fn outliers_of_retention_shift_no_sigma() {
    let power = |ln: f64, z: f64| 30.0 * (-(0.05 + 0.01 * z).abs() * ln).exp();
    let log_time = |ln: f64, z: f64| 30.0 - 0.3 * ln + (0.1 * ln + 0.4) * z;
    let laws: [(DriftLaw, Law); 2] = [(DriftLaw::Power, &power), (DriftLaw::LogTime, &log_time)];
    for (law, value) in laws {
        let options = FitOptions { window: Some((0.5, 120.0)), resamples: 50, ..FitOptions::default() };
        let [clean, dirty] = [false, true].map(|dirty| fitted(retention(dirty, value), &options));
        let word = if law == DriftLaw::Power { "power" } else { "log-time" };
        // Outliers do not choose the law.
        assert_eq!(dirty.mechanism(Mechanism::Drift).map(|fit| fit.law), Some(word));
        // A bin of 300 cells loses a sixth of them, which scatters its sigma by 2 %: the mean of the bins does not.
        let mean = |report: &FitReport| {
            let numbers = &report.mechanism(Mechanism::Drift).expect("drift").numbers;
            let sigmas: Vec<f64> = numbers
                .iter()
                .filter(|number| number.key.contains("exponent_sigma"))
                .map(|number| number.value)
                .collect();
            sigmas.iter().sum::<f64>() / sigmas.len() as f64
        };
        if law == DriftLaw::Power {
            assert!((mean(&dirty) / mean(&clean) - 1.0).abs() < SHIFT, "{} became {}", mean(&clean), mean(&dirty));
            let notes = &dirty.mechanism(Mechanism::Drift).expect("drift").notes;
            assert!(notes.iter().any(|note| note.contains("outliers")), "{notes:?}");
        } else {
            assert_alike(&clean, &dirty, Mechanism::Drift, &["sigma"]);
        }
    }
}

/// Trains of 300 pulses of cells with gains that vary by 20 %.
fn pulses(dirty: bool) -> FitInput {
    let mut source = Source::new(dirty, (10.0, 100.0));
    let mut text = "cell,pulse,direction,conductance_microsiemens\n".to_owned();
    for cell in 0..200 {
        let (mut x, gain) = (0.1, 1.0 + 0.2 * source.values.normal());
        let _ = writeln!(text, "{cell},0,up,{}", 10.0 + 90.0 * x);
        for pulse in 1..=300 {
            let up = (pulse - 1) / 75 % 2 == 0;
            let step = gain * (1.0 + 0.3 * source.values.normal()) * if up { 0.02 * (1.0 - x) } else { -0.03 * x };
            x = f64::clamp(x + step, 0.0, 1.0);
            let value = source.measured(10.0 + 90.0 * x);
            let _ = writeln!(text, "{cell},{pulse},{},{value}", if up { "up" } else { "down" });
        }
    }
    FitInput { pulses: file(text), ..FitInput::default() }
}

#[test]
fn outliers_of_pulses_shift_no_sigma_and_no_step() {
    let options = FitOptions {
        window: Some((10.0, 100.0)),
        pulse_law: Some(PulseKind::SoftBounds),
        resamples: 50,
        ..FitOptions::default()
    };
    let [clean, dirty] = [false, true].map(|dirty| fitted(pulses(dirty), &options));
    assert_alike(&clean, &dirty, Mechanism::Pulses, &["cycle_sigma", "step_gain_sigma", "step_percent"]);
}
