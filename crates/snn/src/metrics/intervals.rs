//! Interspike intervals, pooled over neurons.
//!
//! ```text
//! interval   =  time from a spike to the previous spike of the same neuron in the same sample      (steps)
//! mean       =  sum n x / sum n
//! variation  =  sqrt(sum n x² / sum n - mean²) / mean            n  number of intervals of x steps
//! ```
//!
//! The coefficient of variation is the standard deviation of the pooled intervals over their mean. It is 0 for regular
//! trains of equal period, near 1 for Poisson trains of equal rate, and larger if fast and slow neurons are mixed.
//!
//! ```
//! use ohmspike_snn::metrics::intervals::Intervals;
//!
//! let mut intervals = Intervals::default();
//! [4, 6].map(|steps| intervals.add(steps));
//! assert_eq!(intervals.mean(), Some(5.0));
//! assert_eq!(intervals.variation(), Some(0.2));
//! ```

use serde::{Deserialize, Serialize};

/// A histogram of intervals.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Intervals {
    /// Number of intervals by length in steps, up to the longest interval.
    pub histogram: Vec<u64>,
}

impl Intervals {
    /// Adds an interval of `steps` steps.
    pub fn add(&mut self, steps: usize) {
        if steps >= self.histogram.len() {
            self.histogram.resize(steps + 1, 0);
        }
        self.histogram[steps] += 1;
    }

    /// Adds all intervals of `other`.
    pub fn merge(&mut self, other: &Intervals) {
        let length = self.histogram.len().max(other.histogram.len());
        self.histogram.resize(length, 0);
        for (count, more) in self.histogram.iter_mut().zip(&other.histogram) {
            *count += more;
        }
    }

    /// Returns the number of intervals.
    pub fn count(&self) -> u64 {
        self.histogram.iter().sum()
    }

    /// Returns the mean interval in steps; `None` without intervals.
    pub fn mean(&self) -> Option<f64> {
        let count = self.count();
        (count > 0).then(|| self.moment(1) as f64 / count as f64)
    }

    /// Returns the coefficient of variation; `None` without intervals.
    pub fn variation(&self) -> Option<f64> {
        let (count, sum, squares) = (u128::from(self.count()), self.moment(1), self.moment(2));
        // Integer arithmetic gives exactly 0 for equal intervals.
        (sum > 0).then(|| ((count * squares - sum * sum) as f64).sqrt() / sum as f64)
    }

    /// Returns the sum of the intervals to the power of `power`.
    fn moment(&self, power: u32) -> u128 {
        let terms = self.histogram.iter().zip(0u128..);
        terms.map(|(&count, steps)| u128::from(count) * steps.pow(power)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_steps(steps: &[usize]) -> Intervals {
        let mut intervals = Intervals::default();
        steps.iter().for_each(|&steps| intervals.add(steps));
        intervals
    }

    #[test]
    fn regular_trains_have_no_variation() {
        let clock = from_steps(&[7; 1000]);
        assert_eq!((clock.count(), clock.mean(), clock.variation()), (1000, Some(7.0), Some(0.0)));
        assert_eq!(clock.histogram, [0, 0, 0, 0, 0, 0, 0, 1000]);
    }

    #[test]
    fn no_intervals_have_no_mean() {
        assert_eq!((from_steps(&[]).count(), from_steps(&[]).mean(), from_steps(&[]).variation()), (0, None, None));
    }

    #[test]
    fn geometric_intervals_match_a_bernoulli_train() {
        // With spike probability 1/2 per step, intervals have mean 2 and variance (1 - p) / p² = 2. The cut after 20
        // steps omits 2^-20 of the intervals, and about 21² 2^-20 < 5e-4 of the second moment, 6.
        let intervals = Intervals { histogram: (0..=20).map(|x| if x == 0 { 0 } else { 1 << (20 - x) }).collect() };
        let (mean, variation) = (intervals.mean().expect("some"), intervals.variation().expect("some"));
        assert!((mean - 2.0).abs() < 1e-4, "{mean}");
        assert!((variation - 0.5f64.sqrt()).abs() < 5e-4, "{variation}");
    }

    #[test]
    fn merging_adds_the_counts() {
        let mut merged = from_steps(&[1, 5]);
        merged.merge(&from_steps(&[9, 1]));
        assert_eq!(merged, from_steps(&[1, 1, 5, 9]));
        merged.merge(&from_steps(&[2]));
        assert_eq!(merged, from_steps(&[1, 1, 2, 5, 9]));
    }
}
