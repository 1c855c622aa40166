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

/// Sixteen neurons at one step.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LifState {
    /// V, thresholds.
    pub membrane: Block,
    /// I, thresholds a step.
    pub current: Block,
}

/// Moves sixteen neurons from t to t + 1, the input current of this step left out, and tells whether one of them
/// spiked at t.
#[inline(always)]
pub fn lif_step(params: LifParams, state: &mut LifState) -> bool {
    let LifState { membrane, current } = *state;
    let next = membrane * params.membrane_decay + current;
    state.membrane = Block::ZERO.select(next, membrane, spikes);
    state.current = current * params.synapse_decay;
    membrane.any(spikes)
}

/// Whether a neuron at membrane voltage `v` spikes.
#[inline(always)]
pub fn spikes(v: f32) -> bool {
    v > 1.0
}

/// The adjoint of sixteen neurons: gradients of the loss by V\[t+1\] and I\[t+1\].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LifAdjoint {
    /// m = dL/dV.
    pub membrane: Block,
    /// i = dL/dI.
    pub current: Block,
}

/// Moves the adjoint of sixteen neurons from t + 1 to t:
///
/// ```text
/// i[t] = a i[t+1] + m[t+1] (1 - S[t])
/// m[t] = b m[t+1] (1 - S[t]) + dL/dS[t] surrogate(V[t])
/// ```
#[inline(always)]
pub fn lif_adjoint_step(
    params: LifParams,
    adjoint: &mut LifAdjoint,
    membrane: Block,
    spike_gradient: Block,
    surrogate: impl Fn(f32) -> f32,
) {
    let kept = Block::ZERO.select(adjoint.membrane, membrane, spikes);
    adjoint.current = adjoint.current * params.synapse_decay + kept;
    adjoint.membrane = kept * params.membrane_decay + spike_gradient * membrane.map(surrogate);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_neuron_charges_fires_and_starts_again() {
        let params = LifParams { synapse_decay: 0.5, membrane_decay: 0.5 };
        let mut state = LifState { membrane: Block::ZERO, current: Block::splat(1.2) };
        assert!(!lif_step(params, &mut state));
        assert_eq!((state.membrane[0], state.current[0]), (1.2, 0.6));
        assert!(lif_step(params, &mut state));
        assert_eq!((state.membrane[0], state.current[0]), (0.0, 0.3));
    }
}
