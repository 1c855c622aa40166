//! What a fit says about data that do not determine a number.

use ohmspike_crossbar::device::{Drift, DriftBounds, DriftLaw, PulseKind};
use ohmspike_fit::{AcceptanceWindow, FitInput, FitOptions, FitReport, InputFile, Mechanism, fit, not_fitted};

fn file(text: String) -> Option<InputFile> {
    Some(InputFile { name: "t.csv".to_owned(), bytes: text.into_bytes() })
}

fn options() -> FitOptions {
    FitOptions { window: Some((10.0, 100.0)), resamples: 50, ..FitOptions::default() }
}

fn notes(report: &FitReport, mechanism: Mechanism) -> String {
    report.mechanism(mechanism).expect("fitted").notes.join("; ")
}

/// A deterministic spread: the golden ratio fills 0 to 1 evenly.
fn even(number: usize) -> f64 {
    (number as f64 * 0.618_033_988_749_895).fract()
}

/// A number from 0 to 1 without visible order, unlike its neighbours.
fn scattered(number: usize) -> f64 {
    let mixed = (number as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    ((mixed ^ (mixed >> 29)) >> 11) as f64 / (1u64 << 53) as f64
}

/// Accepted writes fill the upper half of the acceptance window: the approach came from above.
#[test]
fn writes_on_one_side_of_their_targets_are_withheld() {
    let rows: String = (0..200).map(|cell| format!("{cell},50,{}\n", 50.0 + 4.0 * even(cell))).collect();
    let writes = file(format!("cell,target_microsiemens,conductance_microsiemens\n{rows}"));
    let accepted = FitOptions { acceptance: Some(AcceptanceWindow::Microsiemens(4.0)), ..options() };
    let report = fit(&FitInput { writes, ..FitInput::default() }, &accepted).expect("a fit");
    let withheld = report.withheld.iter().find(|withheld| withheld.mechanism == Mechanism::Writes).expect("withheld");
    assert!(withheld.reason.contains("on one side of their targets, on average 1.998 µS above"), "{}", withheld.reason);
    assert!(report.device.write.verify().is_none());
}

/// Relaxation by up to 12 µS from 15 µS: some cells leave the window, or stop at its end.
#[test]
fn values_outside_the_window_tell_the_bounds_of_drift() {
    let fitted = |stop: bool, from: f64| {
        let mut rows = String::new();
        for cell in 0..100 {
            let shift = 12.0 * (even(cell) - 0.5) * 2.0;
            let value = |time: f64| if time > 0.0 { from + shift } else { from };
            for time in [0.0, 1.0, 10.0, 100.0] {
                let value = if stop { value(time).max(10.0) } else { value(time) };
                rows += &format!("{cell},{time},{value}\n");
            }
        }
        let retention = file(format!("cell,time_seconds,conductance_microsiemens\n{rows}"));
        let options = FitOptions { drift_law: Some(DriftLaw::LogTime), ..options() };
        let report = fit(&FitInput { retention, ..FitInput::default() }, &options).expect("a fit");
        let Drift::LogTime(law) = &report.device.drift else { panic!("another law") };
        (law.bounds, notes(&report, Mechanism::Drift))
    };
    let (bounds, told) = fitted(false, 15.0);
    assert!(bounds == DriftBounds::Zero && told.contains("leave the window, so `drift.bounds` is `zero`"), "{told}");
    let (bounds, told) = fitted(true, 15.0);
    assert!(bounds == DriftBounds::Window && told.contains("stop at an end of the window"), "{told}");
    let (bounds, told) = fitted(false, 50.0);
    assert!(bounds == DriftBounds::Window && told.contains("so `drift.bounds` is a choice"), "{told}");
}

/// Trains of 30 cells; the last three cross the window in one pulse.
#[test]
fn fast_cells_are_left_out_and_told() {
    let mut rows = String::new();
    for cell in 0..30 {
        let (mut x, gain) = (0.3, if cell < 27 { 0.5 + even(cell) } else { 30.0 });
        rows += &format!("{cell},0,up,{}\n", 10.0 + 90.0 * x);
        for pulse in 1..=60 {
            let up = (pulse - 1) / 6 % 2 == 0;
            let step = gain * 0.05 * (0.8 + 0.4 * even(60 * cell + pulse));
            x = f64::clamp(if up { x + step } else { x - step }, 0.0, 1.0);
            rows += &format!("{cell},{pulse},{},{}\n", if up { "up" } else { "down" }, 10.0 + 90.0 * x);
        }
    }
    let pulses = file(format!("cell,pulse,direction,conductance_microsiemens\n{rows}"));
    let constant = FitOptions { pulse_law: Some(PulseKind::Constant), ..options() };
    let report = fit(&FitInput { pulses, ..FitInput::default() }, &constant).expect("a fit");
    let told = notes(&report, Mechanism::Pulses);
    assert!(told.contains("3 cells cross half of the window in one pulse"), "{told}");
    let step = report.number("write.pulses.up_step_percent_of_window").expect("a step").value;
    // The mean gain of 27 even values is 1 to a few percent.
    assert!((step / 5.0 - 1.0).abs() < 0.1, "{step}");
}

/// Steps of 1 % with a cycle noise of 30 %, read with a noise of 0.6 % of the window: twice the cycle noise. Uniform noise of
/// width w has a standard deviation of w / sqrt(12).
#[test]
fn read_noise_does_not_pass_for_cycle_noise() {
    let uniform = |number: usize, width: f64| 12f64.sqrt() * width * (scattered(number) - 0.5);
    let train = |reads: f64| {
        let mut rows = String::new();
        for cell in 0..60 {
            let mut x = 0.3;
            for pulse in 0..=120 {
                let (number, up) = (200 * cell + pulse, pulse == 0 || (pulse - 1) / 30 % 2 == 0);
                if pulse > 0 {
                    let step = 0.01 * (1.0 + uniform(2 * number, 0.3));
                    x += if up { step } else { -step };
                }
                let value = 10.0 + 90.0 * (x + uniform(2 * number + 1, reads));
                rows += &format!("{cell},{pulse},{},{value}\n", if up { "up" } else { "down" });
            }
        }
        let pulses = file(format!("cell,pulse,direction,conductance_microsiemens\n{rows}"));
        let constant = FitOptions { pulse_law: Some(PulseKind::Constant), ..options() };
        fit(&FitInput { pulses, ..FitInput::default() }, &constant).expect("a fit")
    };
    for (reads, noted) in [(0.0, false), (0.006, true)] {
        let report = train(reads);
        let sigma = report.number("write.pulses.cycle_sigma_percent_of_step").expect("cycle noise");
        let (low, high) = sigma.interval_99.expect("an interval");
        assert!(low < 30.0 && 30.0 < high && sigma.value < 45.0, "{reads}: {sigma:?}");
        assert_eq!(notes(&report, Mechanism::Pulses).contains("does not count as cycle noise"), noted);
    }
}

#[test]
fn every_law_that_was_compared_has_its_own_name() {
    let row = |cell: usize| format!("{cell},{},{}\n", 20 + 30 * (cell % 2), (20 + 30 * (cell % 2)) as f64 + even(cell));
    let rows: String = (0..200).map(row).collect();
    let writes = file(format!("cell,target_microsiemens,conductance_microsiemens\n{rows}"));
    let report = fit(&FitInput { writes, ..FitInput::default() }, &options()).expect("a fit");
    let laws: Vec<&str> =
        report.mechanism(Mechanism::Writes).expect("fitted").candidates.iter().map(|law| law.law).collect();
    assert_eq!(laws, ["constant", "relative", "table of one point", "table"]);
}

#[test]
fn keys_without_a_fit_have_one_reason_each() {
    let mut keys: Vec<&str> = not_fitted().iter().map(|not| not.key).collect();
    let n = keys.len();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), n);
    assert!(not_fitted().iter().all(|not| !not.reason.is_empty() && !not.reason.ends_with('.')));
}

/// Every number has an interval, or a note tells why it has none.
#[test]
fn every_number_has_an_interval_or_a_reason() {
    let mut text = "cell,row,column,cycle,start_microsiemens,target_microsiemens,conductance_microsiemens\n".to_owned();
    for cell in 0..200 {
        for (number, target) in [20.0, 50.0, 100.0].into_iter().enumerate() {
            for cycle in 0..3 {
                let gain = 1.0 + 0.2 * even(cell);
                let noise = 1.0 + 0.02 * scattered(cell * 9 + 3 * number + cycle);
                let value = if cell < 4 { 700.0 + cell as f64 } else { (1.0 + (target - 1.0) * gain) * noise };
                text += &format!("{cell},{},{},{cycle},1,{target},{value}\n", cell / 20, cell % 20);
            }
        }
    }
    let report =
        fit(&FitInput { writes: file(text), ..FitInput::default() }, &FitOptions { window: None, ..options() })
            .expect("a fit");
    let names: Vec<&str> = report.mechanisms.iter().flat_map(|fit| &fit.numbers).map(|number| number.name()).collect();
    for part in ["window.low", "window.high", "standard deviation over cells", "faults.stuck_low_resistance_ohm"] {
        assert!(names.iter().any(|name| name.starts_with(part)), "{part}: {names:?}");
    }
    let mut bare = Vec::new();
    for fit in &report.mechanisms {
        for number in fit.numbers.iter().filter(|number| number.interval_95.is_none()) {
            let told = fit.notes.iter().any(|note| note.starts_with("no interval of") && note.contains(number.name()));
            assert!(told, "{}: {:?}", number.name(), fit.notes);
            bare.push(number.name());
        }
    }
    // A median of four cells.
    assert_eq!(bare, ["faults.stuck_low_resistance_ohm"]);
}

/// Numbers in siemens in columns of microsiemens, and in ohm.
#[test]
fn a_window_far_from_any_device_is_told() {
    for (factor, told) in
        [(1e-6, "the window is 1.103e10 to 5.878e10 ohm"), (1e4, "the window is 1.103e0 to 5.878e0 ohm")]
    {
        let rows: String = (0..400)
            .map(|row| {
                let target = [20.0, 40.0, 60.0, 80.0][row % 4] * factor;
                format!("{},{target},{}\n", row / 4, target * (0.95 + 0.1 * scattered(row)))
            })
            .collect();
        let writes = file(format!("cell,target_microsiemens,conductance_microsiemens\n{rows}"));
        let options = FitOptions { resamples: 50, ..FitOptions::default() };
        let report = fit(&FitInput { writes, ..FitInput::default() }, &options).expect("a fit");
        // Even noise also seems to be verified.
        let cautions = report.cautions();
        assert!(
            cautions.iter().any(|caution| caution.starts_with(told) && caution.contains("hint: check that the unit")),
            "{cautions:?}"
        );
    }
}

#[test]
fn a_device_without_write_noise_is_told() {
    let writes = || file("cell,target_microsiemens,conductance_microsiemens\n1,50,51\n2,50,49\n3,50,50.5\n".to_owned());
    let report = fit(&FitInput { writes: writes(), ..FitInput::default() }, &options()).expect("a fit");
    let [caution] = &report.cautions()[..] else { panic!("{:?}", report.cautions()) };
    assert!(caution.starts_with("the device has no write noise: "), "{caution}");
    let siemens = FitOptions { window: Some((1e-5, 1e-4)), ..options() };
    let error = fit(&FitInput { writes: writes(), ..FitInput::default() }, &siemens).expect_err("another unit");
    let told = error.to_string();
    assert!(told.starts_with("--window: expected a window that overlaps the data ("), "{told}");
    assert!(told.ends_with(" µS), got 0.00001 to 0.0001 µS\n\nhint: windows are in µS"), "{told}");
}
