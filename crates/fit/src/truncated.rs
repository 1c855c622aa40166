//! Maximum likelihood of a normal distribution that is seen through bounds.
//!
//! ```text
//! x ~ N(m, s²)
//! truncated at a bound     values beyond it are not in the data (acceptance window, outliers left out)
//! censored at a bound      values beyond it are in the data, at the bound (end of the conductance window)
//!
//! ln L = -n ln s - sum (x - m)² / 2 s² + n_low ln P(x < low) + n_high ln P(x > high) - N ln P(support)
//! ```
//!
//! n values lie between the bounds, n_low and n_high are censored, N is their sum. Given the bounds, n,
//! sum x and sum x² are sufficient. Cohen, *Truncated and Censored Samples* (1991), chapters 2 and 3.

use crate::normal::between;

/// Largest number of Newton steps.
const STEPS: usize = 60;
/// Relative change at which the search ends.
const CONVERGED: f64 = 1e-9;
/// Smallest ratio of the curvatures in the two directions.
const DEFINITE: f64 = 1e-3;
/// Step of numerical derivatives, in standard deviations.
const DIFFERENCE: f64 = 1e-4;

/// Sums over values between two bounds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Sums {
    /// Number of values between the bounds.
    pub n: f64,
    /// Sum of the values.
    pub sum: f64,
    /// Sum of their squares.
    pub squares: f64,
    /// Number of values censored at the lower bound.
    pub low: f64,
    /// Number of values censored at the upper bound.
    pub high: f64,
}

impl Sums {
    /// Adds a value between the bounds that counts `weight` times.
    pub fn push_weighted(&mut self, value: f64, weight: f64) {
        self.n += weight;
        self.sum += weight * value;
        self.squares += weight * value * value;
    }

    /// Returns the sums of `times` copies of the values.
    pub fn times(self, times: f64) -> Sums {
        Sums {
            n: times * self.n,
            sum: times * self.sum,
            squares: times * self.squares,
            low: times * self.low,
            high: times * self.high,
        }
    }

    /// Adds other sums.
    pub fn add(&mut self, other: &Sums) {
        self.n += other.n;
        self.sum += other.sum;
        self.squares += other.squares;
        self.low += other.low;
        self.high += other.high;
    }

    /// Returns the mean between the bounds.
    pub fn mean(&self) -> f64 {
        self.sum / self.n
    }

    /// Returns the variance between the bounds, with divisor n.
    pub fn variance(&self) -> f64 {
        let mean = self.mean();
        (self.squares / self.n - mean * mean).max(0.0)
    }

    /// Returns the sum of squares about `centre`.
    pub fn about(&self, centre: f64) -> f64 {
        (self.squares - 2.0 * centre * self.sum + self.n * centre * centre).max(0.0)
    }
}

/// A bound of the data.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Bound {
    /// Values beyond are not in the data; infinite without a bound.
    Truncated(f64),
    /// Values beyond are at the bound.
    Censored(f64),
}

impl Bound {
    /// Returns the place of the bound.
    pub fn at(self) -> f64 {
        match self {
            Bound::Truncated(at) | Bound::Censored(at) => at,
        }
    }
}

/// Lower and upper bound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bounds {
    /// Lower bound.
    pub low: Bound,
    /// Upper bound.
    pub high: Bound,
}

impl Bounds {
    /// Returns bounds at which values are missing.
    pub fn truncated(low: f64, high: f64) -> Bounds {
        Bounds { low: Bound::Truncated(low), high: Bound::Truncated(high) }
    }

    /// Returns the bounds of `map(x)`, which rises.
    pub fn mapped(self, map: impl Fn(f64) -> f64) -> Bounds {
        let bound = |bound| match bound {
            Bound::Truncated(at) => Bound::Truncated(map(at)),
            Bound::Censored(at) => Bound::Censored(map(at)),
        };
        Bounds { low: bound(self.low), high: bound(self.high) }
    }

    /// Returns the probability of the values in the data under N(`mean`, `sigma`²).
    pub fn support(self, mean: f64, sigma: f64) -> f64 {
        let [low, high] = [(self.low, f64::NEG_INFINITY), (self.high, f64::INFINITY)]
            .map(|(bound, open)| if let Bound::Truncated(at) = bound { (at - mean) / sigma } else { open });
        between(low, high)
    }

    /// Returns the log-likelihood of `sums` under N(`mean`, `sigma`²).
    pub fn ln_likelihood(self, sums: &Sums, mean: f64, sigma: f64) -> f64 {
        let [low, high] = [self.low, self.high].map(|bound| (bound.at() - mean) / sigma);
        let (below, above) = (between(f64::NEG_INFINITY, low), between(high, f64::INFINITY));
        let mut support = between(low, high);
        let mut ln = -sums.n * sigma.ln() - sums.about(mean) / (2.0 * sigma * sigma);
        if let Bound::Censored(_) = self.low {
            support += below;
            ln += if sums.low > 0.0 { sums.low * below.max(f64::MIN_POSITIVE).ln() } else { 0.0 };
        }
        if let Bound::Censored(_) = self.high {
            support += above;
            ln += if sums.high > 0.0 { sums.high * above.max(f64::MIN_POSITIVE).ln() } else { 0.0 };
        }
        ln - (sums.n + sums.low + sums.high) * support.max(f64::MIN_POSITIVE).ln()
    }

    /// Returns mean and standard deviation with the largest likelihood; none for fewer than two different values, or if
    /// the data do not bound the standard deviation.
    pub fn estimate(self, sums: &Sums) -> Option<(f64, f64)> {
        let start = sums.variance().sqrt();
        if sums.n < 2.0 || start <= 1e-12 * (1.0 + sums.mean().abs()) {
            return None;
        }
        // x[0] = mean, x[1] = ln sigma, both in units of the start.
        let at = |x: [f64; 2]| self.ln_likelihood(sums, sums.mean() + start * x[0], start * x[1].exp());
        let x = maximum(at, [0.0, 0.0])?;
        (x[1].abs() < 2.0).then(|| (sums.mean() + start * x[0], start * x[1].exp()))
    }

    /// Returns the standard deviation with the largest likelihood for the mean `mean(sigma)`.
    pub fn estimate_sigma(self, sums: &Sums, mean: impl Fn(f64) -> f64) -> Option<f64> {
        let start = (sums.about(mean(0.0)) / sums.n).sqrt();
        if sums.n < 2.0 || start <= 1e-12 * (1.0 + sums.mean().abs()) {
            return None;
        }
        let at = |ln: f64| self.ln_likelihood(sums, mean(start * ln.exp()), start * ln.exp());
        let ln = golden(at, -2.0, 3.0);
        (ln < 2.9).then(|| start * ln.exp())
    }
}

/// Maximises `value` by damped Newton steps with numerical derivatives.
pub(crate) fn maximum(value: impl Fn([f64; 2]) -> f64, start: [f64; 2]) -> Option<[f64; 2]> {
    let (mut x, mut best) = (start, value(start));
    for _ in 0..STEPS {
        let h = DIFFERENCE;
        let at = |i: f64, j: f64| value([x[0] + i * h, x[1] + j * h]);
        let gradient = [(at(1.0, 0.0) - at(-1.0, 0.0)) / (2.0 * h), (at(0.0, 1.0) - at(0.0, -1.0)) / (2.0 * h)];
        let hxx = (at(1.0, 0.0) - 2.0 * best + at(-1.0, 0.0)) / (h * h);
        let hyy = (at(0.0, 1.0) - 2.0 * best + at(0.0, -1.0)) / (h * h);
        let hxy = (at(1.0, 1.0) - at(1.0, -1.0) - at(-1.0, 1.0) + at(-1.0, -1.0)) / (4.0 * h * h);
        let step = newton(gradient, [hxx, hxy, hyy]);
        let size = step[0].abs().max(step[1].abs());
        let mut damping = if size > 0.5 { 0.5 / size } else { 1.0 };
        let mut moved = false;
        for _ in 0..30 {
            let next = [x[0] + damping * step[0], x[1] + damping * step[1]];
            let found = value(next);
            if found.is_finite() && found >= best {
                (x, best, moved) = (next, found, true);
                break;
            }
            damping *= 0.5;
        }
        if !moved || damping * size < CONVERGED.sqrt() {
            return best.is_finite().then_some(x);
        }
    }
    None
}

/// Returns the Newton step. Where the Hessian (xx, xy, yy) is not negative definite, it is moved by a multiple of the identity.
fn newton(gradient: [f64; 2], [mut xx, xy, mut yy]: [f64; 3]) -> [f64; 2] {
    let (middle, radius) = (0.5 * (xx + yy), (0.25 * (xx - yy).powi(2) + xy * xy).sqrt());
    let (largest, smallest) = (middle + radius, middle - radius);
    let bound = -DEFINITE * smallest.abs().max(radius);
    if largest > bound {
        xx += bound - largest;
        yy += bound - largest;
    }
    let determinant = xx * yy - xy * xy;
    [-(yy * gradient[0] - xy * gradient[1]) / determinant, -(xx * gradient[1] - xy * gradient[0]) / determinant]
}

/// Maximises a function with one maximum between `low` and `high` by golden section.
pub(crate) fn golden(value: impl Fn(f64) -> f64, mut low: f64, mut high: f64) -> f64 {
    let ratio = (5f64.sqrt() - 1.0) / 2.0;
    let (mut a, mut b) = (high - ratio * (high - low), low + ratio * (high - low));
    let (mut at_a, mut at_b) = (value(a), value(b));
    while high - low > 1e-7 {
        if at_a > at_b {
            (high, b, at_b) = (b, a, at_a);
            a = high - ratio * (high - low);
            at_a = value(a);
        } else {
            (low, a, at_a) = (a, b, at_b);
            b = low + ratio * (high - low);
            at_b = value(b);
        }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use ohmspike_rng::Seed;
    use rand::RngExt;

    use super::*;
    use crate::normal::quantile;

    fn normals(seed: u64, count: usize) -> Vec<f64> {
        let mut stream = Seed::new(seed).stream();
        (0..count).map(|_| quantile(stream.random_range(1e-12..1.0))).collect()
    }

    fn sums(values: &[f64], bounds: Bounds) -> Sums {
        let mut sums = Sums::default();
        for &value in values {
            match (value < bounds.low.at(), value > bounds.high.at()) {
                (true, _) => sums.low += f64::from(u8::from(matches!(bounds.low, Bound::Censored(_)))),
                (_, true) => sums.high += f64::from(u8::from(matches!(bounds.high, Bound::Censored(_)))),
                _ => sums.push_weighted(value, 1.0),
            }
        }
        sums
    }

    /// The standard error of ln sigma of n complete values is 1 / sqrt(2 n) = 0.0022; bounds at one standard deviation
    /// lose at most nine tenths of the information about it.
    #[test]
    fn bounds_do_not_shift_the_estimates() {
        let values: Vec<f64> = normals(1, 100_000).iter().map(|z| 0.3 + 0.2 * z).collect();
        let all = [
            Bounds::truncated(f64::NEG_INFINITY, f64::INFINITY),
            Bounds::truncated(-0.3, 0.9),
            Bounds::truncated(0.1, 0.6),
            Bounds { low: Bound::Censored(0.1), high: Bound::Truncated(0.9) },
            Bounds { low: Bound::Censored(0.1), high: Bound::Censored(0.5) },
        ];
        for bounds in all {
            let (mean, sigma) = bounds.estimate(&sums(&values, bounds)).expect("an estimate");
            assert!((mean - 0.3).abs() < 0.02 && (sigma / 0.2 - 1.0).abs() < 5.0 * 0.0022 * 10f64.sqrt(), "{bounds:?}");
        }
    }

    /// Writes to the end of a window, with three quarters of them at the end.
    #[test]
    fn a_small_visible_part_determines_the_rest() {
        let bounds = Bounds { low: Bound::Censored(0.0), high: Bound::Truncated(2.4) };
        for seed in 0..300 {
            let values: Vec<f64> = normals(seed, 100).iter().map(|z| -0.46 + 0.956 * z).collect();
            assert!(bounds.estimate(&sums(&values, bounds)).is_some(), "{seed}");
        }
    }

    #[test]
    fn a_uniform_histogram_has_no_standard_deviation() {
        let values: Vec<f64> = (0..1000).map(|k| -1.0 + 0.002 * f64::from(k)).collect();
        let bounds = Bounds::truncated(-1.0, 1.0);
        assert!(bounds.estimate(&sums(&values, bounds)).is_none_or(|(_, sigma)| sigma > 2.0));
    }

    #[test]
    fn one_value_has_no_estimate() {
        let bounds = Bounds::truncated(-1.0, 1.0);
        assert_eq!(bounds.estimate(&sums(&[0.5], bounds)), None);
        assert_eq!(bounds.estimate(&sums(&[0.5; 9], bounds)), None);
    }
}
