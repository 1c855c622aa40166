//! Mean and standard deviation of a normal distribution from winsorised moments, which few values cannot move far.
//!
//! ```text
//! y = min(max(x, l), h)               x ~ N(m, s²), seen through bounds; l and h are fixed
//! mean of y  = E[y | m, s]
//! mean of y² = E[y² | m, s]
//! ```
//!
//! Two equations for m and s. They are consistent for every l and h, also if the bounds truncate or censor x. With l and h at
//! m ± c s these are the location and scale of Huber's Proposal 2 (Huber, *Robust Estimation of a Location Parameter*, 1964, and
//! *Robust Statistics*, 1981, section 6.4). A fraction e of values at z standard deviations moves ln s by
//!
//! ```text
//! e (min(z², c²) - b) / (2 E[z²; |z| < c]),        b = E[min(z², c²)]
//! ```
//!
//! to first order: for c = 1.25 at most 1.36 e, against e (z² - 1) / 2 for the maximum of the likelihood. The standard error of s is
//! sqrt(2 var(min(z², c²))) / (2 E[z²; |z| < c]) = 1.28 times that of the maximum of the likelihood.

use crate::normal::{between, density};
use crate::truncated::{Bound, Bounds, Sums};

/// Largest number of Newton steps.
const STEPS: usize = 60;
/// Largest residual of a solution, in units of half the distance between the winsorising points.
const SOLVED: f64 = 1e-9;
/// Step of numerical derivatives.
const DIFFERENCE: f64 = 1e-5;
/// Largest Newton step of either parameter.
const LONGEST: f64 = 0.5;

/// Points to which values beyond them are moved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Clip {
    /// Lower point.
    pub low: f64,
    /// Upper point.
    pub high: f64,
}

impl Clip {
    /// Returns points `distance` away from `centre`, or from a censored bound on the far side of it, and within `bounds`.
    pub fn about(centre: f64, distance: f64, bounds: Bounds) -> Clip {
        let end = |bound: Bound, none: f64| if let Bound::Censored(at) = bound { at } else { none };
        let low = centre.min(end(bounds.high, centre)) - distance;
        let high = centre.max(end(bounds.low, centre)) + distance;
        Clip { low: low.max(bounds.low.at()), high: high.min(bounds.high.at()) }
    }

    /// Returns the points of `map(x)`, which rises.
    pub fn mapped(self, map: impl Fn(f64) -> f64) -> Clip {
        Clip { low: map(self.low), high: map(self.high) }
    }

    /// Returns `value`, or the point that it is beyond.
    pub fn of(self, value: f64) -> f64 {
        value.max(self.low).min(self.high)
    }
}

/// A normal distribution seen through bounds, winsorised.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Winsorised {
    /// Bounds of the data.
    pub bounds: Bounds,
    /// Winsorising points, within the bounds.
    pub clip: Clip,
}

impl Winsorised {
    /// Returns the middle of the winsorising points and their distance from it.
    fn frame(self) -> (f64, f64) {
        (0.5 * (self.clip.low + self.clip.high), 0.5 * (self.clip.high - self.clip.low))
    }

    /// Returns mean and mean square of (y - middle) / half under N(`mean`, `sigma`²).
    fn expected(self, mean: f64, sigma: f64) -> [f64; 2] {
        let (middle, half) = self.frame();
        let z = |x: f64| (x - mean) / sigma;
        let [below, above] = [(self.bounds.low, f64::NEG_INFINITY), (self.bounds.high, f64::INFINITY)]
            .map(|(bound, open)| if let Bound::Truncated(at) = bound { z(at) } else { open });
        let (low, high) = (z(self.clip.low), z(self.clip.high));
        let support = self.bounds.support(mean, sigma).max(f64::MIN_POSITIVE);
        let (at_low, inside, at_high) = (between(below, low), between(low, high), between(high, above));
        // (x - middle) / half = a + b z
        let (a, b) = ((mean - middle) / half, sigma / half);
        let first = density(low) - density(high);
        let second = inside + low * density(low) - high * density(high);
        let squares = a * a * inside + 2.0 * a * b * first + b * b * second;
        [(a * inside + b * first + at_high - at_low) / support, (squares + at_low + at_high) / support]
    }

    /// Returns mean and mean square of (y - middle) / half.
    fn observed(self, sums: &Sums) -> [f64; 2] {
        let (middle, half) = self.frame();
        [(sums.mean() - middle) / half, sums.about(middle) / sums.n / (half * half)]
    }

    /// Returns mean and standard deviation; none for fewer than two different values between the points, or without a solution.
    pub fn estimate(self, sums: &Sums) -> Option<(f64, f64)> {
        let (middle, half) = self.frame();
        if sums.n < 2.0 || half.is_nan() || half <= 0.0 || sums.variance().sqrt() <= 1e-12 * (1.0 + middle.abs()) {
            return None;
        }
        let observed = self.observed(sums);
        let residual = |[mean, ln]: [f64; 2]| {
            let expected = self.expected(middle + half * mean, half * ln.exp());
            [expected[0] - observed[0], expected[1] - observed[1]]
        };
        let [mean, ln] = root(residual, [0.0, -0.25])?;
        (ln.abs() < 2.5).then(|| (middle + half * mean, half * ln.exp()))
    }

    /// Returns how far the expected sum of y² for `mean` and `sigma` exceeds the observed one, in units of half². Rises with `sigma`.
    pub fn excess(self, sums: &Sums, mean: f64, sigma: f64) -> f64 {
        sums.n * (self.expected(mean, sigma)[1] - self.observed(sums)[1])
    }
}

/// Returns the root of two functions by damped Newton steps with numerical derivatives.
pub(crate) fn root(value: impl Fn([f64; 2]) -> [f64; 2], start: [f64; 2]) -> Option<[f64; 2]> {
    let size = |value: [f64; 2]| value[0].hypot(value[1]);
    let (mut x, mut at) = (start, value(start));
    for _ in 0..STEPS {
        if size(at) < SOLVED {
            return Some(x);
        }
        let h = DIFFERENCE;
        let [a, b] = [[h, 0.0], [0.0, h]].map(|[i, j]| {
            let (up, down) = (value([x[0] + i, x[1] + j]), value([x[0] - i, x[1] - j]));
            [(up[0] - down[0]) / (2.0 * h), (up[1] - down[1]) / (2.0 * h)]
        });
        let determinant = a[0] * b[1] - a[1] * b[0];
        let step = [(b[0] * at[1] - b[1] * at[0]) / determinant, (a[1] * at[0] - a[0] * at[1]) / determinant];
        let longest = step[0].abs().max(step[1].abs());
        let mut damping = if longest > LONGEST { LONGEST / longest } else { 1.0 };
        loop {
            let next = [x[0] + damping * step[0], x[1] + damping * step[1]];
            let found = value(next);
            if size(found) < size(at) {
                (x, at) = (next, found);
                break;
            }
            damping *= 0.5;
            if damping.is_nan() || damping < 1e-9 {
                return None;
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use ohmspike_rng::Seed;
    use rand::RngExt;

    use super::*;
    use crate::normal::quantile;

    const OPEN: (f64, f64) = (f64::NEG_INFINITY, f64::INFINITY);

    /// Returns the sums of N(0.3, 0.2²) at `count` even probabilities, seen through `bounds`, with a fraction of values at `outlier`.
    fn sums(of: Winsorised, count: u32, (fraction, outlier): (f64, f64)) -> Sums {
        let mut sums = Sums::default();
        let mut push = |x: f64, weight: f64| {
            let low = matches!(of.bounds.low, Bound::Censored(_)) || x >= of.bounds.low.at();
            let high = matches!(of.bounds.high, Bound::Censored(_)) || x <= of.bounds.high.at();
            if low && high {
                sums.push_weighted(of.clip.of(x), weight);
            }
        };
        (0..count).for_each(|k| push(0.3 + 0.2 * quantile((f64::from(k) + 0.5) / f64::from(count)), 1.0 - fraction));
        push(outlier, fraction * f64::from(count));
        sums
    }

    /// A quadrature with n points, whose error is below 1 / n of the values.
    #[test]
    fn moments_give_mean_and_standard_deviation_through_every_bound() {
        for bounds in [
            Bounds::truncated(OPEN.0, OPEN.1),
            Bounds::truncated(-0.3, 0.7),
            Bounds { low: Bound::Censored(0.1), high: Bound::Truncated(0.9) },
            Bounds { low: Bound::Truncated(-0.2), high: Bound::Censored(0.3) },
            Bounds { low: Bound::Censored(0.4), high: Bound::Truncated(0.9) },
        ] {
            for distance in [0.2, 0.26, 0.4] {
                let of = Winsorised { bounds, clip: Clip::about(0.3, distance, bounds) };
                let (mean, sigma) = of.estimate(&sums(of, 20_000, (0.0, 0.0))).expect("an estimate");
                assert!(
                    (mean - 0.3).abs() < 1e-3 && (sigma / 0.2 - 1.0).abs() < 3e-3,
                    "{bounds:?} {distance}: {mean} {sigma}"
                );
            }
        }
    }

    /// The influence function of the module documentation, at a fraction small enough for it.
    #[test]
    fn outliers_shift_sigma_by_their_influence() {
        let (c, fraction) = (1.25, 1e-3);
        let bounds = Bounds::truncated(OPEN.0, OPEN.1);
        let of = Winsorised { bounds, clip: Clip::about(0.3, c * 0.2, bounds) };
        let (_, clean) = of.estimate(&sums(of, 20_000, (0.0, 0.0))).unwrap();
        let inside = between(-c, c) - 2.0 * c * density(c);
        let mean_square = inside + c * c * (1.0 - between(-c, c));
        for z in [0.0, 1.0, -1.2, 1.25, -2.0, 3.0, 100.0] {
            let (_, dirty) = of.estimate(&sums(of, 20_000, (fraction, 0.3 + 0.2 * z))).unwrap();
            let influence = (z * z).min(c * c) - mean_square;
            let expected = fraction * influence / (2.0 * inside);
            assert!(
                ((dirty / clean).ln() - expected).abs() < 0.02 * fraction,
                "{z}: {} {expected}",
                (dirty / clean).ln()
            );
            assert!(expected < 1.36 * fraction);
        }
    }

    /// The standard error of ln s is 1.28 / sqrt(2 n); that of 400 repeats is known to 1 / sqrt(800) = 3.5 %.
    #[test]
    fn the_standard_error_is_that_of_the_influence() {
        let bounds = Bounds::truncated(OPEN.0, OPEN.1);
        let of = Winsorised { bounds, clip: Clip::about(0.0, 1.25, bounds) };
        let (repeats, n) = (400_u64, 1000);
        let mut squares = 0.0;
        for seed in 0..repeats {
            let mut stream = Seed::new(seed).named("winsorised").stream();
            let mut sums = Sums::default();
            for _ in 0..n {
                sums.push_weighted(of.clip.of(quantile(stream.random_range(1e-12..1.0))), 1.0);
            }
            squares += of.estimate(&sums).expect("an estimate").1.ln().powi(2);
        }
        let error = (squares / repeats as f64).sqrt() * f64::from(2 * n).sqrt();
        assert!((error / 1.28 - 1.0).abs() < 4.0 * 0.035, "{error}");
    }

    #[test]
    fn equal_values_have_no_estimate() {
        let bounds = Bounds::truncated(-1.0, 1.0);
        let of = Winsorised { bounds, clip: Clip { low: -0.5, high: 0.5 } };
        let mut sums = Sums::default();
        (0..9).for_each(|_| sums.push_weighted(0.5, 1.0));
        assert_eq!(of.estimate(&sums), None);
        assert_eq!(Winsorised { bounds, clip: Clip { low: 0.5, high: 0.5 } }.estimate(&sums), None);
    }
}
