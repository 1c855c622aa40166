//! Writes to many targets, to few of them, and to targets that they do not reach: window, bins, stuck levels and acceptance windows.

use ohmspike_fit::{AcceptanceWindow, FitInput, FitOptions, FitReport, InputFile, Mechanism, fit};
use ohmspike_rng::Seed;

use crate::made::Numbers;

/// Relative spread of the writes.
const SIGMA: f64 = 0.05;

fn numbers(seed: u64) -> Numbers {
    Numbers(Seed::new(seed).named("targets").stream())
}

/// Returns a table with `cycles` writes of each of `cells` cells: `write(cell, number, random)` returns target and conductance.
fn table(
    seed: u64,
    (cells, cycles): (usize, usize),
    mut write: impl FnMut(usize, usize, &mut Numbers) -> (f64, f64),
) -> FitInput {
    let mut numbers = numbers(seed);
    let mut text = "cell,cycle,target_microsiemens,conductance_microsiemens\n".to_owned();
    for cell in 0..cells {
        for cycle in 0..cycles {
            let (target, value) = write(cell, cycle, &mut numbers);
            text += &format!("{cell},{cycle},{target},{value}\n");
        }
    }
    FitInput { writes: Some(InputFile { name: "w.csv".to_owned(), bytes: text.into_bytes() }), ..FitInput::default() }
}

fn options() -> FitOptions {
    FitOptions { resamples: 50, ..FitOptions::default() }
}

fn fitted(input: &FitInput, options: &FitOptions) -> FitReport {
    fit(input, options).expect("a fit")
}

fn notes(report: &FitReport, mechanism: Mechanism) -> String {
    report.mechanism(mechanism).expect("fitted").notes.join("; ")
}

/// Returns one of many targets: any of 10 to 300 µS, even in ln G, one of 50 levels.
fn target(kind: usize, numbers: &mut Numbers) -> f64 {
    let along = numbers.uniform();
    match kind {
        0 => 10.0 + 290.0 * along,
        1 => 10.0 * 30f64.powf(along),
        _ => 6.0 * (1.0 + (50.0 * along).floor()),
    }
}

/// The ends have head-room of 3.72 standard deviations beyond the outermost targets. A 99 % interval misses in 1.2 of 120 cases on
/// average, and in more than six with a probability of 0.03 %.
#[test]
fn the_window_of_many_targets_covers_all() {
    let mut misses = 0;
    for (seed, kind) in (0..20).flat_map(|seed| [(seed, 0), (seed, 1), (seed, 2)]) {
        let (mut low, mut high) = (f64::INFINITY, 0.0_f64);
        let input = table(seed, (60, 12), |_, _, numbers| {
            let target = target(kind, numbers);
            (low, high) = (low.min(target), high.max(target));
            (target, target * (SIGMA * numbers.normal()).exp())
        });
        let report = fitted(&input, &options());
        let window = (f64::from(report.device.window.low()), f64::from(report.device.window.high()));
        assert!(window.0 < low && high < window.1, "{seed} {kind}: {window:?} for {low} to {high}");
        let room = (3.72 * SIGMA).exp();
        for (key, truth) in [("low", 1e6 / (high * room)), ("high", 1e6 / (low / room))] {
            let number = report.number(&format!("window.{key}_resistance_ohm")).expect("a window");
            let (from, to) = number.interval_99.expect("an interval");
            misses += usize::from(!(from..=to).contains(&truth));
        }
        let writes = report.mechanism(Mechanism::Writes).expect("write noise");
        let sigma = writes.numbers[0].value / if writes.numbers[0].unit == "%" { 100.0 } else { 1.0 };
        // Five standard errors of 720 winsorised writes.
        assert!(
            writes.law != "constant" && (sigma / SIGMA - 1.0).abs() < 5.0 * 1.28 / 1440f64.sqrt(),
            "{seed}: {sigma}"
        );
        assert_eq!(writes.numbers.iter().map(|number| number.n).sum::<usize>(), 720);
    }
    assert!(misses <= 6, "{misses}");
}

/// The spread of a bin is that of its own targets: a constant noise is told from a relative one, and keeps its number.
#[test]
fn constant_noise_of_many_targets_is_recovered() {
    let mut misses = 0;
    for seed in 0..20 {
        let input = table(seed, (60, 20), |_, _, numbers| {
            let target = target(0, numbers);
            (target, target + numbers.normal())
        });
        let report = fitted(&input, &options());
        assert_eq!(report.mechanism(Mechanism::Writes).expect("write noise").law, "constant", "{seed}");
        let (low, high) =
            report.number("write.sigma_microsiemens").expect("a number").interval_99.expect("an interval");
        misses += usize::from(!(low..=high).contains(&1.0));
    }
    // More than two of twenty 99 % intervals miss with a probability of 0.1 %.
    assert!(misses <= 2, "{misses}");
}

/// Nineteen writes to the uppermost of three targets.
#[test]
fn far_targets_with_few_writes_keep_their_spread() {
    let sigmas = [(20.0, 0.07), (60.0, 0.05), (200.0, 0.02)];
    let input = table(3, (5, 12), |cell, cycle, numbers| {
        let (target, sigma) = sigmas[if (cell, cycle) == (4, 11) { 0 } else { cycle % 3 }];
        (target, target * (sigma * numbers.normal()).exp())
    });
    let report = fitted(&input, &options());
    assert!(f64::from(report.device.window.high()) > 200.0 && f64::from(report.device.window.low()) < 20.0);
    let table = FitOptions { write_law: Some(ohmspike_crossbar::device::WriteNoiseKind::Table), ..options() };
    let points: Vec<f64> = fitted(&input, &table).mechanism(Mechanism::Writes).expect("write noise").numbers[..]
        .iter()
        .map(|number| number.value)
        .collect();
    // Four standard errors of 19 winsorised writes, as logarithms.
    assert_eq!(points.len(), 3);
    for (point, (_, sigma)) in points.iter().zip(sigmas.iter().rev()) {
        assert!((point / sigma).ln().abs() < 4.0 * 1.28 / 38f64.sqrt(), "{points:?}");
    }
}

#[test]
fn targets_with_too_few_writes_are_told() {
    let input = table(4, (60, 5), |cell, cycle, numbers| {
        let target = if cell < 7 && cycle == 4 { 200.0 } else { [20.0, 60.0][cycle % 2] };
        (target, target * (SIGMA * numbers.normal()).exp())
    });
    let report = fitted(&input, &options());
    assert!(f64::from(report.device.window.high()) > 200.0);
    let told = notes(&report, Mechanism::Writes);
    assert!(
        told.contains("7 writes to 200.0000 µS are too few for a spread of their own and are not in the law"),
        "{told}"
    );
}

/// Twenty levels with few cells each. Cells that do not differ are told to differ with a probability of 0.003 %.
#[test]
fn equal_cells_do_not_differ_by_chance() {
    for seed in 0..30 {
        let input = table(seed, (60, 12), |_, _, numbers| {
            let target = 15.0 * (1.0 + (20.0 * numbers.uniform()).floor());
            (target, target * (SIGMA * numbers.normal()).exp())
        });
        let report = fitted(&input, &FitOptions { held_out: 0.0, ..options() });
        assert!(report.mechanism(Mechanism::CellToCell).is_none(), "{seed}");
        let writes = report.mechanism(Mechanism::Writes).expect("write noise");
        assert_eq!(writes.numbers.iter().map(|number| number.n).sum::<usize>(), 720, "{seed}");
    }
}

/// Cells that differ by 20 %, often with a single write to a level.
#[test]
fn single_writes_of_cells_that_differ_are_told() {
    let mut gain = 1.0;
    let input = table(5, (80, 12), |_, cycle, numbers| {
        if cycle == 0 {
            gain = 1.0 + 0.2 * numbers.normal();
        }
        let target = 30.0 * (1.0 + (8.0 * numbers.uniform()).floor());
        (target, gain * target * (SIGMA * numbers.normal()).exp())
    });
    let report = fitted(&input, &FitOptions { window: Some((1.0, 900.0)), ..options() });
    assert!(report.mechanism(Mechanism::CellToCell).is_some());
    let told = notes(&report, Mechanism::Writes);
    let left_out: usize = told
        .split("cells differ, and ")
        .nth(1)
        .and_then(|rest| rest.split(' ').next()?.parse().ok())
        .unwrap_or_else(|| panic!("{told}"));
    let writes = report.mechanism(Mechanism::Writes).expect("write noise");
    let used = writes.numbers.iter().map(|number| number.n).max().expect("a number");
    assert!(left_out > 100 && told.contains(&format!("{left_out} of 960 writes")), "{told}");
    assert!(writes.law == "table" && writes.numbers.len() > 1 || used + left_out == 960, "{used} {left_out}");
}

/// Cells stuck at 200 µS and 10 µS, the outer targets: within the window, which has room beyond them.
#[test]
fn cells_stuck_at_outer_targets_are_no_random_ones() {
    let input = table(6, (80, 6), |cell, cycle, numbers| {
        let target = [10.0, 50.0, 200.0][cycle % 3];
        let stuck = [200.0, 10.0].get(cell % 10).map(|at| at * (0.005 * numbers.normal()).exp());
        (target, stuck.unwrap_or_else(|| target * (0.03 * numbers.normal()).exp()))
    });
    let report = fitted(&input, &options());
    let rate = |key: &str| report.number(&format!("faults.{key}")).expect("a rate").value;
    assert_eq!([rate("p_low_resistance"), rate("p_high_resistance"), rate("p_stuck_random")], [0.1, 0.1, 0.0]);
    let window = &report.device.window;
    let levels = [
        report.device.faults.low_resistance_conductance(window),
        report.device.faults.high_resistance_conductance(window),
    ];
    // Means of six writes and medians of eight cells: 0.5 % and less.
    assert!((levels[0] / 200.0 - 1.0).abs() < 0.005 && (levels[1] / 10.0 - 1.0).abs() < 0.005, "{levels:?}");
    let told = notes(&report, Mechanism::Faults);
    assert!(
        told.contains("8 cells are stuck within the window, at 199") && told.contains("at the high resistance"),
        "{told}"
    );
}

/// Stuck at all of three targets: a device file has two levels.
#[test]
fn a_third_level_and_uneven_levels_are_told() {
    let with = |stuck: &dyn Fn(usize, &mut Numbers) -> f64| {
        let mut at = 0.0;
        let input = table(7, (200, 6), |cell, cycle, numbers| {
            let target = [10.0, 50.0, 200.0][cycle % 3];
            if cycle == 0 {
                at = stuck(cell, numbers);
            }
            (target, if cell < 30 { at } else { target * (0.03 * numbers.normal()).exp() })
        });
        let report = fitted(&input, &options());
        (notes(&report, Mechanism::Faults), report.number("faults.p_stuck_random").expect("a rate").value)
    };
    let (told, random) = with(&|cell, _| [10.0, 50.0, 200.0][cell % 3]);
    assert!(
        random == 0.05 && told.contains("10 cells are stuck within the window, at 50.0000 µS: a device file"),
        "{told}"
    );
    // Spread over 60 to 120 µS.
    let (told, random) = with(&|_, numbers| 60.0 * (1.0 + numbers.uniform()));
    assert!(random == 0.15 && told.contains("not uniform in ln G over the window"), "{told}");
    // Uniform in ln G: no note.
    let (told, random) = with(&|_, numbers| 9.5 * 22f64.powf(numbers.uniform()));
    assert!(random > 0.13 && !told.contains("uniform") && !told.contains("within the window"), "{told}");
}

/// Writes with a spread of 5 %, accepted within 3 %.
fn accepted(seed: u64) -> FitInput {
    table(seed, (80, 18), |_, cycle, numbers| {
        let target = [10.0, 50.0, 200.0][cycle % 3];
        loop {
            let value = target * (SIGMA * numbers.normal()).exp();
            if (value / target - 1.0).abs() < 0.03 {
                break (target, value);
            }
        }
    })
}

#[test]
fn acceptance_windows_that_do_not_fit_are_refused() {
    let refused = |window| {
        let options = FitOptions { acceptance: Some(window), ..options() };
        fit(&accepted(8), &options).expect_err("refused").to_string()
    };
    let told = refused(AcceptanceWindow::PercentOfTarget(1.0));
    assert!(told.starts_with("--acceptance: expected writes within 1 % of their targets, got 6"), "{told}");
    assert!(told.contains(" % outside; 99 % lie within 2.9") && told.contains("hint: state the half width"), "{told}");
    let told = refused(AcceptanceWindow::PercentOfTarget(10.0));
    assert!(told.starts_with("--acceptance: expected writes that fill the 10 % about their targets"), "{told}");
    assert!(told.contains("end at 2.9"), "{told}");
    let told = refused(AcceptanceWindow::Microsiemens(3.0));
    assert!(told.contains("within 3 µS of their targets, got 1"), "{told}");
}

/// A window at 0.6 standard deviations bounds the spread from below. All bins count, and no finite interval is stated if some of the
/// resamples have none.
#[test]
fn narrow_acceptance_windows_count_all_writes() {
    for seed in 9..19 {
        let options = FitOptions { acceptance: Some(AcceptanceWindow::PercentOfTarget(3.0)), ..options() };
        let report = fitted(&accepted(seed), &options);
        let Some(writes) = report.mechanism(Mechanism::Writes) else {
            let withheld = report.withheld.iter().find(|withheld| withheld.mechanism == Mechanism::Writes);
            assert!(withheld.expect("a reason").reason.contains("bounds their noise from below"), "{seed}");
            continue;
        };
        assert_eq!(writes.numbers[0].n, 1440, "{seed}");
        let told = writes.notes.join("; ");
        assert!(!told.contains("no spread"), "{told}");
        let bounded = writes.numbers[0].interval_95.is_some();
        assert_eq!(told.contains("of the resamples do not bound it from above"), !bounded, "{told}");
    }
}

#[test]
fn verified_writes_without_their_window_are_told() {
    let told = fitted(&accepted(8), &options()).cautions().join("; ");
    assert!(
        (told.contains("at about 2.9") || told.contains("at about 3 %"))
            && told.contains("hint: if they were verified"),
        "{told}"
    );
    // Normal, log-normal, clipped, and of few writes.
    for seed in 0..20 {
        for law in 0..4 {
            let input = table(seed, (80, 6), |_, cycle, numbers| {
                let (target, z) = ([10.0, 50.0, 200.0][cycle % 3], numbers.normal());
                let value = match law {
                    0 => target * (1.0 + 0.1 * z),
                    1 => target * (0.5 * z).exp(),
                    2 => (target * (0.1 * z).exp()).clamp(10.0, 200.0),
                    _ => target + z.clamp(-8.0, 8.0),
                };
                (target, value)
            });
            let cautions = fitted(&input, &options()).cautions();
            assert!(cautions.is_empty(), "{seed} {law}: {cautions:?}");
        }
    }
}

/// Currents at 0.2 V that are read as if at 0.1 V.
#[test]
fn an_offset_from_all_targets_is_a_warning() {
    let mut text = "cell,cycle,target_microsiemens,current_microamperes\n".to_owned();
    let mut numbers = numbers(10);
    for (cell, cycle) in (0..60).flat_map(|cell| (0..12).map(move |cycle| (cell, cycle))) {
        let target = [20.0, 60.0, 200.0][cycle % 3];
        text += &format!("{cell},{cycle},{target},{}\n", 0.2 * target * (SIGMA * numbers.normal()).exp());
    }
    let writes = Some(InputFile { name: "w.csv".to_owned(), bytes: text.into_bytes() });
    let input = FitInput { writes, ..FitInput::default() };
    let at = |volts| fitted(&input, &FitOptions { read_volts: Some(volts), ..options() });
    let [caution] = &at(0.1).cautions()[..] else { panic!("{:?}", at(0.1).cautions()) };
    assert!(caution.starts_with("writes end 9") || caution.starts_with("writes end 10"), "{caution}");
    assert!(caution.contains("% above their targets. A device file has no key for an offset"), "{caution}");
    assert!(
        caution.ends_with("hint: check `--read-volts`: at 0.2 V the currents would be those of the targets"),
        "{caution}"
    );
    assert!(at(0.2).cautions().is_empty());
    let halved = &at(0.4).cautions()[0];
    assert!(halved.contains("below their targets") && halved.contains("at 0.2 V"), "{halved}");
}

/// Measured values are many, targets few: a table with the opposite has its columns exchanged.
#[test]
fn few_values_of_many_targets_are_a_warning() {
    let table = |columns: &str| {
        let mut text = format!("cell,cycle,{columns}\n");
        let mut numbers = numbers(11);
        for (cell, cycle) in (0..60).flat_map(|cell| (0..6).map(move |cycle| (cell, cycle))) {
            let target = [20.0, 60.0, 200.0][cycle % 3];
            text += &format!("{cell},{cycle},{target},{}\n", target * (SIGMA * numbers.normal()).exp());
        }
        let writes = Some(InputFile { name: "w.csv".to_owned(), bytes: text.into_bytes() });
        let fit = fitted(&FitInput { writes, ..FitInput::default() }, &options());
        fit.cautions().iter().filter(|caution| caution.starts_with("writes: 3")).cloned().collect::<Vec<String>>()
    };
    let expected = "writes: 360 different targets and only 3 different values\n\n\
                    hint: check that the columns of targets and of measured values are not exchanged";
    assert_eq!(table("conductance_microsiemens,target_microsiemens"), [expected]);
    assert_eq!(table("target_microsiemens,conductance_microsiemens"), [""; 0]);
}

#[test]
fn a_mechanism_without_data_is_refused() {
    let mut text = "cell,cycle,target_microsiemens,conductance_microsiemens\n".to_owned();
    let mut numbers = numbers(12);
    for (cell, (cycle, target)) in (0..60).flat_map(|cell| [(1, 20.0), (2, 200.0)].map(|write| (cell, write))) {
        text += &format!("{cell},{cycle},{target},{}\n", target * (SIGMA * numbers.normal()).exp());
    }
    let writes = Some(InputFile { name: "w.csv".to_owned(), bytes: text.into_bytes() });
    let input = FitInput { writes, ..FitInput::default() };
    let only = |mechanism| fit(&input, &FitOptions { only: vec![mechanism], ..options() });
    assert_eq!(
        only(Mechanism::Drift).expect_err("no times").to_string(),
        "--only: expected a mechanism that the tables measure, got drift\n\nhint: omit `--only` to fit all that they measure"
    );
    assert!(only(Mechanism::Writes).is_ok());
}
