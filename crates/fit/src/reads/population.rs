//! Cells with a trap among others: expectation maximisation over cells, with a forward and backward pass per series.
//!
//! ```text
//! L = Π over cells of [(1 - q - v) Q + q T + v W]
//! Q   one level with white noise
//! T   two levels with equal rates (chain.rs), whose step and rate follow the law of all cells (trap_law.rs)
//! W   more noise than others, but no levels (gaussian.rs)
//! ```
//!
//! All series of a cell have the same class. The step of a series has a law over cells: its best value and the curvature of the
//! likelihood stand for the integral over it (Laplace).

use super::chain::{Chain, Change, Expected, Levels, ln_likelihood, one_level};
use super::gaps::over_one;
use super::gaussian::gaussian;
use super::slow::{self, spectra};
use super::trap_law::{Observed, Told, TrapLaw, white_noise};

/// Standard errors of a variance beyond which a series has more noise than white noise.
const WIDE: f64 = 3.0;
/// ln of the likelihood that the two free numbers of a wide series cost.
const PRICE: f64 = 1.0;
/// Steps between passes over the series of cells that hardly have a trap, and their largest ln of odds.
const SELDOM: (usize, f64) = (6, -12.0);
/// Gain of ln L by a step at which the iteration ends.
const GAIN: f64 = 0.01;
/// Expected changes below which a series may show either of its levels.
const FEW_SWITCHES: f64 = 0.7;
/// ln (T / Q) of series for which the curvature of T over the middle of its levels matters, and its smallest value.
const UNCLEAR: (f64, f64) = (-12.0, 20.0);
const MIN_INFORMATION: f64 = 0.25;
/// Reads of the cells that tell traps from noise of many correlation times.
const MAX_READS: usize = 40_000;
/// Smallest fraction of cells in the iteration.
const MIN_FRACTION: f64 = 1e-6;

/// Cells and the present law.
#[derive(Clone, Debug)]
pub(super) struct Population<'a> {
    series: &'a [Observed],
    /// Series of each cell.
    pub cells: &'a [Vec<usize>],
    sloped: bool,
    pub law: TrapLaw,
    pub told: Vec<Told>,
    /// Probability of a trap, and of noise without levels, of each cell.
    pub classes: Vec<[f64; 2]>,
    /// Logarithm of the likelihood.
    pub ln_likelihood: f64,
    chain: Chain,
    scaled: Vec<f64>,
    /// Probabilities of changes between the reads of a series whose gaps differ.
    changes: Vec<f64>,
    steps: usize,
}

impl<'a> Population<'a> {
    /// Starts from `law`.
    pub fn new(series: &'a [Observed], cells: &'a [Vec<usize>], sloped: bool, law: TrapLaw) -> Population<'a> {
        let mut population = Population {
            series,
            cells,
            sloped,
            law,
            told: vec![Told::NONE; series.len()],
            classes: vec![[0.0; 2]; cells.len()],
            ln_likelihood: f64::NEG_INFINITY,
            chain: Chain::default(),
            scaled: Vec::new(),
            changes: Vec::new(),
            steps: 0,
        };
        for &place in cells.iter().flatten() {
            let levels = population.first_levels(place);
            population.told[place] = population.tell(place, levels, None);
        }
        population.classify();
        population
    }

    /// Starts from `law` with the same series, in `cells`.
    pub fn restarted<'b>(&self, cells: &'b [Vec<usize>], law: TrapLaw) -> Population<'b>
    where
        'a: 'b,
    {
        Population::new(self.series, cells, self.sloped, law)
    }

    /// Makes up to `most` steps. Keeps the law with the largest likelihood, because approximate steps can also lose.
    pub fn iterate(&mut self, most: usize) {
        let mut best = (self.ln_likelihood, self.law.clone());
        for _ in 0..most {
            let before = self.ln_likelihood;
            self.step();
            if self.ln_likelihood > best.0 {
                best = (self.ln_likelihood, self.law.clone());
            }
            if (self.ln_likelihood - before).abs() < GAIN && self.steps > 2 {
                break;
            }
        }
        if self.ln_likelihood < best.0 - GAIN {
            self.law = best.1;
            self.finish();
        }
    }

    /// Passes over all series with the present law.
    pub fn finish(&mut self) {
        self.cells
            .iter()
            .flatten()
            .for_each(|&place| self.told[place] = self.tell(place, self.told[place].levels, None));
        self.classify();
    }

    fn step(&mut self) {
        let of_cell = |(cell, &class): (&'a Vec<usize>, &[f64; 2])| cell.iter().map(move |&place| (place, class));
        let of_series: Vec<(usize, [f64; 2])> = self.cells.iter().zip(&self.classes).flat_map(of_cell).collect();
        let used = || of_series.iter().map(|&(place, class)| (&self.series[place], &self.told[place], class));
        self.law.fit_amplitude(&used, self.sloped);
        self.law.fit_rate(&used, self.sloped);
        self.law.fit_sigma(&used);
        let all = self.steps.is_multiple_of(SELDOM.0);
        for cell in 0..self.cells.len() {
            let hardly = self.ln_odds(cell) < SELDOM.1;
            if all || !hardly {
                for &place in &self.cells[cell] {
                    let wide = if all { None } else { Some(self.told[place].ln[2]) };
                    self.told[place] = self.tell(place, self.told[place].levels, wide);
                }
            }
        }
        self.steps += 1;
        self.classify();
    }

    /// Returns whether the law has exponents.
    pub fn sloped(&self) -> bool {
        self.sloped
    }

    /// Returns the probability of a trap of each series.
    pub fn weights(&self) -> Vec<f64> {
        let mut weights = vec![0.0; self.series.len()];
        for (cell, class) in self.cells.iter().zip(&self.classes) {
            cell.iter().for_each(|&place| weights[place] = class[0]);
        }
        weights
    }

    /// Returns the distance of the levels of a series over its white noise.
    pub fn distance(&self, place: usize) -> f64 {
        self.told[place].levels.step / self.law.sigma(&self.series[place])
    }

    /// Returns the distance of the levels of a series over the resolution of its reads; infinite without one.
    pub fn places(&self, place: usize) -> f64 {
        self.told[place].levels.step / self.series[place].resolution
    }

    /// Returns the number of cells that probably have a trap.
    pub fn likely(&self) -> usize {
        self.classes.iter().filter(|class| class[0] > 0.5).count()
    }

    /// Returns the number of cells whose T is larger than Q and W by `gain` in ln.
    pub fn clear(&self, gain: f64) -> usize {
        let is_clear = |cell: &&Vec<usize>| {
            let [q, t, w] = self.of_cell(cell);
            t > q.max(w) + gain
        };
        self.cells.iter().filter(is_clear).count()
    }

    /// Returns ln (T / Q) of a cell.
    fn ln_odds(&self, cell: usize) -> f64 {
        self.cells[cell].iter().map(|&place| self.told[place].ln[1] - self.told[place].ln[0]).sum()
    }

    /// Fits the fractions of the classes, and with them the probabilities of each cell.
    fn classify(&mut self) {
        let ln: Vec<[f64; 3]> = self.cells.iter().map(|cell| self.of_cell(cell)).collect();
        let start = [self.law.fraction, self.law.wide];
        let (fractions, classes, total) = mixture(&ln, start);
        (self.law.fraction, self.law.wide, self.classes) = (fractions[0], fractions[1], classes);
        self.ln_likelihood = total - self.of_sigma();
    }

    /// Returns the logarithms of Q, T and W of a cell.
    fn of_cell(&self, cell: &[usize]) -> [f64; 3] {
        let mut sum = [0.0; 3];
        for &place in cell {
            let ln = self.told[place].ln;
            [ln[0], ln[1], ln[2].max(ln[0])].iter().zip(&mut sum).for_each(|(ln, sum)| *sum += ln);
        }
        // A cell without a wide series is no wide cell.
        if cell.iter().all(|&place| self.told[place].ln[2] == f64::NEG_INFINITY) {
            sum[2] = f64::NEG_INFINITY;
        }
        sum
    }

    /// Returns the gain of ln L by traps, over noise without levels.
    pub fn gain(&self) -> f64 {
        let without: Vec<[f64; 3]> =
            self.cells.iter().map(|cell| self.of_cell(cell)).map(|[q, _, w]| [q, f64::NEG_INFINITY, w]).collect();
        let (_, _, total) = mixture(&without, [0.0, (self.law.fraction + self.law.wide).clamp(1e-3, 0.9)]);
        self.ln_likelihood + self.of_sigma() - total
    }

    /// Returns the gain of ln L by traps over noise of many correlation times, and the fractions of cells with a trap: beside it, and without it;
    /// all from some of the cells if there are many reads.
    pub fn over_slow_noise(&self) -> (f64, [f64; 2]) {
        let spectra = spectra();
        let units = white_noise(self.series);
        let reads: usize = self.cells.iter().flatten().map(|&place| self.series[place].reads.len()).sum();
        let with: Vec<Vec<f64>> = (0..self.cells.len())
            .step_by(reads / MAX_READS + 1)
            .map(|cell| {
                let [q, t, w] = self.of_cell(&self.cells[cell]);
                let of = |spectrum| {
                    let of_series = |&place: &usize| {
                        let one = &self.series[place];
                        let unit = units[one.state] * one.shape;
                        slow::ln_likelihood(&one.reads, &one.gaps, unit, spectrum)
                            + one.moments.n * (self.law.sigma(one) / unit).ln()
                    };
                    self.cells[cell].iter().map(of_series).sum::<f64>()
                };
                [q, w].into_iter().chain(spectra.iter().map(of)).chain([t]).collect()
            })
            .collect();
        let without: Vec<Vec<f64>> = with.iter().map(|ln| ln[..ln.len() - 1].to_vec()).collect();
        let ((weights, of_with), (_, of_without)) = (slow::mixture(&with), slow::mixture(&without));
        // The fraction of these cells, which need not be that of all.
        let plain: Vec<Vec<f64>> = with.iter().map(|ln| vec![ln[0], ln[1], ln[ln.len() - 1]]).collect();
        let fractions = [weights, slow::mixture(&plain).0].map(|weights| weights.last().copied().unwrap_or(0.0));
        (of_with - of_without, fractions)
    }

    /// Returns the sum of ln sigma over all reads.
    fn of_sigma(&self) -> f64 {
        let of = |&place: &usize| self.series[place].moments.n * self.law.sigma(&self.series[place]).ln();
        self.cells.iter().flatten().map(of).sum()
    }

    /// Scales the reads of a series to the white noise, and sets the probabilities of changes between them.
    fn scale(&mut self, place: usize) -> f64 {
        let sigma = self.law.sigma(&self.series[place]);
        self.scaled.clear();
        self.scaled.extend(self.series[place].reads.iter().map(|read| read / sigma));
        self.law.changes(&self.series[place], &mut self.changes);
        sigma
    }

    /// Returns the best of a few places for the levels of a series.
    fn first_levels(&mut self, place: usize) -> Levels {
        let sigma = self.scale(place);
        let one = &self.series[place];
        let change = Change { same: self.law.change(one.x).0, each: &self.changes };
        let mean = one.moments.mean;
        let step = one.distance(self.law.ln_amplitude(one.x).exp(), mean);
        let mut best = (f64::NEG_INFINITY, Levels { middle: mean, step });
        let mut candidates: Vec<Levels> = [0.0, -0.5, 0.5].map(|by| Levels { middle: mean + by * step, step }).to_vec();
        candidates.extend(one.clusters().into_iter().filter(|levels| levels.step > 3.0 * sigma));
        for levels in candidates {
            let in_sigma = Levels { middle: levels.middle / sigma, step: levels.step / sigma };
            let off = (levels.step / step).ln() / self.law.spread;
            let value = ln_likelihood(&self.scaled, in_sigma, change) - 0.5 * off * off;
            if value > best.0 {
                best = (value, levels);
            }
        }
        best.1
    }

    /// Makes a pass over a series from its `levels`; `wide` is the logarithm of W if it is known.
    fn tell(&mut self, place: usize, levels: Levels, wide: Option<f64>) -> Told {
        let sigma = self.scale(place);
        let (one, law) = (&self.series[place], &self.law);
        let change = Change { same: law.change(one.x).0, each: &self.changes };
        let mut in_sigma = Levels { middle: levels.middle / sigma, step: levels.step / sigma };
        let expected = self.chain.expected(&self.scaled, in_sigma, change);
        let information = (expected.information() * in_sigma.step * in_sigma.step).max(1e-9);
        let (variance, spread) = (1.0 / information, law.spread * law.spread);
        let expects = one.distance(law.ln_amplitude(one.x).exp(), levels.middle);
        let moved = ((expected.step() - in_sigma.step) / in_sigma.step).clamp(-0.5, 0.5);
        let moved = if moved.is_finite() { moved } else { 0.0 };
        let off = (levels.step / expects).ln();
        let mut two = expected.ln_likelihood - 0.5 * off * off / spread - 0.5 * (information * spread).ln_1p();
        if expected.switches < FEW_SWITCHES {
            // A level without changes may be the lower or the upper one.
            let by = if expected.high > 0.5 { in_sigma.step } else { -in_sigma.step };
            let other = Levels { middle: in_sigma.middle + by, ..in_sigma };
            two += (ln_likelihood(&self.scaled, other, change) - expected.ln_likelihood).min(0.0).exp().ln_1p();
        }
        let at_one = one_level(&self.scaled, one.moments.mean / sigma);
        if (UNCLEAR.0..UNCLEAR.1).contains(&(two - at_one)) {
            two -= 0.5 * self.middle_information(in_sigma, change, &expected).ln();
        }
        let one = &self.series[place];
        let wide = wide.unwrap_or_else(|| wide_noise(&self.scaled, one, sigma));
        let squares = expected.squares(in_sigma);
        let ln_step = levels.step.ln() + (information * moved - off / spread) / (information + 1.0 / spread);
        in_sigma.step = ln_step.exp() / sigma;
        let middle = if expected.reads() > 0.0 { expected.middle(in_sigma.step) } else { in_sigma.middle };
        Told {
            levels: Levels { middle: middle * sigma, step: in_sigma.step * sigma },
            ln: [at_one, two, wide],
            switches: expected.switches,
            pairs: expected.pairs,
            of_rate: expected.of_rate,
            high: expected.high,
            ln_amplitude: one.ln_amplitude(levels) + moved,
            variance,
            squares,
            degrees: (expected.reads() - 2.0).max(0.0),
        }
    }
}

impl Population<'_> {
    /// Returns the information on the middle of the levels over that of reads whose level is known, as that on the mean of one level is:
    /// the curvature over a standard error.
    fn middle_information(&self, levels: Levels, change: Change, expected: &Expected) -> f64 {
        let error = 1.0 / expected.reads().max(1.0).sqrt();
        let beside = |by: f64| ln_likelihood(&self.scaled, Levels { middle: levels.middle + by, ..levels }, change);
        (2.0 * expected.ln_likelihood - beside(error) - beside(-error)).clamp(MIN_INFORMATION, 1.0)
    }
}

/// Returns ln W of a series, if it has more noise than white noise.
fn wide_noise(scaled: &[f64], one: &Observed, sigma: f64) -> f64 {
    let [variance, covariance] = [one.moments.variance, one.moments.covariance].map(|moment| moment / (sigma * sigma));
    if variance - 1.0 < WIDE * (2.0 / one.moments.n).sqrt() {
        return f64::NEG_INFINITY;
    }
    let correlation = over_one((covariance / (variance - 1.0)).clamp(0.0, 0.995), &one.gaps);
    gaussian(scaled, &one.gaps, variance - 1.0, correlation) - PRICE
}

/// Returns the fractions of T and W with the largest likelihood of the cells with the logarithms `ln` of Q, T and W, the probabilities
/// of T and W, and the logarithm of the likelihood.
fn mixture(ln: &[[f64; 3]], start: [f64; 2]) -> ([f64; 2], Vec<[f64; 2]>, f64) {
    let mut fractions = start;
    let mut classes = vec![[0.0; 2]; ln.len()];
    let (mut total, cells) = (f64::NEG_INFINITY, ln.len() as f64);
    for _ in 0..200 {
        let before = total;
        let quiet = (1.0 - fractions[0] - fractions[1]).max(MIN_FRACTION);
        let ln_fractions = [quiet.ln(), fractions[0].ln(), fractions[1].ln()];
        let mut sums = [0.0; 2];
        total = 0.0;
        for (ln, class) in ln.iter().zip(&mut classes) {
            let of: [f64; 3] = std::array::from_fn(|place| ln[place] + ln_fractions[place]);
            let top = of.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let [q, t, w] = of.map(|of| (of - top).exp());
            total += top + (q + t + w).ln();
            *class = [t / (q + t + w), w / (q + t + w)];
            sums.iter_mut().zip(*class).for_each(|(sum, class)| *sum += class);
        }
        fractions = sums.map(|sum| (sum / cells).clamp(MIN_FRACTION, 1.0 - MIN_FRACTION));
        if start[0] == 0.0 {
            fractions[0] = 0.0;
        }
        if total - before < 1e-6 {
            break;
        }
    }
    (fractions, classes, total)
}
