//! Converts dense networks and samples to those of the program, and compares the results.

use ohmspike_rng::Seed;
use ohmspike_simd::{Block, LANES, Matrix};
use ohmspike_snn::backward::Gradient;
use ohmspike_snn::connection::Connection;
use ohmspike_snn::forward::{Trace, forward};
use ohmspike_snn::loss::Loss;
use ohmspike_snn::network::{HiddenLayer, Network, Sign};
use ohmspike_snn::neuron::Neuron;
use ohmspike_snn::spikes::{EventsPerStep, Samples, SpikeTrains};
use ohmspike_snn::surrogate::Surrogate;
use ohmspike_snn::train::{Trainer, Training};
use ohmspike_snn::weights::{DigitalWeights, WeightStore};

use crate::dense;
use crate::number::Number;

/// Program equivalent of a dense network.
pub struct Spiking {
    network: Network,
    samples: Samples,
    hidden: DigitalWeights,
    readout: DigitalWeights,
}

impl Spiking {
    /// Converts `network` and `samples`; the first `excitatory` hidden neurons are excitatory.
    pub fn new(network: &dense::Network, samples: &[dense::Sample], excitatory: usize) -> Spiking {
        let (inputs, hidden, classes) = (network.w1.len(), network.w2.len(), network.w2[0].len());
        let steps = samples[0].spikes.len();
        let mut spikes = SpikeTrains::new(inputs, steps).expect("few units");
        for sample in samples {
            // One event per spike, in the middle of its step.
            let spiking = sample.spikes.iter().enumerate().flat_map(|(step, row)| {
                let of_unit = move |(unit, &count): (usize, &u32)| (step as f64 + 0.5, unit as u16, count as usize);
                row.iter().enumerate().map(of_unit)
            });
            let events = spiking.flat_map(|(time, unit, count)| std::iter::repeat_n((time, unit), count));
            let (times, units): (Vec<f64>, Vec<u16>) = events.unzip();
            spikes.push_events(&times, &units, steps as f64, EventsPerStep::Count).expect("few spikes");
        }
        let network_of_crate = Network {
            inputs,
            hidden: vec![HiddenLayer { neurons: hidden, excitatory, recurrent: false }],
            classes,
            steps,
            constrained: true,
            neuron: Neuron::Lif,
            synapse_decay: network.synapse_decay as f32,
            membrane_decay: network.membrane_decay as f32,
            surrogate: match network.surrogate {
                dense::Surrogate::FastSigmoid(k) => Surrogate::FastSigmoid { steepness: k as f32 },
                dense::Surrogate::Exponential(k) => Surrogate::Exponential { steepness: k as f32 },
            },
            loss: match network.loss {
                dense::Loss::Max => Loss::MaxOverTime,
                dense::Loss::PerStep => Loss::PerStep,
            },
        };
        let store = |weights: &[Vec<f64>], signs: Vec<Sign>| {
            let matrix = Matrix::from_fn(weights.len(), weights[0].len(), |row, column| weights[row][column] as f32);
            DigitalWeights::exact(matrix, signs)
        };
        Spiking {
            hidden: store(&network.w1, network_of_crate.signs(Connection::Feedforward(0))),
            readout: store(&network.w2, network_of_crate.signs(Connection::Readout)),
            samples: Samples { spikes, labels: samples.iter().map(|sample| sample.label as u8).collect() },
            network: network_of_crate,
        }
    }

    /// Returns the trace of a sample.
    pub fn trace(&self, sample: usize) -> Trace {
        let mut trace = Trace::new(&self.network);
        let input = self.samples.spikes.sample(sample);
        forward(&self.network, &[self.hidden.layer(), self.readout.layer()], input, Seed::new(0), &mut trace);
        trace
    }

    /// Returns mean loss and gradient over all samples.
    pub fn gradient(&self) -> (f64, Gradient) {
        let count = self.samples.labels.len();
        let mut trainer =
            Trainer::new(&self.network, Training { batch: count, learning_rate: 0.01 }, &ohmspike_simd::Serial);
        let chosen: Vec<u32> = (0..count as u32).collect();
        let (mut hidden, mut readout) = (self.hidden.clone(), self.readout.clone());
        let loss = trainer.differentiate(&self.samples, &chosen, &mut [&mut hidden, &mut readout], Seed::new(0));
        (loss / count as f64, trainer.gradient().clone())
    }
}

/// Asserts that spikes equal those of `dense`, and that voltages and readout are within its bounds.
pub fn assert_same_response(what: &str, dense: &dense::Response, trace: &Trace) {
    let classes = dense.readout[0].len();
    for (step, spikes) in dense.hidden_spikes.iter().enumerate() {
        let expected: Vec<u16> = (0..spikes.len() as u16).filter(|&j| spikes[usize::from(j)]).collect();
        assert_eq!(trace.hidden_spikes(step), expected, "{what}: hidden spikes at step {step}");
        for (j, membrane) in dense.membrane[step].iter().enumerate() {
            assert_within(&format!("{what}: V[{step}][{j}]"), lane(trace.membrane(step), j), *membrane);
        }
    }
    let rows = trace.readout().chunks_exact(ohmspike_simd::blocks_for(classes));
    for (step, (row, dense)) in rows.zip(&dense.readout).enumerate() {
        for (k, voltage) in dense.iter().enumerate() {
            assert_within(&format!("{what}: U[{step}][{k}]"), lane(row, k), *voltage);
        }
    }
}

/// Asserts that loss and gradients are within the bounds of `dense`, and that the bounds are tight enough.
pub fn assert_same_gradient(what: &str, dense: &dense::Gradient, (loss, gradient): &(f64, Gradient)) {
    assert_within(&format!("{what}: loss"), *loss, dense.loss);
    for (layer, computed, dense) in [("w1", &gradient.matrices[0], &dense.w1), ("w2", &gradient.matrices[1], &dense.w2)]
    {
        let numbers: Vec<Number> = dense.iter().flatten().copied().collect();
        for (cell, (computed, number)) in computed.cells().zip(&numbers).enumerate() {
            assert_within(&format!("{what}: gradient by {layer}, cell {cell}"), f64::from(computed), *number);
        }
        let largest = numbers.iter().map(|number| number.value.abs()).fold(0.0, f64::max);
        let loosest = numbers.iter().map(|number| number.error).fold(0.0, f64::max);
        assert!(largest > 0.0, "{what}: the gradient by {layer} is zero everywhere");
        // The bounds must be tight enough to detect a wrong factor or missing term of one percent.
        assert!(
            loosest < 0.01 * largest,
            "{what}: gradient by {layer} up to {largest:e}, but its loosest bound is {loosest:e}"
        );
    }
}

fn assert_within(what: &str, computed: f64, number: Number) {
    let Number { value, error, .. } = number;
    assert!((computed - value).abs() <= error, "{what}: expected {value:e} within {error:e}, got {computed:e}");
}

fn lane(blocks: &[Block], column: usize) -> f64 {
    f64::from(blocks[column / LANES][column % LANES])
}
