//! The robust estimator of each target: winsorised moments, or thresholds where the window clips many writes.
//!
//! ```text
//! nearest end of the window       estimator, points in standard deviations             largest shift by 3 % of outliers
//! 1.25 or further                 winsorised moments at 1.25                           4.2 %
//! 0.85 to 1.25                    winsorised moments at the end, 1.05 or further       4.1 % (clips 20 %)
//! nearer, or beyond the centre    thresholds: the end, and another (../thresholds.rs)  3.6 % (25 %), 4.8 % (40 %), 6.1 % (50 %)
//! ```
//!
//! Winsorised moments have the smaller standard error: 1.28 to 1.48 times that of the maximum of the likelihood without a window, against
//! 1.67 (25 %) to 2.19 (50 %). Outliers within the noise are left out for winsorised moments only (cuts.rs): counts beyond thresholds are
//! worse off with a cut that outliers elsewhere provoke than with outliers in a tail.

use super::cuts::Weighted;
use crate::robust::Points;
use crate::thresholds::upper;
use crate::truncated::{Bound, Bounds, Sums};
use crate::winsorised::Clip;

/// Winsorising points in standard deviations.
pub(super) const WINSOR: f64 = 1.25;
/// Smallest winsorising points where an end of the window is nearer.
const MIN_WINSOR: f64 = 1.05;
/// Distance of the end of the window, in standard deviations, from which moments are winsorised.
const FAR: f64 = 0.85;
/// Rounds of thresholds.
const ROUNDS: usize = 3;
/// Smallest number of writes in each of the three parts that thresholds make.
const MIN_WRITES: f64 = 10.0;

/// Returns the distances of the clipped ends of the window from `centre` in units of `sigma`: of the lower and of the upper end.
pub(super) fn distances(bounds: Bounds, (centre, sigma): (f64, f64)) -> [f64; 2] {
    let of = |bound: Bound, side: f64| match bound {
        Bound::Censored(at) => side * (at - centre) / sigma,
        Bound::Truncated(_) => f64::INFINITY,
    };
    [of(bounds.low, -1.0), of(bounds.high, 1.0)]
}

/// Returns the thresholds for ends of the window at `distances`, in standard deviations.
pub(super) fn thresholds([low, high]: [f64; 2]) -> (f64, f64) {
    let (other, near) = upper(low.min(high));
    if high <= low { (other.max(-low), near) } else { (-near, (-other).min(high)) }
}

/// Returns winsorising points of v between `bounds`. The robust `centre` and `sigma` are those of `to(v)`, which is normal; `from` is its
/// inverse.
pub(super) fn winsorised(
    bounds: Bounds,
    (centre, sigma): (f64, f64),
    (to, from): (impl Fn(f64) -> f64, impl Fn(f64) -> f64),
) -> Points {
    let [low, high] = distances(bounds.mapped(&to), (centre, sigma));
    let nearest = low.min(high);
    let distance = if nearest >= FAR { nearest.clamp(MIN_WINSOR, WINSOR) } else { WINSOR };
    Points::Winsorised(Clip::about(centre, distance * sigma, bounds.mapped(&to)).mapped(&from))
}

/// Returns thresholds of v for `values` of v between `bounds`, if an end of the window is near and there are enough values; the other
/// arguments are those of [`winsorised`]. Each round starts at the estimate of the round before, on which outliers have less influence.
pub(super) fn counted(
    values: &[Weighted],
    bounds: Bounds,
    mut start: (f64, f64),
    (to, from): (impl Fn(f64) -> f64, impl Fn(f64) -> f64),
) -> Option<Points> {
    let mapped = bounds.mapped(&to);
    let [low, high] = distances(mapped, start);
    if low.min(high) >= FAR {
        return None;
    }
    let mut at = Clip { low: f64::NAN, high: f64::NAN };
    for _ in 0..ROUNDS {
        let ends = distances(mapped, start);
        let (low, high) = thresholds(ends);
        let within = |z: f64| between_values(values, from(start.0 + z * start.1));
        at = Clip {
            low: if -low >= ends[0] { bounds.low.at() } else { within(low) },
            high: if high >= ends[1] { bounds.high.at() } else { within(high) },
        };
        let mut sums = Sums::default();
        values.iter().for_each(|&(v, weight)| sums.add(&Points::Thresholds(at).sums(v, weight, |v| v)[0]));
        if sums.low.min(sums.n).min(sums.high) < MIN_WRITES {
            return None;
        }
        start = Points::Thresholds(at.mapped(&to)).estimate(mapped, &sums)?;
    }
    Some(Points::Thresholds(at))
}

/// Returns the middle between the two `values` next to `at`: rounded values then are on the same side as exact ones.
fn between_values(values: &[Weighted], at: f64) -> f64 {
    let below = values.iter().map(|value| value.0).filter(|v| *v <= at).fold(f64::NEG_INFINITY, f64::max);
    let above = values.iter().map(|value| value.0).filter(|v| *v > at).fold(f64::INFINITY, f64::min);
    let middle = 0.5 * (below + above);
    if middle.is_finite() { middle } else { at }
}
