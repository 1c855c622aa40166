//! What one sample left behind in a hidden layer: voltages and spikes, which the next layer hears.

use ohmspike_simd::{Block, LANES, blocks_at_mut, blocks_for, kernel};

use crate::network::HiddenLayer;
use crate::neuron::izhikevich::{Kinds, kinds};
use crate::neuron::{Neuron, Record};
use crate::spikes::SpikeTrain;

/// Voltages and spikes of one layer, step by step. The buffers are reused.
#[derive(Clone, Debug)]
pub struct LayerTrace {
    pub(crate) blocks: usize,
    /// V\[t\] for t = 0 .. T - 1, steps x blocks.
    pub(crate) membrane: Vec<Block>,
    /// The voltage half a step after V\[t\], steps x blocks, of Izhikevich neurons.
    pub(crate) halfway: Vec<Block>,
    /// What kind of neuron each is, a block each, of Izhikevich neurons.
    pub(crate) kinds: Vec<Kinds>,
    /// Which neurons spike at t, one bit a neuron in 16 a block, steps x whole words.
    spiking: Vec<[u16; WORD]>,
    /// The spikes, step after step, and room for as many as there can be.
    spikes: Vec<u16>,
    /// Where those of each step start in `spikes`, and their number; T + 1 entries.
    starts: Vec<u32>,
}

/// Blocks whose bits are read at a time.
const WORD: usize = 4;

impl LayerTrace {
    /// Room for `steps` steps of the neurons of `layer`.
    pub(crate) fn new(layer: &HiddenLayer, neuron: Neuron, steps: usize) -> LayerTrace {
        let blocks = blocks_for(layer.neurons);
        let (halfway, kinds) = match neuron {
            Neuron::Lif => (Vec::new(), Vec::new()),
            Neuron::Izhikevich => (vec![Block::ZERO; steps * blocks], kinds(layer.neurons, layer.excitatory)),
        };
        LayerTrace {
            blocks,
            membrane: vec![Block::ZERO; steps * blocks],
            halfway,
            kinds,
            spiking: vec![[0; WORD]; steps * blocks.div_ceil(WORD)],
            spikes: vec![0; steps * blocks * LANES],
            starts: vec![0; steps + 1],
        }
    }

    /// Number of steps T.
    pub fn steps(&self) -> usize {
        self.starts.len() - 1
    }

    /// The spikes, as the next layer hears them.
    #[inline(always)]
    pub fn spikes(&self) -> SpikeTrain<'_> {
        SpikeTrain::new(&self.starts, &self.spikes)
    }

    /// V\[step\] in blocks.
    #[inline(always)]
    pub fn membrane(&self, step: usize) -> &[Block] {
        &self.membrane[step * self.blocks..(step + 1) * self.blocks]
    }

    /// Marks all neurons as silent and at rest before `step`.
    pub(crate) fn rest_until(&mut self, step: usize) {
        self.membrane[..step * self.blocks].fill(Block::ZERO);
        let halfway = self.halfway.len().min(step * self.blocks);
        self.halfway[..halfway].fill(Block::ZERO);
        self.spiking[..step * self.blocks.div_ceil(WORD)].fill([0; WORD]);
        self.starts[..=step].fill(0);
    }

    /// Where V\[`step`\] of the blocks from `first` on goes, and the bits of the neurons that spike.
    #[inline(always)]
    pub(crate) fn record<const WIDTH: usize>(
        &mut self,
        step: usize,
        first: usize,
    ) -> (&mut [Block; WIDTH], &mut [u16; WIDTH]) {
        let words = self.blocks.div_ceil(WORD);
        let bits = &mut self.spiking[step * words..(step + 1) * words].as_flattened_mut()[first..];
        let spiking = bits.first_chunk_mut().expect("bits for every block");
        (blocks_at_mut(&mut self.membrane, step * self.blocks + first), spiking)
    }

    /// Where what is kept of `step` goes, of block number `block`.
    #[inline(always)]
    pub(crate) fn record_of(&mut self, step: usize, block: usize) -> Record<'_> {
        let (place, words) = (step * self.blocks + block, self.blocks.div_ceil(WORD));
        Record {
            membrane: &mut self.membrane[place],
            halfway: self.halfway.get_mut(place),
            spiking: &mut self.spiking[step * words + block / WORD][block % WORD],
        }
    }

    /// Lists the spikes of `step` from their bits, those of the steps before being listed.
    #[inline(always)]
    pub(crate) fn list_step(&mut self, step: usize) {
        let words = self.blocks.div_ceil(WORD);
        let mut count = self.starts[step] as usize;
        for (word, blocks) in self.spiking[step * words..(step + 1) * words].iter().enumerate() {
            let mut bits = blocks.iter().rev().fold(0u64, |bits, &of_block| bits << LANES | u64::from(of_block));
            let first = (word * WORD * LANES) as u16;
            while bits != 0 {
                self.spikes[count] = first + bits.trailing_zeros() as u16;
                bits &= bits - 1;
                count += 1;
            }
        }
        self.starts[step + 1] = count as u32;
    }
}

/// Lists all spikes from their bits.
#[kernel]
pub(crate) fn list_spikes(trace: &mut LayerTrace) {
    for step in 0..trace.steps() {
        trace.list_step(step);
    }
}
