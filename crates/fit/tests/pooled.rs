//! Spreads that mix what differs: read noise in values of writes, drift of several states, and gains at several targets.
//!
//! 99 % intervals miss in 1 % of the samples. Tests allow as many misses as show more at a level of 10^-4.

use std::fmt::Write;

use ohmspike_crossbar::device::{DriftLaw, WriteNoiseKind};
use ohmspike_fit::{AcceptanceWindow, FitInput, FitOptions, FitReport, InputFile, Mechanism, fit};
use ohmspike_rng::Seed;
use ohmspike_stats::binomial::least_failures;
use rand::RngExt;

/// Seeds of each test.
const SEEDS: u64 = 20;
/// Key of the spread of writes.
const SPREAD: &str = "write.sigma_percent_of_conductance";
const GAIN: &str = "device_to_device.step_gain_sigma";
const TARGETS: [f64; 3] = [10.0, 50.0, 200.0];

struct Normals(ohmspike_rng::Philox);

impl Normals {
    fn new(seed: u64) -> Normals {
        Normals(Seed::new(seed).named("pooled").stream())
    }

    fn next(&mut self) -> f64 {
        let (a, b): (f64, f64) = (self.0.random_range(0.0..1.0), self.0.random_range(0.0..1.0));
        (-2.0 * (1.0 - a).ln()).sqrt() * (2.0 * std::f64::consts::PI * b).cos()
    }
}

fn file(name: &str, text: &str) -> Option<InputFile> {
    Some(InputFile { name: name.to_owned(), bytes: text.as_bytes().to_vec() })
}

fn options(only: &[Mechanism]) -> FitOptions {
    // The choice of laws is another decision.
    let write_law = Some(WriteNoiseKind::Relative);
    FitOptions { only: only.to_vec(), write_law, resamples: 100, ..FitOptions::default() }
}

fn notes(report: &FitReport, mechanism: Mechanism) -> String {
    report.mechanism(mechanism).map(|fit| fit.notes.join("; ")).unwrap_or_default()
}

fn reason(report: &FitReport, mechanism: Mechanism) -> String {
    let withheld = report.withheld.iter().find(|withheld| withheld.mechanism == mechanism);
    withheld.map(|withheld| withheld.reason.clone()).unwrap_or_default()
}

/// Asserts that the 99 % intervals of `keys` hold their values in `fitted` samples.
fn assert_hold(keys: &[(String, f64)], fitted: impl Fn(u64) -> FitReport) {
    let mut misses = vec![Vec::new(); keys.len()];
    for seed in 1..=SEEDS {
        let report = fitted(seed);
        for ((key, expected), misses) in keys.iter().zip(&mut misses) {
            let number = report.number(key).unwrap_or_else(|| panic!("{key} of seed {seed}: {report:?}"));
            let (low, high) = number.interval_99.expect("an interval");
            if !(low <= *expected && *expected <= high) {
                misses.push((seed, low, high));
            }
        }
    }
    let too_many = least_failures(SEEDS, 0.99, 1e-4).expect("a bound");
    for ((key, expected), misses) in keys.iter().zip(&misses) {
        assert!((misses.len() as u64) < too_many, "{key} {expected}: {misses:?}");
    }
}

/// What a value of a write is.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Value {
    Conductance,
    OneRead,
    MeanOfReads,
    MeanOfTwoOthers,
}

const WITH_READS: [Mechanism; 4] = [Mechanism::Window, Mechanism::Writes, Mechanism::CellToCell, Mechanism::ReadNoise];

/// Returns writes with a spread of `write` z µS at their target, and four reads of each with a noise of 3 %, as columns and as
/// a table of their own.
fn with_reads(value: Value, write: impl Fn(f64, f64) -> f64, seed: u64) -> [String; 3] {
    let mut normals = Normals::new(seed);
    let header = "cell,cycle,target_microsiemens,";
    let mut joint = format!("{header}conductance_microsiemens");
    (1..=4).for_each(|read| joint += &format!(",read_{read}_microsiemens"));
    let (mut writes, mut apart) =
        (format!("{header}conductance_microsiemens\n"), format!("{header}time_seconds,conductance_microsiemens\n"));
    joint.push('\n');
    for cell in 0..40 {
        for cycle in 0..4 {
            for target in TARGETS {
                let exact = write(target, normals.next());
                let mut read = || exact * (1.0 + 0.03 * normals.next());
                let reads = [read(), read(), read(), read()];
                let value = match value {
                    Value::Conductance => exact,
                    Value::OneRead => read(),
                    Value::MeanOfReads => reads.iter().sum::<f64>() / 4.0,
                    Value::MeanOfTwoOthers => 0.5 * (read() + read()),
                };
                let _ = writeln!(writes, "{cell},{cycle},{target},{value}");
                let _ = write!(joint, "{cell},{cycle},{target},{value}");
                for (number, read) in reads.iter().enumerate() {
                    let _ = write!(joint, ",{read}");
                    let _ = writeln!(apart, "{cell},{cycle},{target},{},{read}", number as f64 * 1e-3);
                }
                joint.push('\n');
            }
        }
    }
    [joint, writes, apart]
}

fn relative(target: f64, z: f64) -> f64 {
    target * (1.0 + 0.04 * z)
}

fn joint(value: Value, seed: u64) -> FitReport {
    let [joint, ..] = with_reads(value, relative, seed);
    fit(&FitInput { writes: file("w.csv", &joint), ..FitInput::default() }, &options(&WITH_READS)).expect("a fit")
}

#[test]
fn read_noise_is_no_spread_of_writes() {
    let keys = [(SPREAD.to_owned(), 4.0)];
    let told = [
        (Value::OneRead, "each value of a write is one read: the read noise is subtracted"),
        (Value::MeanOfReads, "each value of a write is the mean of its reads: the read noise is subtracted"),
        (Value::Conductance, "they carry no read noise, and none is subtracted"),
    ];
    for (value, note) in told {
        assert_hold(&keys, |seed| joint(value, seed));
        let notes = notes(&joint(value, 1), Mechanism::Writes);
        assert!(notes.contains(note), "{value:?}: {notes}");
    }
    assert_hold(&keys, |seed| joint(Value::MeanOfTwoOthers, seed));
}

#[test]
fn reads_in_a_table_of_their_own_are_subtracted_too() {
    let fitted = |seed| {
        let [_, writes, reads] = with_reads(Value::OneRead, relative, seed);
        let input = FitInput { writes: file("w.csv", &writes), reads: file("r.csv", &reads), ..FitInput::default() };
        fit(&input, &options(&WITH_READS)).expect("a fit")
    };
    assert_hold(&[(SPREAD.to_owned(), 4.0)], fitted);
}

/// Writes of 1 µS at all targets, among reads of 3 %: 0.3 to 6 µS. The sum has neither law.
#[test]
fn writes_keep_their_own_law_among_reads_of_another() {
    let fitted = |seed, write_law| {
        let [joint, ..] = with_reads(Value::OneRead, |target, z| target + z, seed);
        let input = FitInput { writes: file("w.csv", &joint), ..FitInput::default() };
        fit(&input, &FitOptions { write_law, ..options(&WITH_READS) }).expect("a fit")
    };
    let constant = Some(WriteNoiseKind::Constant);
    assert_hold(&[("write.sigma_microsiemens".to_owned(), 1.0)], |seed| fitted(seed, constant));
    let law = |seed: &u64| fitted(*seed, None).mechanism(Mechanism::Writes).is_some_and(|fit| fit.law == "constant");
    let found = (1..=SEEDS).filter(law).count();
    assert!(2 * found as u64 > SEEDS, "{found}");
}

/// 4 % and 3 % are 5 % together.
#[test]
fn read_noise_that_is_not_subtracted_is_told() {
    let fitted = |seed, options: &FitOptions| {
        let [joint, writes, _] = with_reads(Value::OneRead, relative, seed);
        let text = if options.only.contains(&Mechanism::ReadNoise) { writes } else { joint };
        fit(&FitInput { writes: file("w.csv", &text), ..FitInput::default() }, options).expect("a fit")
    };
    for only in [&WITH_READS[..], &[Mechanism::Writes]] {
        assert_hold(&[(SPREAD.to_owned(), 5.0)], |seed| fitted(seed, &options(only)));
        let notes = notes(&fitted(1, &options(only)), Mechanism::Writes);
        assert!(notes.contains("includes the noise of the reads that measured them"), "{notes}");
    }
    let acceptance = Some(AcceptanceWindow::PercentOfTarget(30.0));
    let [joint, ..] = with_reads(Value::OneRead, relative, 1);
    let input = FitInput { writes: file("w.csv", &joint), ..FitInput::default() };
    let accepted = fit(&input, &FitOptions { acceptance, ..options(&WITH_READS) }).expect("a fit");
    let notes = notes(&accepted, Mechanism::Writes);
    assert!(notes.contains("a read that decided on acceptance is no random one"), "{notes}");
}

/// Exact writes: their spread is withheld, or told to be indistinguishable from 0, in all but as many samples as 99 % allow.
#[test]
fn writes_without_a_spread_of_their_own_state_none() {
    let claims = |seed: &u64| {
        let [joint, ..] = with_reads(Value::OneRead, |target, _| target, *seed);
        let input = FitInput { writes: file("w.csv", &joint), ..FitInput::default() };
        let report = fit(&input, &options(&WITH_READS)).expect("a fit");
        let told = notes(&report, Mechanism::Writes).contains("not distinguishable from 0");
        let withheld = reason(&report, Mechanism::Writes).contains("writes themselves have no visible spread");
        !told && !withheld
    };
    let claims = (1..=SEEDS).filter(claims).count() as u64;
    // 95 % intervals leave out 0 in 2.5 % of the samples.
    assert!(claims < least_failures(SEEDS, 0.975, 1e-4).expect("a bound"), "{claims}");
}

/// Exponents and their standard deviation, by target.
const EXPONENTS: [(f64, f64); 4] = [(400.0, 0.01), (150.0, 0.02), (40.0, 0.045), (10.0, 0.06)];
const EXPONENT_SIGMA: f64 = 0.003;

fn retention(states: &[(f64, f64)], cells: usize, targets: bool, seed: u64) -> FitReport {
    let mut normals = Normals::new(seed);
    let mut text = "cell,time_seconds,conductance_microsiemens".to_owned();
    text += if targets { ",target_microsiemens\n" } else { "\n" };
    for (state, &(target, exponent)) in states.iter().enumerate() {
        for cell in 0..cells {
            let start = target * (0.04 * normals.next()).exp();
            let exponent = exponent + EXPONENT_SIGMA * normals.next();
            for time in [1.0_f64, 10.0, 100.0, 1e3, 1e4, 1e5] {
                let value = start * time.powf(-exponent) * (1.0 + 0.002 * normals.next());
                let _ = write!(text, "{},{time},{value}", state * cells + cell);
                text += &if targets { format!(",{target}\n") } else { "\n".to_owned() };
            }
        }
    }
    let options = FitOptions { window: Some((2.0, 600.0)), ..options(&[Mechanism::Drift]) };
    fit(&FitInput { retention: file("r.csv", &text), ..FitInput::default() }, &options).expect("a fit")
}

fn points(report: &FitReport) -> usize {
    let numbers = &report.mechanism(Mechanism::Drift).expect("drift").numbers;
    numbers.iter().filter(|number| number.key.ends_with("].exponent")).count()
}

#[test]
fn every_state_keeps_its_own_exponent() {
    for (targets, cells) in [(true, 60), (false, 60), (true, 8)] {
        let states = EXPONENTS.iter().enumerate();
        let keys: Vec<(String, f64)> = states
            .flat_map(|(point, (_, exponent))| {
                let key = |name: &str| format!("drift.points[{point}].{name}");
                [(key("exponent"), *exponent), (key("exponent_sigma"), EXPONENT_SIGMA)]
            })
            .collect();
        let fitted = |seed| {
            let report = retention(&EXPONENTS, cells, targets, seed);
            assert_eq!(points(&report), 4, "{targets} {cells} {seed}");
            report
        };
        assert_hold(&keys, fitted);
    }
}

#[test]
fn few_series_with_equal_exponents_share_a_point() {
    let states = [(10.0, 0.03), (20.0, 0.03), (40.0, 0.03)];
    // Two neighbours of equal exponents differ by more than two standard errors in 5 % of the samples, and one of two pairs in 10 %.
    let separate = (1..=SEEDS).filter(|&seed| points(&retention(&states, 8, true, seed)) > 1).count() as u64;
    assert!(separate < least_failures(SEEDS, 0.9, 1e-4).expect("a bound"), "{separate}");
}

#[test]
fn continuous_states_show_their_trend() {
    let states: Vec<(f64, f64)> = (0..240)
        .map(|cell| {
            let along = f64::from(cell) / 240.0;
            (10.0 * 40_f64.powf(along), 0.06 - 0.05 * along)
        })
        .collect();
    let report = retention(&states, 1, true, 1);
    assert!(points(&report) >= 4, "{report:?}");
    let value = |point: usize| report.number(&format!("drift.points[{point}].exponent")).expect("a point").value;
    // The outer points are means over a quarter of the states at most: within an eighth of the range of its ends.
    assert!(value(0) < 0.01 + 0.05 / 8.0 + 0.002 && value(points(&report) - 1) > 0.06 - 0.05 / 8.0 - 0.002);
}

/// Slopes of 1 and 4 µS per ln t, with a spread of 0.2 µS over cells.
#[test]
fn slopes_of_states_that_differ_are_told() {
    let fitted = |slopes: [f64; 2]| {
        let mut normals = Normals::new(7);
        let mut text = "cell,target_microsiemens,time_seconds,conductance_microsiemens\n".to_owned();
        for cell in 0..120 {
            let (target, slope) = ([50.0, 200.0][cell % 2], slopes[cell % 2] + 0.2 * normals.next());
            for time in [1.0_f64, 10.0, 100.0, 1e3] {
                let _ = writeln!(text, "{cell},{target},{time},{}", target - slope * time.ln() + 0.1 * normals.next());
            }
        }
        let drift_law = Some(DriftLaw::LogTime);
        let options = FitOptions { window: Some((1.0, 300.0)), drift_law, ..options(&[Mechanism::Drift]) };
        let input = FitInput { retention: file("r.csv", &text), ..FitInput::default() };
        notes(&fit(&input, &options).expect("a fit"), Mechanism::Drift)
    };
    let (differ, same) = (fitted([1.0, 4.0]), fitted([2.0, 2.0]));
    assert!(differ.contains("the slopes of states differ by more than those of cells"), "{differ}");
    assert!(!same.contains("the slopes of states differ"), "{same}");
}

/// Reads of 15 cells in three states, fewer than once made a bin.
#[test]
fn few_series_tell_the_law_of_read_noise() {
    let fitted = |noise: fn(f64) -> f64| {
        let mut normals = Normals::new(9);
        let mut text = "cell,time_seconds,conductance_microsiemens\n".to_owned();
        for cell in 0..15 {
            let exact = TARGETS[cell % 3] * (1.0 + 0.01 * normals.next());
            for read in 0..100 {
                let _ = writeln!(text, "{cell},{},{}", f64::from(read) * 1e-3, exact + noise(exact) * normals.next());
            }
        }
        let options = FitOptions { window: Some((1.0, 300.0)), ..options(&[Mechanism::ReadNoise]) };
        let input = FitInput { reads: file("r.csv", &text), ..FitInput::default() };
        let report = fit(&input, &options).expect("a fit");
        report.mechanism(Mechanism::ReadNoise).expect("read noise").law
    };
    assert_eq!([fitted(|_| 0.3), fitted(|exact| 0.02 * exact)], ["constant", "relative"]);
}

/// What a cell multiplies.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Factor {
    /// The change from 7 µS.
    Change,
    /// The conductance.
    Conductance,
    /// Nothing.
    None,
}

/// Returns the fit of 80 cells whose factors differ by 10 %, written six times to each target with a noise of 3 %.
fn cells(factor: Factor, targets: &[f64], start: bool, window: Option<(f64, f64)>, seed: u64) -> FitReport {
    let mut normals = Normals::new(seed);
    let mut text = "cell,cycle,target_microsiemens,conductance_microsiemens".to_owned();
    text += if start { ",start_microsiemens\n" } else { "\n" };
    let (cells, cycles) = if factor == Factor::None { (10, 2) } else { (80, 6) };
    for cell in 0..cells {
        let z = 0.1 * normals.next();
        for cycle in 0..cycles {
            for &target in targets {
                let exact = match factor {
                    Factor::Change => 7.0 + (target - 7.0) * (1.0 + z),
                    Factor::Conductance => target * z.exp(),
                    Factor::None => target,
                };
                let _ = write!(text, "{cell},{cycle},{target},{}", exact * (1.0 + 0.03 * normals.next()));
                text += if start { ",7\n" } else { "\n" };
            }
        }
    }
    let options = FitOptions { window, ..options(&[Mechanism::Window, Mechanism::CellToCell]) };
    fit(&FitInput { writes: file("w.csv", &text), ..FitInput::default() }, &options).expect("a fit")
}

#[test]
fn the_gain_of_cells_does_not_depend_on_the_window() {
    for start in [false, true] {
        assert_hold(&[(GAIN.to_owned(), 0.1)], |seed| cells(Factor::Change, &TARGETS, start, None, seed));
    }
    assert_hold(&[(GAIN.to_owned(), 0.1)], |seed| cells(Factor::Change, &TARGETS, false, Some((7.0, 300.0)), seed));
    // A factor on the conductance is a gain from 0 µS.
    assert_hold(&[(GAIN.to_owned(), 0.1)], |seed| cells(Factor::Conductance, &TARGETS, false, None, seed));
}

#[test]
fn spreads_that_no_gain_explains_are_told() {
    let told = "writes that start at Gmin of the fitted window";
    let stated = cells(Factor::Conductance, &TARGETS, false, None, 1);
    assert!(notes(&stated, Mechanism::CellToCell).contains(told), "{stated:?}");
    // From 7 µS, the factors are gains of 0.33, 0.116 and 0.104.
    let withheld = reason(&cells(Factor::Conductance, &TARGETS, true, None, 1), Mechanism::CellToCell);
    assert!(withheld.contains("no one gain of the change from the start"), "{withheld}");
    let explained = cells(Factor::Change, &TARGETS, true, None, 1);
    assert!(!notes(&explained, Mechanism::CellToCell).contains("explain"), "{explained:?}");
}

#[test]
fn one_target_tells_no_gain_without_gmin() {
    let unknown = cells(Factor::Change, &[50.0], false, None, 1);
    assert!(reason(&unknown, Mechanism::CellToCell).contains("Gmin, from which they start, is unknown"), "{unknown:?}");
    assert_hold(&[(GAIN.to_owned(), 0.1)], |seed| cells(Factor::Change, &[50.0], false, Some((7.0, 100.0)), seed));
}

/// At a level of 10^-4, a claim in twenty samples has a probability of 0.2 %.
#[test]
fn equal_cells_have_no_gain() {
    for seed in 1..=SEEDS {
        let report = cells(Factor::None, &[20.0, 60.0, 200.0], false, None, seed);
        assert!(report.number(GAIN).is_none(), "{seed}: {:?}", report.number(GAIN));
    }
}
