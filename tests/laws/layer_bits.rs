//! Networks with several layers, recurrence and Izhikevich neurons are bit-identical for all instructions. Leaky
//! neurons computed step by step are bit-identical to those in registers.

use ohmspike_crossbar::device::Device;
use ohmspike_crossbar::{ArrayParams, Branch, CrossbarArray};
use ohmspike_rng::Seed;
use ohmspike_simd::{Instructions, Matrix, Serial};
use ohmspike_snn::connection::Connection;
use ohmspike_snn::forward::{Layer, Trace, forward};
use ohmspike_snn::hardware::{CrossbarWeights, branch_of};
use ohmspike_snn::initial;
use ohmspike_snn::network::Dynamics;
use ohmspike_snn::network::{HiddenLayer, Network};
use ohmspike_snn::neuron::Neuron;
use ohmspike_snn::spikes::{Samples, SpikeTrains};
use ohmspike_snn::train::{Trainer, Training};
use ohmspike_snn::weights::{DigitalWeights, WeightStore};

const INPUTS: usize = 90;
const STEPS: usize = 40;
const SAMPLES: usize = 6;

fn samples() -> Samples {
    let mut spikes = SpikeTrains::new(INPUTS, STEPS).expect("few units");
    for sample in 0..SAMPLES as u64 {
        let mut words = Seed::new(8).numbered(sample).stream();
        let spiking: Vec<bool> = (0..STEPS * INPUTS).map(|_| words.next_u32().is_multiple_of(20)).collect();
        spikes.push_raster(|step, unit| spiking[step * INPUTS + unit]).expect("few spikes");
    }
    Samples { spikes, labels: (0..SAMPLES as u8).map(|sample| sample % 3).collect() }
}

fn network(layers: &[(usize, bool)], neuron: Neuron) -> Network {
    let layer = |&(neurons, recurrent): &(usize, bool)| HiddenLayer {
        recurrent,
        ..HiddenLayer::new(neurons, 0.7).expect("valid")
    };
    let dynamics = Dynamics::default();
    let hidden = layers.iter().map(layer).collect();
    Network { neuron, ..Network::from_layers(INPUTS, hidden, 3, STEPS, &dynamics).expect("valid") }
}

fn stores(network: &Network) -> Vec<DigitalWeights> {
    let store = |connection: Connection| {
        let (signs, (rows, columns)) = (network.signs(connection), network.shape(connection));
        let sigma = if connection == Connection::Feedforward(0) { 0.08 } else { 1.0 / (rows as f32).sqrt() };
        DigitalWeights::exact(
            initial::weights(&signs, columns, sigma, Seed::new(2).numbered(connection.stream())),
            signs,
        )
    };
    network.connections().map(store).collect()
}

/// Returns the bits of the loss and of all gradients, and the spikes of every layer.
fn differentiated(network: &Network, samples: &Samples) -> (u64, Vec<u32>, Vec<usize>) {
    let mut weights = stores(network);
    let mut trace = Trace::new(network);
    let layers: Vec<Layer> = weights.iter().map(|store| store.layer()).collect();
    let mut spikes = vec![0; network.hidden.len()];
    for sample in 0..SAMPLES {
        forward(network, &layers, samples.spikes.sample(sample), Seed::new(1), &mut trace);
        spikes.iter_mut().zip(trace.layers()).for_each(|(sum, layer)| *sum += layer.spikes().all().len());
    }
    let mut trainer = Trainer::new(network, Training { batch: SAMPLES, learning_rate: 0.1 }, &Serial);
    let chosen: Vec<u32> = (0..SAMPLES as u32).collect();
    let mut stores: Vec<&mut dyn WeightStore> = weights.iter_mut().map(|store| store as _).collect();
    let loss = trainer.differentiate(samples, &chosen, &mut stores, Seed::new(1));
    let bits = trainer.gradient().matrices.iter().flat_map(Matrix::cells).map(f32::to_bits);
    (loss.to_bits(), bits.collect(), spikes)
}

/// Widths of one block, and of more blocks than fit in registers.
#[test]
fn results_do_not_depend_on_the_instructions() {
    let samples = samples();
    let shapes: [&[(usize, bool)]; 4] =
        [&[(150, true)], &[(20, false), (130, false)], &[(70, true), (40, true), (17, false)], &[(210, false)]];
    for neuron in [Neuron::Lif, Neuron::Izhikevich] {
        for layers in shapes {
            let network = network(layers, neuron);
            let mut first = None;
            for instructions in Instructions::available() {
                instructions.use_for_all().expect("available instructions");
                let computed = differentiated(&network, &samples);
                assert!(computed.2.iter().all(|&spikes| spikes > 50), "{layers:?}, {neuron:?}: {:?}", computed.2);
                let expected = first.get_or_insert_with(|| computed.clone());
                assert!(computed == *expected, "{layers:?}, {neuron:?}, {instructions}");
            }
        }
    }
}

/// Wires with a resistance change the gradient. Step by step, a read goes through them as it does in registers.
#[test]
fn wired_reads_are_bit_identical_step_by_step_and_for_all_instructions() {
    let samples = samples();
    let device = r#"{"name": "x", "window": {"low_resistance_ohm": 1000, "high_resistance_ohm": 1000000},
        "wires": {"access": "gated", "bit_line_ohm_per_cell": BIT, "sense_ohm": 20}}"#;
    for neurons in [20, 130] {
        let (alone, heard) = (network(&[(neurons, false)], Neuron::Lif), network(&[(neurons, true)], Neuron::Lif));
        let gradient = |network: &Network, ohm: &str| {
            let device = Device::from_json(&device.replace("BIT", ohm)).expect("valid");
            let digital = stores(network);
            let signs = network.signs(Connection::Feedforward(0));
            let branches: Vec<Branch> = signs.into_iter().filter_map(branch_of).collect();
            let params = ArrayParams::new(1.0, &branches);
            let array = CrossbarArray::new(&device, params, digital[0].weights(), Seed::new(4)).expect("weights fit");
            let mut wired = CrossbarWeights::new(array, 0.0);
            let mut others: Vec<DigitalWeights> = digital.into_iter().skip(1).collect();
            if network.hidden[0].recurrent {
                others[0] =
                    DigitalWeights::exact(Matrix::zeros(neurons, neurons), network.signs(Connection::Recurrent(0)));
            }
            let mut all: Vec<&mut dyn WeightStore> = vec![&mut wired];
            all.extend(others.iter_mut().map(|store| store as &mut dyn WeightStore));
            let mut trainer = Trainer::new(network, Training { batch: SAMPLES, learning_rate: 0.1 }, &Serial);
            let chosen: Vec<u32> = (0..SAMPLES as u32).collect();
            let loss = trainer.differentiate(&samples, &chosen, &mut all, Seed::new(1));
            let mut matrices = trainer.gradient().matrices.clone();
            if network.hidden[0].recurrent {
                matrices.remove(1);
            }
            (loss.to_bits(), matrices)
        };
        let expected = gradient(&alone, "2");
        assert!(expected != gradient(&alone, "0.1"), "wires have no effect");
        for instructions in Instructions::available() {
            instructions.use_for_all().expect("available instructions");
            assert!(gradient(&alone, "2") == expected, "{neurons} neurons, {instructions}");
            assert!(gradient(&heard, "2") == expected, "{neurons} neurons step by step, {instructions}");
        }
    }
}

/// A recurrent layer with zero recurrent weights runs step by step, forward and backward. It rounds like a layer
/// without recurrence, which stays in registers.
#[test]
fn step_by_step_and_register_paths_are_bit_identical() {
    let samples = samples();
    for neurons in [20, 130] {
        let (alone, heard) = (network(&[(neurons, false)], Neuron::Lif), network(&[(neurons, true)], Neuron::Lif));
        let gradient = |network: &Network, mut weights: Vec<DigitalWeights>| {
            let mut trainer = Trainer::new(network, Training { batch: SAMPLES, learning_rate: 0.1 }, &Serial);
            let chosen: Vec<u32> = (0..SAMPLES as u32).collect();
            let mut stores: Vec<&mut dyn WeightStore> = weights.iter_mut().map(|store| store as _).collect();
            let loss = trainer.differentiate(&samples, &chosen, &mut stores, Seed::new(1));
            (loss.to_bits(), trainer.gradient().matrices.clone())
        };
        let (in_registers, mut by_steps) = (gradient(&alone, stores(&alone)), stores(&heard));
        let silent = Matrix::zeros(neurons, neurons);
        by_steps[1] = DigitalWeights::exact(silent, heard.signs(Connection::Recurrent(0)));
        let (loss, mut matrices) = gradient(&heard, by_steps);
        let recurrent = matrices.remove(1);
        assert!(recurrent.cells().any(|slope| slope != 0.0), "the recurrent gradient is zero");
        assert!((loss, matrices) == in_registers, "{neurons} neurons");
    }
}
