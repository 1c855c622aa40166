//! A histogram over the range of its values, with a separate count of zeros.
//!
//! Weights at their bound are exactly 0, often most of them. In a bin they would hide the others.

use serde::{Deserialize, Serialize};

/// Number of bins.
const BINS: usize = 60;

/// A histogram with bins of equal width.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Histogram {
    /// Lowest nonzero value, where the first bin starts; 0 if there is none.
    pub low: f32,
    /// Highest nonzero value, where the last bin ends.
    pub high: f32,
    /// Number of values that are exactly 0.
    pub zeros: u64,
    /// Number of nonzero values per bin; the highest value is in the last one. One bin if all are equal.
    pub counts: Vec<u64>,
}

impl Histogram {
    /// Bins finite `values`.
    pub fn from_values(values: impl Iterator<Item = f32> + Clone) -> Histogram {
        let others = values.clone().filter(|&value| value != 0.0);
        let (low, high) = others
            .clone()
            .fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
        let zeros = values.filter(|&value| value == 0.0).count() as u64;
        if low > high {
            return Histogram { zeros, ..Histogram::default() };
        }
        let bins = if low < high { BINS } else { 1 };
        let mut counts = vec![0; bins];
        let width = (f64::from(high) - f64::from(low)) / bins as f64;
        for value in others {
            let place = if width > 0.0 { (f64::from(value) - f64::from(low)) / width } else { 0.0 };
            counts[(place as usize).min(bins - 1)] += 1;
        }
        Histogram { low, high, zeros, counts }
    }

    /// Returns the number of values, including zeros.
    pub fn count(&self) -> u64 {
        self.zeros + self.counts.iter().sum::<u64>()
    }

    /// Returns the width of a bin.
    pub fn width(&self) -> f64 {
        (f64::from(self.high) - f64::from(self.low)) / self.counts.len().max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_in_one_bin() {
        let values: Vec<f32> = (0..=120).map(|number| number as f32 - 60.0).collect();
        let histogram = Histogram::from_values(values.iter().copied());
        assert_eq!((histogram.low, histogram.high, histogram.zeros, histogram.count()), (-60.0, 60.0, 1, 121));
        assert_eq!(histogram.width(), 2.0);
        // The first bin holds -60 and -59, the bin at 0 only 1, the last 58, 59 and 60.
        let counts = &histogram.counts;
        assert_eq!((counts.len(), counts[0], counts[30], counts[59]), (60, 2, 1, 3));
    }

    #[test]
    fn equal_values_have_one_bin_and_no_values_have_none() {
        let of = |values: &[f32]| Histogram::from_values(values.iter().copied());
        assert_eq!(of(&[2.0; 5]).counts, [5]);
        assert_eq!((of(&[2.0; 5]).low, of(&[2.0; 5]).width()), (2.0, 0.0));
        assert_eq!(of(&[0.0; 3]), Histogram { zeros: 3, ..Histogram::default() });
        assert_eq!(of(&[]).count(), 0);
    }
}
