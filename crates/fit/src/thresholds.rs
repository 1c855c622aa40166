//! Mean and standard deviation of a normal distribution from the fractions of values beyond two thresholds.
//!
//! ```text
//! a = P(x <= l),  b = P(x >= h)          x ~ N(m, s²); l and h are fixed, and may be ends of the window
//! s = (h - l) / (q(1 - b) - q(a))        q is the standard normal quantile; m = l - s q(a)
//! ```
//!
//! Where the data are truncated, a and b are fractions of the values in the data, and both equations are solved for m and s.
//!
//! Two thresholds bound the influence of outliers as far as any estimator can. To first order, a fraction e of outliers shifts ln s by
//! up to e G, and no estimator has a smaller G than 1 / min E|u - A v - B| over A and B, with the scores u of ln s and v of m of the
//! values as the window shows them. An estimator that attains it has an influence of the same size everywhere, which changes sign at
//! two places: it counts values beyond two thresholds (for the uncensored case: Martin and Zamar, *Ann. Stat.* 21, 991, 1993). With
//! an end of the window that clips a fraction p of the values and e = 3 %:
//!
//! ```text
//! p                           up to 0.25     0.3    0.35     0.4     0.5   0.667
//! largest shift of s                 3.6     3.9     4.3     4.8     6.1    10.3 %      exact, thresholds of upper()
//! e G                                3.5     3.9     4.4     4.9     6.2    10.1 %      any estimator, m unknown
//! e G                                3.5     3.6     3.9     4.6     6.2     9.1 %      any estimator, m known
//! ```

use crate::normal::{between, cdf, quantile};
use crate::truncated::{Bound, Bounds, Sums};
use crate::winsorised::{Clip, root};

/// Fraction of outliers that the thresholds are made for.
const FRACTION: f64 = 0.03;
/// Steps of outliers from all at the lower threshold to all at the upper.
const STEPS: u32 = 50;
/// Weight of a value relative to one of winsorised moments: the ratio of their information on ln s, (1.28 / 1.67)² (winsorised.rs), times
/// the slope of the winsorised mean square, 2 E[z²; |z| < 1.25] / 1.25².
const WEIGHT: f64 = 0.25;

/// Returns the thresholds of the smallest largest shift, in standard deviations from the mean, for an upper end of the window at `z_end`.
pub(crate) fn upper(z_end: f64) -> (f64, f64) {
    let high = z_end.min(0.6745);
    (0.4 * high - 0.9, high)
}

/// Returns the largest |s' / s - 1| by a fraction [`FRACTION`] of outliers, with thresholds `low` and `high` in standard deviations.
pub(crate) fn largest_shift((low, high): (f64, f64)) -> f64 {
    let sigma = |below: f64, above: f64| {
        let (a, b) = (cdf(low), cdf(-high));
        let outliers = |p: f64, part: f64| (1.0 - FRACTION) * p + FRACTION * part;
        (high - low) / (-quantile(outliers(b, above)) - quantile(outliers(a, below)))
    };
    let split = (0..=STEPS).map(|step| f64::from(step) / f64::from(STEPS)).map(|part| sigma(part, 1.0 - part));
    split.chain([sigma(0.0, 0.0)]).map(|sigma| (sigma - 1.0).abs()).fold(0.0, f64::max)
}

/// A normal distribution seen through bounds, counted beyond two thresholds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Thresholds {
    /// Bounds of the data.
    pub bounds: Bounds,
    /// Thresholds, within the bounds.
    pub at: Clip,
}

impl Thresholds {
    /// Returns the fractions of the values in the data below and above the thresholds under N(`mean`, `sigma`²).
    fn expected(self, mean: f64, sigma: f64) -> [f64; 2] {
        let z = |x: f64| (x - mean) / sigma;
        let [below, above] = [(self.bounds.low, f64::NEG_INFINITY), (self.bounds.high, f64::INFINITY)]
            .map(|(bound, open)| if let Bound::Truncated(at) = bound { z(at) } else { open });
        let support = between(below, above).max(f64::MIN_POSITIVE);
        [between(below, z(self.at.low)) / support, between(z(self.at.high), above) / support]
    }

    /// Returns mean and standard deviation; none without values in each of the three parts.
    pub fn estimate(self, sums: &Sums) -> Option<(f64, f64)> {
        let total = sums.n + sums.low + sums.high;
        let width = self.at.high - self.at.low;
        if sums.n.min(sums.low).min(sums.high) <= 0.0 || width.is_nan() || width <= 0.0 {
            return None;
        }
        let (a, b) = (sums.low / total, sums.high / total);
        // Without truncation.
        let sigma = width / (-quantile(b) - quantile(a));
        let start = (self.at.low - sigma * quantile(a), sigma);
        // The logarithms of odds are nearly linear in the mean and in 1 / s.
        let odds = |fraction: f64| (fraction / (1.0 - fraction)).ln();
        let residual = |[mean, ln]: [f64; 2]| {
            let [below, above] = self.expected(start.0 + start.1 * mean, start.1 * ln.exp());
            [odds(below) - odds(a), odds(above) - odds(b)]
        };
        let [mean, ln] = root(residual, [0.0, 0.0])?;
        (ln.abs() < 1.5).then(|| (start.0 + start.1 * mean, start.1 * ln.exp()))
    }

    /// Returns how far `sigma` is above the estimate, weighed like [`crate::winsorised::Winsorised::excess`]. Rises with `sigma`.
    pub fn excess(sums: &Sums, estimate: f64, sigma: f64) -> f64 {
        WEIGHT * (sums.n + sums.low + sums.high) * (sigma / estimate).ln()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normal::density;

    const OPEN: Bound = Bound::Truncated(f64::INFINITY);

    /// Sums of N(0.3, 0.2²), of which a fraction is at `below`, between or at `above` the thresholds, in z.
    fn sums(at: (f64, f64), bounds: (f64, f64), (fraction, [below, above]): (f64, [f64; 2])) -> Sums {
        let part = |from: f64, to: f64, outliers: f64| {
            (1.0 - fraction) * between(from, to) / between(bounds.0, bounds.1) + fraction * outliers
        };
        Sums {
            low: part(bounds.0, at.0, below),
            n: part(at.0, at.1, 1.0 - below - above),
            high: part(at.1, bounds.1, above),
            ..Sums::default()
        }
    }

    fn x(z: f64) -> f64 {
        0.3 + 0.2 * z
    }

    #[test]
    fn fractions_give_mean_and_standard_deviation_through_every_bound() {
        let (low, high) = (-0.9, 0.4);
        for (bounds, z) in [
            (Bounds { low: Bound::Truncated(f64::NEG_INFINITY), high: OPEN }, (f64::NEG_INFINITY, f64::INFINITY)),
            (Bounds { low: Bound::Truncated(x(-2.0)), high: Bound::Censored(x(high)) }, (-2.0, f64::INFINITY)),
            (Bounds { low: Bound::Censored(x(low)), high: Bound::Truncated(x(1.8)) }, (f64::NEG_INFINITY, 1.8)),
        ] {
            let of = Thresholds { bounds, at: Clip { low: x(low), high: x(high) } };
            let (mean, sigma) = of.estimate(&sums((low, high), z, (0.0, [0.0; 2]))).expect("an estimate");
            assert!((mean - 0.3).abs() < 1e-8 && (sigma / 0.2 - 1.0).abs() < 1e-8, "{bounds:?}: {mean} {sigma}");
        }
        let open = Thresholds { bounds: Bounds { low: OPEN, high: OPEN }, at: Clip { low: 0.2, high: 0.4 } };
        assert_eq!(open.estimate(&Sums { n: 5.0, low: 0.0, high: 5.0, ..Sums::default() }), None);
    }

    /// The shift of the module documentation holds for every place of the outliers, and is reached.
    #[test]
    fn outliers_shift_sigma_by_no_more_than_stated() {
        let everywhere = (f64::NEG_INFINITY, f64::INFINITY);
        for (clipped, most) in
            [(0.25, 0.036), (0.3, 0.0395), (0.35, 0.0436), (0.4, 0.0485), (0.5, 0.0613), (0.667, 0.1032)]
        {
            let (low, high) = upper(quantile(1.0 - clipped));
            let bounds = Bounds { low: Bound::Truncated(f64::NEG_INFINITY), high: Bound::Censored(x(high)) };
            let of = Thresholds { bounds, at: Clip { low: x(low), high: x(high) } };
            let parts = (0..=20).map(|part| f64::from(part) / 20.0);
            let places = parts.map(|part| [part, 1.0 - part]).chain([[0.0, 0.0]]);
            let shift =
                |place| (of.estimate(&sums((low, high), everywhere, (FRACTION, place))).unwrap().1 / 0.2 - 1.0).abs();
            let largest = places.map(shift).fold(0.0, f64::max);
            assert!((largest - largest_shift((low, high))).abs() < 1e-4, "{clipped}: {largest}");
            assert!(largest < most && largest > most - 0.002, "{clipped}: {largest}");
        }
    }

    /// The first-order bound of the module documentation for any estimator: 1 / min E|u - A v - B|, on a grid. Thresholds are within 4 % of it.
    #[test]
    fn no_estimator_is_much_better_than_thresholds() {
        for clipped in [0.25, 0.35, 0.5] {
            let end = quantile(1.0 - clipped);
            let count = 4000;
            let z: Vec<f64> =
                (0..count).map(|k| quantile((f64::from(k) + 0.5) / f64::from(count) * (1.0 - clipped))).collect();
            let hazard = density(end) / clipped;
            let mean = |a: f64, b: f64| {
                let visible: f64 = z.iter().map(|z| (z * z - 1.0 - a * z - b).abs()).sum();
                (1.0 - clipped) * visible / f64::from(count) + clipped * (end * hazard - a * hazard - b).abs()
            };
            let grid = || (-60..=60).map(|k| f64::from(k) / 40.0);
            let least =
                grid().flat_map(|a| grid().map(move |b| (a, b))).map(|(a, b)| mean(a, b)).fold(f64::INFINITY, f64::min);
            let thresholds = largest_shift(upper(end)) / FRACTION;
            assert!(thresholds * least > 0.97 && thresholds * least < 1.04, "{clipped}: {thresholds} {}", 1.0 / least);
        }
    }
}
