//! Intervals of exponential curves from the profile of their sum of squares.
//!
//! ```text
//! S(p) = min over the other parameters of sum ((y - curve) / error)²        interval: S(p) - S_min < D t²
//! D = variance of k over cells / that from the errors of bins, at least 1       y = k curve, the design effect
//! ```
//!
//! Step, amplitude and steepness are so correlated that their errors differ much within an interval: an error at the estimate
//! does not describe it. Bates and Watts, *Nonlinear Regression Analysis* (1988), chapter 6. For a steepness and one other parameter
//! the curve is linear in the third.

use super::curve::{STATE_SCALE, STEEPNESS};
use super::steps::BinMean;

/// Steepnesses between which S is interpolated by its smallest value.
const GRID: u32 = 400;
/// Steps outward to an end of an interval, each twice as long as the one before, and bisections.
const STEPS: (u32, u32) = (60, 50);

/// Weighted sums over bins for one steepness: of 1, e, e², y, y e and y², with e = exp(γ v).
#[derive(Clone, Copy, Debug)]
struct Sums {
    steepness: f64,
    one: f64,
    e: f64,
    ee: f64,
    y: f64,
    ye: f64,
    yy: f64,
}

/// Profile of an exponential curve y = s (1 - A exp(γ v)) through the means of bins.
#[derive(Clone, Debug)]
pub(super) struct Profile {
    sums: Vec<Sums>,
    least: f64,
}

impl Profile {
    /// Sums the means of one direction.
    pub fn new(means: &[BinMean], up: bool) -> Profile {
        let sign = if up { 1.0 } else { -1.0 };
        let at = |steepness: f64| {
            let mut sums = Sums { steepness, one: 0.0, e: 0.0, ee: 0.0, y: 0.0, ye: 0.0, yy: 0.0 };
            for mean in means {
                let (weight, e) = (mean.error.powi(-2), (steepness * STATE_SCALE * (2.0 * mean.x - 1.0) * sign).exp());
                sums.one += weight;
                sums.e += weight * e;
                sums.ee += weight * e * e;
                sums.y += weight * mean.y;
                sums.ye += weight * mean.y * e;
                sums.yy += weight * mean.y * mean.y;
            }
            sums
        };
        let (low, high) = STEEPNESS;
        let sums: Vec<Sums> =
            (0..=GRID).map(|step| at(low * (high / low).powf(f64::from(step) / f64::from(GRID)))).collect();
        let least = sums.iter().map(Sums::free).fold(f64::INFINITY, f64::min);
        Profile { sums, least }
    }

    /// Returns the interval of parameter `index` (step, amplitude, steepness) about its `value` in which the sum of squares
    /// rises by less than `rise`. That of the steepness ends at the range of the fit.
    pub fn interval(&self, index: usize, value: f64, rise: f64) -> (f64, f64) {
        if index == 2 {
            let inside = || self.sums.iter().filter(|sums| sums.free() - self.least < rise).map(|sums| sums.steepness);
            return (inside().fold(value, f64::min), inside().fold(value, f64::max));
        }
        let of = |sums: &Sums, at: f64| if index == 0 { sums.with_step(at) } else { sums.with_amplitude(at) };
        let is_inside = |at: f64| {
            self.sums.iter().map(|sums| of(sums, at)).fold(f64::INFINITY, f64::min) - self.least < rise
        };
        let end = |sign: f64| {
            let (mut inside, mut outside, mut step) = (value, value, 1e-4 * value.abs().max(1e-6));
            for _ in 0..STEPS.0 {
                outside = inside + sign * step;
                // A step is positive.
                if index == 0 && outside <= 0.0 {
                    outside = 0.0;
                }
                if !is_inside(outside) || outside == 0.0 {
                    break;
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
        let profile = Profile::new(&means(curve, 1e-6), true);
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
        let profile = Profile::new(&means(|_| 0.01, 1e-3), true);
        assert!(profile.interval(2, 5.0, 4.0).1 / profile.interval(2, 5.0, 4.0).0 > 20.0);
    }
}
