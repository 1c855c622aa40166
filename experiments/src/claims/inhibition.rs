//! 25 % inhibitory neurons beat none at a noise of 20 %.

use ohmspike_report::page::number::{points, probability_words};
use ohmspike_stats::paired::{Paired, PairedError};
use ohmspike_study::record::Record;

use super::by_condition::outcomes;
use super::{ALPHA, Finding, MIN_REPEATS, Tested, Verdict};

/// The claim.
pub const CLAIM: Tested = (
    "75:25 is more accurate than 100:0 at a noise of 20 %",
    "Two-sided paired t test on at least 3 shared seeds. Supported if 75:25 is higher with p below 0.05. Contradicted if it is lower with p below \
     0.05, or if the 95 % interval of the difference excludes an advantage of 1 point.",
    find,
);
/// Noise level and excitatory fractions of the text of the paper, % and 0 to 1.
const LEVEL: f64 = 20.0;
const FRACTIONS: [f64; 2] = [0.75, 1.0];
/// Smallest relevant advantage, a fraction, chosen: half of the error of reading the published figure.
const MATTERS: f64 = 0.01;

/// Tests the claim.
pub fn find(records: &[&Record]) -> Finding {
    let [with, without] = FRACTIONS.map(|fraction| outcomes(records, fraction, LEVEL));
    let test = match Paired::new(&with, &without) {
        Ok(test) => test,
        Err(PairedError::TooFew { n }) => {
            return Finding::not_tested(format!(
                "it needs {MIN_REPEATS} seeds with both 75:25 and 100:0 at 20 %, got {n}"
            ));
        }
        Err(error) => return Finding::new(Verdict::Inconclusive, error.to_string()),
    };
    let verdict = match test {
        test if test.p < ALPHA && test.difference > 0.0 => Verdict::Supported,
        test if test.p < ALPHA || test.ci95.1 < MATTERS => Verdict::Contradicted,
        _ => Verdict::Inconclusive,
    };
    let Paired { difference, ci95: (low, high), t, p, n, .. } = test;
    let [difference, low, high] = [difference, low, high].map(points);
    let evidence = format!(
        "difference {difference} points (95 % interval {low} to {high}), t = {t:.2}, {}, n = {n} pairs; a \
         difference of {:.1} points would have been detected with a power of 80 %",
        probability_words(p),
        100.0 * test.least_difference(ALPHA)
    );
    Finding::new(verdict, evidence)
}

#[cfg(test)]
mod tests {
    use super::super::{made, verdict};
    use super::*;

    #[test]
    fn significance_and_size_decide() {
        let of =
            |with: &[f64], without: &[f64]| verdict(find, &[made(0.75, 20.0, with), made(1.0, 20.0, without)].concat());
        let without = [0.690, 0.691, 0.692, 0.693];
        assert_eq!(of(&[0.72, 0.722, 0.722, 0.723], &without), Verdict::Supported);
        assert_eq!(of(&[0.65, 0.652, 0.652, 0.653], &without), Verdict::Contradicted);
        // An advantage of one point is excluded, zero is not.
        assert_eq!(of(&[0.690, 0.692, 0.692, 0.693], &without), Verdict::Contradicted);
        assert_eq!(of(&[0.65, 0.75, 0.70, 0.72], &without), Verdict::Inconclusive);
        assert_eq!(of(&[0.72, 0.73], &without), Verdict::NotTested);
    }
}
