//! Slow read noise of an array: the telegraph states of its cells, and the weights that a read sees with them.
//!
//! ```text
//! w_read = w + sign kappa (G_main s_main a(G_main) / 2 - G_other s_other a(G_other) / 2)     device/telegraph.rs
//! ```
//!
//! Amplitudes follow the conductances at every update; states move on from presentation to presentation, and only the
//! weights of the cells that flip are touched.

use lanes::{Block, LANES, Matrix};
use seed::Seed;

use crate::branch::Branch;
use crate::device::{Telegraph, TelegraphState};
use crate::mapping::PairMapping;
use crate::program::ln_of;

/// The telegraph noise of one array.
#[derive(Clone, Debug)]
pub(crate) struct SlowReads {
    noise: Telegraph,
    /// Main branch, and the cells opposite to it if there are any.
    sides: Vec<Side>,
    weights: Matrix,
}

/// The telegraph noise of one branch.
#[derive(Clone, Debug)]
struct Side {
    states: TelegraphState,
    /// Weight between the mean and a state, with the sign of the row and of the branch.
    halves: Matrix,
}

impl SlowReads {
    /// The states of a chip, those of the opposite branch too where `opposite` says that it has cells.
    pub(crate) fn new(
        noise: Telegraph,
        mapping: &PairMapping,
        [rows, columns]: [usize; 2],
        opposite: bool,
        chip: Seed,
    ) -> SlowReads {
        let lowest = f64::from(mapping.window().low());
        let side = |number: u64| Side {
            states: TelegraphState::new(noise, lowest, rows, columns, chip.numbered(number)),
            halves: Matrix::zeros(rows, columns),
        };
        SlowReads { noise, sides: (0..=u64::from(opposite)).map(side).collect(), weights: Matrix::zeros(rows, columns) }
    }

    /// Effective weights with the noise of now.
    pub(crate) fn weights(&self) -> &Matrix {
        &self.weights
    }

    /// Takes up new effective `weights` of the `branches`, whose rows are `driven` (sign x gain of the driver).
    pub(crate) fn refresh(
        &mut self,
        weights: &Matrix,
        branches: [Option<&Branch>; 2],
        driven: &[f32],
        mapping: &PairMapping,
    ) {
        let steps = self.noise.steps();
        let floor = mapping.window().low();
        self.weights.blocks_mut().copy_from_slice(weights.blocks());
        for ((side, branch), of_branch) in self.sides.iter_mut().zip(branches.into_iter().flatten()).zip([1.0, -1.0]) {
            let width = weights.row_blocks();
            for (row, driven) in driven.iter().enumerate() {
                let per_microsiemens = of_branch * driven * mapping.kappa();
                let blocks = row * width..(row + 1) * width;
                let seen = branch.seen(blocks.clone());
                for (block, seen) in blocks.zip(seen) {
                    let conductance = seen.map(|excess| floor + excess);
                    let ln_conductance = conductance.map(ln_of);
                    let factor = steps.factor(&ln_conductance, &Block::splat(1.0));
                    let state = side.states.states().blocks()[block];
                    for lane in 0..LANES {
                        let half = per_microsiemens * conductance[lane] * (factor[lane] - 1.0);
                        side.halves.blocks_mut()[block][lane] = half;
                        self.weights.blocks_mut()[block][lane] += half * state[lane];
                    }
                }
            }
        }
    }

    /// Lets the states go on for `seconds`.
    pub(crate) fn pass(&mut self, seconds: f64, branches: [Option<&Branch>; 2], floor: f32, seed: Seed) {
        let weights = &mut self.weights;
        for (number, (side, branch)) in self.sides.iter_mut().zip(branches.into_iter().flatten()).enumerate() {
            let Side { states, halves } = side;
            let conductance = |row, column| floor + branch.seen_at(row, column);
            states.advance(seconds, conductance, seed.numbered(number as u64), |row, column, state| {
                // From the other state to this one: two halves.
                weights[(row, column)] += 2.0 * state * halves[(row, column)];
            });
        }
    }
}
