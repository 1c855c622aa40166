//! What an import assumes about a file, and what may be a mistake.

use serde::{Deserialize, Serialize};

/// An assumption, or a warning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Note {
    /// The step is derived from the constants.
    #[error(
        "step of {dt_seconds} s assumed: in every neuron, a unit of input adds a unit of current and voltage at this step\n\n\
         hint: name the step with `ohmspike nir import FILE --dt SECONDS`"
    )]
    DerivedStep {
        /// The step, s.
        dt_seconds: f64,
    },
    /// A time constant above 1 s.
    #[error(
        "node `{node}`: {parameter} is {seconds} s; NIR states seconds\n\nhint: a file in ms gives time constants 1000 times too long"
    )]
    LongTime {
        /// The node.
        node: String,
        /// The time constant.
        parameter: String,
        /// Its value, s.
        seconds: f64,
    },
    /// Neurons that reset to zero in the step after the spike.
    #[error(
        "reset to zero assumed, in the step after the spike: input of that step is lost. A NIR file does not state how the tool that wrote it \
         resets its neurons\n\n\
         hint: neurons `Synaptic` of snnTorch with `reset_mechanism=\"zero\"` and `reset_delay=True` have the same reset"
    )]
    AssumedReset,
    /// A readout that spikes in the file.
    #[error(
        "node `{node}`: spiking outputs become a readout that integrates without spikes; the class with the highest voltage wins\n\n\
         hint: accuracy differs from counting spikes"
    )]
    SpikingReadout {
        /// The node.
        node: String,
    },
    /// Neurons without a synaptic current, which receive their input a step later here.
    #[error(
        "LIF and LI neurons receive their input one step later here, so the readout is {layers} steps behind, and the last \
         {layers} steps of every sample are lost\n\n\
         hint: add {layers} to `network.steps`, and {layers} steps to `data.window_seconds` of recorded events"
    )]
    LaterInput {
        /// Layers of the network, each a step later.
        layers: usize,
    },
    /// A readout without neurons.
    #[error(
        "node `{node}`: the network ends in weights; the readout integrates them with the time constants of the hidden neurons"
    )]
    NoReadoutNeurons {
        /// The node.
        node: String,
    },
}
