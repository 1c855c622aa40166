//! Compares every statistic with numpy, scipy and statsmodels.
//!
//! `scripts/make_statistics.py` generates `data/statistics.json` and documents the call or textbook formula of each
//! number. Sums of up to 30 products and quotients of equal size have relative rounding errors of some 1e-15, special
//! functions some 1e-13. A tolerance of 1e-10 allows for differences of means that are a thousand times larger than the
//! difference.

use std::fs;
use std::sync::LazyLock;

use ohmspike_stats::Estimate;
use ohmspike_stats::draws::{Drawn, Draws};
use ohmspike_stats::holm::holm;
use ohmspike_stats::line::Line;
use ohmspike_stats::moments::Moments;
use ohmspike_stats::normalised::{Condition, Curve, Scale};
use ohmspike_stats::paired::Paired;
use ohmspike_stats::power::least_shift;
use ohmspike_stats::{binomial, bound};
use serde::Deserialize;

const TOLERANCE: f64 = 1e-10;

/// Output of the script.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Values {
    intervals: Vec<Interval>,
    pairs: Vec<TwoSamples>,
    shifts: Vec<Shift>,
    adjusted: Vec<Adjusted>,
    bounds_of_probabilities: Vec<ProbabilityBounds>,
    bounds_of_means: Vec<MeanBounds>,
    lines: Vec<LineCase>,
    crossings: Crossings,
    /// Values for `statistics_components.rs`.
    pub components: Vec<crate::statistics_components::Design>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Interval {
    sample: Vec<f64>,
    mean: f64,
    sd: f64,
    low: f64,
    high: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TwoSamples {
    a: Vec<f64>,
    b: Vec<f64>,
    t: f64,
    p: f64,
    low: f64,
    high: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Shift {
    degrees: usize,
    alpha: f64,
    power: f64,
    shift: f64,
}

/// A curve with its crossings.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Crossings {
    levels: Vec<f64>,
    accuracies: Vec<Vec<f64>>,
    chance: f64,
    normalised: Vec<f64>,
    crossings: Vec<Crossing>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Crossing {
    threshold: f64,
    level: f64,
    ends: [f64; 2],
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Adjusted {
    p: Vec<f64>,
    holm: Vec<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProbabilityBounds {
    events: u64,
    n: u64,
    alpha: f64,
    low: f64,
    high: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MeanBounds {
    sample: Vec<f64>,
    alpha: f64,
    low: f64,
    high: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LineCase {
    points: Vec<(f64, f64)>,
    slope: f64,
    intercept: f64,
    r_squared: f64,
    largest_residual: f64,
}

/// Results of other programs.
pub static VALUES: LazyLock<Values> = LazyLock::new(|| {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/validation/data/statistics.json");
    serde_json::from_str(&fs::read_to_string(path).expect("the data file exists")).expect("valid output of the script")
});

/// Compares `got` with `expected` within the relative tolerance.
#[track_caller]
pub fn assert_close(got: f64, expected: f64) {
    assert!((got - expected).abs() <= TOLERANCE * expected.abs(), "got {got}, expected {expected}");
}

/// Compares all numbers of two lists of equal length.
#[track_caller]
fn assert_all_close(got: impl IntoIterator<Item = f64>, expected: &[f64]) {
    let got: Vec<f64> = got.into_iter().collect();
    assert_eq!(got.len(), expected.len());
    got.into_iter().zip(expected).for_each(|(got, &expected)| assert_close(got, expected));
}

#[test]
fn means_and_their_intervals() {
    for case in &VALUES.intervals {
        let sample = Estimate::new(&case.sample).expect("a sample");
        let (low, high) = sample.ci95.expect("an interval");
        assert_all_close(
            [sample.mean, sample.sd.expect("a spread"), low, high],
            &[case.mean, case.sd, case.low, case.high],
        );
        let moments = Moments::new(&case.sample).expect("moments");
        assert_all_close([moments.mean, moments.variance.sqrt()], &[case.mean, case.sd]);
    }
}

fn drawn(values: &[f64]) -> Vec<Drawn> {
    (1..).map(Draws::all).zip(values.iter().copied()).collect()
}

#[test]
fn paired_t_tests() {
    for TwoSamples { a, b, t, p, low, high } in &VALUES.pairs {
        let test = Paired::new(&drawn(a), &drawn(b)).expect("a test");
        assert_all_close([test.t, test.p, test.ci95.0, test.ci95.1], &[*t, *p, *low, *high]);
    }
    // Printed output of `t.test(extra ~ group, data = sleep, paired = TRUE)` on the help page of R.
    let TwoSamples { a, b, .. } = &VALUES.pairs[0];
    let test = Paired::new(&drawn(a), &drawn(b)).expect("a test");
    let printed = [test.t, test.p, test.ci95.0, test.ci95.1].map(|value| format!("{value:.4}"));
    assert_eq!(printed, ["-4.0621", "0.0028", "-2.4599", "-0.7001"]);
}

/// The other tail is below 1e-5, and the sum of cells has an error below 1e-6 (`power.rs`). For a slope of the power of
/// at least 0.1 per standard error and shifts above 1, this is 1.1e-4 of the shift.
#[test]
fn detectable_differences() {
    for Shift { degrees, alpha, power, shift } in &VALUES.shifts {
        let got = least_shift(*degrees, *alpha, *power);
        assert!((got / shift - 1.0).abs() < 1.1e-4, "{degrees}: got {got}, expected {shift}");
    }
}

#[test]
fn normalised_accuracies_and_their_crossings() {
    let Crossings { levels, accuracies, chance, normalised, crossings } = &VALUES.crossings;
    let condition = |(&level, accuracies): (&f64, &Vec<f64>)| Condition { level, outcomes: drawn(accuracies) };
    let conditions: Vec<Condition> = levels.iter().zip(accuracies).map(condition).collect();
    let curve = Curve::new(&conditions, *chance).expect("a curve");
    assert_all_close(curve.normalised(), normalised);
    for Crossing { threshold, level, ends } in crossings {
        let crossing = curve.crossing(*threshold).expect("a crossing");
        let interval = crossing.interval.expect("an interval");
        let found = [crossing.level, interval.near, interval.far].map(|end| end.expect("within the levels"));
        assert_all_close(found, &[*level, ends[0], ends[1]]);
        // Some repeats cross earlier and others later. Their mean differs from the crossing where the curve bends.
        let earlier = crossing.by_repeat.iter().filter(|one| one.1 < *level).count();
        assert!(0 < earlier && earlier < crossing.by_repeat.len(), "{:?}", crossing.by_repeat);
    }
}

/// An accuracy of clean - slope x level falls to the threshold at slope x level = (1 - threshold)(clean - chance).
#[test]
fn crossings_of_a_linear_curve_match_its_equation() {
    let (clean, chance, slope) = (0.82, 0.1, 0.004);
    let condition = |level: f64| Condition { level, outcomes: drawn(&[clean - slope * level]) };
    let conditions: Vec<Condition> = [0.0, 1.0, 7.0, 19.0, 23.0, 100.0].map(condition).into();
    let curve = Curve::new(&conditions, chance).expect("a curve");
    for threshold in [0.99, 0.95, 0.90, 0.5] {
        let crossing = curve.crossing(threshold).expect("a crossing");
        let expected = (1.0 - threshold) * (clean - chance) / slope;
        assert_close(crossing.level.expect("a crossing"), expected);
        let scale = Scale::new(clean, chance).expect("a scale");
        assert_close(scale.normalised(clean - slope * expected), threshold);
    }
}

#[test]
fn holm_adjustments() {
    for case in &VALUES.adjusted {
        assert_all_close(holm(&case.p).expect("probabilities"), &case.holm);
    }
}

#[test]
fn one_sided_bounds() {
    for ProbabilityBounds { events, n, alpha, low, high } in &VALUES.bounds_of_probabilities {
        let bounds = [binomial::lower_bound(*events, *n, *alpha), binomial::upper_bound(*events, *n, *alpha)];
        assert_all_close(bounds, &[*low, *high]);
    }
    for MeanBounds { sample, alpha, low, high } in &VALUES.bounds_of_means {
        let sample = Moments::new(sample).expect("moments");
        assert_all_close([bound::lower(&sample, *alpha), bound::upper(&sample, *alpha)], &[*low, *high]);
    }
}

#[test]
fn straight_lines() {
    for case in &VALUES.lines {
        let line = Line::fit(&case.points).expect("a line");
        assert_all_close(
            [line.slope, line.intercept, line.r_squared, line.largest_residual],
            &[case.slope, case.intercept, case.r_squared, case.largest_residual],
        );
    }
}
