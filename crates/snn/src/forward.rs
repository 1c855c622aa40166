//! From input spikes to the readout, event by event.
//!
//! ```text
//! V[t+1] = (b V[t] + I[t]) (1 - S[t])           hidden neurons, neuron::lif
//! I[t+1] = a I[t] + sum_i x_i[t] W1[i] + e1[t]
//! F[t+1] = a F[t] + sum_j S_j[t] W2[j] + e2[t]   readout, which never spikes
//! U[t+1] = b U[t] + F[t]                         U[0] = 0
//! e[t]   ~ N(0, sum over the active rows of the variance of one read)
//! ```
//!
//! x_i\[t\] and S_j\[t\] are binary, so that the sums run over the rows that spiked. The last term is there where the
//! weights are read from noisy cells: independent Gaussians of the cells of a column add to one Gaussian a column. Where
//! a [`ColumnConverter`] reads the columns, each sum is converted tile by tile, with the noise of reading the tile in it.

use lanes::{Block, LANE_BITS, LANES, Matrix, blocks_for, kernel};
use seed::{Normals, Seed};

use crate::converter::ColumnConverter;
use crate::network::Network;
use crate::neuron::lif::{self, LifParams, LifState, lif_step};
use crate::spikes::SpikeTrain;

/// One layer as the forward pass sees it.
#[derive(Clone, Copy, Debug)]
pub struct Layer<'a> {
    /// Effective weights, rows x columns.
    pub weights: &'a Matrix,
    /// Variance of one read of each weight, where reading is noisy.
    pub read_variance: Option<&'a Matrix>,
    /// What converts the column sums, where something does.
    pub converter: Option<&'a dyn ColumnConverter>,
}

/// What one sample left behind: all that the loss and the backward pass need. The buffers are reused.
#[derive(Clone, Debug)]
pub struct Trace {
    steps: usize,
    hidden_blocks: usize,
    /// V\[t\] for t = 0 .. T - 1, steps x hidden blocks.
    membrane: Vec<Block>,
    /// Where the hidden spikes of each step start; T + 1 entries.
    spike_starts: Vec<u32>,
    spikes: Vec<u16>,
    /// U\[t\] for t = 0 .. T, (T + 1) x class blocks.
    readout: Vec<Block>,
    state: State,
}

/// Running state of one sample.
#[derive(Clone, Debug)]
struct State {
    hidden: LifState,
    readout_current: Vec<Block>,
    readout_voltage: Vec<Block>,
    for_hidden: ReadBuffers,
    for_readout: ReadBuffers,
}

/// One block each for every block of the columns of a layer.
#[derive(Clone, Debug)]
struct ReadBuffers {
    /// Variance of the current of this step.
    variance: Vec<Block>,
    draws: Vec<Block>,
    /// Column sums of a tile, where they are converted.
    sums: Vec<Block>,
}

impl ReadBuffers {
    fn new(blocks: usize) -> ReadBuffers {
        let zero = vec![Block::ZERO; blocks];
        ReadBuffers { variance: zero.clone(), draws: zero.clone(), sums: zero }
    }
}

impl Trace {
    /// Room for one sample of `network`.
    pub fn new(network: &Network) -> Trace {
        let (hidden, classes) = (blocks_for(network.hidden), blocks_for(network.classes));
        Trace {
            steps: network.steps,
            hidden_blocks: hidden,
            membrane: vec![Block::ZERO; network.steps * hidden],
            spike_starts: Vec::with_capacity(network.steps + 1),
            spikes: Vec::new(),
            readout: vec![Block::ZERO; (network.steps + 1) * classes],
            state: State {
                hidden: LifState::new(hidden),
                readout_current: vec![Block::ZERO; classes],
                readout_voltage: vec![Block::ZERO; classes],
                for_hidden: ReadBuffers::new(hidden),
                for_readout: ReadBuffers::new(classes),
            },
        }
    }

    /// Hidden neurons that spike at `step`, rising.
    #[inline(always)]
    pub fn hidden_spikes(&self, step: usize) -> &[u16] {
        &self.spikes[self.spike_starts[step] as usize..self.spike_starts[step + 1] as usize]
    }

    /// Hidden neurons that spike, step after step.
    pub fn hidden_spikes_by_step(&self) -> impl Iterator<Item = &[u16]> {
        self.spike_starts.windows(2).map(|step| &self.spikes[step[0] as usize..step[1] as usize])
    }

    /// All hidden spikes of the sample, step after step.
    pub fn all_hidden_spikes(&self) -> &[u16] {
        &self.spikes
    }

    /// Number of steps at which a hidden neuron spikes.
    pub fn active_steps(&self) -> usize {
        self.spike_starts.windows(2).filter(|step| step[1] > step[0]).count()
    }

    /// V\[step\] of the hidden neurons, in blocks.
    #[inline(always)]
    pub fn membrane(&self, step: usize) -> &[Block] {
        &self.membrane[step * self.hidden_blocks..(step + 1) * self.hidden_blocks]
    }

    /// U\[0..T\], (T + 1) x class blocks.
    pub fn readout(&self) -> &[Block] {
        &self.readout
    }
}

/// Runs one sample through the network and leaves everything in `trace`. `read` opens the streams of the read noise of
/// this sample; it is not asked where no layer has a read variance.
pub fn forward(network: &Network, hidden: Layer, readout: Layer, input: SpikeTrain, read: Seed, trace: &mut Trace) {
    let open = |layer: Layer, number| layer.read_variance.map(|_| read.numbered(number).normals());
    let noise = Noise { hidden: open(hidden, 0), readout: open(readout, 1) };
    run(network, hidden, readout, input, noise, trace);
}

struct Noise {
    hidden: Option<Normals>,
    readout: Option<Normals>,
}

#[kernel]
fn run(network: &Network, hidden: Layer, readout: Layer, input: SpikeTrain, mut noise: Noise, trace: &mut Trace) {
    let lif = LifParams { synapse_decay: network.synapse_decay, membrane_decay: network.membrane_decay };
    let Trace { membrane, spike_starts, spikes, readout: recorded, state, hidden_blocks, steps } = trace;
    state.hidden.clear();
    state.readout_current.fill(Block::ZERO);
    state.readout_voltage.fill(Block::ZERO);
    spike_starts.clear();
    spike_starts.push(0);
    spikes.clear();
    let classes = state.readout_voltage.len();
    recorded[..classes].fill(Block::ZERO);

    for step in 0..*steps {
        let first_spike = spikes.len();
        let record = &mut membrane[step * *hidden_blocks..(step + 1) * *hidden_blocks];
        lif_step(lif, &mut state.hidden, record, |block, membrane| push_spiking(membrane, block, spikes));
        spike_starts.push(spikes.len() as u32);

        let active = input.at(step);
        if !active.is_empty() {
            let (current, buffers) = (&mut state.hidden.current, &mut state.for_hidden);
            column_currents(hidden, active, noise.hidden.as_mut(), current, buffers);
        }

        for (voltage, current) in state.readout_voltage.iter_mut().zip(&mut state.readout_current) {
            *voltage = *voltage * network.membrane_decay + *current;
            *current = *current * network.synapse_decay;
        }
        let active = &spikes[first_spike..];
        if !active.is_empty() {
            let (current, buffers) = (&mut state.readout_current, &mut state.for_readout);
            column_currents(readout, active, noise.readout.as_mut(), current, buffers);
        }
        for (record, voltage) in recorded[(step + 1) * classes..].iter_mut().zip(&state.readout_voltage) {
            *record = *voltage;
        }
    }
}

/// Adds the rows that are `active` to `current`, and the noise of reading them once; converted where the layer says so.
#[inline(always)]
fn column_currents(
    layer: Layer,
    active: &[u16],
    noise: Option<&mut Normals>,
    current: &mut [Block],
    buffers: &mut ReadBuffers,
) {
    match layer.converter {
        None => add_read(layer, active, noise, current, &mut buffers.variance, &mut buffers.draws),
        Some(converter) => add_converted(layer, converter, active, noise, current, buffers),
    }
}

/// Reads the tiles of the rows that are `active`, which rise, and adds what their converters make of it to `current`.
#[kernel]
fn add_converted(
    layer: Layer,
    converter: &dyn ColumnConverter,
    active: &[u16],
    mut noise: Option<&mut Normals>,
    current: &mut [Block],
    buffers: &mut ReadBuffers,
) {
    debug_assert!(active.is_sorted());
    let ReadBuffers { variance, draws, sums } = buffers;
    let tile_rows = converter.tile_rows();
    let mut left = active;
    while let Some(&first) = left.first() {
        let tile = usize::from(first) / tile_rows;
        let (of_tile, after) = left.split_at(left.partition_point(|&row| usize::from(row) < (tile + 1) * tile_rows));
        sums.fill(Block::ZERO);
        add_read(layer, of_tile, noise.as_deref_mut(), sums, variance, draws);
        converter.convert(tile, sums);
        for (current, sum) in current.iter_mut().zip(sums.iter()) {
            *current += *sum;
        }
        left = after;
    }
}

/// Adds the rows that are `active` to `sums`, and the noise of reading them once.
#[inline(always)]
fn add_read(
    layer: Layer,
    active: &[u16],
    noise: Option<&mut Normals>,
    sums: &mut [Block],
    variance: &mut [Block],
    draws: &mut [Block],
) {
    layer.weights.add_rows_to(sums, active);
    if let (Some(read_variance), Some(noise)) = (layer.read_variance, noise) {
        variance.fill(Block::ZERO);
        read_variance.add_rows_to(variance, active);
        noise.fill(draws);
        for ((sum, variance), draw) in sums.iter_mut().zip(variance.iter()).zip(draws.iter()) {
            *sum += variance.zip(*draw, |variance, draw| variance.sqrt() * draw);
        }
    }
}

#[inline(always)]
fn push_spiking(membrane: Block, block: usize, spikes: &mut Vec<u16>) {
    let mut flags = [0; LANES];
    for lane in 0..LANES {
        flags[lane] = if lif::spikes(membrane[lane]) { LANE_BITS[lane] } else { 0 };
    }
    let mut bits = flags.iter().fold(0u32, |bits, flag| bits | flag);
    while bits != 0 {
        spikes.push((block * LANES) as u16 + bits.trailing_zeros() as u16);
        bits &= bits - 1;
    }
}

#[cfg(test)]
mod tests {
    use crate::preset::Preset;
    use crate::spikes::SpikeTrains;

    use super::*;

    /// Rounds to multiples of `unit`, with an offset of tile + 1 units in the first `columns` lanes.
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

        fn convert(&self, tile: usize, sums: &mut [Block]) {
            for column in 0..self.columns {
                let sum = &mut sums[column / LANES][column % LANES];
                *sum = (*sum / self.unit).round() * self.unit + self.offset * (tile + 1) as f32;
            }
        }
    }

    const COLUMNS: usize = 18;

    fn currents(layer: Layer, active: &[u16], seed: u64) -> Vec<f32> {
        let mut current = vec![Block::splat(1.0); 2];
        let mut noise = layer.read_variance.map(|_| Seed::new(seed).normals());
        column_currents(layer, active, noise.as_mut(), &mut current, &mut ReadBuffers::new(2));
        current.iter().flat_map(|block| block.0).collect()
    }

    /// Multiples of 1/64, whose sums are exact in f32 in any order.
    fn weights(rows: usize) -> Matrix {
        Matrix::from_fn(rows, COLUMNS, |row, column| ((7 * row + 3 * column) % 32) as f32 / 64.0)
    }

    #[test]
    fn tiles_are_converted_by_themselves_and_added() {
        let weights = weights(12);
        let converter = Rounding { tile_rows: 5, unit: 0.25, offset: 2.0, columns: COLUMNS };
        let layer = Layer { weights: &weights, read_variance: None, converter: Some(&converter) };
        // Tile 0 has rows 0 to 4, tile 1 rows 5 to 9 and none of them active, tile 2 the last two.
        let read = currents(layer, &[1, 3, 4, 11], 1);
        for column in 0..COLUMNS {
            let sum = |rows: &[usize]| rows.iter().map(|&row| weights[(row, column)]).sum::<f32>();
            let converted = |sum: f32| (sum * 4.0).round() / 4.0;
            let expected = 1.0 + (converted(sum(&[1, 3, 4])) + 2.0) + (converted(sum(&[11])) + 6.0);
            assert_eq!(read[column], expected);
        }
        assert!(read[COLUMNS..].iter().all(|&padding| padding == 1.0));
    }

    #[test]
    fn fine_converters_change_nothing_and_two_tiles_are_one_wide_tile() {
        let weights = weights(12);
        let layer = Layer { weights: &weights, read_variance: None, converter: None };
        let plain = currents(layer, &[0, 4, 5, 11], 1);
        for tile_rows in [1, 5, 6, 12, 128] {
            let converter = Rounding { tile_rows, unit: 1.0 / 64.0, offset: 0.0, columns: COLUMNS };
            let converter = Some(&converter as &dyn ColumnConverter);
            assert_eq!(currents(Layer { converter, ..layer }, &[0, 4, 5, 11], 1), plain, "tiles of {tile_rows}");
        }
    }

    #[test]
    fn the_noise_of_a_tile_is_drawn_for_it_and_goes_through_its_converters() {
        let (weights, variance) = (weights(12), Matrix::from_fn(12, COLUMNS, |row, _| 0.01 * (row + 1) as f32));
        let converter = Rounding { tile_rows: 6, unit: 0.25, offset: 0.0, columns: COLUMNS };
        let layer = Layer { weights: &weights, read_variance: Some(&variance), converter: Some(&converter) };
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
        // Without noise every current would be the same number at every seed.
        assert_ne!(currents(layer, &[0, 2, 7], 4), read);
    }

    #[test]
    fn both_layers_read_through_their_converters() {
        let network = Network::new(2, 1, 1, 1.0, 4, &Preset::published_results().dynamics).expect("valid");
        let mut input = SpikeTrains::new(2, 4).expect("few units");
        input.push_raster(|step, unit| (step, unit) == (0, 1)).expect("few spikes");
        let [hidden, readout] = [Matrix::from_fn(2, 1, |_, _| 1.4), Matrix::from_fn(1, 1, |_, _| 0.6)];
        let converter = Rounding { tile_rows: 1, unit: 1.0, offset: 0.5, columns: 1 };
        let converter = Some(&converter as &dyn ColumnConverter);
        let mut trace = Trace::new(&network);
        let of = |weights| Layer { weights, read_variance: None, converter };
        forward(&network, of(&hidden), of(&readout), input.sample(0), Seed::new(1), &mut trace);
        // Row 1 is tile 1: a weight of 1.4 becomes 1 and 2 x 0.5 is added; V[2] = I[1], above the threshold.
        assert_eq!(trace.membrane(2)[0][0], 2.0);
        assert_eq!(trace.hidden_spikes(2), [0]);
        let by_step: Vec<&[u16]> = trace.hidden_spikes_by_step().collect();
        assert_eq!(by_step, [0, 1, 2, 3].map(|step| trace.hidden_spikes(step)));
        // The readout's 0.6 becomes 1, and 0.5 is added: U[4] = F[3].
        assert_eq!(trace.readout()[4][0], 1.5);
    }
}
