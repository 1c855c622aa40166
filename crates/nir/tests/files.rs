//! NIR files of the Python package `nir` and of snnTorch's exporter. `scripts/make_nir_files.py` generates them.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use ohmspike_nir::constants::Constants;
use ohmspike_nir::error::NirError;
use ohmspike_nir::graph::Graph;
use ohmspike_nir::network::{Network, Readout};
use ohmspike_nir::note::Note;
use serde::Deserialize;

#[derive(Deserialize)]
struct Expected {
    dt_flag: Option<f64>,
    dt_seconds: f64,
    synapse_decay: f64,
    membrane_decay: f64,
    first_weights: Vec<Vec<f64>>,
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

fn unpacked(path: &Path) -> Vec<u8> {
    let mut content = Vec::new();
    GzDecoder::new(&*fs::read(path).expect("a file")).read_to_end(&mut content).expect("gzip");
    content
}

fn known() -> BTreeMap<String, Expected> {
    let text = fs::read_to_string(folder("read/expected.json")).expect("a file");
    serde_json::from_str(&text).expect("the file of the script")
}

fn read(name: &str, dt: Option<f64>) -> Result<(Network, Vec<Note>), NirError> {
    Network::from_graph(&Graph::read(&folder("read").join(format!("{name}.nir.gz")))?, dt)
}

#[test]
fn reads_the_networks_of_other_tools() {
    let known = known();
    assert_eq!(known.len(), 10);
    for (name, expected) in &known {
        let (network, _) = read(name, expected.dt_flag).unwrap_or_else(|error| panic!("{name}: {error}"));
        let Constants { dt_seconds, synapse_decay, membrane_decay } = network.constants;
        // The constants of the files are float64 or float32.
        assert!((dt_seconds / expected.dt_seconds - 1.0).abs() < 1e-6, "{name}: {dt_seconds}");
        assert!((f64::from(synapse_decay) - expected.synapse_decay).abs() < 1e-6, "{name}: {synapse_decay}");
        assert!((f64::from(membrane_decay) - expected.membrane_decay).abs() < 1e-6, "{name}: {membrane_decay}");
        let weights = &network.weights[0];
        assert_eq!(
            (weights.columns(), weights.rows()),
            (expected.first_weights.len(), expected.first_weights[0].len())
        );
        // Weights of a network with unit gain keep their bits.
        let gains = ["gains", "lif"].contains(&name.as_str());
        for (column, of_neuron) in expected.first_weights.iter().enumerate() {
            for (row, weight) in of_neuron.iter().enumerate() {
                let got = weights[(row, column)];
                assert!(gains || got.to_bits() == (*weight as f32).to_bits(), "{name}: {got}, expected {weight}");
            }
        }
    }
}

/// A gain of (dt / tau_syn) w_in (dt / tau_mem) r / v_threshold scales the weights of every neuron.
#[test]
fn gains_and_thresholds_scale_the_weights() {
    let known = known();
    let scaled = |name: &str, factors: [f64; 4]| {
        let (network, _) = read(name, known[name].dt_flag).expect("a valid file");
        for (column, factor) in factors.into_iter().enumerate() {
            for (row, weight) in known[name].first_weights[column].iter().enumerate() {
                let (got, expected) = (network.weights[0][(row, column)], (weight * factor) as f32);
                assert!((got - expected).abs() <= f32::EPSILON * expected.abs(), "{name}: {got}, expected {expected}");
            }
        }
    };
    // dt = 1 ms, tau_syn = 5 ms, tau_mem = 20 ms, r = w_in = 1.
    scaled("gains", [0.02, 0.03, 0.01, 0.025].map(|threshold| 1e-3 / 5e-3 * (1e-3 / 0.02) / threshold));
    // dt / tau r = 1.
    scaled("lif", [1.0 / 0.8; 4]);
}

#[test]
fn says_what_it_assumes() {
    let notes = |name: &str| {
        let (_, notes) = read(name, known()[name].dt_flag).expect("a valid file");
        notes.iter().map(|note| note.to_string().split("\n\n").next().expect("a line").to_owned()).collect::<Vec<_>>()
    };
    let step =
        "step of 0.0001 s assumed: in every neuron, a unit of input adds a unit of current and voltage at this step";
    let reset = "reset to zero assumed, in the step after the spike: input of that step is lost. A NIR file does not state how the \
                 tool that wrote it resets its neurons";
    assert_eq!(notes("cuba"), [step, reset]);
    assert_eq!(notes("float32"), [step, reset]);
    assert_eq!(notes("snntorch-synaptic")[0], step);
    assert_eq!(notes("gains"), [reset]);
    let weights = "node `linear_2`: the network ends in weights; the readout integrates them with the time constants of the \
                   hidden neurons";
    assert_eq!(notes("no-readout")[1..], [weights, reset]);
    let spiking = "node `cubalif_4`: spiking outputs become a readout that integrates without spikes; the class with the highest \
                   voltage wins";
    assert_eq!(notes("spiking-readout")[1..], [spiking, reset]);
    let later = "LIF and LI neurons receive their input one step later here, so the readout is 2 steps behind, and the last 2 steps \
                 of every sample are lost";
    assert!(notes("lif").ends_with(&[later.to_owned(), reset.to_owned()]), "{:?}", notes("lif"));
    let long = |node| format!("node `{node}`: tau_mem is 3 s; NIR states seconds");
    assert_eq!(notes("long")[1..3], [long("cubalif_2"), long("cubali_4")]);
}

#[test]
fn refuses_other_files_by_node() {
    let mut count = 0;
    for entry in fs::read_dir(folder("refused")).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|ending| ending != "error") {
            continue;
        }
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let bytes = unpacked(&path.with_file_name(format!("{name}.nir.gz")));
        let graph = Graph::parse(format!("{name}.nir"), bytes);
        let error = graph.and_then(|graph| Network::from_graph(&graph, None)).expect_err(&name);
        let expected = fs::read_to_string(&path).expect("a message");
        let told = error.to_string();
        assert_eq!(told, expected.trim_end(), "{name}");
        count += 1;
    }
    assert_eq!(count, 41);
}

/// Cut at any length, a file is refused. At its end, it has no unused bytes.
#[test]
fn refuses_cut_files() {
    let whole = unpacked(&folder("read/cuba.nir.gz"));
    for length in (0..whole.len()).step_by(997).chain([whole.len() - 1]) {
        let refused = Graph::parse("cut.nir".to_owned(), whole[..length].to_vec());
        assert!(refused.is_err(), "{length} of {} bytes", whole.len());
    }
}

#[test]
fn a_written_graph_is_read_back() {
    for name in known().keys() {
        let (network, _) = read(name, known()[name].dt_flag).expect("a valid file");
        for readout in [Readout::CubaLi, Readout::CubaLif] {
            let bytes = network.to_graph(readout).to_bytes().expect("a graph");
            let graph = Graph::parse("x.nir".to_owned(), bytes).expect("our file");
            let again = Graph { file: String::new(), ..graph.clone() };
            assert_eq!(again, network.to_graph(readout), "{name}");
            let (read, notes) = Network::from_graph(&graph, None).expect("our graph");
            assert_eq!(read, network, "{name}");
            let long = |note: &&Note| !matches!(note, Note::LongTime { .. });
            assert_eq!(notes.iter().filter(long).count(), 0, "{name}: {notes:?}");
        }
    }
}
