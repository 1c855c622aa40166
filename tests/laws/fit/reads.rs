//! Repeated reads of exact states: white read noise of the built-in devices, and telegraph noise.

use std::fmt::Write;

use ohmspike_crossbar::device::{Device, DeviceToDevice, Drift, ReadNoiseKind, Rtn, Scheme, WhiteNoise, WriteNoise};
use ohmspike_fit::{FitInput, FitOptions, Mechanism};
use ohmspike_report::device_sample::Chip;
use ohmspike_rng::Seed;

use super::tally::Tally;
use super::{SEEDS, file, fitted, options};

/// Cells per state.
const CELLS: usize = 30;
/// Reads per cell: enough that the mean of the widest noise, 73 %, is known to 5 %.
const READS: usize = 200;

/// Fits repeated reads with the law of the device.
pub(super) fn add(device: &Device, seed: u64, tally: &mut Tally) {
    let sigma = |conductance: f64| device.read.white.sigma(conductance).microsiemens(conductance);
    let (low, high) = (f64::from(device.window.low()), f64::from(device.window.high()));
    let middle = (low * high).sqrt();
    match &device.read.white {
        WhiteNoise::None => {}
        WhiteNoise::Constant { .. } => {
            let report = of_state(device, middle, ReadNoiseKind::Constant, seed);
            tally.add(&report, "read.white.sigma_microsiemens", sigma(middle));
        }
        WhiteNoise::Relative { .. } => {
            let report = of_state(device, middle, ReadNoiseKind::Relative, seed);
            tally.add(&report, "read.white.sigma_percent_of_conductance", 100.0 * sigma(middle) / middle);
        }
        WhiteNoise::Table(table) => {
            for (number, point) in table.points().iter().enumerate() {
                let state = (1e6 / point.resistance_ohm).clamp(low, high);
                let report = of_state(device, state, ReadNoiseKind::Table, seed * 100 + number as u64);
                let key = |number: usize| format!("read.white.points[{number}].sigma_ln_resistance");
                tally.add_as(&key(number), &report, &key(0), point.sigma_ln_resistance);
            }
        }
    }
}

/// Returns the fit of reads of cells at `state`, µS.
fn of_state(device: &Device, state: f64, law: ReadNoiseKind, seed: u64) -> ohmspike_fit::FitReport {
    let text = table(device, &[state], CELLS, READS, 1e-3, seed);
    let options = FitOptions { read_law: Some(law), only: vec![Mechanism::ReadNoise], ..options(device) };
    fitted(FitInput { reads: file("reads.csv", text), ..FitInput::default() }, &options)
}

/// Returns a table of reads of `cells` cells per state, µS, with `interval` s between them.
fn table(device: &Device, states: &[f64], cells: usize, reads: usize, interval: f64, seed: u64) -> String {
    let mut quiet = Device { device_to_device: DeviceToDevice::default(), drift: Drift::None, ..device.clone() };
    (quiet.write.scheme, quiet.write.noise) = (Scheme::Add, WriteNoise::None);
    let mut text = "cell,time_seconds,conductance_microsiemens\n".to_owned();
    for (number, &state) in states.iter().enumerate() {
        let seed = Seed::new(seed).numbered(number as u64);
        let mut chip = Chip::new(&quiet, cells, state, 0.0, false, seed).expect("a chip");
        for read in 0..reads {
            for (cell, value) in chip.read().into_iter().enumerate() {
                let _ = writeln!(text, "{},{},{value}", number * cells + cell, read as f64 * interval);
            }
            chip.pass(interval);
        }
    }
    text
}

/// Traps in 30 % of the cells, with amplitude and rate that grow with the resistance.
const TELEGRAPH: &str = r#"{ "name": "telegraph", "window": { "low_resistance_ohm": 5000, "high_resistance_ohm": 200000 },
    "read": { "white": { "noise": "relative", "sigma_percent_of_conductance": 1 },
              "rtn": { "kind": "telegraph", "fraction_of_cells": 0.3, "reference_resistance_ohm": 20000,
                       "rate_per_second": 5, "rate_exponent": 0.4,
                       "amplitude_percent_of_conductance": 8, "amplitude_exponent": 0.3 } } }"#;

#[test]
fn telegraph_noise_is_recovered() {
    let device = Device::from_json(TELEGRAPH).expect("a valid device");
    let Rtn::Telegraph(noise) = device.read.rtn else { panic!("no telegraph noise") };
    let mut tally = Tally::default();
    for seed in 1..=SEEDS {
        let text = table(&device, &[10.0, 50.0, 150.0], 80, 200, 0.02, seed);
        let only = vec![Mechanism::ReadNoise, Mechanism::Rtn];
        let options = FitOptions { read_law: Some(ReadNoiseKind::Relative), only, ..options(&device) };
        let report = fitted(FitInput { reads: file("reads.csv", text), ..FitInput::default() }, &options);
        // The fit states its numbers at its own reference.
        let found = report.device.read.rtn.telegraph().expect("telegraph noise");
        let key = |name: &str| format!("read.rtn.{name}");
        tally.add(&report, &key("fraction_of_cells"), noise.fraction_of_cells);
        let reference = found.reference_resistance;
        tally.add(&report, &key("amplitude_percent_of_conductance"), 100.0 * noise.amplitude(1e6 / reference));
        tally.add(&report, &key("rate_per_second"), noise.rate(1e6 / reference));
        tally.add(&report, &key("amplitude_exponent"), noise.amplitude_exponent);
        tally.add(&report, &key("rate_exponent"), noise.rate_exponent);
        tally.add(&report, "read.white.sigma_percent_of_conductance", 1.0);
    }
    tally.check("telegraph");
}
