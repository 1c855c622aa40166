//! How far apart two conditions are, in standard deviations.
//!
//! ```text
//! d = (mean_a - mean_b) / s        s^2 = ((n_a - 1) s_a^2 + (n_b - 1) s_b^2) / m,  m = n_a + n_b - 2     (Cohen 1988)
//! g = J(m) d                       J(m) = Gamma(m/2) / (sqrt(m/2) Gamma((m - 1)/2))                      (Hedges 1981)
//! ```
//!
//! J takes out the bias of d in small samples; it is the exact factor, not its approximation 1 - 3/(4m - 1).

use statrs::function::gamma::ln_gamma;

use super::moments::{Moments, SampleError};
use super::t_test::pooled_variance;

/// A difference of means in pooled standard deviations.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effect {
    /// Cohen's d.
    pub cohens_d: f64,
    /// Hedges' g.
    pub hedges_g: f64,
}

impl Effect {
    /// Effect of going from `b` to `a`.
    ///
    /// # Errors
    /// [`SampleError`] for fewer than two or for values out of range, and where neither sample spreads.
    ///
    /// ```
    /// use experiments::statistics::effect::Effect;
    ///
    /// let effect = Effect::of(&[2.0, 3.0, 4.0], &[1.0, 2.0, 3.0])?;
    /// // s = 1; J(4) = Gamma(2) / (sqrt(2) Gamma(1.5)) = sqrt(2/pi) = 0.797885.
    /// assert!((effect.cohens_d - 1.0).abs() < 1e-12 && (effect.hedges_g - 0.797_885).abs() < 1e-6);
    /// # Ok::<(), experiments::statistics::moments::SampleError>(())
    /// ```
    pub fn of(a: &[f64], b: &[f64]) -> Result<Effect, SampleError> {
        let (a, b) = (Moments::of(a)?, Moments::of(b)?);
        let variance = pooled_variance(&a, &b);
        if variance == 0.0 {
            return Err(SampleError::NoSpread { value: a.mean });
        }
        let cohens_d = (a.mean - b.mean) / variance.sqrt();
        Ok(Effect { cohens_d, hedges_g: hedges_factor(a.n + b.n - 2.0) * cohens_d })
    }
}

/// J(m) for m of at least 2.
fn hedges_factor(m: f64) -> f64 {
    (ln_gamma(m / 2.0) - ln_gamma((m - 1.0) / 2.0)).exp() / (m / 2.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_without_spread_have_no_effect_size() {
        assert_eq!(Effect::of(&[1.0, 1.0], &[2.0, 2.0]), Err(SampleError::NoSpread { value: 1.0 }));
        assert!(Effect::of(&[1.0], &[2.0, 3.0]).is_err());
    }
}
