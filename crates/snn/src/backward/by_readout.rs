//! The adjoint of the readout, for the classes or projected on the hidden neurons.

use ohmspike_simd::{Block, LANES, Matrix, Simd, add_to_rows, blocks_at, blocks_at_mut, kernel};

use super::Pass;
use crate::neuron::lif::LifParams;

/// Adjoint voltage and current of the readout: (u, f) for the classes or (P, Q) for the hidden neurons.
#[derive(Clone, Copy)]
pub(super) struct ByReadout<S: Simd, const WIDTH: usize> {
    pub(super) voltage: [S::Wide; WIDTH],
    pub(super) current: [S::Wide; WIDTH],
}

impl<S: Simd, const WIDTH: usize> ByReadout<S, WIDTH> {
    /// Returns zero.
    #[inline(always)]
    pub(super) fn new(simd: S) -> ByReadout<S, WIDTH> {
        let zero = simd.splat(0.0);
        ByReadout { voltage: [zero; WIDTH], current: [zero; WIDTH] }
    }

    /// Moves from t + 1 to t, without the injection.
    #[inline(always)]
    pub(super) fn decay(&mut self, simd: S, lif: LifParams) {
        let (a, b) = (simd.splat(lif.synapse_decay), simd.splat(lif.membrane_decay));
        for block in 0..WIDTH {
            self.current[block] = simd.add(simd.mul(self.current[block], a), self.voltage[block]);
            self.voltage[block] = simd.mul(self.voltage[block], b);
        }
    }

    /// Adds the projection of dL/dU\[step\] to P, starting at block `first`.
    #[inline(always)]
    pub(super) fn inject(&mut self, simd: S, pass: Pass, first: usize, step: usize) {
        let Some(slopes) = pass.output.at(step) else { return };
        for class in 0..pass.readout_transposed.rows() {
            let slope = slopes[class / LANES][class % LANES];
            if slope != 0.0 {
                let weights: &[Block; WIDTH] = blocks_at(pass.readout_transposed.row(class), first);
                for (voltage, weights) in self.voltage.iter_mut().zip(weights) {
                    *voltage = simd.add(*voltage, simd.mul(simd.load(weights), simd.splat(slope)));
                }
            }
        }
    }
}

/// Computes dW2: u and f of one block of classes.
#[kernel(simd: S)]
pub(super) fn gradient(pass: Pass, block: usize, gradient: &mut Matrix) {
    let spikes = pass.layer.spikes();
    let mut by_readout = ByReadout { voltage: [simd.splat(0.0)], current: [simd.splat(0.0)] };
    let inject = |by_readout: &mut ByReadout<S, 1>, step| {
        if let Some(slopes) = pass.output.at(step) {
            by_readout.voltage[0] = simd.add(by_readout.voltage[0], simd.load(&slopes[block]));
        }
    };
    inject(&mut by_readout, pass.span.last);
    for step in (pass.span.first..pass.span.last).rev() {
        add_to_rows(simd, gradient, block, spikes.at(step), by_readout.current);
        by_readout.decay(simd, pass.lif);
        inject(&mut by_readout, step);
    }
}

/// Computes dL/dS\[t\] of the last hidden layer at every step of the pass, the last first, into `by_spikes`.
pub(super) fn by_spikes(pass: Pass, by_spikes: &mut [Block]) {
    for block in 0..pass.layer.blocks {
        block_of(pass, block, by_spikes);
    }
}

#[kernel(simd: S)]
fn block_of(pass: Pass, block: usize, by_spikes: &mut [Block]) {
    let mut by_readout = ByReadout::<S, 1>::new(simd);
    by_readout.inject(simd, pass, block, pass.span.last);
    let mut place = block;
    for step in (pass.span.first..pass.span.last).rev() {
        let [kept]: &mut [Block; 1] = blocks_at_mut(by_spikes, place);
        simd.store(by_readout.current[0], kept);
        place += pass.layer.blocks;
        by_readout.decay(simd, pass.lif);
        by_readout.inject(simd, pass, block, step);
    }
}
