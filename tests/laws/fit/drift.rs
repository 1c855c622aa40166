//! Conductances of the same cells at several times after a write to exact states.

use std::fmt::Write;

use ohmspike_crossbar::device::{Device, DeviceToDevice, Drift, DriftBounds, DriftLaw, Scheme, WriteNoise};
use ohmspike_fit::{FitInput, FitOptions, FitReport, Mechanism};
use ohmspike_report::device_sample::Chip;
use ohmspike_rng::Seed;

use super::tally::Tally;
use super::{file, fitted, options};

/// Cells per state.
const CELLS: usize = 120;

/// Fits retention with the law of the device.
pub(super) fn add(device: &Device, seed: u64, tally: &mut Tally) {
    let (low, high) = (f64::from(device.window.low()), f64::from(device.window.high()));
    match &device.drift {
        Drift::None => {}
        Drift::LogTime(law) => {
            // Times from the reference time on; the mean shift at the first of them, if any, dates the reference.
            let moves = law.mean != 0.0 || law.sigma != 0.0;
            let first = if moves { 20.0 } else { 1.0 };
            let report =
                of_states(device, &[0.1, 0.5, 0.9].map(|x| low + x * (high - low)), first * law.times.reference, seed);
            let key = |name: &str| format!("drift.{name}");
            tally.add(&report, &key("sigma_microsiemens_at_reference"), law.sigma_at_reference);
            let notes = &report.mechanism(Mechanism::Drift).expect("drift").notes;
            if moves {
                tally.add(&report, &key("mean_microsiemens_per_ln"), law.mean);
                tally.add(&report, &key("sigma_microsiemens_per_ln"), law.sigma);
                if report.number(&key("reference_seconds")).is_some() {
                    tally.add(&report, &key("reference_seconds"), law.times.reference);
                } else {
                    assert!(notes.iter().any(|note| note.contains("the data do not bound it")), "{notes:?}");
                }
            } else {
                tally.add(&report, &key("mean_microsiemens_per_ln"), 0.0);
                let sigma = report.number(&key("sigma_microsiemens_per_ln")).expect("a number").value;
                assert!(sigma < 1e-4 * law.sigma_at_reference, "{sigma}");
                tally.add_stated(&key("sigma_microsiemens_per_ln"));
                // Without a mean shift nothing dates the reference, and the report says so.
                assert!(notes.iter().any(|note| note.contains("the data do not bound it")), "{notes:?}");
                tally.add_stated(&key("reference_seconds"));
            }
            let Drift::LogTime(found) = &report.device.drift else { panic!("another law") };
            if law.bounds == DriftBounds::Zero {
                assert_eq!(found.bounds, DriftBounds::Zero, "{}", device.name);
            }
        }
        Drift::Power(law) => {
            let reference = device.drift.times().expect("times of the law").reference;
            let states: Vec<f64> = law.points().iter().map(|point| 1e6 / point.resistance_ohm).collect();
            let report = of_states(device, &states, reference, seed);
            let Drift::Power(found) = &report.device.drift else { panic!("another law") };
            for (number, point) in law.points().iter().enumerate() {
                let key = |name: &str| format!("drift.points[{number}].{name}");
                if number < found.points().len() {
                    tally.add(&report, &key("exponent"), point.exponent);
                    tally.add(&report, &key("exponent_sigma"), point.exponent_sigma);
                    continue;
                }
                // Cells at the end of the window cannot drift, and the report says that they are left out.
                assert!((1e6 / point.resistance_ohm / low - 1.0).abs() < 1e-6, "{}: {number}", device.name);
                let notes = &report.mechanism(Mechanism::Drift).expect("drift").notes;
                assert!(notes.iter().any(|note| note.contains("reach an end of the window")), "{notes:?}");
                ["exponent", "exponent_sigma"].iter().for_each(|name| tally.add_stated(&key(name)));
            }
            tally.add(&report, "drift.reference_seconds", reference);
        }
    }
}

/// Returns the fit of cells written to `states`, µS, and read at three times from `first` s on.
fn of_states(device: &Device, states: &[f64], first: f64, seed: u64) -> FitReport {
    let mut exact = Device { device_to_device: DeviceToDevice::default(), ..device.clone() };
    (exact.write.scheme, exact.write.noise) = (Scheme::Add, WriteNoise::None);
    let mut text = "cell,time_seconds,conductance_microsiemens\n".to_owned();
    for (number, &state) in states.iter().enumerate() {
        let seed = Seed::new(seed).numbered(number as u64);
        let start = f64::from(device.window.low());
        let mut chip = Chip::new(&exact, CELLS, start, 0.0, false, seed).expect("a chip");
        chip.write(state);
        let mut record = |time: f64, values: Vec<f32>| {
            for (cell, value) in values.into_iter().enumerate() {
                let _ = writeln!(text, "{},{time},{value}", number * CELLS + cell);
            }
        };
        record(0.0, chip.written());
        for time in [first, 3.0 * first, 10.0 * first] {
            chip.rest(time);
            record(time, chip.seen());
        }
    }
    let law = if matches!(device.drift, Drift::Power(_)) { DriftLaw::Power } else { DriftLaw::LogTime };
    let options = FitOptions { drift_law: Some(law), only: vec![Mechanism::Drift], ..options(device) };
    fitted(FitInput { retention: file("retention.csv", text), ..FitInput::default() }, &options)
}
