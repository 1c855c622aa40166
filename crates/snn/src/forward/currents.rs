//! Column sums of one step, direct or tile by tile through converters.

use ohmspike_rng::Normals;
use ohmspike_simd::{Block, Matrix, Simd, add_rows, blocks_at_mut, kernel, numbers_mut, with_width};

use super::noise::multiply;
use super::reading::{Layer, Reading};
use super::state::ReadBuffers;
use super::wired;
use crate::converter::{ColumnConverter, ConversionEnds};

/// Reads the tiles of the `active` rows, in ascending order, and adds the converter outputs to `current`. An input of k
/// has all its pulses in one step, so the converters convert their sum once.
#[kernel]
pub(super) fn add_converted(
    layer: Layer,
    converter: &dyn ColumnConverter,
    active: &[u16],
    mut noise: Option<&mut Normals>,
    current: &mut [Block],
    buffers: &mut ReadBuffers,
) -> ConversionEnds {
    let mut ends = ConversionEnds::default();
    debug_assert!(active.is_sorted());
    let ReadBuffers { variance, draws, sums } = buffers;
    let tile_rows = converter.tile_rows();
    let mut left = active;
    while let Some(&first) = left.first() {
        let tile = usize::from(first) / tile_rows;
        let (of_tile, after) = left.split_at(left.partition_point(|&row| usize::from(row) < (tile + 1) * tile_rows));
        sums.fill(Block::ZERO);
        add_read(layer, of_tile, noise.as_deref_mut(), sums, variance, draws);
        ends += converter.convert(tile, &mut numbers_mut(sums)[..layer.weights.columns()]);
        if let Some(gain) = layer.column_gain {
            multiply(sums, gain);
        }
        for (current, sum) in current.iter_mut().zip(sums.iter()) {
            *current += *sum;
        }
        left = after;
    }
    ends
}

impl Reading<'_> {
    /// Adds the read values of the `active` rows, in ascending order, to `current`.
    #[inline(always)]
    pub(super) fn add(&mut self, active: &[u16], current: &mut [Block], buffers: &mut ReadBuffers) {
        if active.is_empty() {
            return;
        }
        let (layer, noise) = (self.layer, self.noise.as_mut());
        match layer.converter {
            None => match layer.column_gain {
                None => add_read(layer, active, noise, current, &mut buffers.variance, &mut buffers.draws),
                Some(gain) => add_gained(layer, gain, active, noise, current, buffers),
            },
            Some(converter) => self.ends += add_converted(layer, converter, active, noise, current, buffers),
        }
    }

    /// Passes the counts of conversions to the converters at the end of a sample.
    pub(super) fn end(&self) {
        if let Some(converter) = self.layer.converter {
            converter.count(self.ends);
        }
    }
}

/// Blocks of columns that are summed in registers together.
const GROUP: usize = 8;

/// Adds the `active` rows of `matrix` to `sums`, one group of columns at a time.
#[kernel(simd: S)]
fn add_rows_of(matrix: &Matrix, active: &[u16], sums: &mut [Block]) {
    for first in (0..sums.len()).step_by(GROUP) {
        with_width!(sums.len() - first, 1 2 3 4 5 6 7, else GROUP, W => add_group::<S, W>(simd, matrix, first, active, sums));
    }
}

#[inline(always)]
fn add_group<S: Simd, const WIDTH: usize>(simd: S, matrix: &Matrix, first: usize, active: &[u16], sums: &mut [Block]) {
    let sums: &mut [Block; WIDTH] = blocks_at_mut(sums, first);
    let mut kept = sums.each_ref().map(|sum| simd.load(sum));
    add_rows(simd, matrix, first, active, &mut kept);
    for (sum, kept) in sums.iter_mut().zip(kept) {
        simd.store(kept, sum);
    }
}

/// Adds the sums of the `active` rows, and the noise of one read, times a digital `gain`.
fn add_gained(
    layer: Layer,
    gain: &[Block],
    active: &[u16],
    noise: Option<&mut Normals>,
    current: &mut [Block],
    buffers: &mut ReadBuffers,
) {
    let ReadBuffers { variance, draws, sums } = buffers;
    sums.fill(Block::ZERO);
    add_read(layer, active, noise, sums, variance, draws);
    multiply(sums, gain);
    for (current, sum) in current.iter_mut().zip(sums.iter()) {
        *current += *sum;
    }
}

/// Adds the `active` rows, and the noise of one read, to `sums`.
#[inline(always)]
fn add_read(
    layer: Layer,
    active: &[u16],
    noise: Option<&mut Normals>,
    sums: &mut [Block],
    variance: &mut [Block],
    draws: &mut [Block],
) {
    match layer.lines {
        None => add_rows_of(layer.weights, active, sums),
        Some(lines) => wired::add_read(lines, layer.weights, active, sums),
    }
    if let (Some(read_variance), Some(noise)) = (layer.read_variance, noise) {
        variance.fill(Block::ZERO);
        add_rows_of(read_variance, active, variance);
        noise.fill(draws);
        for ((sum, variance), draw) in sums.iter_mut().zip(variance.iter()).zip(draws.iter()) {
            *sum += variance.zip(*draw, |variance, draw| variance.sqrt() * draw);
        }
    }
}

#[cfg(test)]
mod tests {
    use ohmspike_rng::Seed;
    use ohmspike_simd::LANES;

    use crate::forward::{Trace, forward};
    use crate::network::Dynamics;
    use crate::network::Network;
    use crate::spikes::SpikeTrains;

    use super::*;

    /// Rounds to multiples of `unit` and adds an offset of tile + 1 units in the first `columns` lanes.
    #[derive(Debug)]
    struct Rounding {
        tile_rows: usize,
        unit: f32,
        offset: f32,
        columns: usize,
    }

    impl ColumnConverter for Rounding {
        fn tile_rows(&self) -> usize {
            self.tile_rows
        }

        fn convert(&self, tile: usize, sums: &mut [f32]) -> ConversionEnds {
            for sum in &mut sums[..self.columns] {
                *sum = (*sum / self.unit).round() * self.unit + self.offset * (tile + 1) as f32;
            }
            ConversionEnds { conversions: self.columns as u64, ..ConversionEnds::default() }
        }
    }

    const COLUMNS: usize = 18;

    fn currents(layer: Layer, active: &[u16], seed: u64) -> Vec<f32> {
        let mut current = vec![Block::splat(1.0); 2];
        let mut noise = layer.read_variance.map(|_| Seed::new(seed).normals());
        let converter = layer.converter.expect("a layer with converters");
        add_converted(layer, converter, active, noise.as_mut(), &mut current, &mut ReadBuffers::new(2));
        current.iter().flat_map(|block| block.0).collect()
    }

    /// Multiples of 1/64, for which f32 sums are exact in any order.
    fn weights(rows: usize) -> Matrix {
        Matrix::from_fn(rows, COLUMNS, |row, column| ((7 * row + 3 * column) % 32) as f32 / 64.0)
    }

    #[test]
    fn tiles_are_converted_separately_and_added() {
        let weights = weights(12);
        let converter = Rounding { tile_rows: 5, unit: 0.25, offset: 2.0, columns: COLUMNS };
        let layer = Layer { converter: Some(&converter), ..Layer::exact(&weights) };
        // Tile 0 has rows 0 to 4; tile 1 has rows 5 to 9, none active; tile 2 has the last two.
        let read = currents(layer, &[1, 3, 4, 11], 1);
        for column in 0..COLUMNS {
            let sum = |rows: &[usize]| rows.iter().map(|&row| weights[(row, column)]).sum::<f32>();
            let converted = |sum: f32| (sum * 4.0).round() / 4.0;
            let expected = 1.0 + (converted(sum(&[1, 3, 4])) + 2.0) + (converted(sum(&[11])) + 6.0);
            assert_eq!(read[column], expected);
        }
        assert!(read[COLUMNS..].iter().all(|&padding| padding == 1.0));
    }

    /// A gain before the converters would round and shift other sums.
    #[test]
    fn digital_gains_follow_the_converters() {
        let weights = weights(12);
        let converter = Rounding { tile_rows: 5, unit: 0.25, offset: 2.0, columns: COLUMNS };
        let gain = Matrix::from_fn(1, COLUMNS, |_, column| 1.0 + column as f32 / 16.0);
        let plain = Layer { converter: Some(&converter), ..Layer::exact(&weights) };
        let read = currents(Layer { column_gain: Some(gain.row(0)), ..plain }, &[1, 3, 4, 11], 1);
        let without = currents(plain, &[1, 3, 4, 11], 1);
        for column in 0..COLUMNS {
            // Multiples of 1/64: products and sums are exact.
            assert_eq!(read[column] - 1.0, gain[(0, column)] * (without[column] - 1.0), "column {column}");
        }
    }

    #[test]
    fn exact_converters_do_not_change_the_sums() {
        let weights = weights(12);
        let layer = Layer::exact(&weights);
        let mut sums = [Block::splat(1.0); 2];
        weights.add_rows_to(&mut sums, &[0, 4, 5, 11]);
        let plain: Vec<f32> = sums.iter().flat_map(|block| block.0).collect();
        for tile_rows in [1, 5, 6, 12, 128] {
            let converter = Rounding { tile_rows, unit: 1.0 / 64.0, offset: 0.0, columns: COLUMNS };
            let converter = Some(&converter as &dyn ColumnConverter);
            assert_eq!(currents(Layer { converter, ..layer }, &[0, 4, 5, 11], 1), plain, "tiles of {tile_rows}");
        }
    }

    #[test]
    fn the_read_noise_of_a_tile_is_converted() {
        let (weights, variance) = (weights(12), Matrix::from_fn(12, COLUMNS, |row, _| 0.01 * (row + 1) as f32));
        let converter = Rounding { tile_rows: 6, unit: 0.25, offset: 0.0, columns: COLUMNS };
        let layer = Layer { read_variance: Some(&variance), converter: Some(&converter), ..Layer::exact(&weights) };
        let read = currents(layer, &[0, 2, 7], 3);
        let mut noise = Seed::new(3).normals();
        let mut expected = vec![1.0; COLUMNS];
        for rows in [&[0, 2][..], &[7]] {
            let mut draws = [Block::ZERO; 2];
            noise.fill(&mut draws);
            for (column, expected) in expected.iter_mut().enumerate() {
                let sum = |matrix: &Matrix| rows.iter().map(|&row| matrix[(row, column)]).sum::<f32>();
                let noisy = sum(&weights) + sum(&variance).sqrt() * draws[column / LANES][column % LANES];
                *expected += (noisy * 4.0).round() / 4.0;
            }
        }
        assert_eq!(read[..COLUMNS], expected);
        // Without noise, every seed would give the same current.
        assert_ne!(currents(layer, &[0, 2, 7], 4), read);
    }

    #[test]
    fn both_layers_use_their_converters() {
        let network = Network::new(2, 1, 1, 1.0, 4, &Dynamics::default()).expect("valid");
        let mut input = SpikeTrains::new(2, 4).expect("few units");
        input.push_raster(|step, unit| (step, unit) == (0, 1)).expect("few spikes");
        let [hidden, readout] = [Matrix::from_fn(2, 1, |_, _| 1.4), Matrix::from_fn(1, 1, |_, _| 0.6)];
        let converter = Rounding { tile_rows: 1, unit: 1.0, offset: 0.5, columns: 1 };
        let converter = Some(&converter as &dyn ColumnConverter);
        let mut trace = Trace::new(&network);
        let of = |weights| Layer { converter, ..Layer::exact(weights) };
        forward(&network, &[of(&hidden), of(&readout)], input.sample(0), Seed::new(1), &mut trace);
        // Row 1 is tile 1: the weight 1.4 becomes 1, plus 2 x 0.5; V[2] = I[1], above the threshold.
        assert_eq!(trace.membrane(2)[0][0], 2.0);
        assert_eq!(trace.hidden_spikes(2), [0]);
        let by_step: Vec<&[u16]> = trace.hidden_spikes_by_step().collect();
        assert_eq!(by_step, [0, 1, 2, 3].map(|step| trace.hidden_spikes(step)));
        // The readout weight 0.6 becomes 1, plus 0.5: U[4] = F[3].
        assert_eq!(trace.readout()[4][0], 1.5);
    }
}
