//! Gains of cells, as steps are divided by them: their estimates ([`super::gains`]), predictions and distribution.

use super::spread::moments;
use super::steps::Step;
use crate::sample::signed_root;

/// Smallest gain by which steps are divided.
const MIN_GAIN: f64 = 0.1;

/// Gain of a cell.
#[derive(Clone, Copy, Debug)]
pub(super) struct CellGain {
    /// Group of the bootstrap.
    pub group: usize,
    /// Mean of both directions, and half their difference.
    pub gain: [f64; 2],
    /// Squared error of each.
    pub noise: [f64; 2],
    /// That of the mean if all steps had the same noise.
    pub unit: f64,
    /// Number of steps of equal weight with the same information.
    pub steps: f64,
    /// Weights of each.
    pub weight: [f64; 2],
}

/// Variation of gains.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Gains {
    /// Whether gains are log-normal.
    pub log_normal: bool,
    /// Gain with which the pooled step is multiplied: 1, or the median of log-normal gains.
    pub centre: f64,
    /// Mean of half the difference between up and down gain, if steps are divided by the gain of their direction.
    pub difference: f64,
    /// Standard deviation of the gain, or of its logarithm; negative for a negative variance, like the next.
    pub sigma: f64,
    /// Standard deviation of half the difference between up and down gain.
    pub asymmetry: f64,
    /// Variances of noise that were subtracted from the squares of both.
    pub noise: [f64; 2],
    /// Numbers of cells of equal weight with the same information on both.
    pub cells: [f64; 2],
}

/// Gains of all cells.
#[derive(Clone, Debug)]
pub(super) struct CellGains {
    /// Gains with enough steps.
    pub cells: Vec<CellGain>,
    /// Predicted up and down gain of each cell, 1 if unknown. Where reads have no noise, both are the mean gain: the noise of cycles
    /// follows from differences of successive steps, which hardly depend on gains.
    pub gain: Vec<[f64; 2]>,
    /// Their distribution, if reads have noise.
    pub prior: Option<Prior>,
    pub log_normal: bool,
    /// Number of cells whose gain has too few steps, 0 for a small fraction.
    pub unknown: usize,
}

/// Distribution of up and down gains over cells.
#[derive(Clone, Copy, Debug)]
pub(super) struct Prior {
    /// Means.
    pub centre: [f64; 2],
    /// Lower triangle of the root of their covariance: of up, of down with that of up, and of down.
    pub root: [f64; 3],
}

impl Prior {
    /// Returns that of a mean gain and half a difference with these means and variances.
    pub fn new(mean: [f64; 2], variance: [f64; 2]) -> Prior {
        let [of_mean, of_difference] = variance.map(|variance| variance.max(0.0));
        let (same, other) = (of_mean + of_difference, of_mean - of_difference);
        let first = same.sqrt();
        let mixed = if first > 0.0 { other / first } else { 0.0 };
        let second = (same - mixed * mixed).max(0.0).sqrt();
        Prior { centre: [mean[0] + mean[1], mean[0] - mean[1]], root: [first, mixed, second] }
    }

    /// Returns what two independent standard normals change of a gain in one direction.
    pub fn row(&self, up: bool) -> [f64; 2] {
        if up { [self.root[0], 0.0] } else { [self.root[1], self.root[2]] }
    }
}

impl CellGains {
    /// Returns the variation with every group taken as often as `drawn` says.
    pub fn drawn(&self, drawn: &[f64]) -> Gains {
        let place = |cell: &CellGain| if self.log_normal { cell.gain[0].ln() } else { cell.gain[0] };
        let noise = |cell: &CellGain| cell.noise[0] / if self.log_normal { cell.gain[0].powi(2) } else { 1.0 };
        let weight = |cell: &CellGain, kind: usize| drawn[cell.group] * cell.weight[kind];
        let gain = moments(self.cells.iter().map(|cell| (weight(cell, 0), place(cell), noise(cell))));
        let asymmetry = moments(self.cells.iter().map(|cell| (weight(cell, 1), cell.gain[1], cell.noise[1])));
        let centre = if self.log_normal { gain.mean.exp() } else { gain.mean };
        let scale = if self.log_normal { 1.0 } else { gain.mean };
        Gains {
            log_normal: self.log_normal,
            centre,
            difference: if self.prior.is_some() { asymmetry.mean } else { 0.0 },
            sigma: signed_root(gain.variance) / scale,
            asymmetry: signed_root(asymmetry.variance),
            noise: [gain.noise / (scale * scale), asymmetry.noise],
            cells: [gain.cells, asymmetry.cells],
        }
    }

    /// Returns the predicted gain of the cell of `step` in its direction, at least a tenth.
    pub fn of(&self, step: &Step) -> f64 {
        self.gain[step.cell as usize][usize::from(!step.up)].max(MIN_GAIN)
    }
}
