//! The readout of one sample, from the first hidden spike to the last step, and its largest voltages.

use ohmspike_simd::{Block, Matrix, Simd, add_rows, kernel};

use super::noise::{self, Draws};
use super::reading::{Reading, decays};
use super::state::State;
use crate::network::Network;
use crate::neuron::lif::LifParams;
use crate::spikes::SpikeTrain;
use crate::trace::{ReadoutTrace, Trace};

/// Computes the readout's voltages and their maxima in `trace`, which has the hidden spikes.
pub(super) fn run(network: &Network, reading: Reading, state: &mut State, trace: &mut Trace) {
    let Trace { hidden, readout: trace, .. } = trace;
    let spikes = hidden.last().expect("a network has at least one hidden layer").spikes();
    let (lif, first) = (decays(network), spikes.first_step());
    // U[t + 1] depends on F[t]: all is at rest until after the step of the first spike.
    trace.voltage[..(first + 1) * trace.blocks].fill(Block::ZERO);
    match reading.layer.converter {
        None => by_blocks(lif, reading, spikes, first, &mut state.noise, trace),
        Some(_) => converted(lif, reading, spikes, first, state, trace),
    }
}

fn by_blocks(
    lif: LifParams,
    Reading { layer, noise, .. }: Reading,
    spikes: SpikeTrain,
    first: usize,
    noise_of_reads: &mut Vec<Block>,
    trace: &mut ReadoutTrace,
) {
    let added =
        noise::beside_weights(layer, noise.map(|normals| Draws { normals, drawn: None }), spikes, noise_of_reads);
    let weights = layer.lines.is_none().then_some(layer.weights);
    for block in 0..trace.blocks {
        block_of(lif, (weights, added), spikes, block, first, trace);
    }
}

/// Computes voltages and their maxima of one block of classes. `added` is what every block adds in every step with spikes
/// beside the `weights`.
#[kernel(simd: S)]
fn block_of(
    lif: LifParams,
    (weights, added): (Option<&Matrix>, Option<&[Block]>),
    spikes: SpikeTrain,
    block: usize,
    first: usize,
    trace: &mut ReadoutTrace,
) {
    let (a, b) = (simd.splat(lif.synapse_decay), simd.splat(lif.membrane_decay));
    let (blocks, zero) = (trace.blocks, simd.splat(0.0));
    let (mut voltage, mut current) = (zero, [zero]);
    let mut peak = Peak::rest(simd);
    let mut step_with_spikes = 0;
    for step in first..trace.steps() {
        voltage = simd.add(simd.mul(voltage, b), current[0]);
        current[0] = simd.mul(current[0], a);
        simd.store(voltage, &mut trace.voltage[(step + 1) * blocks + block]);
        peak.see(simd, step + 1, voltage);
        let active = spikes.at(step);
        if active.is_empty() {
            if !trace.complete && spikes.none_after(step) && peak.is_final(simd, b, current[0]) {
                break;
            }
            continue;
        }
        if let Some(weights) = weights {
            add_rows(simd, weights, block, active, &mut current);
        }
        if let Some(added) = added {
            current[0] = simd.add(current[0], simd.load(&added[step_with_spikes * blocks + block]));
            step_with_spikes += 1;
        }
    }
    peak.leave(simd, block, trace);
}

#[kernel(simd: S)]
fn converted(
    lif: LifParams,
    mut reading: Reading,
    spikes: SpikeTrain,
    first: usize,
    state: &mut State,
    trace: &mut ReadoutTrace,
) {
    let blocks = trace.blocks;
    let State { readout_voltage, readout_current, for_readout, .. } = state;
    readout_voltage.fill(Block::ZERO);
    readout_current.fill(Block::ZERO);
    for step in first..trace.steps() {
        for (voltage, current) in readout_voltage.iter_mut().zip(readout_current.iter_mut()) {
            *voltage = *voltage * lif.membrane_decay + *current;
            *current = *current * lif.synapse_decay;
        }
        trace.voltage[(step + 1) * blocks..(step + 2) * blocks].copy_from_slice(readout_voltage);
        reading.add(spikes.at(step), readout_current, for_readout);
    }
    reading.end();
    find_peaks(simd, first, trace);
}

/// Finds the largest voltages in `trace`, which are zero up to step `first`.
#[inline(always)]
pub(crate) fn find_peaks<S: Simd>(simd: S, first: usize, trace: &mut ReadoutTrace) {
    for block in 0..trace.blocks {
        let mut peak = Peak::rest(simd);
        for step in first..trace.steps() {
            peak.see(simd, step + 1, simd.load(&trace.voltage[(step + 1) * trace.blocks + block]));
        }
        peak.leave(simd, block, trace);
    }
}

/// The largest voltages of a block of classes so far, and the earliest steps that reached them.
struct Peak<S: Simd> {
    voltage: S::Wide,
    step: S::Wide,
}

impl<S: Simd> Peak<S> {
    /// U\[0\] = 0.
    #[inline(always)]
    fn rest(simd: S) -> Peak<S> {
        Peak { voltage: simd.splat(0.0), step: simd.splat(0.0) }
    }

    #[inline(always)]
    fn see(&mut self, simd: S, step: usize, voltage: S::Wide) {
        // The negated comparison is also true for NaN, so that NaN propagates.
        let higher = simd.not_at_most(voltage, self.voltage);
        self.voltage = simd.select(higher, voltage, self.voltage);
        self.step = simd.select(higher, simd.splat(step as f32), self.step);
    }

    /// Returns whether no later voltage is higher. The voltage moves from U to b U + F, the current from F to a F; U is
    /// at most the peak P >= 0, and a and b are between 0 and 1. If b P + F is at most P, so is the next voltage, and the
    /// inequality still holds for a F. Rounding preserves every step of this, because it is monotonic.
    #[inline(always)]
    fn is_final(&self, simd: S, membrane_decay: S::Wide, current: S::Wide) -> bool {
        let bound = simd.add(simd.mul(self.voltage, membrane_decay), current);
        simd.bits(simd.not_at_most(bound, self.voltage)) == 0
    }

    #[inline(always)]
    fn leave(self, simd: S, block: usize, trace: &mut ReadoutTrace) {
        simd.store(self.voltage, &mut trace.peaks[block]);
        simd.store(self.step, &mut trace.peak_steps[block]);
    }
}
