//! Networks of half inhibition collapse at moderate noise.

use ohmspike_stats::Estimate;
use ohmspike_stats::equivalence::agreement;
use ohmspike_study::record::Record;

use super::by_condition::{judged, levels, words};
use super::{Finding, LEAST, Tested, Verdict};

/// At 30 %.
pub const AT_30: Tested = (
    "50:50 falls to about 33 % at a noise of 30 %",
    "Agrees with 33 % within 5 points: the 95 % interval of the mean at 30 %, of at least 3 repeats, lies between 28 and 38 %; \
     contradicted where it lies outside as a whole.",
    at_30,
);
/// From 50 % on.
pub const FROM_50: Tested = (
    "50:50 lies at about 15 % from a noise of 50 % on",
    "Agrees with 15 % within 5 points at every level from 50 % on with at least 3 repeats, at least two levels: each 95 % interval \
     lies between 10 and 20 %; contradicted where an interval at 5 % over the number of levels lies outside as a whole.",
    from_50,
);
const SHARE: f64 = 0.5;
const FALLEN: f64 = 0.33;
const COLLAPSED: f64 = 0.15;
/// What "about" means: the distance at which a reader of the published figure would see another value.
const ABOUT: f64 = 0.05;

/// What `records` say of 30 %.
pub fn at_30(records: &[&Record]) -> Finding {
    let Some(sample) = judged(records, SHARE, 30.0) else {
        return Finding::not_tested(format!("fewer than {LEAST} repeats with an outcome at 50:50 and 30 %"));
    };
    Finding::new(about(&sample, FALLEN, 1), format!("mean at 30 %: {}", words(&sample)))
}

/// What `records` say of 50 % and more.
pub fn from_50(records: &[&Record]) -> Finding {
    let high = levels(records).into_iter().filter(|level| *level >= 50.0);
    let samples: Vec<(f64, Estimate)> =
        high.filter_map(|level| Some((level, judged(records, SHARE, level)?))).collect();
    if samples.len() < 2 {
        return Finding::not_tested(format!("fewer than two levels from 50 % on with {LEAST} repeats at 50:50"));
    }
    let verdicts: Vec<Verdict> = samples.iter().map(|(_, sample)| about(sample, COLLAPSED, samples.len())).collect();
    let evidence = samples.iter().map(|(level, sample)| format!("at {level} %: {}", words(sample)));
    Finding::new(Verdict::of_all(&verdicts), evidence.collect::<Vec<_>>().join("; "))
}

/// Whether the mean, one of several, is about `number`.
fn about(sample: &Estimate, number: f64, means: usize) -> Verdict {
    agreement(sample, number - ABOUT, number + ABOUT, means).into()
}

#[cfg(test)]
mod tests {
    use super::super::{made, verdict};
    use super::*;

    #[test]
    fn the_number_is_tested_and_not_its_direction() {
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
