//! What one sample left behind in a network: all that the loss and the backward pass need.

use lanes::{Block, LANES, blocks_at_mut, blocks_for, kernel};

use crate::forward::State;
use crate::network::Network;

/// Voltages and spikes of one sample, step by step. The buffers are reused.
#[derive(Clone, Debug)]
pub struct Trace {
    pub(crate) hidden_blocks: usize,
    pub(crate) class_blocks: usize,
    classes: usize,
    /// V\[t\] for t = 0 .. T - 1, steps x hidden blocks.
    pub(crate) membrane: Vec<Block>,
    /// Which hidden neurons spike at t, one bit a neuron in 16 a block, steps x whole words.
    spiking: Vec<[u16; WORD]>,
    /// The hidden spikes, step after step, and room for as many as there can be.
    spikes: Vec<u16>,
    /// Where those of each step start in `spikes`, and their number; T + 1 entries.
    spike_starts: Vec<u32>,
    /// U\[t\] for t = 0 .. T, (T + 1) x class blocks.
    pub(crate) readout: Vec<Block>,
    /// Largest U of each class, class blocks.
    pub(crate) peaks: Vec<Block>,
    /// The earliest step at which it is reached.
    pub(crate) peak_steps: Vec<Block>,
    pub(crate) state: State,
}

impl Trace {
    /// Room for one sample of `network`.
    pub fn new(network: &Network) -> Trace {
        let (hidden, classes) = (blocks_for(network.hidden), blocks_for(network.classes));
        Trace {
            hidden_blocks: hidden,
            class_blocks: classes,
            classes: network.classes,
            membrane: vec![Block::ZERO; network.steps * hidden],
            spiking: vec![[0; WORD]; network.steps * hidden.div_ceil(WORD)],
            spikes: vec![0; network.steps * hidden * LANES],
            spike_starts: vec![0; network.steps + 1],
            readout: vec![Block::ZERO; (network.steps + 1) * classes],
            peaks: vec![Block::ZERO; classes],
            peak_steps: vec![Block::ZERO; classes],
            state: State::new(network),
        }
    }

    /// Number of steps T.
    pub(crate) fn steps(&self) -> usize {
        self.spike_starts.len() - 1
    }

    /// Number of classes.
    pub(crate) fn classes(&self) -> usize {
        self.classes
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
        &self.spikes[..self.spike_starts[self.steps()] as usize]
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

    /// The step at which class `class` has its largest voltage, the earliest of several, and that voltage.
    #[inline(always)]
    pub fn peak(&self, class: usize) -> (usize, f32) {
        let (block, lane) = (class / LANES, class % LANES);
        (self.peak_steps[block][lane] as usize, self.peaks[block][lane])
    }

    /// The class with the largest voltage at any step, the lowest of equal ones.
    pub fn predicted(&self) -> usize {
        (1..self.classes).fold(0, |best, class| if self.peak(class).1 > self.peak(best).1 { class } else { best })
    }

    /// A trace of which only the readout is known, in rows of three classes.
    #[cfg(test)]
    pub(crate) fn of_readout(network: &Network, rows: &[[f32; 3]]) -> Trace {
        let mut trace = Trace::new(network);
        for (block, row) in trace.readout.iter_mut().zip(rows) {
            block.0[..3].copy_from_slice(row);
        }
        crate::forward::find_peaks(lanes::Portable, 0, &mut trace);
        trace
    }

    /// Marks all hidden neurons as silent and at rest before `step`.
    pub(crate) fn rest_until(&mut self, step: usize) {
        self.membrane[..step * self.hidden_blocks].fill(Block::ZERO);
        self.spiking[..step * self.hidden_blocks.div_ceil(WORD)].fill([0; WORD]);
    }

    /// Where V\[`step`\] of the hidden blocks from `first` on goes, and the bits of the neurons that spike.
    #[inline(always)]
    pub(crate) fn hidden_record<const WIDTH: usize>(
        &mut self,
        step: usize,
        first: usize,
    ) -> (&mut [Block; WIDTH], &mut [u16; WIDTH]) {
        let words = self.hidden_blocks.div_ceil(WORD);
        let bits = &mut self.spiking[step * words..(step + 1) * words].as_flattened_mut()[first..];
        let spiking = bits.first_chunk_mut().expect("bits for every block");
        (blocks_at_mut(&mut self.membrane, step * self.hidden_blocks + first), spiking)
    }
}

/// Blocks whose bits are read at a time.
const WORD: usize = 4;

/// Lists the hidden spikes from their bits.
#[kernel]
pub(crate) fn list_spikes(trace: &mut Trace) {
    let words = trace.hidden_blocks.div_ceil(WORD);
    let mut count = 0;
    for (step, row) in trace.spiking.chunks_exact(words).enumerate() {
        for (word, blocks) in row.iter().enumerate() {
            let mut bits = blocks.iter().rev().fold(0u64, |bits, &of_block| bits << LANES | u64::from(of_block));
            let first = (word * WORD * LANES) as u16;
            while bits != 0 {
                trace.spikes[count] = first + bits.trailing_zeros() as u16;
                bits &= bits - 1;
                count += 1;
            }
        }
        trace.spike_starts[step + 1] = count as u32;
    }
}
