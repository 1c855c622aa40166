//! A quarter of inhibition beats none at 20 % of noise.

use super::by_condition::outcomes;
use super::{Finding, LEAST, Tested, Verdict};
use crate::record::Record;
use crate::statistics::effect::Effect;
use crate::statistics::t_test::TTest;

/// The claim.
pub const CLAIM: Tested = (
    "75:25 lies above 100:0 at a noise of 20 %",
    "Welch's t test, two-sided, of at least 3 trials each: p below 0.01 and the mean of 75:25 the higher one. Contradicted, where not supported, if p is \
     below 0.01 the other way, or the 95 % interval of the difference excludes an advantage of 1 point.",
    find,
);
const LEVEL: f64 = 20.0;
const ALPHA: f64 = 0.01;
/// The smallest advantage that would matter, a fraction.
const MATTERS: f64 = 0.01;

/// What `records` say.
pub fn find(records: &[&Record]) -> Finding {
    let [with, without] = [0.75, 1.0].map(|share| outcomes(records, share, LEVEL));
    if with.len() < LEAST || without.len() < LEAST {
        return Finding::not_tested(format!("fewer than {LEAST} trials with an outcome at 75:25 or at 100:0 and 20 %"));
    }
    let test = match TTest::welch(&with, &without) {
        Ok(test) => test,
        Err(error) => return Finding::new(Verdict::Open, error.to_string()),
    };
    let verdict = match test {
        test if test.p < ALPHA && test.difference > 0.0 => Verdict::Supported,
        test if test.p < ALPHA || test.ci95.1 < MATTERS => Verdict::Contradicted,
        _ => Verdict::Open,
    };
    let effect =
        Effect::of(&with, &without).map_or_else(|_| String::new(), |effect| format!(", g = {:.2}", effect.hedges_g));
    let evidence = format!(
        "difference {:+.1} points (95 % interval {:+.1} to {:+.1}), t = {:.2} at {:.1} degrees, p = {:.2e}{effect}, n = {} and {}",
        100.0 * test.difference,
        100.0 * test.ci95.0,
        100.0 * test.ci95.1,
        test.t,
        test.degrees,
        test.p,
        with.len(),
        without.len()
    );
    Finding::new(verdict, evidence)
}

#[cfg(test)]
mod tests {
    use super::super::{made, verdict};
    use super::*;

    #[test]
    fn the_test_and_the_size_decide() {
        let of =
            |with: &[f64], without: &[f64]| verdict(find, &[made(0.75, 20.0, with), made(1.0, 20.0, without)].concat());
        let without = [0.690, 0.691, 0.692, 0.693];
        assert_eq!(of(&[0.72, 0.721, 0.722, 0.723], &without), Verdict::Supported);
        assert_eq!(of(&[0.65, 0.651, 0.652, 0.653], &without), Verdict::Contradicted);
        // Told apart from an advantage of one point, though not from none.
        assert_eq!(of(&[0.690, 0.692, 0.692, 0.693], &without), Verdict::Contradicted);
        assert_eq!(of(&[0.65, 0.75, 0.70, 0.72], &without), Verdict::Open);
        assert_eq!(of(&[0.72, 0.73], &without), Verdict::NotTested);
    }
}
