//! The standard normal distribution.

use statrs::distribution::{ContinuousCDF, FisherSnedecor, Normal, StudentsT};
use statrs::function::erf::erfc;

/// Returns the density at `z`.
pub(crate) fn density(z: f64) -> f64 {
    (-0.5 * z * z).exp() / (2.0 * std::f64::consts::PI).sqrt()
}

/// Returns P(Z <= z).
pub(crate) fn cdf(z: f64) -> f64 {
    0.5 * erfc(-z / std::f64::consts::SQRT_2)
}

/// Returns P(low < Z <= high), accurate in both tails.
pub(crate) fn between(low: f64, high: f64) -> f64 {
    if low > 0.0 { cdf(-low) - cdf(-high) } else { cdf(high) - cdf(low) }
}

/// Returns the z with P(Z <= z) = `probability`.
pub(crate) fn quantile(probability: f64) -> f64 {
    Normal::standard().inverse_cdf(probability)
}

/// Returns the two-sided critical value of Student's t for a confidence `level`, with at least one degree of freedom.
pub(crate) fn student(degrees: f64, level: f64) -> f64 {
    let t = StudentsT::new(0.0, 1.0, degrees.max(1.0)).expect("at least one degree of freedom");
    t.inverse_cdf(0.5 + level / 2.0)
}

/// Returns P(T > t) of Student's t with at least one degree of freedom.
pub(crate) fn above_student(t: f64, degrees: f64) -> f64 {
    StudentsT::new(0.0, 1.0, degrees.max(1.0)).expect("at least one degree of freedom").sf(t)
}

/// Returns the quantile of F with `first` and `second` degrees of freedom at `level`.
pub(crate) fn fisher(first: f64, second: f64, level: f64) -> f64 {
    FisherSnedecor::new(first, second.max(1.0)).expect("positive degrees of freedom").inverse_cdf(level)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Published values: Abramowitz and Stegun, table 26.1 and 26.10.
    #[test]
    fn agrees_with_published_tables() {
        assert!((cdf(1.0) - 0.841_344_746).abs() < 1e-9);
        assert!((quantile(0.975) - 1.959_964).abs() < 1e-5);
        assert!((student(10.0, 0.95) - 2.228).abs() < 1e-3);
        assert!((fisher(3.0, 20.0, 0.99) - 4.938).abs() < 1e-3);
        assert!((between(8.0, 9.0) / 6.22e-16 - 1.0).abs() < 1e-2);
    }
}
