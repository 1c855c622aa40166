//! Cycle noise and read noise of pulse trains by maximum likelihood.
//!
//! ```text
//! residuals r of successive steps     S their variance, C the covariance with the one before (read_noise.rs)
//! innovation v = r - C / V_before v_before        V = S - C² / V_before
//! ln L = -1/2 sum (ln V + v² / V)                 maximum in a, b and the c² of both directions by Fisher scoring
//! gains         g F = (m + L z) F, z normal: ln L of a cell + 1/2 b' M⁻¹ b - 1/2 ln |M|,  M = 1 + sum h h' / V, b = sum h v / V,
//!               h the innovations of L F (Laird and Ware, 1982)
//! bootstrap     maximum + I⁻¹ g,  g and I the sums of scores and informations over the cells that were drawn
//! ```
//!
//! A moving average of order one whose variances depend on the state: Brockwell and Davis, *Time Series: Theory and Methods*
//! (1991), chapters 5 and 8.

use nalgebra::{DMatrix, Matrix2, Matrix4, Vector2, Vector3, Vector4};

use super::cell_gains::CellGains;
use super::curve::Fit;
use super::read_noise::{Reads, Term};
use super::steps::{BINS, Step, Steps, bin};
use crate::sample::median;

/// Iterations, and relative change of ln L that ends them.
const ITERATIONS: usize = 40;
const CLOSE: f64 = 1e-9;
/// Largest factor by which a variance falls in one iteration: it stays positive.
const FALL: f64 = 0.2;
/// Fraction of the noise below which a kind of read noise counts as none.
const NONE: f64 = 1e-4;
/// Robust standard deviations beyond which a residual is an outlier.
const FAR: f64 = 5.0;
/// Standard errors between points at which the slope of ln L is compared.
const NEAR: f64 = 0.1;
/// Smallest part of the information that gains may leave.
const MIN_INFORMATION: f64 = 1e-3;
/// Smallest relative variance above the resolution of f32.
const RESOLUTION: f64 = 1e-12;

/// Residuals of steps.
#[derive(Clone, Debug)]
pub(super) struct Residuals {
    terms: Vec<Term>,
    /// 1 for a step that follows one in the same direction, -1 in the other, 0 for no step before.
    link: Vec<f64>,
    up: Vec<bool>,
    cell: Vec<u32>,
    /// Whether gains of cells vary within the likelihood.
    gains: bool,
    group: Vec<u32>,
    groups: usize,
    offset: f64,
    /// Smallest variance.
    floor: f64,
    /// Steps at f = 1, up and down.
    steps: [f64; 2],
}

/// Most likely noise.
#[derive(Clone, Debug)]
pub(super) struct Likely {
    /// a, b and the squared cycle noise of up and of down steps.
    at: Vector4<f64>,
    free: [bool; 4],
    /// Logarithm of the likelihood, up to a constant.
    pub ln: f64,
    /// Scores and informations of groups.
    by_group: Vec<(Vector4<f64>, Matrix4<f64>)>,
    subtracted: [f64; 2],
    offset: f64,
    /// Steps at f = 1, up and down, to which the noise is relative.
    steps: [f64; 2],
}

/// Noise with every group taken as often as in a sample.
#[derive(Clone, Copy, Debug)]
pub(super) struct Solution {
    /// Noise of reads.
    pub reads: Reads,
    /// Squared cycle noise relative to the step at f = 1, up and down; may be negative.
    pub cycle: [f64; 2],
    /// Read noise that was subtracted, in the same units.
    pub subtracted: [f64; 2],
}

/// Returns the place of the direction and state of `step` among all bins.
fn place(step: &Step) -> usize {
    usize::from(!step.up) * BINS + bin(step.foreseen)
}

/// Returns the distance from which `residuals` are outliers, by place.
fn reach(steps: &Steps, residuals: &[f64]) -> Vec<f64> {
    let mut by_bin = vec![Vec::new(); 2 * BINS];
    residuals.iter().zip(&steps.all).for_each(|(residual, step)| by_bin[place(step)].push(residual.abs()));
    let reach: Vec<f64> = by_bin.iter_mut().map(|sizes| FAR * 1.4826 * median(sizes)).collect();
    // Steps enter the last bin with more noise than most there have, so the neighbours count too.
    let near = |place: usize| {
        let (first, number) = (place / BINS * BINS, place % BINS);
        let near = &reach[first + number.saturating_sub(1)..=first + (number + 1).min(BINS - 1)];
        near.iter().copied().fold(0.0, f64::max)
    };
    (0..reach.len()).map(near).collect()
}

impl Residuals {
    /// Returns the residuals of `steps` but for outliers, of about `most` in whole cells; `residuals` over the gains of their cells.
    pub fn new(
        (steps, most): (&Steps, usize),
        residuals: &[f64],
        fits: &[Fit; 2],
        gains: Option<&CellGains>,
    ) -> Residuals {
        let reach = reach(steps, residuals);
        let mut found = Residuals {
            terms: Vec::with_capacity(residuals.len()),
            link: Vec::with_capacity(residuals.len()),
            up: Vec::new(),
            cell: Vec::new(),
            gains: gains.is_some_and(|gains| gains.prior.is_some()),
            group: Vec::new(),
            groups: steps.groups,
            offset: steps.offset,
            floor: 0.0,
            steps: fits.each_ref().map(|fit| fit.parameters[0]),
        };
        let mut gap = false;
        for (number, step) in steps.all.iter().enumerate() {
            if number >= most && steps.all[number - 1].cell != step.cell {
                break;
            }
            let reach = reach[place(step)];
            if reach > 0.0 && residuals[number].abs() > reach {
                gap = true;
                continue;
            }
            let gain = gains.map_or(1.0, |gains| gains.of(step));
            let link = if gap || !step.linked {
                0.0
            } else if step.follows {
                1.0
            } else {
                -1.0
            };
            let fit = &fits[usize::from(!step.up)];
            let mut term = Term::new(step, residuals[number], (fit, gain, steps.offset));
            if let Some(prior) = gains.and_then(|gains| gains.prior) {
                term.residual = step.y - prior.centre[usize::from(!step.up)] * fit.at(step.x);
                term.gain = prior.row(step.up).map(|part| part * fit.at(step.foreseen));
            }
            found.terms.push(term);
            found.cell.push(step.cell);
            found.link.push(link);
            found.up.push(step.up);
            found.group.push(steps.group[step.cell as usize]);
            gap = false;
        }
        let largest = found.terms.iter().map(|term| term.cycle[1]).fold(0.0, f64::max);
        found.floor = RESOLUTION * largest;
        found
    }

    /// Returns innovations, those of both normals that make gains, and their variances.
    fn innovations(&self, at: &Vector4<f64>, law: usize) -> Vec<(Vector3<f64>, f64)> {
        let mut before = (Vector3::zeros(), 1.0);
        let one = |(term, (link, up)): (&Term, (&f64, &bool))| {
            let cycle = if *up { at[2] } else { at[3] } * term.cycle[law];
            let variance = cycle + at[0] * term.reads[0] + at[1] * term.reads[1] + self.floor;
            let covariance = -link * (at[0] * term.shared[0] + at[1] * term.shared[1]);
            let fraction = covariance / before.1;
            let terms = Vector3::new(term.residual, term.gain[0], term.gain[1]);
            before = (terms - fraction * before.0, (variance - fraction * covariance).max(self.floor));
            before
        };
        self.terms.iter().zip(self.link.iter().zip(&self.up)).map(one).collect()
    }

    /// Returns the same residuals of cells without gains of their own; none if they have none.
    pub fn of_equal_cells(&self) -> Option<Residuals> {
        let mut equal = Residuals { gains: false, ..self.clone() };
        equal.terms.iter_mut().for_each(|term| term.gain = [0.0; 2]);
        self.gains.then_some(equal)
    }

    /// Returns the most likely noise; `reads` says whether reads have any.
    pub fn fit(&self, additive: bool, reads: bool) -> Likely {
        let law = usize::from(additive);
        let mut free = [reads, reads, true, true];
        let (mut at, ln) = self.climb(law, free);
        let squares: f64 = self.terms.iter().map(|term| term.residual * term.residual).sum();
        for kind in 0..2 {
            let fraction: f64 = self.terms.iter().map(|term| term.reads[kind]).sum::<f64>() * at[kind];
            if fraction <= NONE * squares {
                (at[kind], free[kind]) = (0.0, false);
            }
        }
        let mut by_group = self.scores(&at, law, free);
        if self.gains {
            self.observe(&mut by_group, &at, law, free);
        }
        let subtracted = self.subtracted(&at, law);
        Likely { at, free, ln, by_group, subtracted, offset: self.offset, steps: self.steps }
    }

    /// Returns the maximum in the `free` parameters, and the logarithm of the likelihood there.
    fn climb(&self, law: usize, free: [bool; 4]) -> (Vector4<f64>, f64) {
        let mut at = self.start(law, free[0]);
        let mut ln = self.ln_likelihood(&self.innovations(&at, law));
        for _ in 0..ITERATIONS {
            let (score, information) = total(&self.scores(&at, law, free));
            let step = solve(score, information, free);
            let (mut along, before) = (1.0, ln);
            loop {
                let mut next = at + along * step;
                (0..4).for_each(|place| next[place] = next[place].max(FALL * at[place]));
                let there = self.ln_likelihood(&self.innovations(&next, law));
                if there >= ln {
                    (at, ln) = (next, there);
                    break;
                }
                along *= 0.3;
                if along < 1e-4 {
                    break;
                }
            }
            if ln - before < CLOSE * ln.abs() {
                break;
            }
        }
        (at, ln)
    }

    /// Returns a start: half of the squared residuals from the cycle noise, and a quarter from each kind of read noise.
    fn start(&self, law: usize, reads: bool) -> Vector4<f64> {
        let mut at = Vector4::zeros();
        let part = if reads { [0.25, 0.5] } else { [0.0, 1.0] };
        for direction in 0..2 {
            let of = || self.terms.iter().zip(&self.up).filter(|(_, up)| usize::from(!**up) == direction);
            let squares: f64 = of().map(|(term, _)| term.residual * term.residual).sum();
            let cycle: f64 = of().map(|(term, _)| term.cycle[law]).sum();
            at[2 + direction] = part[1] * squares / cycle.max(f64::MIN_POSITIVE);
        }
        let squares: f64 = self.terms.iter().map(|term| term.residual * term.residual).sum();
        for kind in 0..2 {
            at[kind] = part[0] * squares / self.terms.iter().map(|term| term.reads[kind]).sum::<f64>();
        }
        at
    }

    /// Returns scores and expected informations by group; derivatives of innovations by differences.
    fn scores(&self, at: &Vector4<f64>, law: usize, free: [bool; 4]) -> Vec<(Vector4<f64>, Matrix4<f64>)> {
        let here = self.innovations(at, law);
        let mut by_group: Vec<(Vector4<f64>, Matrix4<f64>)> = vec![(Vector4::zeros(), Matrix4::zeros()); self.groups];
        let mut derivatives = vec![[(0.0, 0.0); 4]; here.len()];
        for place in (0..4).filter(|&place| free[place]) {
            let scale: f64 = self.terms.iter().map(|term| term.cycle[law]).sum::<f64>() / here.len().max(1) as f64;
            let small = if place < 2 { 1e-6 * scale } else { 1e-6 };
            let step = (1e-4 * at[place]).max(small * 1e-4);
            let mut moved = *at;
            moved[place] += step;
            let there = self.innovations(&moved, law);
            for (number, there) in there.iter().enumerate() {
                derivatives[number][place] =
                    ((there.0[0] - here[number].0[0]) / step, (there.1 - here[number].1) / step);
            }
            for (group, [moved, own]) in self
                .of_gains(&there)
                .into_iter()
                .zip(self.of_gains(&here))
                .map(|(there, here)| (here.0, [there.1, here.1]))
            {
                by_group[group as usize].0[place] += (moved - own) / step;
            }
        }
        for ((&(v, variance), slopes), &group) in here.iter().zip(&derivatives).zip(&self.group) {
            let (score, information) = &mut by_group[group as usize];
            let [of_v, of_variance] =
                [Vector4::from(slopes.map(|slope| slope.0)), Vector4::from(slopes.map(|slope| slope.1 / variance))];
            *score += 0.5 * (v[0] * v[0] / variance - 1.0) * of_variance - v[0] / variance * of_v;
            *information += 0.5 * of_variance * of_variance.transpose() + of_v * of_v.transpose() / variance;
        }
        by_group
    }

    fn ln_likelihood(&self, innovations: &[(Vector3<f64>, f64)]) -> f64 {
        let of_steps: f64 =
            innovations.iter().map(|(v, variance)| -0.5 * (variance.ln() + v[0] * v[0] / variance)).sum();
        of_steps + self.of_gains(innovations).iter().map(|cell| cell.1).sum::<f64>()
    }

    /// Returns the groups of cells and what gains add to their log-likelihoods.
    fn of_gains(&self, innovations: &[(Vector3<f64>, f64)]) -> Vec<(u32, f64)> {
        let mut found = Vec::new();
        if !self.gains {
            return found;
        }
        let start = || (Matrix2::identity(), Vector2::zeros());
        let (mut sums, mut last) = (start(), 0);
        for (number, (v, variance)) in innovations.iter().enumerate() {
            if number > 0 && self.cell[number] != self.cell[last] {
                found.push((self.group[last], of_cell(sums)));
                sums = start();
            }
            let h: Vector2<f64> = v.yz();
            sums = (sums.0 + h * h.transpose() / *variance, sums.1 + v[0] / variance * h);
            last = number;
        }
        if !innovations.is_empty() {
            found.push((self.group[last], of_cell(sums)));
        }
        found
    }

    /// Replaces the information by that of the log-likelihood as it is, in equal parts: gains that vary take some of it.
    fn observe(&self, by_group: &mut [(Vector4<f64>, Matrix4<f64>)], at: &Vector4<f64>, law: usize, free: [bool; 4]) {
        let (score, complete) = total(by_group);
        let mut observed = complete;
        for place in (0..4).filter(|&place| free[place] && complete[(place, place)] > 0.0) {
            let step = NEAR / complete[(place, place)].sqrt();
            let mut moved = *at;
            moved[place] += step;
            let there = total(&self.scores(&moved, law, free)).0;
            observed.set_column(place, &((score - there) / step));
        }
        let observed = 0.5 * (observed + observed.transpose());
        let used: Vec<usize> = (0..4).filter(|&place| free[place] && complete[(place, place)] > 0.0).collect();
        let part = DMatrix::from_fn(used.len(), used.len(), |row, column| {
            let scale = (complete[(used[row], used[row])] * complete[(used[column], used[column])]).sqrt();
            observed[(used[row], used[column])] / scale
        });
        if part.symmetric_eigenvalues().iter().all(|value| *value > MIN_INFORMATION) {
            let fraction = 1.0 / by_group.len() as f64;
            by_group.iter_mut().for_each(|group| group.1 = fraction * observed);
        }
    }

    /// Returns the read noise in the variances of steps, in units of the squared cycle noise.
    fn subtracted(&self, at: &Vector4<f64>, law: usize) -> [f64; 2] {
        let mut sums = [(0.0, 0.0); 2];
        for ((term, up), (_, variance)) in self.terms.iter().zip(&self.up).zip(self.innovations(at, law)) {
            let weight = term.cycle[law] / (variance * variance);
            let sum = &mut sums[usize::from(!up)];
            sum.0 += weight * (at[0] * term.reads[0] + at[1] * term.reads[1]);
            sum.1 += weight * term.cycle[law];
        }
        sums.map(|(reads, cycle)| if cycle > 0.0 { reads / cycle } else { 0.0 })
    }
}

impl Likely {
    /// Returns the noise with every group taken as often as `drawn` says, relative to the steps of the curves `fits` of these groups.
    pub fn drawn(&self, drawn: &[f64], fits: &[Fit; 2]) -> Solution {
        let mut sum = (Vector4::zeros(), Matrix4::zeros());
        for ((score, information), times) in self.by_group.iter().zip(drawn) {
            sum.0 += *times * score;
            sum.1 += *times * information;
        }
        let at =
            if drawn.iter().all(|times| *times == 1.0) { self.at } else { self.at + solve(sum.0, sum.1, self.free) };
        Solution {
            reads: Reads { constant: at[0].max(0.0), relative: at[1].max(0.0), offset: self.offset },
            cycle: [0, 1]
                .map(|direction| at[2 + direction] * (self.steps[direction] / fits[direction].parameters[0]).powi(2)),
            subtracted: self.subtracted,
        }
    }

    /// Returns a, b and the squared cycle noise relative to the curves `fits`, and the covariance of their errors.
    pub fn variances(&self, fits: &[Fit; 2]) -> (Vector4<f64>, Matrix4<f64>) {
        let scale = |direction: usize| (self.steps[direction] / fits[direction].parameters[0]).powi(2);
        let scales = Vector4::new(1.0, 1.0, scale(0), scale(1));
        let information = total(&self.by_group).1;
        let column = |place: usize| {
            let unit = Vector4::from_fn(|row, _| f64::from(u8::from(row == place)));
            if self.free[place] { solve(unit, information, self.free) } else { Vector4::zeros() }
        };
        let covariance = Matrix4::from_columns(&[column(0), column(1), column(2), column(3)]);
        let scaled = Matrix4::from_diagonal(&scales);
        (self.at.component_mul(&scales), scaled * covariance * scaled)
    }

    /// Returns a and b.
    pub fn reads(&self) -> [f64; 2] {
        [self.at[0], self.at[1]]
    }
}

/// Returns the part of one normal z that makes the gain of a cell: that of `sums`, with 1 + sum h h' / V and sum h v / V.
fn of_cell((matrix, vector): (Matrix2<f64>, Vector2<f64>)) -> f64 {
    let solved = matrix.lu().solve(&vector).unwrap_or_else(Vector2::zeros);
    0.5 * (vector.dot(&solved) - matrix.determinant().ln())
}

fn total(by_group: &[(Vector4<f64>, Matrix4<f64>)]) -> (Vector4<f64>, Matrix4<f64>) {
    by_group.iter().fold((Vector4::zeros(), Matrix4::zeros()), |sum, group| (sum.0 + group.0, sum.1 + group.1))
}

/// Solves for the `free` parameters; the others have a step of 0.
fn solve(mut score: Vector4<f64>, mut information: Matrix4<f64>, free: [bool; 4]) -> Vector4<f64> {
    let size: Vec<f64> = (0..4).map(|place| information[(place, place)].sqrt()).collect();
    for row in 0..4 {
        let used = free[row] && size[row] > 0.0;
        for column in 0..4 {
            information[(row, column)] = match (used && size[column] > 0.0 && free[column], row == column) {
                (true, _) => information[(row, column)] / (size[row] * size[column]),
                (false, same) => f64::from(u8::from(same)),
            };
        }
        score[row] = if used { score[row] / size[row] } else { 0.0 };
    }
    let mut step = information.lu().solve(&score).unwrap_or_else(Vector4::zeros);
    (0..4).for_each(|place| step[place] = if size[place] > 0.0 { step[place] / size[place] } else { 0.0 });
    step
}
