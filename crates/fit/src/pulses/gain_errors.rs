//! Squared errors of the gains of cells under a model of cycle noise and read noise.
//!
//! ```text
//! g_d = sum h y,  h = f / (s sum f²)                       per cell and direction d
//! error² of g_d = sum h² S + 2 sum h_k h_(k-1) C_k         S, C variance and covariance of residuals (read_noise.rs)
//! best linear predictor = m + P (P + E)⁻¹ (g - m)          E the errors of both directions, P the covariance of gains over cells
//! ```
//!
//! Reads telescope: of a train, little more than the noise of its first and of its last read is left. The sum is linear in the
//! variances of the model, so that their errors give that of any sum of errors.

use nalgebra::{Matrix2, Matrix4, Vector2, Vector4};

use super::cell_gains::Prior;
use super::curve::Fit;
use super::likelihood::Likely;
use super::read_noise::Term;
use super::steps::{Step, Steps};

/// Squared errors of the gains of all cells.
pub(super) struct Errors {
    /// Factors on a, b and the squared cycle noise of both directions for the squared errors of up and of down gains, and their product.
    factors: Vec<[Vector4<f64>; 3]>,
    at: Vector4<f64>,
    covariance: Matrix4<f64>,
}

impl Errors {
    /// Sums over `steps`; `weights` returns h of a step.
    pub fn new(
        (steps, fits): (&Steps, &[Fit; 2]),
        (model, additive): (&Likely, bool),
        weights: impl Fn(&Step) -> f64,
    ) -> Errors {
        let mut factors = vec![[Vector4::zeros(); 3]; steps.group.len()];
        let mut before = 0.0;
        for step in &steps.all {
            let direction = usize::from(!step.up);
            let term = Term::new(step, 0.0, (&fits[direction], 1.0, steps.offset));
            let factors = &mut factors[step.cell as usize];
            let weight = weights(step);
            let mut own = Vector4::new(term.reads[0], term.reads[1], 0.0, 0.0);
            own[2 + direction] = term.cycle[usize::from(additive)];
            factors[direction] += weight * weight * own;
            let shared = weight * before * Vector4::new(term.shared[0], term.shared[1], 0.0, 0.0);
            match (step.linked, step.follows) {
                (true, true) => factors[direction] -= 2.0 * shared,
                (true, false) => factors[2] += shared,
                (false, _) => {}
            }
            before = weight;
        }
        let (at, covariance) = model.variances(fits);
        Errors { factors, at, covariance }
    }

    /// Returns the covariance of the errors of the up and of the down gain of `cell`.
    fn of(&self, cell: usize) -> Matrix2<f64> {
        let [up, down, both] = self.factors[cell].map(|factors| factors.dot(&self.at));
        Matrix2::new(up, both, both, down)
    }

    /// Returns the squared errors of the mean gain of `cell` and of half the difference between up and down.
    pub fn of_parts(&self, cell: usize) -> [f64; 2] {
        let error = self.of(cell);
        [1.0, -1.0].map(|sign| 0.25 * (error[(0, 0)] + error[(1, 1)] + 2.0 * sign * error[(0, 1)]))
    }

    /// Returns the variance of the sum of `shares` times the squared errors of `cells`; `parts` are the shares in them of up, down,
    /// and their product.
    pub fn variance(&self, cells: &[usize], fractions: &[f64], parts: [f64; 3]) -> f64 {
        let of_cell = |cell: usize| -> Vector4<f64> {
            self.factors[cell].iter().zip(parts).map(|(factors, part)| part * factors).sum()
        };
        let sum: Vector4<f64> = cells.iter().zip(fractions).map(|(&cell, &fraction)| fraction * of_cell(cell)).sum();
        sum.dot(&(self.covariance * sum))
    }

    /// Returns the squared error of a part of `cell`: `parts` of the squared errors of up, of down, and of their product.
    pub fn part(&self, cell: usize, parts: [f64; 3]) -> f64 {
        self.factors[cell].iter().zip(parts).map(|(factors, part)| part * factors.dot(&self.at)).sum()
    }

    /// Returns the fractions of up and down gains in a common gain that make its error least over `cells`.
    pub fn common(&self, cells: &[usize]) -> [f64; 2] {
        let sum: Matrix2<f64> = cells.iter().map(|&cell| self.of(cell)).sum();
        let [up, down] = [sum[(1, 1)] - sum[(0, 1)], sum[(0, 0)] - sum[(0, 1)]];
        let fraction = (up / (up + down)).clamp(0.0, 1.0);
        if fraction.is_finite() { [fraction, 1.0 - fraction] } else { [0.5; 2] }
    }

    /// Returns the predicted up and down gain of `cell` from its gains.
    pub fn predicted(&self, cell: usize, gain: [f64; 2], prior: &Prior) -> [f64; 2] {
        let ([of_up, mixed, of_down], centre) = (prior.root, Vector2::from(prior.centre));
        let root = Matrix2::new(of_up, 0.0, mixed, of_down);
        let covariance = root * root.transpose();
        let distance = Vector2::from(gain) - centre;
        let moved = (covariance + self.of(cell)).lu().solve(&distance);
        (centre + moved.map_or_else(Vector2::zeros, |solved| covariance * solved)).into()
    }
}
