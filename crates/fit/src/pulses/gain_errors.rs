//! Squared errors of the gains of cells under a model of cycle noise and read noise.
//!
//! ```text
//! g = sum h y,  h = ± f / (2 s sum f²)      mean of both directions, or half of their difference
//! error² of g = sum h² S + 2 sum h_k h_(k-1) C_k      S, C variance and covariance of residuals (read_noise.rs)
//! ```
//!
//! Reads telescope: of a train, little more than the noise of its first and of its last read is left. The sum is linear in the
//! variances of the model, so that their errors give that of any sum of errors.

use nalgebra::{Matrix4, Vector4};

use super::curve::Fit;
use super::likelihood::Likely;
use super::read_noise::Term;
use super::steps::Steps;

/// Squared errors of the gains of all cells.
pub(super) struct Errors {
    /// Factors on a, b and the squared cycle noise of both directions, for the mean gain and half the difference.
    factors: Vec<[Vector4<f64>; 2]>,
    at: Vector4<f64>,
    covariance: Matrix4<f64>,
}

impl Errors {
    /// Sums over `steps`; `divisors` are s sum f² of each cell up and down.
    pub fn new((steps, fits): (&Steps, &[Fit; 2]), divisors: &[[f64; 2]], model: &Likely, additive: bool) -> Errors {
        let mut factors = vec![[Vector4::zeros(); 2]; steps.group.len()];
        let mut before = 0.0;
        for step in &steps.all {
            let (direction, cell) = (usize::from(!step.up), step.cell as usize);
            let fit = &fits[direction];
            let term = Term::new(step, 0.0, (fit, 1.0, steps.offset));
            let weight = 0.5 * fit.factor(step.foreseen) / divisors[cell][direction];
            let mut own = Vector4::new(term.reads[0], term.reads[1], 0.0, 0.0);
            own[2 + direction] = term.cycle[usize::from(additive)];
            let shared = 2.0 * weight * before * Vector4::new(term.shared[0], term.shared[1], 0.0, 0.0);
            for (kind, factor) in factors[cell].iter_mut().enumerate() {
                *factor += weight * weight * own;
                if step.linked {
                    // Half the difference has down steps with the opposite sign.
                    *factor += if step.follows || kind == 1 { -shared } else { shared };
                }
            }
            before = weight;
        }
        let (at, covariance) = model.variances(fits);
        Errors { factors, at, covariance }
    }

    /// Returns those of the mean gain of `cell` and of half the difference between up and down.
    pub fn of(&self, cell: usize) -> [f64; 2] {
        self.factors[cell].map(|factors| factors.dot(&self.at))
    }

    /// Returns the variance of the sum of `shares` times the squared errors of the mean gains of `cells`.
    pub fn variance(&self, cells: &[usize], shares: &[f64]) -> f64 {
        let sum = cells.iter().zip(shares).fold(Vector4::zeros(), |sum: Vector4<f64>, (&cell, &share)| sum + share * self.factors[cell][0]);
        sum.dot(&(self.covariance * sum))
    }
}
