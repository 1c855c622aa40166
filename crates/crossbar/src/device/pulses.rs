//! Change of a cell by one pulse.
//!
//! ```text
//! x      state of the cell, 0 to 1 in the nominal window (device/pulse_state.rs)
//! up     G' = G + s_up   g_up   f_up(x)   (1 + c_up z)
//! down   G' = G - s_down g_down f_down(x) (1 + c_down z)
//!        with additive noise: f + c z instead of f (1 + c z)
//!        s  step of one pulse at f = 1, µS: up_step or down_step, % of the nominal window
//!        g  gain of the cell (device/gains.rs), c = cycle_sigma_percent_of_step / 100, z a standard normal per pulse
//!
//! constant           f = 1
//! linear             f_up = 1 - k_up x                  f_down = 1 - k_down (1 - x)
//! soft-bounds        the same with k = 1: f_up = 1 - x  f_down = x
//! exponential        f_up = max(1 - A_up exp(γ_up y), 0), f_down = max(1 - A_down exp(-γ_down y), 0), y = a (2 x - 1) + b
//! power              f_up = (1 - x)^p_up                f_down = x^p_down
//! piecewise-linear   f interpolated between equally spaced nodes of x
//! ```
//!
//! Then G' is clipped to the window of the cell. The gain multiplies step and noise alike, for both values of
//! `cycle_noise`. Noise is drawn for every pulse and stays in the cell: n pulses have a standard deviation of sqrt(n)
//! c. Cell-specific slopes (`device_to_device.slope_sigma`) rotate f about the reference state.
//!
//! Sources: Gokmen and Vlasov, Front. Neurosci. 10, 333 (2016) (constant steps, gains); Fusi and Abbott, Nat. Neurosci.
//! 10, 485 (2007) (soft bounds); Gong et al., Nat. Commun. 9, 2102 (2018) (exponential steps); Rasch et al., AICAS 2021
//! (additive noise proportional to the gain).

use ohmspike_simd::{Block, LANES};
use serde::Deserialize;

use super::pulse_law::{Direction, PulseLaw};
use super::pulse_state::{CellEnds, PulseState};
use super::pulses_spec::{CYCLE_PERCENT, CycleNoise, MAX_PULSES, PULSES, PulsesSpec, STEP_PERCENT, reference};
use super::refusal::SpecError;

/// Change of a cell by one pulse.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "PulsesSpec")]
pub struct Pulses {
    /// Dependence of the step on the state.
    pub law: PulseLaw,
    /// Up step at factor 1, as a fraction of the window.
    pub up_step: f32,
    /// Down step at factor 1, as a fraction of the window.
    pub down_step: f32,
    /// Cycle-to-cycle standard deviation relative to the step, for up and down pulses.
    pub cycle_sigma: [f32; 2],
    /// Whether the cycle-to-cycle noise is proportional to the step at factor 1 (additive).
    pub additive: bool,
    /// Normalisation of the state of a cell with a window of its own.
    pub state: PulseState,
    /// State with equal steps in cells with different windows, 0 to 1 in the nominal window.
    pub reference: f32,
    /// Largest number of pulses of one write.
    pub max_pulses: u32,
}

impl TryFrom<PulsesSpec> for Pulses {
    type Error = SpecError;

    fn try_from(spec: PulsesSpec) -> Result<Pulses, SpecError> {
        let law = spec.law()?;
        let step = |key, percent| Ok::<f32, SpecError>((STEP_PERCENT.check(key, percent)? / 100.0) as f32);
        let max_pulses = PULSES.check("max_pulses", spec.max_pulses.unwrap_or(f64::from(MAX_PULSES)))?;
        let cycle = |key, percent| Ok::<f32, SpecError>((CYCLE_PERCENT.check(key, percent)? / 100.0) as f32);
        let both = cycle("cycle_sigma_percent_of_step", spec.cycle_sigma_percent_of_step)?;
        let of_down = spec.down_cycle_sigma_percent_of_step;
        let of_down = of_down.map(|percent| cycle("down_cycle_sigma_percent_of_step", percent)).transpose()?;
        Ok(Pulses {
            law,
            up_step: step("up_step_percent_of_window", spec.up_step_percent_of_window)?,
            down_step: step("down_step_percent_of_window", spec.down_step_percent_of_window)?,
            cycle_sigma: [both, of_down.unwrap_or(both)],
            additive: spec.cycle_noise.unwrap_or_default() == CycleNoise::Additive,
            state: spec.state.unwrap_or_default(),
            reference: reference(spec.state.unwrap_or_default(), spec.reference_state)?,
            max_pulses,
        })
    }
}

impl Pulses {
    /// Returns the step of one pulse at factor 1, as a fraction of the window.
    pub fn step(&self, direction: Direction) -> f32 {
        match direction {
            Direction::Up => self.up_step,
            Direction::Down => self.down_step,
        }
    }

    /// Combines pulses so that a swing over the window takes at most about `most`; returns the combined pulse and the
    /// number of pulses in it. A sum of n pulses has n times the step and sqrt(n) times the noise. This is exact for
    /// constant steps, and otherwise to first order in the step, which is at most 1 / `most` of the window.
    pub fn coarsened(&self, most: u32) -> (Pulses, u32) {
        let finest = self.up_step.min(self.down_step);
        let together = libm::floorf(1.0 / (finest * most as f32)).max(1.0);
        if together == 1.0 {
            return (self.clone(), 1);
        }
        let coarse = Pulses {
            up_step: self.up_step * together,
            down_step: self.down_step * together,
            cycle_sigma: self.cycle_sigma.map(|sigma| sigma / libm::sqrtf(together)),
            ..self.clone()
        };
        (coarse, together as u32)
    }

    /// Returns the effect of cell-specific slopes on the factor of a direction: the fraction of the step lost from the
    /// reference state to the end, and the slope of f over x per unit deviation. Returns `None` if the step has no
    /// slope.
    pub(crate) fn slope(&self, direction: Direction) -> Option<Slope> {
        let PulseLaw::Linear { up, down } = self.law else { return None };
        let (slope, to_end) = match direction {
            Direction::Up => (up, 1.0 - self.reference),
            Direction::Down => (down, self.reference),
        };
        // f at the reference state, at a distance 1 - to_end from the end with f = 1.
        let at_reference = 1.0 - slope * (1.0 - to_end);
        Some(Slope { lost: slope * to_end / at_reference, fall: at_reference / to_end })
    }

    /// Applies one pulse to sixteen cells; `step` of a nominal cell in µS, with the normals `draw`.
    #[inline(always)]
    pub(crate) fn pulse(&self, direction: Direction, step: f32, cells: &PulsedCells, draw: &Block) -> Block {
        let PulsedCells { g_above_min, low, high, gain, slope, span } = cells;
        let x = self.state.of(direction, self.reference, g_above_min, CellEnds { low, high, span: *span });
        let mut factor = self.law.factors(direction, &x);
        if let Some(slope) = slope {
            for lane in 0..LANES {
                let from_reference = x[lane] - self.reference;
                let along = if direction == Direction::Up { from_reference } else { -from_reference };
                factor[lane] -= slope[lane] * along;
            }
        }
        let signed = if direction == Direction::Up { step } else { -step };
        let sigma = self.cycle_sigma[direction as usize];
        let mut after = Block::ZERO;
        for lane in 0..LANES {
            let noise = sigma * draw[lane];
            // No pulse reverses.
            let factor = if factor[lane] < 0.0 { 0.0 } else { factor[lane] };
            let moved = if self.additive { (factor + noise) * gain[lane] } else { factor * gain[lane] * (1.0 + noise) };
            let moved = g_above_min[lane] + signed * moved;
            let above = if moved < low[lane] { low[lane] } else { moved };
            after[lane] = if above > high[lane] { high[lane] } else { above };
        }
        after
    }
}

/// Slope of the linear steps of a direction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Slope {
    /// Fraction of the step at the reference state lost at the end.
    pub(crate) lost: f32,
    /// Slope of the factor over x for a fraction of 1.
    pub(crate) fall: f32,
}

/// Sixteen cells pulsed together; conductances above the nominal Gmin, µS.
#[derive(Clone, Debug)]
pub(crate) struct PulsedCells {
    /// Present conductances.
    pub(crate) g_above_min: Block,
    /// Own lower ends.
    pub(crate) low: Block,
    /// Own upper ends.
    pub(crate) high: Block,
    /// Gains for the direction of the pulse.
    pub(crate) gain: Block,
    /// Additional slopes of the factor over x, if cells have slopes of their own.
    pub(crate) slope: Option<Block>,
    /// Width of the nominal window.
    pub(crate) span: f32,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pulses(law: PulseLaw) -> Pulses {
        Pulses {
            law,
            up_step: 0.01,
            down_step: 0.01,
            cycle_sigma: [0.0, 0.0],
            additive: false,
            state: PulseState::OwnWindow,
            reference: 0.5,
            max_pulses: 100,
        }
    }

    fn cells(g_above_min: Block, [low, high]: [f32; 2]) -> PulsedCells {
        let (low, high, gain) = (Block::splat(low), Block::splat(high), Block::splat(1.0));
        PulsedCells { g_above_min, low, high, gain, slope: None, span: 100.0 }
    }

    fn after(pulses: &Pulses, direction: Direction, start: f32, count: u32) -> f32 {
        let pulse = |g_above_min, _| pulses.pulse(direction, 1.0, &cells(g_above_min, [0.0, 100.0]), &Block::ZERO);
        (0..count).fold(Block::splat(start), pulse)[3]
    }

    /// Soft bounds have the closed form e_n = high - (high - e_0) (1 - s/high)^n.
    #[test]
    fn soft_bounds_saturate_exponentially() {
        let soft = pulses(PulseLaw::Linear { up: 1.0, down: 1.0 });
        for count in [1u32, 10, 70] {
            let left = libm::pow(0.99, f64::from(count));
            // Four roundings per pulse of numbers below 128, half a unit in the last place each.
            let bound = f64::from(count) * 4.0 * 0.5 * 128.0 * f64::from(f32::EPSILON);
            assert!((f64::from(after(&soft, Direction::Up, 20.0, count)) - (100.0 - 80.0 * left)).abs() < bound);
            assert!((f64::from(after(&soft, Direction::Down, 80.0, count)) - 80.0 * left).abs() < bound);
        }
    }

    #[test]
    fn linear_without_slope_is_constant_and_clipped_at_the_bounds() {
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

    #[test]
    fn a_stuck_cell_does_not_move() {
        let constant = pulses(PulseLaw::Constant);
        let stuck = Block::splat(40.0);
        let cells = cells(stuck, [40.0, 40.0]);
        assert_eq!(constant.pulse(Direction::Up, 1.0, &cells, &Block::splat(1.0)), stuck);
    }

    /// One standard deviation of noise moves a cell of twice the gain twice as far, at every state and for both kinds
    /// of noise.
    #[test]
    fn noise_is_proportional_to_the_gain() {
        for additive in [true, false] {
            for direction in [Direction::Up, Direction::Down] {
                let soft =
                    Pulses { additive, cycle_sigma: [2.0, 3.0], ..pulses(PulseLaw::Linear { up: 1.0, down: 1.0 }) };
                let moved = |gain: f32, draw: f32| {
                    let cells = PulsedCells { gain: Block::splat(gain), ..cells(Block::splat(50.0), [0.0, 100.0]) };
                    soft.pulse(direction, 1.0, &cells, &Block::splat(draw))[0]
                };
                let noise = |gain| moved(gain, 1.0) - moved(gain, 0.0);
                // Differences of numbers near 50, rounded four times each.
                assert!((noise(2.0) - 2.0 * noise(1.0)).abs() < 8.0 * 64.0 * f32::EPSILON);
                let sigma = if direction == Direction::Up { 2.0 } else { -3.0 };
                let factor = if additive { 1.0 } else { 0.5 };
                assert!((noise(1.0) - sigma * factor).abs() < 4.0 * 64.0 * f32::EPSILON);
            }
        }
    }

    /// A thousand soft-bounds pulses of 10^-6 of the window, one by one and combined by a hundred.
    #[test]
    fn combined_pulses_follow_the_single_ones() {
        let fine = Pulses {
            up_step: 1e-6,
            down_step: 1e-6,
            cycle_sigma: [3.0, 4.0],
            ..pulses(PulseLaw::Linear { up: 1.0, down: 1.0 })
        };
        let (coarse, together) = fine.coarsened(10_000);
        assert_eq!((together, coarse.up_step), (100, 1e-4));
        assert!((coarse.cycle_sigma[0] - 0.3).abs() < 1e-6 && (coarse.cycle_sigma[1] - 0.4).abs() < 1e-6);
        assert_eq!(coarse.coarsened(10_000), (coarse.clone(), 1));
        let after = |pulses: &Pulses, count: u32| {
            let quiet = Pulses { cycle_sigma: [0.0; 2], ..pulses.clone() };
            let step = 100.0 * quiet.up_step;
            (0..count).fold(Block::splat(20.0), |g_above_min, _| {
                quiet.pulse(Direction::Up, step, &cells(g_above_min, [0.0, 100.0]), &Block::ZERO)
            })[0]
        };
        let moved = after(&coarse, 100) - 20.0;
        // 80 (1 - exp(-0.01)) µS, less half of 10^-4 of it; sums near 20 are rounded to 2 x 10^-6 up to 10^4 times.
        assert!((after(&fine, 10_000) - 20.0 - moved).abs() < 0.5e-4 * moved + 1e4 * 1e-6, "{moved}");
    }

    /// A cell-specific slope rotates the step about the reference state, and no step reverses.
    #[test]
    fn slopes_rotate_about_the_reference_state() {
        let linear = Pulses {
            state: PulseState::NominalWindow,
            reference: 0.4,
            ..pulses(PulseLaw::Linear { up: 0.5, down: 0.25 })
        };
        for (direction, at_reference, slope, to_end) in
            [(Direction::Up, 0.8, 0.5 * 0.6 / 0.8, 0.6), (Direction::Down, 0.85, 0.25 * 0.4 / 0.85, 0.4f32)]
        {
            let found = linear.slope(direction).unwrap();
            assert!((found.lost - slope).abs() < 1e-6 && (found.fall - at_reference / to_end).abs() < 1e-6);
            let step = |g_above_min: f32, deviation: f32| {
                let slope = Some(Block::splat(deviation * found.fall));
                let cells = PulsedCells { slope, ..cells(Block::splat(g_above_min), [-1000.0, 1000.0]) };
                (linear.pulse(direction, 1.0, &cells, &Block::ZERO)[0] - g_above_min).abs()
            };
            let end = if direction == Direction::Up { 100.0 } else { 0.0 };
            assert!((step(40.0, 0.3) - at_reference).abs() < 1e-5);
            // The fraction of the reference step lost at the end: that of the law plus the deviation.
            assert!((step(end, 0.3) - at_reference * (1.0 - found.lost - 0.3)).abs() < 1e-5);
            assert_eq!(step(end, 10.0), 0.0);
        }
    }
}
