//! The readout of one sample, from the first hidden spike to the last step, and its largest voltages.

use lanes::{Block, Matrix, Simd, add_rows, kernel};
use seed::Normals;

use super::currents::add_converted;
use super::{Layer, State};
use crate::converter::ColumnConverter;
use crate::neuron::lif::LifParams;
use crate::trace::Trace;

/// Leaves the readout's voltages and their maxima in `trace`, which has the hidden spikes.
pub(super) fn run(lif: LifParams, layer: Layer, noise: Option<&mut Normals>, state: &mut State, trace: &mut Trace) {
    let first = (0..trace.steps()).find(|&step| !trace.hidden_spikes(step).is_empty()).unwrap_or(trace.steps());
    // U[t + 1] comes from F[t]: all is at rest until after the step of the first spike.
    trace.readout[..(first + 1) * trace.class_blocks].fill(Block::ZERO);
    match layer.converter {
        None => by_blocks(lif, layer, noise, first, &mut state.draws, trace),
        Some(converter) => converted(lif, layer, converter, noise, first, state, trace),
    }
}

fn by_blocks(
    lif: LifParams,
    layer: Layer,
    noise: Option<&mut Normals>,
    first: usize,
    draws: &mut Vec<Block>,
    trace: &mut Trace,
) {
    let noisy = layer.read_variance.zip(noise).map(|(variance, noise)| {
        draws.resize(trace.active_steps() * trace.class_blocks, Block::ZERO);
        noise.fill(draws);
        (variance, &draws[..])
    });
    for block in 0..trace.class_blocks {
        block_of(lif, layer.weights, noisy, block, first, trace);
    }
}

/// Voltages and their maxima of one block of classes; `noisy` is the variance of one read of each weight and a draw for
/// every block of every step with spikes.
#[kernel(simd: S)]
fn block_of(
    lif: LifParams,
    weights: &Matrix,
    noisy: Option<(&Matrix, &[Block])>,
    block: usize,
    first: usize,
    trace: &mut Trace,
) {
    let (a, b) = (simd.splat(lif.synapse_decay), simd.splat(lif.membrane_decay));
    let (blocks, zero) = (trace.class_blocks, simd.splat(0.0));
    let (mut voltage, mut current) = (zero, [zero]);
    let mut peak = Peak::rest(simd);
    let mut step_with_spikes = 0;
    for step in first..trace.steps() {
        voltage = simd.add(simd.mul(voltage, b), current[0]);
        current[0] = simd.mul(current[0], a);
        simd.store(voltage, &mut trace.readout[(step + 1) * blocks + block]);
        peak.see(simd, step + 1, voltage);
        let active = trace.hidden_spikes(step);
        if active.is_empty() {
            continue;
        }
        add_rows(simd, weights, block, active, &mut current);
        if let Some((read_variance, draws)) = noisy {
            let mut variance = [zero];
            add_rows(simd, read_variance, block, active, &mut variance);
            let draw = simd.load(&draws[step_with_spikes * blocks + block]);
            current[0] = simd.add(current[0], simd.mul(simd.sqrt(variance[0]), draw));
            step_with_spikes += 1;
        }
    }
    peak.leave(simd, block, trace);
}

#[kernel(simd: S)]
fn converted(
    lif: LifParams,
    layer: Layer,
    converter: &dyn ColumnConverter,
    mut noise: Option<&mut Normals>,
    first: usize,
    state: &mut State,
    trace: &mut Trace,
) {
    let blocks = trace.class_blocks;
    let State { readout_voltage, readout_current, for_readout, .. } = state;
    readout_voltage.fill(Block::ZERO);
    readout_current.fill(Block::ZERO);
    for step in first..trace.steps() {
        for (voltage, current) in readout_voltage.iter_mut().zip(readout_current.iter_mut()) {
            *voltage = *voltage * lif.membrane_decay + *current;
            *current = *current * lif.synapse_decay;
        }
        trace.readout[(step + 1) * blocks..(step + 2) * blocks].copy_from_slice(readout_voltage);
        let active = trace.hidden_spikes(step);
        if !active.is_empty() {
            add_converted(layer, converter, active, noise.as_deref_mut(), readout_current, for_readout);
        }
    }
    find_peaks(simd, first, trace);
}

/// The largest voltages of those in `trace`, which are zero up to step `first`.
#[inline(always)]
pub(crate) fn find_peaks<S: Simd>(simd: S, first: usize, trace: &mut Trace) {
    for block in 0..trace.class_blocks {
        let mut peak = Peak::rest(simd);
        for step in first..trace.steps() {
            peak.see(simd, step + 1, simd.load(&trace.readout[(step + 1) * trace.class_blocks + block]));
        }
        peak.leave(simd, block, trace);
    }
}

/// The largest voltages of a block of classes so far, and the earliest steps that had them.
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
        // What is not at most the peak is higher, or NaN: a voltage that is NaN stays so and must not go unseen.
        let higher = simd.not_at_most(voltage, self.voltage);
        self.voltage = simd.select(higher, voltage, self.voltage);
        self.step = simd.select(higher, simd.splat(step as f32), self.step);
    }

    #[inline(always)]
    fn leave(self, simd: S, block: usize, trace: &mut Trace) {
        simd.store(self.voltage, &mut trace.peaks[block]);
        simd.store(self.step, &mut trace.peak_steps[block]);
    }
}
