//! Mean, spread and interval of the outcomes of a condition.
//!
//! ```text
//! sd = sqrt(sum (x - mean)^2 / (n - 1))
//! ci95 = mean -+ t(0.975, n - 1) sd / sqrt(n)       Student (1908); t from the statrs crate
//! ```

use statrs::distribution::{ContinuousCDF, StudentsT};

/// What some outcomes have in common.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Mean.
    pub mean: f64,
    /// Standard deviation of the sample; `None` for one outcome.
    pub sd: Option<f64>,
    /// Number of outcomes.
    pub n: usize,
    /// 95 % interval of the mean; `None` for one outcome.
    pub ci95: Option<(f64, f64)>,
}

impl Sample {
    /// Statistics of `outcomes`, or `None` without any. The order of the outcomes fixes the order of the sums.
    ///
    /// ```
    /// use experiments::statistics::Sample;
    ///
    /// let sample = Sample::of(&[0.6, 0.7, 0.8]).expect("three outcomes");
    /// assert!((sample.mean - 0.7).abs() < 1e-12);
    /// assert!((sample.sd.expect("more than one") - 0.1).abs() < 1e-12);
    /// let (low, high) = sample.ci95.expect("more than one");
    /// // t(0.975, 2) = 4.3027 (any table), times 0.1 / sqrt(3).
    /// assert!((high - 0.7 - 0.248_41).abs() < 1e-4 && (0.7 - low - 0.248_41).abs() < 1e-4);
    /// ```
    pub fn of(outcomes: &[f64]) -> Option<Sample> {
        let n = outcomes.len();
        if n == 0 {
            return None;
        }
        let mean = outcomes.iter().sum::<f64>() / n as f64;
        if n == 1 {
            return Some(Sample { mean, sd: None, n, ci95: None });
        }
        let sd = (outcomes.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1) as f64).sqrt();
        let student = StudentsT::new(0.0, 1.0, (n - 1) as f64).expect("at least one degree of freedom");
        let half = student.inverse_cdf(0.975) * sd / (n as f64).sqrt();
        Some(Sample { mean, sd: Some(sd), n, ci95: Some((mean - half, mean + half)) })
    }
}
