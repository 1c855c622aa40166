//! Data from known laws: the fit gives their numbers back.

use ohmspike_crossbar::device::{Device, DriftLaw, PulseKind};
use ohmspike_fit::{AcceptanceWindow, FitInput, FitOptions, FitReport, InputFile, Mechanism, fit};
use ohmspike_rng::Seed;
use rand::RngExt;

/// Standard normals by Box and Muller.
struct Normals(ohmspike_rng::Philox);

impl Normals {
    fn new(seed: u64) -> Normals {
        Normals(Seed::new(seed).named("recovery").stream())
    }

    fn next(&mut self) -> f64 {
        let (a, b): (f64, f64) = (self.uniform(), self.uniform());
        (-2.0 * (1.0 - a).ln()).sqrt() * (2.0 * std::f64::consts::PI * b).cos()
    }

    fn uniform(&mut self) -> f64 {
        self.0.random_range(0.0..1.0)
    }
}

fn file(name: &str, text: String) -> Option<InputFile> {
    Some(InputFile { name: name.to_owned(), bytes: text.into_bytes() })
}

fn options() -> FitOptions {
    FitOptions { resamples: 200, ..FitOptions::default() }
}

fn fitted(input: FitInput, options: &FitOptions) -> FitReport {
    let report = fit(&input, options).expect("a fit");
    Device::from_json(&report.device_json()).expect("a valid device file");
    report
}

/// Writes of `cells` cells per target; `write(target, normals)` returns the conductance.
fn writes(cells: usize, targets: &[f64], mut write: impl FnMut(f64, &mut Normals) -> f64, seed: u64) -> FitInput {
    let mut normals = Normals::new(seed);
    let mut text = "cell,target_microsiemens,conductance_microsiemens\n".to_owned();
    for (number, &target) in targets.iter().enumerate() {
        for cell in 0..cells {
            text += &format!("{},{target},{}\n", number * cells + cell, write(target, &mut normals));
        }
    }
    FitInput { writes: file("w.csv", text), ..FitInput::default() }
}

/// Asserts that the 99 % interval of `key` holds `value`, and that it is not wide: counts of few events
/// have the widest.
fn assert_holds(report: &FitReport, key: &str, value: f64) {
    let number = report.number(key).unwrap_or_else(|| panic!("{key} is not fitted: {:?}", report.withheld));
    let (low, high) = number.interval_99.expect("an interval");
    assert!(low <= value && value <= high, "{key}: {value} is not in {low} to {high} (estimate {})", number.value);
    assert!(high - low < 0.8 * value.abs() + 1e-3, "{key}: {low} to {high}");
}

#[test]
fn a_constant_standard_deviation_is_recovered() {
    let input = writes(300, &[50.0, 100.0, 200.0], |target, z| target + 4.0 * z.next(), 1);
    let report = fitted(input, &options());
    assert_eq!(report.mechanism(Mechanism::Writes).unwrap().law, "constant");
    assert_holds(&report, "write.sigma_microsiemens", 4.0);
}

#[test]
fn a_relative_standard_deviation_is_recovered() {
    let input = writes(400, &[50.0, 100.0, 200.0], |target, z| target * (1.0 + 0.1 * z.next()), 2);
    let report = fitted(input, &options());
    assert_eq!(report.mechanism(Mechanism::Writes).unwrap().law, "relative");
    assert_holds(&report, "write.sigma_percent_of_conductance", 10.0);
}

#[test]
fn a_table_is_recovered_and_tested_on_held_out_cells() {
    let sigma = |target: f64| 0.02 * (200.0 / target);
    let input = writes(500, &[20.0, 60.0, 200.0], |target, z| target * (sigma(target) * z.next()).exp(), 3);
    let report = fitted(input, &options());
    for (point, target) in [200.0, 60.0, 20.0].into_iter().enumerate() {
        assert_holds(&report, &format!("write.points[{point}].sigma_ln_resistance"), sigma(target));
    }
    let quality = report.mechanism(Mechanism::Writes).unwrap().quality.as_ref().expect("held-out cells");
    assert_eq!(quality.cells, 300);
    // The Kolmogorov distance of 300 values exceeds 1.63 / sqrt(300) with a probability of 1 %.
    assert!(quality.distance < 1.63 / 300f64.sqrt(), "{}", quality.distance);
    assert!(quality.quantiles.iter().all(|quantile| quantile.error().abs() < 0.8), "{:?}", quality.quantiles);
}

/// Outliers of 3 %, uniform in ln G over the window, as in open chips of many labs.
#[test]
fn outliers_shift_no_sigma_by_five_percent() {
    let targets = [2.0, 5.0, 12.0, 30.0];
    let clean = |target: f64, z: &mut Normals| target * (0.08 * z.next()).exp();
    let dirty = |target: f64, z: &mut Normals| {
        let write = clean(target, z);
        if z.uniform() < 0.03 { (40f64.ln() * z.uniform()).exp() } else { write }
    };
    // 20,000 writes per target: a standard error of 0.6 %.
    let report = fitted(writes(20_000, &targets, dirty, 4), &FitOptions { resamples: 50, ..options() });
    let fit = report.mechanism(Mechanism::Writes).unwrap();
    assert!(!fit.numbers.is_empty());
    for number in &fit.numbers {
        let sigma = if number.unit == "%" { number.value / 100.0 } else { number.value };
        assert!((sigma / 0.08 - 1.0).abs() < 0.05, "{}: {sigma}", number.key);
    }
    assert!(fit.notes.iter().any(|note| note.contains("standard deviations and left out")), "{:?}", fit.notes);
}

/// Accepted writes are normal writes within 1.5 standard deviations.
#[test]
fn an_acceptance_window_is_undone() {
    let accepted = |target: f64, z: &mut Normals| loop {
        let write = target + 6.0 * z.next();
        if (write - target).abs() <= 9.0 {
            break write;
        }
    };
    let input = writes(1500, &[100.0, 150.0], accepted, 5);
    let options = FitOptions { acceptance: Some(AcceptanceWindow::Microsiemens(9.0)), ..options() };
    let report = fitted(input, &options);
    assert_eq!(report.mechanism(Mechanism::Writes).unwrap().law, "constant");
    assert_holds(&report, "write.sigma_microsiemens", 6.0);
    assert!(report.device.write.verify().is_some());
}

/// Writes to an outer level, clipped at the end of the window: half of them are equal.
#[test]
fn clipped_writes_do_not_halve_the_spread() {
    let write = |target: f64, z: &mut Normals| (target * (0.05 * z.next()).exp()).clamp(10.0, 100.0);
    let report = fitted(writes(1000, &[10.0, 30.0, 100.0], write, 6), &options());
    let window = report.mechanism(Mechanism::Window).unwrap();
    assert_eq!((window.numbers[0].value, window.numbers[1].value), (1e4, 1e5));
    let numbers = &report.mechanism(Mechanism::Writes).unwrap().numbers;
    assert!(
        numbers.iter().all(|number| {
            let sigma = if number.unit == "%" { number.value / 100.0 } else { number.value };
            (sigma / 0.05 - 1.0).abs() < 0.1
        }),
        "{numbers:?}"
    );
}

#[test]
fn the_window_leaves_room_for_the_spread() {
    let report = fitted(writes(1000, &[10.0, 100.0], |t, z| t * (0.05 * z.next()).exp(), 7), &options());
    let window = report.device.window;
    // 3.72 standard deviations of 5 %.
    assert!((f64::from(window.low()) / (10.0 * (-0.186f64).exp()) - 1.0).abs() < 0.03);
    assert!((f64::from(window.high()) / (100.0 * 0.186f64.exp()) - 1.0).abs() < 0.03);
    let forced = FitOptions { window: Some((10.0, 100.0)), ..options() };
    let report = fitted(writes(1000, &[10.0, 100.0], |t, z| t * (0.05 * z.next()).exp(), 7), &forced);
    let notes = &report.mechanism(Mechanism::Window).unwrap().notes;
    assert!(notes.iter().any(|note| note.contains("the window clips")), "{notes:?}");
}

/// Stuck cells keep their conductance; the others follow two targets.
#[test]
fn stuck_cells_are_counted_and_left_out() {
    let (cells, stuck_high, stuck_low) = (2000, 60, 40);
    let mut normals = Normals::new(8);
    let mut text = "cell,cycle,target_microsiemens,conductance_microsiemens\n".to_owned();
    for cell in 0..cells {
        for (cycle, target) in [20.0, 80.0].into_iter().enumerate() {
            let write = target * (0.03 * normals.next()).exp();
            let value = if cell < stuck_high {
                300.0
            } else if cell < stuck_high + stuck_low {
                1.0
            } else {
                write
            };
            text += &format!("{cell},{cycle},{target},{value}\n");
        }
    }
    let report = fitted(FitInput { writes: file("w.csv", text), ..FitInput::default() }, &options());
    assert_eq!(report.number("faults.p_low_resistance").unwrap().value, 0.03);
    assert_eq!(report.number("faults.p_high_resistance").unwrap().value, 0.02);
    assert!((report.device.faults.low_resistance_conductance(&report.device.window) - 300.0).abs() < 0.1);
    assert_holds(&report, "faults.p_low_resistance", 0.03);
    let numbers = &report.mechanism(Mechanism::Writes).unwrap().numbers;
    let sigma = numbers[0].value / if numbers[0].unit == "%" { 100.0 } else { 1.0 };
    assert!((sigma / 0.03 - 1.0).abs() < 0.06, "{numbers:?}");
}

/// Two dead columns of 32 and one column with a cluster, among 2 % of single stuck cells.
#[test]
fn dead_lines_are_told_from_single_faults() {
    let mut normals = Normals::new(9);
    let mut text = "row,column,cycle,target_microsiemens,conductance_microsiemens\n".to_owned();
    for row in 0..32 {
        for column in 0..32 {
            let stuck = normals.uniform() < 0.02 || (column == 9 && normals.uniform() < 0.8);
            for (cycle, target) in [30.0, 60.0].into_iter().enumerate() {
                let write = target * (0.03 * normals.next()).exp();
                let value = if column == 4 || column == 20 {
                    0.0
                } else if stuck {
                    200.0
                } else {
                    write
                };
                text += &format!("{row},{column},{cycle},{target},{value}\n");
            }
        }
    }
    let report = fitted(FitInput { writes: file("w.csv", text), ..FitInput::default() }, &options());
    assert_eq!(report.number("faults.p_dead_column").unwrap().value, 2.0 / 32.0);
    assert_eq!(report.number("faults.p_dead_row").unwrap().value, 0.0);
    assert_eq!(report.number("faults.p_cluster").unwrap().value, 1.0 / 32.0);
    let single = report.number("faults.p_low_resistance").unwrap();
    let (low, high) = single.interval_99.unwrap();
    assert!(low <= 0.02 && 0.02 <= high && single.n == 32 * 29, "{single:?}");
}

/// White noise of 2 µS, and telegraph noise of 8 % at 5 per second in 30 % of the cells.
#[test]
fn read_noise_and_telegraph_noise_are_separated() {
    let mut normals = Normals::new(30);
    let (cells, reads, interval) = (300, 200, 0.02_f64);
    let switches = 0.5 * (1.0 - (-2.0 * 5.0 * interval).exp());
    let mut text = "cell,time_seconds,conductance_microsiemens\n".to_owned();
    for cell in 0..cells {
        let trap = cell % 10 < 3;
        let mut state = if normals.uniform() < 0.5 { 1.0 } else { -1.0 };
        for read in 0..reads {
            if normals.uniform() < switches {
                state = -state;
            }
            let level = 100.0 * (1.0 + if trap { 0.04 * state } else { 0.0 });
            text += &format!("{cell},{},{}\n", f64::from(read) * interval, level + normals.next());
        }
    }
    let options = FitOptions { window: Some((1.0, 200.0)), ..options() };
    let report = fitted(FitInput { reads: file("r.csv", text), ..FitInput::default() }, &options);
    let white = report.mechanism(Mechanism::ReadNoise).unwrap();
    let sigma = white.numbers[0].value;
    assert!((sigma - 1.0).abs() < 0.03, "{:?}", white.numbers);
    assert_holds(&report, "read.rtn.fraction_of_cells", 0.3);
    assert_holds(&report, "read.rtn.amplitude_percent_of_conductance", 8.0);
    assert_holds(&report, "read.rtn.rate_per_second", 5.0);
}

fn retention(law: impl Fn(f64, f64, f64) -> f64, levels: &[f64], noise: f64, seed: u64) -> FitInput {
    let mut normals = Normals::new(seed);
    let mut text = "cell,time_seconds,conductance_microsiemens\n".to_owned();
    for (number, &level) in levels.iter().enumerate() {
        for cell in 0..400 {
            let xi = normals.next();
            let start = level * (1.0 + 0.01 * normals.next());
            text += &format!("{},0,{start}\n", number * 400 + cell);
            for time in [20.0, 100.0, 500.0, 3000.0, 20_000.0] {
                let value = law(start, time, xi) * (1.0 + noise * normals.next());
                text += &format!("{},{time},{value}\n", number * 400 + cell);
            }
        }
    }
    FitInput { retention: file("t.csv", text), ..FitInput::default() }
}

#[test]
fn drift_exponents_are_recovered_without_their_regression_error() {
    let law = |start: f64, time: f64, xi: f64| start * (time / 20.0f64).powf(-(0.06 + 0.01 * xi).abs());
    let options = FitOptions { window: Some((0.1, 100.0)), ..options() };
    let report = fitted(retention(law, &[10.0], 0.02, 11), &options);
    assert_eq!(report.mechanism(Mechanism::Drift).unwrap().law, "power");
    // Bins of 400 values of R within 1 %: the mean over bins is that of all.
    let of = |name: &str| {
        let numbers: Vec<f64> = report
            .mechanism(Mechanism::Drift)
            .unwrap()
            .numbers
            .iter()
            .filter(|number| number.key.ends_with(name))
            .map(|number| number.value)
            .collect();
        numbers.iter().sum::<f64>() / numbers.len() as f64
    };
    // Standard errors: 0.01 / sqrt(400), and 0.01 / sqrt(800) with the regression error of 0.004.
    assert!((of("exponent") - 0.06).abs() < 5.0 * 0.0006, "{}", of("exponent"));
    assert!((of("exponent_sigma") - 0.01).abs() < 5.0 * 0.0006, "{}", of("exponent_sigma"));
    assert_holds(&report, "drift.reference_seconds", 20.0);
}

#[test]
fn log_time_drift_is_recovered() {
    let law = |start: f64, time: f64, xi: f64| {
        let elapsed = (time / 5.0f64).ln();
        start - 0.3 * elapsed + (0.1 * elapsed + 0.4) * xi
    };
    let options = FitOptions { window: Some((0.1, 100.0)), ..options() };
    let report = fitted(retention(law, &[30.0, 60.0], 0.0, 12), &options);
    assert_eq!(report.mechanism(Mechanism::Drift).unwrap().law, "log-time");
    assert_holds(&report, "drift.mean_microsiemens_per_ln", -0.3);
    assert_holds(&report, "drift.sigma_microsiemens_per_ln", 0.1);
    assert_holds(&report, "drift.sigma_microsiemens_at_reference", 0.4);
    assert_holds(&report, "drift.reference_seconds", 5.0);
    let forced = FitOptions { drift_law: Some(DriftLaw::Power), ..options };
    let report = fitted(retention(law, &[30.0, 60.0], 0.0, 12), &forced);
    assert_eq!(report.mechanism(Mechanism::Drift).unwrap().law, "power");
}

fn pulses(step: impl Fn(bool, f64, f64) -> f64, seed: u64, gain_sigma: f64) -> FitInput {
    let mut normals = Normals::new(seed);
    let mut text = "cell,pulse,direction,conductance_microsiemens\n".to_owned();
    for cell in 0..60 {
        let (mut x, gain) = (0.1, 1.0 + gain_sigma * normals.next());
        text += &format!("{cell},0,up,{}\n", 10.0 + 90.0 * x);
        for pulse in 1..=300 {
            let up = (pulse - 1) / 75 % 2 == 0;
            let change = gain * step(up, x, normals.next());
            x = f64::clamp(if up { x + change } else { x - change }, 0.0, 1.0);
            text += &format!("{cell},{pulse},{},{}\n", if up { "up" } else { "down" }, 10.0 + 90.0 * x);
        }
    }
    FitInput { pulses: file("p.csv", text), ..FitInput::default() }
}

#[test]
fn soft_bounds_are_recovered() {
    let step =
        |up: bool, x: f64, z: f64| if up { 0.02 * (1.0 - x) * (1.0 + 0.3 * z) } else { 0.03 * x * (1.0 + 0.3 * z) };
    let options = FitOptions { window: Some((10.0, 100.0)), ..options() };
    let report = fitted(pulses(step, 13, 0.0), &options);
    assert_eq!(report.mechanism(Mechanism::Pulses).unwrap().law, "soft-bounds");
    assert_holds(&report, "write.pulses.up_step_percent_of_window", 2.0);
    assert_holds(&report, "write.pulses.down_step_percent_of_window", 3.0);
    assert_holds(&report, "write.pulses.cycle_sigma_percent_of_step", 30.0);
    assert_holds(&report, "write.pulses.down_cycle_sigma_percent_of_step", 30.0);
}

/// Cells with large gains are near the ends more often, which must not bend the curve.
#[test]
fn gains_of_cells_are_recovered() {
    let constant = |_: bool, _: f64, z: f64| 0.002 * (1.0 + 0.3 * z);
    let soft =
        |up: bool, x: f64, z: f64| if up { 0.02 * (1.0 - x) * (1.0 + 0.3 * z) } else { 0.03 * x * (1.0 + 0.3 * z) };
    let steps: [&dyn Fn(bool, f64, f64) -> f64; 2] = [&constant, &soft];
    for (law, step) in [PulseKind::Constant, PulseKind::SoftBounds].into_iter().zip(steps) {
        let options = FitOptions { window: Some((10.0, 100.0)), pulse_law: Some(law), ..options() };
        let report = fitted(pulses(step, 14, 0.25), &options);
        let gain = report.number("device_to_device.step_gain_sigma").expect("gains differ");
        let (low, high) = gain.interval_99.unwrap();
        assert!(low <= 0.25 && 0.25 <= high, "{law:?}: {gain:?}");
        if law == PulseKind::SoftBounds {
            assert_holds(&report, "write.pulses.up_step_percent_of_window", 2.0);
            assert_holds(&report, "write.pulses.down_step_percent_of_window", 3.0);
        }
    }
}

#[test]
fn constant_and_exponential_steps_are_told_apart() {
    let options = FitOptions { window: Some((10.0, 100.0)), ..options() };
    let constant = |_: bool, _: f64, z: f64| 0.008 * (1.0 + 0.5 * z);
    let report = fitted(pulses(constant, 15, 0.0), &options);
    assert_eq!(report.mechanism(Mechanism::Pulses).unwrap().law, "constant");
    let exponential = |up: bool, x: f64, z: f64| {
        let place = -0.5 * (2.0 * x - 1.0) * if up { 1.0 } else { -1.0 };
        0.006 * (1.0 + 0.6 * (6.0 * place).exp()) * (1.0 + 0.2 * z)
    };
    let report = fitted(pulses(exponential, 16, 0.0), &options);
    let fit = report.mechanism(Mechanism::Pulses).unwrap();
    assert_eq!(fit.law, "exponential", "{:?}", fit.candidates);
    assert_holds(&report, "write.pulses.up_steepness", 6.0);
}

/// The same tables and seed give the same file; another seed changes no estimate.
#[test]
fn fits_are_reproducible() {
    let input = || writes(300, &[50.0, 100.0], |target, z| target + 4.0 * z.next(), 17);
    let (one, again) = (fitted(input(), &options()), fitted(input(), &options()));
    assert_eq!(one, again);
    let other = fitted(input(), &FitOptions { seed: 2, ..options() });
    // Another order of the same sums.
    let value = |report: &FitReport| report.number("write.sigma_microsiemens").expect("an estimate").value;
    assert!((value(&one) / value(&other) - 1.0).abs() < 1e-9);
    assert_ne!(one, other);
}

#[test]
fn only_the_mechanisms_asked_for_are_fitted() {
    let options = FitOptions { only: vec![Mechanism::Window], ..options() };
    let report = fitted(writes(300, &[50.0, 100.0], |target, z| target + 4.0 * z.next(), 18), &options);
    assert_eq!(report.mechanisms.iter().map(|fit| fit.mechanism).collect::<Vec<_>>(), [Mechanism::Window]);
    assert!(report.withheld.is_empty());
}

/// The columns of `ohmspike device sample`: writes, a later value and reads in one table.
#[test]
fn columns_of_reads_and_later_values_are_used() {
    let mut normals = Normals::new(19);
    let reads: String = (1..=12).map(|read| format!(",read_{read}_microsiemens")).collect();
    let mut text = format!("cell,cycle,target_microsiemens,written_microsiemens,after_microsiemens{reads}\n");
    for cell in 1..=400 {
        let written = 50.0 * (0.04 * normals.next()).exp();
        let after = written + 1.5 * normals.next();
        text += &format!("{cell},1,50,{written},{after}");
        (0..12).for_each(|_| text += &format!(",{}", after + 0.5 * normals.next()));
        text.push('\n');
    }
    let input = || FitInput { writes: file("sample.csv", text.clone()), ..FitInput::default() };
    let all = FitOptions { after_seconds: Some(100.0), read_interval_seconds: Some(1e-3), ..options() };
    let report = fitted(input(), &all);
    let reads = report.mechanism(Mechanism::ReadNoise).unwrap();
    let sigma = reads.numbers[0].value * if reads.numbers[0].unit == "%" { 0.5 } else { 1.0 };
    assert!((sigma - 0.5).abs() < 0.03, "{:?}", reads.numbers);
    assert_eq!(report.mechanism(Mechanism::Drift).unwrap().law, "log-time");
    assert_holds(&report, "drift.sigma_microsiemens_at_reference", 1.5);
    let report = fitted(input(), &options());
    let withheld = report.withheld.iter().find(|withheld| withheld.mechanism == Mechanism::Drift).unwrap();
    assert_eq!(withheld.reason, "the time of the column `after_microsiemens` is unknown");
}

/// Cells with gains that differ by 10 %, written five times.
#[test]
fn persistent_differences_between_cells_are_separated_from_writes() {
    let mut normals = Normals::new(20);
    let mut text = "cell,cycle,target_microsiemens,conductance_microsiemens\n".to_owned();
    for cell in 0..400 {
        let gain = 1.0 + 0.1 * normals.next();
        for cycle in 0..5 {
            let write = 10.0 + gain * 90.0 + 4.0 * normals.next();
            text += &format!("{cell},{cycle},100,{write}\n");
        }
    }
    let options = FitOptions { window: Some((10.0, 200.0)), ..options() };
    let report = fitted(FitInput { writes: file("w.csv", text), ..FitInput::default() }, &options);
    assert_holds(&report, "device_to_device.step_gain_sigma", 0.1);
    let writes = report.mechanism(Mechanism::Writes).unwrap();
    // 4 µS at 100 µS; 1600 degrees of freedom.
    let sigma = writes.numbers[0].value / if writes.numbers[0].unit == "%" { 100.0 } else { 1.0 };
    assert!((sigma / 0.04 - 1.0).abs() < 0.09, "{:?}", writes.numbers);
}

#[test]
fn wide_tables_are_read_like_long_ones() {
    let mut normals = Normals::new(21);
    let (mut wide, mut long) = (
        "cell,20_microsiemens,50_microsiemens\n".to_owned(),
        "cell,target_microsiemens,conductance_microsiemens\n".to_owned(),
    );
    for cell in 0..200 {
        let [low, high] = [20.0, 50.0].map(|target| target * (0.05 * normals.next()).exp());
        wide += &format!("{cell},{low},{high}\n");
        long += &format!("{cell},20,{low}\n{cell},50,{high}\n");
    }
    let of = |text: String, wide: bool| {
        let input = FitInput { writes: file("w.csv", text), ..FitInput::default() };
        fitted(input, &FitOptions { wide, ..options() }).mechanisms
    };
    assert_eq!(of(wide, true), of(long, false));
}

/// Resistances and currents are converted.
#[test]
fn units_do_not_change_the_fit() {
    let mut normals = Normals::new(22);
    let values: Vec<f64> = (0..300).map(|_| 50.0 * (0.05 * normals.next()).exp()).collect();
    let of = |header: &str, value: &dyn Fn(f64) -> f64| {
        let rows: String = values.iter().enumerate().map(|(cell, g)| format!("{cell},50,{}\n", value(*g))).collect();
        let input = FitInput {
            writes: file("w.csv", format!("cell,target_microsiemens,{header}\n{rows}")),
            ..FitInput::default()
        };
        let report = fitted(input, &FitOptions { read_volts: Some(0.2), ..options() });
        report.mechanism(Mechanism::Writes).unwrap().numbers[0].value
    };
    let conductance = of("conductance_microsiemens", &|g| g);
    for other in [of("resistance_ohm", &|g| 1e6 / g), of("current_microamperes", &|g| 0.2 * g)] {
        assert!((other / conductance - 1.0).abs() < 1e-9);
    }
}

/// Few cells without targets are one state, whose differences must still tell the laws apart. Errors of sigma are 2.5 %.
#[test]
fn the_law_of_read_noise_is_that_of_few_cells() {
    for (law, sigma_at) in [("constant", 0.0), ("relative", 1.0)] {
        for seed in 0..10 {
            let mut normals = Normals::new(100 + seed);
            let mut text = "cell,time_seconds,conductance_microsiemens\n".to_owned();
            for cell in 0..40 {
                let conductance = 20.0 * 10f64.powf(normals.uniform());
                for read in 0..30 {
                    let sigma = (conductance / 50.0_f64).powf(sigma_at);
                    text += &format!("{cell},{},{}\n", 0.01 * f64::from(read), conductance + sigma * normals.next());
                }
            }
            let (options, input) = (FitOptions { window: Some((10.0, 400.0)), ..options() }, file("r.csv", text));
            let report = fitted(FitInput { reads: input, ..FitInput::default() }, &options);
            let fit = report.mechanism(Mechanism::ReadNoise).expect("reads");
            assert_eq!(fit.law, law, "seed {seed}: {:?}", fit.candidates);
            let expected = if law == "constant" { 1.0 } else { 2.0 };
            assert!((fit.numbers[0].value / expected - 1.0).abs() < 0.12, "seed {seed}: {:?}", fit.numbers);
            assert!(!fit.notes.iter().any(|note| note.contains("series that scatter")), "{:?}", fit.notes);
        }
    }
}
