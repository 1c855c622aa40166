//! State of one sample that is kept in memory.

use ohmspike_simd::{Block, blocks_for};

use crate::network::Network;
use crate::neuron::Neurons;

/// State of one sample that is kept in memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    /// Read noise of a matrix: one block per column block and active step.
    pub(super) noise: Vec<Block>,
    pub(super) hidden: Vec<LayerState>,
    pub(super) readout_voltage: Vec<Block>,
    pub(super) readout_current: Vec<Block>,
    pub(super) for_readout: ReadBuffers,
}

/// State of a hidden layer.
#[derive(Clone, Debug)]
pub(super) struct LayerState {
    pub(super) neurons: Vec<Neurons<Block>>,
    /// Synaptic currents of all neurons.
    pub(super) currents: Vec<Block>,
    pub(super) buffers: ReadBuffers,
}

impl State {
    /// Creates buffers for one sample of `network`.
    pub(crate) fn new(network: &Network) -> State {
        let classes = blocks_for(network.classes);
        State {
            noise: Vec::new(),
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

/// Buffers with one block per column block of a layer.
#[derive(Clone, Debug, Default)]
pub(super) struct ReadBuffers {
    /// Variance of the current of a tile.
    pub(super) variance: Vec<Block>,
    pub(super) draws: Vec<Block>,
    /// Column sums of a tile.
    pub(super) sums: Vec<Block>,
}

impl ReadBuffers {
    pub(super) fn new(blocks: usize) -> ReadBuffers {
        let zero = vec![Block::ZERO; blocks];
        ReadBuffers { variance: zero.clone(), draws: zero.clone(), sums: zero }
    }
}
