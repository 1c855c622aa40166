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
use ohmspike_simd::{Block, LANES, Matrix, Simd, blocks_at, blocks_for, kernel, note_work, numbers, numbers_mut};

use crate::array::CrossbarArray;
use crate::codes::CodeCounts;
use crate::gated_lines::{GatedLines, add_gated};
use crate::lines::multiply;

/// Buffers of column reads, owned by the caller and reused.
#[derive(Clone, Debug)]
pub struct ColumnRead {
    columns: usize,
    current: Vec<Block>,
    mean: Vec<Block>,
    variance: Vec<Block>,
    draws: Vec<Block>,
    /// Sums of one tile.
    tile: Vec<Block>,
}

impl ColumnRead {
    /// Creates buffers for arrays of `columns` columns.
    pub fn new(columns: usize) -> ColumnRead {
        let blocks = vec![Block::ZERO; blocks_for(columns)];
        let [current, mean, variance, draws] = [(); 4].map(|()| blocks.clone());
        ColumnRead { columns, current, mean, variance, draws, tile: blocks }
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
        self.add_means(array, active);
        match array.read_variance() {
            Some(variance) => add_up(variance, active, &mut self.variance),
            None => self.variance.fill(Block::ZERO),
        }
        if let Some(gain) = array.gain_of_sums() {
            multiply(&mut self.mean, gain);
            multiply(&mut self.variance, gain);
            multiply(&mut self.variance, gain);
        }
    }

    /// Computes the mean of every column current without a digital gain.
    fn add_means(&mut self, array: &CrossbarArray, active: &[usize]) {
        if array.lines().is_none() {
            return add_up(array.read_weights(), active, &mut self.mean);
        }
        let mut active: Vec<u16> = active.iter().map(|row| *row as u16).collect();
        active.sort_unstable();
        self.add_sums(array, array.read_weights(), &active);
    }

    /// Computes the sums of `weights` over the rows `active`, in ascending order, through the lines of a gated array.
    pub(crate) fn add_sums(&mut self, array: &CrossbarArray, weights: &Matrix, active: &[u16]) {
        self.mean.fill(Block::ZERO);
        match array.lines() {
            None => weights.add_rows_to(&mut self.mean, active),
            Some(lines) => add_through(lines, weights, active, &mut self.mean),
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

    /// Reads every column with the rows `active` on, in ascending order, through the converters of the device: every tile
    /// with an active row is read as by [`ColumnRead::sample`] and converted, and the outputs of the tiles are added. A
    /// device without converters has one tile. Returns the counts of codes; mean and variance are those of the last tile.
    ///
    /// # Panics
    /// As [`ColumnRead::moments`].
    pub fn sample_tiles(&mut self, array: &CrossbarArray, active: &[usize], normals: &mut Normals) -> CodeCounts {
        let mut counts = CodeCounts::default();
        let Some(converters) = array.converters().filter(|converters| converters.has_column_converters()) else {
            self.sample(array, active, normals);
            return counts;
        };
        debug_assert!(active.is_sorted());
        let mut sums = std::mem::take(&mut self.tile);
        sums.fill(Block::ZERO);
        let tile_of = |row: &usize| row / converters.tile_rows();
        for of_tile in active.chunk_by(|one, next| tile_of(one) == tile_of(next)) {
            self.sample(array, of_tile, normals);
            counts += converters.convert(tile_of(&of_tile[0]), &mut numbers_mut(&mut self.current)[..self.columns]);
            for (sum, current) in sums.iter_mut().zip(&self.current) {
                *sum += *current;
            }
        }
        if let Some(gain) = array.column_gain() {
            multiply(&mut sums, gain);
        }
        self.tile = std::mem::replace(&mut self.current, sums);
        counts
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
        if let Some(gain) = array.gain_of_sums() {
            multiply(&mut self.current, gain);
        }
    }

    /// Subtracts from the current what the wires take from its mean.
    fn lose(&mut self, array: &CrossbarArray, active: &[usize]) {
        let mut whole = self.mean.clone();
        add_up(array.read_weights(), active, &mut whole);
        self.add_means(array, active);
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
    // The wires of a driven array pass a fraction of each current.
    let [of_written, of_opposite] =
        array.driven_lines().map_or([1.0, 1.0], |lines| lines.seen(row).map(|seen| numbers(seen)[column]));
    let written = of_written * (written + spread.sigma(written) * draws[0]);
    let noise = if array.has_opposite_cells() { spread.sigma(opposite) * draws[1] } else { 0.0 };
    let opposite = of_opposite * (opposite + noise);
    let rtn = array.read_weights()[cell] - array.seen_weights()[cell];
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

#[cfg(test)]
mod tests {
    use ohmspike_rng::Seed;

    use super::*;
    use crate::analog_read::AnalogRead;
    use crate::array_params::ArrayParams;
    use crate::branch::Branch;
    use crate::device::Device;

    /// Tiles of two rows whose converters have a step of 1/4 of the weight at Gmax.
    const TILED: &str = r#"{"name": "test", "window": {"low_resistance_ohm": 1000, "high_resistance_ohm": 1000000},
        "read": {"volts": 0.1, "white": {"noise": "relative", "sigma_percent_of_conductance": 5}},
        "converters": {"tile_rows": 2, "adc": {"bits": 4, "codes": "signed", "range": "calibrated"}}}"#;

    fn array() -> CrossbarArray {
        let device = Device::from_json(TILED).unwrap();
        let first = Matrix::from_fn(5, 18, |row, column| 0.03 * (row + 1) as f32 + 0.01 * column as f32);
        CrossbarArray::new(&device, ArrayParams::new(1.0, &[Branch::Plus; 5]), &first, Seed::new(1)).unwrap()
    }

    #[test]
    fn tiles_are_converted_one_by_one() {
        let mut array = array();
        let mut read = ColumnRead::new(18);
        let largest = array.largest_tile_sum([&[0u16, 1, 3, 4][..]].into_iter());
        // Row 0 and 1, row 3, row 4: the first tile has the largest sum, in the last column.
        let of_first = 0.03 + 0.06 + 2.0 * 0.17;
        assert!((largest - of_first).abs() < 1e-5, "{largest}, expected {of_first}");
        array.converters_mut().unwrap().calibrate(largest);
        // Both rows of the last full tile, and one row of the first: every tile draws, so analog inputs draw as many.
        let counts = read.sample_tiles(&array, &[1, 2, 3, 4], &mut Seed::new(7).normals());
        assert_eq!(counts.conversions, 3 * 18);
        let mut analog = AnalogRead::new(18);
        analog.sample(&array, &[0.0, 1.0, 1.0, 1.0, 1.0], &mut Seed::new(7).normals());
        assert_eq!(read.current(), analog.current());
        let step = largest / 7.0;
        let codes = read.current().iter().map(|current| current / step);
        assert!(codes.clone().all(|code| (code - code.round()).abs() < 1e-3), "{:?}", codes.collect::<Vec<_>>());
    }

    #[test]
    fn no_active_row_means_no_current() {
        let (array, mut read) = (array(), ColumnRead::new(18));
        read.sample_tiles(&array, &[0, 4], &mut Seed::new(7).normals());
        assert!(read.current().iter().any(|&current| current != 0.0));
        read.sample_tiles(&array, &[], &mut Seed::new(7).normals());
        assert!(read.current().iter().all(|&current| current == 0.0));
    }
}
