//! One or two reads that are far from those before and after, and from most others of their series: outliers of the
//! measurement.
//!
//! ```text
//! sigma      1.4826 median |d| / sqrt(2)         d the differences of successive reads
//! run        reads in a row, each within 3 sigma of the one before
//! outlier    in a run of at most two, with fewer than three reads, or a tenth of all, within 3 sigma
//! ```
//!
//! For the logarithms of the reads. If these scatter widely, both for the reads and for their logarithms, so that neither tail
//! of a normal or log-normal distribution is an outlier.
//! Levels of telegraph noise have many reads, or last longer, so they are no outliers.

use crate::sample::median;

/// Distance in standard deviations of a read.
const FAR: f64 = 3.0;
/// Standard deviation of ln G beyond which a normal and a log-normal distribution differ by more than 1 % of their sigma
/// within [`FAR`].
const WIDE: f64 = 0.28;
/// Longest run of outliers.
const LONGEST: usize = 2;
/// Fraction of the reads of a series that make a level, and their smallest number.
const LEVEL: (f64, usize) = (0.1, 3);
/// Smallest number of reads of a series that shows an outlier.
const LEAST_READS: usize = 5;

/// Returns which of `reads` are outliers.
pub(super) fn isolated(reads: &[f64]) -> Vec<bool> {
    if reads.iter().any(|read| *read <= 0.0) {
        return on_scale(reads);
    }
    let ln: Vec<f64> = reads.iter().map(|read| read.ln()).collect();
    let mut outliers = on_scale(&ln);
    if outliers.contains(&true) && sigma(&ln) > WIDE {
        outliers.iter_mut().zip(on_scale(reads)).for_each(|(outlier, on_scale)| *outlier &= on_scale);
    }
    outliers
}

/// Returns the robust standard deviation of a read from successive differences.
fn sigma(reads: &[f64]) -> f64 {
    let mut distances: Vec<f64> = reads.windows(2).map(|pair| (pair[1] - pair[0]).abs()).collect();
    1.4826 * median(&mut distances) / std::f64::consts::SQRT_2
}

/// Returns which of `reads` are outliers on their scale.
fn on_scale(reads: &[f64]) -> Vec<bool> {
    let n = reads.len();
    if n < LEAST_READS {
        return vec![false; n];
    }
    let reach = FAR * sigma(reads);
    let far = |one: usize, other: usize| (reads[one] - reads[other]).abs() > reach;
    let numbers: Vec<usize> = (0..n).collect();
    let runs = numbers.chunk_by(|&one, &next| !far(one, next));
    let short = runs.flat_map(|run| run.iter().map(|_| run.len() <= LONGEST));
    let enough = ((LEVEL.0 * n as f64).ceil() as usize).max(LEVEL.1);
    let mut sorted = reads.to_vec();
    sorted.sort_by(f64::total_cmp);
    let few = |read: usize| {
        let below = |bound: f64| sorted.partition_point(|value| *value < bound);
        below(reads[read] + reach) - below(reads[read] - reach) < enough
    };
    short.enumerate().map(|(read, short)| reach > 0.0 && short && few(read)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads about 100 µS with a spread of 1 µS, and one at 300 µS; levels of telegraph noise are kept.
    #[test]
    fn levels_are_no_outliers() {
        let noise = |k: usize| ((k * 37) % 101) as f64 / 50.0 - 1.0;
        let mut reads: Vec<f64> = (0..60).map(|k| 100.0 + noise(k)).collect();
        assert_eq!(isolated(&reads), vec![false; 60]);
        reads[30] = 300.0;
        assert_eq!(isolated(&reads).iter().position(|outlier| *outlier), Some(30));
        assert_eq!(isolated(&reads).iter().filter(|outlier| **outlier).count(), 1);
        let fast: Vec<f64> = (0..60).map(|k| 100.0 + noise(k) + if k % 7 == 4 { 20.0 } else { 0.0 }).collect();
        assert_eq!(isolated(&fast), vec![false; 60]);
        let slow: Vec<f64> = (0..60).map(|k| 100.0 + noise(k) + if k > 56 { 20.0 } else { 0.0 }).collect();
        assert_eq!(isolated(&slow), vec![false; 60]);
        reads[31] = 300.5;
        assert_eq!(isolated(&reads).iter().filter(|outlier| **outlier).count(), 2);
        // More than half of the differences are 0: the resolution of the reads hides their noise.
        let coarse: Vec<f64> = (0..60).map(|k| if k == 9 { 101.0 } else { 100.0 }).collect();
        assert_eq!(isolated(&coarse), vec![false; 60]);
    }
}
