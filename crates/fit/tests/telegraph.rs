//! Telegraph noise among white noise, wrong reads and slow noise: what a fit states, and what it withholds.

use std::fmt::Write;

use ohmspike_crossbar::device::ReadNoiseKind;
use ohmspike_fit::{FitInput, FitOptions, FitReport, InputFile, Mechanism, fit};
use ohmspike_rng::Seed;

use crate::made::Numbers;

/// Seconds between reads.
const INTERVAL: f64 = 0.01;
/// Relative white noise.
const WHITE: f64 = 0.02;
/// Fraction of the cells with a trap, where there are traps.
const FRACTION: f64 = 0.3;
const STATES: [f64; 3] = [20.0, 60.0, 180.0];

/// Reads of 3 x 100 cells.
#[derive(Clone, Copy, Debug)]
struct Reads {
    count: usize,
    /// Relative step of traps; 0 for none.
    step: f64,
    /// Changes per read of each direction, from the lower and from the upper level.
    change: [f64; 2],
    /// Fraction of wrong reads, and their value over the right one.
    wrong: (f64, f64),
    /// Standard deviation over cells of the relative drift during a series.
    drift: f64,
    /// Standard deviation over cells of ln of the white noise.
    uneven: f64,
    /// Relative standard deviation of noise with a spectrum of about 1/f: four processes with correlation times of 1 to 64 reads.
    pink: f64,
    /// Relative white noise.
    white: f64,
    /// Step per read of a random walk of the factor that all cells share.
    walk: f64,
}

const QUIET: Reads = Reads {
    count: 50,
    step: 0.0,
    change: [0.0; 2],
    wrong: (0.0, 1.0),
    drift: 0.0,
    uneven: 0.0,
    pink: 0.0,
    white: WHITE,
    walk: 0.0,
};

impl Reads {
    fn table(&self, seed: u64) -> String {
        let mut numbers = Numbers(Seed::new(seed).named("telegraph").stream());
        let mut text = "cell,target_microsiemens,time_seconds,conductance_microsiemens\n".to_owned();
        let mut walk = vec![0.0; self.count];
        if self.walk > 0.0 {
            for read in 1..self.count {
                walk[read] = walk[read - 1] + self.walk * numbers.normal();
            }
        }
        for cell in 0..300 {
            let state = STATES[cell / 100];
            let conductance = state * (1.0 + 0.05 * numbers.normal());
            let trap = self.step > 0.0 && numbers.uniform() < FRACTION;
            let upper = self.change[0] / (self.change[0] + self.change[1]);
            let mut high = numbers.uniform() < upper;
            let (drift, white) = (self.drift * numbers.normal(), self.white * (self.uneven * numbers.normal()).exp());
            let mut slow = [1.0_f64, 4.0, 16.0, 64.0].map(|time| ((-1.0 / time).exp(), numbers.normal()));
            for (read, common) in walk.iter().enumerate() {
                if numbers.uniform() < self.change[usize::from(high)] {
                    high = !high;
                }
                let level = if trap { self.step * if high { 0.5 } else { -0.5 } } else { 0.0 };
                if self.pink > 0.0 {
                    for (kept, value) in &mut slow {
                        *value = *kept * *value + (1.0 - *kept * *kept).sqrt() * numbers.normal();
                    }
                }
                let pink = 0.5 * self.pink * slow.iter().map(|(_, value)| value).sum::<f64>();
                let along = read as f64 / self.count as f64 - 0.5;
                let wrong = if numbers.uniform() < self.wrong.0 { self.wrong.1 } else { 1.0 };
                let value = conductance
                    * (1.0 + level + pink + drift * along)
                    * (1.0 + common)
                    * (1.0 + white * numbers.normal())
                    * wrong;
                let _ = writeln!(text, "{cell},{state},{},{value}", read as f64 * INTERVAL);
            }
        }
        text
    }

    fn fitted(&self, seed: u64) -> FitReport {
        let file = Some(InputFile { name: "r.csv".to_owned(), bytes: self.table(seed).into_bytes() });
        let only = vec![Mechanism::Window, Mechanism::ReadNoise, Mechanism::Rtn];
        let (window, read_law) = (Some((1.0, 400.0)), Some(ReadNoiseKind::Relative));
        let options = FitOptions { window, read_law, resamples: 100, only, ..FitOptions::default() };
        fit(&FitInput { reads: file, ..FitInput::default() }, &options).expect("a fit")
    }
}

/// Returns why there is no telegraph noise.
fn reason(report: &FitReport) -> &str {
    let withheld = report.withheld.iter().find(|withheld| withheld.mechanism == Mechanism::Rtn);
    &withheld.unwrap_or_else(|| panic!("{:?}", report.mechanism(Mechanism::Rtn))).reason
}

/// Returns the notes on white noise.
fn notes(report: &FitReport) -> String {
    report.mechanism(Mechanism::ReadNoise).expect("white noise").notes.join("\n")
}

/// Returns the white noise over its true value.
fn white(report: &FitReport) -> f64 {
    let number = report.number("read.white.sigma_percent_of_conductance");
    number.unwrap_or_else(|| panic!("{:?}", report.withheld)).value / (100.0 * WHITE)
}

/// Asserts that the mean of `values` is `expected` within four standard errors and `room`, for the standard deviation `spread` of one.
fn assert_mean(values: &[f64], expected: f64, spread: f64, room: f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    assert!((mean - expected).abs() < 4.0 * spread / n.sqrt() + room, "{mean}, not {expected}: {values:?}");
}

/// Returns how many 99 % intervals of `key` miss `expected`.
fn misses(reports: &[FitReport], key: &str, expected: f64) -> usize {
    let missed = |report: &&FitReport| {
        let number = report.number(key).unwrap_or_else(|| panic!("{key}: {:?}", report.withheld));
        let (low, high) = number.interval_99.expect("an interval");
        !(low <= expected && expected <= high)
    };
    reports.iter().filter(missed).count()
}

/// Single wrong reads on one side: no telegraph noise, their share in a note, and white noise as without them. Its relative error is
/// 1 / sqrt(4/3 x 300 x 49) = 0.7 % for 50 reads; 5 % is the promise for outliers.
#[test]
fn wrong_reads_on_one_side_are_no_telegraph_noise() {
    for count in [20, 50, 200] {
        for factor in [0.5, 1.6] {
            for seed in 1..=4 {
                let report = Reads { count, wrong: (0.03, factor), ..QUIET }.fitted(seed);
                let told =
                    ["show no two levels", "as wrong reads do"].iter().any(|words| reason(&report).contains(words));
                assert!(told, "{count} {factor}: {}", reason(&report));
                assert!((white(&report) - 1.0).abs() < 0.05, "{count} {factor}: {}", white(&report));
                let told = notes(&report);
                let percent: f64 =
                    told.split_once(" %)").expect("a note").0.rsplit_once('(').unwrap().1.parse().unwrap();
                // 3 % of the reads, plus 0.3 % beyond three standard deviations, within five standard errors.
                let error = 500.0 * (0.03_f64 / (300.0 * count as f64)).sqrt();
                assert!(percent > 3.0 - error && percent < 3.4 + error, "{count} {factor}: {told}");
            }
        }
    }
}

/// A second level in a fifth of the reads of some cells, without memory, may be wrong reads or a trap with unequal rates.
#[test]
fn a_rare_level_without_memory_is_not_stated() {
    for seed in 1..=4 {
        let report = Reads { count: 100, step: 0.3, change: [0.19, 0.81], ..QUIET }.fitted(seed);
        assert!(reason(&report).contains("as wrong reads do"), "{}", reason(&report));
        assert!((white(&report) - 1.0).abs() < 0.05, "{}", white(&report));
    }
}

/// A trap that spends a tenth of its time at one level for five reads at a time: a device file cannot state it.
#[test]
fn unequal_rates_are_not_stated() {
    let report = Reads { count: 200, step: 0.2, change: [0.02, 0.2], ..QUIET }.fitted(1);
    assert!(reason(&report).contains("equal rates in both directions"), "{}", reason(&report));
    assert!(
        (white(&report) - 1.0).abs() < 0.03 && notes(&report).contains("have two levels and are left out"),
        "{}",
        notes(&report)
    );
}

/// Data and law of the plot: two reads of a cell with a trap differ by 2 sigma² + d² (1 - exp(-2 rate t)) / 2 in the mean square. With 90
/// cells that change ten times each, the root scatters by 3 % at long times.
#[test]
fn the_plot_has_the_changes_of_cells_with_a_trap() {
    let (step, rate) = (0.2_f64, 5.0_f64);
    let change = 0.5 * (1.0 - (-2.0 * rate * INTERVAL).exp());
    let report = Reads { count: 200, step, change: [change; 2], ..QUIET }.fitted(1);
    let plot = report.mechanism(Mechanism::Rtn).expect("telegraph noise").plot.as_ref().expect("a plot");
    let [curve] = &plot.curves[..] else { panic!("one curve") };
    assert_eq!(curve.bins.len(), 13);
    for (bin, law) in curve.bins.iter().zip(&curve.law) {
        let square = 2.0 * WHITE * WHITE + 0.5 * step * step * (1.0 - (-2.0 * rate * bin.x).exp());
        let expected = 100.0 * square.sqrt();
        assert_eq!(law.0, bin.x);
        assert!(
            (bin.y / expected - 1.0).abs() < 0.12 && (law.1 / expected - 1.0).abs() < 0.06,
            "{bin:?}: {law:?}, {expected}"
        );
        assert!(bin.low < bin.y && bin.y < bin.high, "{bin:?}");
    }
    let (first, last) = (curve.bins[0], curve.bins[12]);
    assert!((first.x / INTERVAL - 1.0).abs() < 1e-9 && last.x > 0.5 && last.y > 1.8 * first.y, "{first:?} {last:?}");
}

/// Steps of three times the white noise: the fraction of cells is that of all traps, not only of those that show their levels by
/// themselves. The number of cells with a trap is binomial, so that one fraction scatters by sqrt(0.3 x 0.7 / 300) = 2.6 %. White
/// noise scatters by 0.8 %.
#[test]
fn weak_telegraph_noise_is_counted() {
    let change = 0.5 * (1.0 - (-2.0 * 5.0 * INTERVAL).exp());
    for (count, seeds) in [(50, 12), (200, 6)] {
        let reads = Reads { count, step: 3.0 * WHITE, change: [change; 2], ..QUIET };
        let reports: Vec<FitReport> = (1..=seeds).map(|seed| reads.fitted(seed)).collect();
        let of = |key: &str| -> Vec<f64> { reports.iter().map(|report| report.number(key).unwrap().value).collect() };
        assert_mean(&of("read.rtn.fraction_of_cells"), FRACTION, 0.026, 0.0);
        assert_mean(&reports.iter().map(white).collect::<Vec<f64>>(), 1.0, 0.008, 0.0);
        let expected =
            [("fraction_of_cells", FRACTION), ("amplitude_percent_of_conductance", 6.0), ("rate_per_second", 5.0)];
        for (key, expected) in expected {
            // Of twelve 99 % intervals, three miss with a probability of 10^-4.
            let missed = misses(&reports, &format!("read.rtn.{key}"), expected);
            assert!(missed <= 2, "{count}: {key}: {missed}");
        }
        let tells = |report: &&FitReport| {
            let fit = report.mechanism(Mechanism::Rtn).expect("telegraph noise");
            fit.notes.iter().any(|note| note.contains("show it by their own reads"))
        };
        assert_eq!(reports.iter().filter(tells).count(), if count == 50 { reports.len() } else { 0 }, "{count}");
    }
}

/// A trap that changes its state between any two reads: the rate is not bounded, and the white noise is that of the other cells.
#[test]
fn fast_telegraph_noise_does_not_widen_white_noise() {
    for (count, step) in [(50, 5.0), (100, 5.0)] {
        let reads = Reads { count, step: step * WHITE, change: [0.5; 2], ..QUIET };
        let reports: Vec<FitReport> = (1..=8).map(|seed| reads.fitted(seed)).collect();
        let fast = reports.iter().filter(|report| report.mechanism(Mechanism::Rtn).is_none()).count();
        // The upper bound of the rate is an interval of 99 %.
        assert!(fast >= 6, "{count}: {fast}");
        for report in reports.iter().filter(|report| report.mechanism(Mechanism::Rtn).is_none()) {
            assert!(reason(report).contains("faster than the reads can follow"), "{}", reason(report));
            assert!(notes(report).contains("have two levels and are left out"), "{}", notes(report));
        }
        for report in &reports {
            assert!((white(report) - 1.0).abs() < 0.05, "{count}: {:?}", report.withheld);
        }
        assert_mean(&reports.iter().map(white).collect::<Vec<f64>>(), 1.0, 0.009, 0.0);
    }
}

/// Telegraph noise and 3 % of wrong reads in the same series.
#[test]
fn telegraph_noise_is_found_among_wrong_reads() {
    let change = 0.5 * (1.0 - (-2.0 * 5.0 * INTERVAL).exp());
    for (count, factor) in [(50, 0.5), (200, 1.6)] {
        let reads = Reads { count, step: 4.0 * WHITE, change: [change; 2], wrong: (0.03, factor), ..QUIET };
        let reports: Vec<FitReport> = (1..=6).map(|seed| reads.fitted(seed)).collect();
        let expected =
            [("fraction_of_cells", FRACTION), ("amplitude_percent_of_conductance", 8.0), ("rate_per_second", 5.0)];
        for (key, expected) in expected {
            let missed = misses(&reports, &format!("read.rtn.{key}"), expected);
            assert!(missed <= 1, "{count}: {key}: {missed}");
        }
        assert!(reports.iter().all(|report| (white(report) - 1.0).abs() < 0.05));
    }
}

/// Drift during a series, and white noise that differs between cells by 30 %, have no levels; a note tells of the cells with more noise.
#[test]
fn noise_without_levels_is_no_telegraph_noise() {
    for seed in 1..=6 {
        for reads in
            [Reads { drift: 0.06, ..QUIET }, Reads { uneven: 0.3, ..QUIET }, Reads { count: 200, uneven: 0.3, ..QUIET }]
        {
            let report = reads.fitted(seed);
            assert!(report.mechanism(Mechanism::Rtn).is_none(), "{reads:?}: {:?}", report.mechanism(Mechanism::Rtn));
            assert!(notes(&report).contains("have more noise than the others without showing two levels"), "{reads:?}");
        }
    }
}

/// Weak drift and 1/f noise look like levels that are less than two standard deviations of the white noise apart.
#[test]
fn weak_slow_noise_is_no_telegraph_noise() {
    for kind in [Reads { drift: WHITE, count: 100, ..QUIET }, Reads { pink: WHITE, count: 100, ..QUIET }] {
        for seed in 1..=6 {
            assert!(!reason(&kind.fitted(seed)).is_empty(), "{kind:?}, seed {seed}");
        }
    }
}

/// Among 1/f noise, the fraction of cells with clear traps is right or withheld.
#[test]
fn slow_noise_does_not_count_as_telegraph_noise_of_other_cells() {
    let kind = Reads { step: 8.0 * WHITE, change: [0.25; 2], pink: WHITE, count: 100, ..QUIET };
    let reports: Vec<FitReport> = (1..=6).map(|seed| kind.fitted(seed)).collect();
    let stated: Vec<FitReport> =
        reports.into_iter().filter(|report| report.mechanism(Mechanism::Rtn).is_some()).collect();
    assert_eq!(misses(&stated, "read.rtn.fraction_of_cells", FRACTION), 0);
}

/// The traps of one state must not hide in its white noise.
#[test]
fn fast_and_small_steps_are_found_in_every_state() {
    let fast = Reads { step: 3.0 * WHITE, change: [0.4988; 2], count: 200, ..QUIET };
    for seed in 1..=6 {
        let found = white(&fast.fitted(seed));
        assert!((found - 1.0).abs() < 0.02, "seed {seed}: {found}");
    }
}

/// Noise with a 1/f spectrum, with little white noise or none: no telegraph noise, and a note that noise grows.
#[test]
fn noise_with_a_spectrum_of_1_f_is_no_telegraph_noise() {
    for (pink, white) in [(WHITE, 0.0), (1.5 * WHITE, 0.1 * WHITE), (0.5 * WHITE, 0.025 * WHITE), (WHITE, 0.25 * WHITE)]
    {
        for seed in 1..=2 {
            let report = Reads { pink, white, ..QUIET }.fitted(seed);
            assert!(!reason(&report).is_empty(), "{pink} {white}, seed {seed}");
            assert!(notes(&report).contains("noise grows with the distance"), "{pink} {white}: {}", notes(&report));
        }
    }
}

/// A random walk of all cells: no telegraph noise, and white noise as without it. Traps beside it keep their numbers.
#[test]
fn a_change_of_all_cells_is_no_telegraph_noise() {
    for seed in 1..=4 {
        let report = Reads { count: 100, walk: 0.2 * WHITE, ..QUIET }.fitted(seed);
        assert!(!reason(&report).is_empty(), "seed {seed}");
        assert!(notes(&report).contains("all cells change together"), "{}", notes(&report));
        // Steps of a fifth of the white noise add 1 + 0.04 / 2 to the mean square of differences, 1 % of a standard deviation.
        assert!((white(&report) - 1.01).abs() < 0.03, "seed {seed}: {}", white(&report));
    }
    let traps = Reads { count: 100, step: 5.0 * WHITE, change: [0.1; 2], walk: 0.2 * WHITE, ..QUIET };
    let reports: Vec<FitReport> = (1..=6).map(|seed| traps.fitted(seed)).collect();
    for (key, expected) in [("fraction_of_cells", FRACTION), ("amplitude_percent_of_conductance", 500.0 * WHITE)] {
        let missed = misses(&reports, &format!("read.rtn.{key}"), expected);
        assert!(missed <= 1, "{key}: {missed}");
    }
}

/// White noise does not grow with the distance of reads, and cells do not change together.
#[test]
fn white_noise_is_white() {
    for (count, wrong) in [(20, 0.0), (50, 0.0), (50, 0.03), (200, 0.0)] {
        for seed in 1..=10 {
            let told = notes(&Reads { count, wrong: (wrong, 1.6), ..QUIET }.fitted(seed));
            assert!(
                !told.contains("noise grows") && !told.contains("change together"),
                "{count} {wrong}, seed {seed}: {told}"
            );
        }
    }
}
