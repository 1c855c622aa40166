//! A table of writes and a table of pulse trains of cells with known gains: one device, without contradictions.

use ohmspike_crossbar::device::WriteNoise;
use ohmspike_fit::{FitInput, FitOptions, FitReport, InputFile, Mechanism, fit};
use ohmspike_rng::Seed;

use crate::made::Numbers;

const CELLS: usize = 50;
const GAIN: &str = "device_to_device.step_gain_sigma";

fn file(name: &str, text: String) -> Option<InputFile> {
    Some(InputFile { name: name.to_owned(), bytes: text.into_bytes() })
}

/// Six writes from 10 µS to each of three targets, with a noise of 2 % of the change and gains of this spread.
fn writes(numbers: &mut Numbers, gains: f64) -> Option<InputFile> {
    let mut text = "cell,cycle,target_microsiemens,start_microsiemens,conductance_microsiemens\n".to_owned();
    for cell in 0..CELLS {
        let gain = 1.0 + gains * numbers.normal();
        for cycle in 0..6 {
            for target in [30.0, 60.0, 80.0] {
                let value = 10.0 + (target - 10.0) * gain * (1.0 + 0.02 * numbers.normal());
                text += &format!("{cell},{cycle},{target},10,{value}\n");
            }
        }
    }
    file("w.csv", text)
}

/// Trains of 60 pulses up and 60 down with soft bounds, a cycle noise of 30 % and gains of this spread.
fn pulses(numbers: &mut Numbers, cells: usize, gains: f64) -> Option<InputFile> {
    let mut text = "cell,cycle,pulse,direction,conductance_microsiemens\n".to_owned();
    for cell in 0..cells {
        let gain = 1.0 + gains * numbers.normal();
        for train in 0..2 {
            let mut x = 0.0_f64;
            text += &format!("{cell},{train},0,up,10\n");
            for pulse in 1..=120 {
                let (up, noise) = (pulse <= 60, 1.0 + 0.3 * numbers.normal());
                x = if up { x + 0.03 * gain * (1.0 - x) * noise } else { x - 0.04 * gain * x * noise }.clamp(0.0, 1.0);
                let direction = if up { "up" } else { "down" };
                text += &format!("{cell},{train},{pulse},{direction},{}\n", 10.0 + 90.0 * x);
            }
        }
    }
    file("p.csv", text)
}

/// Fits writes with one spread of gains, and pulse trains of `cells` cells with another.
fn report(seed: u64, of_writes: f64, (cells, of_pulses): (usize, f64)) -> FitReport {
    let mut numbers = Numbers(Seed::new(seed).named("writes and pulses").stream());
    let writes = writes(&mut numbers, of_writes);
    let pulses = pulses(&mut numbers, cells, of_pulses);
    let options = FitOptions { window: Some((10.0, 100.0)), resamples: 100, ..FitOptions::default() };
    fit(&FitInput { writes, pulses, ..FitInput::default() }, &options).expect("a fit")
}

fn notes(report: &FitReport, mechanism: Mechanism) -> String {
    report.mechanism(mechanism).expect("fitted").notes.join("; ")
}

/// Gains of 15 % in writes, and of equal cells in pulse trains, cannot be of one device. It is that of the pulses.
#[test]
fn gains_that_pulse_trains_exclude_are_not_in_the_device_file() {
    let report = report(1, 0.15, (CELLS, 0.0));
    let json = report.device_json();
    assert!(!json.contains("step_gain_sigma") && !json.contains(r#""what": "device_to_device""#), "{json}");
    assert!(!json.contains(r#""what": "write","#) && json.contains(r#""what": "write.pulses""#), "{json}");
    let numbers = &report.mechanism(Mechanism::CellToCell).expect("fitted").numbers;
    let gain = numbers.iter().find(|number| number.key == GAIN).expect("the gain of the writes");
    assert_eq!((gain.is_stated(), gain.name()), (false, "standard deviation of gains in writes"));
    assert!(report.number(GAIN).is_none() && matches!(report.device.write.noise, WriteNoise::None));
    let told = notes(&report, Mechanism::CellToCell);
    assert!(told.contains("The two disagree") && told.contains("in writes and below 0.0"), "{told}");
    assert!(notes(&report, Mechanism::Writes).contains("this write noise is not in the device file"));
}

/// Gains of 15 % in both tables: that of pulses is stated. Two 95 % intervals of one number are apart with a probability of 0.6 %, so that at most one of
/// 20 tables, 0.12 on average, tells a contradiction (99.4 %).
#[test]
fn equal_gains_of_both_tables_do_not_contradict_each_other() {
    let mut disagreeing = 0;
    for seed in 0..20 {
        let report = report(10 + seed, 0.15, (CELLS, 0.15));
        let told = notes(&report, Mechanism::CellToCell);
        let gain = report.number(GAIN).expect("pulse trains tell it");
        let (low, high) = gain.interval_99.expect("an interval");
        assert!(low < 0.15 && 0.15 < high, "{seed}: {gain:?}");
        assert!(report.device_json().matches("step_gain_sigma").count() >= 1, "{seed}");
        // A table that tells no contradiction tells which of two equal numbers the device has.
        let stated = told.contains("in pulse trains. The device file uses the pulse trains");
        let disagrees = told.contains("in pulse trains. The two disagree");
        assert!(stated != disagrees, "{seed}: {told}");
        disagreeing += usize::from(disagrees);
        assert!(!told.contains("end of what a device allows"), "{seed}: {told}");
    }
    assert!(disagreeing <= 1, "{disagreeing}");
}

/// Pulse trains of three cells do not tell how gains differ. The writes do.
#[test]
fn gains_of_writes_are_stated_if_pulse_trains_allow_them() {
    let report = report(2, 0.15, (3, 0.15));
    let gain = report.number(GAIN).expect("writes tell it");
    assert!(gain.interval_99.is_some_and(|(low, high)| low < 0.15 && 0.15 < high), "{gain:?}");
    assert!(report.device_json().contains("step_gain_sigma"));
    let told = notes(&report, Mechanism::Pulses);
    assert!(told.contains("the device file has the gains of the writes"), "{told}");
}

/// Cells without any difference have no gains in either table, and nothing to tell.
#[test]
fn equal_cells_have_no_gains() {
    for seed in 0..5 {
        let report = report(30 + seed, 0.0, (CELLS, 0.0));
        assert!(report.number(GAIN).is_none() && report.mechanism(Mechanism::CellToCell).is_none(), "{seed}");
        assert!(!notes(&report, Mechanism::Pulses).contains("disagree"), "{seed}");
    }
}
