//! Noise of reads about the lines of drift, and what it adds to slopes and shifts.
//!
//! ```text
//! e = (I - H) y,  E e_i² = f Σ_j (I - H)_ij² v_j          v = 1 or G² on the scale of G, 1 / G² or 1 on that of ln G
//! f = Σ e² / Σ E e² at f = 1                              over all series
//! slope = Σ w_j y_j,  w_j = (x_j - mean x) / Σ (x - mean x)²       its variance is f Σ w_j² v_j
//! ```
//!
//! Noise is the same at all conductances or proportional to them, as in a device file. After much drift, a value right after the
//! write has another noise than later ones. The likelihood of the residuals tells which.

use super::lines::Series;
use super::outliers::Scale;

/// Difference of log-likelihoods that decides between the laws of noise: very strong evidence of Kass and Raftery (1995).
const EVIDENCE: f64 = 5.0;

/// Variances that reads add to the estimates of one series, for a unit factor f.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Errors {
    /// Variance of the slope.
    pub slope: f64,
    /// Covariance of slope and intercept.
    pub cross: f64,
    /// Variance of the line at the first time, and of the value right after the write.
    pub shift: f64,
    /// Sum of squared residuals.
    pub squares: f64,
    /// Its expectation.
    pub expected: f64,
}

/// Noise of all series.
#[derive(Clone, Debug)]
pub(super) struct ReadNoise {
    /// Errors of each series, by the likelier law.
    pub errors: Vec<Errors>,
    /// Errors by the other law, if the residuals do not exclude it.
    pub other: Option<Vec<Errors>>,
}

impl ReadNoise {
    /// Fits the noise of `series` about their lines on `scale`; `first` is the first time, s.
    pub fn new(series: &[Series], scale: Scale, first: f64) -> ReadNoise {
        let of = |relative: bool| {
            let mut likelihood = Likelihood::default();
            let errors = series.iter().map(|one| errors(one, scale, relative, first.ln(), &mut likelihood)).collect();
            (errors, likelihood.ln())
        };
        let ((constant, of_constant), (relative, of_relative)) = (of(false), of(true));
        let decided = (of_constant - of_relative).abs() > EVIDENCE;
        let (errors, other) = if of_constant > of_relative { (constant, relative) } else { (relative, constant) };
        ReadNoise { errors, other: (!decided).then_some(other) }
    }
}

/// Returns the factor f of `errors` with their weights.
pub(super) fn factor<'a>(errors: impl Iterator<Item = (f64, &'a Errors)>) -> f64 {
    let add =
        |sum: (f64, f64), (weight, one): (f64, &Errors)| (sum.0 + weight * one.squares, sum.1 + weight * one.expected);
    let (squares, expected) = errors.fold((0.0, 0.0), add);
    if expected > 0.0 { squares / expected } else { 0.0 }
}

/// Sums for the likelihood of residuals, of which n points have n - 2 independent ones.
#[derive(Clone, Copy, Debug, Default)]
struct Likelihood {
    degrees: f64,
    squares: f64,
    ln: f64,
}

impl Likelihood {
    fn ln(&self) -> f64 {
        if self.squares > 0.0 { -0.5 * (self.degrees * (self.squares / self.degrees).ln() + self.ln) } else { 0.0 }
    }
}

/// Returns the errors of one series, and adds its residuals to the likelihood.
fn errors(one: &Series, scale: Scale, relative: bool, first: f64, likelihood: &mut Likelihood) -> Errors {
    let line = if scale == Scale::Ln { one.power } else { one.linear };
    // The conductance of the line, which noise moves less than that of a value.
    let conductance = |x: f64| {
        let at = line.at(x);
        if scale == Scale::Ln { at.exp() } else { at.max(0.1 * one.first) }
    };
    let unit = |g: f64| match (scale, relative) {
        (Scale::Ln, false) => 1.0 / (g * g),
        (Scale::Linear, true) => g * g,
        _ => 1.0,
    };
    let (n, mean) = line.points;
    let points: Vec<(f64, f64, f64)> = one
        .values
        .iter()
        .map(|&(t, g)| {
            let (x, y) = (t.ln(), if scale == Scale::Ln { g.ln() } else { g });
            (x - mean, y - line.at(x), unit(conductance(x)))
        })
        .collect();
    let xx: f64 = points.iter().map(|point| point.0 * point.0).sum();
    let start = one.start.map_or(0.0, unit);
    if xx <= 1e-12 {
        let line = points.iter().map(|point| point.2).sum::<f64>() / (n * n);
        return Errors { shift: start + line, ..Errors::default() };
    }
    let weighted = |weight: &dyn Fn(f64) -> f64| points.iter().map(|point| weight(point.0) * point.2).sum::<f64>();
    let slope = |x: f64| x / xx;
    let intercept = |x: f64| 1.0 / n - mean * slope(x);
    let at_first = |x: f64| 1.0 / n + (first - mean) * slope(x);
    let mut found = Errors {
        slope: weighted(&|x| slope(x).powi(2)),
        cross: weighted(&|x| slope(x) * intercept(x)),
        shift: start + weighted(&|x| at_first(x).powi(2)),
        ..Errors::default()
    };
    if n > 2.0 {
        for &(x, residual, _) in &points {
            // (I - H)_ij without the 1 on its diagonal.
            let hat = |other: f64| 1.0 / n + x * other / xx;
            let expected = weighted(&|other| (f64::from(u8::from(other == x)) - hat(other)).powi(2));
            found.squares += residual * residual;
            found.expected += expected;
            if expected > 0.0 {
                likelihood.squares += (1.0 - 2.0 / n) * residual * residual / expected;
                likelihood.ln += (1.0 - 2.0 / n) * expected.ln();
            }
        }
        likelihood.degrees += n - 2.0;
    }
    found
}
