//! Random telegraph noise (RTN) of an array: states of its cells and the resulting weights.
//!
//! ```text
//! w_read = w + sign κ (G_main s_main a(G_main) / 2 - G_other s_other a(G_other) / 2)     device/rtn.rs
//! ```
//!
//! Amplitudes follow the conductances at every update. States advance between presentations, and only the weights of
//! cells that switch are touched.

use ohmspike_rng::Seed;
use ohmspike_simd::{Block, LANES, Matrix, kernel};
use serde::{Deserialize, Serialize};

use crate::branch_cells::BranchCells;
use crate::device::{Telegraph, TelegraphSteps};
use crate::driven_lines::DrivenLines;
use crate::lines::multiply;
use crate::mapping::PairMapping;
use crate::program::ln_of;
use crate::rtn_state::{FlipFractions, TelegraphState};

/// Telegraph noise of one array.
#[derive(Clone, Debug)]
pub(crate) struct RtnReads {
    noise: Telegraph,
    /// Main branch, and the opposite one if it has cells.
    sides: Vec<Side>,
    weights: Matrix,
    /// Time for which the fractions of the sides are valid, s; `None` if conductances have changed since.
    fractions_for: Option<f64>,
}

/// State changed by presentations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct RtnReadsState {
    /// States of the cells of every side.
    pub(crate) sides: Vec<Matrix>,
    /// Effective weights with the present noise. Switches are added one by one, each with rounding.
    pub(crate) weights: Matrix,
}

/// Telegraph noise of one branch.
#[derive(Clone, Debug)]
struct Side {
    states: TelegraphState,
    /// Weight difference between the mean and a state, with the signs of row and branch.
    halves: Matrix,
    /// Switching probability relative to the largest.
    fractions: Matrix,
}

impl RtnReads {
    /// Draws the states of a chip, including the opposite branch if `opposite` says that it has cells.
    pub(crate) fn new(
        noise: Telegraph,
        mapping: &PairMapping,
        [rows, columns]: [usize; 2],
        opposite: bool,
        chip: Seed,
    ) -> RtnReads {
        let lowest = f64::from(mapping.window().low());
        let zeros = || Matrix::zeros(rows, columns);
        let side = |number: u64| Side {
            states: TelegraphState::new(noise, lowest, rows, columns, chip.numbered(number)),
            halves: zeros(),
            fractions: zeros(),
        };
        let sides = (0..=u64::from(opposite)).map(side).collect();
        RtnReads { noise, sides, weights: zeros(), fractions_for: None }
    }

    /// Returns the state changed by presentations; amplitudes and shares follow from the conductances.
    pub(crate) fn state(&self) -> RtnReadsState {
        let sides = self.sides.iter().map(|side| side.states.states().clone()).collect();
        RtnReadsState { sides, weights: self.weights.clone() }
    }

    /// Restores `state`; its conductances must already be restored.
    pub(crate) fn restore(&mut self, state: RtnReadsState) {
        for (side, states) in self.sides.iter_mut().zip(state.sides) {
            side.states.restore(states);
        }
        self.weights = state.weights;
    }

    /// Returns the effective weights with the present noise.
    pub(crate) fn weights(&self) -> &Matrix {
        &self.weights
    }

    /// Takes new effective `weights` of the `branches`; `driven` is sign x driver gain of every row. The wires of a
    /// driven array pass a fraction of the noise of each cell.
    pub(crate) fn refresh(
        &mut self,
        weights: &Matrix,
        branches: [Option<&BranchCells>; 2],
        driven: &[f32],
        mapping: &PairMapping,
        lines: Option<&DrivenLines>,
    ) {
        self.fractions_for = None;
        self.weights.blocks_mut().copy_from_slice(weights.blocks());
        let (steps, floor, width) = (self.noise.steps(), mapping.window().low(), weights.row_blocks());
        let sides = self.sides.iter_mut().zip(branches.into_iter().flatten());
        for (number, ((side, branch), of_branch)) in sides.zip([1.0, -1.0]).enumerate() {
            for (row, driven) in driven.iter().enumerate() {
                let rows = row * width..(row + 1) * width;
                let halves = &mut side.halves.blocks_mut()[rows.clone()];
                fill_halves(
                    steps,
                    branch.seen(rows.clone()),
                    floor,
                    of_branch * driven * mapping.weight_per_microsiemens(),
                    halves,
                );
                if let Some(lines) = lines {
                    multiply(halves, lines.seen(row)[number]);
                }
                add_states(&mut self.weights.blocks_mut()[rows.clone()], halves, &side.states.states().blocks()[rows]);
            }
        }
    }

    /// Advances the states of the `branches` by `seconds`; `floor` is Gmin in µS.
    pub(crate) fn pass(&mut self, seconds: f64, branches: [Option<&BranchCells>; 2], floor: f32, seed: Seed) {
        let stale = self.fractions_for != Some(seconds);
        self.fractions_for = Some(seconds);
        for (number, (side, branch)) in self.sides.iter_mut().zip(branches.into_iter().flatten()).enumerate() {
            let Side { states, halves, fractions } = side;
            if stale && let Some(law) = states.fractions(seconds) {
                let blocks = 0..fractions.blocks().len();
                fill_fractions(law, branch.seen(blocks), floor, fractions.blocks_mut());
            }
            let weights = &mut self.weights;
            let fraction = |row, column| f64::from(fractions[(row, column)]);
            states.flip(states.largest_flip(seconds), fraction, seed.numbered(number as u64), |row, column, state| {
                // From the other state to this one: two halves.
                weights[(row, column)] += 2.0 * state * halves[(row, column)];
            });
        }
    }
}

/// Fills `halves` with the weight of half a step of every cell.
#[kernel]
fn fill_halves(steps: TelegraphSteps, seen: &[Block], floor: f32, per_microsiemens: f32, halves: &mut [Block]) {
    for (half, seen) in halves.iter_mut().zip(seen) {
        let conductance = seen.map(|g_above_min| floor + g_above_min);
        let factor = steps.factor(&conductance.map(ln_of), &Block::splat(1.0));
        for lane in 0..LANES {
            half[lane] = per_microsiemens * conductance[lane] * (factor[lane] - 1.0);
        }
    }
}

fn add_states(weights: &mut [Block], halves: &[Block], states: &[Block]) {
    for ((weights, halves), states) in weights.iter_mut().zip(halves).zip(states) {
        for lane in 0..LANES {
            weights[lane] += halves[lane] * states[lane];
        }
    }
}

#[kernel]
fn fill_fractions(law: FlipFractions, seen: &[Block], floor: f32, fractions: &mut [Block]) {
    for (fraction, seen) in fractions.iter_mut().zip(seen) {
        *fraction = law.at(&seen.map(|g_above_min| ln_of(floor + g_above_min)));
    }
}
