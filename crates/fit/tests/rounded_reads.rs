//! Reads that an instrument rounds to a grid as coarse as their noise.

use std::fmt::Write;

use ohmspike_crossbar::device::ReadNoiseKind;
use ohmspike_fit::{FitInput, FitOptions, FitReport, InputFile, Mechanism, fit};
use ohmspike_rng::Seed;
use rand::RngExt;

/// White noise, µS.
const SIGMA: f64 = 0.5;

/// Fits 60 cells of 30 to 90 µS with 50 reads each, rounded to `resolution`, µS; a fraction of the cells has levels `step` apart, µS.
fn fitted(seed: u64, resolution: f64, (fraction, step): (f64, f64)) -> FitReport {
    let mut stream = Seed::new(seed).named("rounded").stream();
    let mut uniform = || stream.random_range(0.0..1.0);
    let mut text = "cell,time_seconds,conductance_microsiemens\n".to_owned();
    for cell in 0..60 {
        let (middle, trap) = (30.0 + 60.0 * uniform(), uniform() < fraction);
        let mut side = if uniform() < 0.5 { 0.5 } else { -0.5 };
        for read in 0..50 {
            let noise = (-2.0 * (1.0 - uniform()).ln()).sqrt() * (std::f64::consts::TAU * uniform()).cos();
            // A relative step, as that of a device file.
            let value: f64 = middle * (1.0 + if trap { side * step / 60.0 } else { 0.0 }) + SIGMA * noise;
            let rounded = if resolution > 0.0 { (value / resolution).round() * resolution } else { value };
            let _ = writeln!(text, "{cell},{},{rounded}", f64::from(read) * 0.1);
            if uniform() < 0.1 {
                side = -side;
            }
        }
    }
    fit_reads(text)
}

fn fit_reads(text: String) -> FitReport {
    let reads = Some(InputFile { name: "r.csv".to_owned(), bytes: text.into_bytes() });
    let only = vec![Mechanism::Window, Mechanism::ReadNoise, Mechanism::Rtn];
    let options = FitOptions {
        window: Some((1.0, 200.0)),
        read_law: Some(ReadNoiseKind::Constant),
        resamples: 100,
        only,
        ..FitOptions::default()
    };
    fit(&FitInput { reads, ..FitInput::default() }, &options).expect("a fit")
}

fn notes(report: &FitReport) -> String {
    report.mechanism(Mechanism::ReadNoise).expect("white noise").notes.join("\n")
}

/// Resolutions, µS, and the relative standard errors of sigma from 60 cells with 50 rounded reads, by simulation: the scatter of half the mean
/// square M of differences between cells, over sqrt(60) and over d ln M / d ln sigma.
///
/// Without rounding, it is 1 / sqrt(4/3 x 60 x 49) = 1.6 %. On the coarsest grid, q = 4 sigma, a cell has M = q² p (1 - p) with p = Φ(u / sigma) for its
/// distance u from a boundary, so that M scatters between cells by sqrt(4 π ∫ Φ² (1 - Φ)² dx - 1) = 0.49 of its mean: 0.49 / sqrt(60) = 6.4 %, and its 49 pairs add the rest.
const ERRORS: [(f64, f64); 7] =
    [(0.25, 0.016), (0.5, 0.017), (0.75, 0.019), (1.0, 0.021), (1.25, 0.025), (1.5, 0.036), (2.0, 0.071)];

/// Rounding makes no telegraph noise, and the white noise is without it, within four standard errors.
#[test]
fn rounded_white_noise_is_white() {
    for (resolution, error) in ERRORS {
        for seed in 1..=4 {
            let report = fitted(seed, resolution, (0.0, 0.0));
            let rtn = report.mechanism(Mechanism::Rtn);
            assert!(rtn.is_none(), "{resolution} {seed}: {rtn:?}");
            let noise = report.number("read.white.sigma_microsiemens").expect("white noise");
            assert!((noise.value / SIGMA - 1.0).abs() < 4.0 * error, "{resolution} {seed}: {noise:?}");
            assert!(!notes(&report).contains("two levels"), "{resolution} {seed}: {}", notes(&report));
            assert!(report.cautions().is_empty(), "{resolution} {seed}: {:?}", report.cautions());
            assert_eq!(notes(&report).contains("are rounded to"), resolution > 0.2, "{resolution} {seed}");
        }
    }
}

/// Ten of 60 cells of 20 to 40 µS have twice the noise of the others. Rounded reads of 60 other cells, of 60 to 90 µS, do not hide it. The variance
/// of 200 reads has an error of sqrt(3 / 200) = 12 %, so that all ten are 24 standard errors away; at most two others join them by chance.
#[test]
fn rounded_cells_do_not_hide_the_noise_of_others() {
    for (seed, rounded) in [(1, 0), (2, 0), (1, 60), (2, 60)] {
        let mut stream = Seed::new(seed).named("rounded in part").stream();
        let mut uniform = || -> f64 { stream.random_range(0.0..1.0) };
        let mut text = "cell,time_seconds,conductance_microsiemens\n".to_owned();
        for cell in 0..60 + rounded {
            let middle = if cell < 60 { 20.0 + 20.0 * uniform() } else { 60.0 + 30.0 * uniform() };
            let factor = if cell < 60 && cell % 6 == 0 { 2.0 } else { 1.0 };
            for read in 0..200 {
                let noise = (-2.0 * (1.0 - uniform()).ln()).sqrt() * (std::f64::consts::TAU * uniform()).cos();
                let value: f64 = middle + factor * SIGMA * noise;
                let value = if cell < 60 { value } else { value.round() };
                let _ = writeln!(text, "{cell},{},{value}", f64::from(read) * 0.1);
            }
        }
        let told = notes(&fit_reads(text));
        let percent =
            told.split(" % of 60 cells have more noise than the others").next().and_then(|text| text.lines().last());
        let percent: f64 =
            percent.and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{seed} {rounded}: {told}"));
        assert!((17.0..=20.0).contains(&percent), "{seed} {rounded}: {told}");
        assert_eq!(told.contains("are rounded to"), rounded > 0, "{seed}: {told}");
    }
}

/// Reads with all digits, or rounded finely, have no note: of 20 seeds none.
#[test]
fn fine_reads_are_not_told_to_be_rounded() {
    for seed in 1..=20 {
        for resolution in [0.0, 0.001, 0.05] {
            let report = fitted(seed, resolution, (0.0, 0.0));
            assert!(!notes(&report).contains("rounded"), "{resolution} {seed}: {}", notes(&report));
        }
    }
}

/// Steps of eight standard deviations are found in rounded reads.
#[test]
fn telegraph_noise_is_found_in_rounded_reads() {
    for resolution in [0.0, 0.5, 1.0] {
        let reports: Vec<FitReport> = (1..=4).map(|seed| fitted(seed, resolution, (0.4, 4.0))).collect();
        for (key, expected) in
            [("amplitude_percent_of_conductance", 100.0 * 4.0 / 60.0), ("rate_per_second", -5.0 * 0.8_f64.ln())]
        {
            let missed = |report: &&FitReport| {
                let key = format!("read.rtn.{key}");
                let number = report.number(&key).unwrap_or_else(|| panic!("{resolution}: {:?}", report.withheld));
                let (low, high) = number.interval_99.expect("an interval");
                !(low <= expected && expected <= high)
            };
            let missed = reports.iter().filter(missed).count();
            assert!(missed <= 1, "{resolution} {key}: {missed}");
        }
    }
}
