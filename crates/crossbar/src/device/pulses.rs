//! What one pulse does to a cell.
//!
//! ```text
//! x      = (G - G_low) / (G_high - G_low)              state of the cell in its own window, 0 to 1
//! up     G' = G + s_up   f_up(x)   g (1 + c z)
//! down   G' = G - s_down f_down(x) g (1 + c z)         additive noise: f g + c z in the place of f g (1 + c z)
//!        s  step of one pulse, µS: up_step or down_step, % of the span of the window, where f = 1
//!        g  gain of the cell (device/chip.rs), c = cycle_sigma_percent_of_step / 100, z a standard normal a pulse
//!
//! constant           f = 1
//! linear             f_up = 1 - k_up x                  f_down = 1 - k_down (1 - x)
//! soft-bounds        the same with k = 1: f_up = 1 - x  f_down = x
//! exponential        f_up = max(1 - A_up exp(γ_up y), 0), f_down = max(1 - A_down exp(-γ_down y), 0), y = a (2 x - 1) + b
//! power              f_up = (1 - x)^p_up                f_down = x^p_down
//! piecewise-linear   f interpolated between nodes at equal distances of x
//! ```
//!
//! and G' is clipped to the window. `cycle_noise` says which noise it is. Noise is drawn for every pulse and stays in the
//! cell: n pulses spread by sqrt(n) c. Sources: Gokmen and Vlasov, Front. Neurosci. 10, 333 (2016)
//! (constant steps, gains); Fusi and Abbott, Nat. Neurosci. 10, 485 (2007) (soft bounds); Gong et al., Nat. Commun. 9,
//! 2102 (2018) (exponential steps).
//!
//! ```
//! use crossbar::device::{Direction, PulseLaw};
//!
//! let soft = PulseLaw::Linear { up: 1.0, down: 1.0 };
//! assert_eq!(soft.factor(Direction::Up, 0.25), 0.75);
//! assert_eq!(soft.factor(Direction::Down, 0.25), 0.25);
//! let power = PulseLaw::Power { up: 2.0, down: 0.0 };
//! assert!((power.factor(Direction::Up, 0.5) - 0.25).abs() < 1e-6);
//! ```

use lanes::{Block, LANES, exp, ln};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::number::{Allowed, Whole, number, optional_number, optional_numbers};
use super::refusal::{Problem, SpecError, refuse_foreign, required};
use super::shape::{optional_word, word};

/// Steps of one pulse, % of the span of the window.
const STEP_PERCENT: Allowed = Allowed { low: 1e-6, high: 100.0, unit: " %" };
/// Spread of the step from pulse to pulse, % of the step.
const CYCLE_PERCENT: Allowed = Allowed { low: 0.0, high: 10_000.0, unit: " %" };
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
const PULSES: Whole = Whole { low: 1, high: 1_000_000 };
/// Pulses of one write where the file states no limit.
const MOST_PULSES: u32 = 100;

/// Ways in which the step of a pulse depends on the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CycleNoise {
    /// The step at the state of the cell.
    #[default]
    Multiplicative,
    /// The step where the factor of the state is 1.
    Additive,
}

/// Pulses in a device file.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PulsesSpec {
    /// How the step of a pulse depends on the state of the cell.
    #[serde(deserialize_with = "word")]
    pub law: PulseKind,
    /// Step of one pulse that raises the conductance, where the factor of its law is 1.
    #[serde(deserialize_with = "number")]
    #[schemars(range(min = STEP_PERCENT.low, max = STEP_PERCENT.high), extend("x-unit" = "% of window"))]
    pub up_step_percent_of_window: f64,
    /// Step of one pulse that lowers the conductance, where the factor of its law is 1.
    #[serde(deserialize_with = "number")]
    #[schemars(range(min = STEP_PERCENT.low, max = STEP_PERCENT.high), extend("x-unit" = "% of window"))]
    pub down_step_percent_of_window: f64,
    /// `linear` only: share of the up step that is lost at the ceiling.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "f64", range(min = SLOPE.low, max = SLOPE.high))]
    pub up_slope: Option<f64>,
    /// `linear` only: share of the down step that is lost at the floor.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "f64", range(min = SLOPE.low, max = SLOPE.high))]
    pub down_slope: Option<f64>,
    /// `exponential` only: amplitude A of the up step.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "f64", range(min = AMPLITUDE.low, max = AMPLITUDE.high))]
    pub up_amplitude: Option<f64>,
    /// `exponential` only: amplitude A of the down step.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "f64", range(min = AMPLITUDE.low, max = AMPLITUDE.high))]
    pub down_amplitude: Option<f64>,
    /// `exponential` only: steepness γ of the up step.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "f64", range(min = STEEPNESS.low, max = STEEPNESS.high))]
    pub up_steepness: Option<f64>,
    /// `exponential` only: steepness γ of the down step.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "f64", range(min = STEEPNESS.low, max = STEEPNESS.high))]
    pub down_steepness: Option<f64>,
    /// `exponential` only: scale a of the state.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "f64", range(min = SCALE.low, max = SCALE.high))]
    pub state_scale: Option<f64>,
    /// `exponential` only: offset b of the state.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "f64", range(min = SCALE.low, max = SCALE.high))]
    pub state_offset: Option<f64>,
    /// `power` only: exponent of the up step.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "f64", range(min = EXPONENT.low, max = EXPONENT.high))]
    pub up_exponent: Option<f64>,
    /// `power` only: exponent of the down step.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "f64", range(min = EXPONENT.low, max = EXPONENT.high))]
    pub down_exponent: Option<f64>,
    /// `piecewise-linear` only: multiples of the up step at equal distances from the floor to the ceiling.
    #[serde(default, deserialize_with = "optional_numbers", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<f64>", length(min = 2))]
    pub up_nodes: Option<Vec<f64>>,
    /// `piecewise-linear` only: multiples of the down step at equal distances from the floor to the ceiling.
    #[serde(default, deserialize_with = "optional_numbers", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<f64>", length(min = 2))]
    pub down_nodes: Option<Vec<f64>>,
    /// Standard deviation of the step from pulse to pulse.
    #[serde(default, deserialize_with = "number")]
    #[schemars(range(min = CYCLE_PERCENT.low, max = CYCLE_PERCENT.high), extend("x-unit" = "% of step"))]
    pub cycle_sigma_percent_of_step: f64,
    /// What that standard deviation is in proportion to.
    #[serde(default, deserialize_with = "optional_word", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "CycleNoise", extend("default" = "multiplicative"))]
    pub cycle_noise: Option<CycleNoise>,
    /// Most pulses of one write; what a larger step lacks is counted and lost.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32", range(min = PULSES.low, max = PULSES.high), extend("default" = MOST_PULSES, "x-unit" = "pulses"))]
    pub most_pulses: Option<f64>,
}

/// Which way a pulse moves the conductance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Towards the ceiling of the window.
    Up,
    /// Towards the floor.
    Down,
}

/// How the step of a pulse depends on the state: the factor f of the module's equations.
#[derive(Clone, Debug, PartialEq)]
pub enum PulseLaw {
    /// f = 1.
    Constant,
    /// f falls linearly to 1 - `up` at the ceiling, to 1 - `down` at the floor; both 1: soft bounds.
    Linear {
        /// Share of the up step that is lost at the ceiling.
        up: f32,
        /// Share of the down step that is lost at the floor.
        down: f32,
    },
    /// f = max(1 - A exp(± γ y), 0), y = `scale` (2 x - 1) + `offset`.
    Exponential {
        /// Amplitude A and steepness γ of the up step.
        up: (f32, f32),
        /// Amplitude A and steepness γ of the down step.
        down: (f32, f32),
        /// Scale a of the state.
        scale: f32,
        /// Offset b of the state.
        offset: f32,
    },
    /// f = (distance to the bound)^exponent.
    Power {
        /// Exponent of the up step.
        up: f32,
        /// Exponent of the down step.
        down: f32,
    },
    /// f interpolated between nodes at equal distances of x; at least two each.
    PiecewiseLinear {
        /// Multiples of the up step.
        up: Vec<f32>,
        /// Multiples of the down step.
        down: Vec<f32>,
    },
}

/// What one pulse does to a cell.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "PulsesSpec")]
pub struct Pulses {
    /// How the step depends on the state.
    pub law: PulseLaw,
    /// Step of an up pulse over the span of the window, where its factor is 1.
    pub up_step: f32,
    /// Step of a down pulse over the span of the window, where its factor is 1.
    pub down_step: f32,
    /// Standard deviation of the step from pulse to pulse, over the step.
    pub cycle_sigma: f32,
    /// Whether that is in proportion to the step where its factor is 1.
    pub additive: bool,
    /// Most pulses of one write.
    pub most_pulses: u32,
}

impl PulseLaw {
    /// The factor of one pulse at state `x`, 0 to 1.
    pub fn factor(&self, direction: Direction, x: f32) -> f32 {
        self.factors(direction, &Block::splat(x))[0]
    }

    /// The factors of sixteen cells at their states.
    #[inline(always)]
    pub(crate) fn factors(&self, direction: Direction, x: &Block) -> Block {
        let up = direction == Direction::Up;
        match self {
            PulseLaw::Constant => Block::splat(1.0),
            PulseLaw::Linear { up: up_slope, down: down_slope } => {
                if up {
                    x.map(|x| 1.0 - up_slope * x)
                } else {
                    x.map(|x| 1.0 - down_slope * (1.0 - x))
                }
            }
            PulseLaw::Exponential { up: (up_a, up_gamma), down: (down_a, down_gamma), scale, offset } => {
                let (amplitude, gamma) = if up { (*up_a, *up_gamma) } else { (*down_a, -*down_gamma) };
                x.map(|x| {
                    let factor = 1.0 - amplitude * exp(gamma * (scale * (2.0 * x - 1.0) + offset));
                    if factor < 0.0 { 0.0 } else { factor }
                })
            }
            PulseLaw::Power { up: up_exponent, down: down_exponent } => {
                let exponent = if up { *up_exponent } else { *down_exponent };
                // The smallest distance has a logarithm still; its power is what zero's would be within f32.
                x.map(|x| {
                    let distance = if up { 1.0 - x } else { x };
                    exp(exponent * ln(if distance < 1e-30 { 1e-30 } else { distance }))
                })
            }
            PulseLaw::PiecewiseLinear { up: up_nodes, down: down_nodes } => {
                let nodes = if up { up_nodes } else { down_nodes };
                x.map(|x| interpolated(nodes, x))
            }
        }
    }
}

/// The value at `x` (0 to 1) of the line through `nodes` at equal distances.
#[inline(always)]
fn interpolated(nodes: &[f32], x: f32) -> f32 {
    let last = nodes.len() - 1;
    let along = x * last as f32;
    let node = (along as usize).min(last - 1);
    nodes[node] + (nodes[node + 1] - nodes[node]) * (along - node as f32)
}

impl Pulses {
    /// Step of one pulse where its factor is 1, over the span of the window.
    pub fn step(&self, direction: Direction) -> f32 {
        match direction {
            Direction::Up => self.up_step,
            Direction::Down => self.down_step,
        }
    }

    /// Sixteen cells after one pulse each: `excess` µS above the floor of the nominal window, in their own windows `low`
    /// to `high`; `step` in µS, `gain` and the normals `draw` of the cells.
    #[inline(always)]
    pub(crate) fn pulse(
        &self,
        direction: Direction,
        step: f32,
        excess: &Block,
        [low, high]: [&Block; 2],
        gain: &Block,
        draw: &Block,
    ) -> Block {
        let mut x = Block::ZERO;
        for lane in 0..LANES {
            let span = high[lane] - low[lane];
            // A cell that is stuck has no span: its bounds undo whatever the pulse does.
            let state = (excess[lane] - low[lane]) / if span > 0.0 { span } else { 1.0 };
            let state = if state < 0.0 { 0.0 } else { state };
            x[lane] = if state > 1.0 { 1.0 } else { state };
        }
        let factor = self.law.factors(direction, &x);
        let signed = if direction == Direction::Up { step } else { -step };
        let mut after = Block::ZERO;
        for lane in 0..LANES {
            let noise = self.cycle_sigma * draw[lane];
            let moved = if self.additive {
                factor[lane] * gain[lane] + noise
            } else {
                factor[lane] * gain[lane] * (1.0 + noise)
            };
            let moved = excess[lane] + signed * moved;
            let above = if moved < low[lane] { low[lane] } else { moved };
            after[lane] = if above > high[lane] { high[lane] } else { above };
        }
        after
    }
}

impl PulseKind {
    /// The word in the file and the keys that only this kind has.
    fn word_and_keys(self) -> (&'static str, &'static [&'static str]) {
        match self {
            PulseKind::Constant => ("constant", &[]),
            PulseKind::Linear => ("linear", &["up_slope", "down_slope"]),
            PulseKind::SoftBounds => ("soft-bounds", &[]),
            PulseKind::Exponential => (
                "exponential",
                &["up_amplitude", "down_amplitude", "up_steepness", "down_steepness", "state_scale", "state_offset"],
            ),
            PulseKind::Power => ("power", &["up_exponent", "down_exponent"]),
            PulseKind::PiecewiseLinear => ("piecewise-linear", &["up_nodes", "down_nodes"]),
        }
    }
}

impl PulsesSpec {
    fn law(&self) -> Result<PulseLaw, SpecError> {
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
    let check = |(number, value): (usize, &f64)| Ok(NODE.check(&format!("{key}[{number}]"), *value)? as f32);
    given.iter().enumerate().map(check).collect()
}

impl TryFrom<PulsesSpec> for Pulses {
    type Error = SpecError;

    fn try_from(spec: PulsesSpec) -> Result<Pulses, SpecError> {
        let law = spec.law()?;
        let step = |key, percent| Ok::<f32, SpecError>((STEP_PERCENT.check(key, percent)? / 100.0) as f32);
        let most_pulses = PULSES.check("most_pulses", spec.most_pulses.unwrap_or(f64::from(MOST_PULSES)))?;
        let cycle = CYCLE_PERCENT.check("cycle_sigma_percent_of_step", spec.cycle_sigma_percent_of_step)?;
        Ok(Pulses {
            law,
            up_step: step("up_step_percent_of_window", spec.up_step_percent_of_window)?,
            down_step: step("down_step_percent_of_window", spec.down_step_percent_of_window)?,
            cycle_sigma: (cycle / 100.0) as f32,
            additive: spec.cycle_noise.unwrap_or_default() == CycleNoise::Additive,
            most_pulses,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pulses(law: PulseLaw) -> Pulses {
        Pulses { law, up_step: 0.01, down_step: 0.01, cycle_sigma: 0.0, additive: false, most_pulses: 100 }
    }

    fn after(pulses: &Pulses, direction: Direction, start: f32, count: u32) -> f32 {
        let (low, high, one) = (Block::ZERO, Block::splat(100.0), Block::splat(1.0));
        let pulse = |excess, _| pulses.pulse(direction, 1.0, &excess, [&low, &high], &one, &Block::ZERO);
        (0..count).fold(Block::splat(start), pulse)[3]
    }

    /// Soft bounds have the closed form e_n = high - (high - e_0) (1 - s/high)^n.
    #[test]
    fn soft_bounds_saturate_exponentially() {
        let soft = pulses(PulseLaw::Linear { up: 1.0, down: 1.0 });
        for count in [1u32, 10, 70] {
            let left = libm::pow(0.99, f64::from(count));
            // Four roundings a pulse of numbers below 128, half a unit in the last place each.
            let bound = f64::from(count) * 4.0 * 0.5 * 128.0 * f64::from(f32::EPSILON);
            assert!((f64::from(after(&soft, Direction::Up, 20.0, count)) - (100.0 - 80.0 * left)).abs() < bound);
            assert!((f64::from(after(&soft, Direction::Down, 80.0, count)) - 80.0 * left).abs() < bound);
        }
    }

    #[test]
    fn linear_without_slope_is_constant_and_ends_at_the_bounds() {
        let flat = pulses(PulseLaw::Linear { up: 0.0, down: 0.0 });
        let constant = pulses(PulseLaw::Constant);
        for count in [1, 5, 200] {
            for direction in [Direction::Up, Direction::Down] {
                assert_eq!(after(&flat, direction, 50.0, count), after(&constant, direction, 50.0, count));
            }
        }
        assert_eq!(after(&constant, Direction::Up, 50.0, 200), 100.0);
        assert_eq!(after(&constant, Direction::Down, 50.0, 200), 0.0);
    }

    /// A. f at the middle of the window, from the equation in f64.
    #[test]
    fn exponential_power_and_nodes_are_those_of_the_equations() {
        let law = PulseLaw::Exponential { up: (0.2, 3.0), down: (0.1, 4.0), scale: 0.5, offset: 0.25 };
        let y = 0.5 * (2.0 * 0.75 - 1.0) + 0.25;
        let expected = [1.0 - 0.2 * libm::exp(3.0 * y), 1.0 - 0.1 * libm::exp(-4.0 * y)];
        for (direction, expected) in [Direction::Up, Direction::Down].into_iter().zip(expected) {
            assert!((f64::from(law.factor(direction, 0.75)) - expected.max(0.0)).abs() < 1e-6);
        }
        assert_eq!(PulseLaw::Power { up: 1.5, down: 3.0 }.factor(Direction::Down, 0.0), 0.0);
        let nodes = PulseLaw::PiecewiseLinear { up: vec![2.0, 1.0, 0.0], down: vec![0.0, 1.0] };
        assert_eq!(nodes.factor(Direction::Up, 0.25), 1.5);
        assert_eq!(nodes.factor(Direction::Up, 1.0), 0.0);
        assert_eq!(nodes.factor(Direction::Down, 1.0), 1.0);
    }

    #[test]
    fn a_stuck_cell_stays() {
        let constant = pulses(PulseLaw::Constant);
        let stuck = Block::splat(40.0);
        let one = Block::splat(1.0);
        assert_eq!(constant.pulse(Direction::Up, 1.0, &stuck, [&stuck, &stuck], &one, &one), stuck);
    }
}
