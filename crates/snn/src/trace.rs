//! What one sample left behind in a network: all that the loss and the backward pass need.

use ohmspike_simd::{Block, LANES, blocks_for};

use crate::forward::state::State;
use crate::network::Network;

pub use layer::LayerTrace;
pub(crate) use layer::list_spikes;

mod layer;

/// Voltages and spikes of one sample, step by step. The buffers are reused.
///
/// What it tells of hidden neurons without naming a layer is of the layer that the readout hears.
#[derive(Clone, Debug)]
pub struct Trace {
    /// The hidden layers, at least one.
    pub(crate) hidden: Vec<LayerTrace>,
    pub(crate) readout: ReadoutTrace,
    pub(crate) state: State,
}

/// Voltages of the readout.
#[derive(Clone, Debug)]
pub(crate) struct ReadoutTrace {
    pub(crate) blocks: usize,
    classes: usize,
    steps: usize,
    /// U\[t\] for t = 0 .. T, (T + 1) x class blocks.
    pub(crate) voltage: Vec<Block>,
    /// Largest U of each class, class blocks.
    pub(crate) peaks: Vec<Block>,
    /// The earliest step at which it is reached.
    pub(crate) peak_steps: Vec<Block>,
}

impl ReadoutTrace {
    fn new(classes: usize, steps: usize) -> ReadoutTrace {
        let blocks = blocks_for(classes);
        ReadoutTrace {
            blocks,
            classes,
            steps,
            voltage: vec![Block::ZERO; (steps + 1) * blocks],
            peaks: vec![Block::ZERO; blocks],
            peak_steps: vec![Block::ZERO; blocks],
        }
    }

    /// Number of steps T.
    #[inline(always)]
    pub(crate) fn steps(&self) -> usize {
        self.steps
    }
}

impl Trace {
    /// Room for one sample of `network`.
    pub fn new(network: &Network) -> Trace {
        let layer = |layer| LayerTrace::new(layer, network.neuron, network.steps);
        Trace {
            hidden: network.hidden.iter().map(layer).collect(),
            readout: ReadoutTrace::new(network.classes, network.steps),
            state: State::new(network),
        }
    }

    /// Number of steps T.
    pub(crate) fn steps(&self) -> usize {
        self.readout.steps
    }

    /// Number of classes.
    pub(crate) fn classes(&self) -> usize {
        self.readout.classes
    }

    /// The hidden layers, the one that hears the input first.
    pub fn layers(&self) -> &[LayerTrace] {
        &self.hidden
    }

    /// The hidden layer that the readout hears.
    #[inline(always)]
    pub fn last_hidden(&self) -> &LayerTrace {
        self.hidden.last().expect("a network has a hidden layer")
    }

    /// Hidden neurons that spike at `step`, rising.
    #[inline(always)]
    pub fn hidden_spikes(&self, step: usize) -> &[u16] {
        self.last_hidden().spikes().at(step)
    }

    /// Hidden neurons that spike, step after step.
    pub fn hidden_spikes_by_step(&self) -> impl Iterator<Item = &[u16]> {
        self.last_hidden().spikes().by_step()
    }

    /// All hidden spikes of the sample, step after step.
    pub fn all_hidden_spikes(&self) -> &[u16] {
        self.last_hidden().spikes().all()
    }

    /// Number of steps at which a hidden neuron spikes.
    pub fn active_steps(&self) -> usize {
        self.last_hidden().spikes().active_steps()
    }

    /// V\[step\] of the hidden neurons, in blocks.
    #[inline(always)]
    pub fn membrane(&self, step: usize) -> &[Block] {
        self.last_hidden().membrane(step)
    }

    /// U\[0..T\], (T + 1) x class blocks.
    pub fn readout(&self) -> &[Block] {
        &self.readout.voltage
    }

    /// The step at which class `class` has its largest voltage, the earliest of several, and that voltage.
    #[inline(always)]
    pub fn peak(&self, class: usize) -> (usize, f32) {
        let (block, lane) = (class / LANES, class % LANES);
        (self.readout.peak_steps[block][lane] as usize, self.readout.peaks[block][lane])
    }

    /// The class with the largest voltage at any step, the lowest of equal ones.
    pub fn predicted(&self) -> usize {
        (1..self.classes()).fold(0, |best, class| if self.peak(class).1 > self.peak(best).1 { class } else { best })
    }

    /// A trace of which only the readout is known, in rows of three classes.
    #[cfg(test)]
    pub(crate) fn of_readout(network: &Network, rows: &[[f32; 3]]) -> Trace {
        let mut trace = Trace::new(network);
        for (block, row) in trace.readout.voltage.iter_mut().zip(rows) {
            block.0[..3].copy_from_slice(row);
        }
        crate::forward::find_peaks(ohmspike_simd::Portable, 0, &mut trace.readout);
        trace
    }
}
