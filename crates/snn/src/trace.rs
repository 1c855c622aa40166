//! Voltages and spikes of one sample, as needed by the loss and the backward pass.

use ohmspike_simd::{Block, LANES, blocks_for};

use crate::forward::state::State;
use crate::loss::Loss;
use crate::network::Network;

pub use layer::LayerTrace;
pub(crate) use layer::list_spikes;

mod layer;

/// Voltages and spikes of one sample, step by step, in reused buffers.
///
/// Methods about hidden neurons that take no layer refer to the layer that drives the readout.
#[derive(Clone, Debug)]
pub struct Trace {
    /// Hidden layers, at least one.
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
    /// Whether U\[t\] is computed for all t, or only until no class can reach a larger U.
    pub(crate) complete: bool,
    /// Largest U of each class, class blocks.
    pub(crate) peaks: Vec<Block>,
    /// Earliest step of the largest U.
    pub(crate) peak_steps: Vec<Block>,
}

impl ReadoutTrace {
    fn new(classes: usize, steps: usize, complete: bool) -> ReadoutTrace {
        let blocks = blocks_for(classes);
        ReadoutTrace {
            blocks,
            classes,
            steps,
            voltage: vec![Block::ZERO; (steps + 1) * blocks],
            complete,
            peaks: vec![Block::ZERO; blocks],
            peak_steps: vec![Block::ZERO; blocks],
        }
    }

    /// Returns the number of steps T.
    #[inline(always)]
    pub(crate) fn steps(&self) -> usize {
        self.steps
    }
}

impl Trace {
    /// Creates buffers for one sample of `network`.
    pub fn new(network: &Network) -> Trace {
        Trace::with(network, true, true)
    }

    /// Creates buffers for one sample of `network` that keep the spikes and the largest readout voltages, but no
    /// voltages of hidden neurons, which only the backward pass needs, and not all readout voltages.
    pub fn of_spikes(network: &Network) -> Trace {
        let mut trace = Trace::with(network, false, false);
        trace.hidden.iter_mut().for_each(|layer| layer.ends_when_quiet = true);
        trace
    }

    /// Creates buffers for one sample of `network` that keep what its loss and most backward passes need; see
    /// [`Trace::has_voltages_until`].
    pub(crate) fn for_training(network: &Network) -> Trace {
        let mut trace = Trace::with(network, true, network.loss != Loss::MaxOverTime);
        if let [layer] = &mut trace.hidden[..] {
            layer.ends_when_quiet = network.loss == Loss::MaxOverTime;
        }
        trace
    }

    fn with(network: &Network, voltages: bool, complete: bool) -> Trace {
        let layer = |layer| LayerTrace::new(layer, network.neuron, network.steps, voltages);
        Trace {
            hidden: network.hidden.iter().map(layer).collect(),
            readout: ReadoutTrace::new(network.classes, network.steps, complete),
            state: State::new(network),
        }
    }

    /// Returns whether the voltages of hidden neurons are computed for the first `steps` steps. If not, compute them with
    /// [`crate::forward::complete`].
    pub(crate) fn has_voltages_until(&self, steps: usize) -> bool {
        steps <= self.last_hidden().computed()
    }

    /// Returns the number of steps T.
    pub(crate) fn steps(&self) -> usize {
        self.readout.steps
    }

    /// Returns the number of classes.
    pub(crate) fn classes(&self) -> usize {
        self.readout.classes
    }

    /// Returns the hidden layers, starting with the one that receives the input.
    pub fn layers(&self) -> &[LayerTrace] {
        &self.hidden
    }

    /// Returns the hidden layer that drives the readout.
    #[inline(always)]
    pub fn last_hidden(&self) -> &LayerTrace {
        self.hidden.last().expect("a network has at least one hidden layer")
    }

    /// Returns the hidden neurons that spike at `step`, in ascending order.
    #[inline(always)]
    pub fn hidden_spikes(&self, step: usize) -> &[u16] {
        self.last_hidden().spikes().at(step)
    }

    /// Iterates over the hidden neurons that spike, step by step.
    pub fn hidden_spikes_by_step(&self) -> impl Iterator<Item = &[u16]> {
        self.last_hidden().spikes().by_step()
    }

    /// Returns the neurons of all hidden spikes in order of the steps.
    pub fn all_hidden_spikes(&self) -> &[u16] {
        self.last_hidden().spikes().all()
    }

    /// Returns the number of steps with hidden spikes.
    pub fn active_steps(&self) -> usize {
        self.last_hidden().spikes().active_steps()
    }

    /// Returns V\[step\] of the hidden neurons in blocks.
    ///
    /// # Panics
    /// Panics if the trace keeps no voltages.
    #[inline(always)]
    pub fn membrane(&self, step: usize) -> &[Block] {
        self.last_hidden().membrane(step)
    }

    /// Returns U\[0..T\], (T + 1) x class blocks.
    ///
    /// # Panics
    /// Panics if the trace does not keep all of them.
    pub fn readout(&self) -> &[Block] {
        assert!(self.readout.complete, "this trace keeps only the largest readout voltages");
        &self.readout.voltage
    }

    /// Returns the earliest step at which `class` has its largest voltage, and that voltage.
    #[inline(always)]
    pub fn peak(&self, class: usize) -> (usize, f32) {
        let (block, lane) = (class / LANES, class % LANES);
        (self.readout.peak_steps[block][lane] as usize, self.readout.peaks[block][lane])
    }

    /// Returns the class with the largest voltage over all steps, or the lowest such class.
    pub fn predicted(&self) -> usize {
        (1..self.classes()).fold(0, |best, class| if self.peak(class).1 > self.peak(best).1 { class } else { best })
    }

    /// Creates a trace with readout voltages only, in rows of three classes.
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
