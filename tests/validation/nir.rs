//! NIR networks: the equations of their nodes in float64, and the spikes of snnTorch.
//!
//! `scripts/make_nir_files.py` integrates the nodes of `crates/nir/tests/data` with forward Euler.
//! `scripts/check_nir_snntorch.py` runs `data/nir_snntorch.npz`, exported as a NIR file, in snnTorch.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use ohmspike_datasets::load;
use ohmspike_nir::constants::{Constants, steps};
use ohmspike_nir::graph::Graph;
use ohmspike_nir::network::{Network as NirNetwork, Readout};
use ohmspike_rng::Seed;
use ohmspike_snn::encode::LatencyCode;
use ohmspike_snn::forward::{Layer, Trace, forward};
use ohmspike_snn::network::{Dynamics, HiddenLayer, Network};
use ohmspike_snn::spikes::{SpikeTrain, SpikeTrains};
use ohmspike_study::network_file::StoredNetwork;
use ohmspike_study::prepare::sha256;
use serde::Deserialize;

/// Spikes by hidden layer and step.
type Spikes = Vec<Vec<Vec<u16>>>;

#[derive(Deserialize)]
struct Equations {
    dt_flag: Option<f64>,
    inputs: Vec<Vec<usize>>,
    spikes: Resets,
}

#[derive(Deserialize)]
struct Resets {
    /// Voltages are 0 in the step after a spike.
    delayed: Spikes,
    /// Voltages are 0 at the spike.
    immediate: Spikes,
}

fn built(network: &NirNetwork, step_count: usize) -> Network {
    let Constants { synapse_decay, membrane_decay, .. } = network.constants;
    let (tau_syn, tau_mem) = (steps(synapse_decay), steps(membrane_decay));
    let dynamics = Dynamics { tau_syn, tau_mem, ..Dynamics::default() };
    let (readout, hidden) = network.weights.split_last().expect("at least two");
    let layers = hidden.iter().map(|weights| HiddenLayer::new(weights.columns(), 1.0).expect("neurons")).collect();
    let inputs = network.weights[0].rows();
    let built = Network::from_layers(inputs, layers, readout.columns(), step_count, &dynamics).expect("a network");
    assert_eq!((built.synapse_decay, built.membrane_decay), (synapse_decay, membrane_decay));
    built.unconstrained()
}

fn run(network: &NirNetwork, built: &Network, input: SpikeTrain) -> Trace {
    let layers: Vec<Layer> = network.weights.iter().map(Layer::exact).collect();
    let mut trace = Trace::new(built);
    forward(built, &layers, input, Seed::new(1), &mut trace);
    trace
}

fn spikes_of(trace: &Trace, step_count: usize) -> Spikes {
    let of_layer = |layer: &ohmspike_snn::forward::LayerTrace| {
        (0..step_count).map(|step| layer.spikes().at(step).to_vec()).collect()
    };
    trace.layers().iter().map(of_layer).collect()
}

/// The nodes of NIR, with forward Euler, have the spikes of our neurons if they reset in the step after a spike. A reset at
/// the spike, which NIR also allows, has other spikes in every network.
#[test]
fn nodes_have_the_spikes_of_their_equations() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/nir/tests/data/read");
    let text = fs::read_to_string(folder.join("expected.json")).expect("the file of the script");
    let known: BTreeMap<String, Equations> = serde_json::from_str(&text).expect("the file of the script");
    let mut total = 0;
    for (name, Equations { dt_flag, inputs, spikes }) in &known {
        let graph = Graph::read(&folder.join(format!("{name}.nir.gz"))).expect("a valid file");
        let (network, _) = NirNetwork::from_graph(&graph, *dt_flag).expect("a supported network");
        let mut trains = SpikeTrains::new(network.weights[0].rows(), inputs.len()).expect("few units");
        trains.push_raster(|step, unit| inputs[step].contains(&unit)).expect("few spikes");
        let trace = run(&network, &built(&network, inputs.len()), trains.sample(0));
        let found = spikes_of(&trace, inputs.len());
        assert_eq!(found, spikes.delayed, "{name}");
        assert_ne!(found, spikes.immediate, "{name}");
        total += found.iter().flatten().map(Vec::len).sum::<usize>();
    }
    assert!(known.len() == 10 && total > 500, "{total} spikes of {} networks", known.len());
}

/// The equation of the reset, on one neuron: driven with twice its threshold in every step, it spikes in every second step.
/// Reset at the spike, it would spike in every step.
#[test]
fn the_step_after_a_spike_is_lost() {
    let constants = Constants { dt_seconds: 1e-3, synapse_decay: 0.0, membrane_decay: 0.5 };
    let weight = |value: f32| ohmspike_simd::Matrix::from_fn(1, 1, |_, _| value);
    let network = NirNetwork { weights: vec![weight(2.0), weight(1.0)], constants };
    let mut trains = SpikeTrains::new(1, 12).expect("few units");
    trains.push_raster(|_, _| true).expect("few spikes");
    let trace = run(&network, &built(&network, 12), trains.sample(0));
    let spiking: Vec<usize> = (0..12).filter(|step| !trace.hidden_spikes(*step).is_empty()).collect();
    assert_eq!(spiking, [2, 4, 6, 8, 10]);
    let node = &network.to_graph(Readout::CubaLi).nodes["lif_0"];
    let value = |parameter: &str| match &node.parameters[parameter] {
        ohmspike_nir::graph::Value::Numbers(array) => array.numbers[0],
        other => panic!("{parameter}: {other:?}"),
    };
    let (mut current, mut voltage, mut immediate) = (0.0, 0.0, Vec::new());
    for step in 0..12 {
        if voltage > value("v_threshold") {
            immediate.push(step);
            voltage = value("v_reset");
        }
        voltage += 1e-3 / value("tau_mem") * (value("v_leak") - voltage + value("r") * current);
        current += 1e-3 / value("tau_syn") * (-current + value("w_in") * 2.0);
    }
    assert_eq!(immediate, (2..12).collect::<Vec<usize>>());
}

#[derive(Deserialize)]
struct OfSnnTorch {
    samples: usize,
    steps: usize,
    input_spikes: Vec<usize>,
    delayed: Answers,
    as_imported: Answers,
}

#[derive(Deserialize, PartialEq, Debug)]
struct Answers {
    /// By sample and hidden layer.
    spikes: Vec<[usize; 2]>,
    sha256: String,
    classes: Vec<usize>,
}

#[test]
fn snntorch_has_the_same_spikes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("validation/data");
    let known: OfSnnTorch =
        serde_json::from_str(include_str!("data/nir_snntorch.json")).expect("the file of the script");
    let stored = StoredNetwork::read(&folder.join("nir_snntorch.npz")).expect("a network");
    let graph = stored.to_graph(Some(1e-4), Readout::CubaLif).expect("a supported network");
    let graph = Graph::parse("net.nir".to_owned(), graph.to_bytes().expect("a graph")).expect("our file");
    let (network, _) = NirNetwork::from_graph(&graph, None).expect("our graph");
    let data = load("fashion-mnist-subset", None).expect("the embedded subset");
    let images = data.test.images().expect("images");
    let all = (0..known.samples).map(|number| images.image(number));
    let samples =
        LatencyCode::default().samples(all, &images.labels[..known.samples], known.steps).expect("few spikes");
    let built = built(&network, known.steps);
    let (mut events, mut found) =
        (String::new(), Answers { spikes: Vec::new(), sha256: String::new(), classes: Vec::new() });
    for sample in 0..known.samples {
        let input = samples.spikes.sample(sample);
        assert_eq!(input.all().len(), known.input_spikes[sample], "input of sample {sample}");
        let trace = run(&network, &built, input);
        let spikes = spikes_of(&trace, known.steps);
        for (layer, steps) in spikes.iter().enumerate() {
            for (step, neurons) in steps.iter().enumerate() {
                for neuron in neurons {
                    writeln!(events, "{sample} {layer} {step} {neuron}").expect("a string");
                }
            }
        }
        let count = |layer: usize| spikes[layer].iter().map(Vec::len).sum();
        found.spikes.push([count(0), count(1)]);
        found.classes.push(trace.predicted());
    }
    found.sha256 = sha256(events.as_bytes());
    assert_eq!(found.spikes, known.delayed.spikes);
    assert_eq!(found.sha256, known.delayed.sha256, "the same counts at other steps");
    assert!(found.spikes.iter().flatten().sum::<usize>() > 1000, "spikes enough");
    // snnTorch simulates four steps more of the readout, in which a voltage may still rise.
    let same = found.classes.iter().zip(&known.delayed.classes).filter(|(ours, theirs)| ours == theirs).count();
    assert!(same >= known.samples - 2, "{same} of {} classes", known.samples);
    // Without `reset_delay = True`, the importer has other spikes.
    assert_ne!(found.sha256, known.as_imported.sha256);
}
