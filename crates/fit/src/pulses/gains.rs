//! Gains of cells: factors on the steps of the fitted curves.
//!
//! ```text
//! g_d = sum y f / (s sum f²)                 per cell and direction d
//! error² of g_d = sum f² r² / (s sum f²)² n / (n - 1)     r = y - g s f; holds if noise depends on the state (White, 1980)
//! sigma² = variance of (g_up + g_down) / 2 minus that of the noise;  asymmetry from (g_up - g_down) / 2
//! ```

use super::curve::Fit;
use super::steps::Steps;
use crate::sample::{LEAST_CELLS, signed_root};

/// Smallest number of steps of a cell in each direction.
const LEAST_STEPS: f64 = 5.0;
/// Fraction of cells without enough steps that is worth a note.
const MANY_UNKNOWN: f64 = 0.01;
/// Standard errors from which a variance is not zero.
const SIGNIFICANT: f64 = 3.0;
/// Smallest gain by which steps are divided.
const LEAST_GAIN: f64 = 0.1;
/// Difference of log-likelihoods in favour of log-normal gains.
const EVIDENCE: f64 = 2.0;

/// Group of the bootstrap, gain and asymmetry, and squared error of a cell.
type CellGain = (usize, [f64; 2], f64);

/// Variation of gains.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Gains {
    /// Whether gains are log-normal.
    pub log_normal: bool,
    /// Gain with which the pooled step is multiplied: 1, or the median of log-normal gains.
    pub centre: f64,
    /// Standard deviation of the gain, or of its logarithm; negative for a negative variance, like the next.
    pub sigma: f64,
    /// Standard deviation of half the difference between up and down gain.
    pub asymmetry: f64,
    /// Variances of noise that were subtracted from the squares of both.
    pub noise: [f64; 2],
    /// Number of cells.
    pub cells: f64,
}

/// Gains of all cells.
#[derive(Clone, Debug)]
pub(super) struct CellGains {
    /// Group, mean gain, half difference, and the variances of noise of both.
    cells: Vec<CellGain>,
    /// Predicted mean gain of each cell, 1 if unknown.
    gain: Vec<f64>,
    log_normal: bool,
    /// Number of cells whose gain has too few steps, 0 for a small fraction.
    pub unknown: usize,
}

/// Sums of one cell in one direction.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    n: f64,
    yf: f64,
    ff: f64,
    /// Fourth-order sums: f² y², f³ y and f⁴.
    fourth: [f64; 3],
}

impl Sums {
    fn gain(&self, step: f64) -> f64 {
        self.yf / (step * self.ff)
    }

    fn push(&mut self, y: f64, f: f64) {
        self.n += 1.0;
        self.yf += y * f;
        self.ff += f * f;
        let yf = y * f;
        [yf * yf, yf * f * f, f.powi(4)].iter().zip(&mut self.fourth).for_each(|(term, sum)| *sum += term);
    }

    /// Squared standard error of the gain.
    fn variance(&self, step: f64) -> f64 {
        let slope = self.yf / self.ff;
        let [ffyy, fffy, ffff] = self.fourth;
        let residual = (ffyy - 2.0 * slope * fffy + slope * slope * ffff).max(0.0) * self.n / (self.n - 1.0);
        residual / (step * self.ff).powi(2)
    }
}

/// Returns the gains of cells, if they differ.
pub(super) fn gains(steps: &Steps, fits: &[Fit; 2]) -> Option<CellGains> {
    let cells = steps.group.len();
    let mut sums = vec![[Sums::default(); 2]; cells];
    for step in &steps.all {
        let direction = usize::from(!step.up);
        let factor = fits[direction].factor(step.x);
        sums[step.cell as usize][direction].push(step.y, factor);
    }
    let (mut found, mut numbers) = (Vec::new(), Vec::new());
    for (cell, sums) in sums.iter().enumerate().filter(|(_, sums)| sums.iter().all(|sum| sum.n >= LEAST_STEPS)) {
        let step = [fits[0].parameters[0], fits[1].parameters[0]];
        let [up, down] = [0, 1].map(|direction| sums[direction].gain(step[direction]));
        let noise = (sums[0].variance(step[0]) + sums[1].variance(step[1])) / 4.0;
        numbers.push(cell);
        found.push((steps.group[cell] as usize, [0.5 * (up + down), 0.5 * (up - down)], noise));
    }
    if found.len() < LEAST_CELLS {
        return None;
    }
    let n = found.len() as f64;
    let mean = found.iter().map(|cell| cell.1[0]).sum::<f64>() / n;
    let variance = found.iter().map(|cell| (cell.1[0] - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let noise_of_all = found.iter().map(|cell| cell.2).sum::<f64>() / n;
    if variance - noise_of_all < SIGNIFICANT * variance * (2.0 / n).sqrt() {
        return None;
    }
    // The best linear predictor: a gain that is known to less than its variation is moved towards the mean.
    let mut gain = vec![1.0; cells];
    for (&cell, (_, [of_cell, _], noise)) in numbers.iter().zip(&found) {
        gain[cell] = mean + (of_cell - mean) * (variance - noise_of_all) / (variance - noise_of_all + noise);
    }
    let begun = sums.iter().filter(|sums| sums.iter().any(|sum| sum.n > 0.0)).count();
    let unknown = begun - found.len();
    let unknown = if unknown as f64 > MANY_UNKNOWN * begun as f64 { unknown } else { 0 };
    Some(CellGains { log_normal: is_log_normal(&found), cells: found, gain, unknown })
}

/// Compares a normal and a log-normal distribution of gains.
fn is_log_normal(cells: &[CellGain]) -> bool {
    let gains: Vec<f64> = cells.iter().map(|cell| cell.1[0]).collect();
    if gains.iter().any(|gain| *gain <= 0.0) {
        return false;
    }
    let n = gains.len() as f64;
    let ln: Vec<f64> = gains.iter().map(|gain| gain.ln()).collect();
    let deviation = crate::sample::standard_deviation;
    let (normal, log_normal) = (-n * deviation(&gains).ln(), -n * deviation(&ln).ln() - ln.iter().sum::<f64>());
    log_normal > normal + EVIDENCE
}

impl CellGains {
    /// Returns the variation with every group taken as often as `drawn` says.
    pub fn drawn(&self, drawn: &[f64]) -> Gains {
        let weights = self.cells.iter().map(|cell| drawn[cell.0]);
        let n: f64 = weights.clone().sum();
        let place = |cell: &CellGain| if self.log_normal { cell.1[0].ln() } else { cell.1[0] };
        let noise = |cell: &CellGain| if self.log_normal { cell.2 / cell.1[0].powi(2) } else { cell.2 };
        let sum = |of: &dyn Fn(&CellGain) -> f64| {
            weights.clone().zip(&self.cells).map(|(weight, cell)| weight * of(cell)).sum::<f64>()
        };
        let variance = |of: &dyn Fn(&CellGain) -> f64, noise: f64| {
            let mean = sum(of) / n;
            let variance = sum(&|cell| (of(cell) - mean).powi(2)) / (n - 1.0).max(1.0);
            variance - noise
        };
        let mean = sum(&place) / n;
        let noise = [sum(&noise) / n, sum(&|cell| cell.2) / n];
        let sigma = signed_root(variance(&place, noise[0]));
        let asymmetry = signed_root(variance(&|cell| cell.1[1], noise[1]));
        let centre = if self.log_normal { mean.exp() } else { mean };
        let scale = if self.log_normal { 1.0 } else { mean };
        let noise = [noise[0] / (scale * scale), noise[1]];
        Gains { log_normal: self.log_normal, centre, sigma: sigma / scale, asymmetry, noise, cells: n }
    }

    /// Returns the predicted gain of `cell`, at least a tenth.
    pub fn of(&self, cell: u32) -> f64 {
        self.gain[cell as usize].max(LEAST_GAIN)
    }
}
