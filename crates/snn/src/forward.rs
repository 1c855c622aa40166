//! From input spikes to the readout, event by event.
//!
//! ```text
//! V[t+1] = (b V[t] + I[t]) (1 - S[t])           hidden neurons, neuron::lif; or neuron::izhikevich
//! I[t+1] = a I[t] + sum_i x_i[t] W[i] + sum_j S_j[t] R[j] + e1[t]
//! F[t+1] = a F[t] + sum_j S_j[t] W2[j] + e2[t]   readout, which never spikes
//! U[t+1] = b U[t] + F[t]                         U[0] = 0
//! e[t]   ~ N(0, sum over the active rows of the variance of one read)
//! ```
//!
//! x are the spikes that a layer hears: the input's, or those of the layer below at the same step. R is there where a layer
//! is recurrent. x_i\[t\] and S_j\[t\] are binary, so that the sums run over the rows that spiked. The last term is there
//! where the weights are read from noisy cells: independent Gaussians of the cells of a column add to one Gaussian a column.
//! Where a [`ColumnConverter`] reads the columns, each sum is converted tile by tile, with the noise of reading the tile in
//! it.

use ohmspike_rng::{Normals, Seed};
use ohmspike_simd::{Block, Matrix, blocks_for};

use crate::connection::Connection;
use crate::converter::{ColumnConverter, ConversionEnds};
use crate::network::Network;
use crate::neuron::Neurons;
use crate::neuron::lif::LifParams;
use crate::spikes::SpikeTrain;
use currents::ReadBuffers;

pub use crate::trace::{LayerTrace, Trace};

mod currents;
mod hidden;
mod readout;
mod steps;

#[cfg(test)]
pub(crate) use readout::find_peaks;

/// One matrix of weights as the forward pass sees it.
#[derive(Clone, Copy, Debug)]
pub struct Layer<'a> {
    /// Effective weights, rows x columns.
    pub weights: &'a Matrix,
    /// Variance of one read of each weight, where reading is noisy.
    pub read_variance: Option<&'a Matrix>,
    /// What converts the column sums, where something does.
    pub converter: Option<&'a dyn ColumnConverter>,
}

/// Running state of one sample where it lies in memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    /// Of the read noise of a matrix, a block for every block of columns of every step that reads.
    draws: Vec<Block>,
    hidden: Vec<LayerState>,
    readout_voltage: Vec<Block>,
    readout_current: Vec<Block>,
    for_readout: ReadBuffers,
}

/// That of a hidden layer.
#[derive(Clone, Debug)]
struct LayerState {
    neurons: Vec<Neurons<Block>>,
    /// The currents of all neurons, which reads add to.
    currents: Vec<Block>,
    buffers: ReadBuffers,
}

impl State {
    /// Room for one sample of `network`.
    pub(crate) fn new(network: &Network) -> State {
        let classes = blocks_for(network.classes);
        State {
            draws: Vec::new(),
            hidden: network.hidden.iter().map(|layer| LayerState::new(blocks_for(layer.neurons))).collect(),
            readout_voltage: vec![Block::ZERO; classes],
            readout_current: vec![Block::ZERO; classes],
            for_readout: ReadBuffers::new(classes),
        }
    }
}

impl LayerState {
    fn new(blocks: usize) -> LayerState {
        LayerState {
            neurons: vec![Neurons::splat(Block::ZERO); blocks],
            currents: vec![Block::ZERO; blocks],
            buffers: ReadBuffers::new(blocks),
        }
    }
}

/// A matrix that is read in one sample, and the stream of its read noise.
struct Reading<'a> {
    layer: Layer<'a>,
    noise: Option<Normals>,
    /// Where the conversions of the sample ended.
    ends: ConversionEnds,
}

impl<'a> Reading<'a> {
    /// That of `connection`, in the sample whose reads have the stream `read`.
    fn new(layer: Layer<'a>, connection: Connection, read: Seed) -> Reading<'a> {
        let noise = layer.read_variance.map(|_| read.numbered(connection.stream()).normals());
        Reading { layer, noise, ends: ConversionEnds::default() }
    }
}

/// Runs one sample through the network and leaves everything in `trace`. There is one of the `layers` for every connection,
/// in their order. `read` opens the streams of the read noise of this sample; it is not asked where no layer has a read
/// variance.
///
/// # Panics
/// Where there are fewer layers than connections.
pub fn forward(network: &Network, layers: &[Layer], input: SpikeTrain, read: Seed, trace: &mut Trace) {
    let mut readings =
        network.connections().zip(layers).map(|(connection, &layer)| Reading::new(layer, connection, read));
    let mut next = || readings.next().expect("a layer for every connection");
    let mut state = std::mem::take(&mut trace.state);
    let State { draws, hidden, .. } = &mut state;
    for (number, (layer, state)) in network.hidden.iter().zip(hidden).enumerate() {
        let feedforward = next();
        let recurrent = layer.recurrent.then(&mut next);
        let (below, own) = trace.hidden.split_at_mut(number);
        let heard = below.last().map_or(input, LayerTrace::spikes);
        hidden::run(network, feedforward, recurrent, heard, draws, state, &mut own[0]);
    }
    readout::run(network, next(), &mut state, trace);
    trace.state = state;
}

/// The decays of `network`.
fn decays(network: &Network) -> LifParams {
    LifParams { synapse_decay: network.synapse_decay, membrane_decay: network.membrane_decay }
}
