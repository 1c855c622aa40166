//! Slow read noise: random telegraph noise, a trap near the filament that is full or empty.
//!
//! ```text
//! G_read  = G (1 + s a(R) / 2)                    s = +1 or -1, the state of the trap; a = relative step between the two
//! rate(R) = rate (R / R_ref)^k                    flips per second, both ways alike
//! a(R)    = min(a (R / R_ref)^m, 1)               R = 10^6 / G in ohm; k, m >= 0: both fall with G
//!
//! p(t)    = (1 - exp(-2 rate t)) / 2              that s differs after a time t
//! <s(0) s(t)> = exp(-2 rate t)                    autocorrelation; s = +1 half of the time
//! ```
//!
//! A share of the cells has such a trap, drawn once a chip; the others are quiet. The two-state process is that of
//! Machlup, J. Appl. Phys. 25, 341 (1954), with equal rates. That the relative step grows with the resistance is the
//! finding of Ielmini, Nardi and Cagli, Appl. Phys. Lett. 96, 053503 (2010); statistics in HfOx are those of Ambrogio et
//! al., IEEE Trans. Electron Devices 61, 2920 (2014). Powers of R are our form for the device file's own numbers.
//!
//! A state is held while one sample is presented and moves on in between. Cells are not visited one by one: candidates
//! come at geometric distances with the largest p of any cell, and each flips with its own p over the largest. That is
//! exactly one independent trial of p a cell, at a cost that grows with the number of flips.
//!
//! ```
//! use crossbar::device::{Telegraph, TelegraphState};
//! use seed::Seed;
//!
//! let noise = Telegraph {
//!     fraction_of_cells: 0.3,
//!     reference_resistance: 1e4,
//!     rate: 1.0,
//!     rate_exponent: 0.5,
//!     amplitude: 0.02,
//!     amplitude_exponent: 0.5,
//! };
//! assert!((noise.rate(1.0) - 10.0).abs() < 1e-12 && (noise.amplitude(1.0) - 0.2).abs() < 1e-12);
//! assert!((noise.conductance(100.0, -1.0) - 99.0).abs() < 1e-12);
//!
//! let mut state = TelegraphState::new(noise, 1.0, 784, 100, Seed::new(1).named("chip"));
//! let mut flips = 0;
//! state.advance(0.01, |_, _| 100.0, Seed::new(1).named("read"), |_, _, _| flips += 1);
//! // 0.3 x 78,400 cells flip with p = (1 - exp(-0.02)) / 2: 233 on average.
//! assert!((160..310).contains(&flips));
//! ```

use lanes::{Block, LANES, Matrix, exp};
use schemars::JsonSchema;
use seed::{Philox, Seed};
use serde::{Deserialize, Serialize};

use super::number::{PERCENT, POWER, PROBABILITY, RATE_PER_SECOND, RESISTANCE_OHM, optional_number};
use super::refusal::{SpecError, refuse_foreign, required};
use super::shape::word;

/// Kinds of slow read noise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SlowNoiseKind {
    /// Nothing moves between reads.
    #[default]
    None,
    /// Some cells flip between two conductances.
    Telegraph,
}

/// Slow read noise in a device file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SlowNoiseSpec {
    /// Kind of noise with memory.
    #[serde(deserialize_with = "word")]
    pub kind: SlowNoiseKind,
    /// `telegraph` only: share of the cells that flip, drawn once a chip.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "f64", range(min = PROBABILITY.low, max = PROBABILITY.high))]
    pub fraction_of_cells: Option<f64>,
    /// `telegraph` only: resistance at which rate and amplitude are stated.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "f64", range(min = RESISTANCE_OHM.low, max = RESISTANCE_OHM.high), extend("x-unit" = "ohm"))]
    pub reference_resistance_ohm: Option<f64>,
    /// `telegraph` only: flips per second in either state.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "f64", range(min = RATE_PER_SECOND.low, max = RATE_PER_SECOND.high), extend("x-unit" = "1/s"))]
    pub rate_per_second: Option<f64>,
    /// `telegraph` only: power of the resistance with which the rate grows.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "f64", range(min = POWER.low, max = POWER.high), extend("default" = 0))]
    pub rate_exponent: Option<f64>,
    /// `telegraph` only: step between the two states, of the conductance.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "f64", range(min = PERCENT.low, max = PERCENT.high), extend("x-unit" = "% of G"))]
    pub amplitude_percent_of_conductance: Option<f64>,
    /// `telegraph` only: power of the resistance with which the step grows, to 100 % at most.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "f64", range(min = POWER.low, max = POWER.high), extend("default" = 0))]
    pub amplitude_exponent: Option<f64>,
}

/// Slow read noise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(try_from = "SlowNoiseSpec")]
pub enum SlowNoise {
    /// None.
    #[default]
    None,
    /// Some cells flip between two conductances.
    Telegraph(Telegraph),
}

/// Random telegraph noise: no number negative, shares at most 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Telegraph {
    /// Share of the cells that flip.
    pub fraction_of_cells: f64,
    /// Resistance at which rate and amplitude are stated, ohm.
    pub reference_resistance: f64,
    /// Flips per second in either state, at the reference.
    pub rate: f64,
    /// Power of the resistance with which the rate grows.
    pub rate_exponent: f64,
    /// Step between the two states over the conductance, at the reference.
    pub amplitude: f64,
    /// Power of the resistance with which the step grows.
    pub amplitude_exponent: f64,
}

impl SlowNoise {
    /// The telegraph noise, if there is any.
    pub fn telegraph(&self) -> Option<Telegraph> {
        match self {
            SlowNoise::None => None,
            SlowNoise::Telegraph(telegraph) => Some(*telegraph),
        }
    }
}

impl Telegraph {
    /// Flips per second of a cell at `conductance`, µS.
    pub fn rate(&self, conductance: f64) -> f64 {
        self.rate * libm::pow(1e6 / conductance / self.reference_resistance, self.rate_exponent)
    }

    /// Step between the two states over the conductance, at `conductance`, µS; at most 1.
    pub fn amplitude(&self, conductance: f64) -> f64 {
        if self.amplitude == 0.0 {
            return 0.0;
        }
        let grown = libm::pow(1e6 / conductance / self.reference_resistance, self.amplitude_exponent);
        let amplitude = self.amplitude * grown;
        if amplitude > 1.0 { 1.0 } else { amplitude }
    }

    /// Conductance that is read of a cell in `state` (+1, -1, or 0 for a quiet one), both µS.
    pub fn conductance(&self, conductance: f64, state: f64) -> f64 {
        conductance * (1.0 + 0.5 * state * self.amplitude(conductance))
    }

    /// The step in the form for blocks of cells.
    pub(crate) fn steps(&self) -> TelegraphSteps {
        let at_one_microsiemens = self.amplitude_exponent * libm::log(1e6 / self.reference_resistance);
        TelegraphSteps {
            // ln of an amplitude of 0 is far below the reach of exp, which then gives 0.
            ln_amplitude: (libm::log(self.amplitude) + at_one_microsiemens).max(-1e6) as f32,
            exponent: self.amplitude_exponent as f32,
        }
    }
}

/// ln a(G) = `ln_amplitude` - `exponent` ln G, G in µS, for blocks of cells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct TelegraphSteps {
    ln_amplitude: f32,
    exponent: f32,
}

impl TelegraphSteps {
    /// 1 + s a / 2 of sixteen cells with ln G and state s: what is read over the conductance.
    #[inline(always)]
    pub(crate) fn factor(&self, ln_conductance: &Block, state: &Block) -> Block {
        let mut factor = Block::ZERO;
        for lane in 0..LANES {
            let amplitude = exp(self.ln_amplitude - self.exponent * ln_conductance[lane]);
            let amplitude = if amplitude > 1.0 { 1.0 } else { amplitude };
            factor[lane] = 1.0 + 0.5 * state[lane] * amplitude;
        }
        factor
    }
}

/// 1/2 (1 - exp(-2 λ(G) t)) over its largest value, for blocks of cells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct FlipShares {
    /// ln(2 λ t) at 1 µS.
    ln_flips: f32,
    exponent: f32,
    /// 1 over twice the largest probability.
    per_largest: f32,
}

impl FlipShares {
    /// Shares of sixteen cells with ln G; 1 for cells of the lowest conductance and below.
    #[inline(always)]
    pub(crate) fn at(&self, ln_conductance: &Block) -> Block {
        ln_conductance.map(|ln_conductance| {
            let flips = exp(self.ln_flips - self.exponent * ln_conductance);
            // Below 1/16 the difference would lose its digits; the first term left out of the series is below 1e-6 of it.
            let series = flips * (1.0 - flips * (0.5 - flips * (1.0 / 6.0 - flips * (1.0 / 24.0))));
            let flipped = if flips < 0.0625 { series } else { 1.0 - exp(-flips) };
            let share = flipped * self.per_largest;
            if share > 1.0 { 1.0 } else { share }
        })
    }
}

/// The telegraph states of an array of cells.
#[derive(Clone, Debug, PartialEq)]
pub struct TelegraphState {
    noise: Telegraph,
    lowest: f64,
    states: Matrix,
    /// Cells that flip: row x columns + column, rising.
    flipping: Vec<usize>,
}

impl TelegraphState {
    /// States of `rows` x `columns` cells whose conductance is at least `lowest` µS: which cells flip and where each of
    /// them starts, half of them at +1, drawn from `chip`. Below `lowest` the rate is held.
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

    /// State of every cell: +1, -1, or 0 where a cell is quiet; padding holds 0.
    pub fn states(&self) -> &Matrix {
        &self.states
    }

    /// Number of cells that flip.
    pub fn flipping_cells(&self) -> usize {
        self.flipping.len()
    }

    /// Moves all cells on by `seconds`: `conductance(row, column)` is that of a cell, µS, and `flipped(row, column, state)`
    /// hears of every cell whose state is another than before. The draws come from `seed`: one seed an advance.
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

    /// The probabilities of flips within `seconds` over the largest, for blocks of cells; none where no cell flips.
    pub(crate) fn shares(&self, seconds: f64) -> Option<FlipShares> {
        let largest = self.largest_flip(seconds);
        let at_one_microsiemens = self.noise.rate(1.0);
        (largest > 0.0).then(|| FlipShares {
            ln_flips: libm::log(2.0 * at_one_microsiemens * seconds) as f32,
            exponent: self.noise.rate_exponent as f32,
            per_largest: (0.5 / largest) as f32,
        })
    }

    /// Probability that a cell at the lowest conductance is in another state `seconds` later: the largest of any cell.
    ///
    /// # Panics
    /// If `seconds` is negative or NaN.
    pub(crate) fn largest_flip(&self, seconds: f64) -> f64 {
        assert!(seconds >= 0.0, "an advance by {seconds} s");
        flip_probability(self.noise.rate(self.lowest), seconds)
    }

    /// Moves every cell to its other state with probability `largest` x `share(row, column)`, the share at most 1; `flipped`
    /// hears of those that moved. Cells are passed over at the rate of `largest`, then thinned by their share.
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

/// Probability that a state differs after `seconds`.
fn flip_probability(rate: f64, seconds: f64) -> f64 {
    -0.5 * libm::expm1(-2.0 * rate * seconds)
}

/// A number in [0, 1) with 53 bits.
fn below_one(draws: &mut Philox) -> f64 {
    (draws.next_u64() >> 11) as f64 / (1u64 << 53) as f64
}

impl SlowNoiseKind {
    /// The word in the file and the keys that only this kind has.
    fn word_and_keys(self) -> (&'static str, &'static [&'static str]) {
        match self {
            SlowNoiseKind::None => ("none", &[]),
            SlowNoiseKind::Telegraph => (
                "telegraph",
                &[
                    "fraction_of_cells",
                    "reference_resistance_ohm",
                    "rate_per_second",
                    "rate_exponent",
                    "amplitude_percent_of_conductance",
                    "amplitude_exponent",
                ],
            ),
        }
    }
}

impl TryFrom<SlowNoiseSpec> for SlowNoise {
    type Error = SpecError;

    fn try_from(spec: SlowNoiseSpec) -> Result<SlowNoise, SpecError> {
        let (kind, takes) = spec.kind.word_and_keys();
        let numbers = [
            ("fraction_of_cells", spec.fraction_of_cells, PROBABILITY),
            ("reference_resistance_ohm", spec.reference_resistance_ohm, RESISTANCE_OHM),
            ("rate_per_second", spec.rate_per_second, RATE_PER_SECOND),
            ("amplitude_percent_of_conductance", spec.amplitude_percent_of_conductance, PERCENT),
        ];
        let powers = [("rate_exponent", spec.rate_exponent), ("amplitude_exponent", spec.amplitude_exponent)];
        let mut keys = numbers.map(|(key, value, _)| (key, value.is_some())).to_vec();
        keys.extend(powers.map(|(key, value)| (key, value.is_some())));
        refuse_foreign(&keys, kind, takes)?;
        if spec.kind == SlowNoiseKind::None {
            return Ok(SlowNoise::None);
        }
        let mut checked = [0.0; 4];
        for (checked, (key, value, allowed)) in checked.iter_mut().zip(numbers) {
            *checked = allowed.check(key, required(key, value, kind)?)?;
        }
        let mut exponents = [0.0; 2];
        for (exponent, (key, value)) in exponents.iter_mut().zip(powers) {
            *exponent = POWER.check(key, value.unwrap_or(0.0))?;
        }
        let [fraction_of_cells, reference_resistance, rate, percent] = checked;
        let [rate_exponent, amplitude_exponent] = exponents;
        let amplitude = percent / 100.0;
        Ok(SlowNoise::Telegraph(Telegraph {
            fraction_of_cells,
            reference_resistance,
            rate,
            rate_exponent,
            amplitude,
            amplitude_exponent,
        }))
    }
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

    /// Asserts a share of `n` within five standard errors.
    fn assert_share(what: &str, count: usize, n: usize, p: f64) {
        let (share, error) = (count as f64 / n as f64, (p * (1.0 - p) / n as f64).sqrt());
        assert!((share - p).abs() <= 5.0 * error, "{what}: {share}, expected {p} +- {error}");
    }

    fn share_up(state: &TelegraphState) -> usize {
        state.states().cells().filter(|&state| state == 1.0).count()
    }

    #[test]
    fn a_share_of_the_cells_flips_and_half_of_them_start_up() {
        let state = chip(NOISE, 1.0);
        assert_share("cells that flip", state.flipping_cells(), ROWS * COLUMNS, 0.4);
        assert_share("up", share_up(&state), state.flipping_cells(), 0.5);
        for (fraction, cells) in [(0.0, 0), (1.0, ROWS * COLUMNS)] {
            let mut state = chip(Telegraph { fraction_of_cells: fraction, ..NOISE }, 1.0);
            assert_eq!(state.flipping_cells(), cells);
            assert_eq!(state.states().cells().filter(|&state| state != 0.0).count(), cells);
            if cells == 0 {
                state.advance(1e9, |_, _| 1.0, Seed::new(1), |_, _, _| unreachable!("a quiet cell"));
            }
        }
    }

    /// X = s(0) s(k dt) is +1 or -1 with mean r^k, r = exp(-2 rate dt). Of one cell the X that start d steps apart have
    /// the covariance r^(2d) - r^(2k) for d < k and 0 from there on, which with the variance of X gives the error.
    #[test]
    fn states_remember_for_one_over_twice_the_rate() {
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
        assert_share("up at the end", share_up(&state), state.flipping_cells(), 0.5);
    }

    /// Columns of different conductance in one array, among them cells below the lowest conductance.
    #[test]
    fn every_cell_flips_with_its_own_probability() {
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
            assert_share(&format!("flips at {conductance} µS"), flips, trials, p);
        }
    }

    #[test]
    fn two_short_advances_are_one_long_one() {
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
        assert_share("changed by one advance", changed(&[seconds]), n, p);
        assert_share("changed by two", changed(&[0.1, 0.2]), n, p);
        assert_share("changed by thirty", changed(&[0.01; 30]), n, p);
        assert_share("changed after long", changed(&[1e9]), n, 0.5);
        assert_eq!(changed(&[0.0]), 0);
    }

    #[test]
    fn nothing_moves_at_a_rate_of_zero() {
        let mut state = chip(Telegraph { rate: 0.0, ..NOISE }, 1.0);
        state.advance(1e9, |_, _| 1.0, Seed::new(1), |_, _, _| unreachable!("a flip"));
    }

    #[test]
    fn steps_and_rates_fall_with_conductance_and_the_step_ends_at_one() {
        assert!((NOISE.amplitude(100.0) - 0.03).abs() < 1e-15);
        assert!((NOISE.amplitude(1000.0) - 0.03 * libm::pow(0.1, 0.75)).abs() < 1e-15);
        assert_eq!(NOISE.amplitude(1e-6), 1.0);
        assert_eq!(NOISE.amplitude(0.0), 1.0);
        assert_eq!(Telegraph { amplitude: 0.0, ..NOISE }.conductance(0.0, 1.0), 0.0);
        assert!((NOISE.rate(1.0) - 20.0).abs() < 1e-12);
        for conductance in [0.5, 10.0, 900.0] {
            let [up, down] = [1.0, -1.0].map(|state| NOISE.conductance(conductance, state));
            assert!(((up - down) / conductance - NOISE.amplitude(conductance)).abs() < 1e-12);
            assert_eq!(NOISE.conductance(conductance, 0.0), conductance);
        }
    }

    /// ln a off by six roundings of numbers below 16, an exp of two units, on a step below 1; the last sum one more.
    #[test]
    fn blocks_agree_with_the_scalar_form() {
        let bound = f64::from(f32::EPSILON) * (0.5 * (6.0 * 16.0 + 2.0) + 1.0);
        for noise in [NOISE, Telegraph { amplitude: 0.0, ..NOISE }] {
            for conductance in [1e-3f32, 0.02, 1.0, 30.0, 2e3] {
                for state in [-1.0, 0.0, 1.0] {
                    let factor = noise.steps().factor(&Block::splat(lanes::ln(conductance)), &Block::splat(state));
                    let exact = noise.conductance(f64::from(conductance), f64::from(state)) / f64::from(conductance);
                    assert!((f64::from(factor[3]) - exact).abs() < bound, "{conductance} µS, {state}");
                }
            }
        }
    }

    /// exp within 2 units of f32 and ln within 2 units of 14, times the exponent, 40 units in all; and the term of the series
    /// left out.
    #[test]
    fn shares_of_blocks_are_the_probabilities_over_the_largest() {
        for rate in [1e-6, 0.02, 1.0, 300.0] {
            let noise = Telegraph { rate, ..NOISE };
            let chip = chip(noise, 1.0);
            let shares = chip.shares(0.1).expect("cells flip");
            for step in 0..700 {
                let conductance = exp(0.01 * step as f32);
                let expected = flip_probability(noise.rate(f64::from(conductance)), 0.1) / chip.largest_flip(0.1);
                let found = f64::from(shares.at(&Block::splat(lanes::ln(conductance)))[3]);
                let bound = 40.0 * f64::from(f32::EPSILON) + 1e-6;
                assert!((found / expected - 1.0).abs() < bound, "{rate} {conductance}: {found}, {expected}");
            }
        }
        assert!(chip(Telegraph { rate: 0.0, ..NOISE }, 1.0).shares(0.1).is_none());
    }
}
