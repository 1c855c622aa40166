//! A device that is fitted to writes and retention keeps its cells as the retention table does.

use std::fmt::Write;

use ohmspike_crossbar::device::DriftBounds;
use ohmspike_fit::{FitInput, FitOptions};
use ohmspike_report::device_sample::Chip;
use ohmspike_rng::Seed;
use ohmspike_simd::Block;

use super::{file, fitted};

/// Targets, µS.
const TARGETS: [f64; 3] = [20.0, 60.0, 150.0];
/// Standard deviation of ln G after a write.
const SIGMA: f64 = 0.06;
/// Mean and standard deviation of the exponents of a power law from 1 s on.
const EXPONENT: (f64, f64) = (0.03, 0.01);
/// Last time of the retention table, s.
const LATEST: f64 = 1e5;
/// Cells of the table per state, and of the chip.
const MEASURED: usize = 200;
const SAMPLED: usize = 4000;

/// Cells at 20 µS fall to 14.2 µS on average, below the window, which holds the writes: from 16 µS on. The law is that of the table, so the
/// chip has the mean
///
/// ```text
/// E G = T exp(σ²/2 - m L + s² L²/2)        L = ln(t / 1 s), T the target
/// ```
///
/// Its relative standard error is that of the fitted m, s L / sqrt(cells), with that of the sampled cells: the relative standard
/// deviation of a cell is sqrt(σ² + s² L²).
#[test]
fn a_chip_drifts_as_far_as_the_table_it_was_fitted_to() {
    let mut draws = vec![Block::ZERO; TARGETS.len() * MEASURED];
    Seed::new(11).named("retention").normals().fill(&mut draws);
    let mut writes = "cell,cycle,target_microsiemens,conductance_microsiemens\n".to_owned();
    let mut retention = "cell,target_microsiemens,time_seconds,conductance_microsiemens\n".to_owned();
    for (number, draws) in draws.iter().enumerate() {
        let (cell, target) = (number / TARGETS.len(), TARGETS[number % TARGETS.len()]);
        let written = |draw: usize| target * (SIGMA * f64::from(draws[draw])).exp();
        for cycle in 1..=2 {
            let _ = writeln!(writes, "{cell},{cycle},{target},{}", written(cycle));
        }
        let exponent = EXPONENT.0 + EXPONENT.1 * f64::from(draws[0]);
        for seconds in [1.0, 10.0, 100.0, 1e3, 1e4, LATEST] {
            let _ = writeln!(retention, "{cell},{target},{seconds},{}", written(3) * seconds.powf(-exponent));
        }
    }
    let input = FitInput {
        writes: file("writes.csv", writes),
        retention: file("retention.csv", retention),
        ..FitInput::default()
    };
    let device = fitted(input, &FitOptions { resamples: 50, ..FitOptions::default() }).device;
    assert_eq!(device.drift.bounds(), DriftBounds::Zero);
    let elapsed = LATEST.ln();
    let spread = EXPONENT.1 * elapsed;
    let error = (spread.powi(2) / MEASURED as f64 + (SIGMA.powi(2) + spread.powi(2)) / SAMPLED as f64).sqrt();
    for target in TARGETS {
        let start = f64::from(device.window.low());
        let mut chip = Chip::new(&device, SAMPLED, start, 0.0, false, Seed::new(5)).expect("a chip");
        chip.write(target);
        chip.rest(LATEST);
        let mean = chip.seen().iter().map(|seen| f64::from(*seen)).sum::<f64>() / SAMPLED as f64;
        let exact = target * (0.5 * SIGMA.powi(2) - EXPONENT.0 * elapsed + 0.5 * spread.powi(2)).exp();
        assert!((mean / exact - 1.0).abs() < 5.0 * error, "{target} µS: {mean} µS, expected {exact} µS");
    }
}
