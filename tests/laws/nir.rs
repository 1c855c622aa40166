//! A network that comes back from a NIR file has the bits that it had: weights, constants, and the header.

use ohmspike_nir::constants::Constants;
use ohmspike_nir::graph::Graph;
use ohmspike_nir::network::{Network, Readout};
use ohmspike_simd::Matrix;
use ohmspike_snn::connection::Connection::{Feedforward, Readout as ToReadout};
use ohmspike_study::network_file::{FORMAT, NetworkHeader, StoredNetwork};
use ohmspike_study::prepare::DataShape;
use ohmspike_study::settings::Settings;
use ohmspike_study::trial::network;
use proptest::prelude::*;

/// Any finite number, including -0, subnormal numbers and the largest ones.
fn weight() -> impl Strategy<Value = f32> {
    any::<u32>().prop_map(f32::from_bits).prop_filter("finite", |weight| weight.is_finite())
}

fn matrix(rows: usize, columns: usize) -> impl Strategy<Value = Matrix> {
    prop::collection::vec(weight(), rows * columns)
        .prop_map(move |cells| Matrix::from_fn(rows, columns, |row, column| cells[row * columns + column]))
}

fn weights() -> impl Strategy<Value = Vec<Matrix>> {
    prop::collection::vec(1_usize..7, 3..6)
        .prop_flat_map(|sizes| sizes.windows(2).map(|pair| matrix(pair[0], pair[1]).boxed()).collect::<Vec<_>>())
}

fn step() -> impl Strategy<Value = f64> {
    prop_oneof![Just(1e-3), Just(1e-4), 1e-6..1.0]
}

fn bits(matrix: &Matrix) -> Vec<u32> {
    matrix.cells().map(f32::to_bits).collect()
}

fn file(graph: &Graph) -> Graph {
    Graph::parse("net.nir".to_owned(), graph.to_bytes().expect("a graph")).expect("our file")
}

fn header(weights: &[Matrix], tau_mem: f64, tau_syn: f64) -> NetworkHeader {
    let hidden = weights[..weights.len() - 1].iter().map(Matrix::columns);
    let text = hidden.clone().map(|neurons| format!("[[layer]]\nhidden = {neurons}\n")).collect::<String>();
    let text = format!("name = 's'\n[training]\ntau_mem_steps = {tau_mem:?}\ntau_syn_steps = {tau_syn:?}\n{text}");
    let study = ohmspike_study::study::Study::parse("s.toml", &text, &[]).expect("a valid study");
    let settings: Settings = study.conditions[0].settings.resolved();
    let (inputs, classes) = (weights[0].rows(), weights[weights.len() - 1].columns());
    let described = network(&settings, DataShape { inputs, classes }).expect("a network");
    NetworkHeader {
        format: FORMAT,
        program: "ohmspike".to_owned(),
        settings,
        seed: u64::MAX,
        trial: "0123456789abcdef".to_owned(),
        data_sha256: "ab".to_owned(),
        inputs,
        classes,
        excitatory: described.hidden.iter().map(|layer| layer.excitatory).collect(),
        outcome: Some(0.1),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    /// A factor below 2^-28 is rounded with 1 - a; such neurons forget their input within a step.
    #[test]
    fn weights_and_constants_come_back_bit_by_bit(
        weights in weights(),
        dt_seconds in step(),
        synapse_decay in prop_oneof![Just(0.0_f32), 3.8e-9_f32..0.999_999],
        membrane_decay in 3.8e-9_f32..0.999_999,
    ) {
        let network = Network { weights, constants: Constants { dt_seconds, synapse_decay, membrane_decay } };
        for readout in [Readout::CubaLi, Readout::CubaLif] {
            let (read, _) = Network::from_graph(&file(&network.to_graph(readout)), None).expect("our graph");
            prop_assert_eq!(read.constants.dt_seconds.to_bits(), dt_seconds.to_bits());
            prop_assert_eq!(read.constants.synapse_decay.to_bits(), synapse_decay.to_bits());
            prop_assert_eq!(read.constants.membrane_decay.to_bits(), membrane_decay.to_bits());
            for (read, own) in read.weights.iter().zip(&network.weights) {
                prop_assert_eq!((read.rows(), bits(read)), (own.rows(), bits(own)));
            }
        }
    }

    /// The header comes back too, for every time constant that a study may have; a graph of an imported network as well.
    #[test]
    fn stored_networks_come_back_whole(
        weights in weights(),
        dt in step(),
        tau_mem in (-3.0..6.0_f64).prop_map(|power| 10_f64.powf(power).clamp(1e-3, 1e6)),
        tau_syn in (-3.0..6.0_f64).prop_map(|power| 10_f64.powf(power).clamp(1e-3, 1e6)),
    ) {
        let last = weights.len() - 1;
        let place = |number| if number == last { ToReadout } else { Feedforward(number) };
        let matrices = weights.iter().enumerate().map(|(number, matrix)| (place(number), matrix.clone())).collect();
        let stored = StoredNetwork::new(header(&weights, tau_mem, tau_syn), matrices);
        let read = StoredNetwork::from_graph(&file(&stored.to_graph(Some(dt), Readout::CubaLi).expect("supported")), None);
        let read = read.expect("our file");
        prop_assert_eq!(&read.header, &stored.header);
        let shape = DataShape { inputs: weights[0].rows(), classes: weights[last].columns() };
        let arranged = read.arranged(shape).expect("the same shapes");
        for ((_, read), own) in arranged.iter().zip(&weights) {
            prop_assert_eq!(bits(read), bits(own));
        }
        // The same as a network of another program, if its constants can be told from nodes alone.
        if tau_syn > 0.06 && tau_mem > 0.06 {
            let mut graph = stored.to_graph(Some(dt), Readout::CubaLi).expect("supported");
            graph.metadata.clear();
            let imported = StoredNetwork::from_graph(&file(&graph), Some(dt)).expect("a supported network");
            let again = StoredNetwork::from_graph(&file(&imported.to_graph(None, Readout::CubaLi).expect("supported")), None);
            let again = again.expect("our file");
            prop_assert_eq!(&again.imported, &imported.imported);
            let described = network(&stored.header.as_ref().expect("a header").settings, shape).expect("a network");
            let constants = again.imported.as_ref().expect("imported").constants;
            let own = (described.synapse_decay.to_bits(), described.membrane_decay.to_bits());
            prop_assert_eq!((constants.synapse_decay.to_bits(), constants.membrane_decay.to_bits()), own);
        }
    }
}
