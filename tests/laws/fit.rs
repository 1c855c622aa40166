//! The law of the fit: samples of a device, fitted, give its numbers back.
//!
//! A 99 % interval misses its number with a probability of 1 %. Misses of m numbers are then binomial, and
//! `least_failures` derives the smallest count of misses that shows, at a level of 10^-4, more than 1 %.
//!
//! The law of each mechanism is that of the device, because its choice is a decision of its own: tests of the crate
//! cover it. Numbers that no sample determines (a single try of program and verify, the ends of a law of time) do not
//! count. Pulses are those of nominal cells.

use ohmspike_crossbar::device::{
    BUILT_IN, Device, DeviceToDevice, Direction, Drift, DriftLaw, Faults, PulseKind, PulseLaw, ReadNoiseKind, Scheme,
    WhiteNoise, WriteNoise, WriteNoiseKind,
};
use ohmspike_fit::{FitInput, FitOptions, FitReport, InputFile, Mechanism, fit};
use ohmspike_report::device_sample::{Chip, Sampling};
use ohmspike_rng::Seed;
use ohmspike_stats::binomial::least_failures;

/// Write noise of `from-study` devices, µS.
const STUDY_SIGMA: f64 = 8.0;
/// Cells per target.
const CELLS: usize = 300;

fn file(name: &str, text: String) -> Option<InputFile> {
    Some(InputFile { name: name.to_owned(), bytes: text.into_bytes() })
}

fn sampling(device: &Device, target: f64, count: usize, seed: u64) -> Sampling {
    let study_sigma = Chip::needs_study_sigma(device).then_some(STUDY_SIGMA);
    Sampling { count, study_sigma, seed, ..Sampling::new(device, target) }
}

fn options(device: &Device) -> FitOptions {
    let window = (f64::from(device.window.low()), f64::from(device.window.high()));
    FitOptions { window: Some(window), resamples: 200, ..FitOptions::default() }
}

/// Whether a fitted interval holds a number of the device.
#[derive(Clone, Debug)]
struct Outcome {
    what: String,
    holds: bool,
}

fn outcome(report: &FitReport, key: &str, expected: f64) -> Outcome {
    let number = report.number(key).unwrap_or_else(|| panic!("{key} is missing: {:?}", report.withheld));
    let (low, high) = number.interval_99.unwrap_or_else(|| panic!("{key} has no interval"));
    let holds = low <= expected && expected <= high;
    Outcome { what: format!("{key}: {expected:.6} in {low:.6} to {high:.6}"), holds }
}

/// Targets of writes: the points of a table inside the window, or four states.
fn targets(device: &Device) -> Vec<f64> {
    let (low, high) = (f64::from(device.window.low()), f64::from(device.window.high()));
    match &device.write.noise {
        WriteNoise::Table(table) => {
            table.points().iter().map(|point| (1e6 / point.resistance_ohm).clamp(low, high)).collect()
        }
        _ => [0.2, 0.4, 0.6, 0.8].map(|along| low + along * (high - low)).to_vec(),
    }
}

/// Writes to every target, fitted with the law of the device.
fn of_writes(device: &Device, seed: u64) -> Vec<Outcome> {
    let sigma = |target: f64| device.write.noise.sigma(target, Some(STUDY_SIGMA)).expect("a study sets the noise");
    let mut text = "cell,cycle,target_microsiemens,conductance_microsiemens\n".to_owned();
    for (number, target) in targets(device).into_iter().enumerate() {
        let sampling = sampling(device, target, CELLS, seed * 100 + number as u64);
        for cycle in sampling.cycles(device).expect("a valid run") {
            for (cell, written) in cycle.written.iter().enumerate() {
                text += &format!("{},{},{target},{written}\n", number * CELLS + cell, cycle.number);
            }
        }
    }
    let law = match device.write.noise {
        WriteNoise::Table(_) => WriteNoiseKind::Table,
        WriteNoise::Relative { .. } => WriteNoiseKind::Relative,
        _ => WriteNoiseKind::Constant,
    };
    let options = FitOptions { write_law: Some(law), only: vec![Mechanism::Writes], window: None, ..options(device) };
    let report = fit(&FitInput { writes: file("writes.csv", text), ..FitInput::default() }, &options).expect("a fit");
    if law == WriteNoiseKind::Constant {
        let expected = sigma(100.0).microsiemens(100.0);
        return vec![outcome(&report, "write.sigma_microsiemens", expected)];
    }
    let WriteNoise::Table(table) = &report.device.write.noise else { panic!("{}: no table", device.name) };
    let point = |(number, point): (usize, &ohmspike_crossbar::device::SpreadPoint)| {
        let target = 1e6 / point.resistance_ohm;
        let key = format!("write.points[{number}].sigma_ln_resistance");
        outcome(&report, &key, sigma(target).ln_resistance(target))
    };
    table.points().iter().enumerate().map(point).collect()
}

#[test]
fn write_noise_of_built_in_devices_is_recovered() {
    check(2, &of_writes, &|device| {
        matches!(device.write.scheme, Scheme::Add)
            && device.write.noise != WriteNoise::None
            && device.device_to_device == DeviceToDevice::default()
    });
}

/// Runs `run` for every built-in device that is `used`, and checks the number of misses.
fn check(seeds: u64, run: &dyn Fn(&Device, u64) -> Vec<Outcome>, used: &dyn Fn(&Device) -> bool) {
    let mut tested = 0;
    for (name, _) in BUILT_IN {
        let device = Device::built_in(name).expect("a built-in device");
        if !used(&device) {
            continue;
        }
        let outcomes: Vec<Outcome> = (1..=seeds).flat_map(|seed| run(&device, seed)).collect();
        let misses: Vec<&Outcome> = outcomes.iter().filter(|outcome| !outcome.holds).collect();
        let n = outcomes.len() as u64;
        let too_many = least_failures(n, 0.99, 1e-4).unwrap_or(n + 1);
        assert!(n > 0, "{name}: nothing was fitted");
        assert!((misses.len() as u64) < too_many, "{name}: {} of {n} numbers missed: {misses:#?}", misses.len());
        tested += 1;
        if seeds >= 100 {
            println!("{name}: {} of {n} numbers in their 99 % intervals", n as usize - misses.len());
            assert!(misses.len() as f64 <= 0.03 * n as f64, "{name}: {misses:#?}");
        }
    }
    assert!(tested > 0);
}

/// Reads of cells at a state, fitted with the law of the device.
fn of_reads(device: &Device, seed: u64) -> Vec<Outcome> {
    let (low, high) = (f64::from(device.window.low()), f64::from(device.window.high()));
    let law = match device.read.white {
        WhiteNoise::Constant { .. } => ReadNoiseKind::Constant,
        WhiteNoise::Relative { .. } => ReadNoiseKind::Relative,
        _ => ReadNoiseKind::Table,
    };
    let along: &[f64] = if law == ReadNoiseKind::Table { &[0.15, 0.5, 0.85] } else { &[0.5] };
    let mut outcomes = Vec::new();
    for (number, along) in along.iter().enumerate() {
        let target = low * (high / low).powf(*along);
        let reads = Sampling { reads: 20, ..sampling(device, target, 120, seed * 100 + number as u64) };
        let mut text = "cell,time_seconds,conductance_microsiemens\n".to_owned();
        for cycle in reads.cycles(device).expect("a valid run") {
            for (read, values) in cycle.reads.iter().enumerate() {
                for (cell, value) in values.iter().enumerate() {
                    text += &format!("{cell},{},{value}\n", read as f64 * 1e-3);
                }
            }
        }
        let options = FitOptions { read_law: Some(law), only: vec![Mechanism::ReadNoise], ..options(device) };
        let report = fit(&FitInput { reads: file("reads.csv", text), ..FitInput::default() }, &options).expect("a fit");
        let sigma = |conductance: f64| device.read.white.sigma(conductance);
        match &report.device.read.white {
            WhiteNoise::Constant { .. } => {
                outcomes.push(outcome(&report, "read.white.sigma_microsiemens", sigma(target).microsiemens(target)));
            }
            WhiteNoise::Relative { .. } => {
                let expected = 100.0 * sigma(target).microsiemens(target) / target;
                outcomes.push(outcome(&report, "read.white.sigma_percent_of_conductance", expected));
            }
            WhiteNoise::Table(table) => {
                for (point, at) in table.points().iter().enumerate() {
                    let conductance = 1e6 / at.resistance_ohm;
                    let relative = sigma(conductance).microsiemens(conductance) / conductance;
                    let key = format!("read.white.points[{point}].sigma_ln_resistance");
                    outcomes.push(outcome(&report, &key, (relative * relative).ln_1p().sqrt()));
                }
            }
            WhiteNoise::None => panic!("{}: no read noise: {:?}", device.name, report.withheld),
        }
    }
    outcomes
}

#[test]
fn read_noise_of_built_in_devices_is_recovered() {
    check(2, &of_reads, &|device| device.read.white != WhiteNoise::None);
}

/// Conductances of the same cells at several times: samples with one seed differ in their time only.
fn of_drift(device: &Device, seed: u64) -> Vec<Outcome> {
    let (low, high) = (f64::from(device.window.low()), f64::from(device.window.high()));
    let target = low * (high / low).powf(0.75);
    let times = device.drift.times().expect("a device with drift");
    let mut text = "cell,time_seconds,conductance_microsiemens\n".to_owned();
    for (number, factor) in [1.0, 10.0, 100.0, 1000.0].into_iter().enumerate() {
        let after = times.reference * factor;
        let run = Sampling { after_seconds: Some(after), ..sampling(device, target, CELLS, seed) };
        for cycle in run.cycles(device).expect("a valid run") {
            let after_values = cycle.after.as_ref().expect("values at a time");
            for (cell, (written, value)) in cycle.written.iter().zip(after_values).enumerate() {
                if number == 0 {
                    text += &format!("{cell},0,{written}\n");
                }
                text += &format!("{cell},{after},{value}\n");
            }
        }
    }
    let law = if matches!(device.drift, Drift::Power(_)) { DriftLaw::Power } else { DriftLaw::LogTime };
    let options = FitOptions { drift_law: Some(law), only: vec![Mechanism::Drift], ..options(device) };
    let input = FitInput { retention: file("retention.csv", text), ..FitInput::default() };
    let report = fit(&input, &options).expect("a fit");
    match &device.drift {
        Drift::LogTime(law) => {
            let mut outcomes = vec![outcome(&report, "drift.sigma_microsiemens_at_reference", law.sigma_at_reference)];
            if law.mean != 0.0 || law.sigma != 0.0 {
                outcomes.push(outcome(&report, "drift.mean_microsiemens_per_ln", law.mean));
                outcomes.push(outcome(&report, "drift.sigma_microsiemens_per_ln", law.sigma));
            }
            outcomes
        }
        Drift::Power(law) => {
            let Drift::Power(found) = &report.device.drift else { panic!("another law") };
            let of_point = |(number, point): (usize, &ohmspike_crossbar::device::DriftPoint)| {
                let (mean, sigma) = law.exponent(point.resistance_ohm);
                let key = |name: &str| format!("drift.points[{number}].{name}");
                [outcome(&report, &key("exponent"), mean), outcome(&report, &key("exponent_sigma"), sigma)]
            };
            found.points().iter().enumerate().flat_map(of_point).collect()
        }
        Drift::None => unreachable!("devices without drift are left out"),
    }
}

#[test]
fn drift_of_built_in_devices_is_recovered() {
    check(2, &of_drift, &|device| !device.drift.is_off());
}

/// Pulse trains up and down of nominal cells.
fn of_pulses(device: &Device, seed: u64) -> Vec<Outcome> {
    let pulses = device.write.pulses().expect("a pulsed device").clone();
    let nominal = Device {
        device_to_device: DeviceToDevice::default(),
        drift: Drift::None,
        faults: Faults::default(),
        ..device.clone()
    };
    let (low, span) = (f64::from(device.window.low()), f64::from(device.window.span()));
    let mut text = "cell,cycle,pulse,direction,conductance_microsiemens\n".to_owned();
    for (cycle, start) in [0.1, 0.3, 0.5, 0.7, 0.9].into_iter().enumerate() {
        let seed = Seed::new(seed).numbered(cycle as u64);
        let from = low + start * span;
        let mut chip = Chip::new(&nominal, 40, from, 0.0, false, seed).expect("a chip");
        let mut record = |pulse: usize, direction: &str, chip: &Chip| {
            for (cell, value) in chip.written().iter().enumerate() {
                text += &format!("{},{cycle},{pulse},{direction},{value}\n", cell + 40 * cycle);
            }
        };
        record(0, "up", &chip);
        for pulse in 1..=60 {
            let up = (pulse - 1) / 15 % 2 == 0;
            let direction = if up { Direction::Up } else { Direction::Down };
            let step = f64::from(pulses.step(direction)) * span;
            chip.step(if up { step } else { -step });
            record(pulse, if up { "up" } else { "down" }, &chip);
        }
    }
    let law = match pulses.law {
        PulseLaw::Constant => PulseKind::Constant,
        PulseLaw::Linear { up: 1.0, down: 1.0 } => PulseKind::SoftBounds,
        PulseLaw::Linear { .. } => PulseKind::Linear,
        PulseLaw::Exponential { .. } => PulseKind::Exponential,
        PulseLaw::Power { .. } => PulseKind::Power,
        PulseLaw::PiecewiseLinear { .. } => PulseKind::PiecewiseLinear,
    };
    let options = FitOptions { pulse_law: Some(law), only: vec![Mechanism::Pulses], ..options(device) };
    let report = fit(&FitInput { pulses: file("pulses.csv", text), ..FitInput::default() }, &options).expect("a fit");
    let key = |name: &str| format!("write.pulses.{name}");
    let percent = |value: f32| 100.0 * f64::from(value);
    let mut outcomes = Vec::new();
    // An exponential curve has another form of the same numbers; its noise is relative to its own step.
    if law != PulseKind::Exponential {
        outcomes.push(outcome(&report, &key("up_step_percent_of_window"), percent(pulses.up_step)));
        outcomes.push(outcome(&report, &key("down_step_percent_of_window"), percent(pulses.down_step)));
        outcomes.push(outcome(&report, &key("cycle_sigma_percent_of_step"), percent(pulses.cycle_sigma[0])));
        outcomes.push(outcome(&report, &key("down_cycle_sigma_percent_of_step"), percent(pulses.cycle_sigma[1])));
    }
    if let (PulseLaw::Linear { up, down }, PulseKind::Linear) = (&pulses.law, law) {
        outcomes.push(outcome(&report, &key("up_slope"), f64::from(*up)));
        outcomes.push(outcome(&report, &key("down_slope"), f64::from(*down)));
    }
    outcomes
}

#[test]
fn pulses_of_built_in_devices_are_recovered() {
    check(1, &of_pulses, &|device| {
        device.write.pulses().is_some_and(|pulses| !matches!(pulses.law, PulseLaw::Exponential { .. }))
    });
}

/// Faults of the built-in devices with faults of single cells at random conductances.
fn of_faults(device: &Device, seed: u64) -> Vec<Outcome> {
    let nominal = Device { device_to_device: DeviceToDevice::default(), drift: Drift::None, ..device.clone() };
    let (low, span) = (f64::from(device.window.low()), f64::from(device.window.span()));
    let mut text = "cell,cycle,target_microsiemens,conductance_microsiemens\n".to_owned();
    for (cycle, along) in [0.2, 0.8].into_iter().enumerate() {
        let target = low + along * span;
        let run = Sampling { faults: true, ..sampling(&nominal, target, 1000, seed) };
        for values in run.cycles(&nominal).expect("a valid run") {
            for (cell, value) in values.written.iter().enumerate() {
                text += &format!("{cell},{cycle},{target},{value}\n");
            }
        }
    }
    let options = FitOptions { only: vec![Mechanism::Faults], ..options(device) };
    let report = fit(&FitInput { writes: file("writes.csv", text), ..FitInput::default() }, &options).expect("a fit");
    vec![outcome(&report, "faults.p_stuck_random", device.faults.stuck_random)]
}

#[test]
fn stuck_cells_of_built_in_devices_are_recovered() {
    check(2, &of_faults, &|device| device.faults.stuck_random > 0.0);
}

/// A hundred seeds of every law; takes minutes.
#[test]
#[ignore = "takes minutes; run with --ignored"]
fn a_hundred_seeds_recover_every_number() {
    check(100, &of_writes, &|device| {
        matches!(device.write.scheme, Scheme::Add)
            && device.write.noise != WriteNoise::None
            && device.device_to_device == DeviceToDevice::default()
    });
    check(100, &of_reads, &|device| device.read.white != WhiteNoise::None);
    check(100, &of_drift, &|device| !device.drift.is_off());
    check(100, &of_faults, &|device| device.faults.stuck_random > 0.0);
    check(100, &of_pulses, &|device| {
        device.write.pulses().is_some_and(|pulses| !matches!(pulses.law, PulseLaw::Exponential { .. }))
    });
}
