//! The nodes of a graph in order, from its only input to its only output.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::{GraphReason, NirError, NodeReason};
use crate::graph::{Graph, Node};

/// A node with its name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link<'a> {
    pub(crate) name: &'a str,
    pub(crate) node: &'a Node,
}

impl Link<'_> {
    pub(crate) fn kind(&self) -> &str {
        &self.node.kind
    }

    /// Returns the error that refuses this node of `graph`.
    pub(crate) fn refused(&self, graph: &Graph, reason: NodeReason) -> NirError {
        NirError::Node { file: graph.file.clone(), node: self.name.to_owned(), reason }
    }
}

type Neighbours<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

/// Returns the nodes in order. Repeated edges count once.
///
/// # Errors
/// Refuses unsupported nodes, edges without nodes, cycles, several inputs or outputs, and branches.
pub(crate) fn chain(graph: &Graph) -> Result<Vec<Link<'_>>, NirError> {
    let refused = |reason| NirError::Graph { file: graph.file.clone(), reason };
    if graph.nodes.is_empty() {
        return Err(refused(GraphReason::Empty));
    }
    for (name, node) in &graph.nodes {
        if let Some(why) = unsupported(&node.kind) {
            return Err(Link { name, node }.refused(graph, NodeReason::Kind { kind: node.kind.clone(), why }));
        }
        let known = known_parameters(&node.kind);
        let is_known = |key: &str| known.contains(&key) || DESCRIPTIONS.contains(&key);
        if let Some(parameter) = node.parameters.keys().find(|key| !is_known(key)) {
            let (parameter, kind, known) = (parameter.clone(), node.kind.clone(), known.join(", "));
            return Err(Link { name, node }.refused(graph, NodeReason::UnknownParameter { parameter, kind, known }));
        }
    }
    let (targets, sources) = neighbours(graph)?;
    if let Some(cycle) = cycle(graph, &targets, &sources) {
        return Err(refused(GraphReason::Cycle { cycle }));
    }
    let start = only(graph, "input", &sources)?;
    only(graph, "output", &targets)?;
    for (direction, neighbours) in [("to this node", &sources), ("from this node", &targets)] {
        if let Some((name, ends)) = neighbours.iter().find(|(_, ends)| ends.len() > 1) {
            let names = ends.iter().map(|name| (*name).to_owned()).collect();
            let link = Link { name, node: &graph.nodes[*name] };
            return Err(link.refused(graph, NodeReason::Branch { direction, names }));
        }
    }
    let next = |name: &&str| targets.get(name).and_then(|ends| ends.first().copied());
    Ok(std::iter::successors(Some(start), next).map(|name| Link { name, node: &graph.nodes[name] }).collect())
}

/// Returns the targets and the sources of every node.
fn neighbours(graph: &Graph) -> Result<(Neighbours<'_>, Neighbours<'_>), NirError> {
    let none = || graph.nodes.keys().map(|name| (name.as_str(), BTreeSet::new())).collect::<Neighbours>();
    let (mut targets, mut sources) = (none(), none());
    for (source, target) in &graph.edges {
        if let Some(missing) = [source, target].into_iter().find(|name| !graph.nodes.contains_key(*name)) {
            let (from, to, missing) = (source.clone(), target.clone(), missing.clone());
            let reason = GraphReason::UnknownNode { from, to, missing };
            return Err(NirError::Graph { file: graph.file.clone(), reason });
        }
        targets.entry(source).or_default().insert(target);
        sources.entry(target).or_default().insert(source);
    }
    Ok((targets, sources))
}

/// Returns the only node without neighbours on one side.
fn only<'a>(graph: &Graph, what: &'static str, neighbours: &Neighbours<'a>) -> Result<&'a str, NirError> {
    let ends: Vec<&str> = neighbours.iter().filter(|(_, ends)| ends.is_empty()).map(|(name, _)| *name).collect();
    match ends[..] {
        [one] => Ok(one),
        _ => {
            let names = ends.into_iter().map(str::to_owned).collect();
            Err(NirError::Graph { file: graph.file.clone(), reason: GraphReason::Several { what, names } })
        }
    }
}

/// Returns a cycle, with its first node at both ends.
fn cycle(graph: &Graph, targets: &Neighbours, sources: &Neighbours) -> Option<Vec<String>> {
    let mut open: BTreeMap<&str, usize> = sources.iter().map(|(name, ends)| (*name, ends.len())).collect();
    let mut free: Vec<&str> = open.iter().filter(|(_, count)| **count == 0).map(|(name, _)| *name).collect();
    while let Some(name) = free.pop() {
        open.remove(name);
        for target in &targets[name] {
            if let Some(count) = open.get_mut(target) {
                *count -= 1;
                if *count == 0 {
                    free.push(target);
                }
            }
        }
    }
    // Every node that is left has a source that is left: walking back must meet a node twice.
    let mut path = vec![*open.keys().next()?];
    for _ in 0..graph.nodes.len() {
        let here = path[path.len() - 1];
        let before = sources[here].iter().copied().find(|name| open.contains_key(name))?;
        if let Some(first) = path.iter().position(|name| *name == before) {
            let mut cycle: Vec<String> = path[first..].iter().rev().map(|name| (*name).to_owned()).collect();
            let least = (0..cycle.len()).min_by_key(|place| &cycle[*place])?;
            cycle.rotate_left(least);
            cycle.push(cycle[0].clone());
            return Some(cycle);
        }
        path.push(before);
    }
    None
}

/// Shapes of input and output, which any node may state.
const DESCRIPTIONS: [&str; 2] = ["input_type", "output_type"];

/// Returns the parameters of nodes of a supported kind.
fn known_parameters(kind: &str) -> &'static [&'static str] {
    match kind {
        "Input" | "Output" => &["shape"],
        "Linear" | "Affine" => &["weight", "bias"],
        "CubaLIF" => &["tau_syn", "tau_mem", "r", "v_leak", "v_threshold", "v_reset", "w_in"],
        "LIF" => &["tau", "r", "v_leak", "v_threshold", "v_reset"],
        "CubaLI" => &["tau_syn", "tau_mem", "r", "v_leak", "w_in"],
        "LI" => &["tau", "r", "v_leak"],
        // Flatten.
        _ => &["start_dim", "end_dim"],
    }
}

/// Returns why nodes of this kind are refused.
fn unsupported(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "Input" | "Output" | "Linear" | "Affine" | "Flatten" | "CubaLIF" | "LIF" | "CubaLI" | "LI" => return None,
        "Conv1d" | "Conv2d" => "convolutions share weights between places, and an array holds a full matrix",
        "SumPool2d" | "AvgPool2d" => "pooling needs maps, and layers here are rows of neurons",
        "NIRGraph" => "a graph in a graph, as snnTorch writes recurrent layers; only chains are read",
        "IF" | "I" => "it has no leak, and neurons here have finite time constants",
        "Scale" => "fold the factors into the weights before the export",
        "Threshold" => "it spikes without a membrane; use LIF or CubaLIF",
        "Delay" => "spikes arrive in the step in which they are sent",
        _ => "unknown kind; expected Input, Linear, Affine, CubaLIF, LIF, CubaLI, LI, Flatten or Output",
    })
}
