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
//! weights are read from noisy cells: independent Gaussians of the cells of a column add to one Gaussian a column.

use lanes::{Block, LANES, Matrix, blocks_for};
use multiversion::multiversion;
use seed::{Normals, Seed};

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
    /// Variance of the current into the hidden layer at this step.
    variance: Vec<Block>,
    draws: Vec<Block>,
    readout_current: Vec<Block>,
    readout_variance: Vec<Block>,
    readout_voltage: Vec<Block>,
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
                variance: vec![Block::ZERO; hidden],
                draws: vec![Block::ZERO; hidden.max(classes)],
                readout_current: vec![Block::ZERO; classes],
                readout_variance: vec![Block::ZERO; classes],
                readout_voltage: vec![Block::ZERO; classes],
            },
        }
    }

    /// Hidden neurons that spike at `step`, rising.
    #[inline(always)]
    pub fn hidden_spikes(&self, step: usize) -> &[u16] {
        &self.spikes[self.spike_starts[step] as usize..self.spike_starts[step + 1] as usize]
    }

    /// All hidden spikes of the sample, step after step.
    pub fn all_hidden_spikes(&self) -> &[u16] {
        &self.spikes
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

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
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
            column_currents(
                hidden,
                active,
                noise.hidden.as_mut(),
                &mut state.hidden.current,
                &mut state.variance,
                &mut state.draws,
            );
        }

        for (voltage, current) in state.readout_voltage.iter_mut().zip(&mut state.readout_current) {
            *voltage = *voltage * network.membrane_decay + *current;
            *current = *current * network.synapse_decay;
        }
        let active = &spikes[first_spike..];
        if !active.is_empty() {
            column_currents(
                readout,
                active,
                noise.readout.as_mut(),
                &mut state.readout_current,
                &mut state.readout_variance,
                &mut state.draws,
            );
        }
        for (record, voltage) in recorded[(step + 1) * classes..].iter_mut().zip(&state.readout_voltage) {
            *record = *voltage;
        }
    }
}

/// Adds the rows that are `active` to `current`, and the noise of reading them once.
#[inline(always)]
fn column_currents(
    layer: Layer,
    active: &[u16],
    noise: Option<&mut Normals>,
    current: &mut [Block],
    variance: &mut [Block],
    draws: &mut [Block],
) {
    layer.weights.add_rows_to(current, active);
    if let (Some(read_variance), Some(noise)) = (layer.read_variance, noise) {
        variance.fill(Block::ZERO);
        read_variance.add_rows_to(variance, active);
        let draws = &mut draws[..current.len()];
        noise.fill(draws);
        for ((sum, variance), draw) in current.iter_mut().zip(variance.iter()).zip(draws.iter()) {
            *sum += variance.zip(*draw, |variance, draw| variance.sqrt() * draw);
        }
    }
}

#[inline(always)]
fn push_spiking(membrane: Block, block: usize, spikes: &mut Vec<u16>) {
    // One bit a lane, in the form that compiles to a comparison and a reduction.
    const BITS: [u32; LANES] = {
        let mut bits = [0; LANES];
        let mut lane = 0;
        while lane < LANES {
            bits[lane] = 1 << lane;
            lane += 1;
        }
        bits
    };
    let mut flags = [0; LANES];
    for lane in 0..LANES {
        flags[lane] = if lif::spikes(membrane[lane]) { BITS[lane] } else { 0 };
    }
    let mut bits = flags.iter().fold(0u32, |bits, flag| bits | flag);
    while bits != 0 {
        spikes.push((block * LANES) as u16 + bits.trailing_zeros() as u16);
        bits &= bits - 1;
    }
}
