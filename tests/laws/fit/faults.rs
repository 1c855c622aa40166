//! Stuck cells, dead lines and clusters of a whole array, written to two targets.

use std::fmt::Write;

use ohmspike_crossbar::device::{Device, DeviceToDevice, Drift, Faults, Scheme, WriteNoise};
use ohmspike_fit::{FitInput, FitOptions, Mechanism};
use ohmspike_report::device_sample::Sampling;

use super::tally::Tally;
use super::{file, fitted, options};

/// Columns of a tile, as in the layout of a sampled chip.
const COLUMNS: usize = 128;
/// Rows.
const ROWS: usize = 24;

/// Fits the faults of a device.
pub(super) fn add(device: &Device, seed: u64, tally: &mut Tally) {
    let faults = &device.faults;
    if *faults == Faults::default() {
        return;
    }
    let options = FitOptions { only: vec![Mechanism::Faults], ..options(device) };
    let text = table(device, seed);
    let report = fitted(FitInput { writes: file("writes.csv", text), ..FitInput::default() }, &options);
    let rates = [
        ("p_low_resistance", faults.low_resistance),
        ("p_high_resistance", faults.high_resistance),
        ("p_stuck_random", faults.stuck_random),
        ("p_dead_row", faults.dead_row),
        ("p_dead_column", faults.dead_column),
        ("p_cluster", faults.cluster),
    ];
    for (key, rate) in rates {
        tally.add(&report, &format!("faults.{key}"), rate);
    }
    // Without a cluster in the sample, there is no fraction of its cells.
    if report.number("faults.cluster_fraction_of_cells").is_some() {
        tally.add(&report, "faults.cluster_fraction_of_cells", faults.cluster_fraction);
    }
    if let Some(conductance) = faults.stuck_high_conductance {
        tally.add(&report, "faults.stuck_low_resistance_ohm", 1e6 / f64::from(conductance));
    }
}

/// Returns writes with a noise of 1 % to two targets.
fn table(device: &Device, seed: u64) -> String {
    let mut plain = Device { device_to_device: DeviceToDevice::default(), drift: Drift::None, ..device.clone() };
    plain.write.scheme = Scheme::Add;
    plain.write.noise = WriteNoise::Relative { fraction: 0.01 };
    let (low, span) = (f64::from(device.window.low()), f64::from(device.window.span()));
    let mut text = "row,column,cycle,target_microsiemens,conductance_microsiemens\n".to_owned();
    for (cycle, along) in [0.2, 0.8].into_iter().enumerate() {
        let target = low + along * span;
        let count = ROWS * COLUMNS;
        let run = Sampling { faults: true, count, seed, ..Sampling::new(&plain, target) };
        for values in run.cycles(&plain).expect("a valid run") {
            for (cell, value) in values.written.iter().enumerate() {
                let _ = writeln!(text, "{},{},{cycle},{target},{value}", cell / COLUMNS, cell % COLUMNS);
            }
        }
    }
    text
}
