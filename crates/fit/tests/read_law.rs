//! The law of white read noise, and reads that do not tell it.

use std::fmt::Write;

use ohmspike_crossbar::device::ReadNoiseKind;
use ohmspike_fit::{FitInput, FitOptions, FitReport, InputFile, Mechanism, fit};
use ohmspike_rng::Seed;
use rand::RngExt;

/// Fits 40 cells with conductances of `from` to `to` µS, 20 reads each, and a noise of 0.5 µS.
fn fitted(seed: u64, (from, to): (f64, f64), read_law: Option<ReadNoiseKind>) -> FitReport {
    let mut stream = Seed::new(seed).named("read law").stream();
    let mut uniform = || stream.random_range(0.0..1.0);
    let mut text = "cell,time_seconds,conductance_microsiemens\n".to_owned();
    for cell in 0..40 {
        let middle = from + (to - from) * uniform();
        for read in 0..20 {
            let noise = (-2.0 * (1.0 - uniform()).ln()).sqrt() * (std::f64::consts::TAU * uniform()).cos();
            let _ = writeln!(text, "{cell},{},{}", f64::from(read) * 0.1, middle + 0.5 * noise);
        }
    }
    let reads = Some(InputFile { name: "r.csv".to_owned(), bytes: text.into_bytes() });
    let only = vec![Mechanism::Window, Mechanism::ReadNoise];
    let options = FitOptions { window: Some((1.0, 200.0)), resamples: 100, only, read_law, ..FitOptions::default() };
    fit(&FitInput { reads, ..FitInput::default() }, &options).expect("a fit")
}

/// Conductances of 58 to 64 µS do not tell constant noise from relative noise; those of 20 to 100 µS do, or the law is a choice. The BIC of
/// the wrong law is larger by 2/3 × 760 × (ln of the mean of 1/G² less the mean of ln 1/G²) = 210 then.
#[test]
fn an_undecided_law_of_read_noise_is_told() {
    for seed in 1..=20 {
        for (range, law, told) in [
            ((58.0, 64.0), None, true),
            ((20.0, 100.0), None, false),
            ((58.0, 64.0), Some(ReadNoiseKind::Constant), false),
        ] {
            let report = fitted(seed, range, law);
            let read = report.mechanism(Mechanism::ReadNoise).expect("read noise");
            let notes = read.notes.join("\n");
            assert_eq!(notes.contains("describe these reads equally well"), told, "{seed} {range:?}: {notes}");
            assert!(told || read.law == "constant", "{seed} {range:?}: {}", read.law);
        }
    }
}

/// Fits 80 cells of 5 to 300 µS with 60 reads each, and a noise of 0.3 µS and 1 % together.
fn mixed(seed: u64) -> FitReport {
    let mut stream = Seed::new(seed).named("mixed").stream();
    let mut uniform = || stream.random_range(0.0..1.0);
    let mut text = "cell,time_seconds,conductance_microsiemens\n".to_owned();
    for cell in 0..80 {
        let middle = 5.0 * 60_f64.powf(uniform());
        for read in 0..60 {
            let noise = (-2.0 * (1.0 - uniform()).ln()).sqrt() * (std::f64::consts::TAU * uniform()).cos();
            let _ = writeln!(text, "{cell},{},{}", f64::from(read) * 0.1, middle + relative(middle) * middle * noise);
        }
    }
    let reads = Some(InputFile { name: "r.csv".to_owned(), bytes: text.into_bytes() });
    let options = FitOptions { window: Some((1.0, 500.0)), resamples: 100, ..FitOptions::default() };
    fit(&FitInput { reads, ..FitInput::default() }, &options).expect("a fit")
}

/// Returns the relative noise of a mixed read at `conductance`, µS.
fn relative(conductance: f64) -> f64 {
    (0.3 / conductance).hypot(0.01)
}

/// A table follows noise that is neither constant nor relative: the points of 20 tables miss the noise at their resistance in as many 95 %
/// intervals as they should, within four standard errors, and no cells seem to have more noise than others.
#[test]
fn noise_of_both_kinds_is_a_table() {
    let (mut points, mut missed, mut lowest, mut wide) = (0, 0, 0.0, 0);
    for seed in 1..=20 {
        let report = mixed(seed);
        let read = report.mechanism(Mechanism::ReadNoise).expect("read noise");
        assert_eq!(read.law, "table", "{seed}");
        let file: serde_json::Value = serde_json::from_str(&report.device_json()).expect("JSON");
        wide += usize::from(read.notes.iter().any(|note| note.contains("more noise than the others")));
        for (number, point) in read.numbers.iter().zip(file["read"]["white"]["points"].as_array().expect("points")) {
            let ohm = point["resistance_ohm"].as_f64().expect("a resistance");
            let (low, high) = number.interval_95.expect("an interval");
            points += 1;
            missed += usize::from(!(low..=high).contains(&relative(1e6 / ohm)));
        }
        lowest += read.numbers.last().map_or(0.0, |number| number.value) / relative(5.0) / 20.0;
    }
    assert_eq!(wide, 0);
    // Means over 20 tables of the error of one point, 5 %, and of the noise between 5 µS and the lowest point, at up to 6.5 µS.
    assert!(lowest > 0.75 && lowest < 1.05, "{lowest}");
    assert!(missed as f64 <= 0.05 * points as f64 + 4.0 * (0.0475 * points as f64).sqrt(), "{missed} of {points}");
}
