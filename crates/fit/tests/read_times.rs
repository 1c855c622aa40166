//! Writes that are first read at different times, of cells with known drift and gains.

use ohmspike_crossbar::device::Drift;
use ohmspike_fit::{FitInput, FitOptions, FitReport, InputFile, Mechanism, fit};
use ohmspike_rng::Seed;

use crate::made::Numbers;

const CELLS: usize = 60;
const GAIN: &str = "device_to_device.step_gain_sigma";
/// Drift exponent, write noise and read noise.
const EXPONENT: f64 = 0.05;
const WRITE: f64 = 0.03;
const READ: f64 = 0.001;

/// Three writes of each cell to three targets, with gains of this spread, and values at the times of the cell, s. At `at`, s,
/// drift has taken nothing from the writes yet.
fn report(seed: u64, (gains, exponent, at): (f64, f64, f64), times: impl Fn(usize) -> Vec<f64>) -> FitReport {
    let mut numbers = Numbers(Seed::new(seed).named("read times").stream());
    let mut text =
        "cell,cycle,target_microsiemens,start_microsiemens,time_seconds,conductance_microsiemens\n".to_owned();
    for cell in 0..CELLS {
        let gain = 1.0 + gains * numbers.normal();
        for cycle in 0..3 {
            for target in [20.0, 50.0, 100.0] {
                let written = (5.0 + (target - 5.0) * gain) * (WRITE * numbers.normal()).exp();
                for time in times(cell) {
                    let value = written * (time / at).powf(-exponent) * (1.0 + READ * numbers.normal());
                    text += &format!("{cell},{cycle},{target},5,{time},{value}\n");
                }
            }
        }
    }
    let writes = Some(InputFile { name: "w.csv".to_owned(), bytes: text.into_bytes() });
    let options = FitOptions { window: Some((1.0, 200.0)), resamples: 100, ..FitOptions::default() };
    fit(&FitInput { writes, ..FitInput::default() }, &options).expect("a fit")
}

fn window_notes(report: &FitReport) -> String {
    report.mechanism(Mechanism::Window).expect("fitted").notes.join("; ")
}

fn reference(report: &FitReport) -> f64 {
    match &report.device.drift {
        Drift::Power(law) => law.times().reference,
        other => panic!("{other:?}"),
    }
}

fn sigma(report: &FitReport) -> (f64, f64, f64) {
    let fit = report.mechanism(Mechanism::Writes).expect("fitted");
    let number = &fit.numbers[0];
    let (low, high) = number.interval_99.expect("an interval");
    let unit = if number.unit.starts_with('%') { 0.01 } else { 1.0 };
    (unit * number.value, unit * low, unit * high)
}

fn bursts(cell: usize) -> Vec<f64> {
    if cell.is_multiple_of(2) { vec![1.0, 10.0, 100.0, 1e3, 1e4] } else { vec![1e3, 1e4, 1e5] }
}

/// Equal cells, read in turn from 1 to 60 s after the write, and later at the same intervals.
fn in_turn(cell: usize) -> Vec<f64> {
    let first = 1.0 + cell as f64;
    vec![first, first + 100.0, first + 1e3, first + 1e4]
}

#[test]
fn equal_cells_that_are_first_read_at_different_times_do_not_differ() {
    for seed in 0..5 {
        for (times, at, all) in [(&bursts as &dyn Fn(usize) -> Vec<f64>, 1e3, 1e3), (&in_turn, 52.0, 57.0)] {
            let report = report(seed, (0.0, EXPONENT, at), times);
            assert!(report.number(GAIN).is_none(), "{seed} {at}: {:?}", report.number(GAIN));
            let told = window_notes(&report);
            assert!(
                told.contains("s count as writes") && told.contains(". All values also count as retention"),
                "{told}"
            );
            let reference = reference(&report);
            assert!((at - 1.0..=all + 1.0).contains(&reference), "{reference}");
            let (value, low, high) = sigma(&report);
            assert!(low < WRITE && WRITE < high, "{seed} {at}: {value} ({low} to {high})");
        }
    }
}

/// Gains of 10 % are found whatever the times.
#[test]
fn gains_are_not_those_of_drift() {
    for seed in 0..5 {
        for (times, at) in [(&bursts as &dyn Fn(usize) -> Vec<f64>, 1e3), (&in_turn, 55.0)] {
            let report = report(20 + seed, (0.1, EXPONENT, at), times);
            let gain = report.number(GAIN).expect("cells differ");
            let (low, high) = gain.interval_99.expect("an interval");
            assert!(low < 0.1 && 0.1 < high, "{seed}: {gain:?}");
        }
    }
}

/// One read per write: drift cannot be told from differences between cells.
#[test]
fn cells_that_are_read_once_at_different_times_are_not_compared() {
    let report = report(1, (0.0, EXPONENT, 1.0), |cell| vec![if cell.is_multiple_of(2) { 1.0 } else { 1e3 }]);
    assert!(report.number(GAIN).is_none());
    let withheld =
        report.withheld.iter().find(|withheld| withheld.mechanism == Mechanism::CellToCell).expect("a reason");
    // 10^-0.05 - 1 = -10.9 %.
    assert!(withheld.reason.contains("% lower per decade of time"), "{}", withheld.reason);
    let percent: f64 = withheld
        .reason
        .split(" % lower")
        .next()
        .and_then(|text| text.rsplit(' ').next()?.parse().ok())
        .expect("a number");
    assert!((percent - 10.9).abs() < 0.5, "{percent}");
}

/// Without drift, the times of single reads do not matter; a chance of 1e-4 per table. Reads at equal times have no note.
#[test]
fn times_without_effect_are_not_mentioned() {
    for seed in 0..20 {
        let once = report(40 + seed, (0.1, 0.0, 1.0), |cell| vec![if cell.is_multiple_of(2) { 1.0 } else { 1e3 }]);
        assert!(once.number(GAIN).is_some() && !window_notes(&once).contains("count"), "{seed}");
        let equal = report(60 + seed, (0.0, EXPONENT, 1.0), |_| vec![1.0, 10.0, 100.0]);
        assert!(
            window_notes(&equal).contains("the first value of every write counts as write (1080 are later)"),
            "{seed}"
        );
        assert!(equal.number(GAIN).is_none() && (reference(&equal) - 1.0).abs() < 1e-6, "{seed}");
    }
}

/// Of 60 working cells, 5 are read too late for the common time of the others: they are no open cells, and do not count.
#[test]
fn cells_that_are_read_too_late_are_not_open() {
    let late = |cell: usize| if cell.is_multiple_of(12) { vec![1e4, 1e5] } else { vec![1.0, 10.0, 100.0] };
    for seed in 0..3 {
        let report = report(80 + seed, (0.0, EXPONENT, 1.0), late);
        for key in ["faults.p_low_resistance", "faults.p_high_resistance", "faults.p_stuck_random"] {
            let rate = report.number(key).expect("fitted");
            assert!(rate.value == 0.0 && rate.n == 55, "{seed}: {rate:?}");
        }
        let told = report.mechanism(Mechanism::Faults).expect("fitted").notes.join("; ");
        assert!(!told.contains("open") && told.contains("5 cells were not read around the time"), "{seed}: {told}");
    }
}

/// Each sentence of the note says one thing, and none says that nothing is interpolated.
#[test]
fn the_note_does_not_contradict_itself() {
    let late = |cell: usize| if cell.is_multiple_of(12) { vec![1e4, 1e5] } else { vec![1.0, 10.0, 100.0] };
    let told = window_notes(&report(80, (0.0, EXPONENT, 1.0), late));
    assert!(
        told.contains(
            "s count as writes. 45 of 540 writes were not read around this time and are left out of the write noise. \
             All values also count as retention"
        ),
        "{told}"
    );
    let bursts = window_notes(&report(1, (0.0, EXPONENT, 1e3), in_turn));
    assert!(bursts.contains("s count as writes. ") && bursts.contains("of 540 values are interpolated"), "{bursts}");
}
