//! Reading columns: a current is the sum over the rows that are active.
//!
//! ```text
//! I_j     = sum over active rows i of  w_ij + sigma_ij z_ij            z_ij a standard normal of its own
//!         = M_j + sqrt(V_j) z_j,   M_j = sum w_ij,  V_j = sum sigma_ij²   in distribution, exactly
//! ```
//!
//! w are the weights that a read sees: the effective ones with the RTN of now. Independent Gaussians add to one: a
//! draw a column replaces a draw a cell. Currents are in units of weight; over κ and times the read voltage they are
//! µA. [`ColumnRead::sample_cells`] draws every cell on its own and is what the sum is checked against.

use ohmspike_rng::Normals;
use ohmspike_simd::{Block, LANES, Matrix, Simd, blocks_at, blocks_for, kernel, note_work, numbers};

use crate::array::CrossbarArray;

/// Buffers of column reads, owned by the caller and used again from read to read.
#[derive(Clone, Debug)]
pub struct ColumnRead {
    columns: usize,
    current: Vec<Block>,
    mean: Vec<Block>,
    variance: Vec<Block>,
    draws: Vec<Block>,
}

impl ColumnRead {
    /// Buffers for arrays of `columns` columns.
    pub fn new(columns: usize) -> ColumnRead {
        let blocks = vec![Block::ZERO; blocks_for(columns)];
        ColumnRead { columns, current: blocks.clone(), mean: blocks.clone(), variance: blocks.clone(), draws: blocks }
    }

    /// What the last read returned, one a column, weight.
    pub fn current(&self) -> &[f32] {
        &numbers(&self.current)[..self.columns]
    }

    /// The mean of that read, one a column, weight.
    pub fn mean(&self) -> &[f32] {
        &numbers(&self.mean)[..self.columns]
    }

    /// Its variance, one a column, weight².
    pub fn variance(&self) -> &[f32] {
        &numbers(&self.variance)[..self.columns]
    }

    /// Mean and variance of every column current with the rows of `active` on.
    ///
    /// # Panics
    /// If a row is not one of the array, or the buffers are for another number of columns.
    pub fn moments(&mut self, array: &CrossbarArray, active: &[usize]) {
        add_up(array.read_weights(), active, &mut self.mean);
        match array.read_variance() {
            Some(variance) => add_up(variance, active, &mut self.variance),
            None => self.variance.fill(Block::ZERO),
        }
    }

    /// One read of every column with the rows of `active` on: the moments, then one draw a column. Draws are taken
    /// from `normals` even where the device has no read noise, so that its stream stays in step.
    ///
    /// # Panics
    /// As [`ColumnRead::moments`].
    pub fn sample(&mut self, array: &CrossbarArray, active: &[usize], normals: &mut Normals) {
        self.moments(array, active);
        normals.fill(&mut self.draws);
        add_noise(&self.mean, &self.variance, &self.draws, &mut self.current);
    }

    /// One read of every column with the rows of `active` on, every branch of every cell drawn on its own. Slow; the
    /// moments are left as they were.
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
    }
}

/// One noisy read of a weight; `draws` are the standard normals of the written and of the opposite branch.
pub fn read_cell(array: &CrossbarArray, row: usize, column: usize, draws: [f32; 2]) -> f32 {
    let (written, opposite) = array.conductance(row, column);
    let cell = (row, column);
    let Some(spread) = array.read_spread() else { return array.read_weights()[cell] };
    let written = written + spread.sigma(written) * draws[0];
    let opposite = if array.has_opposite_cells() { opposite + spread.sigma(opposite) * draws[1] } else { opposite };
    let rtn = array.read_weights()[cell] - array.weights()[cell];
    array.driven(row) * array.mapping().weight_per_microsiemens() * (written - opposite) + rtn
}

/// The sums of the rows numbered `active`, in their order.
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

/// `current` = `mean` + sqrt(`variance`) `draws`.
#[kernel]
fn add_noise(mean: &[Block], variance: &[Block], draws: &[Block], current: &mut [Block]) {
    for (block, current) in current.iter_mut().enumerate() {
        *current = mean[block] + variance[block].zip(draws[block], |variance, draw| variance.sqrt() * draw);
    }
}
