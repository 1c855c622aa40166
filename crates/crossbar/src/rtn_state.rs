//! Telegraph states of the cells of an array, and how they advance in time.
//!
//! ```text
//! p(t) = 1/2 (1 - exp(-2 λ t))     probability that a state differs after t (s); λ = rate(G) of device/rtn.rs, 1/s
//! ```
//!
//! A state is constant during one sample and advances between samples. The code does not visit every cell: candidates
//! come at geometric distances for the largest p of any cell, and each switches with its own p over the largest. This
//! equals one independent trial with p per cell exactly, at a cost proportional to the number of switches.
//!
//! ```
//! use ohmspike_crossbar::TelegraphState;
//! use ohmspike_crossbar::device::Telegraph;
//! use ohmspike_rng::Seed;
//!
//! let noise = Telegraph {
//!     fraction_of_cells: 0.3,
//!     reference_resistance: 1e4,
//!     rate: 1.0,
//!     rate_exponent: 0.0,
//!     amplitude: 0.02,
//!     amplitude_exponent: 0.5,
//! };
//! let mut state = TelegraphState::new(noise, 1.0, 784, 100, Seed::new(1).named("chip"));
//! let mut flips = 0;
//! state.advance(0.01, |_, _| 100.0, Seed::new(1).named("read"), |_, _, _| flips += 1);
//! // 0.3 x 78,400 cells flip with p = (1 - exp(-0.02)) / 2: 233 on average.
//! assert!((160..310).contains(&flips));
//! ```

use ohmspike_rng::{Philox, Seed};
use ohmspike_simd::{Block, Matrix, exp};

use crate::device::Telegraph;

/// 1/2 (1 - exp(-2 λ(G) t)) relative to its largest value, for blocks of cells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct FlipFractions {
    /// ln(2 λ t) at 1 µS.
    ln_flips: f32,
    exponent: f32,
    /// 1 over twice the largest probability.
    per_largest: f32,
}

impl FlipFractions {
    /// Returns the fractions of sixteen cells with ln G; 1 at and below the lowest conductance.
    #[inline(always)]
    pub(crate) fn at(&self, ln_conductance: &Block) -> Block {
        ln_conductance.map(|ln_conductance| {
            let flips = exp(self.ln_flips - self.exponent * ln_conductance);
            // Below 1/16 the difference would lose digits; the first omitted term of the series is below 1e-6 of it.
            let series = flips * (1.0 - flips * (0.5 - flips * (1.0 / 6.0 - flips * (1.0 / 24.0))));
            let flipped = if flips < 0.0625 { series } else { 1.0 - exp(-flips) };
            let share = flipped * self.per_largest;
            if share > 1.0 { 1.0 } else { share }
        })
    }
}

/// Telegraph states of an array of cells.
#[derive(Clone, Debug, PartialEq)]
pub struct TelegraphState {
    noise: Telegraph,
    lowest: f64,
    states: Matrix,
    /// Cells that switch: row x columns + column, rising.
    flipping: Vec<usize>,
}

impl TelegraphState {
    /// Draws the states of `rows` x `columns` cells with conductances of at least `lowest` µS from `chip`: which cells
    /// switch and where each starts, half of them at +1. Below `lowest` the rate is constant.
    pub fn new(noise: Telegraph, lowest: f64, rows: usize, columns: usize, chip: Seed) -> TelegraphState {
        let (mut traps, mut starts) = (chip.named("trap").stream(), chip.named("start").stream());
        let mut states = Matrix::zeros(rows, columns);
        let mut flipping = Vec::new();
        for row in 0..rows {
            for column in 0..columns {
                let start = if starts.next_u32() & 1 == 0 { -1.0 } else { 1.0 };
                if below_one(&mut traps) < noise.fraction_of_cells {
                    states[(row, column)] = start;
                    flipping.push(row * columns + column);
                }
            }
        }
        TelegraphState { noise, lowest, states, flipping }
    }

    /// Returns the state of every cell: +1, -1, or 0 for a quiet cell and in the padding.
    pub fn states(&self) -> &Matrix {
        &self.states
    }

    /// Restores `states` of the same cells.
    pub(crate) fn restore(&mut self, states: Matrix) {
        self.states = states;
    }

    /// Returns the number of cells that switch.
    pub fn flipping_cells(&self) -> usize {
        self.flipping.len()
    }

    /// Advances all cells by `seconds`. `conductance(row, column)` returns the conductance of a cell, µS; `flipped(row,
    /// column, state)` is called for every cell that changed its state. Use one `seed` per call.
    ///
    /// # Panics
    /// If `seconds` is negative or NaN.
    pub fn advance(
        &mut self,
        seconds: f64,
        conductance: impl Fn(usize, usize) -> f32,
        seed: Seed,
        flipped: impl FnMut(usize, usize, f32),
    ) {
        let noise = self.noise;
        let lowest = self.lowest;
        let largest = self.largest_flip(seconds);
        let share = |row, column| {
            let conductance = f64::from(conductance(row, column));
            let rate = noise.rate(if conductance < lowest { lowest } else { conductance });
            flip_probability(rate, seconds) / largest
        };
        self.flip(largest, share, seed, flipped);
    }

    /// Returns the switching probabilities within `seconds` relative to the largest, for blocks of cells; `None` if no
    /// cell switches.
    pub(crate) fn fractions(&self, seconds: f64) -> Option<FlipFractions> {
        let largest = self.largest_flip(seconds);
        let at_one_microsiemens = self.noise.rate(1.0);
        (largest > 0.0).then(|| FlipFractions {
            ln_flips: libm::log(2.0 * at_one_microsiemens * seconds) as f32,
            exponent: self.noise.rate_exponent as f32,
            per_largest: (0.5 / largest) as f32,
        })
    }

    /// Returns the probability that a cell at the lowest conductance is in another state after `seconds`: the largest
    /// of any cell.
    ///
    /// # Panics
    /// If `seconds` is negative or NaN.
    pub(crate) fn largest_flip(&self, seconds: f64) -> f64 {
        assert!(seconds >= 0.0, "an advance by {seconds} s");
        flip_probability(self.noise.rate(self.lowest), seconds)
    }

    /// Switches every cell with probability `largest` x `share(row, column)`, share at most 1, and calls `flipped` for
    /// each. Skips cells at the rate of `largest`, then thins the candidates by their share.
    pub(crate) fn flip(
        &mut self,
        largest: f64,
        share: impl Fn(usize, usize) -> f64,
        seed: Seed,
        mut flipped: impl FnMut(usize, usize, f32),
    ) {
        if largest == 0.0 {
            return;
        }
        let mut draws = seed.stream();
        let ln_passed_over = libm::log1p(-largest);
        let columns = self.states.columns();
        let passed_over = |draws: &mut Philox| libm::floor(libm::log(1.0 - below_one(draws)) / ln_passed_over);
        let mut next = passed_over(&mut draws);
        while next < self.flipping.len() as f64 {
            let cell = self.flipping[next as usize];
            let (row, column) = (cell / columns, cell % columns);
            if below_one(&mut draws) < share(row, column) {
                let state = &mut self.states[(row, column)];
                *state = -*state;
                flipped(row, column, *state);
            }
            next += 1.0 + passed_over(&mut draws);
        }
    }
}

/// Returns the probability that a state differs after `seconds`.
fn flip_probability(rate: f64, seconds: f64) -> f64 {
    -0.5 * libm::expm1(-2.0 * rate * seconds)
}

/// Draws a number in [0, 1) with 53 bits.
fn below_one(draws: &mut Philox) -> f64 {
    (draws.next_u64() >> 11) as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOISE: Telegraph = Telegraph {
        fraction_of_cells: 0.4,
        reference_resistance: 1e4,
        rate: 2.0,
        rate_exponent: 0.5,
        amplitude: 0.03,
        amplitude_exponent: 0.75,
    };

    const ROWS: usize = 150;
    const COLUMNS: usize = 100;

    fn chip(noise: Telegraph, lowest: f64) -> TelegraphState {
        TelegraphState::new(noise, lowest, ROWS, COLUMNS, Seed::new(8).named("chip"))
    }

    /// Asserts a fraction of `n` within five standard errors.
    fn assert_fraction(what: &str, count: usize, n: usize, p: f64) {
        let (share, error) = (count as f64 / n as f64, (p * (1.0 - p) / n as f64).sqrt());
        assert!((share - p).abs() <= 5.0 * error, "{what}: {share}, expected {p} +- {error}");
    }

    fn share_up(state: &TelegraphState) -> usize {
        state.states().cells().filter(|&state| state == 1.0).count()
    }

    #[test]
    fn a_fraction_of_the_cells_switches_and_half_of_them_start_up() {
        let state = chip(NOISE, 1.0);
        assert_fraction("cells that flip", state.flipping_cells(), ROWS * COLUMNS, 0.4);
        assert_fraction("up", share_up(&state), state.flipping_cells(), 0.5);
        for (fraction, cells) in [(0.0, 0), (1.0, ROWS * COLUMNS)] {
            let mut state = chip(Telegraph { fraction_of_cells: fraction, ..NOISE }, 1.0);
            assert_eq!(state.flipping_cells(), cells);
            assert_eq!(state.states().cells().filter(|&state| state != 0.0).count(), cells);
            if cells == 0 {
                state.advance(1e9, |_, _| 1.0, Seed::new(1), |_, _, _| unreachable!("a quiet cell"));
            }
        }
    }

    /// X = s(0) s(k dt) is +1 or -1 with mean r^k, r = exp(-2 rate dt). For one cell, values of X that start d steps
    /// apart have the covariance r^(2d) - r^(2k) for d < k, and 0 beyond; with the variance of X this gives the error.
    #[test]
    fn the_correlation_time_is_one_over_twice_the_rate() {
        let conductance = 40.0;
        let rate = NOISE.rate(conductance);
        let dt = 0.1 / rate;
        let mut state = chip(NOISE, 10.0);
        let mut path = vec![state.states().clone()];
        for step in 0..60 {
            state.advance(dt, |_, _| conductance as f32, Seed::new(2).numbered(step), |_, _, _| {});
            path.push(state.states().clone());
        }
        let n = state.flipping_cells() as f64;
        for lag in [1, 2, 5, 10, 20] {
            let pairs = path.len() - lag;
            let products = (0..pairs).map(|from| {
                path[from].cells().zip(path[from + lag].cells()).map(|(a, b)| f64::from(a * b)).sum::<f64>()
            });
            let mean = products.sum::<f64>() / (pairs as f64 * n);
            let expected = libm::exp(-2.0 * rate * dt * lag as f64);
            let covariance = |apart: usize| libm::exp(-4.0 * rate * dt * apart as f64) - expected * expected;
            let variance = covariance(0) + 2.0 * (1..lag).map(covariance).sum::<f64>();
            let error = (variance / (pairs as f64 * n)).sqrt();
            assert!((mean - expected).abs() < 5.0 * error, "lag {lag}: {mean}, expected {expected} +- {error}");
        }
        assert_fraction("up at the end", share_up(&state), state.flipping_cells(), 0.5);
    }

    /// Columns of different conductance in one array, some below the lowest conductance.
    #[test]
    fn every_cell_switches_with_its_own_probability() {
        let noise = Telegraph { fraction_of_cells: 1.0, ..NOISE };
        let conductances = [0.0f32, 1.0, 3.0, 40.0, 1000.0];
        let (mut state, seconds, advances) = (chip(noise, 1.0), 0.02, 20);
        let mut flips = [0usize; 5];
        let mut told = state.states().clone();
        for number in 0..advances {
            let conductance = |_, column: usize| conductances[column % 5];
            state.advance(seconds, conductance, Seed::new(3).numbered(number), |row, column, to| {
                flips[column % 5] += 1;
                assert_eq!(told[(row, column)], -to);
                told[(row, column)] = to;
            });
        }
        assert_eq!(&told, state.states());
        for (flips, conductance) in flips.into_iter().zip(conductances) {
            let p = flip_probability(noise.rate(f64::from(conductance.max(1.0))), seconds);
            let trials = ROWS * COLUMNS / 5 * advances as usize;
            assert_fraction(&format!("flips at {conductance} µS"), flips, trials, p);
        }
    }

    #[test]
    fn two_short_advances_equal_a_long_one() {
        let seconds = 0.3;
        let p = flip_probability(NOISE.rate(20.0), seconds);
        let changed = |parts: &[f64]| {
            let start = chip(NOISE, 5.0);
            let mut state = start.clone();
            for (number, &part) in parts.iter().enumerate() {
                state.advance(part, |_, _| 20.0, Seed::new(4).numbered(number as u64), |_, _, _| {});
            }
            state.states().cells().zip(start.states().cells()).filter(|(now, before)| now != before).count()
        };
        let n = chip(NOISE, 5.0).flipping_cells();
        assert_fraction("changed by one advance", changed(&[seconds]), n, p);
        assert_fraction("changed by two", changed(&[0.1, 0.2]), n, p);
        assert_fraction("changed by thirty", changed(&[0.01; 30]), n, p);
        assert_fraction("changed after long", changed(&[1e9]), n, 0.5);
        assert_eq!(changed(&[0.0]), 0);
    }

    #[test]
    fn nothing_moves_at_a_rate_of_zero() {
        let mut state = chip(Telegraph { rate: 0.0, ..NOISE }, 1.0);
        state.advance(1e9, |_, _| 1.0, Seed::new(1), |_, _, _| unreachable!("a flip"));
    }

    /// Error of ln a: six roundings of numbers below 16; an exp of two units, on a step below 1; one more for the last
    /// sum. exp within 2 units of f32 and ln within 2 units of 14, times the exponent: 40 units in all, plus the
    /// omitted term of the series.
    #[test]
    fn shares_of_blocks_match_the_relative_probabilities() {
        for rate in [1e-6, 0.02, 1.0, 300.0] {
            let noise = Telegraph { rate, ..NOISE };
            let chip = chip(noise, 1.0);
            let fractions = chip.fractions(0.1).expect("some cells switch");
            for step in 0..700 {
                let conductance = exp(0.01 * step as f32);
                let expected = flip_probability(noise.rate(f64::from(conductance)), 0.1) / chip.largest_flip(0.1);
                let found = f64::from(fractions.at(&Block::splat(ohmspike_simd::ln(conductance)))[3]);
                let bound = 40.0 * f64::from(f32::EPSILON) + 1e-6;
                assert!((found / expected - 1.0).abs() < bound, "{rate} {conductance}: {found}, {expected}");
            }
        }
        assert!(chip(Telegraph { rate: 0.0, ..NOISE }, 1.0).fractions(0.1).is_none());
    }
}
