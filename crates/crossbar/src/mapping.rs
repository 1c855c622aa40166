//! Maps weights to conductances and back.
//!
//! ```text
//! w = κ (G+ - G-)                        weight w; conductances G+ and G-, µS
//! κ = weight_at_gmax / (G_high - G_low)  `weight_per_microsiemens`, 1/µS; weight_at_gmax: weight of a fully-on cell
//! e = G - G_low                          `g_above_min`, µS: 0 to the width of the window for the written branch
//! w = s κ (e_written - e_opposite)       s = +1 in rows on the plus branch, -1 in rows on the minus branch
//! ```
//!
//! A row of one-branch pairs writes one branch of each pair, G+ or G-. The other one is the reference branch, at the lower
//! end of the window. Arrays store e instead of G because it keeps full f32 precision near the lower end.
//!
//! ```
//! use ohmspike_crossbar::{ConductanceWindow, Branch, PairMapping};
//!
//! let window = ConductanceWindow::from_resistances(1e3, 1e6)?;
//! let mapping = PairMapping::new(window, 9.99)?;
//! assert_eq!(mapping.g_above_min(0.5, Branch::Plus), 50.0);
//! assert_eq!(mapping.weight(50.0, 0.0, Branch::Minus), -0.5);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use thiserror::Error;

use crate::branch::Branch;
use crate::window::ConductanceWindow;

/// Reason why weights do not map to the conductance window.
#[derive(Clone, Copy, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum MappingError {
    /// Weight at Gmax that is not positive, or too small or too large for f32 per µS of the window.
    #[error(
        "weight_at_gmax: expected a positive number that fits into f32 per µS of a {span} µS window, got {weight_at_gmax}"
    )]
    WeightAtGmax {
        /// Weight of a fully-on cell.
        weight_at_gmax: f32,
        /// Width of the window, µS.
        span: f32,
    },
}

/// Mapping between the weight and the two conductances of a pair.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PairMapping {
    window: ConductanceWindow,
    weight_per_microsiemens: f32,
    microsiemens_per_weight: f32,
}

impl PairMapping {
    /// Creates the mapping of pairs in `window`; the weight is `weight_at_gmax` when the written branch is fully on.
    ///
    /// # Errors
    /// Returns [`MappingError::WeightAtGmax`] if `weight_at_gmax` is not positive or f32 cannot represent the mapping.
    pub fn new(window: ConductanceWindow, weight_at_gmax: f32) -> Result<PairMapping, MappingError> {
        let span = window.span();
        let (weight_per_microsiemens, microsiemens_per_weight) = (weight_at_gmax / span, span / weight_at_gmax);
        if weight_at_gmax > 0.0 && weight_per_microsiemens.is_normal() && microsiemens_per_weight.is_normal() {
            Ok(PairMapping { window, weight_per_microsiemens, microsiemens_per_weight })
        } else {
            Err(MappingError::WeightAtGmax { weight_at_gmax, span })
        }
    }

    /// Returns the conductance window of both branches.
    pub fn window(&self) -> ConductanceWindow {
        self.window
    }

    /// Returns the weight per µS.
    pub fn weight_per_microsiemens(&self) -> f32 {
        self.weight_per_microsiemens
    }

    /// Returns µS per unit of weight, rounded independently: exact if `weight_per_microsiemens` is a power of two.
    pub fn microsiemens_per_weight(&self) -> f32 {
        self.microsiemens_per_weight
    }

    /// Returns the conductance above Gmin of the written branch for `weight`, µS, not clipped to the window.
    pub fn g_above_min(&self, weight: f32, branch: Branch) -> f32 {
        branch.sign() * weight * self.microsiemens_per_weight
    }

    /// Returns the weight of a pair with these conductances above Gmin, µS.
    pub fn weight(&self, written_above_min: f32, opposite_above_min: f32, branch: Branch) -> f32 {
        branch.sign() * self.weight_per_microsiemens * (written_above_min - opposite_above_min)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_survive_the_round_trip() {
        let window = ConductanceWindow::from_resistances(1e3, 1e6).unwrap();
        let mapping = PairMapping::new(window, 0.03).unwrap();
        for (weight, sign) in [(0.01, Branch::Plus), (-0.02, Branch::Minus)] {
            let back = mapping.weight(mapping.g_above_min(weight, sign), 0.0, sign);
            // κ, its inverse and two products, half a unit in the last place each.
            assert!((back - weight).abs() <= 2.0 * f32::EPSILON * weight.abs());
        }
        assert_eq!(mapping.weight(window.span(), 0.0, Branch::Plus), 0.03);
    }

    #[test]
    fn rejects_invalid_weights_at_gmax() {
        let window = ConductanceWindow::from_resistances(1e3, 1e6).unwrap();
        for weight_at_gmax in [0.0, -1.0, f32::NAN, f32::INFINITY, 1e-38] {
            assert!(PairMapping::new(window, weight_at_gmax).is_err(), "{weight_at_gmax}");
        }
    }
}
