//! Neuron models, one file each.

use ohmspike_simd::{Block, Simd};
use serde::{Deserialize, Serialize};

pub mod izhikevich;
pub mod lif;

/// What the hidden neurons of a network are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Neuron {
    /// Leaky integrate-and-fire: [`lif`].
    #[default]
    Lif,
    /// Regular-spiking and fast-spiking neurons: [`izhikevich`].
    Izhikevich,
}

/// Sixteen neurons: their state, or the gradients of the loss by it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neurons<W> {
    /// Membrane voltage, thresholds.
    pub membrane: W,
    /// Recovery, thresholds a step; zero of neurons that have none.
    pub recovery: W,
    /// Synaptic current, thresholds a step.
    pub current: W,
}

impl<W: Copy> Neurons<W> {
    /// All three the same.
    #[inline(always)]
    pub fn splat(value: W) -> Neurons<W> {
        Neurons { membrane: value, recovery: value, current: value }
    }
}

impl Neurons<Block> {
    #[inline(always)]
    pub(crate) fn load<S: Simd>(&self, simd: S) -> Neurons<S::Wide> {
        Neurons {
            membrane: simd.load(&self.membrane),
            recovery: simd.load(&self.recovery),
            current: simd.load(&self.current),
        }
    }

    #[inline(always)]
    pub(crate) fn store<S: Simd>(&mut self, simd: S, neurons: Neurons<S::Wide>) {
        simd.store(neurons.membrane, &mut self.membrane);
        simd.store(neurons.recovery, &mut self.recovery);
        simd.store(neurons.current, &mut self.current);
    }
}

/// What is kept of a step of sixteen neurons.
#[derive(Debug)]
pub struct Record<'a> {
    /// V\[t\].
    pub membrane: &'a mut Block,
    /// The voltage half a step later, of neurons that have one.
    pub halfway: Option<&'a mut Block>,
    /// Bits of those that spiked at t.
    pub spiking: &'a mut u16,
}

/// A neuron model, as the paths that go step by step take it.
pub trait Model: Copy {
    /// Moves block number `block` of a layer from t to t + 1, the input current of this step left out.
    fn step<S: Simd>(self, simd: S, block: usize, neurons: &mut Neurons<S::Wide>, record: Record);

    /// Moves the adjoint of block number `block` from t + 1 to t; `by_spike` is dL/dS\[t\], `slope` surrogate(V\[t\]).
    fn step_back<S: Simd>(
        self,
        simd: S,
        block: usize,
        adjoint: &mut Neurons<S::Wide>,
        voltages: Voltages<S::Wide>,
        by_spike: S::Wide,
        slope: S::Wide,
    );
}

/// What [`Model::step_back`] needs of the way forward.
#[derive(Clone, Copy, Debug)]
pub struct Voltages<W> {
    /// V\[t\].
    pub membrane: W,
    /// The voltage half a step later; zero of neurons that have none.
    pub halfway: W,
}
