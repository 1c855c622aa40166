//! State of a cell for pulse steps, for cells with windows of their own.
//!
//! ```text
//! low, high   ends of the cell's own window, µS;  Low, High  ends of the nominal window
//! R           reference state, a fraction of the nominal window;  G_R = Low + R (High - Low)
//!
//! own-window      x = (G - low) / (high - low), clipped to 0 .. 1
//! nominal-window  x = (G - Low) / (High - Low)
//! own-end         up:   1 - x = (1 - R) (high - G) / (high - G_R)        down:  x = R (G - low) / (G_R - low)
//! own-span        x = R + (G - G_R) / (high - low)
//! ```
//!
//! All four are equal for a cell with the nominal window. For other cells they preserve different quantities:
//! `own-window` the step at the ends, `nominal-window` the step at every conductance, `own-end` and `own-span` the step
//! at G_R. Published fits state their steps at G_R, the weight 0 of a pair with a reference. Their soft bounds
//! correspond to `own-end`, their exponential steps to `own-span`, and their linear steps to `nominal-window`. Negative
//! steps outside the nominal window are clipped to zero.

use ohmspike_simd::{Block, LANES};
use serde::{Deserialize, Serialize};

use super::pulse_law::Direction;

/// Normalisation of the state of a cell with a window of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum PulseState {
    /// Both ends of the cell's own window.
    #[default]
    OwnWindow,
    /// Both ends of the nominal window.
    NominalWindow,
    /// Reference state, and the cell's own end in the direction of the pulse.
    OwnEnd,
    /// Reference state, in units of the cell's own window.
    OwnSpan,
}

/// Ends of sixteen cells above the nominal Gmin, µS.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CellEnds<'a> {
    /// Own lower ends.
    pub(crate) low: &'a Block,
    /// Own upper ends.
    pub(crate) high: &'a Block,
    /// Width of the nominal window.
    pub(crate) span: f32,
}

impl PulseState {
    /// Returns the states of sixteen cells at `g_above_min` µS; `reference` is a fraction of the nominal window.
    #[inline(always)]
    pub(crate) fn of(self, direction: Direction, reference: f32, g_above_min: &Block, ends: CellEnds) -> Block {
        let CellEnds { low, high, span } = ends;
        let middle = reference * span;
        let mut x = Block::ZERO;
        match self {
            PulseState::OwnWindow => {
                for lane in 0..LANES {
                    let state = (g_above_min[lane] - low[lane]) / above_zero(high[lane] - low[lane]);
                    let state = if state < 0.0 { 0.0 } else { state };
                    x[lane] = if state > 1.0 { 1.0 } else { state };
                }
            }
            PulseState::NominalWindow => x = g_above_min.map(|g_above_min| g_above_min / span),
            PulseState::OwnEnd if direction == Direction::Up => {
                for lane in 0..LANES {
                    let left = (high[lane] - g_above_min[lane]) / above_zero(high[lane] - middle);
                    x[lane] = 1.0 - (1.0 - reference) * left;
                }
            }
            PulseState::OwnEnd => {
                for lane in 0..LANES {
                    x[lane] = reference * ((g_above_min[lane] - low[lane]) / above_zero(middle - low[lane]));
                }
            }
            PulseState::OwnSpan => {
                for lane in 0..LANES {
                    x[lane] = reference + (g_above_min[lane] - middle) / above_zero(high[lane] - low[lane]);
                }
            }
        }
        x
    }
}

/// Returns `width`, or 1 if it is not positive. A stuck cell has no width: its bounds undo every pulse.
#[inline(always)]
fn above_zero(width: f32) -> f32 {
    if width > 0.0 { width } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [PulseState; 4] =
        [PulseState::OwnWindow, PulseState::NominalWindow, PulseState::OwnEnd, PulseState::OwnSpan];

    fn state(kind: PulseState, direction: Direction, g_above_min: f32, [low, high]: [f32; 2]) -> f32 {
        let (low, high) = (Block::splat(low), Block::splat(high));
        kind.of(direction, 0.375, &Block::splat(g_above_min), CellEnds { low: &low, high: &high, span: 80.0 })[7]
    }

    #[test]
    fn all_kinds_agree_for_a_nominal_cell() {
        for direction in [Direction::Up, Direction::Down] {
            for g_above_min in [0.0, 20.0, 30.0, 64.0, 80.0] {
                for kind in KINDS {
                    let found = state(kind, direction, g_above_min, [0.0, 80.0]);
                    // A quotient, a product and a difference of numbers up to 1.
                    assert!(
                        (found - g_above_min / 80.0).abs() <= 3.0 * f32::EPSILON,
                        "{kind:?}: {found} at {g_above_min}"
                    );
                }
            }
        }
    }

    /// A cell from -10 to 110 µS above Gmin with its reference at 30 µS: each kind preserves its own quantity.
    #[test]
    fn each_kind_preserves_its_quantity() {
        let own = [-10.0, 110.0];
        let of = |kind, direction, g_above_min| f64::from(state(kind, direction, g_above_min, own));
        let near = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-6, "{found}, expected {expected}");
        for direction in [Direction::Up, Direction::Down] {
            near(of(PulseState::OwnWindow, direction, -10.0), 0.0);
            near(of(PulseState::OwnWindow, direction, 110.0), 1.0);
            near(of(PulseState::NominalWindow, direction, 110.0), 110.0 / 80.0);
            near(of(PulseState::OwnEnd, direction, 30.0), 0.375);
            near(of(PulseState::OwnSpan, direction, 30.0), 0.375);
            near(of(PulseState::OwnSpan, direction, 90.0), 0.375 + 0.5);
        }
        near(of(PulseState::OwnEnd, Direction::Up, 110.0), 1.0);
        near(of(PulseState::OwnEnd, Direction::Up, 70.0), 1.0 - 0.625 / 2.0);
        near(of(PulseState::OwnEnd, Direction::Down, -10.0), 0.0);
        near(of(PulseState::OwnEnd, Direction::Down, 10.0), 0.375 / 2.0);
    }

    /// A window of zero width, and one on the far side of the reference.
    #[test]
    fn a_cell_without_width_has_a_finite_state() {
        for kind in KINDS {
            for ends in [[30.0, 30.0], [50.0, 60.0], [5.0, 10.0]] {
                for direction in [Direction::Up, Direction::Down] {
                    assert!(state(kind, direction, ends[0], ends).is_finite());
                }
            }
        }
    }
}
