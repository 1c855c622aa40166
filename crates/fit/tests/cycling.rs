//! Cells that fail during cycling, against the numbers of cells and cycles that the tables were made with.

use ohmspike_fit::{FitInput, FitOptions, FitReport, FittedNumber, InputFile, Mechanism, fit};
use ohmspike_rng::Seed;

use crate::made::Numbers;

const CELLS: usize = 60;
const CYCLES: usize = 10;
const TARGETS: [f64; 3] = [30.0, 60.0, 100.0];
/// Noise of writes, and of the values of stuck cells, in ln G.
const NOISE: (f64, f64) = (0.03, 0.02);

/// Returns the report on writes with this noise; `stuck` gives the conductance of a cell that ignores its target in a cycle, µS. A fraction
/// `wrong` of the writes ends at half of its target or twice as high.
fn report(seed: u64, (noise, wrong): (f64, f64), stuck: impl Fn(usize, usize) -> Option<f64>) -> FitReport {
    let mut numbers = Numbers(Seed::new(seed).named("cycling").stream());
    let mut text = "cell,cycle,target_microsiemens,conductance_microsiemens\n".to_owned();
    for cell in 0..CELLS {
        for cycle in 0..CYCLES {
            for target in TARGETS {
                let z = numbers.normal();
                let outlier: f64 = if numbers.uniform() < wrong { 2.0 } else { 1.0 };
                let factor = if z > 0.0 { outlier } else { 1.0 / outlier };
                let value = match stuck(cell, cycle) {
                    Some(at) => at * (NOISE.1 * z).exp(),
                    None => target * factor * (noise * z).exp(),
                };
                text += &format!("{cell},{},{target},{value}\n", cycle + 1);
            }
        }
    }
    let writes = Some(InputFile { name: "w.csv".to_owned(), bytes: text.into_bytes() });
    let options = FitOptions { window: Some((5.0, 200.0)), resamples: 50, ..FitOptions::default() };
    fit(&FitInput { writes, ..FitInput::default() }, &options).expect("a fit")
}

fn notes(report: &FitReport) -> String {
    report.mechanism(Mechanism::Faults).expect("fitted").notes.join("; ")
}

fn rate<'r>(report: &'r FitReport, key: &str) -> &'r FittedNumber {
    report.number(key).expect("fitted")
}

/// A fifth of the cells is stuck at 5.5 µS from some cycle on. At the end, the rate is 0.2; before, it is lower.
#[test]
fn cells_that_fail_during_cycling_count_as_stuck_at_the_end() {
    for (first, text) in
        [(2, "cycle 2 on"), (3, "cycle 3 on"), (6, "cycle 6 on"), (9, "cycle 9 on"), (10, "cycle 10 on")]
    {
        let report =
            report(1, (NOISE.0, 0.0), |cell, cycle| (cell.is_multiple_of(5) && cycle + 1 >= first).then_some(5.5));
        let all = ["faults.p_stuck_random", "faults.p_high_resistance"].map(|key| rate(&report, key));
        let told = notes(&report);
        let found = all[0].value + all[1].value;
        let interval = if all[0].value > all[1].value { all[0] } else { all[1] }.interval_95.expect("a rate");
        assert!((found - 0.2).abs() < 1e-12, "{first}: {found} {told}");
        assert!(interval.0 == 0.0 && interval.1 > 0.2, "{first}: {interval:?}");
        assert!(
            told.contains("12 of 60 cells follow their targets at first") && told.contains(text),
            "{first}: {told}"
        );
        let of_writes = report.mechanism(Mechanism::Writes).expect("fitted").notes.join("; ");
        assert!(!of_writes.contains("beyond 3.5"), "{first}: {of_writes}");
    }
}

/// Six cells are stuck in all cycles, and six from the sixth on: one in ten to one in five.
#[test]
fn cells_that_never_work_bound_the_rate_from_below() {
    let stuck = |cell: usize, cycle: usize| {
        (cell.is_multiple_of(5) && (cell.is_multiple_of(10) || cycle >= 5)).then_some(205.0 + cell as f64)
    };
    let report = report(2, (NOISE.0, 0.0), stuck);
    let told = notes(&report);
    let p = rate(&report, "faults.p_low_resistance");
    let (low, high) = p.interval_95.expect("a rate");
    // Clopper-Pearson bounds of 6 and of 12 of 60 cells.
    assert!((p.value - 0.2).abs() < 1e-12 && (low - 0.0376).abs() < 2e-4 && (high - 0.3232).abs() < 2e-3, "{p:?}");
    assert!(
        told.contains("6 of 60 cells follow their targets at first and then ignore them, from cycle 6 on"),
        "{told}"
    );
}

/// Noise of 25 % hides the failures of single writes, and cells are stuck at a conductance between the targets. Slopes of 12 writes before the
/// failure are 5.5 standard errors above that of a stuck cell, so that 3 % of the cells are missed: at most two of 12.
#[test]
fn failures_among_noisy_writes_are_found_from_slopes() {
    let report = report(3, (0.25, 0.0), |cell, cycle| (cell.is_multiple_of(5) && cycle >= 4).then_some(50.0));
    let told = notes(&report);
    let keys = ["faults.p_stuck_random", "faults.p_high_resistance", "faults.p_low_resistance"];
    let found: f64 = keys.iter().map(|key| CELLS as f64 * rate(&report, key).value).sum();
    assert!((9.5..12.5).contains(&found), "{found} {told}");
    assert!(told.contains(&format!("{found:.0} of 60 cells follow their targets at first")), "{told}");
}

/// Twelve cells ignore their targets in cycles 3 to 5, and follow them again.
#[test]
fn cells_that_recover_count_as_working() {
    let report =
        report(4, (NOISE.0, 0.0), |cell, cycle| (cell.is_multiple_of(5) && (2..5).contains(&cycle)).then_some(5.5));
    let told = notes(&report);
    assert!(told.contains("12 of 60 cells follow their targets, but not in some successive cycles"), "{told}");
    let all = ["faults.p_stuck_random", "faults.p_high_resistance"].map(|key| rate(&report, key));
    assert!(all.iter().all(|p| p.value == 0.0), "{all:?}");
    assert!(all.iter().any(|p| p.interval_95.expect("a rate").1 > 0.2), "{all:?}");
}

/// Of 120 tables, with normal noise, outliers or cells that are stuck from the start, at most three have a note. If each has one with a
/// probability of 1 %, 1.2 are expected, and more than three have a binomial probability of 3.3 %.
#[test]
fn tables_without_failures_during_cycling_have_no_note() {
    let mut noted = Vec::new();
    for seed in 0..20 {
        for (kind, noise) in [(0.03, 0.0), (0.25, 0.0), (0.1, 0.0), (0.03, 0.03), (0.03, 0.1)].into_iter().enumerate() {
            let told = notes(&report(100 + seed, noise, |_, _| None));
            noted.extend(
                (told.contains("follow its targets") || told.contains("follow their targets")).then_some((seed, kind)),
            );
        }
        let told = notes(&report(200 + seed, (NOISE.0, 0.01), |cell, _| (cell.is_multiple_of(5)).then_some(55.0)));
        noted.extend(told.contains("their targets").then_some((seed, 5)));
    }
    assert!(noted.len() <= 3, "{noted:?}");
}
