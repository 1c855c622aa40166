//! Cells as the unit of resampling: groups for the bootstrap, and cells that are held out.
//!
//! Values of one cell are not independent, so a bootstrap draws cells, and a test holds out cells, never rows. Sums
//! over at most [`MAX_GROUPS`] groups of cells have the same standard error as sums over cells, to 1 / sqrt(2 groups).

use ohmspike_rng::Seed;
use ohmspike_stats::binomial::at_most;
use rand::RngExt;

use crate::normal::quantile;

/// Largest number of groups.
const MAX_GROUPS: usize = 500;
/// Fewer cells than this cannot be resampled.
pub(crate) const MIN_CELLS: usize = 10;

/// Cells of a table, split at random.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    /// Group of each cell.
    pub group: Vec<u32>,
    /// Number of groups.
    pub groups: usize,
    /// Whether a cell is held out.
    pub held_out: Vec<bool>,
    /// Seed of the bootstrap.
    seed: Seed,
    /// Number of bootstrap samples.
    resamples: usize,
}

impl Sample {
    /// Splits `cells` cells; `fraction` of them are held out.
    pub fn new(cells: usize, fraction: f64, resamples: usize, seed: Seed) -> Sample {
        let mut order: Vec<u32> = (0..cells as u32).collect();
        let mut stream = seed.named("cells").stream();
        for place in (1..cells).rev() {
            order.swap(place, stream.random_range(0..=place));
        }
        let groups = cells.min(MAX_GROUPS);
        let (mut group, mut held_out) = (vec![0; cells], vec![false; cells]);
        let held = if cells >= MIN_CELLS { (fraction * cells as f64).round() as usize } else { 0 };
        for (place, &cell) in order.iter().enumerate() {
            group[cell as usize] = (place % groups.max(1)) as u32;
            held_out[cell as usize] = place < held;
        }
        Sample { group, groups, held_out, seed: seed.named("bootstrap"), resamples }
    }

    /// Returns bootstrap samples of `estimate`, which receives how often each group was drawn; samples without an
    /// estimate are left out.
    pub fn bootstrap(&self, estimate: impl Fn(&[f64]) -> Option<Vec<f64>>) -> Vec<Vec<f64>> {
        let mut samples = Vec::with_capacity(self.resamples);
        for number in 0..self.resamples {
            let mut stream = self.seed.numbered(number as u64).stream();
            let mut drawn = vec![0.0; self.groups];
            for _ in 0..self.groups {
                drawn[stream.random_range(0..self.groups)] += 1.0;
            }
            samples.extend(estimate(&drawn));
        }
        samples
    }
}

/// Returns the root of a difference of variances, negative for a negative one.
pub(crate) fn signed_root(variance: f64) -> f64 {
    variance.signum() * variance.abs().sqrt()
}

/// Returns the standard deviation of `values` with divisor n - 1; 0 for fewer than two.
pub(crate) fn standard_deviation(values: &[f64]) -> f64 {
    if values.len() < 2 {
        return 0.0;
    }
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / (n - 1.0)).sqrt()
}

/// Returns the median of `values`, which it reorders; NaN if there are none.
pub(crate) fn median(values: &mut [f64]) -> f64 {
    let n = values.len();
    if n == 0 {
        return f64::NAN;
    }
    let (below, &mut upper, _) = values.select_nth_unstable_by(n / 2, f64::total_cmp);
    if n % 2 == 1 { upper } else { 0.5 * (upper + below.iter().copied().fold(f64::NEG_INFINITY, f64::max)) }
}

/// Returns the interval of the median of sorted `values` between order statistics; none for too few values. The number of
/// values below the median is binomial with probability 1/2. Only `independent` of the values are: the others are
/// further values of the same cells.
pub(crate) fn median_interval(values: &[f64], independent: usize, level: f64) -> Option<(f64, f64)> {
    let alpha = (1.0 - level) / 2.0;
    // Far from few values, the binomial distribution is normal.
    let below = if independent > 1000 {
        (0.5 * independent as f64 - quantile(1.0 - alpha) * 0.5 * (independent as f64).sqrt()) as usize
    } else {
        (0..independent / 2).take_while(|&below| at_most(below as u64, independent as u64, 0.5) <= alpha).count()
    };
    let rank = below * values.len() / independent.max(1);
    (rank > 0).then(|| (values[rank - 1], values[values.len() - rank]))
}

/// Returns the median and 1.4826 times the median absolute deviation, the standard deviation of a normal sample.
pub(crate) fn robust(values: &mut [f64]) -> (f64, f64) {
    let centre = median(values);
    for value in values.iter_mut() {
        *value = (*value - centre).abs();
    }
    (centre, 1.4826 * median(values))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fifth_of_the_cells_is_held_out() {
        let sample = Sample::new(1000, 0.2, 10, Seed::new(1));
        assert_eq!(sample.held_out.iter().filter(|held| **held).count(), 200);
        assert_eq!(sample.groups, MAX_GROUPS);
        assert_eq!(Sample::new(5, 0.2, 10, Seed::new(1)).held_out, [false; 5]);
    }

    /// The standard error of a mean of n values is sigma / sqrt(n); that of its bootstrap estimate from B samples is a
    /// fraction 1 / sqrt(2 B) of it, plus 1 / sqrt(2 n) for the sample.
    #[test]
    fn the_bootstrap_gives_the_standard_error_of_a_mean() {
        let n = 400;
        let sample = Sample::new(n, 0.0, 2000, Seed::new(3));
        let values: Vec<f64> = (0..n).map(|k| (k as f64 / n as f64 - 0.5) * 12f64.sqrt()).collect();
        let means = sample.bootstrap(|drawn| {
            let sum: f64 = values.iter().enumerate().map(|(cell, x)| drawn[sample.group[cell] as usize] * x).sum();
            Some(vec![sum / n as f64])
        });
        let error = standard_deviation(&means.iter().map(|mean| mean[0]).collect::<Vec<_>>());
        assert!(
            (error * (n as f64).sqrt() - 1.0).abs() < 5.0 * (1.0 / 4000f64.sqrt() + 1.0 / 800f64.sqrt()),
            "{error}"
        );
    }

    /// The interval of a median of 8 values at 95 % lies between the first and the last; of 5, none exists (1/2^5 > 2.5 %).
    #[test]
    fn medians_have_intervals_between_order_statistics() {
        let values = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0];
        assert_eq!(median_interval(&values, 8, 0.95), Some((1.0, 8.0)));
        assert_eq!(median_interval(&values[..5], 5, 0.95), None);
        // A normal sample of 10,000: half width 1.96 · 0.5 / sqrt(n) in probability. A quarter as many cells double it.
        let many: Vec<f64> = (1..=10_000).map(|k| f64::from(k) / 10_000.0).collect();
        let width =
            |independent| median_interval(&many, independent, 0.95).map(|(low, high)| high - low).unwrap_or(1.0);
        assert!((width(10_000) / 0.0196 - 1.0).abs() < 0.02 && (width(2500) / width(10_000) - 2.0).abs() < 0.05);
    }

    #[test]
    fn the_median_ignores_outliers() {
        assert_eq!(median(&mut [1.0, 2.0, 1e9]), 2.0);
        assert_eq!(median(&mut [1.0, 2.0, 3.0, 4.0]), 2.5);
        assert_eq!(robust(&mut [1.0, 2.0, 3.0, 1e9]).0, 2.5);
    }
}
