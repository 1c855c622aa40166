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
//! Both contain no difference between cells, and their means are linear in a, b and the c² of both directions. t gives a and
//! b, u gives c²: weighted least squares, weights 1 / V² with V the mean of u in a bin of the state. A moving average of order
//! one: Box and Jenkins, *Time Series Analysis* (1970), chapter 3.

use nalgebra::{Matrix4, Vector4};

use super::curve::Fit;
use super::gains::CellGains;
use super::noise::Pairs;
use super::steps::{BINS, Step, Steps};

/// Standard errors from which read noise is not zero.
const SIGNIFICANT: f64 = 3.0;
/// Number of pairs with the mean square of all bins that enter that of each.
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
    offset: f64,
}

impl Reads {
    /// Returns the variance of a read at state `x`.
    pub fn variance(&self, x: f64) -> f64 {
        self.constant + self.relative * (x + self.offset).powi(2)
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

/// Equations for a, b and the squared cycle noise of up and down steps.
#[derive(Clone, Copy, Debug, Default)]
struct Equations {
    left: Matrix4<f64>,
    right: Vector4<f64>,
}

/// Solution of the equations.
#[derive(Clone, Copy, Debug)]
pub(super) struct Solution {
    /// Noise of reads.
    pub reads: Reads,
    /// Squared cycle noise relative to the step at f = 1, up and down; may be negative.
    pub cycle: [f64; 2],
    /// Read noise that was subtracted, in the same units.
    pub subtracted: [f64; 2],
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

/// Sums of equations by group.
#[derive(Clone, Debug)]
pub(super) struct ReadSums {
    /// For multiplicative and for additive noise.
    by_group: Vec<[Equations; 2]>,
    bins: Vec<Bin>,
    offset: f64,
    /// Estimate of a alone, and of b alone, with its standard error.
    alone: [(f64, f64); 2],
}

/// Terms of one step.
#[derive(Clone, Copy, Debug)]
struct Term {
    residual: f64,
    /// S without cycle noise for a = 1, and for b = 1.
    reads: [f64; 2],
    /// φ R of the read before the step.
    shared: [f64; 2],
    cycle: [f64; 2],
}

impl Term {
    fn new(step: &Step, residual: f64, (fit, gain, offset): (&Fit, f64, f64)) -> Term {
        let phi = passed(step, fit, gain);
        let before = [1.0, (step.x + offset).powi(2)];
        let after = [1.0, (step.x + if step.up { step.y } else { -step.y } + offset).powi(2)];
        let scale = (gain * fit.parameters[0]).powi(2);
        Term {
            residual: gain * residual,
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
            let gain = gains.map_or(1.0, |gains| gains.of(step.cell));
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
        let mut by_group = vec![[Equations::default(); 2]; steps.groups];
        let mut alone = [Alone::default(); 2];
        for &place in &places {
            let step = &steps.all[place];
            let (weight, direction) = (weights[pairs.bin(place)], usize::from(!step.up));
            let laws = &mut by_group[steps.group[step.cell as usize] as usize];
            let of_pair = pair(&terms[place - 1..=place]);
            laws.iter_mut().enumerate().for_each(|(law, sum)| sum.push_pair(weight, direction, law, of_pair));
            if pairs.follows(place - 1) {
                let of_three = three(&terms[place - 2..=place]);
                laws.iter_mut().enumerate().for_each(|(law, sum)| sum.push_three(weight, direction, law, of_three));
                alone.iter_mut().enumerate().for_each(|(kind, sum)| sum.push(weight, kind, (of_three, step.cell)));
            }
        }
        ReadSums { by_group, bins, offset: steps.offset, alone: alone.map(Alone::estimate) }
    }

    /// Returns whether reads are noisy.
    pub fn is_noisy(&self) -> bool {
        self.alone.iter().any(|(variance, error)| *variance > SIGNIFICANT * error && *variance > 1e-12)
    }

    /// Returns the solution with every group taken as often as `drawn` says.
    pub fn solve(&self, drawn: &[f64], additive: bool) -> Solution {
        let mut total = Equations::default();
        for (laws, times) in self.by_group.iter().zip(drawn) {
            let sum = &laws[usize::from(additive)];
            total.left += *times * sum.left;
            total.right += *times * sum.right;
        }
        let mut used = [true, true];
        loop {
            let at = total.solve(used);
            let negative = (0..2).filter(|&kind| used[kind] && at[kind] < 0.0);
            // The one that explains less goes first.
            let worst = negative.min_by(|&a, &b| at[a].total_cmp(&at[b]));
            if let Some(worst) = worst {
                used[worst] = false;
                continue;
            }
            let reads = Reads { constant: at[0], relative: at[1], offset: self.offset };
            let subtracted = [2, 3].map(|row: usize| {
                let own = total.left[(row, row)];
                if own > 0.0 { (total.left[(row, 0)] * at[0] + total.left[(row, 1)] * at[1]) / own } else { 0.0 }
            });
            return Solution { reads, cycle: [at[2], at[3]], subtracted };
        }
    }

    /// Returns the logarithm of the likelihood of u for a law of the cycle noise, up to a constant.
    pub fn ln_likelihood(&self, additive: bool) -> f64 {
        let found = self.solve(&vec![1.0; self.by_group.len()], additive);
        let of_bin = |(place, bin): (usize, &Bin)| {
            let cycle = found.cycle[place / BINS].max(0.0) * bin.cycle[usize::from(additive)];
            let reads = found.reads.constant * bin.reads[0] + found.reads.relative * bin.reads[1];
            let variance = ((cycle + reads) / bin.n).max(1e-30);
            -0.5 * bin.n * (variance.ln() + bin.u / bin.n / variance)
        };
        self.bins.iter().enumerate().filter(|(_, bin)| bin.n > 0.0).map(of_bin).sum()
    }

    /// Returns the largest read noise that the residuals may hide, in units of the squared cycle noise of up and down steps that
    /// follows from the mean of u over all pairs; `errors` is the number of standard errors.
    pub fn hidden(&self, errors: f64, additive: bool) -> [f64; 2] {
        [0, 1].map(|direction| {
            let bins = &self.bins[direction * BINS..][..BINS];
            let cycle: f64 = bins.iter().map(|bin| bin.cycle[usize::from(additive)]).sum();
            let of_kind = |kind: usize| {
                let (variance, error) = self.alone[kind];
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

/// Returns t of three successive steps, and its terms of reads and of both laws of the cycle noise.
fn three(terms: &[Term]) -> (f64, [f64; 2], [f64; 2]) {
    let [zero, one, two] = [&terms[0], &terms[1], &terms[2]];
    let (first, second) = (one.residual - zero.residual, two.residual - one.residual);
    let curved = |of: &dyn Fn(&Term) -> f64| 0.25 * (2.0 * of(one) - of(zero) - of(two));
    let reads =
        [0, 1].map(|kind| curved(&|term| term.reads[kind]) + 0.5 * (one.shared[kind] + two.shared[kind]));
    let cycle = [0, 1].map(|law| curved(&|term| term.cycle[law]));
    (0.25 * (first * first + second * second) - 0.5 * (first + second).powi(2), reads, cycle)
}

/// Returns the weight of the pairs of each bin.
fn weights(bins: &[Bin]) -> Vec<f64> {
    let (n, u) = bins.iter().fold((0.0, 0.0), |sum, bin| (sum.0 + bin.n, sum.1 + bin.u));
    let all = (u / f64::max(n, 1.0)).max(f64::MIN_POSITIVE.sqrt());
    // The prior of all bins would hide that some have a thousandth of the noise, so it fades with their number of pairs.
    let mean = |bin: &Bin| if bin.n >= PRIOR { bin.u / bin.n } else { (bin.u + PRIOR * all) / (bin.n + PRIOR) };
    bins.iter().map(|bin| mean(bin).max(1e-12 * all).powi(-2)).collect()
}

impl Equations {
    fn push_pair(&mut self, weight: f64, direction: usize, law: usize, (u, reads, cycle): (f64, [f64; 2], [f64; 2])) {
        let (row, of_row) = (2 + direction, weight * cycle[law]);
        self.left[(row, 0)] += of_row * reads[0];
        self.left[(row, 1)] += of_row * reads[1];
        self.left[(row, row)] += of_row * cycle[law];
        self.right[row] += of_row * u;
    }

    fn push_three(&mut self, weight: f64, direction: usize, law: usize, (t, reads, cycle): (f64, [f64; 2], [f64; 2])) {
        for row in 0..2 {
            let of_row = weight * reads[row];
            self.left[(row, 0)] += of_row * reads[0];
            self.left[(row, 1)] += of_row * reads[1];
            self.left[(row, 2 + direction)] += of_row * cycle[law];
            self.right[row] += of_row * t;
        }
    }

    /// Returns a, b and the squared cycle noises; a and b are 0 unless `used`.
    fn solve(&self, used: [bool; 2]) -> Vector4<f64> {
        let (mut left, mut right) = (self.left, self.right);
        for row in 0..4 {
            let scale = left.row(row).amax();
            if row < 2 && !used[row] || scale == 0.0 {
                left.set_row(row, &nalgebra::RowVector4::zeros());
                (left[(row, row)], right[row]) = (1.0, 0.0);
            } else {
                left.set_row(row, &(left.row(row) / scale));
                right[row] /= scale;
            }
        }
        left.lu().solve(&right).unwrap_or_else(Vector4::zeros)
    }
}

/// Estimate of one kind of read noise, with its scatter.
#[derive(Clone, Copy, Debug, Default)]
struct Alone {
    above: f64,
    below: f64,
    blocks: [f64; 3],
    /// Number of terms of the open block, its cell, and its sums.
    open: (usize, u32, [f64; 2]),
}

impl Alone {
    fn push(&mut self, weight: f64, kind: usize, ((t, reads, _), cell): ((f64, [f64; 2], [f64; 2]), u32)) {
        if self.open.0 == BLOCK || self.open.1 != cell {
            self.close();
            self.open.1 = cell;
        }
        let terms = [weight * reads[kind] * t, weight * reads[kind] * reads[kind]];
        (self.above, self.below) = (self.above + terms[0], self.below + terms[1]);
        self.open.0 += 1;
        self.open.2 = [0, 1].map(|term| self.open.2[term] + terms[term]);
    }

    fn close(&mut self) {
        let [above, below] = self.open.2;
        // Sums of the squares of above - v below, for any v.
        self.blocks = [self.blocks[0] + above * above, self.blocks[1] + above * below, self.blocks[2] + below * below];
        self.open = (0, self.open.1, [0.0; 2]);
    }

    /// Returns the estimate and its standard error.
    fn estimate(mut self) -> (f64, f64) {
        self.close();
        if self.below <= 0.0 {
            return (0.0, 0.0);
        }
        let variance = self.above / self.below;
        let [aa, ab, bb] = self.blocks;
        (variance, (aa - 2.0 * variance * ab + variance * variance * bb).max(0.0).sqrt() / self.below)
    }
}
