//! Cycle-to-cycle noise of pulses.
//!
//! ```text
//! e = y / g - curve(x)                      g the gain of the cell
//! variance of a step = mean of (e_k - e_(k-1))² / 2 over successive pulses, in bins of x
//! outliers         pairs further than 5 robust standard deviations of their bin are left out
//! multiplicative   (c s f)²       additive   (c s)²          the likelier one for both directions
//! ```
//!
//! Noisy reads have their own estimate ([`super::read_noise`], [`super::likelihood`]).

use super::cell_gains::CellGains;
use super::curve::Fit;
use super::likelihood::{Likely, Residuals};
use super::pairs::Pairs;
use super::read_noise::{ReadSums, Reads};
use super::steps::{BINS, Step, Steps};
use crate::sample::signed_root;

/// Difference of log-likelihoods that shows that reads are noisy.
const EVIDENCE: f64 = 5.0;
/// Difference of log-likelihoods up to which another model may hold.
const NEAR: f64 = 6.0;
/// Models that are compared: whether cycle noise is additive, and whether reads are noisy.
const MODELS: [(bool, bool); 4] = [(false, true), (true, true), (false, false), (true, false)];
/// Number of steps from which models are compared.
const MAX_COMPARED: usize = 20_000;
/// Smallest relative noise above the resolution of f32.
const RESOLUTION: f64 = 1e-5;

/// Sums of squared differences by group, direction and bin.
#[derive(Clone, Debug)]
pub(super) struct NoiseSums {
    /// Number of differences, half their squares, and mean squared factor.
    sums: Vec<[f64; 3]>,
    /// Whether cycle noise is the same at every state.
    pub additive: bool,
    /// Difference of the log-likelihoods of the chosen law and of the other.
    pub evidence: f64,
    /// Difference of the log-likelihoods of cells with gains of their own and without, if reads are noisy and gains were found.
    pub of_gains: Option<f64>,
    /// Number of pairs of successive steps, up and down.
    pub pairs: [usize; 2],
    /// Noise of reads.
    pub reads: ReadSums,
    /// Noise of noisy reads and of cycles; none if reads are not noisy.
    pub likely: Option<Likely>,
    /// Other models that are not much less likely.
    pub others: Vec<Likely>,
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
    /// Noise of reads.
    pub reads: Reads,
}

impl Noise {
    /// Returns the standard deviation of `step` over the `gain` of its cell, fraction of the window.
    pub fn deviation(&self, fit: &Fit, step: &Step, gain: f64) -> f64 {
        let size = if self.additive { fit.parameters[0] } else { fit.at(step.x) };
        let reads = self.reads.of_step(step, fit, gain) / (gain * gain);
        ((self.sigma[usize::from(!step.up)].max(0.0) * size).powi(2) + reads).sqrt().max(1e-12)
    }
}

/// Sums the differences of successive residuals. Before the `last` of several rounds, part of the steps suffices for noisy reads.
pub(super) fn noise(steps: &Steps, fits: &[Fit; 2], gains: Option<&CellGains>, last: bool) -> NoiseSums {
    let mut sums = vec![[0.0; 3]; steps.groups * 2 * BINS];
    let pairs = Pairs::new(steps, fits, gains);
    let mut counts = [0, 0];
    for place in pairs.places() {
        let group = steps.group[steps.all[place].cell as usize] as usize;
        let sum = &mut sums[group * 2 * BINS + pairs.bin(place)];
        let fit = &fits[usize::from(!steps.all[place].up)];
        let [first, second] = [place - 1, place].map(|place| fit.factor(steps.all[place].x).powi(2));
        sum[0] += 1.0;
        sum[1] += pairs.difference(place).powi(2) / 2.0;
        sum[2] += 0.5 * (first + second);
        counts[usize::from(!steps.all[place].up)] += 1;
    }
    let reads = ReadSums::new(&pairs, steps, fits, gains);
    let mut found = NoiseSums {
        sums,
        additive: false,
        evidence: 0.0,
        of_gains: None,
        pairs: counts,
        reads,
        likely: None,
        others: Vec::new(),
    };
    let residuals = |most: usize| Residuals::new((steps, most), &pairs.residuals, fits, gains);
    let part = residuals(MAX_COMPARED);
    let models: Vec<Likely> = MODELS.iter().map(|&(additive, reads)| part.fit(additive, reads)).collect();
    let most = models.iter().map(|model| model.ln).fold(f64::NEG_INFINITY, f64::max);
    let mut near: Vec<usize> = (0..MODELS.len()).filter(|&model| models[model].ln > most - NEAR).collect();
    let is_noisy = steps.foreseen || found.is_noisy(&models, steps);
    let full = (steps.all.len() > MAX_COMPARED && (last || !is_noisy)).then(|| residuals(usize::MAX));
    let again = |model: usize| match &full {
        Some(full) => full.fit(MODELS[model].0, MODELS[model].1),
        None => models[model].clone(),
    };
    if is_noisy {
        found.additive = models[1].ln > models[0].ln;
        found.evidence = (models[1].ln - models[0].ln).abs();
        let chosen = usize::from(found.additive);
        let equal = part.of_equal_cells();
        found.of_gains = equal.map(|equal| models[chosen].ln - equal.fit(found.additive, true).ln);
        found.likely = Some(again(chosen));
        near.retain(|model| *model != chosen);
        found.others = near.into_iter().map(again).collect();
        return found;
    }
    let all = vec![1.0; steps.groups];
    let [additive, multiplicative] = [true, false].map(|additive| found.ln_likelihood(&all, fits, additive));
    found.additive = additive > multiplicative;
    found.evidence = (additive - multiplicative).abs();
    // The same law without noise of reads is what was found, and noise that explains nothing changes nothing.
    near.retain(|&model| {
        let (additive, reads) = MODELS[model];
        let gain = models[model].ln - models[2 + usize::from(additive)].ln;
        if reads { gain > 0.5 } else { additive != found.additive }
    });
    found.others = near.into_iter().map(again).collect();
    found
}

impl NoiseSums {
    /// Returns whether reads are noisy: the order of residuals shows it, or their variances, if the order does not contradict. Errors of
    /// rounded reads have an order of their own where steps are small.
    fn is_noisy(&self, models: &[Likely], steps: &Steps) -> bool {
        let best = if models[1].ln > models[0].ln { &models[1] } else { &models[0] };
        let gain = best.ln - models[2].ln.max(models[3].ln);
        let [constant, relative] = best.reads();
        let rounded = Reads { constant, relative, offset: steps.offset }.is_rounding(steps.rounding);
        self.reads.is_noisy() || gain > EVIDENCE && (rounded || !self.reads.contradict([constant, relative]))
    }

    fn total(&self, drawn: &[f64]) -> Vec<[f64; 3]> {
        let mut total = vec![[0.0; 3]; 2 * BINS];
        for (place, sums) in self.sums.iter().enumerate() {
            let times = drawn[place / (2 * BINS)];
            for (total, sum) in total[place % (2 * BINS)].iter_mut().zip(sums) {
                *total += times * sum;
            }
        }
        total
    }

    /// Returns the noise with every group taken as often as `drawn` says.
    pub fn drawn(&self, drawn: &[f64], fits: &[Fit; 2]) -> Noise {
        if let Some(likely) = &self.likely {
            let found = likely.drawn(drawn, fits);
            let sigma = found.cycle.map(signed_root);
            return Noise { sigma, additive: self.additive, subtracted: found.subtracted, reads: found.reads };
        }
        let total = self.total(drawn);
        let of = |direction: usize| {
            let bins = &total[direction * BINS..][..BINS];
            let sum = |place: usize| bins.iter().map(|bin| bin[place]).sum::<f64>();
            let weight = sum(if self.additive { 0 } else { 2 }).max(f64::MIN_POSITIVE);
            let sigma = signed_root(sum(1) / weight) / fits[direction].parameters[0];
            if sigma.abs() > RESOLUTION { sigma } else { 0.0 }
        };
        Noise { sigma: [of(0), of(1)], additive: self.additive, subtracted: [0.0; 2], reads: Reads::default() }
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
