//! The leaky integrate-and-fire neuron with an exponential synaptic current; forward Euler.
//!
//! ```text
//! S[t]    =  1 if V[t] > 1, else 0
//! V[t+1]  =  (b V[t] + I[t]) (1 - S[t])          V  membrane voltage, thresholds
//! I[t+1]  =  a I[t] + input current              I  synaptic current, thresholds per step
//! ```
//!
//! with a = exp(-1 / tau_syn), b = exp(-1 / tau_mem). Source: Kilgore et al., Sci Rep 15, 24798 (2025), Methods, after
//! Neftci, Mostafa and Zenke, IEEE Signal Process. Mag. 36, 51 (2019). The reset carries no gradient.

use ohmspike_simd::{Block, Simd, in_place, note_work};

use super::{Model, Neurons, Record, Voltages};

/// Decay factors of a population, per step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LifParams {
    /// a: decay factor of the synaptic current.
    pub synapse_decay: f32,
    /// b: decay factor of the membrane voltage.
    pub membrane_decay: f32,
}

/// Membrane voltage above which a neuron spikes.
pub const THRESHOLD: f32 = 1.0;

/// Advances `WIDTH` blocks of neurons from t to t + 1, without the input current of this step. Writes V\[t\] to
/// `record` and the bit mask of the neurons that spike at t to `spiking`.
#[inline(always)]
pub fn lif_step<S: Simd, const WIDTH: usize>(
    simd: S,
    params: LifParams,
    membrane: &mut [S::Wide; WIDTH],
    current: &mut [S::Wide; WIDTH],
    record: &mut [Block; WIDTH],
    spiking: &mut [u16; WIDTH],
) {
    note_work(|work| work.stepped += WIDTH as u64);
    in_place(simd, || step(simd, params, membrane, current, record, spiking));
}

#[inline(always)]
fn step<S: Simd, const WIDTH: usize>(
    simd: S,
    params: LifParams,
    membrane: &mut [S::Wide; WIDTH],
    current: &mut [S::Wide; WIDTH],
    record: &mut [Block; WIDTH],
    spiking: &mut [u16; WIDTH],
) {
    let (a, b) = (simd.splat(params.synapse_decay), simd.splat(params.membrane_decay));
    let threshold = simd.splat(THRESHOLD);
    for block in 0..WIDTH {
        let (v, i) = (membrane[block], current[block]);
        let spikes = simd.above(v, threshold);
        simd.store(v, &mut record[block]);
        spiking[block] = simd.bits(spikes);
        membrane[block] = simd.zero_where(spikes, simd.add(simd.mul(v, b), i));
        current[block] = simd.mul(i, a);
    }
}

/// Returns whether no neuron spikes any more without input.
///
/// V moves to b V + I and I to a I, with a and b between 0 and 1. If V <= 1 and b + I <= 1, then b V + I <= 1, and both
/// inequalities still hold for a I. Rounding preserves every step of this, because it is monotonic.
#[inline(always)]
pub(crate) fn stays_silent<S: Simd, const WIDTH: usize>(
    simd: S,
    params: LifParams,
    membrane: &[S::Wide; WIDTH],
    current: &[S::Wide; WIDTH],
) -> bool {
    let (b, threshold) = (simd.splat(params.membrane_decay), simd.splat(THRESHOLD));
    (0..WIDTH).all(|block| {
        let spikes = simd.not_at_most(membrane[block], threshold);
        let may_spike = simd.not_at_most(simd.add(b, current[block]), threshold);
        simd.bits(spikes) | simd.bits(may_spike) == 0
    })
}

/// Adjoint of one block of neurons: gradients of the loss by V\[t+1\] and I\[t+1\].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LifAdjoint<W> {
    /// m = dL/dV.
    pub membrane: W,
    /// i = dL/dI.
    pub current: W,
}

/// Moves the adjoint of a block from t + 1 to t. `membrane` is V\[t\], `by_spike` is dL/dS\[t\], `slope` is
/// surrogate(V\[t\]):
///
/// ```text
/// i[t] = a i[t+1] + m[t+1] (1 - S[t])
/// m[t] = b m[t+1] (1 - S[t]) + dL/dS[t] surrogate(V[t])
/// ```
#[inline(always)]
pub fn lif_adjoint_step<S: Simd>(
    simd: S,
    params: LifParams,
    adjoint: &mut LifAdjoint<S::Wide>,
    membrane: S::Wide,
    by_spike: S::Wide,
    slope: S::Wide,
) {
    note_work(|work| work.stepped_back += 1);
    let (a, b) = (simd.splat(params.synapse_decay), simd.splat(params.membrane_decay));
    let kept = simd.zero_where(simd.above(membrane, simd.splat(THRESHOLD)), adjoint.membrane);
    adjoint.current = simd.add(simd.mul(adjoint.current, a), kept);
    adjoint.membrane = simd.add(simd.mul(kept, b), simd.mul(by_spike, slope));
}

impl Model for LifParams {
    #[inline(always)]
    fn step<S: Simd>(self, simd: S, _block: usize, neurons: &mut Neurons<S::Wide>, record: Record) {
        let (mut membrane, mut current) = ([neurons.membrane], [neurons.current]);
        let (recorded, spiking) = (std::array::from_mut(record.membrane), std::array::from_mut(record.spiking));
        lif_step(simd, self, &mut membrane, &mut current, recorded, spiking);
        ([neurons.membrane], [neurons.current]) = (membrane, current);
    }

    #[inline(always)]
    fn step_back<S: Simd>(
        self,
        simd: S,
        _block: usize,
        adjoint: &mut Neurons<S::Wide>,
        voltages: Voltages<S::Wide>,
        by_spike: S::Wide,
        slope: S::Wide,
    ) {
        let mut lif = LifAdjoint { membrane: adjoint.membrane, current: adjoint.current };
        lif_adjoint_step(simd, self, &mut lif, voltages.membrane, by_spike, slope);
        (adjoint.membrane, adjoint.current) = (lif.membrane, lif.current);
    }
}

#[cfg(test)]
mod tests {
    use ohmspike_simd::Portable;

    use super::*;

    #[test]
    fn a_neuron_charges_fires_and_resets() {
        let params = LifParams { synapse_decay: 0.5, membrane_decay: 0.5 };
        let (mut membrane, mut current) = ([Block::ZERO], [Block::splat(1.2)]);
        let (mut record, mut spiking) = ([Block::ZERO], [0]);
        let mut step = || {
            lif_step(Portable, params, &mut membrane, &mut current, &mut record, &mut spiking);
            (membrane[0][0], current[0][0], record[0][0], spiking[0])
        };
        assert_eq!(step(), (1.2, 0.6, 0.0, 0));
        assert_eq!(step(), (0.0, 0.3, 1.2, u16::MAX));
    }
}
