//! Mean, standard deviation and confidence interval of the outcomes of a condition.
//!
//! ```text
//! sd    =  sqrt(sum (x - mean)^2 / (n - 1))
//! ci95  =  mean -+ t(0.975, n - 1) sd / sqrt(n)        Student (1908); t from the statrs crate
//! ```
//!
//! x are the means of the n independent repeats ([`super::draws`]). There is no interval for fewer than three repeats,
//! because the values themselves are more informative. There is none if all values are equal either, because they have
//! no estimate of the spread.

use super::draws::{Drawn, Draws, Spread, distinct, factors, spread};
use super::moments::all_equal;
use super::{ALPHA, student};

/// Smallest number of repeats for an interval or a test.
pub const MIN_REPEATS: usize = 3;

/// Statistics of a set of outcomes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Mean.
    pub mean: f64,
    /// Standard deviation of the repeats; `None` for one.
    pub sd: Option<f64>,
    /// Standard error of the mean; `None` for one repeat.
    pub standard_error: Option<f64>,
    /// Number of independent repeats.
    pub n: usize,
    /// Smallest and largest outcome.
    pub ends: (f64, f64),
    /// Number of distinct outcomes; more than `n` if repeats share draws, such as several seeds on several chips.
    pub outcomes: usize,
    /// 95 % interval of the mean; `None` below [`MIN_REPEATS`], or if all outcomes are equal.
    pub ci95: Option<(f64, f64)>,
}

impl Estimate {
    /// Computes the statistics of independent `outcomes`, or `None` without any. Sums are in the order of the outcomes.
    ///
    /// ```
    /// use ohmspike_stats::Estimate;
    ///
    /// let sample = Estimate::new(&[0.6, 0.7, 0.8]).expect("three outcomes");
    /// assert!((sample.mean - 0.7).abs() < 1e-12);
    /// assert!((sample.sd.expect("three outcomes") - 0.1).abs() < 1e-12);
    /// let (low, high) = sample.ci95.expect("three repeats");
    /// // t(0.975, 2) = 4.3027 (any table), times 0.1 / sqrt(3).
    /// assert!((high - 0.7 - 0.248_41).abs() < 1e-4 && (0.7 - low - 0.248_41).abs() < 1e-4);
    /// assert_eq!(Estimate::new(&[0.6, 0.8]).expect("two outcomes").ci95, None);
    /// ```
    pub fn new(outcomes: &[f64]) -> Option<Estimate> {
        let each_alone = (0..).zip(outcomes).map(|(number, outcome)| (Draws::all(number), *outcome));
        Estimate::from_drawn(&each_alone.collect::<Vec<Drawn>>())
    }

    /// Computes the statistics of outcomes that may share draws or be copies of each other; `None` without any.
    ///
    /// ```
    /// use ohmspike_stats::Estimate;
    /// use ohmspike_stats::draws::Draws;
    ///
    /// // Two seeds on three chips.
    /// let outcome = |seed, chip, value| (Draws([Some(seed), Some(seed), None, None, Some(chip)]), value);
    /// let all = [outcome(1, 7, 0.5), outcome(1, 8, 0.6), outcome(1, 9, 0.7),
    ///            outcome(2, 7, 0.7), outcome(2, 8, 0.8), outcome(2, 9, 0.9)];
    /// let sample = Estimate::from_drawn(&all).expect("six outcomes");
    /// assert_eq!((sample.n, sample.outcomes, sample.ci95), (2, 6, None));
    /// ```
    pub fn from_drawn(outcomes: &[Drawn]) -> Option<Estimate> {
        let kept = distinct(outcomes);
        let (draws, values): (Vec<Draws>, Vec<f64>) = kept.into_iter().unzip();
        if values.is_empty() {
            return None;
        }
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let ends = values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(*x), high.max(*x)));
        let outcomes = values.len();
        let Some(Spread { n, sd, standard_error }) = spread(&factors(&draws), &values) else {
            return Some(Estimate { mean, sd: None, standard_error: None, n: 1, ends, outcomes, ci95: None });
        };
        let told = n >= MIN_REPEATS && !all_equal(&values);
        let half = student(n - 1, 1.0 - ALPHA / 2.0) * standard_error;
        let ci95 = told.then_some((mean - half, mean + half));
        Some(Estimate { mean, sd: Some(sd), standard_error: Some(standard_error), n, ends, outcomes, ci95 })
    }
}

impl Estimate {
    /// Returns the interval of the mean at level `alpha`, or `None` if there is no 95 % interval.
    pub fn interval(&self, alpha: f64) -> Option<(f64, f64)> {
        self.ci95?;
        let half = student(self.n - 1, 1.0 - alpha / 2.0) * self.standard_error?;
        Some((self.mean - half, self.mean + half))
    }

    /// Returns the 95 % interval of an accuracy, limited to 0 to 1.
    pub fn accuracy_interval(&self) -> Option<(f64, f64)> {
        self.ci95.map(|(low, high)| (low.clamp(0.0, 1.0), high.clamp(0.0, 1.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_one_repeat() {
        let sample = Estimate::from_drawn(&[(Draws::all(1), 0.4); 5]).expect("outcomes");
        assert_eq!((sample.mean, sample.n, sample.sd, sample.ci95), (0.4, 1, None, None));
    }

    #[test]
    fn equal_values_have_no_interval() {
        let sample = Estimate::new(&[0.1; 4]).expect("outcomes");
        assert_eq!((sample.n, sample.sd, sample.ci95), (4, Some(0.0), None));
        assert_eq!(Estimate::new(&[]), None);
    }

    /// Variances of both factors add: more seeds on the same few chips do not make the mean more certain.
    #[test]
    fn crossed_seeds_and_chips_add_their_variances() {
        let outcome = |seed: u64, chip: u64| {
            let value = 0.5 + 0.01 * seed as f64 + 0.05 * chip as f64;
            (Draws([Some(seed), Some(seed), None, None, Some(chip)]), value)
        };
        let all: Vec<Drawn> = (0..4).flat_map(|seed| (0..3).map(move |chip| outcome(seed, chip))).collect();
        let sample = Estimate::from_drawn(&all).expect("outcomes");
        assert_eq!(sample.n, 3);
        // The variance of 0, 1, 2, 3 is 5/3, that of 0, 1, 2 is 1.
        let expected = (1e-4 * 5.0 / 3.0 / 4.0 + 25e-4 / 3.0_f64).sqrt();
        assert!((sample.standard_error.expect("repeats") / expected - 1.0).abs() < 1e-12);
    }
}
