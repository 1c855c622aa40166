//! Pulses in a device file, and what their numbers may be.

use serde::{Deserialize, Serialize};

use super::allowed::{Allowed, IntegerRange};
use super::number::{number, optional_number, optional_numbers};
use super::pulse_law::PulseLaw;
use super::pulse_state::PulseState;
use super::refusal::{Problem, SpecError, refuse_foreign, required};
use super::shape::{optional_word, word};

/// Steps of one pulse, % of the span of the window: from a millionth of the window, so that a swing has a million pulses
/// at most
/// (as many as one write may have), to all of it. The finest published fit has 7000.
pub(super) const STEP_PERCENT: Allowed = Allowed { low: 1e-4, high: 100.0, unit: " %" };
/// Nodes of a piecewise-linear step: far more than were ever measured, and a table that stays in the cache.
const MOST_NODES: usize = 4096;
/// Reference states, a share of the window: with room for steps on both sides.
const REFERENCE: Allowed = Allowed { low: 0.01, high: 0.99, unit: "" };
/// The reference state where the file states none: the middle of the window.
const MIDDLE: f32 = 0.5;
/// Spread of the step from pulse to pulse, % of the step.
pub(super) const CYCLE_PERCENT: Allowed = Allowed { low: 0.0, high: 10_000.0, unit: " %" };
/// Falls of a linear step over the window.
const SLOPE: Allowed = Allowed { low: 0.0, high: 1.0, unit: "" };
/// Amplitudes of an exponential step.
const AMPLITUDE: Allowed = Allowed { low: -1000.0, high: 1000.0, unit: "" };
/// Steepnesses, scales and offsets of an exponential step: their exponent stays within what f32 holds.
const STEEPNESS: Allowed = Allowed { low: 0.0, high: 20.0, unit: "" };
const SCALE: Allowed = Allowed { low: -2.0, high: 2.0, unit: "" };
/// Exponents of a power step.
const EXPONENT: Allowed = Allowed { low: 0.0, high: 20.0, unit: "" };
/// Multiples of the step at the nodes of a piecewise-linear one.
const NODE: Allowed = Allowed { low: 0.0, high: 100.0, unit: "" };
/// Pulses of one write.
pub(super) const PULSES: IntegerRange = IntegerRange { low: 1, high: 1_000_000 };
/// Pulses of one write where the file states no limit.
pub(super) const MOST_PULSES: u32 = 100;

/// Ways in which the step of a pulse depends on the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum PulseKind {
    /// The same step at every state.
    Constant,
    /// A step that falls in proportion to the way to the bound.
    Linear,
    /// A linear step that is zero at the bound.
    SoftBounds,
    /// A step that falls exponentially.
    Exponential,
    /// A step that falls as a power of the distance to the bound.
    Power,
    /// A step given at nodes.
    PiecewiseLinear,
}

/// What the spread from pulse to pulse is in proportion to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum CycleNoise {
    /// The step at the state of the cell.
    #[default]
    Multiplicative,
    /// The step where the factor of the state is 1.
    Additive,
}

/// Pulses in a device file.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PulsesSpec {
    /// How the step of a pulse depends on the state of the cell.
    #[serde(deserialize_with = "word")]
    pub law: PulseKind,
    /// Step of one pulse that raises the conductance, where the factor of its law is 1.
    #[serde(deserialize_with = "number")]
    #[cfg_attr(feature = "schema", schemars(range(min = STEP_PERCENT.low, max = STEP_PERCENT.high), extend("x-unit" = "% of window")))]
    pub up_step_percent_of_window: f64,
    /// Step of one pulse that lowers the conductance, where the factor of its law is 1.
    #[serde(deserialize_with = "number")]
    #[cfg_attr(feature = "schema", schemars(range(min = STEP_PERCENT.low, max = STEP_PERCENT.high), extend("x-unit" = "% of window")))]
    pub down_step_percent_of_window: f64,
    /// `linear` only: share of the up step that is lost at the ceiling.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = SLOPE.low, max = SLOPE.high)))]
    pub up_slope: Option<f64>,
    /// `linear` only: share of the down step that is lost at the floor.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = SLOPE.low, max = SLOPE.high)))]
    pub down_slope: Option<f64>,
    /// `exponential` only: amplitude A of the up step.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = AMPLITUDE.low, max = AMPLITUDE.high)))]
    pub up_amplitude: Option<f64>,
    /// `exponential` only: amplitude A of the down step.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = AMPLITUDE.low, max = AMPLITUDE.high)))]
    pub down_amplitude: Option<f64>,
    /// `exponential` only: steepness γ of the up step.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = STEEPNESS.low, max = STEEPNESS.high)))]
    pub up_steepness: Option<f64>,
    /// `exponential` only: steepness γ of the down step.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = STEEPNESS.low, max = STEEPNESS.high)))]
    pub down_steepness: Option<f64>,
    /// `exponential` only: scale a of the state.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = SCALE.low, max = SCALE.high)))]
    pub state_scale: Option<f64>,
    /// `exponential` only: offset b of the state.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = SCALE.low, max = SCALE.high)))]
    pub state_offset: Option<f64>,
    /// `power` only: exponent of the up step.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = EXPONENT.low, max = EXPONENT.high)))]
    pub up_exponent: Option<f64>,
    /// `power` only: exponent of the down step.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = EXPONENT.low, max = EXPONENT.high)))]
    pub down_exponent: Option<f64>,
    /// `piecewise-linear` only: multiples of the up step at equal distances from the floor to the ceiling.
    #[serde(default, deserialize_with = "optional_numbers", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<f64>", length(min = 2)))]
    pub up_nodes: Option<Vec<f64>>,
    /// `piecewise-linear` only: multiples of the down step at equal distances from the floor to the ceiling.
    #[serde(default, deserialize_with = "optional_numbers", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<f64>", length(min = 2)))]
    pub down_nodes: Option<Vec<f64>>,
    /// Standard deviation of the step from pulse to pulse, of the step of its direction where the factor of its law is 1.
    #[serde(default, deserialize_with = "number")]
    #[cfg_attr(feature = "schema", schemars(range(min = CYCLE_PERCENT.low, max = CYCLE_PERCENT.high), extend("x-unit" = "% of step")))]
    pub cycle_sigma_percent_of_step: f64,
    /// The same of down pulses, where their percentage is another; left out: `cycle_sigma_percent_of_step`.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(
        with = "f64",
        range(min = CYCLE_PERCENT.low, max = CYCLE_PERCENT.high),
        extend("x-unit" = "% of step")
    ))]
    pub down_cycle_sigma_percent_of_step: Option<f64>,
    /// What that standard deviation is in proportion to.
    #[serde(default, deserialize_with = "optional_word", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "CycleNoise", extend("default" = "multiplicative")))]
    pub cycle_noise: Option<CycleNoise>,
    /// `linear`, `soft-bounds` and `exponential`: what the state of a cell with ends of its own is measured against.
    #[serde(default, deserialize_with = "optional_word", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "PulseState", extend("default" = "own-window")))]
    pub state: Option<PulseState>,
    /// State at which cells that differ have the same step, a share of the nominal window; needs a `state` other than
    /// `own-window`.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = REFERENCE.low, max = REFERENCE.high), extend("default" = MIDDLE, "x-unit" = "1")))]
    pub reference_state: Option<f64>,
    /// Most pulses of one write; what a larger step lacks is counted and lost.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "u32", range(min = PULSES.low, max = PULSES.high), extend("default" = MOST_PULSES, "x-unit" = "pulses")))]
    pub most_pulses: Option<f64>,
}

impl PulseKind {
    /// The word in the file and the keys that only this kind has.
    fn word_and_keys(self) -> (&'static str, &'static [&'static str]) {
        match self {
            PulseKind::Constant => ("constant", &[]),
            PulseKind::Linear => ("linear", &["up_slope", "down_slope", "state", "reference_state"]),
            PulseKind::SoftBounds => ("soft-bounds", &["state", "reference_state"]),
            PulseKind::Exponential => (
                "exponential",
                &[
                    "up_amplitude",
                    "down_amplitude",
                    "up_steepness",
                    "down_steepness",
                    "state_scale",
                    "state_offset",
                    "state",
                    "reference_state",
                ],
            ),
            PulseKind::Power => ("power", &["up_exponent", "down_exponent"]),
            PulseKind::PiecewiseLinear => ("piecewise-linear", &["up_nodes", "down_nodes"]),
        }
    }
}

impl PulsesSpec {
    /// How the step depends on the state.
    pub(super) fn law(&self) -> Result<PulseLaw, SpecError> {
        let (kind, takes) = self.law.word_and_keys();
        let keys = [
            ("up_slope", self.up_slope.is_some()),
            ("down_slope", self.down_slope.is_some()),
            ("up_amplitude", self.up_amplitude.is_some()),
            ("down_amplitude", self.down_amplitude.is_some()),
            ("up_steepness", self.up_steepness.is_some()),
            ("down_steepness", self.down_steepness.is_some()),
            ("state_scale", self.state_scale.is_some()),
            ("state_offset", self.state_offset.is_some()),
            ("up_exponent", self.up_exponent.is_some()),
            ("down_exponent", self.down_exponent.is_some()),
            ("up_nodes", self.up_nodes.is_some()),
            ("down_nodes", self.down_nodes.is_some()),
            ("state", self.state.is_some()),
            ("reference_state", self.reference_state.is_some()),
        ];
        refuse_foreign(&keys, kind, takes)?;
        let given = |key, value, allowed: Allowed| -> Result<f32, SpecError> {
            Ok(allowed.check(key, required(key, value, kind)?)? as f32)
        };
        Ok(match self.law {
            PulseKind::Constant => PulseLaw::Constant,
            PulseKind::Linear => PulseLaw::Linear {
                up: given("up_slope", self.up_slope, SLOPE)?,
                down: given("down_slope", self.down_slope, SLOPE)?,
            },
            PulseKind::SoftBounds => PulseLaw::Linear { up: 1.0, down: 1.0 },
            PulseKind::Exponential => PulseLaw::Exponential {
                up: (
                    given("up_amplitude", self.up_amplitude, AMPLITUDE)?,
                    given("up_steepness", self.up_steepness, STEEPNESS)?,
                ),
                down: (
                    given("down_amplitude", self.down_amplitude, AMPLITUDE)?,
                    given("down_steepness", self.down_steepness, STEEPNESS)?,
                ),
                scale: given("state_scale", self.state_scale, SCALE)?,
                offset: given("state_offset", self.state_offset, SCALE)?,
            },
            PulseKind::Power => PulseLaw::Power {
                up: given("up_exponent", self.up_exponent, EXPONENT)?,
                down: given("down_exponent", self.down_exponent, EXPONENT)?,
            },
            PulseKind::PiecewiseLinear => PulseLaw::PiecewiseLinear {
                up: nodes("up_nodes", self.up_nodes.as_deref(), kind)?,
                down: nodes("down_nodes", self.down_nodes.as_deref(), kind)?,
            },
        })
    }
}

fn nodes(key: &str, given: Option<&[f64]>, kind: &'static str) -> Result<Vec<f32>, SpecError> {
    let given = required(key, given, kind)?;
    if given.len() < 2 {
        return Err(SpecError::at(key, Problem::TooFew { count: given.len(), least: 2 }));
    }
    if given.len() > MOST_NODES {
        return Err(SpecError::at(key, Problem::TooMany { count: given.len(), most: MOST_NODES }));
    }
    let check = |(number, value): (usize, &f64)| Ok(NODE.check(&format!("{key}[{number}]"), *value)? as f32);
    given.iter().enumerate().map(check).collect()
}

/// The reference state, where `given`, of cells whose state is measured against `state`.
pub(super) fn reference(state: PulseState, given: Option<f64>) -> Result<f32, SpecError> {
    match given {
        None => Ok(MIDDLE),
        Some(_) if state == PulseState::OwnWindow => {
            let takes = &["state: nominal-window", "state: own-end", "state: own-span"];
            Err(SpecError::at("reference_state", Problem::Foreign { kind: "state: own-window", takes }))
        }
        Some(given) => Ok(REFERENCE.check("reference_state", given)? as f32),
    }
}
