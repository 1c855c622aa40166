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

use lanes::{Block, Matrix, blocks_for};
use seed::Seed;

use crate::converter::ColumnConverter;
use crate::network::Network;
use crate::neuron::lif::LifParams;
use crate::spikes::SpikeTrain;
use currents::ReadBuffers;

pub use crate::trace::Trace;

mod currents;
mod hidden;
mod readout;

#[cfg(test)]
pub(crate) use readout::find_peaks;

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

/// Running state of one sample where it lies in memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    /// Of the read noise of a layer, a block for every block of columns of every step that reads.
    draws: Vec<Block>,
    membrane: Vec<Block>,
    current: Vec<Block>,
    readout_voltage: Vec<Block>,
    readout_current: Vec<Block>,
    for_hidden: ReadBuffers,
    for_readout: ReadBuffers,
}

impl State {
    /// Room for one sample of `network`.
    pub(crate) fn new(network: &Network) -> State {
        let (hidden, classes) = (blocks_for(network.hidden), blocks_for(network.classes));
        State {
            draws: Vec::new(),
            membrane: vec![Block::ZERO; hidden],
            current: vec![Block::ZERO; hidden],
            readout_voltage: vec![Block::ZERO; classes],
            readout_current: vec![Block::ZERO; classes],
            for_hidden: ReadBuffers::new(hidden),
            for_readout: ReadBuffers::new(classes),
        }
    }
}

/// Runs one sample through the network and leaves everything in `trace`. `read` opens the streams of the read noise of
/// this sample; it is not asked where no layer has a read variance.
pub fn forward(network: &Network, hidden: Layer, readout: Layer, input: SpikeTrain, read: Seed, trace: &mut Trace) {
    let lif = LifParams { synapse_decay: network.synapse_decay, membrane_decay: network.membrane_decay };
    let noise = |layer: Layer, number| layer.read_variance.map(|_| read.numbered(number).normals());
    let mut state = std::mem::take(&mut trace.state);
    hidden::run(lif, hidden, input, noise(hidden, 0).as_mut(), &mut state, trace);
    readout::run(lif, readout, noise(readout, 1).as_mut(), &mut state, trace);
    trace.state = state;
}
