//! The adjoint of a last hidden layer without recurrence: groups of neurons stay in registers over all steps.

use ohmspike_simd::{Block, Simd, blocks_at, blocks_at_mut, in_place, kernel, with_width};

use super::Pass;
use super::by_readout::ByReadout;
use crate::neuron::lif::{LifAdjoint, LifParams, lif_adjoint_step};
use crate::surrogate::Slope;

/// Blocks of hidden neurons per group; each block needs four registers.
const GROUP: usize = 4;

/// Computes the adjoint currents group by group.
pub(super) fn all(pass: Pass, slope: impl Slope, currents: &mut [Block]) {
    let blocks = pass.layer.blocks;
    for first in (0..blocks).step_by(GROUP) {
        with_width!(blocks - first, 1 2 3, else GROUP, W => group_of::<W>(pass, slope, first, currents));
    }
}

#[kernel(simd: S)]
fn group_of<const WIDTH: usize>(pass: Pass, slope: impl Slope, first: usize, currents: &mut [Block]) {
    let blocks = pass.layer.blocks;
    let mut group = Group::<S, WIDTH>::new(simd);
    group.by_readout.inject(simd, pass, first, pass.span.last);
    let mut place = first;
    for step in (pass.span.first..pass.span.last).rev() {
        if pass.span.every_step || !pass.input.at(step).is_empty() {
            let record: &mut [Block; WIDTH] = blocks_at_mut(currents, place);
            for (neurons, record) in group.neurons.iter().zip(record) {
                simd.store(neurons.current, record);
            }
            place += blocks;
        }
        let membrane = blocks_at(&pass.layer.membrane, step * blocks + first);
        in_place(simd, || group.step(simd, pass.lif, slope, membrane));
        group.by_readout.inject(simd, pass, first, step);
    }
}

/// The adjoint of `WIDTH` blocks of hidden neurons.
struct Group<S: Simd, const WIDTH: usize> {
    neurons: [LifAdjoint<S::Wide>; WIDTH],
    by_readout: ByReadout<S, WIDTH>,
}

impl<S: Simd, const WIDTH: usize> Group<S, WIDTH> {
    #[inline(always)]
    fn new(simd: S) -> Group<S, WIDTH> {
        let zero = simd.splat(0.0);
        Group { neurons: [LifAdjoint { membrane: zero, current: zero }; WIDTH], by_readout: ByReadout::new(simd) }
    }

    /// Moves from t + 1 to t, without the injection; `membrane` is V\[t\].
    #[inline(always)]
    fn step(&mut self, simd: S, lif: LifParams, slope: impl Slope, membrane: &[Block; WIDTH]) {
        for block in 0..WIDTH {
            let membrane = simd.load(&membrane[block]);
            let by_spike = self.by_readout.current[block];
            lif_adjoint_step(simd, lif, &mut self.neurons[block], membrane, by_spike, slope.at(simd, membrane));
        }
        self.by_readout.decay(simd, lif);
    }
}
