//! Program and verify: accepted writes have a truncated histogram.

use std::fmt::Write;

use ohmspike_crossbar::device::{Acceptance, Device, DeviceToDevice, Drift, Scheme, WriteNoiseKind};
use ohmspike_fit::{AcceptanceWindow, FitInput, FitOptions, FitReport, Mechanism};
use ohmspike_report::device_sample::Sampling;

use super::tally::Tally;
use super::{SEEDS, file, fitted, options};

/// Cells per target.
const CELLS: usize = 400;

/// Checks that the fit withholds the spread of single tries of a device that approaches its targets from one side.
pub(super) fn add(device: &Device, seed: u64, tally: &mut Tally) {
    let Scheme::Verify(verify) = &device.write.scheme else { return };
    let Acceptance::Microsiemens(width) = verify.acceptance else { panic!("{}: another window", device.name) };
    let points = match &device.write.noise {
        ohmspike_crossbar::device::WriteNoise::Table(table) => table.points().to_vec(),
        _ => panic!("{}: no table", device.name),
    };
    let targets: Vec<f64> = points.iter().map(|point| 1e6 / point.resistance_ohm).collect();
    let report = of_targets(device, &targets, AcceptanceWindow::Microsiemens(f64::from(width)), None, seed);
    let withheld = report.withheld.iter().find(|withheld| withheld.mechanism == Mechanism::Writes);
    let reason = &withheld.unwrap_or_else(|| panic!("{seed}: not withheld")).reason;
    assert!(reason.contains("lie on one side of their targets"), "{reason}");
    for point in 0..points.len() {
        tally.add_stated(&format!("write.points[{point}].sigma_ln_resistance"));
    }
    ["low", "high"].iter().for_each(|end| tally.add_stated(&format!("window.{end}_resistance_ohm")));
    tally.add_stated("write.verify.window_microsiemens");
}

fn of_targets(
    device: &Device,
    targets: &[f64],
    acceptance: AcceptanceWindow,
    write_law: Option<WriteNoiseKind>,
    seed: u64,
) -> FitReport {
    let plain = Device { device_to_device: DeviceToDevice::default(), drift: Drift::None, ..device.clone() };
    let mut text = "cell,target_microsiemens,conductance_microsiemens\n".to_owned();
    for (number, &target) in targets.iter().enumerate() {
        let seed = seed * 100 + number as u64;
        let run = Sampling { count: CELLS, seed, ..Sampling::new(&plain, target) };
        for cycle in run.cycles(&plain).expect("a valid run") {
            for (cell, written) in cycle.written.iter().enumerate() {
                let _ = writeln!(text, "{},{target},{written}", number * CELLS + cell);
            }
        }
    }
    let only = vec![Mechanism::Writes];
    let options = FitOptions { write_law, only, acceptance: Some(acceptance), ..options(device) };
    fitted(FitInput { writes: file("writes.csv", text), ..FitInput::default() }, &options)
}

const WINDOW: &str = r#""window": { "low_resistance_ohm": 2000, "high_resistance_ohm": 100000 }"#;

/// Samples of a verifying device with the noise and acceptance of `sections`.
fn accepted(sections: &str, law: WriteNoiseKind, keys: &[(&str, f64)]) {
    let write = format!(r#""write": {{ {sections}, "cells": "changed", "scheme": "verify" }}"#);
    let json = format!(r#"{{ "name": "verified", {WINDOW}, {write} }}"#);
    let device = Device::from_json(&json).expect("a valid device");
    let verify = device.write.verify().expect("a verifying device");
    let acceptance = match verify.acceptance {
        Acceptance::Microsiemens(width) => AcceptanceWindow::Microsiemens(f64::from(width)),
        Acceptance::Fraction(fraction) => AcceptanceWindow::PercentOfTarget(100.0 * f64::from(fraction)),
    };
    let mut tally = Tally::default();
    for seed in 1..=SEEDS {
        let report = of_targets(&device, &[60.0, 120.0, 240.0], acceptance, Some(law), seed);
        for (key, expected) in keys {
            tally.add(&report, key, *expected);
        }
    }
    tally.check(sections);
}

/// Windows of 1.5 standard deviations.
#[test]
fn truncated_histograms_of_constant_noise_are_recovered() {
    let sections =
        r#""noise": "constant", "sigma_microsiemens": 6, "verify": { "window_microsiemens": 9, "tries": 1000 }"#;
    accepted(sections, WriteNoiseKind::Constant, &[("write.sigma_microsiemens", 6.0)]);
}

#[test]
fn truncated_histograms_of_relative_noise_are_recovered() {
    let sections = r#""noise": "relative", "sigma_percent_of_conductance": 6,
                      "verify": { "window_percent_of_target": 8, "tries": 1000 }"#;
    accepted(sections, WriteNoiseKind::Relative, &[("write.sigma_percent_of_conductance", 6.0)]);
}

#[test]
fn truncated_histograms_of_a_table_are_recovered() {
    let sections = r#""noise": "table", "convention": "median-preserving",
                      "points": [ { "resistance_ohm": 4166.6667, "sigma_ln_resistance": 0.04 },
                                  { "resistance_ohm": 8333.3333, "sigma_ln_resistance": 0.06 },
                                  { "resistance_ohm": 16666.667, "sigma_ln_resistance": 0.09 } ],
                      "verify": { "window_percent_of_target": 8, "tries": 1000 }"#;
    let keys = [
        ("write.points[0].sigma_ln_resistance", 0.04),
        ("write.points[1].sigma_ln_resistance", 0.06),
        ("write.points[2].sigma_ln_resistance", 0.09),
    ];
    accepted(sections, WriteNoiseKind::Table, &keys);
}
