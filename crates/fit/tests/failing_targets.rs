//! Cells that work but fail at one target, against the numbers of cells that the tables were made with.

use ohmspike_fit::{FitInput, FitOptions, FitReport, InputFile, Mechanism, fit};
use ohmspike_rng::Seed;

use crate::made::Numbers;

const TARGETS: [f64; 3] = [20.0, 50.0, 200.0];
const CELLS: usize = 200;
const SIGMA: f64 = 0.05;

/// Fits `cycles` writes of each cell to each target, or to one of them if `apart`; `fails` returns whether a write of a cell to a target fails, and
/// ends between 5 and 60 % of it.
fn report(
    seed: u64,
    (cycles, apart): (usize, bool),
    options: &FitOptions,
    mut fails: impl FnMut(usize, f64, &mut Numbers) -> bool,
) -> FitReport {
    let mut numbers = Numbers(Seed::new(seed).named("failing targets").stream());
    let mut text = "cell,cycle,target_microsiemens,conductance_microsiemens\n".to_owned();
    for cell in 0..CELLS {
        for cycle in 0..cycles {
            for (place, target) in TARGETS.into_iter().enumerate() {
                let end = if fails(cell, target, &mut numbers) {
                    target * (0.05 + 0.55 * numbers.uniform())
                } else {
                    target * (1.0 + SIGMA * numbers.normal())
                };
                let cell = if apart { cell * TARGETS.len() + place } else { cell };
                text += &format!("{cell},{cycle},{target},{end}\n");
            }
        }
    }
    let writes = Some(InputFile { name: "w.csv".to_owned(), bytes: text.into_bytes() });
    fit(&FitInput { writes, ..FitInput::default() }, options).expect("a fit")
}

/// Fits two writes of each cell to each target; `end` returns where a write of a cell to a target ends, µS.
fn report_of(seed: u64, mut end: impl FnMut(usize, f64, &mut Numbers) -> f64) -> FitReport {
    let mut numbers = Numbers(Seed::new(seed).named("ends").stream());
    let mut text = "cell,cycle,target_microsiemens,conductance_microsiemens\n".to_owned();
    for (cell, cycle) in (0..CELLS).flat_map(|cell| [(cell, 0), (cell, 1)]) {
        for target in TARGETS {
            text += &format!("{cell},{cycle},{target},{}\n", end(cell, target, &mut numbers));
        }
    }
    let writes = Some(InputFile { name: "w.csv".to_owned(), bytes: text.into_bytes() });
    fit(&FitInput { writes, ..FitInput::default() }, &options()).expect("a fit")
}

fn options() -> FitOptions {
    FitOptions { resamples: 50, ..FitOptions::default() }
}

fn notes(report: &FitReport, mechanism: Mechanism) -> String {
    report.mechanism(mechanism).unwrap_or_else(|| panic!("{:?}", report.withheld)).notes.join("; ")
}

/// Asserts that each end of the window is in its 95 % interval in all but `missed` of the `reports`: an outer target with 3.72 standard deviations of head-room.
fn assert_window(reports: &[FitReport], missed: usize) {
    let ends = [(TARGETS[2], 3.72, "low"), (TARGETS[0], -3.72, "high")];
    for (target, times, end) in ends {
        let ohm = 1e6 / (target * f64::exp(times * SIGMA));
        let key = format!("window.{end}_resistance_ohm");
        let of = |report: &FitReport| report.number(&key).and_then(|number| number.interval_95).expect("an interval");
        let out = reports.iter().filter(|report| {
            let (low, high) = of(report);
            // The interval is no wider than that of the median of 80 distances: 0.11 in probability, 30 % of the standard deviation.
            !(low <= ohm && ohm <= high) || high > low * f64::exp(0.7 * 3.72 * SIGMA)
        });
        assert!(out.count() <= missed, "{key}: {ohm} {:?}", reports.iter().map(of).collect::<Vec<_>>());
    }
}

/// Asserts that the relative spread is that of the other writes: five standard errors of the winsorised standard deviation of `writes`.
fn assert_clean(report: &FitReport, writes: usize) {
    let number = &report.mechanism(Mechanism::Writes).expect("fitted").numbers[0];
    let sigma = if number.unit == "%" { number.value / 100.0 } else { number.value };
    assert!((sigma / SIGMA - 1.0).abs() < 5.0 * 1.28 / (2.0 * writes as f64).sqrt(), "{number:?}");
}

/// One cell in 20 fails at the lowest resistance only, in all or in half of its writes there.
#[test]
fn cells_that_fail_at_one_target_are_counted() {
    for seed in 0..5 {
        for cycles in [1, 4] {
            let report = report(seed, (cycles, false), &options(), |cell, target, _| cell % 20 == 7 && target == 200.0);
            let (told, failed, all) = (notes(&report, Mechanism::Faults), 10 * cycles, CELLS * cycles);
            let expected = format!(
                "failed writes depend on the target: {failed} of {all} writes to 200.0000 µS, by 10 of 200 cells; none of {} writes to the other \
                 targets",
                2 * all
            );
            assert!(told.contains(&expected), "{seed} {cycles}: {told}");
            let told = notes(&report, Mechanism::Writes);
            // Of 200 normal writes, one is beyond 3.5 standard deviations with a probability of 9 %.
            assert!(told.contains("left out: ") && told.contains("writes to 200.0000 µS, by 1"), "{told}");
            assert_clean(&report, 3 * all);
        }
        let half = |cell: usize, target: f64, numbers: &mut Numbers| {
            cell % 20 == 7 && target == 200.0 && numbers.uniform() < 0.5
        };
        let told = notes(&report(seed, (4, false), &options(), half), Mechanism::Faults);
        assert!(
            told.contains("failed writes depend on the target: ") && told.contains("writes to 200.0000 µS"),
            "{told}"
        );
    }
}

/// Each write to one target fails with a probability of 30 to 80 %, at the lowest, the middle or the highest conductance. The median of these writes says
/// nothing, but writes that work are near the target. Of seven 95 % intervals, more than two are missed with a probability of 0.4 %.
#[test]
fn half_of_the_writes_to_a_target_may_fail() {
    for target in TARGETS {
        let mut reports = Vec::new();
        for (seed, p) in [0.3, 0.4, 0.45, 0.5, 0.55, 0.65, 0.8].into_iter().enumerate() {
            let mut failed = 0;
            let report = report(seed as u64, (2, false), &options(), |_, to, numbers| {
                let fails = to == target && numbers.uniform() < p;
                failed += usize::from(fails);
                fails
            });
            let told = notes(&report, Mechanism::Faults);
            // Of 400 normal writes, one is beyond four standard deviations in 40 tables.
            let expected = [failed, failed + 1]
                .map(|failed| format!("failed writes depend on the target: {failed} of 400 writes to {target:.4} µS"));
            assert!(expected.iter().any(|expected| told.contains(expected)), "{p} {target}: {failed} {told}");
            assert_clean(&report, 6 * CELLS - failed);
            reports.push(report);
        }
        assert_window(&reports, 2);
    }
}

/// Failed writes that end close together, at another target of the table or beyond all, are no spread of writes that work.
#[test]
fn failed_writes_may_end_close_together() {
    for (target, end) in [(20.0, 50.0), (50.0, 20.0), (50.0, 200.0), (200.0, 50.0), (200.0, 1000.0)] {
        for (seed, p) in [0.45, 0.5, 0.6].into_iter().enumerate() {
            let report = report_of(seed as u64, |_, to, numbers| {
                let fails = to == target && numbers.uniform() < p;
                if fails { end * (1.0 + SIGMA * numbers.normal()) } else { to * (1.0 + SIGMA * numbers.normal()) }
            });
            let told = notes(&report, Mechanism::Faults);
            assert!(told.contains("failed writes depend on the target: "), "{target} {end} {p}: {told}");
            assert_clean(&report, 5 * CELLS);
            assert_window(&[report], 1);
        }
    }
}

/// Half of the writes to each target fail: no target differs, but a note tells it.
#[test]
fn half_of_all_writes_may_fail() {
    for (seed, p) in [0.4, 0.5, 0.6].into_iter().enumerate() {
        let report = report(seed as u64, (4, false), &options(), |_, _, numbers| numbers.uniform() < p);
        let told = notes(&report, Mechanism::Faults);
        assert!(told.contains("many writes fail: "), "{p}: {told}");
        assert_clean(&report, 4 * CELLS);
        assert_window(&[report], 1);
    }
}

/// No write to the lowest target ends near it: it has no spread and is not in the window.
#[test]
fn a_target_that_no_write_reaches_has_no_spread() {
    let report = report_of(1, |_, to, numbers| f64::max(to, 50.0) * (1.0 + SIGMA * numbers.normal()));
    let told = notes(&report, Mechanism::Faults);
    assert!(told.contains("400 of 400 writes to 20.0000 µS"), "{told}");
    assert_clean(&report, 4 * CELLS);
    let high = report.number("window.high_resistance_ohm").expect("a window").value;
    let expected = 1e6 / (50.0 * f64::exp(-3.72 * SIGMA));
    // Five standard errors of the robust standard deviation of 400 writes, 1.17 / sqrt(400).
    assert!((high / expected).ln().abs() < 5.0 * 0.0585 * 3.72 * SIGMA, "{high} {expected}");
}

/// Two kinds of cells that differ by a factor at all targets work, and so do writes that end on both sides of their target.
#[test]
fn two_kinds_of_cells_do_not_fail() {
    for factor in [0.6, 1.3] {
        let report = report_of(1, |cell, to, numbers| {
            to * (1.0 + SIGMA * numbers.normal()) * if cell % 20 < 9 { factor } else { 1.0 }
        });
        assert!(!notes(&report, Mechanism::Faults).contains("fail"), "{:?}", notes(&report, Mechanism::Faults));
    }
    let report = report_of(1, |_, to, numbers| {
        to * (1.0 + 0.02 * numbers.normal()) * if numbers.uniform() < 0.5 { 0.85 } else { 1.15 }
    });
    assert!(!notes(&report, Mechanism::Faults).contains("fail"), "{:?}", notes(&report, Mechanism::Faults));
}

/// Half of the cells that were written to 20 µS are at 60 µS, and drift as cells do there: exponents of 0.02 at 20 µS and 0.06 at 60 µS, which differ by a fifth
/// between cells.
#[test]
fn cells_drift_as_others_where_a_failed_write_leaves_them() {
    let mut numbers = Numbers(Seed::new(3).named("drift").stream());
    let mut text = "cell,target_microsiemens,time_seconds,conductance_microsiemens\n".to_owned();
    for cell in 0..200 {
        let target = if cell < 100 { 20.0 } else { 60.0 };
        let state = if cell % 2 == 0 { 60.0 } else { target };
        let exponent = state / 1000.0 * (1.0 + 0.2 * numbers.normal());
        let start = state * (1.0 + 0.03 * numbers.normal());
        for time in [1.0, 10.0, 100.0, 1e3, 1e4, 1e5_f64] {
            let value = start * time.powf(-exponent) * (1.0 + 0.003 * numbers.normal());
            text += &format!("{cell},{target},{time},{value}\n");
        }
    }
    let retention = Some(InputFile { name: "r.csv".to_owned(), bytes: text.into_bytes() });
    let options = FitOptions { window: Some((1.0, 200.0)), only: vec![Mechanism::Drift], ..options() };
    let report = fit(&FitInput { retention, ..FitInput::default() }, &options).expect("a fit");
    let all = &report.mechanism(Mechanism::Drift).expect("drift").numbers;
    let mut exponents: Vec<f64> =
        all.iter().filter(|number| number.key.ends_with("exponent")).map(|of| of.value).collect();
    exponents.sort_by(f64::total_cmp);
    let [low, high] = exponents[..] else { panic!("{all:?}") };
    // Five standard errors of 50 and of 150 cells, with 0.0003 of the reads of a cell.
    assert!((low - 0.02).abs() < 5.0 * f64::hypot(0.004, 0.0003) / 50f64.sqrt(), "{low}");
    assert!((high - 0.06).abs() < 5.0 * f64::hypot(0.012, 0.0003) / 150f64.sqrt(), "{high}");
}

/// Cells that are written once tell no faults, and neither does a fit without them: the write noise has the note.
#[test]
fn a_fit_without_faults_tells_failures_at_one_target() {
    let fails = |cell: usize, target: f64, _: &mut Numbers| cell % 20 == 7 && target == 200.0;
    let only = FitOptions { only: vec![Mechanism::Window, Mechanism::Writes], ..options() };
    for report in [report(1, (1, true), &options(), fails), report(1, (1, false), &only, fails)] {
        assert!(report.mechanism(Mechanism::Faults).is_none());
        let told = notes(&report, Mechanism::Writes);
        assert!(told.contains("failed writes depend on the target: 10 of 200 writes to 200.0000 µS"), "{told}");
    }
}

/// Failures of one write in 20 at all targets alike have a note in at most 1 % of tables by chance: 0.4 of 40, and more than three with a probability of 0.1 %.
#[test]
fn failures_at_all_targets_do_not_depend_on_them() {
    let mut told = 0;
    for seed in 0..20 {
        for cycles in [1, 4] {
            let report = report(seed, (cycles, false), &options(), |_, _, numbers| numbers.uniform() < 0.05);
            told += usize::from(notes(&report, Mechanism::Faults).contains("depend on the target"));
        }
    }
    assert!(told <= 3, "{told}");
}

/// Normal and log-normal noise that is the same at all targets or proportional to them has no failed writes.
#[test]
fn noise_does_not_fail() {
    for seed in 0..20 {
        for law in 0..3 {
            let mut numbers = Numbers(Seed::new(seed).named("noise").stream());
            let mut text = "cell,cycle,target_microsiemens,conductance_microsiemens\n".to_owned();
            for (cell, cycle) in (0..CELLS).flat_map(|cell| [(cell, 0), (cell, 1)]) {
                for target in TARGETS {
                    let z = numbers.normal();
                    let end = [(target + 6.0 * z).max(0.01), target * (0.5 * z).exp(), target * (1.0 + 0.1 * z)][law];
                    text += &format!("{cell},{cycle},{target},{end}\n");
                }
            }
            let writes = Some(InputFile { name: "w.csv".to_owned(), bytes: text.into_bytes() });
            let report = fit(&FitInput { writes, ..FitInput::default() }, &options()).expect("a fit");
            let told = notes(&report, Mechanism::Faults);
            assert!(!told.contains("failed writes depend"), "{seed} {law}: {told}");
        }
    }
}
