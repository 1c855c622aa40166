//! Spread of values of cells, and whether it exceeds their errors.
//!
//! ```text
//! Q = sum w (value - mean)²        noise makes it sum w (1 - w / W) v, a multiple of chi² with the same mean and variance
//! ```
//!
//! Satterthwaite (1946); the quantile of chi² is that of Wilson and Hilferty (1931).

/// One-sided 95 % quantile of a normal distribution.
const BOUND: f64 = 1.645;
/// Smallest squared error of a value, above the resolution of f32.
const RESOLUTION: f64 = 1e-12;

/// Weighted moments of values of cells.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Moments {
    /// Weighted mean.
    pub mean: f64,
    /// Variance over cells, less noise; may be negative.
    pub variance: f64,
    /// Noise that was subtracted.
    pub noise: f64,
    /// Number of cells of equal weight with the same information.
    pub cells: f64,
}

/// Returns the moments of weight, value and noise of each cell.
pub(super) fn moments(cells: impl Iterator<Item = (f64, f64, f64)> + Clone) -> Moments {
    let sum = |of: &dyn Fn((f64, f64, f64)) -> f64| cells.clone().map(of).sum::<f64>();
    let (all, squares) = (sum(&|cell| cell.0), sum(&|cell| cell.0 * cell.0));
    let mean = sum(&|cell| cell.0 * cell.1) / all;
    let free = all - squares / all;
    let scatter = sum(&|cell| cell.0 * (cell.1 - mean).powi(2)) / free;
    let noise = sum(&|cell| cell.0 * (1.0 - cell.0 / all) * cell.2) / free;
    Moments { mean, variance: scatter - noise, noise, cells: all * all / squares }
}

/// Value of a cell.
#[derive(Clone, Copy, Debug)]
pub(super) struct Value {
    pub weight: f64,
    pub value: f64,
    /// Squared error.
    pub noise: f64,
}

/// Spread of values.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spread {
    /// Variance less noise; may be negative.
    pub variance: f64,
    /// Standard normal deviate of the spread if noise alone makes it.
    pub normal: f64,
    /// Largest standard deviation that noise may hide (95 %), relative to the mean.
    pub most: f64,
}

/// Returns the spread of `values`; `of_noise` is the variance of the sum of their squared errors with the weights that it is given.
pub(super) fn spread(values: &[Value], of_noise: impl Fn(&[f64]) -> f64) -> Spread {
    let moments = moments(values.iter().map(|one| (one.weight, one.value, one.noise)));
    let all: f64 = values.iter().map(|one| one.weight).sum();
    let squares: f64 = values.iter().map(|one| one.weight.powi(2)).sum();
    let fractions: Vec<f64> = values.iter().map(|one| one.weight * (1.0 - one.weight / all)).collect();
    let terms = || values.iter().zip(&fractions).map(|(one, fraction)| fraction * one.noise);
    let floor: f64 = values.iter().map(|one| RESOLUTION * one.weight).sum();
    let expected = terms().sum::<f64>().max(floor);
    let variance = 2.0 * terms().map(|term| term * term).sum::<f64>() + of_noise(&fractions);
    let excess = moments.variance * (all - squares / all);
    let freedom = 2.0 * expected * expected / variance;
    let part = 2.0 / (9.0 * freedom);
    let normal = (((expected + excess) / expected).max(0.0).cbrt() - 1.0 + part) / part.sqrt();
    let most = moments.variance.max(0.0) + BOUND * variance.sqrt() / (all - squares / all);
    Spread { variance: moments.variance, normal, most: most.sqrt() / moments.mean.abs() }
}
