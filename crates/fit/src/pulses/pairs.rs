//! Pairs of successive steps of one cell, without outliers.
//!
//! Outliers are pairs whose difference of residuals is beyond 5 robust standard deviations of their bin.

use super::cell_gains::CellGains;
use super::curve::Fit;
use super::steps::{BINS, Step, Steps, bin};
use crate::sample::median;

/// Robust standard deviations beyond which a pair is an outlier.
const FAR: f64 = 5.0;

/// Residuals of successive steps.
pub(super) struct Pairs<'a> {
    steps: &'a Steps,
    /// Residual of each step over the gain of its cell.
    pub residuals: Vec<f64>,
    /// Whether a step makes a pair with the one before, and the pair is no outlier.
    pairs: Vec<bool>,
}

impl Pairs<'_> {
    /// Computes the residuals of `steps`.
    pub fn new<'a>(steps: &'a Steps, fits: &[Fit; 2], gains: Option<&CellGains>) -> Pairs<'a> {
        let residual = |step: &Step| {
            let gain = gains.map_or(1.0, |gains| gains.of(step));
            step.y / gain - fits[usize::from(!step.up)].at(step.x)
        };
        let residuals = steps.all.iter().map(residual).collect();
        let follows =
            |place: usize| place > 0 && steps.all[place].follows && steps.all[place].cell == steps.all[place - 1].cell;
        let mut found = Pairs { steps, residuals, pairs: (0..steps.all.len()).map(follows).collect() };
        let mut by_bin = vec![Vec::new(); 2 * BINS];
        for place in found.places() {
            by_bin[found.bin(place)].push(found.difference(place).abs());
        }
        let reach: Vec<f64> = by_bin.iter_mut().map(|distances| FAR * 1.4826 * median(distances)).collect();
        for place in found.places() {
            let reach = reach[found.bin(place)];
            found.pairs[place] = reach == 0.0 || found.difference(place).abs() <= reach;
        }
        found
    }

    /// Returns the places of the second steps of all pairs.
    pub fn places(&self) -> Vec<usize> {
        (0..self.pairs.len()).filter(|&place| self.pairs[place]).collect()
    }

    /// Returns the bin of direction and state of the step at `place`.
    pub fn bin(&self, place: usize) -> usize {
        let step = &self.steps.all[place];
        usize::from(!step.up) * BINS + bin(step.foreseen)
    }

    /// Returns whether the step at `place` makes a pair with the one before.
    pub fn follows(&self, place: usize) -> bool {
        self.pairs[place]
    }

    /// Returns the difference of the residuals of a pair.
    pub fn difference(&self, place: usize) -> f64 {
        self.residuals[place] - self.residuals[place - 1]
    }
}
