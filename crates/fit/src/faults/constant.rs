//! Cells that stay at one conductance while writes would have moved them.
//!
//! ```text
//! y          ln G of the n writes of a cell;  q = sum (y - mean y)²
//! working    y_i ~ N(μ_i, (k s_i)²),  μ_i = o + b (ln T_i + m_i),  m and s the median and the robust standard deviation of the target, o any offset
//! P(q' <= q) <= min over λ of exp(λ q / 2) E exp(-λ q' / 2)                                                  (Chernoff)
//! E exp(-λ q' / 2) = sqrt(n λ / W) prod (1 + λ k² s_i²)^(-1/2) exp(-sum w_i (μ_i - μ)² / 2)
//!                    w_i = λ / (1 + λ k² s_i²),  W = sum w_i,  μ = sum w_i μ_i / W
//! ```
//!
//! k is the scale of the writes of one cell relative to those of all: cells that differ scatter less. b is the response of a cell, which
//! differs between cells with different gains near Gmin. ln k and b are normal about their medians over cells, with the widths that cells show
//! or could hide, and the probability is its mean over both. q includes the resolution of the table, and each degree of freedom a
//! margin for distributions with a sharper peak than a normal one. Values at which other cells, with different values, often end do not count:
//! ends of the window. Of N cells, the k with the smallest probabilities are constant if the largest of these is below k / N times
//! [`FALSE_ALARM`] (Benjamini and Hochberg, *J. R. Stat. Soc. B* 57, 289, 1995): many cells with equal values are stuck, where a single one
//! could be chance.

use std::collections::HashMap;

use super::{CellState, RESPONSE};
use crate::normal::density;
use crate::sample::{median, robust};
use crate::writes::WriteRows;

/// Probability that a table without stuck cells has a constant one, and expected fraction of working cells among the constant ones.
const FALSE_ALARM: f64 = 0.01;
/// Density of a distribution at its peak, relative to that of a normal one of the same robust width: 1.29 for a Laplace distribution.
const PEAKED: f64 = 1.3;
/// Values of a property of cells on each side of the median, and their distance in standard deviations.
const STEPS: (i32, f64) = (2, 2.0);
/// Values of λ that are tried, relative to the best one for values without any response.
const LAMBDAS: [f64; 8] = [0.1, 0.2, 0.35, 0.5, 0.7, 1.0, 1.4, 2.0];
/// Standard deviation of the expected ln G of the writes of a cell that show its response.
const NARROW: f64 = 0.01;
/// Standard error of a robust standard deviation of N values, times the root of N.
const OF_SPREAD: f64 = 1.17;
/// Part of the expected q from which a cell is no candidate.
const CANDIDATE: f64 = 0.5;
/// Standard errors from which a response is seen.
const RESPONDS: f64 = 3.0;
/// Distance in ln G within which values tell the resolution at a conductance.
const NEAR: f64 = 0.4;
/// Fraction of the writes of other cells to a target from which they end at a value as well.
const COMMON: f64 = 0.02;
/// Relative rounding of values that are equal.
const EQUAL: f64 = 1e-6;
/// Smallest number of cells with two writes that show how cells scatter.
const MIN_CELLS: usize = 5;
/// Rounds without the cells found before.
const ROUNDS: usize = 3;
/// Scatter of stuck cells that could hide, in ln G, and relative to the scatter of the writes of a cell.
const HIDDEN: (f64, f64) = (0.03, 1.0 / 3.0);

/// Constant cells of a table.
#[derive(Clone, Debug, Default)]
pub(super) struct Constant {
    /// Whether a cell is constant.
    pub cells: Vec<bool>,
    /// Number of other cells with nearly equal values, and their largest scatter in ln G.
    pub hidden: (usize, f64),
}

/// A write of a cell: ln G, its expectation, and the standard deviation of all cells; the bin of its target.
#[derive(Clone, Copy, Debug)]
struct Write {
    y: f64,
    expected: f64,
    spread: f64,
    bin: usize,
}

/// Finds the constant cells among those that `states` do not call stuck.
pub(super) fn constant(writes: &WriteRows, states: &[CellState]) -> Constant {
    let mut order: Vec<u32> = (0..writes.rows.len() as u32).collect();
    order.sort_by_key(|&row| writes.rows[row as usize].cell);
    let gaps = gaps(writes);
    let mut found = Constant { cells: vec![false; states.len()], hidden: (0, 0.0) };
    for round in 0..ROUNDS {
        let works = |cell: usize| states[cell] != CellState::Stuck && !found.cells[cell];
        let working = writes.clone().without(&(0..states.len()).map(|cell| !works(cell)).collect::<Vec<bool>>());
        let cells: Vec<(usize, Vec<Write>)> = order
            .chunk_by(|&a, &b| writes.rows[a as usize].cell == writes.rows[b as usize].cell)
            .map(|rows| (writes.rows[rows[0] as usize].cell as usize, of_cell(writes, rows, &working.robust)))
            .filter(|(cell, rows)| works(*cell) && rows.len() > 1)
            .collect();
        let Some(scales) = scales(&cells) else { break };
        let (responses, by_bin) = (responses(&cells, scales.median.exp()), by_bin(&cells, writes.bins.count()));
        let test = Test { scales, responses, working: &working, gaps: &gaps, by_bin };
        let new = improbable(cells.iter().map(|(cell, rows)| (*cell, test.ln_probability(rows))).collect());
        if new.is_empty() || round + 1 == ROUNDS {
            let least = HIDDEN.0.min(HIDDEN.1 * test.typical());
            let hides = |(cell, rows): &&(usize, Vec<Write>)| !new.contains(cell) && scatter(rows).1 < least * least;
            found.hidden = (cells.iter().filter(hides).count(), least);
        }
        new.iter().for_each(|&cell| found.cells[cell] = true);
        if new.is_empty() {
            break;
        }
    }
    found
}

/// Returns the cells whose probabilities, of which the logarithms are given, are too small for chance.
pub(super) fn improbable(mut cells: Vec<(usize, f64)>) -> Vec<usize> {
    cells.sort_by(|one, other| one.1.total_cmp(&other.1));
    let fraction = |place: usize| (place + 1) as f64 / cells.len() as f64;
    let last = (0..cells.len()).rev().find(|&place| cells[place].1 < (FALSE_ALARM * fraction(place)).ln());
    cells.iter().take(last.map_or(0, |last| last + 1)).map(|(cell, _)| *cell).collect()
}

/// Returns the writes of one cell to targets with a spread.
fn of_cell(writes: &WriteRows, rows: &[u32], robust: &[(f64, f64)]) -> Vec<Write> {
    let of = |&row: &u32| {
        let row = &writes.rows[row as usize];
        let (centre, spread) = robust[row.bin as usize];
        let y = row.conductance.ln();
        (spread > 0.0).then_some(Write { y, expected: y - row.v + centre, spread, bin: row.bin as usize })
    };
    rows.iter().filter_map(of).collect()
}

/// Returns q and q / (n - 1).
fn scatter(rows: &[Write]) -> (f64, f64) {
    let level = mean(rows, |row| row.y);
    let squares: f64 = rows.iter().map(|row| (row.y - level).powi(2)).sum();
    (squares, squares / (rows.len() as f64 - 1.0))
}

/// Returns the part of the scale of ln G that `value` is in.
fn part(value: f64) -> i64 {
    (value / NEAR).floor() as i64
}

/// Returns the smallest distance of different values of ln G in each part of the scale.
fn gaps(writes: &WriteRows) -> HashMap<i64, f64> {
    let mut values: Vec<f64> = writes.rows.iter().map(|row| row.conductance.ln()).collect();
    values.sort_by(f64::total_cmp);
    let mut gaps = HashMap::new();
    for (value, gap) in values.windows(2).map(|pair| (pair[0], pair[1] - pair[0])).filter(|(_, gap)| *gap > EQUAL) {
        let least = gaps.entry(part(value)).or_insert(NEAR);
        *least = gap.min(*least);
    }
    gaps
}

/// Returns ln G of the writes of cells with different values to each of `bins` targets, rising.
fn by_bin(cells: &[(usize, Vec<Write>)], bins: usize) -> Vec<Vec<f64>> {
    let mut by_bin = vec![Vec::new(); bins];
    let different = cells.iter().filter(|(_, rows)| scatter(rows).1 > EQUAL * EQUAL);
    different.flat_map(|(_, rows)| rows).for_each(|row| by_bin[row.bin].push(row.y));
    by_bin.iter_mut().for_each(|values| values.sort_by(f64::total_cmp));
    by_bin
}

/// A normal distribution of a property of working cells.
#[derive(Clone, Copy, Debug)]
struct Spread {
    median: f64,
    sigma: f64,
}

impl Spread {
    /// Returns values with their weights, which add up to 1.
    fn values(self) -> impl Iterator<Item = (f64, f64)> {
        let steps = if self.sigma > 0.0 { STEPS.0 } else { 0 };
        let z = (-steps..=steps).map(|at| STEPS.1 * f64::from(at));
        let weights: f64 = z.clone().map(density).sum();
        z.map(move |z| (self.median + z * self.sigma, density(z) / weights))
    }
}

/// Returns the factor by which the variance of `z`, each with a variance of 1 but for differences between cells, exceeds 1 or could.
fn excess(z: impl Iterator<Item = f64>) -> f64 {
    let mut z: Vec<f64> = z.collect();
    let most = robust(&mut z).1 + OF_SPREAD / (z.len() as f64).sqrt();
    (most * most - 1.0).max(0.0)
}

/// Returns ln k of working cells, from the variance of each cell about its own offset, whose cube root is normal (Wilson and Hilferty, 1931);
/// none if writes do not scatter.
fn scales(cells: &[(usize, Vec<Write>)]) -> Option<Spread> {
    if cells.len() < MIN_CELLS {
        return None;
    }
    let of_cell = |(_, rows): &(usize, Vec<Write>)| {
        let z = |row: &Write| (row.y - row.expected) / row.spread;
        let n = rows.len() as f64;
        let mean = rows.iter().map(z).sum::<f64>() / n;
        let variance = rows.iter().map(|row| (z(row) - mean).powi(2)).sum::<f64>() / (n - 1.0);
        (variance, 2.0 / (9.0 * (n - 1.0)))
    };
    let all: Vec<(f64, f64)> = cells.iter().map(of_cell).collect();
    let square = median(&mut all.iter().map(|(variance, c)| variance / (1.0 - c).powi(3)).collect::<Vec<f64>>());
    let z = all.iter().map(|&(variance, c)| ((variance / square).cbrt() - 1.0 + c) / c.sqrt());
    let degrees = median(&mut cells.iter().map(|(_, rows)| rows.len() as f64 - 1.0).collect::<Vec<f64>>());
    (square > 0.0).then(|| Spread { median: 0.5 * square.ln(), sigma: (excess(z) / (2.0 * degrees)).sqrt() })
}

/// Returns b of working cells with writes of scale `k`.
fn responses(cells: &[(usize, Vec<Write>)], k: f64) -> Spread {
    let of_cell = |(_, rows): &(usize, Vec<Write>)| {
        let (slope, squares) = response(rows);
        let x = mean(rows, |row| row.expected);
        let noise: f64 = rows.iter().map(|row| (k * row.spread * (row.expected - x)).powi(2)).sum();
        (squares > NARROW * NARROW * rows.len() as f64).then(|| (slope, noise.sqrt() / squares))
    };
    let all: Vec<(f64, f64)> = cells.iter().filter_map(of_cell).collect();
    if all.len() < MIN_CELLS {
        return Spread { median: 1.0, sigma: 0.0 };
    }
    let centre = median(&mut all.iter().map(|of| of.0).collect::<Vec<f64>>());
    let error = median(&mut all.iter().map(|of| of.1).collect::<Vec<f64>>());
    let z = all.iter().map(|(slope, error)| (slope - centre) / error);
    Spread { median: centre, sigma: error * excess(z).sqrt() }
}

/// Returns the slope of ln G over its expectation, and the sum of squares of the latter.
fn response(rows: &[Write]) -> (f64, f64) {
    let (x, y) = (mean(rows, |row| row.expected), mean(rows, |row| row.y));
    let squares: f64 = rows.iter().map(|row| (row.expected - x).powi(2)).sum();
    (rows.iter().map(|row| (row.expected - x) * (row.y - y)).sum::<f64>() / squares, squares)
}

fn mean(rows: &[Write], of: impl Fn(&Write) -> f64) -> f64 {
    rows.iter().map(of).sum::<f64>() / rows.len() as f64
}

/// Test of single cells.
struct Test<'a> {
    /// ln k.
    scales: Spread,
    /// b.
    responses: Spread,
    /// Writes of cells that are not known to be stuck.
    working: &'a WriteRows,
    /// Smallest distance of different values of ln G in each part of the scale.
    gaps: &'a HashMap<i64, f64>,
    /// ln G of the writes of cells with different values to each target, rising.
    by_bin: Vec<Vec<f64>>,
}

impl Test<'_> {
    /// Returns the standard deviation of the writes of a typical cell.
    fn typical(&self) -> f64 {
        let mut spreads: Vec<f64> = self.working.robust.iter().map(|robust| robust.1).filter(|s| *s > 0.0).collect();
        self.scales.median.exp() * median(&mut spreads)
    }

    /// Returns the logarithm of the probability that the writes of a working cell are as equal as `rows`; 0 if they follow their targets.
    fn ln_probability(&self, rows: &[Write]) -> f64 {
        let (n, squares, level) = (rows.len() as f64, scatter(rows).0, mean(rows, |row| row.y));
        let (slope, of_targets) = response(rows);
        let k = self.scales.median.exp();
        let of_writes: f64 = rows.iter().map(|row| (k * row.spread).powi(2)).sum::<f64>() * (n - 1.0) / n;
        let resolved = squares + (n - 1.0) * (self.resolution(level).powi(2) / 4.0 + EQUAL * EQUAL);
        let rest = (squares - slope * slope * of_targets).max(0.0) / (n - 2.0).max(1.0);
        let responds = slope > RESPONSE && slope * of_targets.sqrt() > RESPONDS * rest.sqrt();
        if resolved > CANDIDATE * (of_targets + of_writes) || responds {
            return 0.0;
        }
        let rows: Vec<Write> = rows.iter().filter(|row| !self.is_common(row)).copied().collect();
        if rows.len() < 2 {
            return 0.0;
        }
        let margin = (rows.len() as f64 - 1.0) * PEAKED.ln();
        let x = mean(&rows, |row| row.expected);
        let mut sum = 0.0;
        for (b, of_response) in self.responses.values() {
            let with = |row: &Write| Write { expected: x + b * (row.expected - x), ..*row };
            let rows: Vec<Write> = rows.iter().map(with).collect();
            let of = |(ln_k, weight): (f64, f64)| {
                weight * (ln_probability(&rows, resolved, ln_k.exp()) + margin).min(0.0).exp()
            };
            sum += of_response * self.scales.values().map(of).sum::<f64>();
        }
        sum.ln()
    }

    /// Returns the distance in ln G of the closest different values about `level`.
    fn resolution(&self, level: f64) -> f64 {
        let place = part(level);
        let near = [place - 1, place, place + 1].into_iter().filter_map(|place| self.gaps.get(&place).copied());
        near.fold(NEAR, f64::min)
    }

    /// Returns whether writes of other cells to the same target often end at the value of `row`, as at an end of the window.
    fn is_common(&self, row: &Write) -> bool {
        let of_bin = &self.by_bin[row.bin];
        let at = |value: f64| of_bin.partition_point(|other| *other < value);
        let equal = at(row.y + 2.0 * EQUAL) - at(row.y - 2.0 * EQUAL);
        equal as f64 > COMMON * of_bin.len() as f64
    }
}

/// Returns the logarithm of the bound of P(q' <= `squares`) for a working cell of scale `k`.
fn ln_probability(rows: &[Write], squares: f64, k: f64) -> f64 {
    let n = rows.len() as f64;
    let bound = |ln: f64| {
        let lambda = ln.exp();
        let (mut weights, mut first, mut second, mut ln_widths) = (0.0, 0.0, 0.0, 0.0);
        let origin = rows[0].expected;
        for row in rows {
            let width = 1.0 + lambda * (k * row.spread).powi(2);
            let (weight, at) = (lambda / width, row.expected - origin);
            weights += weight;
            first += weight * at;
            second += weight * at * at;
            ln_widths += width.ln();
        }
        0.5 * (lambda * squares + (n * lambda / weights).ln() - ln_widths - (second - first * first / weights))
    };
    // Every λ gives a bound; near the best one, about (n - 1) / q, it changes little.
    let best = (n - 1.0).max(1.0) / squares;
    LAMBDAS.into_iter().map(|factor| bound((factor * best).ln())).fold(0.0, f64::min)
}

#[cfg(test)]
mod tests {
    use ohmspike_rng::Seed;
    use rand::RngExt;

    use super::*;
    use crate::bins::Bins;
    use crate::normal::quantile;
    use crate::writes::WriteRow;

    const CELLS: u32 = 100;

    /// Log-normal writes with a noise of `sigma`, `cycles` to each of `targets`, µS, by 100 cells; the first `stuck` of these stay at 60 µS with a
    /// read noise of `noise`. The window clips writes above `end`, µS.
    fn table(
        seed: u64,
        (targets, cycles): (&[f64], u32),
        sigma: f64,
        (stuck, noise): (u32, f64),
        end: f64,
    ) -> WriteRows {
        let mut stream = Seed::new(seed).named("constant").stream();
        let mut z = || quantile(stream.random_range(1e-12..1.0));
        let bins = Bins::of_targets(targets.repeat((CELLS * cycles) as usize));
        let mut rows = Vec::new();
        for cell in 0..CELLS {
            for &target in (0..cycles).flat_map(|_| targets) {
                let (centre, spread) = if cell < stuck { (60.0, noise) } else { (target, sigma) };
                let conductance = (centre * (spread * z()).exp()).min(end);
                let (bin, v) = (bins.of(target) as u32, f64::ln(conductance / target));
                rows.push(WriteRow { cell, bin, v, weight: 1.0, conductance, start: None });
            }
        }
        let mut writes =
            WriteRows { bins, rows, robust: Vec::new(), in_two: Vec::new(), failed: Vec::new(), left_out: 0 };
        writes.update();
        writes
    }

    fn found(writes: &WriteRows) -> Vec<usize> {
        let cells = constant(writes, &[CellState::Works; CELLS as usize]).cells;
        (0..cells.len()).filter(|&cell| cells[cell]).collect()
    }

    /// Targets below and above 60 µS: 2 to 30 values per cell, and a read noise of 0.1 to 3 %.
    #[test]
    fn stuck_cells_at_a_conductance_that_writes_reach_are_found() {
        let few: Vec<usize> = (0..10).collect();
        for (targets, cycles, sigma, noise) in [
            (&[20.0, 50.0, 200.0][..], 10, 0.2, 0.03),
            (&[20.0, 50.0, 200.0], 1, 0.1, 0.01),
            (&[20.0, 200.0], 1, 0.1, 0.01),
            (&[50.0, 100.0], 5, 0.2, 0.01),
            (&[50.0, 100.0], 2, 0.2, 0.001),
            (&[60.0], 20, 0.3, 0.03),
        ] {
            for seed in 0..5 {
                let of = found(&table(seed, (targets, cycles), sigma, (10, noise), f64::INFINITY));
                assert_eq!(of, few, "{targets:?} {cycles} {sigma} {noise} {seed}");
            }
        }
    }

    /// A table has a constant cell by chance in at most 1 % of the cases: 2 of 240, plus four standard errors.
    #[test]
    fn working_cells_are_not_constant() {
        let mut tables = 0;
        for (targets, cycles, sigma) in [
            (&[60.0][..], 2, 0.1),
            (&[60.0], 5, 0.1),
            (&[60.0], 20, 0.1),
            (&[50.0, 60.0], 2, 0.3),
            (&[50.0, 100.0], 1, 0.3),
            (&[20.0, 50.0, 200.0], 3, 0.4),
        ] {
            for seed in 0..40 {
                let of = found(&table(seed, (targets, cycles), sigma, (0, 0.0), f64::INFINITY));
                tables += usize::from(!of.is_empty());
            }
        }
        assert!(tables <= 8, "{tables}");
    }

    /// 7 of 10 writes end at the end of the window: 2.8 % of the cells have 10 of 10 there.
    #[test]
    fn writes_that_the_window_clips_are_equal_and_not_constant() {
        for seed in 0..20 {
            let of = found(&table(seed, (&[60.0], 10), 0.1, (0, 0.0), 57.0));
            assert!(of.is_empty(), "{seed}: {of:?}");
        }
    }

    #[test]
    fn cells_that_could_hide_are_counted() {
        let writes = table(1, (&[60.0], 2), 0.3, (10, 0.02), f64::INFINITY);
        let Constant { hidden, cells } = constant(&writes, &[CellState::Works; CELLS as usize]);
        let seen = cells.iter().filter(|seen| **seen).count();
        assert!((hidden.1 - 0.03).abs() < 1e-9 && seen + hidden.0 >= 8, "{seen} {hidden:?}");
    }
}
