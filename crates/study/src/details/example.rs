//! The response of a network to one sample: spikes, and voltages of some neurons.

use ohmspike_snn::evaluate::Answer;
use ohmspike_snn::network::{HiddenLayer, Network};
use serde::{Deserialize, Serialize};

/// Number of neurons per population with a membrane trace.
const TRACED: usize = 2;

/// The response of a network to one sample, by time step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// Index of the sample in its set.
    #[serde(alias = "image")]
    pub sample: usize,
    /// Its class.
    pub label: usize,
    /// Predicted class.
    pub predicted: usize,
    /// Number of excitatory neurons of the last hidden layer, the one shown here; they come first.
    pub excitatory: usize,
    /// Number of hidden neurons.
    pub hidden_neurons: usize,
    /// Input units that spike, per time step.
    pub input: Vec<Vec<u16>>,
    /// Hidden neurons that spike, per time step.
    pub hidden: Vec<Vec<u16>>,
    /// Membrane traces of the most active neurons of each population.
    pub membranes: Vec<MembraneTrace>,
    /// Readout voltage of each class before the first time step and after each, rounded to 1e-4.
    pub readout: Vec<Vec<f64>>,
}

/// Membrane voltage of one hidden neuron.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MembraneTrace {
    /// Index of the neuron.
    pub neuron: usize,
    /// Voltage at each time step, thresholds, rounded to 1e-4.
    pub voltage: Vec<f64>,
}

impl Example {
    /// Extracts the example from `answer` of `network`.
    pub fn new(network: &Network, answer: &Answer) -> Example {
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
            sample: answer.sample,
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

/// Neurons of each population with the most spikes; the first ones of equals.
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Earlier builds called the sample an image.
    #[test]
    fn details_of_earlier_builds_stay_readable() {
        let read = |key: &str| {
            let text = format!(
                r#"{{"{key}":3,"label":1,"predicted":2,"excitatory":1,"hidden_neurons":2,"input":[[0]],"hidden":[[1]],
                "membranes":[],"readout":[[0.0]]}}"#
            );
            serde_json::from_str::<Example>(&text).expect("an example")
        };
        assert_eq!(read("image"), read("sample"));
        assert_eq!(read("image").sample, 3);
        assert!(serde_json::to_string(&read("image")).expect("plain values").contains(r#""sample":3"#));
    }
}
