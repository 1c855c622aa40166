//! Voltages and spikes of one sample in a hidden layer.

use ohmspike_simd::{Block, LANES, Simd, blocks_at_mut, blocks_for, kernel};

use crate::network::HiddenLayer;
use crate::neuron::izhikevich::{Kinds, kinds};
use crate::neuron::{Neuron, Record};
use crate::spikes::SpikeTrain;

/// Voltages and spikes of one layer, step by step, in reused buffers.
#[derive(Clone, Debug)]
pub struct LayerTrace {
    pub(crate) blocks: usize,
    /// Blocks from one step to the next in `membrane` and `halfway`; 0 if every step overwrites the step before.
    stride: usize,
    /// Whether computation may end when no neuron can spike any more.
    pub(crate) ends_when_quiet: bool,
    /// Number of first steps whose voltages are computed.
    computed: usize,
    /// V\[t\] for t = 0 .. T - 1, steps x blocks, or of the last step.
    pub(crate) membrane: Vec<Block>,
    /// Voltage half a step after V\[t\], of the same size, for Izhikevich neurons.
    pub(crate) halfway: Vec<Block>,
    /// Types of the neurons in blocks, for Izhikevich neurons.
    pub(crate) kinds: Vec<Kinds>,
    /// Spikes at t as bits, 16 per block, steps x whole words.
    spiking: Vec<[u16; WORD]>,
    /// Spikes step by step, in a buffer for the largest possible number and the bits of one more word.
    spikes: Vec<u16>,
    /// Start of each step in `spikes`, then the total number; T + 1 entries.
    starts: Vec<u32>,
}

/// Blocks per word of spike bits.
const WORD: usize = 4;

impl LayerTrace {
    /// Creates buffers for `steps` steps of `layer`. Without `voltages`, only spikes are kept.
    pub(crate) fn new(layer: &HiddenLayer, neuron: Neuron, steps: usize, voltages: bool) -> LayerTrace {
        let blocks = blocks_for(layer.neurons);
        let (stride, kept) = if voltages { (blocks, steps * blocks) } else { (0, blocks) };
        let (halfway, kinds) = match neuron {
            Neuron::Lif => (Vec::new(), Vec::new()),
            Neuron::Izhikevich => (vec![Block::ZERO; kept], kinds(layer.neurons, layer.excitatory)),
        };
        LayerTrace {
            blocks,
            stride,
            ends_when_quiet: false,
            computed: steps,
            membrane: vec![Block::ZERO; kept],
            halfway,
            kinds,
            spiking: vec![[0; WORD]; steps * blocks.div_ceil(WORD)],
            spikes: vec![0; steps * blocks * LANES + WORD * LANES],
            starts: vec![0; steps + 1],
        }
    }

    /// Returns the number of steps T.
    pub fn steps(&self) -> usize {
        self.starts.len() - 1
    }

    /// Returns the spikes as input of the next layer.
    #[inline(always)]
    pub fn spikes(&self) -> SpikeTrain<'_> {
        SpikeTrain::new(&self.starts, &self.spikes)
    }

    /// Returns V\[step\] in blocks.
    ///
    /// # Panics
    /// Panics if the trace keeps no voltages.
    #[inline(always)]
    pub fn membrane(&self, step: usize) -> &[Block] {
        assert!(self.stride > 0, "this trace keeps only spikes");
        &self.membrane[step * self.blocks..(step + 1) * self.blocks]
    }

    /// Returns the number of first steps whose voltages are computed.
    pub(crate) fn computed(&self) -> usize {
        self.computed
    }

    /// Ends the computation of `WIDTH` blocks from `first` on after `steps` steps: none of these neurons spikes later.
    #[inline(always)]
    pub(crate) fn end_at<const WIDTH: usize>(&mut self, steps: usize, first: usize) {
        self.computed = self.computed.min(steps);
        for step in steps..self.steps() {
            *self.record::<WIDTH>(step, first).1 = [0; WIDTH];
        }
    }

    /// Marks all neurons as silent and at rest before `step`.
    pub(crate) fn rest_until(&mut self, step: usize) {
        self.computed = self.steps();
        self.membrane[..step * self.stride].fill(Block::ZERO);
        let halfway = self.halfway.len().min(step * self.stride);
        self.halfway[..halfway].fill(Block::ZERO);
        self.spiking[..step * self.blocks.div_ceil(WORD)].fill([0; WORD]);
        self.starts[..=step].fill(0);
    }

    /// Returns the buffers for V\[`step`\] of the blocks from `first` on and for the bits of the spikes.
    #[inline(always)]
    pub(crate) fn record<const WIDTH: usize>(
        &mut self,
        step: usize,
        first: usize,
    ) -> (&mut [Block; WIDTH], &mut [u16; WIDTH]) {
        let words = self.blocks.div_ceil(WORD);
        let bits = &mut self.spiking[step * words..(step + 1) * words].as_flattened_mut()[first..];
        let spiking = bits.first_chunk_mut().expect("bits for every block");
        (blocks_at_mut(&mut self.membrane, step * self.stride + first), spiking)
    }

    /// Returns the record of block number `block` at `step`.
    #[inline(always)]
    pub(crate) fn record_of(&mut self, step: usize, block: usize) -> Record<'_> {
        let (place, words) = (step * self.stride + block, self.blocks.div_ceil(WORD));
        Record {
            membrane: &mut self.membrane[place],
            halfway: self.halfway.get_mut(place),
            spiking: &mut self.spiking[step * words + block / WORD][block % WORD],
        }
    }

    /// Lists the spikes of `step` from their bits, after all earlier steps.
    #[inline(always)]
    pub(crate) fn list_step<S: Simd>(&mut self, simd: S, step: usize) {
        let words = self.blocks.div_ceil(WORD);
        let spiking = &self.spiking[step * words..(step + 1) * words];
        self.starts[step + 1] = list_words(simd, spiking, self.starts[step], &mut self.spikes);
    }
}

/// Lists the neurons with a bit in `spiking` from entry `count` of `list` on and returns the entry after the last.
#[inline(always)]
fn list_words<S: Simd>(simd: S, spiking: &[[u16; WORD]], mut count: u32, list: &mut [u16]) -> u32 {
    for (word, blocks) in spiking.iter().enumerate() {
        if *blocks != [0; WORD] {
            let bits = blocks.iter().rev().fold(0u64, |bits, &of_block| bits << LANES | u64::from(of_block));
            let list = list[count as usize..].first_chunk_mut().expect("room for one more word");
            count += simd.list_bits(bits, (word * WORD * LANES) as u16, list) as u32;
        }
    }
    count
}

/// Lists all spikes from their bits. There are none before step `first`.
#[kernel(simd: S)]
pub(crate) fn list_spikes(trace: &mut LayerTrace, first: usize) {
    let words = trace.blocks.div_ceil(WORD);
    let LayerTrace { spiking, spikes, starts, .. } = trace;
    let mut count = 0;
    for (spiking, start) in spiking.chunks_exact(words).zip(&mut starts[1..]).skip(first) {
        count = list_words(simd, spiking, count, spikes);
        *start = count;
    }
}
