//! Writes to targets, as `ohmspike device sample` prints them: window, write noise and cell-to-cell variation.

use std::fmt::Write;

use ohmspike_crossbar::device::{Device, Scheme, StepGain, WriteNoise, WriteNoiseKind};
use ohmspike_fit::{FitInput, FitOptions, Mechanism};
use ohmspike_report::device_sample::Chip;
use ohmspike_rng::Seed;

use super::tally::Tally;
use super::{STUDY_SIGMA, file, fitted, options};

/// Cells per target.
const CELLS: usize = 100;
/// Writes of a cell whose gain differs from that of others, each after a reset.
const CYCLES: u32 = 6;

/// Fits sampled writes of a device that adds noise to its targets.
pub(super) fn add(device: &Device, seed: u64, tally: &mut Tally) {
    if device.write.scheme != Scheme::Add {
        return super::verified::add(device, seed, tally);
    }
    let gain = device.device_to_device.step_gain;
    let cycles = if gain.is_some() { CYCLES } else { 1 };
    let options = FitOptions {
        write_law: Some(law(device)),
        only: vec![Mechanism::Window, Mechanism::Writes, Mechanism::CellToCell],
        window: None,
        ..options(device)
    };
    let text = table(device, &targets(device), cycles, seed);
    let report = fitted(FitInput { writes: file("writes.csv", text), ..FitInput::default() }, &options);
    if device.write.noise == WriteNoise::None {
        // Exact writes do not show an end of the window: the fit says so, and states no write noise.
        assert!(report.withheld.iter().any(|withheld| withheld.mechanism == Mechanism::Writes));
        assert!(report.number("window.low_resistance_ohm").expect("a window").interval_99.is_none());
        ["low", "high"].iter().for_each(|end| tally.add_stated(&format!("window.{end}_resistance_ohm")));
        return;
    }
    tally.add(&report, "window.low_resistance_ohm", 1e6 / f64::from(device.window.high()));
    tally.add(&report, "window.high_resistance_ohm", 1e6 / f64::from(device.window.low()));
    let sigma = |target| device.write.noise.sigma(target, Some(STUDY_SIGMA)).expect("a study sets the noise");
    match &device.write.noise {
        WriteNoise::Table(table) => {
            for (number, point) in table.points().iter().enumerate() {
                let expected = sigma(1e6 / point.resistance_ohm).ln_resistance(1e6 / point.resistance_ohm);
                tally.add(&report, &format!("write.points[{number}].sigma_ln_resistance"), expected);
            }
        }
        WriteNoise::Relative { .. } => {
            tally.add(&report, "write.sigma_percent_of_conductance", sigma(1.0).microsiemens(1.0) * 100.0);
        }
        _ => tally.add(&report, "write.sigma_microsiemens", sigma(100.0).microsiemens(100.0)),
    }
    if let Some(StepGain::Normal { sigma } | StepGain::LogNormal { sigma }) = gain {
        tally.add(&report, "device_to_device.step_gain_sigma", f64::from(sigma));
    }
}

fn law(device: &Device) -> WriteNoiseKind {
    match device.write.noise {
        WriteNoise::Table(_) => WriteNoiseKind::Table,
        WriteNoise::Relative { .. } => WriteNoiseKind::Relative,
        _ => WriteNoiseKind::Constant,
    }
}

/// Returns the points of a table, or the ends of the window and three states between them.
fn targets(device: &Device) -> Vec<f64> {
    let (low, high) = (f64::from(device.window.low()), f64::from(device.window.high()));
    match &device.write.noise {
        WriteNoise::Table(table) => {
            table.points().iter().map(|point| (1e6 / point.resistance_ohm).clamp(low, high)).collect()
        }
        _ => [0.0, 0.4, 0.55, 0.7, 1.0].map(|along| low + along * (high - low)).to_vec(),
    }
}

/// Returns a table of writes with new cells for every target.
fn table(device: &Device, targets: &[f64], cycles: u32, seed: u64) -> String {
    let study_sigma = if Chip::needs_study_sigma(device) { STUDY_SIGMA } else { 0.0 };
    let mut text = "cell,cycle,start_microsiemens,target_microsiemens,conductance_microsiemens\n".to_owned();
    for (number, &target) in targets.iter().enumerate() {
        let seed = seed * 100 + number as u64;
        let start = f64::from(device.window.low());
        let mut chip = Chip::new(device, CELLS, start, study_sigma, false, Seed::new(seed)).expect("a chip");
        for cycle in 1..=cycles {
            if cycle > 1 {
                chip.write(start);
            }
            let before = chip.written();
            chip.write(target);
            for (cell, (before, written)) in before.into_iter().zip(chip.written()).enumerate() {
                let _ = writeln!(text, "{},{cycle},{before},{target},{written}", number * CELLS + cell);
            }
        }
    }
    text
}
