//! Cycle-to-cycle noise of pulses.
//!
//! ```text
//! e = y / g - curve(x)                      g the gain of the cell
//! variance of a step = mean of (e_k - e_(k-1))² / 2 over successive pulses, in bins of x
//! outliers         pairs further than 5 robust standard deviations of their bin are left out
//! read noise r²    adds 2 r² to the variance of a step, 3 r² to its half mean square difference at lag 1, 2 r² at lag 2:
//!                  r² = difference of both lags, subtracted if it is not zero
//! multiplicative   (c s f)²       additive   (c s)²          the likelier one for both directions
//! ```

use super::curve::Fit;
use super::gains::CellGains;
use super::steps::{BINS, Step, Steps, bin};
use crate::sample::{median, signed_root};

/// Robust standard deviations beyond which a pair is an outlier.
const FAR: f64 = 5.0;
/// Standard errors from which read noise is not zero.
const SIGNIFICANT: f64 = 4.0;
/// Smallest relative noise above the resolution of f32.
const RESOLUTION: f64 = 1e-5;

/// Sums of squared differences by group, direction and bin.
#[derive(Clone, Debug)]
pub(super) struct NoiseSums {
    /// Number of differences, half their squares, and mean squared factor.
    sums: Vec<[f64; 3]>,
    additive: bool,
    /// Number of steps with two before, and half the squares of their differences at lag 1 minus those at lag 2, by group.
    lags: Vec<[f64; 2]>,
    /// Whether reads are noisy.
    noisy: bool,
}

/// Fitted noise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Noise {
    /// Standard deviation relative to the step at f = 1, up and down; negative for a negative variance.
    pub sigma: [f64; 2],
    /// Whether it is the same at every state.
    pub additive: bool,
    /// Variance of read noise that was subtracted, in units of the square of `sigma`.
    pub subtracted: [f64; 2],
    /// Standard deviation of one read, fraction of the window.
    pub read: f64,
}

impl Noise {
    /// Returns the standard deviation of a step at state `x`, fraction of the window.
    pub fn deviation(&self, fit: &Fit, x: f64, up: bool) -> f64 {
        let step = if self.additive { fit.parameters[0] } else { fit.at(x) };
        ((self.sigma[usize::from(!up)].max(0.0) * step).powi(2) + 2.0 * self.read * self.read).sqrt().max(1e-12)
    }
}

/// Residuals of successive steps.
struct Pairs<'a> {
    steps: &'a Steps,
    residuals: Vec<f64>,
    /// Whether a step makes a pair with the one before, and the pair is no outlier.
    pairs: Vec<bool>,
}

impl Pairs<'_> {
    /// Computes the residuals of `steps`.
    fn new<'a>(steps: &'a Steps, fits: &[Fit; 2], gains: Option<&CellGains>) -> Pairs<'a> {
        let residual = |step: &Step| {
            let gain = gains.map_or(1.0, |gains| gains.of(step.cell));
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
    fn places(&self) -> Vec<usize> {
        (0..self.pairs.len()).filter(|&place| self.pairs[place]).collect()
    }

    /// Returns the bin of direction and state of the step at `place`.
    fn bin(&self, place: usize) -> usize {
        let step = &self.steps.all[place];
        usize::from(!step.up) * BINS + bin(step.x)
    }

    fn difference(&self, place: usize) -> f64 {
        self.residuals[place] - self.residuals[place - 1]
    }
}

/// Sums the differences of successive residuals.
pub(super) fn noise(steps: &Steps, fits: &[Fit; 2], gains: Option<&CellGains>) -> NoiseSums {
    let mut sums = vec![[0.0; 3]; steps.groups * 2 * BINS];
    let mut lags = vec![[0.0; 2]; steps.groups];
    let pairs = Pairs::new(steps, fits, gains);
    for place in pairs.places() {
        let group = steps.group[steps.all[place].cell as usize] as usize;
        let sum = &mut sums[group * 2 * BINS + pairs.bin(place)];
        let fit = &fits[usize::from(!steps.all[place].up)];
        let [first, second] = [place - 1, place].map(|place| fit.factor(steps.all[place].x).powi(2));
        sum[0] += 1.0;
        sum[1] += pairs.difference(place).powi(2) / 2.0;
        sum[2] += 0.5 * (first + second);
        if pairs.pairs[place - 1] {
            let (one, two) = (pairs.difference(place - 1), pairs.difference(place));
            let lag = &mut lags[group];
            lag[0] += 1.0;
            // Both pairs of neighbours, so that noise that depends on the state does not differ between the lags.
            lag[1] += 0.25 * (one.powi(2) + two.powi(2)) - 0.5 * (one + two).powi(2);
        }
    }
    let noisy = is_noisy(&lags);
    let mut found = NoiseSums { sums, additive: false, lags, noisy };
    let all = vec![1.0; steps.groups];
    found.additive = found.ln_likelihood(&all, fits, true) > found.ln_likelihood(&all, fits, false);
    found
}

/// Returns whether the mean difference of the lags is above 0, from its scatter over groups.
fn is_noisy(lags: &[[f64; 2]]) -> bool {
    let (n, sum) = lags.iter().fold((0.0, 0.0), |total, lag| (total.0 + lag[0], total.1 + lag[1]));
    let mean = sum / n;
    let scatter: f64 = lags.iter().map(|lag| (lag[1] - mean * lag[0]).powi(2)).sum();
    n > 0.0 && sum > SIGNIFICANT * scatter.sqrt()
}

impl NoiseSums {
    /// Returns the variance of one read, with every group taken as often as `drawn` says; 0 if reads are not noisy.
    fn read_variance(&self, drawn: &[f64]) -> f64 {
        if !self.noisy {
            return 0.0;
        }
        let weighted = |place: usize| self.lags.iter().zip(drawn).map(|(lag, times)| times * lag[place]).sum::<f64>();
        let variance = weighted(1) / weighted(0);
        if variance > RESOLUTION * RESOLUTION { variance } else { 0.0 }
    }

    fn total(&self, drawn: &[f64]) -> Vec<[f64; 3]> {
        let read = self.read_variance(drawn);
        let mut total = vec![[0.0; 3]; 2 * BINS];
        for (place, sums) in self.sums.iter().enumerate() {
            let times = drawn[place / (2 * BINS)];
            for (total, sum) in total[place % (2 * BINS)].iter_mut().zip(sums) {
                *total += times * sum;
            }
        }
        for bin in &mut total {
            // Negative by chance where reads make up all of the noise.
            bin[1] -= 3.0 * read * bin[0];
        }
        total
    }

    /// Returns the noise with every group taken as often as `drawn` says.
    pub fn drawn(&self, drawn: &[f64], fits: &[Fit; 2]) -> Noise {
        let (total, read) = (self.total(drawn), self.read_variance(drawn));
        let of = |direction: usize| {
            let bins = &total[direction * BINS..][..BINS];
            let sum = |place: usize| bins.iter().map(|bin| bin[place]).sum::<f64>();
            let weight = sum(if self.additive { 0 } else { 2 }).max(f64::MIN_POSITIVE);
            let step = fits[direction].parameters[0];
            let sigma = signed_root(sum(1) / weight) / step;
            (if sigma.abs() > RESOLUTION { sigma } else { 0.0 }, 3.0 * read * sum(0) / weight / (step * step))
        };
        let [up, down] = [of(0), of(1)];
        Noise { sigma: [up.0, down.0], subtracted: [up.1, down.1], additive: self.additive, read: read.sqrt() }
    }

    fn ln_likelihood(&self, drawn: &[f64], fits: &[Fit; 2], additive: bool) -> f64 {
        let noise = NoiseSums { additive, ..self.clone() }.drawn(drawn, fits);
        let mut sum = 0.0;
        for (place, [n, squares, factors]) in self.total(drawn).into_iter().enumerate().filter(|(_, bin)| bin[0] > 0.0)
        {
            let direction = place / BINS;
            let factor = if additive { 1.0 } else { factors / n };
            let deviation = noise.sigma[direction] * fits[direction].parameters[0];
            let variance = (factor * deviation * deviation.max(0.0)).max(1e-30);
            sum -= 0.5 * (n * variance.ln() + squares.max(0.0) / variance);
        }
        sum
    }
}
