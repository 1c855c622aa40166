//! The best excitatory fraction at a noise of 40 % and 60 %.

use ohmspike_analysis::sweep::ratio;
use ohmspike_report::page::number::{points, probability_words};
use ohmspike_stats::Estimate;
use ohmspike_stats::paired::{Adjusted, Paired, adjusted};
use ohmspike_study::record::Record;

use super::by_condition::{fractions, judged, outcomes};
use super::{Finding, MIN_REPEATS, Tested, Verdict};

/// The claim at 40 %.
pub const AT_40: Tested = ("80:20 or 90:10 is best at a noise of 40 %", CRITERION, at_40);
/// The claim at 60 %.
pub const AT_60: Tested = ("80:20 or 90:10 is best at a noise of 60 %", CRITERION, at_60);
const CRITERION: &str = "Paired t tests on shared seeds compare 80:20 and 90:10 with every other fraction of at least 3 repeats, including 100:0 and one \
     more, adjusted by Holm. Supported if one of the two is above all others with p below 0.05. Contradicted if another fraction is above \
     both with p below 0.05.";
/// The best excitatory fractions of the text of the paper, 0 to 1.
const CLAIMED: [f64; 2] = [0.8, 0.9];
/// Smallest number of fractions: the claimed ones, 100:0 and one more.
const MIN_FRACTIONS: usize = CLAIMED.len() + 2;
/// Noise levels of the claims, %.
const FIRST_LEVEL: f64 = 40.0;
const SECOND_LEVEL: f64 = 60.0;

/// Tests the claim at 40 %.
pub fn at_40(records: &[&Record]) -> Finding {
    find(records, FIRST_LEVEL)
}

/// Tests the claim at 60 %.
pub fn at_60(records: &[&Record]) -> Finding {
    find(records, SECOND_LEVEL)
}

fn find(records: &[&Record], level: f64) -> Finding {
    let mut means: Vec<(f64, Estimate)> =
        fractions(records).into_iter().filter_map(|of| Some((of, judged(records, of, level)?))).collect();
    let has = |wanted: f64| means.iter().any(|(of, _)| *of == wanted);
    if !(has(CLAIMED[0]) && has(CLAIMED[1]) && has(1.0)) || means.len() < MIN_FRACTIONS {
        let why = format!("it needs {MIN_REPEATS} repeats of 80:20, 90:10, 100:0 and another fraction at {level} %");
        return Finding::not_tested(why);
    }
    let others: Vec<f64> = means.iter().map(|(of, _)| *of).filter(|of| !CLAIMED.contains(of)).collect();
    let at = |of: f64| outcomes(records, of, level);
    let tests = CLAIMED.iter().flat_map(|one| others.iter().map(|other| Paired::new(&at(*one), &at(*other))));
    let tests = adjusted(tests.collect());
    let [first, second] = [&tests[..others.len()], &tests[others.len()..]];
    let above = |test: &Result<Adjusted, _>, sign: f64| {
        test.as_ref().is_ok_and(|test: &Adjusted| test.differs() && sign * test.test.difference > 0.0)
    };
    let best = |tests: &[Result<Adjusted, _>]| tests.iter().all(|test| above(test, 1.0));
    let verdict = if best(first) || best(second) {
        Verdict::Supported
    } else if first.iter().zip(second).any(|(one, two)| above(one, -1.0) && above(two, -1.0)) {
        Verdict::Contradicted
    } else {
        Verdict::Inconclusive
    };
    means.sort_by(|a, b| b.1.mean.total_cmp(&a.1.mean));
    let in_order: Vec<String> =
        means.iter().map(|(of, sample)| format!("{} {:.1} %", ratio(*of), 100.0 * sample.mean)).collect();
    let named = CLAIMED.iter().flat_map(|one| others.iter().map(move |other| (*one, *other)));
    let told: Vec<String> =
        named.zip(&tests).filter_map(|(pair, test)| Some(told(pair, test.as_ref().ok()?))).collect();
    Finding::new(verdict, format!("means: {}; {}", in_order.join(", "), told.join("; ")))
}

fn told((one, other): (f64, f64), adjusted: &Adjusted) -> String {
    let Paired { difference, ci95: (low, high), .. } = adjusted.test;
    let [difference, low, high] = [difference, low, high].map(points);
    let p = probability_words(adjusted.adjusted_p);
    format!("{} minus {}: {difference} points ({low} to {high}), {p} (Holm)", ratio(one), ratio(other))
}

#[cfg(test)]
mod tests {
    use super::super::{made, verdict};
    use super::*;

    fn of(means: &[(f64, f64)]) -> Verdict {
        // Seeds shift all fractions equally, with small differences between fractions.
        let own = |fraction: f64, seed: usize| 0.0005 * ((seed as f64 + 10.0 * fraction) % 3.0);
        let records = means.iter().flat_map(|&(fraction, mean)| {
            let of_seed = [0, 1, 2, 3, 4].map(|seed| mean + 0.01 * seed as f64 + own(fraction, seed));
            made(fraction, 40.0, &of_seed)
        });
        verdict(at_40, &records.collect::<Vec<Record>>())
    }

    #[test]
    fn the_best_fraction_needs_significance() {
        assert_eq!(of(&[(0.5, 0.2), (0.8, 0.57), (0.9, 0.56), (1.0, 0.55)]), Verdict::Supported);
        assert_eq!(of(&[(0.5, 0.2), (0.8, 0.50), (0.9, 0.51), (1.0, 0.60)]), Verdict::Contradicted);
        assert_eq!(of(&[(0.5, 0.2), (0.8, 0.55), (0.9, 0.51), (1.0, 0.55)]), Verdict::Inconclusive);
        assert_eq!(of(&[(0.8, 0.57), (0.9, 0.56), (1.0, 0.55)]), Verdict::NotTested);
    }
}
