//! Networks of half inhibition collapse at moderate noise.

use super::by_condition::{judged, levels, words};
use super::{Finding, LEAST, Tested, Verdict};
use crate::record::Record;
use crate::statistics::Sample;

/// At 30 %.
pub const AT_30: Tested = (
    "50:50 falls to about 33 % at a noise of 30 %",
    "The mean at 30 %, of at least 3 trials, lies below 50 % with its whole 95 % interval; contradicted where the interval lies \
     above.",
    at_30,
);
/// From 50 % on.
pub const FROM_50: Tested = (
    "50:50 lies at about 15 % from a noise of 50 % on",
    "At every level from 50 % on with at least 3 trials, at least two levels, the mean lies below 20 % with its whole 95 % \
     interval; contradicted where at one level the interval lies above.",
    from_50,
);
const SHARE: f64 = 0.5;
const FALLEN: f64 = 0.5;
const COLLAPSED: f64 = 0.2;

/// What `records` say of 30 %.
pub fn at_30(records: &[&Record]) -> Finding {
    let Some(sample) = judged(records, SHARE, 30.0) else {
        return Finding::not_tested(format!("fewer than {LEAST} trials with an outcome at 50:50 and 30 %"));
    };
    Finding::new(below(&sample, FALLEN), format!("mean at 30 %: {}", words(&sample)))
}

/// What `records` say of 50 % and more.
pub fn from_50(records: &[&Record]) -> Finding {
    let high = levels(records).into_iter().filter(|level| *level >= 50.0);
    let samples: Vec<(f64, Sample)> = high.filter_map(|level| Some((level, judged(records, SHARE, level)?))).collect();
    if samples.len() < 2 {
        return Finding::not_tested(format!("fewer than two levels from 50 % on with {LEAST} trials at 50:50"));
    }
    let verdicts: Vec<Verdict> = samples.iter().map(|(_, sample)| below(sample, COLLAPSED)).collect();
    let evidence = samples.iter().map(|(level, sample)| format!("at {level} %: {}", words(sample)));
    Finding::new(Verdict::of_all(&verdicts), evidence.collect::<Vec<_>>().join("; "))
}

/// Whether the whole interval lies on one side of `bound`.
fn below(sample: &Sample, bound: f64) -> Verdict {
    match sample.ci95 {
        Some((_, high)) if high < bound => Verdict::Supported,
        Some((low, _)) if low > bound => Verdict::Contradicted,
        _ => Verdict::Open,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{made, verdict};
    use super::*;

    #[test]
    fn the_whole_interval_decides() {
        let at = |outcomes: &[f64]| verdict(at_30, &made(0.5, 30.0, outcomes));
        assert_eq!(at(&[0.33, 0.30, 0.36]), Verdict::Supported);
        assert_eq!(at(&[0.63, 0.60, 0.66]), Verdict::Contradicted);
        assert_eq!(at(&[0.30, 0.60, 0.45]), Verdict::Open);
        assert_eq!(at(&[0.30, 0.31]), Verdict::NotTested);
    }

    #[test]
    fn every_level_counts() {
        let of = |levels: &[(f64, f64)]| {
            let records = levels.iter().flat_map(|&(level, mean)| made(0.5, level, &[mean - 0.01, mean, mean + 0.01]));
            verdict(from_50, &records.collect::<Vec<Record>>())
        };
        assert_eq!(of(&[(50.0, 0.15), (100.0, 0.12)]), Verdict::Supported);
        assert_eq!(of(&[(50.0, 0.35), (100.0, 0.12)]), Verdict::Contradicted);
        assert_eq!(of(&[(50.0, 0.19), (100.0, 0.12)]), Verdict::Open);
        assert_eq!(of(&[(40.0, 0.15), (100.0, 0.12)]), Verdict::NotTested);
    }
}
