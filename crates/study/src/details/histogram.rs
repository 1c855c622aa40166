//! A histogram between the extremes of its values, with zeros counted apart.
//!
//! Weights that reached the bound are exactly 0, often most of them; they would hide the others in a bin.

use serde::{Deserialize, Serialize};

/// Bins of a histogram.
const BINS: usize = 60;

/// How many values lie where. The bins are equally wide.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Histogram {
    /// The lowest value that is not 0, where the first bin begins; 0 without such a value.
    pub low: f32,
    /// The highest value that is not 0, where the last bin ends.
    pub high: f32,
    /// Values that are exactly 0.
    pub zeros: u64,
    /// Other values in each bin; the highest value is in the last. One bin where all are equal.
    pub counts: Vec<u64>,
}

impl Histogram {
    /// Of finite `values`.
    pub fn of(values: impl Iterator<Item = f32> + Clone) -> Histogram {
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

    /// Number of values, zeros among them.
    pub fn count(&self) -> u64 {
        self.zeros + self.counts.iter().sum::<u64>()
    }

    /// Width of a bin.
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
        let histogram = Histogram::of(values.iter().copied());
        assert_eq!((histogram.low, histogram.high, histogram.zeros, histogram.count()), (-60.0, 60.0, 1, 121));
        assert_eq!(histogram.width(), 2.0);
        // The first bin holds -60 and -59, the one from 0 only 1, the last 58, 59 and 60.
        let counts = &histogram.counts;
        assert_eq!((counts.len(), counts[0], counts[30], counts[59]), (60, 2, 1, 3));
    }

    #[test]
    fn equal_values_are_one_bin_and_none_are_none() {
        let of = |values: &[f32]| Histogram::of(values.iter().copied());
        assert_eq!(of(&[2.0; 5]).counts, [5]);
        assert_eq!((of(&[2.0; 5]).low, of(&[2.0; 5]).width()), (2.0, 0.0));
        assert_eq!(of(&[0.0; 3]), Histogram { zeros: 3, ..Histogram::default() });
        assert_eq!(of(&[]).count(), 0);
    }
}
