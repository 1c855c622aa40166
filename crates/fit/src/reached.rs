//! Centre and spread of the writes that reach their target, also where about half of the writes fail.
//!
//! ```text
//! one law     median and 1.4826 MAD of v = ln(G / T)
//! two parts   (1 - p) N(c, s²) + p U(a, b), from the lowest v to the highest, or (1 - p) N(c, s²) + p N(d, t²), by EM: median and 1.4826 MAD of the v near c
//! near        within 4 s or 5 % of c
//! missed      the median is a factor of 1.5 off, and 6 s, although most targets are reached: no spread about the offset of the others
//! ```
//!
//! The median breaks down where half of the writes fail. Writes aim at their target, so EM starts there, and at the median offset of all targets. There are two
//! parts if the mixture is exp(10) times as likely as a normal distribution of v, one of G, a Laplace and an even distribution; if 15 % of the writes are not near;
//! and if c is three times closer to the target than these. Heavy tails have fewer: a Laplace distribution has 3 % so far from its core, and Student's with two
//! degrees of freedom 7 %. Two modes on both sides of a target, as of writes from below and from above, are one law.
//!
//! None of 6500 simulated tables without failures has a number or a note that differs from those of one law: 1 to 10 targets with 10 to 400 writes each, noise of 1 to 30 %, cells that differ, stuck cells, offsets, rounding,
//! ends of the window, and heavy tails.
//!
//! Equal values far away are an end that failed writes reach. Cells that miss all targets by a factor, but follow them, differ from the others: there
//! are no two parts if the writes of the others are one law.

use crate::bins::MIN_FOR_SPREAD;
use crate::normal::{density, quantile};
use crate::sample::{median, robust};

/// Distance from the centre in standard deviations, and in ln G, beyond which a write is not near.
const NEAR: (f64, f64) = (4.0, 0.05);
/// The same distance for equal values, which noise could otherwise have brought to an end of the window, and for targets that are missed.
const FAR: f64 = 6.0;
/// Standard deviation below which the distance of what is near does not change.
const FLOOR: f64 = NEAR.1 / NEAR.0;
/// Smallest fraction of the writes that are not near.
const PART: f64 = 0.15;
/// Standard deviations of a normal distribution beyond which it has less than that.
const SCREEN: f64 = 1.5;
/// Smallest number and fraction of the writes that are near.
const LEAST: (f64, f64) = (5.0, 0.03);
/// Logarithm of the ratio of likelihoods from which there are two parts.
const EVIDENCE: f64 = 10.0;
/// Largest distance of c from the target, relative to that of the writes that are not near.
const CLOSER: f64 = 1.0 / 3.0;
/// Fractions of the writes, nearest first, whose distance starts EM.
const STARTS: [f64; 3] = [0.1, 0.3, 0.5];
/// Smallest number of targets that have an offset in common, fraction of them that must, and distance within which they do.
const COMMON: (usize, f64, f64) = (3, 0.6, 0.1);
/// Distance in ln G from which a target is missed, and up to which cells that are written to one target differ: a factor of 1.5.
const MISSED: f64 = 0.405;
/// Rounds of EM, and largest number of values for it.
const ROUNDS: usize = 60;
const MAX_VALUES: usize = 1000;
/// Fraction of the writes from which equal ones are no noise, and relative distance of equal ones.
const EQUAL: (f64, f64) = (0.1, 1e-6);
/// Standard deviations within which a write is closer to those that reach the target than to any that are not near.
const CLOSE: f64 = 2.5;
/// Largest fraction of the writes of a cell that differs from others that are close.
const MOST_CLOSE: f64 = 0.2;
/// Slope of ln G over ln T from which a cell follows its targets, and variance of ln T that shows it.
const FOLLOWS: (f64, f64) = (0.5, 0.01);

/// A write.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Write {
    /// Cell and bin of the target.
    pub cell: usize,
    pub bin: usize,
    /// ln(G / T).
    pub v: f64,
    /// ln T.
    pub ln_target: f64,
}

/// Writes to one target that reach it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Reached {
    /// Centre and robust standard deviation of v.
    pub robust: (f64, f64),
    /// Whether many others miss the target.
    pub in_two: bool,
}

/// Returns which of the writes in each of `bins` bins reach their target.
pub(crate) fn reached(writes: &[Write], bins: usize) -> Vec<Reached> {
    let mut by_bin = vec![Vec::new(); bins];
    writes.iter().for_each(|write| by_bin[write.bin].push(write.v));
    let plain: Vec<(f64, f64)> = by_bin.iter().map(|values| robust(&mut values.clone())).collect();
    let offset = offset(&plain);
    let of_bin = |values: &Vec<f64>| in_two(values, 0.0).or_else(|| in_two(values, offset?));
    let mut parts: Vec<Option<(f64, f64)>> = by_bin.iter().map(of_bin).collect();
    if parts.iter().any(Option::is_some) {
        let differ = differing(writes, &narrow(&parts, &plain));
        let keep = |bin: usize, near: &(f64, f64)| !is_of_cells(writes, bin, *near, &differ);
        parts = (0..bins).map(|bin| parts[bin].filter(|near| keep(bin, near))).collect();
    }
    let enough = |bin: usize| by_bin[bin].len() >= MIN_FOR_SPREAD;
    let found = |bin: usize| parts[bin].or_else(|| missed(plain[bin], offset.filter(|_| enough(bin))?));
    (0..bins).map(|bin| Reached { robust: found(bin).unwrap_or(plain[bin]), in_two: found(bin).is_some() }).collect()
}

/// Returns whether many of the `conductances` are far from their `targets`, which then do not tell where cells are; both in µS.
pub(crate) fn are_missed(conductances: &[f64], targets: &[f64]) -> bool {
    let mut distinct = targets.to_vec();
    distinct.sort_by(f64::total_cmp);
    distinct.dedup();
    let write = |(cell, (conductance, target)): (usize, (&f64, &f64))| Write {
        cell,
        bin: distinct.partition_point(|other| other < target),
        v: (conductance / target).ln(),
        ln_target: target.ln(),
    };
    let writes: Vec<Write> = conductances.iter().zip(targets).enumerate().map(write).collect();
    reached(&writes, distinct.len()).iter().any(|of| of.in_two)
}

/// Returns the offset that most targets have in common, from the medians of their v; none if they have none.
fn offset(plain: &[(f64, f64)]) -> Option<f64> {
    let mut medians: Vec<f64> = plain.iter().map(|of| of.0).filter(|centre| centre.is_finite()).collect();
    let (count, centre) = (medians.len(), median(&mut medians));
    let near = plain.iter().filter(|of| (of.0 - centre).abs() < COMMON.2).count();
    (count >= COMMON.0 && near as f64 >= COMMON.1 * count as f64).then_some(centre)
}

/// Returns the `offset` of the other targets as the centre of writes of which most miss their target, and a spread that tells them.
fn missed((centre, spread): (f64, f64), offset: f64) -> Option<(f64, f64)> {
    ((centre - offset).abs() > MISSED.max(FAR * spread)).then_some((offset, FLOOR))
}

/// Returns whether `v` is near the centre of writes with this standard deviation.
fn is_near(v: f64, (centre, sigma): (f64, f64), times: f64) -> bool {
    (v - centre).abs() <= (times * sigma).max(NEAR.1)
}

/// Returns centre and robust standard deviation of the part of `values` that reaches the target, about which `anchor` it is; none if they are one law.
fn in_two(values: &[f64], anchor: f64) -> Option<(f64, f64)> {
    let n = values.len() as f64;
    if values.len() < MIN_FOR_SPREAD || !may_split(values, anchor) {
        return None;
    }
    let (others, equal) = without_equal(values);
    if others.len() < MIN_FOR_SPREAD {
        return None;
    }
    let part = |near: (f64, f64)| {
        let (mut reach, rest): (Vec<f64>, Vec<f64>) = others.iter().partition(|v| is_near(**v, near, NEAR.0));
        let mut far: Vec<f64> = rest.iter().chain(&equal).map(|v| (v - anchor).abs()).collect();
        let enough = far.len() as f64 >= PART * n && reach.len() as f64 >= LEAST.0.max(LEAST.1 * n);
        (enough && (near.0 - anchor).abs() <= CLOSER * median(&mut far)).then(|| robust(&mut reach))
    };
    let found =
        mixtures(&others, anchor).into_iter().filter_map(|of| Some((of.ln_likelihood, part((of.centre, of.sigma))?)));
    let best = found.max_by(|one, other| one.0.total_cmp(&other.0)).map(|best| best.1);
    let best = best.or_else(|| part(robust(&mut others.clone())).filter(|_| !equal.is_empty()));
    // Equal values that noise could have brought to an end of the window are no second part, nor are those that are closer to the target.
    let is_end = |v: f64, best: (f64, f64)| is_near(v, best, FAR) || (v - anchor).abs() <= (best.0 - anchor).abs();
    best.filter(|best| !equal.iter().any(|v| is_end(*v, *best)))
}

/// Returns whether enough `values` could be far from `anchor`, measured by the nearest of them.
fn may_split(values: &[f64], anchor: f64) -> bool {
    let n = values.len() as f64;
    let sigma = start(values, anchor, LEAST.1.max(LEAST.0 / n));
    let far = values.iter().filter(|v| !is_near(**v, (anchor, sigma), SCREEN)).count();
    far as f64 >= PART * n
}

/// Returns the standard deviation about `anchor` that the nearest `fraction` of `values` show.
fn start(values: &[f64], anchor: f64, fraction: f64) -> f64 {
    let mut distances: Vec<f64> = values.iter().map(|v| (v - anchor).abs()).collect();
    let place = ((fraction * values.len() as f64) as usize).min(values.len() - 1);
    *distances.select_nth_unstable_by(place, f64::total_cmp).1 / quantile(0.5 + 0.5 * fraction)
}

/// Returns `values` without those that many others equal, and the latter.
fn without_equal(values: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let runs = sorted.chunk_by(|one, other| other - one < EQUAL.1);
    let (equal, others): (Vec<&[f64]>, Vec<&[f64]>) =
        runs.partition(|run| run.len() as f64 >= EQUAL.0 * values.len() as f64 && run.len() > 1);
    (others.concat(), equal.concat())
}

/// A normal distribution with others that fail.
struct Mixture {
    centre: f64,
    sigma: f64,
    ln_likelihood: f64,
}

/// Returns the mixtures that EM finds from `anchor` and that explain `values` better than one law.
fn mixtures(values: &[f64], anchor: f64) -> Vec<Mixture> {
    // The others of `values`, which rise, tell little more.
    let every = values.len().div_ceil(MAX_VALUES);
    let values: &[f64] = &values.iter().skip(every / 2).step_by(every).copied().collect::<Vec<f64>>();
    let single = one_law(values);
    let least = LEAST.1.max(LEAST.0 / values.len() as f64);
    let starts = STARTS.into_iter().chain([least]).map(|fraction| start(values, anchor, fraction));
    let found = starts.flat_map(|sigma| [true, false].map(|even| maximised(values, (anchor, sigma), even)));
    found.filter(|found| found.ln_likelihood > single + EVIDENCE).collect()
}

/// Weighted moments of one part.
#[derive(Clone, Copy, Default)]
struct Part {
    n: f64,
    v: f64,
    vv: f64,
}

impl Part {
    fn push(&mut self, weight: f64, v: f64) {
        (self.n, self.v, self.vv) = (self.n + weight, self.v + weight * v, self.vv + weight * v * v);
    }

    /// Returns mean and standard deviation.
    fn normal(self) -> (f64, f64) {
        let mean = self.v / self.n;
        (mean, (self.vv / self.n - mean * mean).max(FLOOR * FLOOR).sqrt())
    }
}

/// Returns the mixture by EM from a normal distribution with the centre and standard deviation `near`; the others are `even`, or normal.
fn maximised(values: &[f64], mut near: (f64, f64), even: bool) -> Mixture {
    near.1 = near.1.max(FLOOR);
    let (range, n) = (range(values), values.len() as f64);
    let (mut part, mut ln_likelihood) = (0.5, f64::NEG_INFINITY);
    // The first round of normal others is even as well.
    let mut others: Option<(f64, f64)> = None;
    for _ in 0..ROUNDS {
        let (mut of_near, mut of_others, mut ln) = (Part::default(), Part::default(), 0.0);
        let normal = |v: f64, (centre, sigma): (f64, f64)| density((v - centre) / sigma) / sigma;
        for &v in values {
            let one = part * normal(v, near);
            let all = one + (1.0 - part) * others.map_or(1.0 / range, |others| normal(v, others));
            let all = all.max(f64::MIN_POSITIVE);
            of_near.push(one / all, v);
            of_others.push(1.0 - one / all, v);
            ln += all.ln();
        }
        if !(of_near.n > 1.0 && of_others.n > 1.0) {
            return Mixture { centre: near.0, sigma: near.1, ln_likelihood: f64::NEG_INFINITY };
        }
        (ln_likelihood, near) = (ln, of_near.normal());
        others = (!even).then(|| of_others.normal());
        part = (of_near.n / n).clamp(1.0 / n, 1.0 - 1.0 / n);
    }
    Mixture { centre: near.0, sigma: near.1, ln_likelihood }
}

/// Returns the largest log-likelihood of v under laws with one peak.
fn one_law(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let normal = |values: &[f64]| {
        let mean = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
        -0.5 * n * ((std::f64::consts::TAU * variance.max(FLOOR * FLOOR)).ln() + 1.0)
    };
    let of_u: Vec<f64> = values.iter().map(|v| v.exp_m1()).collect();
    let centre = median(&mut values.to_vec());
    let width = values.iter().map(|v| (v - centre).abs()).sum::<f64>() / n;
    let laplace = -n * ((2.0 * width.max(FLOOR)).ln() + 1.0);
    // The density of v is that of u times exp(v).
    [normal(values), normal(&of_u) + values.iter().sum::<f64>(), laplace, -n * range(values).ln()]
        .into_iter()
        .fold(f64::NEG_INFINITY, f64::max)
}

/// Returns the distance of the highest of `values` from the lowest.
fn range(values: &[f64]) -> f64 {
    let (low, high) =
        values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &v| (v.min(low), v.max(high)));
    (high - low).max(NEAR.1)
}

/// Returns centre and standard deviation of the writes that reach each target, where `parts` has none those of other targets at most: two kinds of cells may be
/// seen at some targets only.
fn narrow(parts: &[Option<(f64, f64)>], plain: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let of = |number: fn(&(f64, f64)) -> f64| median(&mut parts.iter().flatten().map(number).collect::<Vec<f64>>());
    let (centre, spread) = (of(|part| part.0), of(|part| part.1));
    parts.iter().zip(plain).map(|(part, plain)| part.unwrap_or((centre, plain.1.min(spread)))).collect()
}

/// Writes of one cell: number, those that are close, and sums over ln T and ln G.
#[derive(Clone, Copy, Default)]
struct Cell {
    n: f64,
    close: f64,
    x: f64,
    xx: f64,
    xv: f64,
    v: f64,
}

/// Returns which cells reach few of their targets, but follow all: they differ from others, and do not fail.
fn differing(writes: &[Write], found: &[(f64, f64)]) -> Vec<bool> {
    let count = writes.iter().map(|write| write.cell + 1).max().unwrap_or(0);
    let mut cells = vec![Cell::default(); count];
    for write in writes {
        let (cell, x) = (&mut cells[write.cell], write.ln_target);
        cell.n += 1.0;
        cell.close += f64::from(u8::from(is_near(write.v, found[write.bin], CLOSE)));
        (cell.x, cell.v) = (cell.x + x, cell.v + write.v);
        (cell.xx, cell.xv) = (cell.xx + x * x, cell.xv + x * write.v);
    }
    let differs = |cell: &Cell| {
        let spread = cell.xx - cell.x * cell.x / cell.n;
        // ln G = ln T + v.
        let slope = 1.0 + (cell.xv - cell.x * cell.v / cell.n) / spread;
        let follows = if spread > FOLLOWS.1 * cell.n { slope > FOLLOWS.0 } else { (cell.v / cell.n).abs() < MISSED };
        cell.n > 0.0 && cell.close <= MOST_CLOSE * cell.n && follows
    };
    cells.iter().map(differs).collect()
}

/// Returns whether the writes of `bin` are of one law without those of cells that `differ`.
fn is_of_cells(writes: &[Write], bin: usize, found: (f64, f64), differ: &[bool]) -> bool {
    let others = || writes.iter().filter(|write| write.bin == bin && !differ[write.cell]);
    let far = others().filter(|write| !is_near(write.v, found, NEAR.0)).count();
    (far as f64) < PART * others().count() as f64 || others().next().is_none()
}
