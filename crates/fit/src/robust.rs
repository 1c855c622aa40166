//! Estimators of a normal distribution with a bounded influence of outliers: winsorised moments and thresholds.

use crate::thresholds::Thresholds;
use crate::truncated::{Bounds, Sums};
use crate::winsorised::{Clip, Winsorised};

/// What a robust estimator keeps of values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Points {
    /// Values, those beyond the points moved to them ([`Winsorised`]).
    Winsorised(Clip),
    /// Numbers of values beyond the points ([`Thresholds`]).
    Thresholds(Clip),
}

impl Points {
    /// Returns the points of `map(x)`, which rises.
    pub fn mapped(self, map: impl Fn(f64) -> f64) -> Points {
        match self {
            Points::Winsorised(clip) => Points::Winsorised(clip.mapped(map)),
            Points::Thresholds(at) => Points::Thresholds(at.mapped(map)),
        }
    }

    /// Returns the sums of `x` and of `map(x)`, which rises, with a `weight`.
    pub fn sums(self, x: f64, weight: f64, map: impl Fn(f64) -> f64) -> [Sums; 2] {
        let mut sums = [Sums::default(); 2];
        match self {
            Points::Winsorised(clip) => {
                sums[0].push_weighted(clip.of(x), weight);
                sums[1].push_weighted(map(clip.of(x)), weight);
            }
            Points::Thresholds(at) => {
                let count = |of: &mut Sums| {
                    if x <= at.low {
                        of.low = weight
                    } else if x >= at.high {
                        of.high = weight
                    } else {
                        of.n = weight
                    }
                };
                sums.iter_mut().for_each(count);
            }
        }
        sums
    }

    /// Returns mean and standard deviation of values seen through `bounds`, from their `sums`; none if these do not determine them.
    pub fn estimate(self, bounds: Bounds, sums: &Sums) -> Option<(f64, f64)> {
        match self {
            Points::Winsorised(clip) => Winsorised { bounds, clip }.estimate(sums),
            Points::Thresholds(at) => Thresholds { bounds, at }.estimate(sums),
        }
    }

    /// Returns a function of `sigma` that rises, and is 0 at the estimate of `sums`; sums of several bins add up.
    pub fn excess(self, bounds: Bounds, sums: &Sums, (mean, own): (f64, f64), sigma: f64) -> f64 {
        match self {
            Points::Winsorised(clip) => Winsorised { bounds, clip }.excess(sums, mean, sigma),
            Points::Thresholds(_) => Thresholds::excess(sums, own, sigma),
        }
    }
}
