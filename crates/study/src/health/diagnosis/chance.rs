//! Tests whether an outcome may be at chance.
//!
//! ```text
//! low = (p + z²/2n - z sqrt(p (1 - p)/n + z²/4n²)) / (1 + z²/n)      lower end of the 95 % interval of Wilson (1927)
//! ```
//!
//! p is the outcome and n the number of test samples. The outcome averages several epochs, but all of them test the
//! same samples: n counts one test, as if the epochs always agreed. Chance is 1 / (number of
//! classes), or the fraction of the most frequent class if that is larger.

use ohmspike_snn::activity::ClassActivity;

use crate::health::AtChance;
use crate::record::Record;

/// Quantile of the standard normal for a 95 % interval.
const Z: f64 = 1.959_963_984_540_054;

/// Returns chance on a test with these classes; none without samples.
pub fn chance_of(classes: &[ClassActivity]) -> Option<f64> {
    chance_level(&classes.iter().map(|class| class.samples).collect::<Vec<u64>>())
}

/// Returns chance on a test with this number of samples of each class; none without samples.
pub fn chance_level(of_class: &[u64]) -> Option<f64> {
    let samples: u64 = of_class.iter().sum();
    let most = of_class.iter().max().filter(|_| samples > 0)?;
    Some((*most as f64 / samples as f64).max(1.0 / of_class.len() as f64))
}

/// Returns whether an accuracy on this number of test samples may be at chance: its 95 % interval includes `chance`.
pub fn may_be_chance(accuracy: f64, samples: u64, chance: f64) -> bool {
    lower_end(accuracy, samples) <= chance
}

/// Returns chance in the last test of the first of `records` that has samples.
pub fn chance_in<'a>(records: impl IntoIterator<Item = &'a Record>) -> Option<f64> {
    records.into_iter().find_map(|record| chance_of(record.tests.last()?))
}

/// Lower end of the 95 % interval of a fraction measured on `samples` samples.
fn lower_end(fraction: f64, samples: u64) -> f64 {
    let n = samples as f64;
    let middle = fraction + Z * Z / (2.0 * n);
    let half = Z * (fraction * (1.0 - fraction) / n + Z * Z / (4.0 * n * n)).sqrt();
    (middle - half) / (1.0 + Z * Z / n)
}

/// Returns a state if the outcome of `record` may be at chance.
pub(in crate::health) fn at_chance(record: &Record) -> Option<AtChance> {
    let (outcome, classes) = (record.outcome?, record.tests.last()?);
    let chance = chance_of(classes)?;
    let samples = classes.iter().map(|class| class.samples).sum();
    let low = lower_end(outcome, samples);
    let ends = record.loss.first().copied().zip(record.loss.last().copied()).filter(|_| record.loss.len() > 1);
    // The loss at chance is ln(classes). A loss that starts above it and ends at it has only stopped growing.
    let at_chance = (classes.len() as f64).ln();
    let stuck = |first: f64, last: f64| first > 1.02 * at_chance && last > 0.98 * at_chance;
    let loss = ends.filter(|(first, last)| last >= first || stuck(*first, *last));
    (low <= chance).then_some(AtChance { outcome, low, chance, samples, loss })
}

#[cfg(test)]
mod tests {
    use std::f64::consts::LN_10;

    use super::*;
    use crate::record::empty_record;

    /// Wilson's interval of 15 of 100 is 0.0931 to 0.2328 (statsmodels 0.14, `proportion_confint(method="wilson")`).
    #[test]
    fn the_interval_matches_wilson() {
        assert!((lower_end(0.15, 100) - 0.093_1).abs() < 5e-5);
        // By symmetry, the upper end of 15 of 100 is 1 minus the lower end of 85.
        assert!((1.0 - lower_end(0.85, 100) - 0.232_8).abs() < 5e-5);
        assert_eq!(lower_end(0.0, 10), 0.0);
    }

    fn found(outcome: f64, of_class: &[u64]) -> Option<AtChance> {
        let mut record = empty_record();
        record.outcome = Some(outcome);
        let class = |&samples| ClassActivity { samples, ..ClassActivity::default() };
        record.tests = vec![of_class.iter().map(class).collect()];
        at_chance(&record)
    }

    /// The loss at chance with ten classes is ln 10 = 2.3026.
    #[test]
    fn a_loss_that_ends_at_chance_has_not_fallen() {
        let told = |loss: [f64; 2]| {
            let mut record = empty_record();
            (record.outcome, record.loss) = (Some(0.1), loss.to_vec());
            record.tests = vec![vec![ClassActivity { samples: 100, ..ClassActivity::default() }; 10]];
            at_chance(&record).expect("chance").loss
        };
        assert_eq!(told([4.1, LN_10]), Some((4.1, LN_10)));
        assert_eq!(told([LN_10, 2.30]), None);
        assert_eq!(told([4.1, 1.9]), None);
    }

    /// Wilson's interval ends where p lies 1.96 standard errors of chance away: at 0.1 + 1.96 sqrt(0.09/1000) = 0.1186.
    #[test]
    fn finds_an_interval_that_includes_chance() {
        assert!(found(0.10, &[100; 10]).is_some() && found(0.118, &[100; 10]).is_some());
        assert_eq!(found(0.119, &[100; 10]), None);
        // An accuracy below chance shows no learning either.
        assert!(found(0.02, &[100; 10]).is_some());
        // Few samples show little: 3 of 10 correct with four classes.
        assert!(found(0.3, &[3, 3, 2, 2]).is_some());
    }

    #[test]
    fn chance_comes_from_the_first_test_with_samples() {
        let mut uneven = empty_record();
        let class = |samples| ClassActivity { samples, ..ClassActivity::default() };
        uneven.tests = vec![vec![class(1), class(1)], vec![class(900), class(100)]];
        let empty = Record { tests: vec![vec![class(0); 2]], ..empty_record() };
        assert_eq!(chance_in([&empty, &uneven]), Some(0.9));
        assert_eq!(chance_in([&empty]), None);
    }

    #[test]
    fn always_naming_the_most_frequent_class_is_at_chance() {
        let found_at = found(0.9, &[900, 100]).expect("90 % are of one class");
        assert_eq!(found_at.chance, 0.9);
        assert_eq!(found(0.95, &[900, 100]), None);
    }
}
