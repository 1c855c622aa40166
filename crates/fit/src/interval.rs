//! Intervals from a bootstrap standard error and the distribution of an estimate.
//!
//! ```text
//! mean        m ± t s                               positive numbers on the scale of their logarithm
//! variance    T / (1 - s²/9 ± t s/3)³               T ~ T_true chi²_f / f,  s = standard error of ln T = sqrt(2 / f)
//! excess      the same for T = sigma² + e, minus e  e is the variance of noise in T, subtracted from it in the estimate
//! selected    T_true with P(T' >= T | T' >= c) = alpha / 2 and 1 - alpha / 2        of estimates that are stated only if T >= c;
//!             values that are stated with a probability below 1 % are excluded
//! ```
//!
//! The cube root of a chi-square variable is normal (Wilson and Hilferty, 1931), and f follows from s (Satterthwaite, 1946).
//! t is a quantile of Student: s² is itself an estimate, known from k cells and B bootstrap samples with a relative variance of
//!
//! ```text
//! v = var(g2) / 4 + 2 / B           var(g2) = 24 k (k - 2) (k - 3) / ((k + 1)² (k + 3) (k + 5))
//! ```
//!
//! which gives t its 2 / v degrees of freedom, at most k - 1. g2 is the kurtosis of a normal sample (Fisher, 1930), on which the
//! standard error of a variance depends. Means have less uncertain standard errors, so that t is on the safe side.

use crate::normal::{above_student, student};
use crate::report::FittedNumber;
use crate::sample::{signed_root, standard_deviation};

/// Smallest number of bootstrap samples.
const MIN_DRAWS: usize = 20;
/// Smallest number of degrees of freedom f of a variance. Fewer mean that something else than the number of values makes its error,
/// such as a mean step or a truncated tail, and ln T is taken as normal.
const MIN_DEGREES: f64 = 10.0;
/// Smallest cube root of the ratio at the upper end of an interval for which the approximation holds.
const MIN_ROOT: f64 = 0.25;
/// Factor on both sides of an estimated variance within which the ends of an interval are sought, and halvings of the search.
const RANGE: f64 = 1e4;
const HALVINGS: usize = 60;
/// Probability of a statement below which a true value is not in its interval: a test has excluded it.
const SELDOM: f64 = 0.01;

/// Distribution of an estimate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Scale {
    /// Normal.
    Linear,
    /// Log-normal, for positive numbers.
    Log,
    /// A standard deviation x. The estimate of (x + offset)² + noise is a variance; x is negative for a negative
    /// difference of variances ([`signed_root`]).
    Spread {
        /// Variance of noise that was subtracted.
        noise: f64,
        /// Standard deviation that was subtracted.
        offset: f64,
        /// Number of independent values of the variance.
        values: f64,
        /// Variance with noise from which on the standard deviation is stated; 0 if it always is.
        stated: f64,
    },
}

impl Scale {
    /// Returns the scale of a standard deviation of `values` independent values, from whose square `noise` was subtracted.
    pub fn spread(values: f64, noise: f64) -> Scale {
        Scale::Spread { noise: noise.max(0.0), offset: 0.0, values, stated: 0.0 }
    }

    /// Returns the scale of a standard deviation that is stated only if its square without noise is at least `least`.
    pub fn from(self, least: f64) -> Scale {
        match self {
            Scale::Spread { noise, offset, values, .. } if least > 0.0 => {
                Scale::Spread { noise, offset, values, stated: least + noise }
            }
            always => always,
        }
    }

    fn to(self, x: f64) -> f64 {
        match self {
            Scale::Linear => x,
            Scale::Log => x.ln(),
            Scale::Spread { noise, offset, .. } => ((x + offset) * (x + offset).abs() + noise).ln(),
        }
    }

    /// Returns the smallest standard error: no data tell more about ln T of a normal distribution than 2 / n. A sample without
    /// tails has a small standard deviation and a small bootstrap error of it.
    fn least(self) -> f64 {
        match self {
            Scale::Linear | Scale::Log => 0.0,
            Scale::Spread { values, .. } => (2.0 / values.max(1.0)).sqrt(),
        }
    }

    /// Returns the interval about `value` at a confidence level, with the degrees of freedom of its standard error, given that it is stated; none if it always is.
    /// Estimates that pass a test lie above their true values more often than below, and an interval about all estimates misses these.
    fn selected(self, value: f64, error: f64, (degrees, level): (f64, f64)) -> Option<(f64, f64)> {
        let Scale::Spread { noise, offset, stated, .. } = self else { return None };
        let total = self.to(value).exp();
        if stated <= 0.0 || total <= stated {
            return None;
        }
        let few = 2.0 / (error * error) < MIN_DEGREES;
        let beyond = |of: f64, truth: f64| {
            let ratio = of / truth;
            let z = if few { ratio.ln() / error } else { (ratio.cbrt() - 1.0 + error * error / 9.0) / (error / 3.0) };
            above_student(z, degrees)
        };
        let of = |truth: f64| beyond(total, truth) / beyond(stated, truth).max(f64::MIN_POSITIVE);
        let alpha = (1.0 - level) / 2.0;
        let range = (total / RANGE, total * RANGE);
        let end = |variance: f64| (signed_root(variance - noise) - offset).max(0.0);
        let seldom = solve(|truth| beyond(stated, truth), SELDOM, range);
        Some((end(solve(of, alpha, range).max(seldom)), end(solve(of, 1.0 - alpha, range))))
    }

    /// Returns the interval about `value` for a standard error and a critical value.
    fn interval(self, value: f64, error: f64, critical: f64) -> (f64, f64) {
        let at = self.to(value);
        // With few cells the cube root of the upper end comes near 0, and the interval would turn inside out.
        let upper = 1.0 - error * error / 9.0 - critical * error / 3.0;
        let few = 2.0 / (error * error) < MIN_DEGREES || upper < MIN_ROOT;
        match self {
            Scale::Linear => (at - critical * error, at + critical * error),
            Scale::Log => ((at - critical * error).exp(), (at + critical * error).exp()),
            Scale::Spread { noise, offset, .. } => {
                // A negative difference of variances is a chance of the noise: it does not bound x better than a difference of 0 does.
                let end = |sign: f64| {
                    let at = if sign < 0.0 { self.to(value.max(0.0)) } else { at };
                    let root = 1.0 - error * error / 9.0 + sign * critical * error / 3.0;
                    let cube = if few { (sign * critical * error).exp() } else { root.powi(3) };
                    (signed_root(at.exp() / cube - noise) - offset).max(0.0)
                };
                (end(1.0), end(-1.0))
            }
        }
    }
}

/// Solves `of`, which rises with the logarithm of its argument, for `level` between the ends of `range`.
fn solve(of: impl Fn(f64) -> f64, level: f64, (mut low, mut high): (f64, f64)) -> f64 {
    for _ in 0..HALVINGS {
        let middle = (low * high).sqrt();
        *(if of(middle) < level { &mut low } else { &mut high }) = middle;
    }
    (low * high).sqrt()
}

/// Returns the estimate `value` with intervals from bootstrap `draws`; `counts` are its numbers of values and of cells.
pub(crate) fn with_interval(
    (key, unit): (&str, &'static str),
    value: f64,
    draws: &[f64],
    scale: Scale,
    (n, cells): (usize, usize),
) -> FittedNumber {
    let finite: Vec<f64> = draws.iter().map(|&draw| scale.to(draw)).filter(|draw| draw.is_finite()).collect();
    let interval = |level| {
        if finite.len() < MIN_DRAWS || cells < 2 || !scale.to(value).is_finite() {
            return None;
        }
        // The variance of a bootstrap sample of k cells is smaller by (k - 1) / k.
        let inflation = (cells as f64 / (cells - 1) as f64).sqrt();
        let error = (inflation * standard_deviation(&finite)).max(scale.least());
        let degrees = degrees(cells, finite.len());
        let plain = scale.interval(value, error, student(degrees, level));
        // Few values make skewed estimates, often too small: the selection does not lower the upper end.
        let selected = scale.selected(value, error, (degrees, level)).unwrap_or(plain);
        Some((selected.0.min(plain.0), selected.1.max(plain.1)))
    };
    FittedNumber {
        key: key.to_owned(),
        unstated: None,
        value: if matches!(scale, Scale::Spread { .. }) { value.max(0.0) } else { value },
        unit,
        interval_95: interval(0.95),
        interval_99: interval(0.99),
        n,
        cells,
    }
}

/// Returns the degrees of freedom of the standard error of a variance over `cells` from a number of bootstrap samples.
pub(crate) fn degrees(cells: usize, draws: usize) -> f64 {
    let k = cells as f64;
    let kurtosis = 24.0 * k * (k - 2.0) * (k - 3.0) / ((k + 1.0).powi(2) * (k + 3.0) * (k + 5.0));
    (2.0 / (kurtosis / 4.0 + 2.0 / draws as f64)).min(k - 1.0)
}

#[cfg(test)]
mod tests {
    use ohmspike_rng::Seed;
    use rand::RngExt;

    use super::*;
    use crate::normal::quantile;

    /// Chi-square quantiles of 20 and 100 degrees of freedom at 0.5 % and 99.5 %: 7.434 and 39.997, 67.328 and 140.169 (Abramowitz
    /// and Stegun, table 26.8). The cube root is normal to 2 % of the lowest of them.
    #[test]
    fn variances_have_chi_square_intervals() {
        for (degrees, low, high) in [(20.0, 7.434, 39.997), (100.0, 67.328, 140.169)] {
            let error = f64::sqrt(2.0 / degrees);
            let (from, to) = Scale::spread(degrees, 0.0).interval(1.0, error, 2.575_829);
            assert!((from * from * high / degrees - 1.0).abs() < 0.01, "{degrees}: {from}");
            assert!((to * to * low / degrees - 1.0).abs() < 0.02, "{degrees}: {to}");
        }
    }

    /// sigma² + e = 1 + 3: the interval is that of T = 4, minus 3, and ends at 0 where T is below e.
    #[test]
    fn noise_moves_the_interval() {
        let plain = Scale::spread(50.0, 0.0).interval(2.0, 0.2, 2.0);
        let noisy = Scale::spread(50.0, 3.0).interval(1.0, 0.2, 2.0);
        assert!(plain.0 * plain.0 < 3.0 && noisy.0 == 0.0);
        assert!((noisy.1 * noisy.1 - (plain.1 * plain.1 - 3.0)).abs() < 1e-12);
    }

    /// A standard deviation whose square is estimated at -1 has an upper end above 0, that of an estimate of 0.
    #[test]
    fn negative_differences_of_variances_keep_an_upper_end() {
        let of = |value: f64| Scale::spread(50.0, 3.0).interval(value, 0.2, 2.0);
        assert!(of(-1.5).0 == 0.0 && of(-1.5).1 == of(0.0).1 && of(0.0).1 > 0.5, "{:?}", of(-1.5));
    }

    /// Standard deviations of 60 normal values, by bootstrap with 100 samples: 99 % intervals miss at most 1 % of 2000, plus
    /// four binomial standard errors, on both sides together, and neither side has all of the misses.
    #[test]
    fn intervals_of_standard_deviations_hold() {
        let (cells, repeats) = (60_usize, 2000_u64);
        let mut misses = [0, 0];
        for seed in 0..repeats {
            let mut stream = Seed::new(seed).named("coverage").stream();
            let values: Vec<f64> = (0..cells).map(|_| quantile(stream.random_range(1e-12..1.0))).collect();
            let draws: Vec<f64> = (0..100)
                .map(|_| {
                    let drawn: Vec<f64> = (0..cells).map(|_| values[stream.random_range(0..cells)]).collect();
                    standard_deviation(&drawn)
                })
                .collect();
            let scale = Scale::spread(cells as f64 - 1.0, 0.0);
            let number = with_interval(("", ""), standard_deviation(&values), &draws, scale, (cells, cells));
            let (low, high) = number.interval_99.expect("an interval");
            misses[0] += u32::from(high < 1.0);
            misses[1] += u32::from(low > 1.0);
        }
        let total = f64::from(misses[0] + misses[1]);
        assert!(total <= 20.0 + 4.0 * 20f64.sqrt(), "{misses:?}");
        assert!(f64::from(misses[0].max(misses[1])) <= 10.0 + 4.0 * 10f64.sqrt(), "{misses:?}");
    }

    /// Variances of 60 normal values that are stated from 1 on: of 2000 of them, each side of the 95 % intervals misses 2.5 %, plus four binomial standard errors, also
    /// if only one in eight tables states them.
    #[test]
    fn intervals_of_stated_estimates_hold() {
        let (values, kept) = (60_usize, 2000_f64);
        for truth in [0.8, 1.0, 1.3, 2.0] {
            let (mut stream, mut misses, mut all) = (Seed::new(5).named("stated").stream(), [0.0; 2], 0.0);
            while all < kept {
                let squares: f64 = (0..values).map(|_| quantile(stream.random_range(1e-12..1.0)).powi(2)).sum();
                let variance = truth * squares / values as f64;
                let scale = Scale::spread(values as f64, 0.0).from(1.0);
                let error = f64::sqrt(2.0 / values as f64);
                let Some((low, high)) = scale.selected(variance.sqrt(), error, (1e6, 0.95)) else { continue };
                all += 1.0;
                misses[0] += f64::from(u8::from(high * high < truth));
                misses[1] += f64::from(u8::from(low * low > truth));
            }
            let most = 0.025 * kept + 4.0 * (0.025 * 0.975 * kept).sqrt();
            assert!(misses[0] <= most && misses[1] <= most, "{truth}: {misses:?}");
        }
    }

    /// An estimate far above the variance from which on it is stated has the interval of one that always is.
    #[test]
    fn clear_estimates_have_the_plain_interval() {
        let (plain, stated) = (Scale::spread(50.0, 3.0), Scale::spread(50.0, 3.0).from(1.0));
        let (low, high) = plain.interval(4.0, 0.2, student(40.0, 0.95));
        let (from, to) = stated.selected(4.0, 0.2, (40.0, 0.95)).expect("stated");
        assert!((from / low - 1.0).abs() < 0.01 && (to / high - 1.0).abs() < 0.01, "{low} {from}, {high} {to}");
        assert_eq!(plain.selected(4.0, 0.2, (40.0, 0.95)), None);
    }

    #[test]
    fn degrees_rise_with_cells_and_draws() {
        assert_eq!(degrees(5, 400), 4.0);
        assert!(degrees(100, 400) > degrees(100, 100) && degrees(500, 100) > degrees(100, 100));
        assert!(degrees(1_000_000, 100) > 99.0 && degrees(1_000_000, 100) < 101.0);
    }

    #[test]
    fn intervals_of_few_cells_hold_their_value() {
        for cells in 2..=6 {
            for level in [0.95, 0.99] {
                for error in [0.05, 0.2, 0.3, 0.44, 1.0] {
                    let critical = student(degrees(cells, 200), level);
                    let (low, high) = Scale::spread(50.0, 0.0).interval(1.0, error, critical);
                    assert!(low < 1.0 && 1.0 < high, "{cells} cells, {level}, {error}: {low} to {high}");
                }
            }
        }
    }
}
