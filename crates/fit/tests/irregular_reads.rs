//! Reads at irregular times: the rate of telegraph noise is that of the traps, whatever the times of the reads.

use std::fmt::Write;

use ohmspike_fit::{FitInput, FitOptions, FitReport, InputFile, Mechanism, fit};
use ohmspike_rng::Seed;

use crate::made::Numbers;

/// Fits of each kind of times.
const SEEDS: u64 = 4;

/// Times of the reads of a cell.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Times {
    /// Every 0.1 s, and each row is missing with this probability.
    Missing(f64),
    /// 30 bursts of 10 reads, 2 ms apart, one per second.
    Bursts,
    /// Four in five gaps of 20 ms, the others of 500 ms.
    Mixed,
    /// A third of the cells every 1 s, the others every 0.1 s.
    PerCell,
    /// Exponential gaps of 0.1 s on average.
    Random,
    /// Pairs of reads 5 ms apart, one pair per 2 s: fewer than half of the gaps can follow the traps.
    Pairs,
}

impl Times {
    const ALL: [Times; 8] = [
        Times::Missing(0.1),
        Times::Missing(0.3),
        Times::Missing(0.4),
        Times::Bursts,
        Times::Mixed,
        Times::PerCell,
        Times::Random,
        Times::Pairs,
    ];

    /// Rate of the traps, 1/s.
    fn rate(self) -> f64 {
        if matches!(self, Times::Bursts | Times::Pairs) { 20.0 } else { 0.5 }
    }

    /// Returns the times of a cell, s.
    fn of_cell(self, cell: usize, uniform: &mut impl FnMut() -> f64) -> Vec<f64> {
        let mut time = 0.0;
        let mut gap = |by: f64| {
            time += by;
            time
        };
        match self {
            Times::Missing(fraction) => {
                (0..300).filter(|_| uniform() >= fraction).map(|read| f64::from(read) * 0.1).collect()
            }
            Times::Bursts => (0..300).map(|read| f64::from(read / 10) + 0.002 * f64::from(read % 10)).collect(),
            Times::Mixed => (0..300).map(|_| gap(if uniform() < 0.8 { 0.02 } else { 0.5 })).collect(),
            Times::PerCell => {
                (0..200).map(|read| f64::from(read) * if cell.is_multiple_of(3) { 1.0 } else { 0.1 }).collect()
            }
            Times::Random => (0..200).map(|_| gap(-0.1 * (1.0 - uniform()).ln() + 1e-6)).collect(),
            Times::Pairs => (0..400).map(|read| f64::from(read / 2) * 2.0 + 0.005 * f64::from(read % 2)).collect(),
        }
    }
}

/// Reads 80 cells with white noise of 0.5 %; half of them have levels `step` apart, relative to the mean. `pink` is the relative standard
/// deviation of slow noise with correlation times of 0.1 to 10 s.
fn table(seed: u64, times: Times, step: f64, pink: f64) -> String {
    let mut numbers = Numbers(Seed::new(seed).named("irregular").stream());
    let mut text = "cell,time_seconds,conductance_microsiemens\n".to_owned();
    for cell in 0..80 {
        let conductance = 50.0 + 20.0 * numbers.uniform();
        let (mut side, trap, mut last) = (if numbers.uniform() < 0.5 { 1.0 } else { -1.0 }, cell % 2 == 0, 0.0);
        let mut slow = [0.1, 1.0, 10.0].map(|time| (time, numbers.normal()));
        for time in times.of_cell(cell, &mut || numbers.uniform()) {
            let elapsed: f64 = time - last;
            if numbers.uniform() < 0.5 * (1.0 - (-2.0 * times.rate() * elapsed).exp()) {
                side = -side;
            }
            for (of, value) in &mut slow {
                let kept = (-elapsed / *of).exp();
                *value = kept * *value + (1.0 - kept * kept).sqrt() * numbers.normal();
            }
            last = time;
            let level = if trap { 0.5 * step * side } else { 0.0 };
            let of_slow = pink / 3_f64.sqrt() * slow.iter().map(|(_, value)| value).sum::<f64>();
            let value = conductance * (1.0 + level + of_slow) * (1.0 + 0.005 * numbers.normal());
            let _ = writeln!(text, "{cell},{time:.6},{value}");
        }
    }
    text
}

fn fitted(text: &str, interval: Option<f64>) -> Result<FitReport, String> {
    let reads = Some(InputFile { name: "r.csv".to_owned(), bytes: text.to_owned().into_bytes() });
    let only = vec![Mechanism::Window, Mechanism::ReadNoise, Mechanism::Rtn];
    let options = FitOptions {
        window: Some((1.0, 400.0)),
        resamples: 100,
        only,
        read_interval_seconds: interval,
        ..FitOptions::default()
    };
    fit(&FitInput { reads, ..FitInput::default() }, &options).map_err(|error| error.to_string())
}

/// Rates, fractions and amplitudes are within their intervals. The mean of ln rate over seeds is the true one within four standard errors,
/// which follow from the widths of the intervals. Of four 99 % intervals, two miss with a probability of 0.06 %.
#[test]
fn rates_do_not_depend_on_the_times_of_reads() {
    for times in Times::ALL {
        let reports: Vec<FitReport> =
            (1..=SEEDS).map(|seed| fitted(&table(seed, times, 0.08, 0.0), None).expect("a fit")).collect();
        let of = |report: &FitReport, key: &str| {
            let number = report.number(key).unwrap_or_else(|| panic!("{times:?} {key}: {:?}", report.withheld));
            (number.value, number.interval_99.expect("an interval"), number.interval_95.expect("an interval"))
        };
        for (key, expected) in
            [("rate_per_second", times.rate()), ("amplitude_percent_of_conductance", 8.0), ("fraction_of_cells", 0.5)]
        {
            let key = format!("read.rtn.{key}");
            let missed = |report: &&FitReport| {
                let (_, (low, high), _) = of(report, &key);
                !(low <= expected && expected <= high)
            };
            let missed = reports.iter().filter(missed).count();
            assert!(missed <= 1, "{times:?} {key}: {missed}");
        }
        let (mut off, mut variance) = (0.0, 0.0);
        for report in &reports {
            let (value, _, (low, high)) = of(report, "read.rtn.rate_per_second");
            off += (value / times.rate()).ln() / SEEDS as f64;
            variance += ((high / low).ln() / 3.92).powi(2);
        }
        let error = variance.sqrt() / SEEDS as f64;
        assert!(off.abs() < 4.0 * error, "{times:?}: ln rate off by {off} +- {error}");
    }
}

/// Slow noise at irregular times has no levels.
#[test]
fn slow_noise_at_irregular_times_is_no_telegraph_noise() {
    for times in [Times::Missing(0.3), Times::Bursts, Times::Mixed, Times::PerCell] {
        for seed in 1..=2 {
            let report = fitted(&table(seed, times, 0.0, 0.01), None).expect("a fit");
            let rtn = report.mechanism(Mechanism::Rtn);
            assert!(rtn.is_none(), "{times:?} {seed}: {rtn:?}");
        }
    }
}

/// White noise at irregular times has no levels, and is that of the reads: 80 cells of at least 180 reads have an error of 0.7 %.
#[test]
fn white_noise_at_irregular_times_is_white() {
    for times in Times::ALL {
        for seed in 1..=2 {
            let report = fitted(&table(seed, times, 0.0, 0.0), None).expect("a fit");
            assert!(report.mechanism(Mechanism::Rtn).is_none(), "{times:?} {seed}");
            let noise = report.number("read.white.sigma_percent_of_conductance");
            let noise = noise.unwrap_or_else(|| panic!("{times:?} {seed}")).value;
            assert!((noise / 0.5 - 1.0).abs() < 0.035, "{times:?} {seed}: {noise}");
        }
    }
}

/// Rounded times of equidistant reads give the same numbers as the interval itself.
#[test]
fn equal_gaps_are_those_of_an_interval() {
    let text = table(1, Times::Missing(0.0), 0.08, 0.0);
    let without: String = text
        .lines()
        .map(|line| {
            let parts: Vec<&str> = line.split(',').collect();
            format!("{},{}\n", parts[0], parts[2])
        })
        .collect();
    let (timed, plain) = (fitted(&text, None).expect("a fit"), fitted(&without, Some(0.1)).expect("a fit"));
    for key in ["rate_per_second", "amplitude_percent_of_conductance", "fraction_of_cells"] {
        let [of_timed, of_plain] =
            [&timed, &plain].map(|report| report.number(&format!("read.rtn.{key}")).expect("telegraph noise").value);
        assert!((of_timed / of_plain - 1.0).abs() < 1e-9, "{key}: {of_timed}, {of_plain}");
    }
    assert_eq!(
        fitted(&text, Some(3600.0)).expect_err("a contradiction"),
        "--read-interval: expected 0.1 s, the median time between reads of r.csv, got 3600 s\n\nhint: omit it to use \
         `time_seconds`, or leave these times out with `--ignore time_seconds`"
    );
}
