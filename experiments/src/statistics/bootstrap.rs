//! Intervals of any statistic, by drawing the sample anew from itself.
//!
//! ```text
//! percentile:  from quantile alpha to quantile 1 - alpha of the statistics of the resamples,  alpha = (1 - confidence)/2
//! BCa:         the same with alpha' = Phi(z0 + (z0 + z) / (1 - a (z0 + z))),  z = Phi^-1(alpha), then Phi^-1(1 - alpha)
//!              z0 = Phi^-1(share of resamples below the estimate, those equal to it by half)
//!              a  = sum u^3 / (6 (sum u^2)^1.5),  u = mean of the leave-one-out statistics less each of them
//! ```
//!
//! Phi the standard normal distribution. Efron and Tibshirani, *An Introduction to the Bootstrap* (1993),
//! chapters 13 and 14. Quantiles are linear between order statistics (type 7 of Hyndman and Fan, the default of R and numpy).
//! What is drawn is a whole unit: a number, or a pair or row of numbers that belong together. Resample k is drawn from the
//! stream numbered k of the seed, so that neither threads nor the number of resamples change it.

use seed::Seed;
use statrs::distribution::{ContinuousCDF, Normal};
use thiserror::Error;

/// Why there is no interval.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum BootstrapError {
    /// Resamples of one unit are all equal.
    #[error("units of a bootstrap: must be at least 2, got {0}")]
    TooFew(usize),
    /// NaN and infinity are no outcomes.
    #[error("unit {0} of a bootstrap: must be finite")]
    NotFinite(usize),
    /// A tail needs resamples in it.
    #[error("resamples: must be at least 2, got {0}")]
    Resamples(usize),
    /// Not a probability that leaves tails.
    #[error("confidence: must be above 0 and below 1, got {0}")]
    Confidence(f64),
    /// The statistic is NaN for the sample or a resample of it.
    #[error("statistic of a resample: must be a number, got NaN")]
    Undefined,
    /// All resamples lie on one side of the estimate, or the acceleration is too large: BCa has no levels then.
    #[error("BCa: must have a finite shift and stretch, got shift {shift} and acceleration {acceleration}")]
    NoLevels {
        /// z0.
        shift: f64,
        /// a.
        acceleration: f64,
    },
}

/// What a bootstrap draws whole.
pub trait Unit: Copy {
    /// Whether all its numbers are finite.
    fn is_finite(&self) -> bool;
}

impl Unit for f64 {
    fn is_finite(&self) -> bool {
        f64::is_finite(*self)
    }
}

/// Paired samples: two outcomes of one seed.
impl Unit for (f64, f64) {
    fn is_finite(&self) -> bool {
        self.0.is_finite() && self.1.is_finite()
    }
}

/// Outcomes of one seed under several conditions.
impl Unit for &[f64] {
    fn is_finite(&self) -> bool {
        self.iter().all(|value| value.is_finite())
    }
}

/// How a sample is drawn anew.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bootstrap {
    /// Number of resamples.
    pub resamples: usize,
    /// Probability with which intervals are meant to cover the truth, for instance 0.95.
    pub confidence: f64,
    /// Where the draws come from.
    pub seed: Seed,
}

impl Bootstrap {
    /// Percentile interval of `statistic` over `sample`. The statistic may be infinite for some resamples, and so may
    /// the ends of the interval.
    ///
    /// # Errors
    /// [`BootstrapError`] for fewer than two units, units that are not finite, a statistic that is NaN, or settings out
    /// of range.
    ///
    /// ```
    /// use experiments::statistics::bootstrap::Bootstrap;
    /// use seed::Seed;
    ///
    /// let bootstrap = Bootstrap { resamples: 1000, confidence: 0.95, seed: Seed::new(1).named("bootstrap") };
    /// let gain = |pairs: &[(f64, f64)]| pairs.iter().map(|(a, b)| a - b).sum::<f64>() / pairs.len() as f64;
    /// let (low, high) = bootstrap.percentile(&[(0.70, 0.65), (0.72, 0.69), (0.69, 0.63), (0.71, 0.66)], gain)?;
    /// assert!(0.03 <= low && low < 0.0475 && 0.0475 < high && high <= 0.06 + 1e-12);
    /// # Ok::<(), experiments::statistics::bootstrap::BootstrapError>(())
    /// ```
    pub fn percentile<T: Unit>(
        &self,
        sample: &[T],
        statistic: impl Fn(&[T]) -> f64,
    ) -> Result<(f64, f64), BootstrapError> {
        let replicates = self.replicates(sample, statistic)?;
        let alpha = (1.0 - self.confidence) / 2.0;
        Ok((quantile(&replicates, alpha), quantile(&replicates, 1.0 - alpha)))
    }

    /// Bias-corrected and accelerated interval of `statistic` over `sample`: of second order where the percentile
    /// interval is of first, for smooth statistics. Where leaving a unit out never changes the statistic, a = 0.
    ///
    /// # Errors
    /// As [`Bootstrap::percentile`], and [`BootstrapError::NoLevels`].
    pub fn bca<T: Unit>(&self, sample: &[T], statistic: impl Fn(&[T]) -> f64) -> Result<(f64, f64), BootstrapError> {
        let replicates = self.replicates(sample, &statistic)?;
        let levels = bca_levels(&replicates, statistic(sample), &jackknife(sample, &statistic), self.confidence)?;
        Ok((quantile(&replicates, levels.0), quantile(&replicates, levels.1)))
    }

    /// Statistics of all resamples, rising.
    fn replicates<T: Unit>(&self, sample: &[T], statistic: impl Fn(&[T]) -> f64) -> Result<Vec<f64>, BootstrapError> {
        if sample.len() < 2 {
            return Err(BootstrapError::TooFew(sample.len()));
        }
        if let Some(place) = sample.iter().position(|unit| !unit.is_finite()) {
            return Err(BootstrapError::NotFinite(place + 1));
        }
        let mut resample = sample.to_vec();
        self.rising(|seed| {
            draw(seed, sample, &mut resample);
            statistic(&resample)
        })
    }

    /// What `replicate` gives for the seed of every resample, rising.
    pub(super) fn rising(&self, mut replicate: impl FnMut(Seed) -> f64) -> Result<Vec<f64>, BootstrapError> {
        if self.resamples < 2 {
            return Err(BootstrapError::Resamples(self.resamples));
        }
        if !(self.confidence > 0.0 && self.confidence < 1.0) {
            return Err(BootstrapError::Confidence(self.confidence));
        }
        let mut replicates: Vec<f64> =
            (0..self.resamples).map(|number| replicate(self.seed.numbered(number as u64))).collect();
        if replicates.iter().any(|value| value.is_nan()) {
            return Err(BootstrapError::Undefined);
        }
        replicates.sort_by(f64::total_cmp);
        Ok(replicates)
    }
}

/// Fills `resample` with units of `sample`, each drawn from all of them.
pub(super) fn draw<T: Copy>(seed: Seed, sample: &[T], resample: &mut [T]) {
    let mut stream = seed.stream();
    let count = u32::try_from(sample.len()).expect("samples of trials are far below 2^32");
    resample.iter_mut().for_each(|unit| *unit = sample[stream.bounded(count) as usize]);
}

/// Quantile `level` of `rising` numbers, linear between neighbours; these may be infinite.
pub(crate) fn quantile(rising: &[f64], level: f64) -> f64 {
    let place = level * (rising.len() - 1) as f64;
    let (below, above) = (rising[place.floor() as usize], rising[place.ceil() as usize]);
    // Where the lower one is infinite, a difference would be NaN.
    if below == above || below.is_infinite() { below } else { below + (above - below) * place.fract() }
}

/// The statistic without each unit in turn.
fn jackknife<T: Unit>(sample: &[T], statistic: impl Fn(&[T]) -> f64) -> Vec<f64> {
    let mut rest = sample[1..].to_vec();
    let mut values = vec![statistic(&rest)];
    for place in 1..sample.len() {
        rest[place - 1] = sample[place - 1];
        values.push(statistic(&rest));
    }
    values
}

/// The levels of the two ends of a BCa interval.
fn bca_levels(
    replicates: &[f64],
    estimate: f64,
    jackknife: &[f64],
    confidence: f64,
) -> Result<(f64, f64), BootstrapError> {
    let normal = Normal::standard();
    let below = replicates.iter().filter(|&&value| value < estimate).count();
    let up_to = replicates.iter().filter(|&&value| value <= estimate).count();
    let shift = normal.inverse_cdf((below + up_to) as f64 / (2 * replicates.len()) as f64);
    let mean = jackknife.iter().sum::<f64>() / jackknife.len() as f64;
    let power = |exponent: i32| jackknife.iter().map(|value| (mean - value).powi(exponent)).sum::<f64>();
    let constant = jackknife.iter().all(|&value| value == jackknife[0]);
    let acceleration = if constant { 0.0 } else { power(3) / (6.0 * power(2).powf(1.5)) };
    let level = |alpha: f64| {
        let moved = shift + normal.inverse_cdf(alpha);
        let stretch = 1.0 - acceleration * moved;
        // Past a stretch of 0 the levels come back from the other side.
        (shift.is_finite() && stretch > 0.0).then(|| normal.cdf(shift + moved / stretch))
    };
    let alpha = (1.0 - confidence) / 2.0;
    level(alpha).zip(level(1.0 - alpha)).ok_or(BootstrapError::NoLevels { shift, acceleration })
}

#[cfg(test)]
mod tests {
    use super::super::assert_close;
    use super::*;

    /// Hours of sleep gained: Student (1908), `sleep` in R.
    const SLEEP: [f64; 10] = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0];

    fn bootstrap(resamples: usize) -> Bootstrap {
        Bootstrap { resamples, confidence: 0.95, seed: Seed::new(7).named("bootstrap") }
    }

    fn mean(sample: &[f64]) -> f64 {
        sample.iter().sum::<f64>() / sample.len() as f64
    }

    fn correlation(pairs: &[(f64, f64)]) -> f64 {
        let n = pairs.len() as f64;
        let (x, y) = pairs.iter().fold((0.0, 0.0), |sum, pair| (sum.0 + pair.0 / n, sum.1 + pair.1 / n));
        let moment = |f: fn(f64, f64) -> f64| pairs.iter().map(|pair| f(pair.0 - x, pair.1 - y)).sum::<f64>();
        moment(|x, y| x * y) / (moment(|x, _| x * x) * moment(|_, y| y * y)).sqrt()
    }

    /// `numpy.percentile(replicates, [5, 95])`, numpy 2.4.6, and `scipy.stats._resampling._bca_interval((sleep,), mean of
    /// exp, axis=-1, alpha=0.05, theta_hat_b=replicates, batch=None, xp=numpy)`, scipy 1.17.1.
    #[test]
    fn levels_and_quantiles_agree_with_scipy() {
        let replicates = [
            2.51, 4.084, 4.187, 4.258, 4.531, 4.885, 5.094, 5.225, 7.623, 7.977, 8.201, 9.124, 10.162, 10.779, 10.833,
            10.92, 12.009, 13.651, 15.927, 23.563,
        ];
        assert_close(quantile(&replicates, 0.05), 4.0053, 1e-10);
        assert_close(quantile(&replicates, 0.95), 16.308800000000005, 1e-10);
        let statistic = |sample: &[f64]| mean(&sample.iter().map(|x| x.exp()).collect::<Vec<f64>>());
        assert_close(statistic(&SLEEP), 8.52664130433788, 1e-10);
        let levels = bca_levels(&replicates, statistic(&SLEEP), &jackknife(&SLEEP, statistic), 0.9);
        let (low, high) = levels.expect("levels");
        assert_close(low, 0.10989262009491674, 1e-10);
        assert_close(high, 0.9858294877903165, 1e-10);
        assert_close(quantile(&replicates, low), 4.193245144508043, 1e-10);
        assert_close(quantile(&replicates, high), 21.507085406570276, 1e-10);
    }

    /// The draws of a resample depend on its number alone, so that threads may share the work.
    #[test]
    fn resamples_do_not_depend_on_their_number() {
        let few = bootstrap(10).rising(|seed| f64::from(seed.stream().bounded(1 << 30))).expect("draws");
        let many = bootstrap(1000).rising(|seed| f64::from(seed.stream().bounded(1 << 30))).expect("draws");
        assert!(few.iter().all(|draw| many.contains(draw)));
        assert_eq!(bootstrap(500).bca(&SLEEP, mean), bootstrap(500).bca(&SLEEP, mean));
    }

    #[test]
    fn a_sample_without_spread_is_a_point() {
        assert_eq!(bootstrap(50).percentile(&[0.5; 4], mean), Ok((0.5, 0.5)));
        assert_eq!(bootstrap(50).bca(&[0.5; 4], mean), Ok((0.5, 0.5)));
    }

    #[test]
    fn quantiles_may_be_infinite_and_are_never_nan() {
        let rising = [1.0, 2.0, f64::INFINITY, f64::INFINITY];
        assert_eq!(
            [0.0, 1.0 / 3.0, 0.5, 0.9, 1.0].map(|level| quantile(&rising, level)),
            [1.0, 2.0, f64::INFINITY, f64::INFINITY, f64::INFINITY]
        );
        assert_eq!(quantile(&[f64::NEG_INFINITY, 0.0], 0.5), f64::NEG_INFINITY);
    }

    #[test]
    fn what_has_no_interval_is_refused() {
        let message = |result: Result<(f64, f64), BootstrapError>| result.expect_err("refused").to_string();
        let plain = bootstrap(50);
        assert_eq!(message(plain.percentile(&[1.0], mean)), "units of a bootstrap: must be at least 2, got 1");
        assert_eq!(message(plain.bca(&[1.0, f64::NAN], mean)), "unit 2 of a bootstrap: must be finite");
        assert_eq!(
            message(plain.percentile(&[(1.0, 2.0), (f64::INFINITY, 1.0)], correlation)),
            "unit 2 of a bootstrap: must be finite"
        );
        assert_eq!(message(bootstrap(1).percentile(&SLEEP, mean)), "resamples: must be at least 2, got 1");
        let certain = Bootstrap { confidence: 1.0, ..plain };
        assert_eq!(message(certain.percentile(&SLEEP, mean)), "confidence: must be above 0 and below 1, got 1");
        let undefined = "statistic of a resample: must be a number, got NaN";
        assert_eq!(message(plain.percentile(&SLEEP, |_| f64::NAN)), undefined);
        let levels = bca_levels(&[1.0, 2.0], 3.0, &[1.0, 2.0], 0.95).expect_err("one side").to_string();
        assert_eq!(levels, "BCa: must have a finite shift and stretch, got shift inf and acceleration 0");
    }
}
