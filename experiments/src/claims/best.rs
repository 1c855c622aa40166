//! Which share is best at 40 and 60 % of noise.

use super::by_condition::{judged, outcomes, shares};
use super::{Finding, LEAST, Tested, Verdict};
use crate::record::Record;
use crate::statistics::Sample;
use crate::statistics::t_test::TTest;
use crate::sweep::share;

/// At 40 %.
pub const AT_40: Tested = ("80:20 or 90:10 is best at a noise of 40 %", CRITERION, at_40);
/// At 60 %.
pub const AT_60: Tested = ("80:20 or 90:10 is best at a noise of 60 %", CRITERION, at_60);
const CRITERION: &str = "The highest mean over all shares with at least 3 trials, these two, 100:0 and one more among them, is that of 80:20 or 90:10. \
     Contradicted where another is higher than the better of the two with p below 0.05 (Welch, two-sided). Whether the best differs from 100:0 is \
     said beside it.";
const CLAIMED: [f64; 2] = [0.8, 0.9];
const ALPHA: f64 = 0.05;

/// What `records` say of 40 %.
pub fn at_40(records: &[&Record]) -> Finding {
    find(records, 40.0)
}

/// What `records` say of 60 %.
pub fn at_60(records: &[&Record]) -> Finding {
    find(records, 60.0)
}

fn find(records: &[&Record], level: f64) -> Finding {
    let mut means: Vec<(f64, Sample)> =
        shares(records).into_iter().filter_map(|of| Some((of, judged(records, of, level)?))).collect();
    let has = |wanted: f64| means.iter().any(|(of, _)| *of == wanted);
    if !(has(CLAIMED[0]) && has(CLAIMED[1]) && has(1.0)) || means.len() < 4 {
        let why = format!(
            "not all of 80:20, 90:10, 100:0 and a further share have {LEAST} trials with an outcome at {level} %"
        );
        return Finding::not_tested(why);
    }
    means.sort_by(|a, b| b.1.mean.total_cmp(&a.1.mean));
    let better = means.iter().find(|(of, _)| CLAIMED.contains(of)).map_or(CLAIMED[0], |(of, _)| *of);
    let best = means[0].0;
    let against = |a: f64, b: f64| TTest::welch(&outcomes(records, a, level), &outcomes(records, b, level)).ok();
    let verdict = match against(best, better) {
        _ if best == better => Verdict::Supported,
        Some(test) if test.p < ALPHA => Verdict::Contradicted,
        _ => Verdict::Open,
    };
    let told = |a: f64, b: f64| match against(a, b) {
        Some(test) => format!(
            "{} less {}: {:+.1} points ({:+.1} to {:+.1}), p = {:.2e}",
            share(a),
            share(b),
            100.0 * test.difference,
            100.0 * test.ci95.0,
            100.0 * test.ci95.1,
            test.p
        ),
        None => format!("{} and {} are not told apart", share(a), share(b)),
    };
    let order: Vec<String> =
        means.iter().map(|(of, sample)| format!("{} {:.1} %", share(*of), 100.0 * sample.mean)).collect();
    let mut evidence = vec![order.join(", ")];
    evidence.extend((best != better).then(|| told(best, better)));
    evidence.push(if better == 1.0 { String::new() } else { told(better, 1.0) });
    Finding::new(verdict, evidence.join("; "))
}

#[cfg(test)]
mod tests {
    use super::super::{made, verdict};
    use super::*;

    fn of(means: &[(f64, f64)]) -> Verdict {
        let records = means.iter().flat_map(|&(share, mean)| made(share, 40.0, &[mean - 0.01, mean, mean + 0.01]));
        verdict(at_40, &records.collect::<Vec<Record>>())
    }

    #[test]
    fn the_best_mean_decides_unless_chance_does() {
        assert_eq!(of(&[(0.5, 0.2), (0.8, 0.57), (0.9, 0.56), (1.0, 0.55)]), Verdict::Supported);
        assert_eq!(of(&[(0.5, 0.2), (0.8, 0.50), (0.9, 0.51), (1.0, 0.60)]), Verdict::Contradicted);
        assert_eq!(of(&[(0.5, 0.2), (0.8, 0.50), (0.9, 0.51), (1.0, 0.512)]), Verdict::Open);
        assert_eq!(of(&[(0.8, 0.57), (0.9, 0.56), (1.0, 0.55)]), Verdict::NotTested);
    }
}
