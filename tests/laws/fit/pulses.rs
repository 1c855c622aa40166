//! Trains of single pulses, up and down: curves, cycle noise and gains of cells.

use std::fmt::Write;

use ohmspike_crossbar::device::{Device, DeviceToDevice, Direction, Drift, PulseKind, PulseLaw, Pulses, StepGain};
use ohmspike_fit::{FitInput, FitOptions, FitReport, Mechanism};
use ohmspike_report::device_sample::Chip;
use ohmspike_rng::Seed;

use super::tally::Tally;
use super::{file, fitted, options};

/// Cells per start.
const CELLS: usize = 40;
/// Starts, as fractions of the window.
const STARTS: [f64; 5] = [0.1, 0.3, 0.5, 0.7, 0.9];
/// Pulses of a train, and of one whose cycle noise hides the gains of cells in a shorter one.
const SHORT: usize = 60;
const LONG: usize = 400;

/// Fits trains of nominal cells, and gains to trains of cells that differ by their gains alone.
pub(super) fn add(device: &Device, seed: u64, tally: &mut Tally) {
    let Some(pulses) = device.write.pulses() else { return };
    // An exponential curve has three numbers, and cycle noise of five steps.
    let noisy = pulses.cycle_sigma[0] > 4.0;
    let nominal = Device { device_to_device: DeviceToDevice::default(), ..device.clone() };
    curve(&trains(&nominal, pulses, if noisy { LONG } else { SHORT }, seed), pulses, tally);
    // The window is that of the user: trains of pulses need not reach its ends.
    ["low", "high"].iter().for_each(|end| tally.add_stated(&format!("window.{end}_resistance_ohm")));
    let DeviceToDevice { step_gain, up_down, .. } = device.device_to_device;
    let (Some(StepGain::Normal { sigma } | StepGain::LogNormal { sigma }), Some(up_down)) = (step_gain, up_down) else {
        panic!("{}: no gains", device.name)
    };
    let gains = DeviceToDevice { step_gain, up_down: Some(up_down), ..DeviceToDevice::default() };
    let different = Device { device_to_device: gains, ..device.clone() };
    let report = trains(&different, pulses, if pulses.cycle_sigma[0] > 5.0 * sigma { LONG } else { SHORT }, seed);
    let keys = ["device_to_device.step_gain_sigma", "device_to_device.up_down_sigma"];
    let fit = report.mechanism(Mechanism::Pulses);
    let notes = &fit.unwrap_or_else(|| panic!("{}: {:?}", device.name, report.withheld)).notes;
    if notes.iter().any(|note| note.contains("gains vary at least as much as stated")) {
        return keys.iter().for_each(|key| tally.add_stated(key));
    }
    if notes.iter().any(|note| note.contains("gains of cells do not differ")) {
        return keys.iter().for_each(|key| tally.add_stated(key));
    }
    tally.add(&report, keys[0], f64::from(sigma));
    tally.add(&report, keys[1], f64::from(up_down));
}

fn law(pulses: &Pulses) -> PulseKind {
    match pulses.law {
        PulseLaw::Constant => PulseKind::Constant,
        PulseLaw::Linear { up: 1.0, down: 1.0 } => PulseKind::SoftBounds,
        PulseLaw::Linear { .. } => PulseKind::Linear,
        PulseLaw::Exponential { .. } => PulseKind::Exponential,
        PulseLaw::Power { .. } => PulseKind::Power,
        PulseLaw::PiecewiseLinear { .. } => PulseKind::PiecewiseLinear,
    }
}

/// Returns the fit of trains of `length` pulses: runs up and down of half of the window, if that takes less than a quarter of
/// the train.
fn trains(device: &Device, pulses: &Pulses, length: usize, seed: u64) -> FitReport {
    let run = ((0.5 / pulses.up_step).ceil() as usize).clamp(2, length / 4);
    let still = Device { drift: Drift::None, ..device.clone() };
    let (low, span) = (f64::from(device.window.low()), f64::from(device.window.span()));
    let mut text = "cell,cycle,pulse,direction,conductance_microsiemens\n".to_owned();
    for (cycle, start) in STARTS.iter().enumerate() {
        let seed = Seed::new(seed).numbered(cycle as u64);
        let mut chip = Chip::new(&still, CELLS, low + start * span, 0.0, false, seed).expect("a chip");
        let mut record = |pulse: usize, direction: &str, chip: &Chip| {
            for (cell, value) in chip.written().iter().enumerate() {
                let _ = writeln!(text, "{},{cycle},{pulse},{direction},{value}", cell + CELLS * cycle);
            }
        };
        record(0, "up", &chip);
        for pulse in 1..=length {
            let up = ((pulse - 1) / run).is_multiple_of(2);
            let step = f64::from(pulses.step(if up { Direction::Up } else { Direction::Down })) * span;
            chip.step(if up { step } else { -step });
            record(pulse, if up { "up" } else { "down" }, &chip);
        }
    }
    let options = FitOptions { pulse_law: Some(law(pulses)), only: vec![Mechanism::Pulses], ..options(device) };
    fitted(FitInput { pulses: file("pulses.csv", text), ..FitInput::default() }, &options)
}

/// Records the numbers of the curves.
fn curve(report: &FitReport, pulses: &Pulses, tally: &mut Tally) {
    let key = |name: &str| format!("write.pulses.{name}");
    let mut add = |name: &str, value: f64| tally.add(report, &key(name), value);
    let percent = |value: f32| 100.0 * f64::from(value);
    add("up_step_percent_of_window", percent(pulses.up_step));
    add("down_step_percent_of_window", percent(pulses.down_step));
    add("cycle_sigma_percent_of_step", percent(pulses.cycle_sigma[0]));
    add("down_cycle_sigma_percent_of_step", percent(pulses.cycle_sigma[1]));
    match &pulses.law {
        PulseLaw::Linear { up, down } if law(pulses) == PulseKind::Linear => {
            add("up_slope", f64::from(*up));
            add("down_slope", f64::from(*down));
        }
        PulseLaw::Exponential { up, down, offset, .. } => {
            // The fit has an offset of 0: A exp(± γ (y + b)) = [A exp(± γ b)] exp(± γ y).
            let at = |(amplitude, gamma): (f32, f32), sign: f32| f64::from(amplitude * (sign * gamma * offset).exp());
            add("up_amplitude", at(*up, 1.0));
            add("down_amplitude", at(*down, -1.0));
            add("up_steepness", f64::from(up.1));
            add("down_steepness", f64::from(down.1));
        }
        _ => {}
    }
}
