//! The surrogate derivative of the spike function in the backward pass.
//!
//! ```text
//! fast sigmoid    dS/dV = 1 / (k |V - 1| + 1)^2        V  membrane voltage, threshold 1
//! exponential     dS/dV = exp(-k |V - 1|)              k  steepness (100)
//! ```
//!
//! Sources: Zenke and Ganguli, Neural Computation 30, 1514 (2018), eq. 6 with the peak scaled to 1, for the fast
//! sigmoid; Shrestha and Orchard, NeurIPS 2018, cited in the text of Kilgore et al. (2025), for the exponential.

use ohmspike_simd::{Block, Simd, exp, reciprocal, wide_reciprocal};
use serde::{Deserialize, Serialize};

/// Shape and steepness of the surrogate derivative.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "shape", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Surrogate {
    /// Heavy tails: every neuron has some gradient at every step.
    FastSigmoid {
        /// Steepness k.
        steepness: f32,
    },
    /// Only neurons near the threshold have a gradient.
    Exponential {
        /// Steepness k.
        steepness: f32,
    },
}

/// Surrogate derivative of sixteen neurons. Each shape is a type, so that the loop over steps is compiled for each.
pub trait Slope: Copy {
    /// Returns dS/dV at the `membrane` voltages.
    fn at<S: Simd>(self, simd: S, membrane: S::Wide) -> S::Wide;
}

/// [`fast_sigmoid`] with this steepness.
#[derive(Clone, Copy, Debug)]
pub struct FastSigmoid(pub f32);

/// [`exponential()`] with this steepness.
#[derive(Clone, Copy, Debug)]
pub struct Exponential(pub f32);

impl Slope for FastSigmoid {
    #[inline(always)]
    fn at<S: Simd>(self, simd: S, membrane: S::Wide) -> S::Wide {
        let one = simd.splat(1.0);
        let distance = simd.abs(simd.sub(membrane, one));
        let slope = wide_reciprocal(simd, simd.add(simd.mul(simd.splat(self.0), distance), one));
        simd.mul(slope, slope)
    }
}

impl Slope for Exponential {
    #[inline(always)]
    fn at<S: Simd>(self, simd: S, membrane: S::Wide) -> S::Wide {
        let mut block = Block::ZERO;
        simd.store(membrane, &mut block);
        simd.load(&block.map(|membrane| exponential(self.0, membrane)))
    }
}

/// Returns 1 / (k |V - 1| + 1)^2.
#[inline(always)]
pub fn fast_sigmoid(steepness: f32, membrane: f32) -> f32 {
    let slope = reciprocal(steepness * (membrane - 1.0).abs() + 1.0);
    slope * slope
}

/// Returns exp(-k |V - 1|).
#[inline(always)]
pub fn exponential(steepness: f32, membrane: f32) -> f32 {
    exp(-steepness * (membrane - 1.0).abs())
}

#[cfg(test)]
mod tests {
    use ohmspike_simd::Portable;

    use super::*;

    #[test]
    fn vector_and_scalar_slopes_are_equal() {
        let membrane = Block(std::array::from_fn(|lane| 0.2 * lane as f32 - 0.9));
        let bits = |block: Block| block.0.map(f32::to_bits);
        assert_eq!(bits(FastSigmoid(100.0).at(Portable, membrane)), bits(membrane.map(|v| fast_sigmoid(100.0, v))));
        assert_eq!(bits(Exponential(100.0).at(Portable, membrane)), bits(membrane.map(|v| exponential(100.0, v))));
    }

    #[test]
    fn slopes_match_the_equations() {
        assert!((fast_sigmoid(100.0, 1.0) - 1.0).abs() < 1e-6);
        assert!((fast_sigmoid(100.0, 1.01) - 0.25).abs() < 1e-5);
        assert!((fast_sigmoid(100.0, 0.0) - 1.0 / 10_201.0).abs() < 1e-10);
        assert_eq!(exponential(100.0, 1.0), 1.0);
        assert!((exponential(100.0, 0.99) - libm::expf(-1.0)).abs() < 1e-5);
        assert_eq!(exponential(100.0, 0.0), 0.0);
    }
}
