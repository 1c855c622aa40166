//! The leaky integrate-and-fire neuron with an exponential synaptic current, forward Euler, one step = 1 ms.
//!
//! ```text
//! S[t]   = 1 where V[t] > 1, else 0
//! V[t+1] = (b V[t] + I[t]) (1 - S[t])       V  membrane voltage, thresholds
//! I[t+1] = a I[t] + input current           I  synaptic current, thresholds a step
//! ```
//!
//! with a = exp(-1 / tau_syn), b = exp(-1 / tau_mem). Source: Kilgore et al., Sci Rep 15, 24798 (2025), Methods, after
//! Neftci, Mostafa and Zenke, IEEE Signal Process. Mag. 36, 51 (2019). The reset carries no gradient.

use lanes::Block;

/// Decay factors of a population, each a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LifParams {
    /// a: what is left of the synaptic current.
    pub synapse_decay: f32,
    /// b: what is left of the membrane voltage.
    pub membrane_decay: f32,
}

/// A population at one step, in blocks.
#[derive(Clone, Debug, PartialEq)]
pub struct LifState {
    /// V, thresholds.
    pub membrane: Vec<Block>,
    /// I, thresholds a step.
    pub current: Vec<Block>,
}

impl LifState {
    /// `blocks` blocks of neurons at rest.
    pub fn new(blocks: usize) -> LifState {
        LifState { membrane: vec![Block::ZERO; blocks], current: vec![Block::ZERO; blocks] }
    }

    /// Brings all neurons to rest.
    pub fn clear(&mut self) {
        self.membrane.fill(Block::ZERO);
        self.current.fill(Block::ZERO);
    }
}

/// Whether a neuron at membrane voltage `v` spikes.
#[inline(always)]
pub fn spikes(v: f32) -> bool {
    v > 1.0
}

/// Moves a population from t to t + 1, the input current of this step left out. V\[t\] goes to `record`; `spiking` is
/// told the number and V\[t\] of every block in which a neuron spiked at t.
#[inline(always)]
pub fn lif_step(params: LifParams, state: &mut LifState, record: &mut [Block], mut spiking: impl FnMut(usize, Block)) {
    let neurons = state.membrane.iter_mut().zip(&mut state.current).zip(record);
    for (number, ((membrane, current), record)) in neurons.enumerate() {
        let (v, i) = (*membrane, *current);
        *record = v;
        *membrane = Block::ZERO.select(v * params.membrane_decay + i, v, spikes);
        *current = i * params.synapse_decay;
        if v.any(spikes) {
            spiking(number, v);
        }
    }
}

/// The adjoint of a population: gradients of the loss by V\[t+1\] and I\[t+1\].
#[derive(Clone, Debug, PartialEq)]
pub struct LifAdjoint {
    /// m = dL/dV.
    pub membrane: Vec<Block>,
    /// i = dL/dI.
    pub current: Vec<Block>,
}

impl LifAdjoint {
    /// Zero for `blocks` blocks of neurons.
    pub fn new(blocks: usize) -> LifAdjoint {
        LifAdjoint { membrane: vec![Block::ZERO; blocks], current: vec![Block::ZERO; blocks] }
    }

    /// Sets all gradients to zero.
    pub fn clear(&mut self) {
        self.membrane.fill(Block::ZERO);
        self.current.fill(Block::ZERO);
    }
}

/// Moves the adjoint of a population from t + 1 to t; `membrane` is V\[t\], `by_spike` dL/dS\[t\]:
///
/// ```text
/// i[t] = a i[t+1] + m[t+1] (1 - S[t])
/// m[t] = b m[t+1] (1 - S[t]) + dL/dS[t] surrogate(V[t])
/// ```
#[inline(always)]
pub fn lif_adjoint_step(
    params: LifParams,
    adjoint: &mut LifAdjoint,
    membrane: &[Block],
    by_spike: &[Block],
    surrogate: impl Fn(f32) -> f32 + Copy,
) {
    let neurons = adjoint.membrane.iter_mut().zip(&mut adjoint.current).zip(membrane).zip(by_spike);
    for (((by_membrane, by_current), membrane), by_spike) in neurons {
        let kept = Block::ZERO.select(*by_membrane, *membrane, spikes);
        *by_current = *by_current * params.synapse_decay + kept;
        *by_membrane = kept * params.membrane_decay + *by_spike * membrane.map(surrogate);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_neuron_charges_fires_and_starts_again() {
        let params = LifParams { synapse_decay: 0.5, membrane_decay: 0.5 };
        let mut state = LifState::new(1);
        state.current[0] = Block::splat(1.2);
        let (mut record, mut spiking) = ([Block::ZERO], Vec::new());
        let mut step = |state: &mut LifState| lif_step(params, state, &mut record, |block, _| spiking.push(block));
        step(&mut state);
        assert_eq!((state.membrane[0][0], state.current[0][0]), (1.2, 0.6));
        step(&mut state);
        assert_eq!((state.membrane[0][0], state.current[0][0]), (0.0, 0.3));
        assert_eq!((spiking, record[0][0]), (vec![0], 1.2));
    }
}
