//! Keys of `write.pulses` in a device file, and their ranges.

use serde::{Deserialize, Serialize};

use super::allowed::{Allowed, IntegerRange};
use super::number::{number, optional_number, optional_numbers};
use super::pulse_law::PulseLaw;
use super::pulse_state::PulseState;
use super::refusal::{Problem, SpecError, refuse_foreign, required};
use super::shape::{optional_word, word};

/// Step of one pulse, % of the window: from 10^-6 of the window, which takes a million pulses for a full swing (the
/// limit of one write), to all of it. The finest published fit takes 7000.
pub(super) const STEP_PERCENT: Allowed = Allowed { low: 1e-4, high: 100.0, unit: " %" };
/// Largest number of nodes of a piecewise linear step: more than any measurement, and the table stays in the cache.
const MAX_NODES: usize = 4096;
/// Reference state as a fraction of the window, with room for steps on both sides.
const REFERENCE: Allowed = Allowed { low: 0.01, high: 0.99, unit: "" };
/// Default reference state: the middle of the window.
const MIDDLE: f32 = 0.5;
/// Cycle-to-cycle standard deviation of the step, % of the step.
pub(super) const CYCLE_PERCENT: Allowed = Allowed { low: 0.0, high: 10_000.0, unit: " %" };
/// Relative fall of a linear step over the window.
const SLOPE: Allowed = Allowed { low: 0.0, high: 1.0, unit: "" };
/// Amplitude of an exponential step.
const AMPLITUDE: Allowed = Allowed { low: -1000.0, high: 1000.0, unit: "" };
/// Steepness, scale and offset of an exponential step; the exponent fits into f32.
const STEEPNESS: Allowed = Allowed { low: 0.0, high: 20.0, unit: "" };
const SCALE: Allowed = Allowed { low: -2.0, high: 2.0, unit: "" };
/// Exponent of a power step.
const EXPONENT: Allowed = Allowed { low: 0.0, high: 20.0, unit: "" };
/// Node of a piecewise linear step, as a multiple of the step.
const NODE: Allowed = Allowed { low: 0.0, high: 100.0, unit: "" };
/// Number of pulses of one write.
pub(super) const PULSES: IntegerRange = IntegerRange { low: 1, high: 1_000_000 };
/// Default limit of pulses of one write.
pub(super) const MAX_PULSES: u32 = 100;

/// Dependence of a pulse step on the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum PulseKind {
    /// Constant step.
    Constant,
    /// Step that falls linearly towards the bound.
    Linear,
    /// Step that falls linearly to zero at the bound.
    SoftBounds,
    /// Step that falls exponentially.
    Exponential,
    /// Step proportional to a power of the distance to the bound.
    Power,
    /// Step interpolated between nodes.
    PiecewiseLinear,
}

/// Scaling of the cycle-to-cycle noise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum CycleNoise {
    /// Proportional to the step at the present state of the cell.
    #[default]
    Multiplicative,
    /// Proportional to the step at factor 1, at every state.
    Additive,
}

/// Pulses in a device file.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PulsesSpec {
    /// Dependence of the step on the state of the cell: the factor f.
    #[serde(deserialize_with = "word")]
    pub law: PulseKind,
    /// Step of one pulse that raises the conductance, at f = 1.
    #[serde(deserialize_with = "number")]
    #[cfg_attr(feature = "schema", schemars(range(min = STEP_PERCENT.low, max = STEP_PERCENT.high), extend("x-unit" = "% of window")))]
    pub up_step_percent_of_window: f64,
    /// Step of one pulse that lowers the conductance, at f = 1.
    #[serde(deserialize_with = "number")]
    #[cfg_attr(feature = "schema", schemars(range(min = STEP_PERCENT.low, max = STEP_PERCENT.high), extend("x-unit" = "% of window")))]
    pub down_step_percent_of_window: f64,
    /// `linear` only: fraction of the up step lost at the upper end of the window.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = SLOPE.low, max = SLOPE.high)))]
    pub up_slope: Option<f64>,
    /// `linear` only: fraction of the down step lost at the lower end of the window.
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
    /// `piecewise-linear` only: f of the up step at equally spaced states, from the lower to the upper end of the
    /// window.
    #[serde(default, deserialize_with = "optional_numbers", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<f64>", length(min = 2)))]
    pub up_nodes: Option<Vec<f64>>,
    /// `piecewise-linear` only: f of the down step at equally spaced states, from the lower to the upper end of the
    /// window.
    #[serde(default, deserialize_with = "optional_numbers", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<f64>", length(min = 2)))]
    pub down_nodes: Option<Vec<f64>>,
    /// Cycle-to-cycle standard deviation of the step, relative to the step of its direction at f = 1.
    #[serde(default, deserialize_with = "number")]
    #[cfg_attr(feature = "schema", schemars(range(min = CYCLE_PERCENT.low, max = CYCLE_PERCENT.high), extend("x-unit" = "% of step")))]
    pub cycle_sigma_percent_of_step: f64,
    /// Cycle-to-cycle standard deviation of down steps. Default: `cycle_sigma_percent_of_step`.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(
        with = "f64",
        range(min = CYCLE_PERCENT.low, max = CYCLE_PERCENT.high),
        extend("x-unit" = "% of step")
    ))]
    pub down_cycle_sigma_percent_of_step: Option<f64>,
    /// Scaling of the cycle-to-cycle noise with the state of the cell.
    #[serde(default, deserialize_with = "optional_word", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "CycleNoise", extend("default" = "multiplicative")))]
    pub cycle_noise: Option<CycleNoise>,
    /// `linear`, `soft-bounds` and `exponential` only: normalisation of the state of a cell with a window of its own
    /// (see `device_to_device`).
    #[serde(default, deserialize_with = "optional_word", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "PulseState", extend("default" = "own-window")))]
    pub state: Option<PulseState>,
    /// State with equal steps in cells with different windows, as a fraction of the nominal window. Requires a `state`
    /// other than `own-window`.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = REFERENCE.low, max = REFERENCE.high), extend("default" = MIDDLE, "x-unit" = "1")))]
    pub reference_state: Option<f64>,
    /// Largest number of pulses of one write. The rest of a larger update is lost and counted.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "u32", range(min = PULSES.low, max = PULSES.high), extend("default" = MAX_PULSES, "x-unit" = "pulses")))]
    pub max_pulses: Option<f64>,
}

impl PulseKind {
    /// Returns the word in the file and the keys of this kind.
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
    /// Returns the checked law.
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
    if given.len() > MAX_NODES {
        return Err(SpecError::at(key, Problem::TooMany { count: given.len(), most: MAX_NODES }));
    }
    let check = |(number, value): (usize, &f64)| Ok(NODE.check(&format!("{key}[{number}]"), *value)? as f32);
    given.iter().enumerate().map(check).collect()
}

/// Returns the checked reference state, or the default, for a `state` normalisation.
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
