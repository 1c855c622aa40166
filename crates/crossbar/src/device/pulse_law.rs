//! Dependence of a pulse step on the state of the cell: the factor f of the equations in `device/pulses.rs`.
//!
//! ```
//! use ohmspike_crossbar::device::{Direction, PulseLaw};
//!
//! let soft = PulseLaw::Linear { up: 1.0, down: 1.0 };
//! assert_eq!(soft.factor(Direction::Up, 0.25), 0.75);
//! assert_eq!(soft.factor(Direction::Down, 0.25), 0.25);
//! let power = PulseLaw::Power { up: 2.0, down: 0.0 };
//! assert!((power.factor(Direction::Up, 0.5) - 0.25).abs() < 1e-6);
//! ```

use ohmspike_simd::{Block, exp, ln};

/// Largest exponent of an exponential step. States inside the nominal window stay below it; states of cells with wider
/// windows may exceed it, and the exponential would overflow f32.
const LARGEST_EXPONENT: f32 = 80.0;

/// Direction of a pulse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Towards the upper end of the window.
    Up,
    /// Towards the lower end of the window.
    Down,
}

/// Dependence of a pulse step on the state: the factor f of the equations in `device/pulses.rs`.
#[derive(Clone, Debug, PartialEq)]
pub enum PulseLaw {
    /// Constant step, f = 1.
    Constant,
    /// Step that falls linearly: f = 1 - `up` at the upper end, 1 - `down` at the lower end. Both equal to 1: soft
    /// bounds.
    Linear {
        /// Fraction of the up step lost at the upper end.
        up: f32,
        /// Fraction of the down step lost at the lower end.
        down: f32,
    },
    /// Exponential step, f = max(1 - A exp(± γ y), 0) with y = `scale` (2 x - 1) + `offset`.
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
    /// Power step, f = (distance to the bound)^exponent.
    Power {
        /// Exponent of the up step.
        up: f32,
        /// Exponent of the down step.
        down: f32,
    },
    /// Piecewise linear step: f interpolated between equally spaced nodes of x; at least two nodes each.
    PiecewiseLinear {
        /// Nodes of the up step, as multiples of it.
        up: Vec<f32>,
        /// Nodes of the down step, as multiples of it.
        down: Vec<f32>,
    },
}

impl PulseLaw {
    /// Returns the factor of one pulse at state `x`, 0 to 1.
    pub fn factor(&self, direction: Direction, x: f32) -> f32 {
        self.factors(direction, &Block::splat(x))[0]
    }

    /// Returns the factors of sixteen cells at their states.
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
                    let exponent = gamma * (scale * (2.0 * x - 1.0) + offset);
                    let exponent = if exponent > LARGEST_EXPONENT { LARGEST_EXPONENT } else { exponent };
                    let factor = 1.0 - amplitude * exp(exponent);
                    if factor < 0.0 { 0.0 } else { factor }
                })
            }
            PulseLaw::Power { up: up_exponent, down: down_exponent } => {
                let exponent = if up { *up_exponent } else { *down_exponent };
                // A distance of 0 has no logarithm; 1e-30 has the same power within f32.
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

/// Interpolates linearly between equally spaced `nodes` at `x` (0 to 1).
#[inline(always)]
fn interpolated(nodes: &[f32], x: f32) -> f32 {
    let last = nodes.len() - 1;
    let along = x * last as f32;
    let node = (along as usize).min(last - 1);
    nodes[node] + (nodes[node + 1] - nodes[node]) * (along - node as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// f at the middle of the window, from the equation in f64.
    #[test]
    fn exponential_power_and_nodes_match_the_equations() {
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

    /// Cells with wide windows must not reach infinity: its product with a gain of 0 is NaN.
    #[test]
    fn a_steep_exponential_stays_finite_far_outside_the_window() {
        let law = PulseLaw::Exponential { up: (-1000.0, 20.0), down: (1000.0, 20.0), scale: 2.0, offset: 2.0 };
        for x in [-1000.0, -1.0, 2.0, 1000.0] {
            assert!(law.factor(Direction::Up, x).is_finite() && law.factor(Direction::Down, x).is_finite());
        }
    }
}
