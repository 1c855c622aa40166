//! Reads with analog inputs: a vector of voltages at the rows, a vector of currents at the columns.
//!
//! ```text
//! u_i  = DAC(input_i)                             input 0 to 1 in units of the read voltage V (device/converters.rs)
//! I_j  = sum_i u_i κ (G+_ij f(u_i V) - G-_ij f(u_i V)) + noise        f the I-V factor (device/nonlinearity.rs)
//! noise ~ N(0, sum_i u_i² κ² (σ(G+)² + σ(G-)²))   fluctuations of the conductance scale with u
//! y_j  = a_j sum over row tiles of ADC(I_j of the tile)       a_j the digital gain of the column (array_lines.rs), if there is one
//! ```
//!
//! Currents are in units of weight, as in `read.rs`. This read omits random telegraph noise. Wires of gated arrays connect
//! the driven rows (`analog_ladder.rs`); in a driven array, wires pass the fraction of each current that they pass at the read
//! voltage. A tile without a driven row is not read. For spike inputs (0 or 1) the read otherwise equals
//! [`crate::ColumnRead`]; with wires of a gated array up to rounding. For inputs in between, the I-V curve of every cell
//! matters, so this read visits all cells of the driven rows.
//!
//! ```
//! use ohmspike_crossbar::{AnalogRead, ArrayParams, Branch, CrossbarArray, device::Device};
//! use ohmspike_simd::Matrix;
//! use ohmspike_rng::Seed;
//!
//! let device = Device::built_in("ideal").ok_or("built in")?;
//! let branches = [Branch::Plus, Branch::Minus];
//! let first = Matrix::from_fn(2, 3, |row, _| if row == 0 { 0.5 } else { -0.25 });
//! let array = CrossbarArray::new(&device, ArrayParams::new(1.0, &branches), &first, Seed::new(1))?;
//! let mut read = AnalogRead::new(3);
//! read.sample(&array, &[0.5, 1.0], &mut Seed::new(2).normals());
//! assert!(read.current()[2].abs() < 1e-6); // 0.5 x 0.5 - 1.0 x 0.25
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use ohmspike_rng::Normals;
use ohmspike_simd::{Block, LANES, blocks_for, numbers, numbers_mut};

use crate::analog_ladder::{AnalogLadder, LadderRow};
use crate::array::CrossbarArray;
use crate::branch_cells::last_mask;
use crate::driven_lines::RowCells;
use crate::effective::{Programmed, refresh_variance, refresh_weights};
use crate::lines::multiply;

/// Buffers of vector reads, owned by the caller and reused.
#[derive(Clone, Debug)]
pub struct AnalogRead {
    columns: usize,
    current: Vec<Block>,
    mean: Vec<Block>,
    variance: Vec<Block>,
    draws: Vec<Block>,
    row: DrivenRow,
    ladder: AnalogLadder,
}

/// One row at its voltage.
#[derive(Clone, Debug)]
pub(crate) struct DrivenRow {
    /// Conductance above Gmin of the main and the opposite branch at the voltage, µS.
    pub(crate) main: Vec<Block>,
    pub(crate) other: Vec<Block>,
    /// Contribution of the row to the column currents and their variance.
    pub(crate) weights: Vec<Block>,
    pub(crate) variance: Vec<Block>,
}

impl CrossbarArray {
    /// Computes the effective weights of the pairs of one row at `input` times the read voltage, and the variance of
    /// one read of each, both over the read voltage: the contribution of the row to the column currents. With drift and
    /// I-V nonlinearity, without RTN; `wired` through the wires of a driven array.
    fn driven_row(&self, row: usize, input: f32, wired: bool, seen: &mut DrivenRow) {
        let width = self.main.g_above_min.row_blocks();
        let blocks = row * width..(row + 1) * width;
        let DrivenRow { main, other, weights, variance } = seen;
        self.reading.conductance.see_driven(Some(&self.main), blocks.clone(), input, main);
        self.reading.conductance.see_driven(self.other.as_ref(), blocks, input, other);
        if let Some(lines) = self.driven_lines().filter(|_| wired) {
            let factor = self.pairs.driven[row].abs() * self.pairs.mapping.weight_per_microsiemens();
            [&mut *main, other].into_iter().for_each(|cells| add_floor(self.pairs.mapping.window().low(), cells));
            let cells = RowCells { main, opposite: other, exact_opposite: self.other.is_none() };
            lines.see_row(row, cells, factor, self.reading.spread.as_ref(), weights, variance);
            scale(input, weights, variance);
            return;
        }
        let rows = || Programmed {
            signs: &self.pairs.driven[row..row + 1],
            width,
            last_mask: last_mask(&self.main.g_above_min),
            g_above_min: main,
            opposite: Some(other),
            reference: 0.0,
        };
        refresh_weights(rows(), &self.pairs.mapping, weights);
        if let Some(spread) = &self.reading.spread {
            let opposite = self.other.as_ref().map(|_| &other[..]);
            refresh_variance(Programmed { opposite, ..rows() }, &self.pairs.mapping, spread, variance);
        }
        scale(input, weights, variance);
    }

    /// Returns what the ladder of a gated array takes of a `seen` row.
    fn ladder_row<'a>(&self, row: usize, input: f32, seen: &'a DrivenRow) -> LadderRow<'a> {
        LadderRow {
            row,
            input,
            main: &seen.main,
            opposite: &seen.other,
            floor: self.pairs.mapping.window().low(),
            weight_per_microsiemens: self.pairs.driven[row].abs() * self.pairs.mapping.weight_per_microsiemens(),
        }
    }
}

impl AnalogRead {
    /// Creates buffers for arrays of `columns` columns.
    pub fn new(columns: usize) -> AnalogRead {
        let blocks = || vec![Block::ZERO; blocks_for(columns)];
        let row = DrivenRow { main: blocks(), other: blocks(), weights: blocks(), variance: blocks() };
        let ladder = AnalogLadder::new(columns);
        AnalogRead { columns, current: blocks(), mean: blocks(), variance: blocks(), draws: blocks(), row, ladder }
    }

    /// Returns the currents of the last read, one per column, weight.
    pub fn current(&self) -> &[f32] {
        &numbers(&self.current)[..self.columns]
    }

    /// Reads every column with the rows driven at `inputs`, one per row, 0 to 1 of the read voltage. The noise is drawn
    /// from `normals`, once per column and row tile.
    ///
    /// # Panics
    /// If the number of `inputs` is not the number of rows, or the buffers are for another number of columns.
    pub fn sample(&mut self, array: &CrossbarArray, inputs: &[f32], normals: &mut Normals) {
        assert_eq!(inputs.len(), array.rows(), "one input a row");
        assert_eq!(self.current.len(), blocks_for(array.columns()), "buffers for another number of columns");
        let converters = array.converters();
        self.current.fill(Block::ZERO);
        let tile_rows = converters.map_or(inputs.len(), |converters| converters.tile_rows());
        for (tile, inputs) in inputs.chunks(tile_rows).enumerate() {
            if !self.add_tile(array, tile * tile_rows, inputs, true) {
                continue;
            }
            normals.fill(&mut self.draws);
            for ((mean, variance), draw) in self.mean.iter_mut().zip(&self.variance).zip(&self.draws) {
                for lane in 0..LANES {
                    mean[lane] += variance[lane].sqrt() * draw[lane];
                }
            }
            if let Some(converters) = converters {
                converters.convert(tile, &mut numbers_mut(&mut self.mean)[..self.columns]);
            }
            add(&mut self.current, &self.mean);
        }
        if let Some(gain) = array.column_gain() {
            multiply(&mut self.current, gain);
        }
    }

    /// Returns the largest magnitude of a tile's mean column sum with the rows driven at `inputs`, weight, without a digital
    /// gain; for converters as [`CrossbarArray::largest_tile_sum`].
    ///
    /// # Panics
    /// As [`AnalogRead::sample`].
    pub fn largest_tile_sum(&mut self, array: &CrossbarArray, inputs: &[f32]) -> f32 {
        assert_eq!(inputs.len(), array.rows(), "one input a row");
        let tile_rows = array.converters().map_or(inputs.len(), |converters| converters.tile_rows());
        let mut largest = 0.0f32;
        for (tile, inputs) in inputs.chunks(tile_rows).enumerate() {
            let sums = self.tile_means(array, tile * tile_rows, inputs, true);
            largest = sums.iter().fold(largest, |largest, sum| largest.max(sum.abs()));
        }
        largest
    }

    /// Returns the mean sums of all columns with the rows from `first` driven at `inputs`, without converters and digital gain;
    /// `wired` through the wires.
    pub(crate) fn tile_means(&mut self, array: &CrossbarArray, first: usize, inputs: &[f32], wired: bool) -> &[f32] {
        self.add_tile(array, first, inputs, wired);
        &numbers(&self.mean)[..self.columns]
    }

    /// Computes mean and variance of the sums of a tile whose first row is `first`; returns whether any row is driven.
    fn add_tile(&mut self, array: &CrossbarArray, first: usize, inputs: &[f32], wired: bool) -> bool {
        let lines = array.lines().filter(|_| wired);
        self.mean.fill(Block::ZERO);
        self.variance.fill(Block::ZERO);
        let mut is_read = false;
        for (row, &input) in (first..).zip(inputs) {
            let driven = array.converters().map_or(input, |converters| converters.drive(input));
            if driven == 0.0 {
                continue;
            }
            is_read = true;
            array.driven_row(row, driven, wired, &mut self.row);
            match lines {
                Some(lines) => self.ladder.add(lines, array.ladder_row(row, driven, &self.row), &mut self.mean),
                None => add(&mut self.mean, &self.row.weights),
            }
            add(&mut self.variance, &self.row.variance);
        }
        if let Some(lines) = lines {
            self.ladder.finish(lines, &mut self.mean);
        }
        is_read
    }
}

/// Multiplies weights, and variances twice, by `input`.
fn scale(input: f32, weights: &mut [Block], variance: &mut [Block]) {
    for (weights, variance) in weights.iter_mut().zip(variance) {
        *weights = *weights * input;
        *variance = *variance * (input * input);
    }
}

fn add_floor(floor: f32, cells: &mut [Block]) {
    cells.iter_mut().for_each(|cells| *cells = cells.map(|above| floor + above));
}

fn add(sums: &mut [Block], row: &[Block]) {
    for (sum, row) in sums.iter_mut().zip(row) {
        *sum += *row;
    }
}

#[cfg(test)]
mod tests {
    use ohmspike_rng::Seed;
    use ohmspike_simd::Matrix;

    use super::*;
    use crate::array_params::ArrayParams;
    use crate::branch::Branch;
    use crate::device::Device;
    use crate::read::ColumnRead;

    fn array(keys: &str) -> CrossbarArray {
        let window = r#""window": {"low_resistance_ohm": 1000, "high_resistance_ohm": 1000000}"#;
        let device = Device::from_json(&format!(r#"{{"name": "test", {window}{keys}}}"#)).unwrap();
        let branches = [Branch::Plus, Branch::Minus, Branch::Plus, Branch::Minus];
        let first = Matrix::from_fn(4, 20, |row, column| {
            branches[row].sign() * (0.01 * (column + 1) as f32 + 0.1 * row as f32)
        });
        CrossbarArray::new(&device, ArrayParams::new(1.0, &branches), &first, Seed::new(1)).unwrap()
    }

    fn read(array: &CrossbarArray, inputs: &[f32]) -> Vec<f32> {
        let mut read = AnalogRead::new(20);
        read.sample(array, inputs, &mut Seed::new(2).normals());
        read.current().to_vec()
    }

    const BENT: &str = r#", "read": {"volts": 0.4, "nonlinearity": {"reference_volts": 0.2, "points": [
        {"resistance_ohm": 1000, "quadratic_per_volt": 0.1, "cubic_per_square_volt": 0.2},
        {"resistance_ohm": 1000000, "quadratic_per_volt": 1.5, "cubic_per_square_volt": 4}]}}"#;
    const NOISY: &str = r#", "read": {"white": {"noise": "relative", "sigma_percent_of_conductance": 3}},
        "reference_branch": {"kind": "cell", "sigma_ln_resistance": 0.3}"#;

    #[test]
    fn spikes_equal_the_inputs_one_and_zero() {
        for keys in ["", BENT, NOISY] {
            let array = array(keys);
            let mut columns = ColumnRead::new(20);
            columns.sample(&array, &[0, 3], &mut Seed::new(2).normals());
            let spikes: Vec<f32> = columns.current().to_vec();
            assert_eq!(read(&array, &[1.0, 0.0, 0.0, 1.0]), spikes, "{keys}");
        }
    }

    /// Compares with the current of every cell from the equation in f64.
    #[test]
    fn nonlinear_cells_follow_their_iv_curve() {
        let (flat, bent) = (array(""), array(BENT));
        let device = Device::from_json(&format!(
            r#"{{"name": "test", "window": {{"low_resistance_ohm": 1000, "high_resistance_ohm": 1000000}}{BENT}}}"#
        ));
        let device = device.unwrap();
        let nonlinearity = device.read.nonlinearity.as_ref().unwrap();
        let inputs = [0.25, 0.5, 0.0, 1.0];
        let got = read(&bent, &inputs);
        for (column, got) in got.iter().enumerate() {
            let mut expected = 0.0;
            for (row, &input) in inputs.iter().enumerate() {
                let (main, other) = flat.conductance(row, column);
                let worth = |conductance: f32| {
                    let conductance = f64::from(conductance);
                    conductance * nonlinearity.factor(conductance, f64::from(input) * 0.4)
                };
                let sign = if row % 2 == 0 { 1.0 } else { -1.0 };
                expected += sign * f64::from(input) * (worth(main) - worth(other)) / 999.0;
            }
            // Curve, reciprocal and products: a few units of each term; the largest is near 0.6.
            assert!((f64::from(*got) - expected).abs() < 2e-6, "column {column}: {got}, expected {expected}");
        }
    }

    const GATED: &str =
        r#", "wires": {"access": "gated", "line_ohm_per_cell": 40, "driver_ohm": 100, "sense_ohm": 150}"#;

    /// Compares with ladders in f64 that start at the row with the farthest driven cell.
    #[test]
    fn gated_columns_are_ladders_of_their_driven_rows() {
        let array = array(GATED);
        let kappa = f64::from(array.mapping().weight_per_microsiemens());
        for inputs in [[0.25, 0.5, 0.0, 1.0], [0.0, 0.75, 0.125, 0.0]] {
            for (column, got) in read(&array, &inputs).iter().enumerate() {
                let branch = |plus: bool| {
                    let (mut current, mut conductance, mut line) = (0.0, 0.0, 0.0);
                    for (row, &input) in inputs.iter().enumerate() {
                        line += 80.0 * 1e-6;
                        if input > 0.0 {
                            let below = 1.0 + line * conductance;
                            let cell = array.plus_and_minus(row, column)[usize::from(!plus)];
                            current = current / below + f64::from(cell) * f64::from(input);
                            conductance = conductance / below + f64::from(cell);
                            line = 0.0;
                        }
                    }
                    current / (1.0 + (line + 250e-6) * conductance)
                };
                let expected = kappa * (branch(true) - branch(false));
                assert!((f64::from(*got) - expected).abs() < 2e-6, "column {column}: {got}, expected {expected}");
            }
        }
    }

    /// Tiles cut the lines, also without converters.
    #[test]
    fn gated_columns_of_zeros_and_ones_equal_those_of_spikes() {
        for tiles in ["", r#", "converters": {"tile_rows": 2}"#, r#", "converters": {"tile_rows": 3}"#] {
            let array = array(&format!("{GATED}{tiles}"));
            for (inputs, active) in [([1.0, 0.0, 0.0, 1.0], &[0, 3][..]), ([1.0, 1.0, 1.0, 0.0], &[0, 1, 2])] {
                let mut columns = ColumnRead::new(20);
                columns.sample_tiles(&array, active, &mut Seed::new(2).normals());
                for (got, spikes) in read(&array, &inputs).iter().zip(columns.current()) {
                    assert!((got - spikes).abs() < 2e-6, "{tiles}: {got}, expected {spikes}");
                }
            }
        }
    }

    #[test]
    fn tiles_without_a_driven_row_are_not_read() {
        let tiles = r#", "converters": {"tile_rows": 2, "adc": {"bits": 8, "codes": "signed", "range": "calibrated",
            "offset_sigma_percent_of_full_scale": 20}}"#;
        let mut array = array(tiles);
        array.converters_mut().unwrap().calibrate(1.0);
        assert!(read(&array, &[0.0; 4]).iter().all(|sum| *sum == 0.0));
        let mut columns = ColumnRead::new(20);
        columns.sample_tiles(&array, &[1], &mut Seed::new(2).normals());
        assert_eq!(read(&array, &[0.0, 1.0, 0.0, 0.0]), columns.current());
    }

    #[test]
    fn drivers_round_to_codes() {
        let two_bits = array(r#", "converters": {"dac": {"bits": 2}}"#);
        // Codes are thirds: 0.4 becomes 1/3, 0.1 becomes 0.
        let third = read(&array(""), &[1.0 / 3.0, 0.0, 0.0, 0.0]);
        assert_eq!(read(&two_bits, &[0.4, 0.1, 0.0, 0.0]), third);
    }

    #[test]
    fn noise_scales_with_the_input() {
        let noisy = array(NOISY);
        let spread = |input: f32| {
            let mut one = AnalogRead::new(20);
            let mut normals = Seed::new(5).normals();
            let reads = 4000;
            let mut sums = [0.0f64; 2];
            for _ in 0..reads {
                one.sample(&noisy, &[input, 0.0, 0.0, 0.0], &mut normals);
                let current = f64::from(one.current()[4]);
                sums[0] += current;
                sums[1] += current * current;
            }
            (sums[1] / f64::from(reads) - (sums[0] / f64::from(reads)).powi(2)).sqrt()
        };
        // The same draws scaled by one half: equal up to the rounding of the sums.
        assert!((spread(0.5) / spread(1.0) - 0.5).abs() < 1e-4);
    }
}
