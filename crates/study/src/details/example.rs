//! One image in the network: who spikes when, and the voltages of some neurons.

use ohmspike_snn::evaluate::Answer;
use ohmspike_snn::network::{HiddenLayer, Network};
use serde::{Deserialize, Serialize};

/// Neurons of each population whose membrane is kept.
const TRACED: usize = 2;

/// One image and all that it leaves in the network. A step is 1 ms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// Number of the image in its set.
    pub image: usize,
    /// Its class.
    pub label: usize,
    /// The class that the readout chose.
    pub predicted: usize,
    /// Neurons of the last hidden layer, the one shown here, that are excitatory: those before this number.
    pub excitatory: usize,
    /// Hidden neurons.
    pub hidden_neurons: usize,
    /// Input units that spike, step after step.
    pub input: Vec<Vec<u16>>,
    /// Hidden neurons that spike, step after step.
    pub hidden: Vec<Vec<u16>>,
    /// The busiest neurons of each population.
    pub membranes: Vec<MembraneTrace>,
    /// Voltage of each class before the first step and after every step, to 1e-4.
    pub readout: Vec<Vec<f64>>,
}

/// The membrane of one hidden neuron.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MembraneTrace {
    /// Number of the neuron.
    pub neuron: usize,
    /// Its voltage at every step, in thresholds, to 1e-4.
    pub voltage: Vec<f64>,
}

impl Example {
    /// What `answer` shows of `network`.
    pub fn of(network: &Network, answer: &Answer) -> Example {
        let (trace, hidden) = (answer.trace, network.last_hidden());
        let of_classes = trace.readout().len() / (network.steps + 1);
        let membrane = |neuron: usize| MembraneTrace {
            neuron,
            voltage: (0..network.steps).map(|step| rounded(lane(trace.membrane(step), neuron))).collect(),
        };
        let voltage = |class: usize| {
            trace.readout().chunks_exact(of_classes).map(|voltages| rounded(lane(voltages, class))).collect()
        };
        Example {
            image: answer.sample,
            label: answer.label,
            predicted: answer.predicted,
            excitatory: hidden.excitatory,
            hidden_neurons: hidden.neurons,
            input: (0..network.steps).map(|step| answer.input.at(step).to_vec()).collect(),
            hidden: trace.hidden_spikes_by_step().map(<[u16]>::to_vec).collect(),
            membranes: busiest(hidden, trace.all_hidden_spikes()).into_iter().map(membrane).collect(),
            readout: (0..network.classes).map(voltage).collect(),
        }
    }
}

/// The neurons of each population with most spikes; of equals, those that come first.
fn busiest(hidden: HiddenLayer, spikes: &[u16]) -> Vec<usize> {
    let mut counts = vec![0u32; hidden.neurons];
    spikes.iter().for_each(|&neuron| counts[usize::from(neuron)] += 1);
    let of = |population: std::ops::Range<usize>| {
        let mut neurons: Vec<usize> = population.collect();
        neurons.sort_by_key(|&neuron| std::cmp::Reverse(counts[neuron]));
        neurons.truncate(TRACED);
        neurons
    };
    [of(0..hidden.excitatory), of(hidden.excitatory..hidden.neurons)].concat()
}

fn lane(blocks: &[ohmspike_simd::Block], number: usize) -> f32 {
    blocks[number / ohmspike_simd::LANES][number % ohmspike_simd::LANES]
}

fn rounded(voltage: f32) -> f64 {
    (f64::from(voltage) * 1e4).round() / 1e4
}
