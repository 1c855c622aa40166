//! Graphs whose parameters are changed one at a time.

use super::*;

/// Returns a graph of three layers of two neurons, without metadata, as another tool writes it.
fn graph() -> Graph {
    let weights = vec![Matrix::from_fn(2, 2, |row, column| (1 + row + 2 * column) as f32); 3];
    let constants = Constants { dt_seconds: 1e-3, synapse_decay: 0.5, membrane_decay: 0.75 };
    let graph = Network { weights, constants }.to_graph(Readout::CubaLif);
    Graph { file: "x.nir".to_owned(), metadata: Default::default(), ..graph }
}

/// Returns the graph with other values of a parameter.
fn changed(node: &str, parameter: &str, values: [f64; 2]) -> Graph {
    let mut graph = graph();
    let node = graph.nodes.get_mut(node).expect("a node of the graph");
    node.parameters.insert(parameter.to_owned(), Value::numbers(vec![2], values.to_vec()));
    graph
}

fn read(graph: &Graph) -> Result<(Network, Vec<Note>), NirError> {
    Network::from_graph(graph, None)
}

fn refusal(graph: &Graph) -> String {
    read(graph).expect_err("a refused graph").to_string()
}

/// Infinity and float32 limits are thresholds that no voltage reaches.
#[test]
fn only_the_readout_may_never_spike() {
    let (plain, _) = read(&graph()).expect("a valid graph");
    for never in [1e30, f64::from(f32::MAX), f64::INFINITY] {
        for node in ["lif_0", "lif_1"] {
            let told = refusal(&changed(node, "v_threshold", [never; 2]));
            let expected = format!(
                "x.nir: node `{node}`: v_threshold: expected a value below 1e30 for some neuron, got none; only the last \
                 neurons may integrate without spikes"
            );
            assert_eq!(told, expected);
        }
        let (network, notes) = read(&changed("readout", "v_threshold", [never; 2])).expect("a valid graph");
        assert_eq!(network, plain, "{never}");
        assert!(!notes.iter().any(|note| matches!(note, Note::SpikingReadout { .. })), "{notes:?}");
        // A single hidden neuron may stay silent: its weights are scaled to nothing, and those of the others are not.
        let (network, _) = read(&changed("lif_0", "v_threshold", [1.0, never])).expect("a valid graph");
        let columns: Vec<f32> = network.weights[0].cells().collect();
        assert_eq!([columns[0], columns[2]], [1.0, 2.0]);
        assert!(columns[1] < 1e-29 && columns[3] < 1e-29, "{columns:?}");
    }
    for wrong in [0.0, -1.0, f64::NAN, f64::NEG_INFINITY] {
        let told = refusal(&changed("lif_0", "v_threshold", [1.0, wrong]));
        assert!(told.contains("v_threshold[1]: expected a positive number, got"), "{told}");
    }
}

/// A spike at step t moves v at step t + 1 in NIR, and V at step t + 2 here.
#[test]
fn neurons_without_a_synapse_are_a_step_later_per_layer() {
    let mut lagging = graph();
    for (name, kind) in [("lif_0", "LIF"), ("lif_1", "LIF"), ("readout", "LI")] {
        let node = lagging.nodes.get_mut(name).expect("a node of the graph");
        let tau = node.parameters["tau_mem"].clone();
        node.kind = kind.to_owned();
        let of_kind = |name: &str| ["r", "v_leak"].contains(&name) || (kind == "LIF" && name.starts_with("v_"));
        node.parameters.retain(|name, _| of_kind(name));
        node.parameters.insert("tau".to_owned(), tau);
    }
    let (_, notes) = read(&lagging).expect("a valid graph");
    assert!(notes.contains(&Note::LaterInput { layers: 3 }), "{notes:?}");
    let (_, notes) = read(&graph()).expect("a valid graph");
    assert!(!notes.iter().any(|note| matches!(note, Note::LaterInput { .. })), "{notes:?}");
}

/// Returns the graph with time constants `taus` of the synapses of the neurons, node by node, and their gain.
fn with_synapses(taus: [[f64; 2]; 3]) -> Graph {
    let mut graph = graph();
    for (name, taus) in ["lif_0", "lif_1", "readout"].into_iter().zip(taus) {
        let parameters = &mut graph.nodes.get_mut(name).expect("a node of the graph").parameters;
        parameters.insert("tau_syn".to_owned(), Value::numbers(vec![2], taus.to_vec()));
        parameters.insert("w_in".to_owned(), Value::numbers(vec![2], taus.map(|tau| tau / 1e-3).to_vec()));
    }
    graph
}

/// 0.0021 in float32 is 0.002099999971687794; its neighbour is 1.1e-7 larger, relative to it.
#[test]
fn time_constants_that_differ_by_rounding_are_the_same() {
    let exact = 0.0021;
    let single = f64::from(0.0021_f32);
    let next = f64::from(f32::from_bits(0.0021_f32.to_bits() + 1));
    let (plain, _) = read(&with_synapses([[exact; 2]; 3])).expect("a valid graph");
    for taus in [[[exact; 2], [single; 2], [next; 2]], [[exact, single], [next, exact], [single, next]]] {
        let (network, _) = read(&with_synapses(taus)).unwrap_or_else(|error| panic!("{taus:?}: {error}"));
        assert_eq!(network, plain, "{taus:?}");
    }
    let other = exact * (1.0 + 5e-6);
    let told = refusal(&with_synapses([[exact; 2], [other; 2], [exact; 2]]));
    // 0.0021 x 1.000005 = 0.0021000105.
    let expected =
        "x.nir: node `lif_1`: tau_syn: expected one value for all neurons of the network, got 0.0021 s and 0.00210001";
    assert!(told.starts_with(expected), "{told}");
    let told = refusal(&with_synapses([[exact, other], [exact; 2], [exact; 2]]));
    assert!(told.contains("node `lif_0`: tau_syn: expected one value for all neurons of the network"), "{told}");
}

#[test]
fn a_step_in_the_metadata_must_be_a_duration() {
    let with = |dt: Value| Graph { metadata: [("dt".to_owned(), dt)].into(), ..graph() };
    let number = |dt: f64| Value::numbers(Vec::new(), vec![dt]);
    let (network, _) = read(&with(number(2e-3))).expect("a valid graph");
    assert_eq!(network.constants.dt_seconds, 2e-3);
    let texts = [
        (number(0.0), "0"),
        (number(-1e-3), "-0.001"),
        (number(f64::NAN), "NaN"),
        (number(f64::INFINITY), "inf"),
        (Value::Text("1e-3".to_owned()), "text"),
        (Value::numbers(vec![2], vec![1e-3; 2]), "float64 of shape [2]"),
    ];
    for (dt, got) in texts {
        let graph = with(dt);
        let expected =
            format!("x.nir: metadata: dt: expected the step, a positive number of seconds, got {got}\n\nhint: ");
        assert!(refusal(&graph).starts_with(&expected), "{}", refusal(&graph));
        // The user knows better.
        assert!(Network::from_graph(&graph, Some(1e-3)).is_ok());
    }
}

#[test]
fn unknown_parameters_are_refused_by_name() {
    let cases = [
        ("lif_0", "refractory", "CubaLIF has tau_syn, tau_mem, r, v_leak, v_threshold, v_reset, w_in"),
        ("linear_1", "mask", "Linear has weight, bias"),
        ("input", "rate", "Input has shape"),
    ];
    for (node, parameter, known) in cases {
        let expected = format!("x.nir: node `{node}`: unknown parameter `{parameter}`; {known}");
        assert_eq!(refusal(&changed(node, parameter, [1.0, 1.0])), expected);
        // Newer and older files describe the shapes of a node.
        assert!(read(&changed(node, "input_type", [1.0, 1.0])).is_ok());
    }
}
