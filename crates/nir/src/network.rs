//! A feedforward spiking network, from a graph of NIR and to one.
//!
//! ```text
//! Input -> Linear -> CubaLIF -> Linear -> CubaLIF -> ... -> Linear -> CubaLI -> Output
//! ```
//!
//! Weights of NIR are outputs x inputs; here they are rows (presynaptic) x columns. With decay factors a and b per step,
//! the constants of the nodes are
//!
//! ```text
//! tau_syn = dt / (1 - a)    w_in = tau_syn / dt    v_threshold = 1, v_leak = v_reset = 0
//! tau_mem = dt / (1 - b)    r    = tau_mem / dt
//! ```
//!
//! so that forward Euler gives V\[t+1\] = b V\[t\] + I\[t\] and I\[t+1\] = a I\[t\] + W S\[t\]. The reset is not part of it: NIR
//! resets at the spike, while neurons here hold V = 0 in the step after it, and lose the current of that step. The metadata
//! `reset` says so.

#[cfg(test)]
mod tests;

use ohmspike_simd::Matrix;

use crate::chain::{Link, chain};
use crate::constants::{Constants, is_same_tau, steps};
use crate::error::{GraphReason, NirError, NodeReason};
use crate::graph::{Graph, Node, Value};
use crate::neuron::{Neurons, Parameters, array};
use crate::note::Note;

/// Metadata `reset` of files that this crate writes.
const RESET: &str =
    "to zero in the step after the spike; the input of that step is lost: V[t+1] = (b V[t] + I[t]) (1 - S[t])";
/// Largest distance from 1 of a gain that rounding explains: other tools store constants as float32.
const UNIT_GAIN: f64 = 1e-6;

/// A feedforward network: weights and the constants that all its neurons share.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// Weights from the input up, the readout last: rows (presynaptic) x columns, thresholds per step and spike.
    pub weights: Vec<Matrix>,
    /// Constants of all neurons, the readout included.
    pub constants: Constants,
}

/// Node of the readout, which integrates without spikes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Readout {
    /// A leaky integrator, CubaLI.
    #[default]
    CubaLi,
    /// CubaLIF with a threshold that no voltage reaches, for importers without CubaLI, such as that of snnTorch.
    CubaLif,
}

/// Weights, and the neurons that they drive.
struct Layer<'a> {
    weights: Link<'a>,
    neurons: Option<Link<'a>>,
}

impl Network {
    /// Reads the network of a graph, and returns it with what was assumed. `dt_seconds` is the step; without it, the
    /// metadata `dt` or the constants of the neurons state it.
    ///
    /// # Errors
    /// Returns a [`NirError`] that names the first node that has no counterpart here.
    pub fn from_graph(graph: &Graph, dt_seconds: Option<f64>) -> Result<(Network, Vec<Note>), NirError> {
        check_reset(graph)?;
        let layers = layers(graph)?;
        let mut weights = Vec::new();
        for layer in &layers {
            let inputs = weights.last().map(Matrix::columns);
            weights.push(matrix(graph, layer.weights, inputs)?);
        }
        check_ends(graph, &weights)?;
        let mut notes = Vec::new();
        let stated = dt_seconds.filter(|dt| *dt > 0.0 && dt.is_finite());
        let stated = stated.map_or_else(|| stated_step(graph), |dt| Ok(Some(dt)))?;
        let dt_seconds = match stated {
            Some(dt) => dt,
            None => implied_step(graph, &layers, &weights, &mut notes)?,
        };
        let constants = apply_neurons(graph, &layers, &mut weights, dt_seconds, &mut notes)?;
        if !is_cuba(&layers) {
            notes.push(Note::LaterInput { layers: layers.len() });
        }
        if graph.metadata.get("reset").and_then(Value::as_text) != Some(RESET) {
            notes.push(Note::AssumedReset);
        }
        Ok((Network { weights, constants }, notes))
    }

    /// Returns the graph of the network.
    pub fn to_graph(&self, readout: Readout) -> Graph {
        let mut graph = Graph { metadata: self.metadata(), ..Graph::default() };
        let mut names = Vec::new();
        let mut add = |name: String, node: Node| {
            names.push(name.clone());
            graph.nodes.insert(name, node);
        };
        let last = self.weights.len() - 1;
        add("input".to_owned(), shape_node("Input", self.weights[0].rows()));
        for (number, weights) in self.weights.iter().enumerate() {
            let (inputs, outputs) = (weights.rows(), weights.columns());
            let cells = (0..outputs).flat_map(|output| (0..inputs).map(move |input| weights[(input, output)]));
            let parameters = [("weight".to_owned(), Value::floats(vec![outputs, inputs], cells))].into();
            let linear = Node { kind: "Linear".to_owned(), parameters, ..Node::default() };
            add(format!("linear_{number}"), linear);
            match (number == last, readout) {
                (false, _) => add(format!("lif_{number}"), self.neurons("CubaLIF", outputs, 1.0)),
                (true, Readout::CubaLi) => add("readout".to_owned(), self.neurons("CubaLI", outputs, 1.0)),
                (true, Readout::CubaLif) => {
                    add("readout".to_owned(), self.neurons("CubaLIF", outputs, f64::from(f32::MAX)));
                }
            }
        }
        add("output".to_owned(), shape_node("Output", self.weights[last].columns()));
        graph.edges = names.windows(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect();
        graph
    }

    fn neurons(&self, kind: &str, count: usize, threshold: f64) -> Node {
        let Constants { dt_seconds, .. } = self.constants;
        let (tau_syn, tau_mem) = (self.constants.tau_syn_seconds(), self.constants.tau_mem_seconds());
        let (w_in, r) = (tau_syn / dt_seconds, tau_mem / dt_seconds);
        let mut values = vec![("tau_syn", tau_syn), ("tau_mem", tau_mem), ("w_in", w_in), ("r", r), ("v_leak", 0.0)];
        if kind == "CubaLIF" {
            values.extend([("v_threshold", threshold), ("v_reset", 0.0)]);
        }
        // Arrays, because readers take the number of neurons from them.
        let parameter = |(name, value): (&str, f64)| (name.to_owned(), Value::numbers(vec![count], vec![value; count]));
        Node { kind: kind.to_owned(), parameters: values.into_iter().map(parameter).collect(), ..Node::default() }
    }

    fn metadata(&self) -> std::collections::BTreeMap<String, Value> {
        let Constants { dt_seconds, synapse_decay, membrane_decay } = self.constants;
        let number = |value: f64| Value::numbers(Vec::new(), vec![value]);
        let text = |line: &str| Value::Text(line.to_owned());
        let values = [
            ("dt", number(dt_seconds)),
            ("discretisation", text("forward Euler: I[t+1] = a I[t] + W S[t], V[t+1] = b V[t] + I[t]")),
            ("physical_tau_syn", number(steps(synapse_decay) * dt_seconds)),
            ("physical_tau_mem", number(steps(membrane_decay) * dt_seconds)),
            ("reset", text(RESET)),
            ("comparison", text("spike if V > v_threshold")),
        ];
        values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

fn shape_node(kind: &str, size: usize) -> Node {
    let parameters = [("shape".to_owned(), Value::sizes(&[size]))].into();
    Node { kind: kind.to_owned(), parameters, ..Node::default() }
}

/// Refuses metadata that state a reset by subtraction.
fn check_reset(graph: &Graph) -> Result<(), NirError> {
    let of_graph = graph.metadata.iter().map(|(key, value)| ("metadata", None, key, value));
    let of_nodes = graph
        .nodes
        .iter()
        .flat_map(|(name, node)| node.metadata.iter().map(move |(key, value)| (name.as_str(), Some(node), key, value)));
    for (name, _, key, value) in of_graph.chain(of_nodes) {
        let stated = value.as_text().unwrap_or_default();
        if key.starts_with("reset") && stated.to_lowercase().contains("subtract") {
            let (file, node) = (graph.file.clone(), name.to_owned());
            return Err(NirError::Node { file, node, reason: NodeReason::Reset { stated: stated.to_owned() } });
        }
    }
    Ok(())
}

/// Returns the layers of a graph: weights and neurons in turn.
fn layers(graph: &Graph) -> Result<Vec<Layer<'_>>, NirError> {
    let links = chain(graph)?;
    let mut inner = &links[..];
    if let [Link { node, .. }, rest @ ..] = inner
        && node.kind == "Input"
    {
        inner = rest;
    }
    while let [Link { node, .. }, rest @ ..] = inner
        && node.kind == "Flatten"
    {
        inner = rest;
    }
    if let [rest @ .., Link { node, .. }] = inner
        && node.kind == "Output"
    {
        inner = rest;
    }
    let wrong = |link: Link, expected| {
        let kind = link.kind().to_owned();
        link.refused(graph, NodeReason::Place { kind, expected })
    };
    let mut layers: Vec<Layer> = Vec::new();
    for link in inner.iter().copied() {
        let open = layers.last_mut().filter(|layer| layer.neurons.is_none());
        match (link.kind(), open) {
            ("Linear" | "Affine", None) => layers.push(Layer { weights: link, neurons: None }),
            ("Linear" | "Affine", Some(_)) => return Err(wrong(link, "neurons after the weights before it")),
            ("Input" | "Output" | "Flatten", _) => {
                return Err(wrong(link, "weights and neurons between input and output"));
            }
            (_, Some(layer)) => layer.neurons = Some(link),
            (_, None) => return Err(wrong(link, "Linear or Affine before neurons")),
        }
    }
    if layers.len() < 2 {
        let reason = GraphReason::Shallow { got: layers.len() };
        return Err(NirError::Graph { file: graph.file.clone(), reason });
    }
    let (last, hidden) = layers.split_last().expect("at least two");
    let silent = hidden.iter().filter_map(|layer| layer.neurons).find(|link| !link.kind().ends_with("LIF"));
    if let Some(link) = silent {
        return Err(wrong(link, "CubaLIF or LIF; only the last neurons may integrate without spikes"));
    }
    let of_first = hidden[0].neurons.is_some_and(|link| link.kind().starts_with("Cuba"));
    let all = hidden.iter().chain([last]).filter_map(|layer| layer.neurons);
    for link in all {
        if link.kind().starts_with("Cuba") != of_first {
            return Err(wrong(link, "neurons with synaptic currents (CubaLIF, CubaLI) in every layer, or in none"));
        }
    }
    Ok(layers)
}

/// Whether the neurons have a synaptic current.
fn is_cuba(layers: &[Layer]) -> bool {
    layers.iter().filter_map(|layer| layer.neurons).all(|link| link.kind().starts_with("Cuba"))
}

/// Reads the weights of a node as rows (presynaptic) x columns.
fn matrix(graph: &Graph, link: Link, inputs: Option<usize>) -> Result<Matrix, NirError> {
    let parameter = "weight";
    let refused = |reason| link.refused(graph, reason);
    let array = array(graph, link, parameter)?.ok_or_else(|| refused(NodeReason::MissingParameter { parameter }))?;
    let shape = |expected: String| refused(NodeReason::Shape { parameter, expected, got: array.shape.clone() });
    let [outputs, columns] = array.shape[..] else { return Err(shape("a matrix (outputs, inputs)".to_owned())) };
    if outputs == 0 || columns == 0 {
        return Err(shape("at least one output and one input".to_owned()));
    }
    if let Some(inputs) = inputs.filter(|inputs| *inputs != columns) {
        return Err(shape(format!("{inputs} inputs, the neurons of the layer before")));
    }
    if let Some(index) = array.numbers.iter().position(|number| !(*number as f32).is_finite()) {
        let (value, expected) = (array.numbers[index], "a finite float32");
        return Err(refused(NodeReason::Value { parameter, index, expected, value }));
    }
    check_bias(graph, link)?;
    Ok(Matrix::from_fn(columns, outputs, |row, column| array.numbers[column * columns + row] as f32))
}

/// Refuses biases other than zero.
fn check_bias(graph: &Graph, link: Link) -> Result<(), NirError> {
    let parameter = "bias";
    let Some(array) = array(graph, link, parameter)? else { return Ok(()) };
    let Some(index) = array.numbers.iter().position(|number| *number != 0.0) else { return Ok(()) };
    let expected = "0 (arrays have no bias; train without, for example `torch.nn.Linear(..., bias=False)`)";
    Err(link.refused(graph, NodeReason::Value { parameter, index, expected, value: array.numbers[index] }))
}

/// Checks the shapes of input and output, where the file states them.
fn check_ends(graph: &Graph, weights: &[Matrix]) -> Result<(), NirError> {
    let ends = [("Input", weights[0].rows()), ("Output", weights[weights.len() - 1].columns())];
    for (kind, size) in ends {
        let found = graph.nodes.iter().find(|(_, node)| node.kind == kind);
        let Some(link) = found.map(|(name, node)| Link { name, node }) else { continue };
        let Some(array) = array(graph, link, "shape")? else { continue };
        let product: f64 = array.numbers.iter().product();
        if !array.numbers.is_empty() && product != size as f64 {
            let got: Vec<String> = array.numbers.iter().take(8).map(f64::to_string).collect();
            return Err(link.refused(graph, NodeReason::Units { expected: size, got: got.join(" x ") }));
        }
    }
    Ok(())
}

/// Returns the step that the metadata state.
fn stated_step(graph: &Graph) -> Result<Option<f64>, NirError> {
    let Some(value) = graph.metadata.get("dt") else { return Ok(None) };
    match value.as_number() {
        Some(dt) if dt > 0.0 && dt.is_finite() => Ok(Some(dt)),
        number => {
            let got = number.map_or_else(|| value.told(), |dt| dt.to_string());
            Err(NirError::Step { file: graph.file.clone(), got })
        }
    }
}

/// Returns the step that all neurons imply.
fn implied_step(graph: &Graph, layers: &[Layer], weights: &[Matrix], notes: &mut Vec<Note>) -> Result<f64, NirError> {
    let mut steps = Vec::new();
    for (layer, weights) in layers.iter().zip(weights) {
        if let Some(link) = layer.neurons {
            steps.push(Parameters::new(graph, link, weights.columns()).implied_step()?);
        }
    }
    let first = steps.first().copied().flatten();
    let same = |step: &Option<f64>| match (step, first) {
        (Some(step), Some(first)) => (step - first).abs() <= 1e-5 * first,
        _ => false,
    };
    match first.filter(|_| steps.iter().all(same)) {
        Some(first) => {
            // Files in float32 state 1e-4 as 9.9999997e-05: five digits are meant.
            let round = rounded(first, 4);
            let dt_seconds = if (round - first).abs() <= UNIT_GAIN * first { round } else { first };
            notes.push(Note::DerivedStep { dt_seconds });
            Ok(dt_seconds)
        }
        None => Err(NirError::UnknownStep { file: graph.file.clone() }),
    }
}

/// Scales the weights of every neuron by its gain, and returns the constants that all neurons share.
fn apply_neurons(
    graph: &Graph,
    layers: &[Layer],
    weights: &mut [Matrix],
    dt_seconds: f64,
    notes: &mut Vec<Note>,
) -> Result<Constants, NirError> {
    let mut shared: Option<Neurons> = None;
    let last = layers.len() - 1;
    for (number, (layer, weights)) in layers.iter().zip(weights).enumerate() {
        let Some(link) = layer.neurons else {
            notes.push(Note::NoReadoutNeurons { node: layer.weights.name.to_owned() });
            continue;
        };
        let neurons = Parameters::new(graph, link, weights.columns()).neurons(dt_seconds, notes)?;
        if let Some(first) = &shared {
            check_same(graph, link, first, &neurons)?;
        }
        if number < last && !neurons.spike {
            return Err(link.refused(graph, NodeReason::NeverSpikes));
        }
        if number == last && neurons.spike {
            notes.push(Note::SpikingReadout { node: link.name.to_owned() });
        }
        scale(weights, &neurons.gains).map_err(|value| link.refused(graph, NodeReason::Range { value }))?;
        shared.get_or_insert(neurons);
    }
    let Neurons { synapse_decay, membrane_decay, .. } = shared.expect("hidden layers have neurons");
    Ok(Constants { dt_seconds, synapse_decay, membrane_decay })
}

/// Refuses time constants other than those of the first layer. Those that differ by rounding, or that float32 factors cannot
/// tell apart, are the same.
fn check_same(graph: &Graph, link: Link, first: &Neurons, own: &Neurons) -> Result<(), NirError> {
    let tau_mem = if link.kind().starts_with("Cuba") { "tau_mem" } else { "tau" };
    let differs = |parameter, first, other| {
        let (first, other) = (rounded(first, 6), rounded(other, 6));
        Err(link.refused(graph, NodeReason::Differs { parameter, first, other }))
    };
    if first.membrane_decay != own.membrane_decay && !is_same_tau(first.tau_mem, own.tau_mem) {
        return differs(tau_mem, first.tau_mem, own.tau_mem);
    }
    if first.synapse_decay != own.synapse_decay && !is_same_tau(first.tau_syn, own.tau_syn) {
        return differs("tau_syn", first.tau_syn, own.tau_syn);
    }
    Ok(())
}

/// Rounds a duration to `digits` digits after the first, s.
fn rounded(seconds: f64, digits: usize) -> f64 {
    format!("{seconds:.digits$e}").parse().unwrap_or(seconds)
}

/// Multiplies every column with its gain. Columns whose gain is 1 keep their bits.
fn scale(weights: &mut Matrix, gains: &[f64]) -> Result<(), f64> {
    if gains.iter().all(|gain| (gain - 1.0).abs() <= UNIT_GAIN) {
        return Ok(());
    }
    let scaled = |row: usize, column: usize| f64::from(weights[(row, column)]) * gains[column];
    let places = (0..weights.rows()).flat_map(|row| (0..weights.columns()).map(move |column| (row, column)));
    if let Some((row, column)) = places.into_iter().find(|(row, column)| !(scaled(*row, *column) as f32).is_finite()) {
        return Err(scaled(row, column));
    }
    *weights = Matrix::from_fn(weights.rows(), weights.columns(), |row, column| scaled(row, column) as f32);
    Ok(())
}
