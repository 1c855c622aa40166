//! What all cells do together from read to read, as with a change of temperature.
//!
//! ```text
//! v_t = read t over the median of its series, less 1       those beyond 4 robust standard deviations are moved there
//! c_t = median of v_t over half of the series, less its mean over t
//! b   = Σ v_t c_t / Σ c_t²                                 of each series of the other half: 0 on average if series are independent
//! common if the mean of b is above 0 by Student's t at a level of 1e-5, for both halves
//! ```
//!
//! The test holds for noise with any spectrum, because the series of one half do not know those of the other.

use crate::normal::student;
use crate::sample::{median, robust, standard_deviation};

/// Confidence of the test, two-sided.
const LEVEL: f64 = 1.0 - 2e-5;
/// Robust standard deviations beyond which values are moved.
const REACH: f64 = 4.0;
/// Smallest number of series, and of reads of each.
const MIN_SERIES: usize = 20;
const MIN_READS: usize = 10;

/// Changes that all series share.
#[derive(Clone, Debug)]
pub(super) struct Common {
    /// Relative change at each read.
    change: Vec<f64>,
}

impl Common {
    /// Returns the changes that `series` share, if they show some; all series have the same number of reads.
    pub fn new(series: &[Vec<f64>]) -> Option<Common> {
        let reads = series.first()?.len();
        if series.len() < MIN_SERIES || reads < MIN_READS || series.iter().any(|one| one.len() != reads) {
            return None;
        }
        let middles: Vec<f64> = series.iter().map(|one| median(&mut one.clone())).collect();
        if middles.iter().any(|middle| *middle <= 0.0) {
            return None;
        }
        let mut values: Vec<Vec<f64>> = series
            .iter()
            .zip(&middles)
            .map(|(one, middle)| one.iter().map(|read| read / middle - 1.0).collect())
            .collect();
        for read in 0..reads {
            let (centre, spread) = robust(&mut values.iter().map(|one| one[read]).collect::<Vec<f64>>());
            let reach = REACH * spread;
            values.iter_mut().for_each(|one| one[read] = one[read].clamp(centre - reach, centre + reach));
        }
        let halves = [0, 1].map(|half| values.iter().skip(half).step_by(2).collect::<Vec<&Vec<f64>>>());
        let shared = follows(&halves[0], &halves[1]) && follows(&halves[1], &halves[0]);
        shared.then(|| Common { change: medians(&values.iter().collect::<Vec<_>>()) })
    }

    /// Returns `series` without the changes.
    pub fn removed(&self, series: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let one =
            |reads: &Vec<f64>| reads.iter().zip(&self.change).map(|(read, change)| read / (1.0 + change)).collect();
        series.iter().map(one).collect()
    }

    /// Returns the root mean square of the changes.
    pub fn size(&self) -> f64 {
        (self.change.iter().map(|change| change * change).sum::<f64>() / self.change.len() as f64).sqrt()
    }
}

/// Returns the median of `values` at each read.
fn medians(values: &[&Vec<f64>]) -> Vec<f64> {
    let reads = values.first().map_or(0, |one| one.len());
    (0..reads).map(|read| median(&mut values.iter().map(|one| one[read]).collect::<Vec<f64>>())).collect()
}

/// Returns whether the series of one half follow the medians of the `other`.
fn follows(half: &[&Vec<f64>], other: &[&Vec<f64>]) -> bool {
    let mut change = medians(other);
    let mean = change.iter().sum::<f64>() / change.len() as f64;
    change.iter_mut().for_each(|change| *change -= mean);
    let squares: f64 = change.iter().map(|change| change * change).sum();
    let slope = |one: &&Vec<f64>| one.iter().zip(&change).map(|(value, change)| value * change).sum::<f64>() / squares;
    let slopes: Vec<f64> = half.iter().map(slope).collect();
    let n = slopes.len() as f64;
    let error = standard_deviation(&slopes) / n.sqrt();
    slopes.iter().sum::<f64>() / n > student(n - 1.0, LEVEL) * error
}

#[cfg(test)]
mod tests {
    use ohmspike_rng::Seed;
    use rand::RngExt;

    use super::*;

    /// 60 random walks with a step of 1 % do not move together, and do with a shared walk of 2 %: slopes of 1 with a spread of about 0.5 are 11
    /// standard errors from 0 in each half, and 5.3 are enough.
    #[test]
    fn independent_walks_are_not_common() {
        let mut stream = Seed::new(1).stream();
        let mut step = |size: f64| size * (stream.random_range(0.0..1.0) - 0.5) * 12_f64.sqrt();
        for _ in 0..50 {
            let mut walk = |size: f64| -> Vec<f64> {
                let walked = (0..60).scan(0.0, |at, _| {
                    *at += step(size);
                    Some(*at)
                });
                walked.collect()
            };
            let own: Vec<Vec<f64>> = (0..60).map(|_| walk(0.01)).collect();
            let shared = walk(0.02);
            let of = |part: f64| -> Vec<Vec<f64>> {
                let one = |own: &Vec<f64>| {
                    own.iter().zip(&shared).map(|(own, all)| 50.0 * (1.0 + own + part * all)).collect()
                };
                own.iter().map(one).collect()
            };
            assert!(Common::new(&of(0.0)).is_none());
            let common = Common::new(&of(1.0)).expect("a common walk");
            assert!(common.size() > 0.0);
        }
    }
}
