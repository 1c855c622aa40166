//! Networks with 50 % inhibitory neurons collapse at moderate noise.

use ohmspike_stats::Estimate;
use ohmspike_stats::equivalence::agreement;
use ohmspike_study::record::Record;

use super::by_condition::{judged, levels, words};
use super::{Finding, MIN_REPEATS, Tested, Verdict};

/// The claim at 30 %.
pub const AT_30: Tested = (
    "50:50 falls to about 33 % at a noise of 30 %",
    "Supported if the 95 % interval of the mean of at least 3 repeats is between 28 and 38 %. Contradicted if the whole interval is outside.",
    at_30,
);
/// The claim from 50 % on.
pub const FROM_50: Tested = (
    "50:50 stays at about 15 % from a noise of 50 % on",
    "Supported if, at each of at least two levels from 50 % on with at least 3 repeats, the 95 % interval is between 10 and 20 %. \
     Contradicted if a whole interval, at 5 % divided by the number of levels, is outside.",
    from_50,
);
/// Excitatory fraction of the claims, 0 to 1.
const FRACTION: f64 = 0.5;
/// Noise levels of the text of the paper, %, and the accuracies there.
const FIRST_LEVEL: f64 = 30.0;
const FALLEN: f64 = 0.33;
const LATER_LEVELS: f64 = 50.0;
const COLLAPSED: f64 = 0.15;
/// Meaning of "about": the difference that is visible in the published figure.
const ABOUT: f64 = 0.05;

/// Tests the claim at 30 %.
pub fn at_30(records: &[&Record]) -> Finding {
    let Some(sample) = judged(records, FRACTION, FIRST_LEVEL) else {
        return Finding::not_tested(format!("it needs {MIN_REPEATS} repeats of 50:50 at 30 %"));
    };
    Finding::new(about(&sample, FALLEN, 1), format!("mean at 30 %: {}", words(&sample)))
}

/// Tests the claim from 50 % on.
pub fn from_50(records: &[&Record]) -> Finding {
    let high = levels(records).into_iter().filter(|level| *level >= LATER_LEVELS);
    let samples: Vec<(f64, Estimate)> =
        high.filter_map(|level| Some((level, judged(records, FRACTION, level)?))).collect();
    if samples.len() < 2 {
        return Finding::not_tested(format!("it needs two levels from 50 % on with {MIN_REPEATS} repeats of 50:50"));
    }
    let verdicts: Vec<Verdict> = samples.iter().map(|(_, sample)| about(sample, COLLAPSED, samples.len())).collect();
    let evidence = samples.iter().map(|(level, sample)| format!("at {level} %: {}", words(sample)));
    Finding::new(Verdict::of_all(&verdicts), evidence.collect::<Vec<_>>().join("; "))
}

/// Tests whether a mean, one of several, is about `number`.
fn about(sample: &Estimate, number: f64, means: usize) -> Verdict {
    agreement(sample, number - ABOUT, number + ABOUT, means).into()
}

#[cfg(test)]
mod tests {
    use super::super::{made, verdict};
    use super::*;

    #[test]
    fn the_number_itself_is_tested() {
        let at = |outcomes: &[f64]| verdict(at_30, &made(0.5, 30.0, outcomes));
        assert_eq!(at(&[0.33, 0.32, 0.34]), Verdict::Supported);
        assert_eq!(at(&[0.63, 0.60, 0.66]), Verdict::Contradicted);
        assert_eq!(at(&[0.115, 0.11, 0.12]), Verdict::Contradicted, "far below is not about 33 %");
        assert_eq!(at(&[0.30, 0.36, 0.33]), Verdict::Inconclusive);
        assert_eq!(at(&[0.33, 0.33, 0.33]), Verdict::Inconclusive, "no spread, no interval");
        assert_eq!(at(&[0.33, 0.34]), Verdict::NotTested);
    }

    #[test]
    fn every_level_counts() {
        let of = |levels: &[(f64, f64)]| {
            let records = levels.iter().flat_map(|&(level, mean)| made(0.5, level, &[mean - 0.01, mean, mean + 0.01]));
            verdict(from_50, &records.collect::<Vec<Record>>())
        };
        assert_eq!(of(&[(50.0, 0.15), (100.0, 0.14)]), Verdict::Supported);
        assert_eq!(of(&[(50.0, 0.35), (100.0, 0.14)]), Verdict::Contradicted);
        assert_eq!(of(&[(50.0, 0.19), (100.0, 0.14)]), Verdict::Inconclusive);
        assert_eq!(of(&[(40.0, 0.15), (100.0, 0.14)]), Verdict::NotTested);
    }
}
