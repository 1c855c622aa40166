//! Every statistic against numpy, scipy, statsmodels and scikit-posthocs.
//!
//! `data/statistics.json` is made by `scripts/make_statistics.py`, which says of each number which call of which program, or
//! which textbook formula, it comes from. Sums of up to 30 products and quotients of numbers of one size round by some
//! 1e-15 relatively, special functions of both sides by some 1e-13: 1e-10 leaves room for differences of means a
//! thousand times as small as themselves.

use std::fs;
use std::sync::LazyLock;

use experiments::statistics::Sample;
use experiments::statistics::dunn::dunn;
use experiments::statistics::effect::Effect;
use experiments::statistics::holm::holm;
use experiments::statistics::kruskal::KruskalWallis;
use experiments::statistics::line::Line;
use experiments::statistics::moments::Moments;
use experiments::statistics::ranks::Ranks;
use experiments::statistics::reference::against_reference;
use experiments::statistics::sign_test::SignTest;
use experiments::statistics::t_test::TTest;
use serde::Deserialize;

const TOLERANCE: f64 = 1e-10;

/// What the script wrote.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Values {
    intervals: Vec<Interval>,
    t_tests: Vec<TwoSamples>,
    several: Vec<Several>,
    adjusted: Vec<Adjusted>,
    against_reference: Referred,
    lines: Vec<LineCase>,
    signs: Vec<Signs>,
    /// Those of `statistics_bootstrap.rs`.
    pub bootstraps: Vec<crate::statistics_bootstrap::Resampled>,
    /// Those of `statistics_bootstrap.rs`.
    pub crossings: crate::statistics_bootstrap::Crossings,
    /// Those of `statistics_components.rs`.
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
    student: Test,
    welch: Test,
    cohens_d: f64,
    hedges_g: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Test {
    t: f64,
    degrees: f64,
    p: f64,
    low: f64,
    high: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Several {
    groups: Vec<Vec<f64>>,
    means: Vec<f64>,
    ties: f64,
    h: f64,
    p: f64,
    epsilon_squared: f64,
    dunn_z: Vec<f64>,
    dunn_p: Vec<f64>,
    dunn_p_holm: Vec<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Adjusted {
    p: Vec<f64>,
    holm: Vec<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Referred {
    reference: Vec<f64>,
    conditions: Vec<Vec<f64>>,
    p: Vec<f64>,
    holm: Vec<f64>,
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

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signs {
    above: usize,
    below: usize,
    p: f64,
}

/// The values of other programs.
pub static VALUES: LazyLock<Values> = LazyLock::new(|| {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/validation/data/statistics.json");
    serde_json::from_str(&fs::read_to_string(path).expect("the file is there")).expect("the form of the script")
});

/// Holds `got` against `expected` within a relative tolerance.
#[track_caller]
pub fn assert_close(got: f64, expected: f64) {
    assert!((got - expected).abs() <= TOLERANCE * expected.abs(), "got {got}, expected {expected}");
}

/// The same for every number of two lists of one length.
#[track_caller]
fn assert_all_close(got: impl IntoIterator<Item = f64>, expected: &[f64]) {
    let got: Vec<f64> = got.into_iter().collect();
    assert_eq!(got.len(), expected.len());
    got.into_iter().zip(expected).for_each(|(got, &expected)| assert_close(got, expected));
}

#[test]
fn means_and_their_intervals() {
    for case in &VALUES.intervals {
        let sample = Sample::of(&case.sample).expect("a sample");
        let (low, high) = sample.ci95.expect("an interval");
        assert_all_close(
            [sample.mean, sample.sd.expect("a spread"), low, high],
            &[case.mean, case.sd, case.low, case.high],
        );
        let moments = Moments::of(&case.sample).expect("moments");
        assert_all_close([moments.mean, moments.variance.sqrt()], &[case.mean, case.sd]);
    }
}

#[test]
fn t_tests_of_student_and_welch() {
    for case in &VALUES.t_tests {
        for (test, expected) in
            [(TTest::student(&case.a, &case.b), &case.student), (TTest::welch(&case.a, &case.b), &case.welch)]
        {
            let TTest { t, degrees, p, ci95: (low, high), .. } = test.expect("a test");
            let expected = [expected.t, expected.degrees, expected.p, expected.low, expected.high];
            assert_all_close([t, degrees, p, low, high], &expected);
        }
    }
}

#[test]
fn effect_sizes_of_cohen_and_hedges() {
    for case in &VALUES.t_tests {
        let effect = Effect::of(&case.a, &case.b).expect("an effect");
        assert_all_close([effect.cohens_d, effect.hedges_g], &[case.cohens_d, case.hedges_g]);
    }
}

#[test]
fn kruskal_wallis_with_ties() {
    for case in &VALUES.several {
        let groups: Vec<&[f64]> = case.groups.iter().map(Vec::as_slice).collect();
        let ranks = Ranks::of(&groups).expect("ranks");
        assert_all_close(ranks.means, &case.means);
        assert_eq!(ranks.ties, case.ties);
        let test = KruskalWallis::of(&groups).expect("a test");
        assert_all_close([test.h, test.p, test.epsilon_squared], &[case.h, case.p, case.epsilon_squared]);
        assert_eq!(test.degrees, groups.len() - 1);
    }
}

#[test]
fn dunn_with_holm() {
    for case in &VALUES.several {
        let groups: Vec<&[f64]> = case.groups.iter().map(Vec::as_slice).collect();
        let pairs = dunn(&groups).expect("pairs");
        assert_eq!(pairs.iter().map(|pair| pair.groups).collect::<Vec<_>>(), [(0, 1), (0, 2), (1, 2)]);
        assert_all_close(pairs.iter().map(|pair| pair.z), &case.dunn_z);
        assert_all_close(pairs.iter().map(|pair| pair.p), &case.dunn_p);
        assert_all_close(pairs.iter().map(|pair| pair.p_holm), &case.dunn_p_holm);
    }
}

#[test]
fn adjustments_of_holm() {
    for case in &VALUES.adjusted {
        assert_all_close(holm(&case.p).expect("probabilities"), &case.holm);
    }
}

#[test]
fn several_against_one() {
    let Referred { reference, conditions, p, holm } = &VALUES.against_reference;
    let compared = against_reference(reference, conditions);
    assert_all_close(compared.iter().map(|one| one.expect("a test").test.p), p);
    assert_all_close(compared.iter().map(|one| one.expect("a test").adjusted_p), holm);
}

#[test]
fn straight_lines() {
    for case in &VALUES.lines {
        let line = Line::of(&case.points).expect("a line");
        assert_all_close(
            [line.slope, line.intercept, line.r_squared, line.largest_residual],
            &[case.slope, case.intercept, case.r_squared, case.largest_residual],
        );
    }
}

#[test]
fn sign_tests() {
    for case in &VALUES.signs {
        let differences = [vec![0.3; case.above], vec![-2.0; case.below], vec![0.0; 3]].concat();
        let test = SignTest::of(&differences).expect("a test");
        assert_eq!((test.above, test.below), (case.above as u64, case.below as u64));
        assert_close(test.p, case.p);
    }
}
