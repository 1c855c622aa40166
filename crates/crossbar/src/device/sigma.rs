//! Standard deviation in µS or in ln R, and the conversion between them.
//!
//! ```text
//! s = sigma of ln R, g = G (the target), m and v = mean and variance of the resulting conductance
//!
//! median preserving   m = g exp(s²/2)    v = m² (exp(s²) - 1)
//! mean preserving     m = g              v = m² (exp(s²) - 1)
//! Gaussian, sqrt(v)   m = g              s = sqrt(ln(1 + v/m²)), the log-normal of the same mean and variance
//! ```
//!
//! Johnson, Kotz and Balakrishnan, *Continuous Univariate Distributions* 1 (1994), chapter 14.

use super::table::Convention;

/// Standard deviation of one write or read at one conductance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Sigma {
    /// Gaussian in G: its standard deviation, µS.
    Microsiemens(f64),
    /// Log-normal.
    LnResistance {
        /// Standard deviation of ln R, equal to that of ln G.
        sigma: f64,
        /// Quantity that the noise preserves.
        convention: Convention,
    },
}

impl Sigma {
    /// Returns the standard deviation of the conductance at `target`, both µS.
    pub fn microsiemens(self, target: f64) -> f64 {
        match self {
            Sigma::Microsiemens(sigma) => sigma,
            Sigma::LnResistance { sigma, convention } => {
                let variance = sigma * sigma;
                let mean = match convention {
                    Convention::MedianPreserving => target * libm::exp(0.5 * variance),
                    Convention::MeanPreserving => target,
                };
                mean * libm::sqrt(libm::expm1(variance))
            }
        }
    }

    /// Returns the standard deviation of ln R at `target`, µS. For a Gaussian it is that of the log-normal with the
    /// same mean and variance.
    pub fn ln_resistance(self, target: f64) -> f64 {
        match self {
            Sigma::Microsiemens(sigma) => libm::sqrt(libm::log1p((sigma / target) * (sigma / target))),
            Sigma::LnResistance { sigma, .. } => sigma,
        }
    }
}
