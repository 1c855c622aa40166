//! Intervals of exponential curves from the profile of their sum of squares.
//!
//! ```text
//! S(p) = min over the other parameters of sum ((y - curve) / error)²        interval: S(p) - S_min < 3 D F
//! D = variance of k over cells / that from the errors of bins, at least 1       y = k curve, the design effect
//! ```
//!
//! Step, amplitude and steepness are so correlated that their errors differ much within an interval: an error at the estimate
//! does not describe it. F has 3 degrees of freedom, so the intervals hold for the three numbers together: they miss as one. Bates
//! and Watts, *Nonlinear Regression Analysis* (1988), chapter 6. For a steepness and one other parameter the curve is linear in the
//! third.

use super::curve::{STATE_SCALE, STEEPNESS};
use super::steps::BinMean;
use crate::truncated::golden;

/// Steepnesses about which the smallest S is sought.
const GRID: u32 = 60;
/// Steps outward to an end of an interval, each twice as long as the one before, and bisections.
const STEPS: (u32, u32) = (60, 50);

/// Weighted sums over bins for one steepness: of 1, e, e², y, y e and y², with e = exp(γ v).
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    one: f64,
    e: f64,
    ee: f64,
    y: f64,
    ye: f64,
    yy: f64,
}

/// Profile of an exponential curve y = s (1 - A exp(γ v)) through the means of bins.
#[derive(Clone, Debug)]
pub(super) struct Profile<'a> {
    means: &'a [BinMean],
    sign: f64,
    grid: Vec<Sums>,
    least: f64,
}

impl Profile<'_> {
    /// Sums the means of one direction; `sign` is that of the steepness of the fit.
    pub fn new(means: &[BinMean], up: bool, sign: f64) -> Profile<'_> {
        let mut found = Profile { means, sign: if up { sign } else { -sign }, grid: Vec::new(), least: 0.0 };
        found.grid = (0..=GRID).map(|step| found.at(steepness(step))).collect();
        found.least = found.lowest(Sums::free);
        found
    }

    fn at(&self, steepness: f64) -> Sums {
        let mut sums = Sums::default();
        for mean in self.means {
            let place = STATE_SCALE * (2.0 * mean.x - 1.0) * self.sign;
            let (weight, e) = (mean.error.powi(-2), (steepness * place).exp());
            sums.one += weight;
            sums.e += weight * e;
            sums.ee += weight * e * e;
            sums.y += weight * mean.y;
            sums.ye += weight * mean.y * e;
            sums.yy += weight * mean.y * mean.y;
        }
        sums
    }

    /// Returns the smallest sum of squares over all steepnesses, `of` the sums for one.
    fn lowest(&self, of: impl Fn(&Sums) -> f64) -> f64 {
        let values: Vec<f64> = self.grid.iter().map(&of).collect();
        let best = (0..values.len()).min_by(|&a, &b| values[a].total_cmp(&values[b])).unwrap_or_default() as u32;
        let (low, high) = (steepness(best.saturating_sub(1)), steepness((best + 1).min(GRID)));
        let ln = golden(|ln| -of(&self.at(ln.exp())), low.ln(), high.ln());
        of(&self.at(ln.exp())).min(values[best as usize])
    }

    /// Returns the interval of parameter `index` (step, amplitude, absolute steepness) about its `value` in which the sum of squares
    /// rises by less than `rise`. That of the steepness ends at the range of the fit.
    pub fn interval(&self, index: usize, value: f64, rise: f64) -> (f64, f64) {
        let squares = |at: f64| match index {
            0 => self.lowest(|sums| sums.with_step(at)),
            1 => self.lowest(|sums| sums.with_amplitude(at)),
            _ => self.at(at).free(),
        };
        let is_inside = |at: f64| squares(at) - self.least < rise;
        let (low, high) = [(0.0, 1.0), (f64::NEG_INFINITY, f64::INFINITY), STEEPNESS][index];
        let end = |sign: f64| {
            let (mut inside, mut step) = (value, 1e-4 * value.abs().max(1e-6));
            let mut outside = value;
            for _ in 0..STEPS.0 {
                outside = (inside + sign * step).clamp(low, high);
                if !is_inside(outside) {
                    break;
                }
                if outside == low || outside == high {
                    return outside;
                }
                (inside, step) = (outside, 2.0 * step);
            }
            for _ in 0..STEPS.1 {
                let middle = 0.5 * (inside + outside);
                if is_inside(middle) { inside = middle } else { outside = middle }
            }
            outside
        };
        (end(-1.0), end(1.0))
    }
}

/// Returns a steepness of the grid.
fn steepness(step: u32) -> f64 {
    let (low, high) = STEEPNESS;
    low * (high / low).powf(f64::from(step) / f64::from(GRID))
}

impl Sums {
    /// Returns the smallest sum of squares.
    fn free(&self) -> f64 {
        let determinant = self.one * self.ee - self.e * self.e;
        if determinant <= 1e-12 * self.one * self.ee {
            return f64::INFINITY;
        }
        let (a, b) = (self.ee * self.y - self.e * self.ye, self.one * self.ye - self.e * self.y);
        self.yy - (a * self.y + b * self.ye) / determinant
    }

    /// Returns the smallest sum of squares for the step s: y - s = c e.
    fn with_step(&self, s: f64) -> f64 {
        self.yy - 2.0 * s * self.y + s * s * self.one - (self.ye - s * self.e).powi(2) / self.ee
    }

    /// Returns the smallest sum of squares for the amplitude A: y = s (1 - A e).
    fn with_amplitude(&self, a: f64) -> f64 {
        let (y, square) = (self.y - a * self.ye, self.one - 2.0 * a * self.e + a * a * self.ee);
        self.yy - y * y / square
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn means(curve: impl Fn(f64) -> f64, error: f64) -> Vec<BinMean> {
        (0..30).map(|bin| (f64::from(bin) + 0.5) / 30.0).map(|x| BinMean { x, y: curve(x), error, n: 100 }).collect()
    }

    /// With small errors a profile is a parabola: the end of the interval of the step at a rise of 4 is twice as far as at 1,
    /// and the true parameters have no rise.
    #[test]
    fn small_errors_have_a_parabola() {
        let curve = |x: f64| 0.01 * (1.0 + 0.5 * (5.0 * STATE_SCALE * (2.0 * x - 1.0)).exp());
        let means = means(curve, 1e-6);
        let profile = Profile::new(&means, true, 1.0);
        for (index, value) in [(0, 0.01), (1, -0.5)] {
            let [one, two] = [1.0, 4.0].map(|rise| profile.interval(index, value, rise));
            assert!(one.0 < value && value < one.1, "{one:?}");
            assert!(((two.1 - two.0) / (one.1 - one.0) - 2.0).abs() < 0.1, "{one:?} {two:?}");
        }
        let (low, high) = profile.interval(2, 5.0, 4.0);
        assert!(low > 4.8 && high < 5.2, "{low} {high}");
    }

    /// A curve that is constant within its errors bounds no steepness.
    #[test]
    fn a_constant_curve_bounds_no_steepness() {
        let means = means(|_| 0.01, 1e-3);
        let profile = Profile::new(&means, true, 1.0);
        assert!(profile.interval(2, 5.0, 4.0).1 / profile.interval(2, 5.0, 4.0).0 > 20.0);
    }
}
