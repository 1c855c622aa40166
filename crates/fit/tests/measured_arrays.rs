//! What tables of measured arrays have, and sampled ones do not: dead columns that leak, a target that is written to stuck cells
//! mostly, columns with many faults, more stuck cells than working ones, shorted cells, cells at an end of their window, errors of whole cycles,
//! verified writes with sharp bounds, and heavy tails.

use std::fmt::Write;

use ohmspike_fit::{FitInput, FitOptions, FitReport, InputFile, Mechanism, fit};
use ohmspike_rng::Seed;
use rand::RngExt;

/// Rows and columns of the array, and runs of it.
const SIZE: (u32, u32) = (40, 40);
const RUNS: u32 = 4;
/// Targets, µS; every tenth cell is written to the second.
const TARGETS: [f64; 2] = [137.0, 238.0];
/// Columns without current, and cells stuck above the window among all others.
const DEAD: u32 = 2;
const STUCK: u32 = 40;
/// Writes are even within this distance of their targets, µS.
const HALF_WIDTH: f64 = 13.0;

/// Returns the table of an array. Readings below 0 are 0, and stuck cells count as written to the second target, as in a table whose targets are
/// guessed from the values.
fn table(seed: u64) -> String {
    let mut stream = Seed::new(seed).named("measured-arrays").stream();
    let mut uniform = move |low: f64, high: f64| stream.random_range(low..high);
    let mut text = "cell,cycle,row,column,target_microsiemens,conductance_microsiemens\n".to_owned();
    for place in 0..SIZE.0 * SIZE.1 {
        let (row, column) = (place / SIZE.1, place % SIZE.1);
        let (leak, stuck) = (uniform(-1.0, 1.6), uniform(320.0, 1500.0));
        let is_dead = column < DEAD;
        let is_stuck = column == DEAD + 1 + row % 30 && row < STUCK;
        for run in 1..=RUNS {
            let target = TARGETS[usize::from(is_stuck || place % 10 == 0)];
            let value = match (is_dead, is_stuck) {
                // Over decades: a leakage of less than the noise of its reading, or more.
                (true, _) => (10f64.powf(leak) + uniform(-0.5, 0.5)).max(0.0),
                (_, true) => stuck * uniform(0.98, 1.02),
                _ => target + uniform(-HALF_WIDTH, HALF_WIDTH),
            };
            writeln!(text, "{row}-{column},{run},{row},{column},{target},{value}").expect("a line");
        }
    }
    text
}

fn fitted(seed: u64) -> FitReport {
    let writes = Some(InputFile { name: "w.csv".to_owned(), bytes: table(seed).into_bytes() });
    let options = FitOptions { window: Some((66.667, 300.0)), resamples: 100, ..FitOptions::default() };
    fit(&FitInput { writes, ..FitInput::default() }, &options).expect("a fit")
}

fn number(report: &FitReport, mechanism: Mechanism, key: &str) -> f64 {
    let fit = report.mechanism(mechanism).unwrap_or_else(|| panic!("{:?}", report.withheld));
    let of = fit.numbers.iter().find(|number| number.key == key);
    of.unwrap_or_else(|| panic!("{key} of {:?}", fit.numbers)).value
}

/// Stuck cells are 160 of some 740 writes to 238 µS, and of these every second is nearer than six of the robust standard deviations that they
/// cause.
#[test]
fn dead_columns_leak_and_stuck_cells_fill_a_target() {
    for seed in 0..5 {
        let report = fitted(seed);
        let of = |key: &str| number(&report, Mechanism::Faults, key);
        let cells = f64::from((SIZE.1 - DEAD) * SIZE.0);
        assert!(
            (of("faults.p_low_resistance") - f64::from(STUCK) / cells).abs() < 1e-12,
            "{seed}: {:?}",
            report.mechanism(Mechanism::Faults)
        );
        assert!((of("faults.p_dead_column") - f64::from(DEAD) / f64::from(SIZE.1)).abs() < 1e-12, "{seed}");
        let fit = report.mechanism(Mechanism::Faults).expect("faults");
        assert!(fit.numbers.iter().filter(|number| number.key.ends_with("random")).all(|number| number.value == 0.0));
    }
}

/// The standard deviation of an even distribution is its half width over the root of 3. The relative standard error of n of its values is
/// sqrt((9 / 5 - 1) / 4 n), 0.6 % for 5000 and 2 % for 500; four of these count.
#[test]
fn verified_writes_keep_their_standard_deviation() {
    for seed in 0..5 {
        let report = fitted(seed);
        let expected = HALF_WIDTH / 3f64.sqrt();
        let fit = report.mechanism(Mechanism::Writes).expect("write noise");
        let sigma = |target: f64| match fit.law {
            "constant" => fit.numbers[0].value,
            "table" => fit.numbers[usize::from(target == TARGETS[0])].value * target,
            other => panic!("{other}"),
        };
        for (target, bound) in [(TARGETS[0], 0.024), (TARGETS[1], 0.08)] {
            let found = sigma(target);
            assert!((found / expected).ln().abs() < bound, "{seed}: {found} at {target} µS, {expected}");
        }
        assert!(
            fit.notes.iter().any(|note| note.contains("lighter tails than a normal distribution")),
            "{:?}",
            fit.notes
        );
    }
}

/// Constant errors of cells are no gain: those that a fitted window makes of them would be a third of what cells show.
#[test]
fn differences_that_a_device_would_not_have_are_no_gain() {
    let mut stream = Seed::new(1).named("offsets").stream();
    let mut uniform = move |low: f64, high: f64| stream.random_range(low..high);
    let mut text = "cell,cycle,target_microsiemens,conductance_microsiemens\n".to_owned();
    for cell in 0..400 {
        let offset = uniform(-19.0, 19.0);
        for run in 1..=5 {
            let target = TARGETS[usize::from(cell % 10 == 0 && run > 3)];
            writeln!(text, "{cell},{run},{target},{}", target + offset + uniform(-13.0, 13.0)).expect("a line");
        }
    }
    let writes = Some(InputFile { name: "w.csv".to_owned(), bytes: text.into_bytes() });
    let options = FitOptions { resamples: 100, ..FitOptions::default() };
    let report = fit(&FitInput { writes, ..FitInput::default() }, &options).expect("a fit");
    assert!(report.mechanism(Mechanism::CellToCell).is_none());
    let withheld = format!("{:?}", report.withheld);
    assert!(withheld.contains("no one gain of the change from Gmin of the window"), "{withheld}");
    // All differences are part of the write noise: sqrt(19² / 3 + 13² / 3) µS. The root mean square of 400 cells has a standard error of 2 %.
    let total = ((19f64.powi(2) + 13f64.powi(2)) / 3.0).sqrt();
    let fit = report.mechanism(Mechanism::Writes).expect("write noise");
    let found = if fit.law == "constant" { fit.numbers[0].value } else { fit.numbers[1].value * TARGETS[0] };
    assert!((found / total).ln().abs() < 0.1, "{} {found} {total}", fit.law);
    assert!(fit.notes.iter().any(|note| note.starts_with("cells differ, and")), "{:?}", fit.notes);
}

/// A column with 16 of 40 cells stuck at high resistance is no cluster of a device file, and no single faults.
#[test]
fn columns_with_many_faults_are_named() {
    let mut stream = Seed::new(2).named("columns").stream();
    let mut uniform = move |low: f64, high: f64| stream.random_range(low..high);
    let mut table = |many: u32| {
        let mut text = "cell,cycle,row,column,target_microsiemens,conductance_microsiemens\n".to_owned();
        for place in 0..SIZE.0 * SIZE.1 {
            let (row, column) = (place / SIZE.1, place % SIZE.1);
            let is_stuck = (column == 7 && row < many) || place % 97 == 0;
            for (run, target) in [20.0, 50.0, 100.0].into_iter().enumerate() {
                let value = if is_stuck { 1.0 } else { target * uniform(0.9, 1.1) };
                writeln!(text, "{row}-{column},{run},{row},{column},{target},{value}").expect("a line");
            }
        }
        let writes = Some(InputFile { name: "w.csv".to_owned(), bytes: text.into_bytes() });
        let options = FitOptions { resamples: 50, ..FitOptions::default() };
        fit(&FitInput { writes, ..FitInput::default() }, &options).expect("a fit")
    };
    let notes = |report: FitReport| report.mechanism(Mechanism::Faults).expect("faults").notes.join("\n");
    assert!(notes(table(16)).contains("column 7 has more faulty cells"));
    assert!(!notes(table(0)).contains("more faulty cells"));
}

/// Writes with a Student distribution of three degrees of freedom: what is left out is part of them.
#[test]
fn heavy_tails_are_told() {
    let mut stream = Seed::new(3).named("tails").stream();
    let mut uniform = move || stream.random_range(0.0..1.0_f64);
    let mut normal = move || (-2.0 * (1.0 - uniform()).ln()).sqrt() * (2.0 * std::f64::consts::PI * uniform()).cos();
    let mut table = |heavy: bool| {
        let mut text = "cell,cycle,target_microsiemens,conductance_microsiemens\n".to_owned();
        for cell in 0..400 {
            for (run, target) in [20.0, 50.0, 100.0].into_iter().enumerate() {
                let z = normal();
                let of_t = z / ((normal().powi(2) + normal().powi(2) + normal().powi(2)) / 3.0).sqrt();
                let value = target * (1.0 + 0.02 * if heavy { of_t } else { z });
                writeln!(text, "{cell},{run},{target},{value}").expect("a line");
            }
        }
        let writes = Some(InputFile { name: "w.csv".to_owned(), bytes: text.into_bytes() });
        let options = FitOptions { resamples: 50, ..FitOptions::default() };
        fit(&FitInput { writes, ..FitInput::default() }, &options).expect("a fit")
    };
    let notes = |report: FitReport| report.mechanism(Mechanism::Writes).expect("write noise").notes.join("\n");
    assert!(notes(table(true)).contains("times as large"));
    assert!(!notes(table(false)).contains("times as large"));
}

/// Returns a table of 100 cells with three cycles at 20, 60 and 150 µS; `value(cell, cycle, target, z)` is a conductance, with z normal.
fn table_of(seed: u64, value: impl Fn(u32, u32, f64, f64) -> f64) -> Result<FitReport, String> {
    let mut stream = Seed::new(seed).named("cells").stream();
    let mut uniform = move || stream.random_range(0.0..1.0_f64);
    let mut normal = move || (-2.0 * (1.0 - uniform()).ln()).sqrt() * (2.0 * std::f64::consts::PI * uniform()).cos();
    let mut text = "cell,cycle,target_microsiemens,conductance_microsiemens\n".to_owned();
    for cell in 0..100 {
        for cycle in 0..6 {
            let target = [20.0, 60.0, 150.0][(cycle % 3) as usize];
            writeln!(text, "{cell},{},{target},{}", cycle / 3, value(cell, cycle / 3, target, normal()))
                .expect("a line");
        }
    }
    let writes = Some(InputFile { name: "w.csv".to_owned(), bytes: text.into_bytes() });
    let options = FitOptions { resamples: 50, ..FitOptions::default() };
    fit(&FitInput { writes, ..FitInput::default() }, &options).map_err(|error| error.to_string())
}

/// 30 to 80 % of the cells stay at 50 µS with a read noise of 1 %: faults, and no part of the write noise of 5 %.
#[test]
fn stuck_cells_may_outnumber_working_ones() {
    for (stuck, seed) in [(30, 1), (60, 2), (80, 3)] {
        let value = |cell: u32, _: u32, target: f64, z: f64| {
            if cell < stuck { 50.0 * (1.0 + 0.01 * z) } else { target * (1.0 + 0.05 * z) }
        };
        let report = table_of(seed, value).expect("a fit");
        let of = |key: &str| number(&report, Mechanism::Faults, key);
        let faults = of("faults.p_low_resistance") + of("faults.p_high_resistance") + of("faults.p_stuck_random");
        assert!((faults - f64::from(stuck) / 100.0).abs() < 1e-12, "{stuck}: {faults}");
        let sigma = &report.mechanism(Mechanism::Writes).expect("write noise").numbers[0];
        let factor = if sigma.unit == "%" { 0.01 } else { 1.0 };
        let (low, high) = sigma.interval_99.expect("an interval");
        assert!(factor * low < 0.05 && 0.05 < factor * high, "{stuck}: {sigma:?}");
    }
    let all = table_of(4, |_, _, _, z| 50.0 * (1.0 + 0.01 * z)).expect_err("refused");
    assert!(all.contains("100 cells ignore their targets"), "{all}");
}

/// Of 180 tables of working cells with a noise of 5 to 60 %, one in a hundred may have a cell that seems to ignore its targets.
#[test]
fn noise_is_no_stuck_cell() {
    let mut stuck = 0;
    for seed in 0..60 {
        for sigma in [0.05, 0.2, 0.6] {
            let report = table_of(seed, |_, _, target, z| target * (sigma * z).exp()).expect("a fit");
            let of = |key: &str| number(&report, Mechanism::Faults, key);
            stuck += usize::from(of("faults.p_stuck_random") + of("faults.p_low_resistance") > 0.0);
        }
    }
    assert!(stuck <= 3, "{stuck}");
}

/// Shorted and open cells have a thousandth or a thousand times some of their targets, and are no mixed units.
#[test]
fn shorted_and_open_cells_are_no_other_unit() {
    for at in [0.05, 0.02, 20_000.0, 150_000.0] {
        let value = |cell: u32, _: u32, target: f64, z: f64| {
            if cell < 6 { at * (0.1 * z).exp() } else { target * (1.0 + 0.05 * z) }
        };
        let report = table_of(5, value).unwrap_or_else(|error| panic!("{at}: {error}"));
        let of = |key: &str| number(&report, Mechanism::Faults, key);
        assert!((of("faults.p_low_resistance") + of("faults.p_high_resistance") - 0.06).abs() < 1e-12, "{at}");
    }
    let mixed = table_of(6, |cell, _, target, z| target * (1.0 + 0.05 * z) * if cell < 6 { 1e-3 } else { 1.0 });
    assert!(mixed.expect_err("refused").contains("expected values in the unit of their targets"));
}

/// A cell with a window up to 155 µS, and reads with a noise of 0.3 %, so that values at the end are not equal.
#[test]
fn cells_that_reach_an_end_of_their_window_are_told() {
    let mut false_alarms = 0;
    for seed in 0..40 {
        let plain = table_of(seed, |_, _, target, z| target * (0.05 * z).exp()).expect("a fit");
        false_alarms += usize::from(plain.cautions().iter().any(|caution| caution.contains("skewed")));
    }
    assert_eq!(false_alarms, 0);
    let capped = |cell: u32, cycle: u32, target: f64, z: f64| {
        let read = 0.003 * (f64::from((cell * 7 + cycle * 3) % 11) - 5.0) / 3.2;
        (target * (1.0 + 0.05 * z)).min(155.0) * (1.0 + read)
    };
    for seed in 0..5 {
        let report = table_of(seed, capped).expect("a fit");
        let cautions = report.cautions().join("\n");
        assert!(cautions.contains("writes are skewed at 150.0000 µS"), "{seed}: {cautions}");
    }
}

/// An error of 3 % that all writes of a cycle share, or a loss of 2 % from cycle to cycle.
#[test]
fn errors_of_whole_cycles_are_told() {
    let told =
        |report: FitReport| report.cautions().iter().any(|caution| caution.contains("the means of cycles differ"));
    let shifted = |_: u32, cycle: u32, target: f64, z: f64| target * (1.0 + 0.03 * z) * [1.0, 0.97][cycle as usize];
    assert!(told(table_of(1, shifted).expect("a fit")));
    let alarms =
        (0..100).filter(|&seed| told(table_of(seed, |_, _, target, z| target * (1.0 + 0.03 * z)).expect("a fit")));
    assert_eq!(alarms.count(), 0);
}

/// Eight cells with gains of 10 % and a noise of 3 %: too few to tell them apart.
#[test]
fn few_cells_that_differ_are_told() {
    let text = |cells: u32| {
        let mut stream = Seed::new(9).named("few").stream();
        let mut text = "cell,cycle,target_microsiemens,conductance_microsiemens\n".to_owned();
        for cell in 0..cells {
            for cycle in 0..10 {
                let z: f64 = stream.random_range(-1.0..1.0);
                writeln!(text, "{cell},{cycle},50,{}", 50.0 * (1.0 + 0.1 * (f64::from(cell) - 3.5) + 0.03 * z))
                    .expect("a line");
            }
        }
        text
    };
    let writes = Some(InputFile { name: "w.csv".to_owned(), bytes: text(8).into_bytes() });
    let report =
        fit(&FitInput { writes, ..FitInput::default() }, &FitOptions { resamples: 50, ..FitOptions::default() });
    let report = report.expect("a fit");
    let notes = report.mechanism(Mechanism::Writes).expect("write noise").notes.join("\n");
    assert!(notes.contains("fewer than 10 cells with 2 writes to one target do not tell how cells differ"), "{notes}");
}

/// Cells that never exceed 100 µS follow their other targets.
#[test]
fn cells_that_fail_at_one_target_are_counted() {
    let value = |cell: u32, _: u32, target: f64, z: f64| {
        let limit = if cell < 7 { 100.0 } else { f64::INFINITY };
        (target * (1.0 + 0.05 * z)).min(limit)
    };
    let report = table_of(7, value).expect("a fit");
    let notes = report.mechanism(Mechanism::Faults).expect("faults").notes.join("\n");
    assert!(notes.contains("7 cells work, but fail in all of their writes to 150.0000 µS"), "{notes}");
    let plain = table_of(7, |_, _, target, z| target * (1.0 + 0.05 * z)).expect("a fit");
    assert!(!plain.mechanism(Mechanism::Faults).expect("faults").notes.join("\n").contains("fail in all"));
}
