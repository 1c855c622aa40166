//! Programs given weights into erased cells, as a chip is loaded with a trained network.
//!
//! ```text
//! v = clip(sign w / κ)                value of the pair, µS (pair.rs)
//! e* = cell of v                      absolute target of a cell: v or 0, or 1/2 (window +- v) for push-pull
//! e_0 = lower end of the cell         erased
//! e_k = write(e_(k-1), e*)            pass k: one write of the device's scheme towards the target
//! ```
//!
//! Nothing corrects the noise of a write except the scheme of the device: `add` writes once per pass with its noise,
//! `verify` repeats until a read accepts the cell, and `pulsed` applies the pulses of its nominal step. Later
//! passes apply to the distance that is left, as a controller does that reads the cells back without noise.

use std::ops::Range;

use ohmspike_rng::Seed;
use ohmspike_simd::{Block, LANES, Matrix, lane_mask};

use crate::array::CrossbarArray;
use crate::array_error::ArrayError;
use crate::branch_cells::{BranchCells, BranchStreams, Scheme};
use crate::cells::clip;
use crate::device::{Direction, LevelGrid};
use crate::pair::Refreshes;
use crate::program::Scratch;
use crate::report::WriteReport;

impl CrossbarArray {
    /// Erases all written cells and programs `weights` with `passes` writes of the device's scheme, with random draws
    /// from `seed`. Weights beyond the weight at Gmax are clipped. Cells are then in their state right after a write. Returns
    /// the counts of all passes.
    ///
    /// ```
    /// use ohmspike_crossbar::{ArrayParams, Branch, CrossbarArray, device::Device};
    /// use ohmspike_rng::Seed;
    /// use ohmspike_simd::Matrix;
    ///
    /// let weights = Matrix::from_fn(2, 3, |row, column| 0.25 * row as f32 - 0.125 * column as f32);
    /// let device = Device::built_in("ideal").ok_or("not built in")?;
    /// let params = ArrayParams { either_sign: true, ..ArrayParams::new(999.0 / 1024.0, &[Branch::Plus; 2]) };
    /// let mut array = CrossbarArray::new(&device, params, &Matrix::zeros(2, 3), Seed::new(1).named("chip"))?;
    /// array.program(&weights, 1, Seed::new(1).named("write"))?;
    /// assert_eq!(array.weights(), &weights);
    /// assert_eq!(array.plus_and_minus(0, 2), [1.0, 257.0]); // -0.25 x 1024 µS on the minus branch, above 1 µS
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Returns [`ArrayError::StepShape`] or [`ArrayError::NotFinite`]; the array is then unchanged.
    pub fn program(&mut self, weights: &Matrix, passes: u32, seed: Seed) -> Result<WriteReport, ArrayError> {
        self.check_step(weights)?;
        self.erase(weights);
        let mut report = WriteReport::default();
        for pass in 0..passes {
            let seed = seed.numbered(u64::from(pass));
            let mut streams = [seed, seed.named("opposite")].map(BranchStreams::new);
            let mut of_pass = WriteReport::default();
            for rows in self.strips() {
                self.aim_at(&rows, weights);
                of_pass += self.write_aimed(rows, Refreshes::default(), &mut streams);
            }
            self.end_update(&of_pass);
            report += of_pass;
        }
        self.solve_lines(false);
        Ok(report)
    }

    /// Resets every written cell to its lower end, and the copy of the controller to `weights`.
    fn erase(&mut self, weights: &Matrix) {
        self.rest(0.0);
        let opposite = self.other.as_mut().filter(|_| self.pairs.writes_opposite);
        for branch in [Some(&mut self.main), opposite].into_iter().flatten() {
            branch.g_above_min.blocks_mut().fill(Block::ZERO);
            branch.hold();
            branch.left.iter_mut().for_each(|left| left.fill(false));
        }
        if let Some(copy) = &mut self.writing.copy {
            let span = self.pairs.mapping.window().span();
            *copy = Matrix::from_fn(weights.rows(), weights.columns(), |row, column| {
                clip(self.pairs.per_weight[row] * weights[(row, column)], self.pairs.lowest, span)
            });
        }
    }

    /// Sets the targets of `rows` to the cells of `weights`.
    fn aim_at(&mut self, rows: &Range<usize>, weights: &Matrix) {
        let (blocks, width) = (self.blocks(rows), weights.row_blocks());
        let (lowest, span) = (self.pairs.lowest, self.pairs.mapping.window().span());
        let [of_main, of_other] = &mut self.writing.scratch;
        for (number, block) in blocks.clone().enumerate() {
            let mask = lane_mask(weights.columns(), block % width);
            let (per_weight, weights) = (self.pairs.per_weight[block / width], &weights.blocks()[block]);
            for lane in 0..LANES {
                let value = clip(per_weight * weights[lane], lowest, span);
                let [main, other] = self.pairs.kind.cells_of(value, span);
                of_main.target[number][lane] = mask[lane] * main;
                if self.pairs.writes_opposite {
                    of_other.target[number][lane] = mask[lane] * other;
                }
            }
        }
        let rule = Rule {
            gains: !matches!(self.writing.scheme, Scheme::Verified(_)),
            levels: self.writing.levels.as_ref(),
            width,
        };
        rule.ask(&self.main, &blocks, of_main, weights.columns());
        if let Some(other) = self.other.as_ref().filter(|_| self.pairs.writes_opposite) {
            rule.ask(other, &blocks, of_other, weights.columns());
        }
    }
}

/// How targets become steps.
struct Rule<'a> {
    /// Whether the gains of the cells apply to the targets; with verified writes they apply to every try instead.
    gains: bool,
    levels: Option<&'a LevelGrid>,
    /// Blocks in a row.
    width: usize,
}

impl Rule<'_> {
    /// Requests the steps from the cells in `blocks` to the targets in `scratch`.
    fn ask(&self, branch: &BranchCells, blocks: &Range<usize>, scratch: &mut Scratch, columns: usize) {
        let cells = branch.cells.strip(blocks.clone());
        for (number, block) in blocks.clone().enumerate() {
            let (present, target) = (&branch.g_above_min.blocks()[block], &mut scratch.target[number]);
            let mask = lane_mask(columns, block % self.width);
            if let Some(levels) = self.levels {
                *target = levels.nearest_excess(target) * mask;
            }
            for lane in 0..LANES {
                scratch.asked[number][lane] = mask[lane] * (target[lane] - present[lane]);
            }
            if self.gains && cells.has_gains() {
                let (up, down) = (cells.gain(Direction::Up, number), cells.gain(Direction::Down, number));
                for lane in 0..LANES {
                    let asked = scratch.asked[number][lane];
                    let gain = if asked > 0.0 { up[lane] } else { down[lane] };
                    target[lane] = present[lane] + gain * asked;
                }
            }
        }
    }
}
