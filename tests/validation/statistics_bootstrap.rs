//! Intervals by resampling against `scipy.stats.bootstrap`, and crossings of the normalised accuracy against numpy and a
//! closed form. The values are those of `data/statistics.json` (see `statistics.rs`).
//!
//! The ends of an interval depend on the draws. The file has their mean over k generators of scipy and their standard
//! deviation; the end of a generator of our own differs from that mean by sqrt(1 + 1/k) of that, of which five are allowed.

use experiments::statistics::bootstrap::{Bootstrap, BootstrapError};
use experiments::statistics::normalised::{Condition, Curve, Scale};
use seed::Seed;
use serde::Deserialize;

use crate::statistics::{VALUES, assert_close};

/// An interval by resampling.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resampled {
    statistic: Statistic,
    method: Method,
    /// One unit a row.
    sample: Vec<Vec<f64>>,
    ends: [f64; 2],
    sd: [f64; 2],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Statistic {
    Mean,
    Correlation,
}

#[derive(Clone, Copy, Debug, Deserialize)]
enum Method {
    #[serde(rename = "percentile")]
    Percentile,
    #[serde(rename = "BCa")]
    Bca,
}

/// A curve with its crossings.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Crossings {
    levels: Vec<f64>,
    accuracies: Vec<Vec<f64>>,
    chance: f64,
    normalised: Vec<f64>,
    crossings: Vec<Crossing>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Crossing {
    paired: bool,
    threshold: f64,
    level: f64,
    ends: [f64; 2],
    sd: f64,
}

fn bootstrap(resamples: usize) -> Bootstrap {
    Bootstrap { resamples, confidence: 0.95, seed: Seed::new(7).named("validation") }
}

#[track_caller]
fn assert_ends(got: (f64, f64), ends: [f64; 2], sd: [f64; 2], generators: f64) {
    for (got, (end, sd)) in [got.0, got.1].into_iter().zip(ends.into_iter().zip(sd)) {
        assert!(
            (got - end).abs() < 5.0 * (1.0 + 1.0 / generators).sqrt() * sd,
            "got {got}, expected {end} within {sd}"
        );
    }
}

fn mean(sample: &[f64]) -> f64 {
    sample.iter().sum::<f64>() / sample.len() as f64
}

fn correlation(pairs: &[(f64, f64)]) -> f64 {
    let n = pairs.len() as f64;
    let (x, y) = pairs.iter().fold((0.0, 0.0), |sum, pair| (sum.0 + pair.0 / n, sum.1 + pair.1 / n));
    let moment = |f: fn(f64, f64) -> f64| pairs.iter().map(|pair| f(pair.0 - x, pair.1 - y)).sum::<f64>();
    moment(|x, y| x * y) / (moment(|x, _| x * x) * moment(|_, y| y * y)).sqrt()
}

fn interval(case: &Resampled) -> Result<(f64, f64), BootstrapError> {
    let bootstrap = bootstrap(40_000);
    let numbers: Vec<f64> = case.sample.iter().map(|unit| unit[0]).collect();
    match (case.statistic, case.method) {
        (Statistic::Mean, Method::Percentile) => bootstrap.percentile(&numbers, mean),
        (Statistic::Mean, Method::Bca) => bootstrap.bca(&numbers, mean),
        (Statistic::Correlation, method) => {
            let pairs: Vec<(f64, f64)> = case.sample.iter().map(|unit| (unit[0], unit[1])).collect();
            match method {
                Method::Percentile => bootstrap.percentile(&pairs, correlation),
                Method::Bca => bootstrap.bca(&pairs, correlation),
            }
        }
    }
}

#[test]
fn intervals_by_resampling() {
    assert_eq!(VALUES.bootstraps.len(), 4);
    for case in &VALUES.bootstraps {
        assert_ends(interval(case).expect("an interval"), case.ends, case.sd, 8.0);
    }
}

/// The curve of the file, with the same seeds at every level or with others at each.
fn curve(paired: bool) -> Curve {
    let Crossings { levels, accuracies, chance, .. } = &VALUES.crossings;
    let condition = |(number, (&level, accuracies)): (u64, (&f64, &Vec<f64>))| {
        let first = if paired { 0 } else { 100 * number };
        Condition { level, outcomes: (first..).zip(accuracies.iter().copied()).collect() }
    };
    let conditions: Vec<Condition> = (0..).zip(levels.iter().zip(accuracies)).map(condition).collect();
    Curve::new(&conditions, *chance).expect("a curve")
}

#[test]
fn normalised_accuracies() {
    let got = curve(true).normalised();
    assert_eq!(got.len(), VALUES.crossings.normalised.len());
    got.into_iter().zip(&VALUES.crossings.normalised).for_each(|(got, &expected)| assert_close(got, expected));
}

#[test]
fn crossings_and_their_intervals() {
    assert_eq!(VALUES.crossings.crossings.len(), 6);
    for case in &VALUES.crossings.crossings {
        let crossing = curve(case.paired).crossing(case.threshold, &bootstrap(10_000)).expect("a crossing");
        assert_close(crossing.level.expect("a crossing"), case.level);
        let interval = crossing.interval.expect("an interval");
        assert_eq!(interval.paired, case.paired);
        let ends = interval.low.zip(interval.high).expect("within the levels");
        assert_ends(ends, case.ends, [case.sd; 2], 6.0);
    }
}

/// An accuracy of clean - slope x level falls to the threshold where slope x level = (1 - threshold)(clean - chance).
#[test]
fn crossings_of_a_straight_fall_are_those_of_its_equation() {
    let (clean, chance, slope) = (0.82, 0.1, 0.004);
    let condition =
        |level: f64| Condition { level, outcomes: vec![(1, clean - slope * level), (2, clean - slope * level)] };
    let conditions: Vec<Condition> = [0.0, 1.0, 7.0, 19.0, 23.0, 100.0].map(condition).into();
    let curve = Curve::new(&conditions, chance).expect("a curve");
    for threshold in [0.99, 0.95, 0.90, 0.5] {
        let crossing = curve.crossing(threshold, &bootstrap(10)).expect("a crossing");
        let expected = (1.0 - threshold) * (clean - chance) / slope;
        assert_close(crossing.level.expect("a crossing"), expected);
        // Seeds that agree leave nothing to chance.
        let interval = crossing.interval.expect("an interval");
        assert_close(interval.low.expect("an end"), expected);
        assert_close(interval.high.expect("an end"), expected);
        let scale = Scale::new(clean, chance).expect("a scale");
        assert_close(scale.normalised(clean - slope * expected), threshold);
    }
}
