//! Weights to conductances and back.
//!
//! ```text
//! w     = kappa (G+ - G-)                     w in units of weight, G in µS
//! kappa = full_scale / (G_high - G_low)       full_scale the weight of a cell that is fully on
//!
//! excess e = G - G_low                        µS, 0 to the span of the window for the written branch
//! w     = sign kappa (e_written - e_opposite)   sign +1 in excitatory rows, -1 in inhibitory ones
//! ```
//!
//! A sign-constrained synapse writes one branch of its pair: G+ in excitatory rows, G- in inhibitory ones; the other is
//! the reference branch, at the floor of the window. Arrays hold the excess rather than the conductance: it is what the pair
//! subtracts anyway, and near the floor it keeps every bit of an f32.
//!
//! ```
//! use ohmspike_crossbar::{ConductanceWindow, PairMapping, Sign};
//!
//! let window = ConductanceWindow::from_resistances(1e3, 1e6)?;
//! let mapping = PairMapping::new(window, 9.99)?;
//! assert_eq!(mapping.excess(0.5, Sign::Excitatory), 50.0);
//! assert_eq!(mapping.weight(50.0, 0.0, Sign::Inhibitory), -0.5);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use thiserror::Error;

use crate::window::ConductanceWindow;

/// What a row of synapses may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// Weights zero or above; G+ is written.
    Excitatory,
    /// Weights zero or below; G- is written.
    Inhibitory,
}

impl Sign {
    /// +1 or -1.
    pub const fn factor(self) -> f32 {
        match self {
            Sign::Excitatory => 1.0,
            Sign::Inhibitory => -1.0,
        }
    }
}

/// A pair that cannot carry weights.
#[derive(Clone, Copy, Debug, PartialEq, Error)]
pub enum MappingError {
    /// A full scale that is no positive number, or one beyond what f32 can map to the window.
    #[error("full_scale: got {full_scale}, must be a positive number that f32 can hold per µS of a {span} µS window")]
    FullScale {
        /// The weight asked of a cell that is fully on.
        full_scale: f32,
        /// Highest less lowest conductance, µS.
        span: f32,
    },
}

/// The pair of conductances that makes a weight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PairMapping {
    window: ConductanceWindow,
    kappa: f32,
    inverse_kappa: f32,
}

impl PairMapping {
    /// Pairs in `window` whose weight is `full_scale` when the written branch is fully on.
    ///
    /// # Errors
    /// [`MappingError::FullScale`].
    pub fn new(window: ConductanceWindow, full_scale: f32) -> Result<PairMapping, MappingError> {
        let span = window.span();
        let (kappa, inverse_kappa) = (full_scale / span, span / full_scale);
        if full_scale > 0.0 && kappa.is_normal() && inverse_kappa.is_normal() {
            Ok(PairMapping { window, kappa, inverse_kappa })
        } else {
            Err(MappingError::FullScale { full_scale, span })
        }
    }

    /// The window of both branches.
    pub fn window(&self) -> ConductanceWindow {
        self.window
    }

    /// Weight per µS.
    pub fn kappa(&self) -> f32 {
        self.kappa
    }

    /// µS per weight, rounded on its own: exact where `kappa` is a power of two.
    pub fn inverse_kappa(&self) -> f32 {
        self.inverse_kappa
    }

    /// Excess of the written branch for `weight`, µS, not clipped to the window.
    pub fn excess(&self, weight: f32, sign: Sign) -> f32 {
        sign.factor() * weight * self.inverse_kappa
    }

    /// Weight of a pair with these excesses, µS.
    pub fn weight(&self, written_excess: f32, opposite_excess: f32, sign: Sign) -> f32 {
        sign.factor() * self.kappa * (written_excess - opposite_excess)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_come_back_from_their_excess() {
        let window = ConductanceWindow::from_resistances(1e3, 1e6).unwrap();
        let mapping = PairMapping::new(window, 0.03).unwrap();
        for (weight, sign) in [(0.01, Sign::Excitatory), (-0.02, Sign::Inhibitory)] {
            let back = mapping.weight(mapping.excess(weight, sign), 0.0, sign);
            // kappa, its inverse and two products, half a unit in the last place each.
            assert!((back - weight).abs() <= 2.0 * f32::EPSILON * weight.abs());
        }
        assert_eq!(mapping.weight(window.span(), 0.0, Sign::Excitatory), 0.03);
    }

    #[test]
    fn full_scales_without_a_meaning_are_refused() {
        let window = ConductanceWindow::from_resistances(1e3, 1e6).unwrap();
        for full_scale in [0.0, -1.0, f32::NAN, f32::INFINITY, 1e-38] {
            assert!(PairMapping::new(window, full_scale).is_err(), "{full_scale}");
        }
    }
}
