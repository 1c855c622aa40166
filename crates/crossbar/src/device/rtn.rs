//! Random telegraph noise (RTN): a trap near the filament is full or empty.
//!
//! ```text
//! G_read  = G (1 + s a(R) / 2)                    s = +1 or -1, the state of the trap; a = relative step between them
//! rate(R) = rate (R / R_ref)^k                    switching rate, 1/s, equal in both directions
//! a(R)    = min(a (R / R_ref)^m, 1)               R = 10^6 / G in ohm; k, m >= 0: both fall with G
//!
//! p(t)    = (1 - exp(-2 rate t)) / 2              probability that s differs after a time t
//! <s(0) s(t)> = exp(-2 rate t)                    autocorrelation; s = +1 half of the time
//! ```
//!
//! A fraction of the cells has such a trap, drawn once per chip; the others are quiet. The two-state process follows
//! Machlup, J. Appl. Phys. 25, 341 (1954), with equal rates. The relative step grows with the resistance: Ielmini,
//! Nardi and Cagli, Appl. Phys. Lett. 96, 053503 (2010). Statistics in HfOx: Ambrogio et al., IEEE Trans. Electron
//! Devices 61, 2920 (2014). The powers of R are the form chosen here for the numbers of a device file.
//!
//! `rtn_state.rs` holds the states of an array and their evolution.
//!
//! ```
//! use ohmspike_crossbar::device::Telegraph;
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
//! ```

use ohmspike_simd::{Block, LANES, exp};
use serde::{Deserialize, Serialize};

use super::number::{PERCENT, POWER, PROBABILITY, RATE_PER_SECOND, RESISTANCE_OHM, optional_number};
use super::refusal::{SpecError, refuse_foreign, required};
use super::shape::word;

/// Kinds of random telegraph noise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum RtnKind {
    /// No random telegraph noise.
    #[default]
    None,
    /// A fraction of the cells switches between two conductances.
    Telegraph,
}

/// Random telegraph noise in a device file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RtnSpec {
    /// Kind of random telegraph noise.
    #[serde(deserialize_with = "word")]
    pub kind: RtnKind,
    /// `telegraph` only: fraction of the cells with a trap, drawn once per chip.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = PROBABILITY.low, max = PROBABILITY.high)))]
    pub fraction_of_cells: Option<f64>,
    /// `telegraph` only: resistance at which rate and amplitude apply.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = RESISTANCE_OHM.low, max = RESISTANCE_OHM.high), extend("x-unit" = "ohm")))]
    pub reference_resistance_ohm: Option<f64>,
    /// `telegraph` only: switching rate, equal in both states.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = RATE_PER_SECOND.low, max = RATE_PER_SECOND.high), extend("x-unit" = "1/s")))]
    pub rate_per_second: Option<f64>,
    /// `telegraph` only: exponent of the resistance in the rate.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = POWER.low, max = POWER.high), extend("default" = 0)))]
    pub rate_exponent: Option<f64>,
    /// `telegraph` only: step between the two states, relative to the conductance.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = PERCENT.low, max = PERCENT.high), extend("x-unit" = "% of G")))]
    pub amplitude_percent_of_conductance: Option<f64>,
    /// `telegraph` only: exponent of the resistance in the step, which is at most 100 %.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = POWER.low, max = POWER.high), extend("default" = 0)))]
    pub amplitude_exponent: Option<f64>,
}

/// Random telegraph noise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(try_from = "RtnSpec")]
pub enum Rtn {
    /// No random telegraph noise.
    #[default]
    None,
    /// A fraction of the cells switches between two conductances.
    Telegraph(Telegraph),
}

/// Random telegraph noise with checked numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Telegraph {
    /// Fraction of the cells with a trap.
    pub fraction_of_cells: f64,
    /// Resistance at which rate and amplitude apply, ohm.
    pub reference_resistance: f64,
    /// Switching rate in either state at the reference, 1/s.
    pub rate: f64,
    /// Exponent of the resistance in the rate.
    pub rate_exponent: f64,
    /// Step between the two states relative to the conductance, at the reference.
    pub amplitude: f64,
    /// Exponent of the resistance in the step.
    pub amplitude_exponent: f64,
}

impl Rtn {
    /// Returns the telegraph noise, if any.
    pub fn telegraph(&self) -> Option<Telegraph> {
        match self {
            Rtn::None => None,
            Rtn::Telegraph(telegraph) => Some(*telegraph),
        }
    }
}

impl Telegraph {
    /// Returns the switching rate of a cell at `conductance` (µS), 1/s.
    pub fn rate(&self, conductance: f64) -> f64 {
        self.rate * libm::pow(1e6 / conductance / self.reference_resistance, self.rate_exponent)
    }

    /// Returns the step between the two states relative to the conductance, at `conductance` (µS); at most 1.
    pub fn amplitude(&self, conductance: f64) -> f64 {
        if self.amplitude == 0.0 {
            return 0.0;
        }
        let grown = libm::pow(1e6 / conductance / self.reference_resistance, self.amplitude_exponent);
        let amplitude = self.amplitude * grown;
        if amplitude > 1.0 { 1.0 } else { amplitude }
    }

    /// Returns the conductance read from a cell in `state` (+1, -1, or 0 for a quiet cell), both µS.
    pub fn conductance(&self, conductance: f64, state: f64) -> f64 {
        conductance * (1.0 + 0.5 * state * self.amplitude(conductance))
    }

    /// Returns the step for blocks of cells.
    pub(crate) fn steps(&self) -> TelegraphSteps {
        let at_one_microsiemens = self.amplitude_exponent * libm::log(1e6 / self.reference_resistance);
        TelegraphSteps {
            // The logarithm of an amplitude of 0 is below the range of `exp`, which then returns 0.
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
    /// Returns 1 + s a / 2 of sixteen cells with ln G and state s.
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

impl RtnKind {
    /// Returns the word in the file and the keys of this kind.
    fn word_and_keys(self) -> (&'static str, &'static [&'static str]) {
        match self {
            RtnKind::None => ("none", &[]),
            RtnKind::Telegraph => (
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

impl TryFrom<RtnSpec> for Rtn {
    type Error = SpecError;

    fn try_from(spec: RtnSpec) -> Result<Rtn, SpecError> {
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
        if spec.kind == RtnKind::None {
            return Ok(Rtn::None);
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
        Ok(Rtn::Telegraph(Telegraph {
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

    #[test]
    fn steps_and_rates_fall_with_conductance_and_steps_are_at_most_one() {
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

    #[test]
    fn blocks_agree_with_the_scalar_form() {
        let bound = f64::from(f32::EPSILON) * (0.5 * (6.0 * 16.0 + 2.0) + 1.0);
        for noise in [NOISE, Telegraph { amplitude: 0.0, ..NOISE }] {
            for conductance in [1e-3f32, 0.02, 1.0, 30.0, 2e3] {
                for state in [-1.0, 0.0, 1.0] {
                    let factor =
                        noise.steps().factor(&Block::splat(ohmspike_simd::ln(conductance)), &Block::splat(state));
                    let exact = noise.conductance(f64::from(conductance), f64::from(state)) / f64::from(conductance);
                    assert!((f64::from(factor[3]) - exact).abs() < bound, "{conductance} µS, {state}");
                }
            }
        }
    }
}
