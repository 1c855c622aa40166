//! Column reads: a current is the sum over the active rows.
//!
//! ```text
//! I_j     = sum over active rows i of  w_ij + sigma_ij z_ij            z_ij independent standard normals
//!         = M_j + sqrt(V_j) z_j,   M_j = sum w_ij,  V_j = sum sigma_ij²   in distribution, exactly
//! ```
//!
//! w are the effective weights with the present RTN. The sum of independent Gaussians is Gaussian, so one draw per
//! column replaces one draw per cell. Currents are in units of weight; divided by κ and times the read voltage they are
//! µA. [`ColumnRead::sample_cells`] draws every cell separately and serves as a check of the sum.

use ohmspike_rng::Normals;
use ohmspike_simd::{Block, LANES, Matrix, Simd, blocks_at, blocks_for, kernel, note_work, numbers};

use crate::array::CrossbarArray;
use crate::gated_lines::{GatedLines, add_gated};

/// Buffers of column reads, owned by the caller and reused.
#[derive(Clone, Debug)]
pub struct ColumnRead {
    columns: usize,
    current: Vec<Block>,
    mean: Vec<Block>,
    variance: Vec<Block>,
    draws: Vec<Block>,
}

impl ColumnRead {
    /// Creates buffers for arrays of `columns` columns.
    pub fn new(columns: usize) -> ColumnRead {
        let blocks = vec![Block::ZERO; blocks_for(columns)];
        ColumnRead { columns, current: blocks.clone(), mean: blocks.clone(), variance: blocks.clone(), draws: blocks }
    }

    /// Returns the currents of the last read, one per column, weight.
    pub fn current(&self) -> &[f32] {
        &numbers(&self.current)[..self.columns]
    }

    /// Returns the mean of the last read, one per column, weight.
    pub fn mean(&self) -> &[f32] {
        &numbers(&self.mean)[..self.columns]
    }

    /// Returns the variance of the last read, one per column, weight².
    pub fn variance(&self) -> &[f32] {
        &numbers(&self.variance)[..self.columns]
    }

    /// Computes mean and variance of every column current with the rows `active` on.
    ///
    /// # Panics
    /// If a row is outside the array, or the buffers are for another number of columns.
    pub fn moments(&mut self, array: &CrossbarArray, active: &[usize]) {
        match array.lines() {
            None => add_up(array.read_weights(), active, &mut self.mean),
            Some(lines) => {
                let mut active: Vec<u16> = active.iter().map(|row| *row as u16).collect();
                active.sort_unstable();
                self.mean.fill(Block::ZERO);
                add_through(lines, array.read_weights(), &active, &mut self.mean);
            }
        }
        match array.read_variance() {
            Some(variance) => add_up(variance, active, &mut self.variance),
            None => self.variance.fill(Block::ZERO),
        }
    }

    /// Reads every column with the rows `active` on: the moments, then one draw per column. Draws are taken from
    /// `normals` even without read noise, so the stream stays in step.
    ///
    /// # Panics
    /// As [`ColumnRead::moments`].
    pub fn sample(&mut self, array: &CrossbarArray, active: &[usize], normals: &mut Normals) {
        self.moments(array, active);
        normals.fill(&mut self.draws);
        add_noise(&self.mean, &self.variance, &self.draws, &mut self.current);
    }

    /// Reads every column with the rows `active` on, with a separate draw for every branch of every cell. Slow; the
    /// moments are unchanged.
    ///
    /// # Panics
    /// As [`ColumnRead::moments`].
    pub fn sample_cells(&mut self, array: &CrossbarArray, active: &[usize], normals: &mut Normals) {
        self.current.fill(Block::ZERO);
        let mut opposite_draws = self.draws.clone();
        for &row in active {
            normals.fill(&mut self.draws);
            normals.fill(&mut opposite_draws);
            for column in 0..array.columns() {
                let (block, lane) = (column / LANES, column % LANES);
                let draws = [self.draws[block][lane], opposite_draws[block][lane]];
                self.current[block][lane] += read_cell(array, row, column, draws);
            }
        }
        if array.lines().is_some() {
            self.lose(array, active);
        }
    }

    /// Subtracts from the current what the wires take from its mean.
    fn lose(&mut self, array: &CrossbarArray, active: &[usize]) {
        let mut whole = self.mean.clone();
        add_up(array.read_weights(), active, &mut whole);
        self.moments(array, active);
        for ((current, whole), mean) in self.current.iter_mut().zip(&whole).zip(&self.mean) {
            for lane in 0..LANES {
                current[lane] -= whole[lane] - mean[lane];
            }
        }
    }
}

/// Adds the currents of the `active` rows through `lines`.
#[kernel(simd: S)]
fn add_through(lines: &GatedLines, weights: &Matrix, active: &[u16], sums: &mut [Block]) {
    for (number, sum) in sums.iter_mut().enumerate() {
        let mut kept = [simd.load(sum)];
        add_gated(simd, lines, weights, number, active, &mut kept);
        simd.store(kept[0], sum);
    }
}

/// Returns one noisy read of a weight; `draws` are the standard normals of the written and of the opposite branch.
pub fn read_cell(array: &CrossbarArray, row: usize, column: usize, draws: [f32; 2]) -> f32 {
    let (written, opposite) = array.conductance(row, column);
    let cell = (row, column);
    let Some(spread) = array.read_spread() else { return array.read_weights()[cell] };
    let written = written + spread.sigma(written) * draws[0];
    let opposite = if array.has_opposite_cells() { opposite + spread.sigma(opposite) * draws[1] } else { opposite };
    let rtn = array.read_weights()[cell] - array.weights()[cell];
    array.driven(row) * array.mapping().weight_per_microsiemens() * (written - opposite) + rtn
}

/// Adds up the rows `active`, in their order.
#[kernel(simd: S)]
fn add_up(matrix: &Matrix, active: &[usize], sums: &mut [Block]) {
    assert_eq!(sums.len(), matrix.row_blocks(), "a read of an array with another number of columns");
    note_work(|work| work.read += (active.len() * sums.len()) as u64);
    for (part, sums) in sums.chunks_mut(PART).enumerate() {
        match <&mut [Block; PART]>::try_from(&mut *sums) {
            Ok(sums) => add_part(simd, matrix, active, part * PART, sums),
            Err(_) => {
                for (place, sum) in sums.iter_mut().enumerate() {
                    add_part(simd, matrix, active, part * PART + place, std::array::from_mut(sum));
                }
            }
        }
    }
}

/// Blocks of columns that are summed together.
const PART: usize = 4;

#[inline(always)]
fn add_part<S: Simd, const WIDTH: usize>(
    simd: S,
    matrix: &Matrix,
    active: &[usize],
    first: usize,
    sums: &mut [Block; WIDTH],
) {
    let mut kept = [simd.splat(0.0); WIDTH];
    for &row in active {
        let row: &[Block; WIDTH] = blocks_at(matrix.row(row), first);
        for (sum, block) in kept.iter_mut().zip(row) {
            *sum = simd.add(*sum, simd.load(block));
        }
    }
    for (kept, sum) in kept.into_iter().zip(sums) {
        simd.store(kept, sum);
    }
}

/// Computes `current` = `mean` + sqrt(`variance`) `draws`.
#[kernel]
fn add_noise(mean: &[Block], variance: &[Block], draws: &[Block], current: &mut [Block]) {
    for (block, current) in current.iter_mut().enumerate() {
        *current = mean[block] + variance[block].zip(draws[block], |variance, draw| variance.sqrt() * draw);
    }
}
