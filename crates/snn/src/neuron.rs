//! Neuron models, one per file.

use ohmspike_simd::{Block, Simd};
use serde::{Deserialize, Serialize};

pub mod izhikevich;
pub mod lif;

/// Model of the hidden neurons.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Neuron {
    /// Leaky integrate-and-fire.
    #[default]
    Lif,
    /// Regular-spiking and fast-spiking neurons.
    Izhikevich,
}

/// State of sixteen neurons, or the gradient of the loss by that state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neurons<W> {
    /// Membrane voltage, thresholds.
    pub membrane: W,
    /// Recovery variable, thresholds per step; zero for models without one.
    pub recovery: W,
    /// Synaptic current, thresholds per step.
    pub current: W,
}

impl<W: Copy> Neurons<W> {
    /// Sets all three variables to `value`.
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

/// Record of one step of sixteen neurons.
#[derive(Debug)]
pub struct Record<'a> {
    /// V\[t\].
    pub membrane: &'a mut Block,
    /// Voltage half a step later, for models that compute it.
    pub halfway: Option<&'a mut Block>,
    /// Bit mask of the neurons that spike at t.
    pub spiking: &'a mut u16,
}

/// A neuron model in the step-by-step passes.
pub trait Model: Copy {
    /// Advances block number `block` of a layer from t to t + 1, without the input current of this step.
    fn step<S: Simd>(self, simd: S, block: usize, neurons: &mut Neurons<S::Wide>, record: Record);

    /// Moves the adjoint of block number `block` from t + 1 to t. `by_spike` is dL/dS\[t\], `slope` is
    /// surrogate(V\[t\]).
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

/// Values from the forward pass for [`Model::step_back`].
#[derive(Clone, Copy, Debug)]
pub struct Voltages<W> {
    /// V\[t\].
    pub membrane: W,
    /// Voltage half a step later; zero for models without it.
    pub halfway: W,
}
