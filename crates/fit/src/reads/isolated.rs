//! Single reads that are far from those before and after, and from most others of their series: outliers of the measurement.
//!
//! ```text
//! sigma      1.4826 median |d| / sqrt(2)         d the differences of successive reads
//! outlier    further than 5 sigma from both neighbours, and at most two others, or less than a twentieth of all, within 5 sigma
//! ```
//!
//! Both for the reads and for their logarithms, so that neither tail of a normal or log-normal distribution is an outlier.
//! Levels of telegraph noise have many reads, or last longer than one, so they are no outliers.

use crate::sample::median;

/// Distance in standard deviations of a read.
const FAR: f64 = 5.0;
/// Fraction of the reads of a series that make a level.
const LEVEL: f64 = 0.05;
/// Smallest number of reads of a series that shows an outlier.
pub(super) const LEAST_READS: usize = 5;

/// Returns which of `reads` are outliers.
pub(super) fn isolated(reads: &[f64]) -> Vec<bool> {
    let mut outliers = on_scale(reads);
    if outliers.contains(&true) && reads.iter().all(|read| *read > 0.0) {
        let in_ln = on_scale(&reads.iter().map(|read| read.ln()).collect::<Vec<f64>>());
        outliers.iter_mut().zip(in_ln).for_each(|(outlier, in_ln)| *outlier &= in_ln);
    }
    outliers
}

/// Returns which of `reads` are outliers on their scale.
fn on_scale(reads: &[f64]) -> Vec<bool> {
    let n = reads.len();
    let mut distances: Vec<f64> = reads.windows(2).map(|pair| (pair[1] - pair[0]).abs()).collect();
    if n < LEAST_READS {
        return vec![false; n];
    }
    let reach = FAR * 1.4826 * median(&mut distances) / std::f64::consts::SQRT_2;
    let far = |one: usize, other: usize| (reads[one] - reads[other]).abs() > reach;
    let enough = 1 + ((LEVEL * n as f64) as usize).max(2);
    let outlier = |read: usize| {
        let alone = (read == 0 || far(read, read - 1)) && (read + 1 == n || far(read, read + 1));
        // The read itself is one of those within reach.
        reach > 0.0 && alone && (0..n).filter(|&other| !far(read, other)).count() < enough
    };
    (0..n).map(outlier).collect()
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
        let fast: Vec<f64> = (0..60).map(|k| 100.0 + noise(k) + if k % 9 == 4 { 20.0 } else { 0.0 }).collect();
        assert_eq!(isolated(&fast), vec![false; 60]);
        let slow: Vec<f64> = (0..60).map(|k| 100.0 + noise(k) + if k > 56 { 20.0 } else { 0.0 }).collect();
        assert_eq!(isolated(&slow), vec![false; 60]);
        // More than half of the differences are 0: the resolution of the reads hides their noise.
        let coarse: Vec<f64> = (0..60).map(|k| if k == 9 { 101.0 } else { 100.0 }).collect();
        assert_eq!(isolated(&coarse), vec![false; 60]);
    }
}
