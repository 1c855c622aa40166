//! Noise of the reads between pulses, and cycle noise apart from it.
//!
//! ```text
//! read          G + e,  R = var e = a + b (x + o)²      a constant, b relative; o = Gmin / (Gmax - Gmin)
//! residual      r = y - g F(x) = n ± e_after ∓ φ e_before,   φ = 1 ± g F'(x)      a step that starts at a high read ends lower
//! variance      S = c² q + R_after + φ² R_before             q = (g s f)² multiplicative, (g s)² additive
//! covariance    of successive residuals: -φ R of the read between them
//! u = (r_1 - r_0)² / 2                                       E u = (S_0 + S_1) / 2 + φ_1 R_1
//! t = ((r_1 - r_0)² + (r_2 - r_1)²) / 4 - (r_2 - r_0)² / 2   E t = (2 S_1 - S_0 - S_2) / 4 + (φ_1 R_1 + φ_2 R_2) / 2
//! ```
//!
//! Both contain no difference between cells. t is 0 on average without read noise, whatever the law of the cycle noise; its
//! weighted mean over its scatter tells whether reads are noisy, weights 1 / V² with V the mean of u in a bin of the state.
//! How much noise they have follows from the likelihood of a moving average ([`super::likelihood`]).

use super::cell_gains::CellGains;
use super::curve::Fit;
use super::pairs::Pairs;
use super::steps::{BINS, Step, Steps};

/// Standard errors from which read noise is not zero.
const SIGNIFICANT: f64 = 3.0;
/// Standard errors from which the order of residuals contradicts read noise.
const CONTRADICTION: f64 = 5.0;
/// Smallest variance of reads above the resolution of f32.
const RESOLUTION: f64 = 1e-12;
/// Fraction of the noise of reads in the middle of the window from which rounding is a part of it.
const ROUNDED: f64 = 0.1;
/// Number of pairs with the mean square of the neighbours that enter that of each.
const PRIOR: f64 = 10.0;
/// Successive terms that are summed before their scatter is taken: neighbours are not independent.
const BLOCK: usize = 16;
/// Step of the derivative of a curve.
const DIFFERENCE: f64 = 1e-4;

/// Variance of a read, fraction of the window squared.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Reads {
    /// At conductance 0.
    pub constant: f64,
    /// Relative to the square of the conductance.
    pub relative: f64,
    /// Conductance at state 0 over the width of the window.
    pub offset: f64,
}

impl Reads {
    /// Returns the variance of a read at state `x`.
    pub fn variance(&self, x: f64) -> f64 {
        self.constant + self.relative * (x + self.offset).powi(2)
    }

    /// Returns whether `rounding`, the variance of the error of rounded values, is a part of this noise.
    pub fn is_rounding(&self, rounding: f64) -> bool {
        rounding > ROUNDED * self.variance(0.5)
    }

    /// Returns the variance that both reads of `step` add to it, `gain` that of its cell.
    pub fn of_step(&self, step: &Step, fit: &Fit, gain: f64) -> f64 {
        let sign = if step.up { 1.0 } else { -1.0 };
        self.variance(step.x + sign * step.y) + passed(step, fit, gain).powi(2) * self.variance(step.x)
    }
}

/// Returns the fraction φ of an error of the state before `step` that is left after it.
fn passed(step: &Step, fit: &Fit, gain: f64) -> f64 {
    let slope = (fit.at(step.x + DIFFERENCE) - fit.at(step.x - DIFFERENCE)) / (2.0 * DIFFERENCE);
    1.0 + if step.up { gain * slope } else { -gain * slope }
}

/// Mean of u and of its terms in one bin.
#[derive(Clone, Copy, Debug, Default)]
struct Bin {
    n: f64,
    u: f64,
    reads: [f64; 2],
    /// q of multiplicative and of additive noise.
    cycle: [f64; 2],
}

/// Sums over successive steps.
#[derive(Clone, Debug)]
pub(super) struct ReadSums {
    bins: Vec<Bin>,
    /// Estimates of a alone, and of b alone.
    alone: [Estimate; 2],
}

/// Terms of one step.
#[derive(Clone, Copy, Debug)]
pub(super) struct Term {
    /// Residual, fraction of the window.
    pub residual: f64,
    /// Change of the residual with either of two standard normals that make the gains of its cell; the residual is that of a mean cell.
    pub gain: [f64; 2],
    /// S without cycle noise for a = 1, and for b = 1.
    pub reads: [f64; 2],
    /// φ R of the read before the step for both.
    pub shared: [f64; 2],
    /// q of multiplicative and of additive noise.
    pub cycle: [f64; 2],
}

impl Term {
    pub fn new(step: &Step, residual: f64, (fit, gain, offset): (&Fit, f64, f64)) -> Term {
        let phi = passed(step, fit, gain);
        let before = [1.0, (step.x + offset).powi(2)];
        let after = [1.0, (step.x + if step.up { step.y } else { -step.y } + offset).powi(2)];
        let scale = (gain * fit.parameters[0]).powi(2);
        Term {
            residual: gain * residual,
            gain: [0.0; 2],
            reads: [0, 1].map(|kind| after[kind] + phi * phi * before[kind]),
            shared: before.map(|before| phi * before),
            cycle: [scale * fit.factor(step.x).powi(2), scale],
        }
    }
}

impl ReadSums {
    /// Sums the residuals of `pairs`.
    pub fn new(pairs: &Pairs, steps: &Steps, fits: &[Fit; 2], gains: Option<&CellGains>) -> ReadSums {
        let term = |(step, residual): (&Step, &f64)| {
            let gain = gains.map_or(1.0, |gains| gains.of(step));
            Term::new(step, *residual, (&fits[usize::from(!step.up)], gain, steps.offset))
        };
        let terms: Vec<Term> = steps.all.iter().zip(&pairs.residuals).map(term).collect();
        let places = pairs.places();
        let mut bins = vec![Bin::default(); 2 * BINS];
        for &place in &places {
            let (bin, pair) = (&mut bins[pairs.bin(place)], pair(&terms[place - 1..=place]));
            bin.n += 1.0;
            bin.u += pair.0;
            bin.reads = [0, 1].map(|kind| bin.reads[kind] + pair.1[kind]);
            bin.cycle = [0, 1].map(|law| bin.cycle[law] + pair.2[law]);
        }
        let weights = weights(&bins);
        let mut alone = [Alone::default(); 2];
        for place in places.into_iter().filter(|&place| pairs.follows(place - 1)) {
            let (weight, cell) = (weights[pairs.bin(place)], steps.all[place].cell);
            let (t, reads) = three(&terms[place - 2..=place]);
            alone.iter_mut().enumerate().for_each(|(kind, sum)| sum.push(weight, kind, (t, reads, cell)));
        }
        ReadSums { bins, alone: alone.map(Alone::estimate) }
    }

    /// Returns whether the order of residuals shows that reads are noisy.
    pub fn is_noisy(&self) -> bool {
        self.alone.iter().any(|alone| alone.variance > SIGNIFICANT * alone.error && alone.variance > RESOLUTION)
    }

    /// Returns whether the order of residuals contradicts read noise of a = `reads[0]` and b = `reads[1]`.
    pub fn contradict(&self, reads: [f64; 2]) -> bool {
        let [one, two] = &self.alone;
        let expected = [reads[0] + one.other * reads[1], reads[1] + two.other * reads[0]];
        self.alone.iter().zip(expected).any(|(alone, expected)| expected > alone.variance + CONTRADICTION * alone.error)
    }

    /// Returns the largest read noise that the residuals may hide, in units of the squared cycle noise of up and down steps that
    /// follows from the mean of u over all pairs; `errors` is the number of standard errors.
    pub fn hidden(&self, errors: f64, additive: bool) -> [f64; 2] {
        [0, 1].map(|direction| {
            let bins = &self.bins[direction * BINS..][..BINS];
            let cycle: f64 = bins.iter().map(|bin| bin.cycle[usize::from(additive)]).sum();
            let of_kind = |kind: usize| {
                let Estimate { variance, error, .. } = self.alone[kind];
                let reads: f64 = bins.iter().map(|bin| bin.reads[kind]).sum();
                if cycle > 0.0 { (variance + errors * error).max(0.0) * reads / cycle } else { 0.0 }
            };
            of_kind(0).max(of_kind(1))
        })
    }
}

/// Returns u of two successive steps, and its terms of reads and of both laws of the cycle noise.
fn pair(terms: &[Term]) -> (f64, [f64; 2], [f64; 2]) {
    let [zero, one] = [&terms[0], &terms[1]];
    let reads = [0, 1].map(|kind| 0.5 * (zero.reads[kind] + one.reads[kind]) + one.shared[kind]);
    let cycle = [0, 1].map(|law| 0.5 * (zero.cycle[law] + one.cycle[law]));
    (0.5 * (one.residual - zero.residual).powi(2), reads, cycle)
}

/// Returns t of three successive steps, and its terms of reads.
fn three(terms: &[Term]) -> (f64, [f64; 2]) {
    let [zero, one, two] = [&terms[0], &terms[1], &terms[2]];
    let (first, second) = (one.residual - zero.residual, two.residual - one.residual);
    let curved = |of: &dyn Fn(&Term) -> f64| 0.25 * (2.0 * of(one) - of(zero) - of(two));
    let reads = [0, 1].map(|kind| curved(&|term| term.reads[kind]) + 0.5 * (one.shared[kind] + two.shared[kind]));
    (0.25 * (first * first + second * second) - 0.5 * (first + second).powi(2), reads)
}

/// Returns the weight of the pairs of each bin.
fn weights(bins: &[Bin]) -> Vec<f64> {
    let mean = |bins: &[Bin]| bins.iter().map(|bin| bin.u).sum::<f64>() / bins.iter().map(|bin| bin.n).sum::<f64>();
    let all = mean(bins).max(f64::MIN_POSITIVE.sqrt());
    let of_bin = |place: usize| {
        // Noise may be a thousand times smaller near an end, so the neighbours are the prior, not all bins.
        let (first, number) = (place / BINS * BINS, place % BINS);
        let near = mean(&bins[first + number.saturating_sub(1)..=first + (number + 1).min(BINS - 1)]);
        let prior = if near.is_finite() { near } else { all };
        ((bins[place].u + PRIOR * prior) / (bins[place].n + PRIOR)).max(1e-12 * all).powi(-2)
    };
    (0..bins.len()).map(of_bin).collect()
}

/// Estimate of one kind of read noise.
#[derive(Clone, Copy, Debug, Default)]
struct Estimate {
    variance: f64,
    error: f64,
    /// Increase of the estimate for a variance of 1 of the other kind.
    other: f64,
}

/// Sums of an estimate.
#[derive(Clone, Copy, Debug, Default)]
struct Alone {
    above: f64,
    below: f64,
    other: f64,
    blocks: [f64; 3],
    /// Number of terms of the open block, its cell, and its sums.
    open: (usize, u32, [f64; 2]),
}

impl Alone {
    fn push(&mut self, weight: f64, kind: usize, (t, reads, cell): (f64, [f64; 2], u32)) {
        if self.open.0 == BLOCK || self.open.1 != cell {
            self.close();
            self.open.1 = cell;
        }
        let terms = [weight * reads[kind] * t, weight * reads[kind] * reads[kind]];
        (self.above, self.below) = (self.above + terms[0], self.below + terms[1]);
        self.other += weight * reads[0] * reads[1];
        self.open.0 += 1;
        self.open.2 = [0, 1].map(|term| self.open.2[term] + terms[term]);
    }

    fn close(&mut self) {
        let [above, below] = self.open.2;
        // Sums of the squares of above - v below, for any v.
        self.blocks = [self.blocks[0] + above * above, self.blocks[1] + above * below, self.blocks[2] + below * below];
        self.open = (0, self.open.1, [0.0; 2]);
    }

    fn estimate(mut self) -> Estimate {
        self.close();
        if self.below <= 0.0 {
            return Estimate::default();
        }
        let variance = self.above / self.below;
        let [aa, ab, bb] = self.blocks;
        let squares = (aa - 2.0 * variance * ab + variance * variance * bb).max(0.0);
        Estimate { variance, error: squares.sqrt() / self.below, other: self.other / self.below }
    }
}
