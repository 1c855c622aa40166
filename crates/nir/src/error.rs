//! Errors of NIR files, with the file and the node.

use std::io;
use std::path::PathBuf;

use ohmspike_datasets::{Hdf5Error, shown, write_reason};

use crate::constants::NEVER;

/// Why a NIR file cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NirError {
    /// The file cannot be read, or is not a usable HDF5 file.
    #[error(transparent)]
    Hdf5(#[from] Hdf5Error),
    /// An HDF5 file without a graph.
    #[error("{}: missing group `node`; expected a NIR file, got an HDF5 file with {got}", shown(file))]
    NoNode {
        /// The file.
        file: String,
        /// What is at the root.
        got: String,
    },
    /// A file of a single node.
    #[error("{}: node: expected a graph (NIRGraph), got a single node of kind {}", shown(file), shown(kind))]
    OneNode {
        /// The file.
        file: String,
        /// The kind of the node.
        kind: String,
    },
    /// A missing part.
    #[error("{}: missing `{}`; expected a file written by the package `nir`", shown(file), shown(place))]
    Missing {
        /// The file.
        file: String,
        /// The part.
        place: String,
    },
    /// A part of another type.
    #[error("{}: `{}`: expected {expected}, got {}", shown(file), shown(place), shown(got))]
    Type {
        /// The file.
        file: String,
        /// The part.
        place: String,
        /// What is expected.
        expected: &'static str,
        /// What is there.
        got: String,
    },
    /// A graph that is not a chain.
    #[error("{}: {reason}", shown(file))]
    Graph {
        /// The file.
        file: String,
        /// Why.
        reason: GraphReason,
    },
    /// A node that is not supported.
    #[error("{}: node `{}`: {reason}", shown(file), shown(node))]
    Node {
        /// The file.
        file: String,
        /// The node.
        node: String,
        /// Why.
        reason: NodeReason,
    },
    /// A step in the metadata that is no duration.
    #[error(
        "{}: metadata: dt: expected the step, a positive number of seconds, got {}\n\n\
         hint: name the step: `ohmspike nir import FILE --dt SECONDS -o NETWORK.npz`",
        shown(file),
        shown(got)
    )]
    Step {
        /// The file.
        file: String,
        /// What is there.
        got: String,
    },
    /// A step that nothing states.
    #[error(
        "{}: unknown step: NIR states time constants in seconds, and this file does not imply the step of its network\n\n\
         hint: name it: `ohmspike nir import FILE --dt SECONDS -o NETWORK.npz`; snnTorch uses 1e-4",
        shown(file)
    )]
    UnknownStep {
        /// The file.
        file: String,
    },
}

/// Why a graph is not a chain from one input to one output.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GraphReason {
    /// No nodes.
    #[error("empty graph; expected weights and neurons")]
    Empty,
    /// An edge without its node.
    #[error("edges: `{}` -> `{}`: there is no node `{}`", shown(from), shown(to), shown(missing))]
    UnknownNode {
        /// Source of the edge.
        from: String,
        /// Target of the edge.
        to: String,
        /// The missing one.
        missing: String,
    },
    /// Several nodes at the start or at the end.
    #[error("expected one {what}, got {}: {}", names.len(), quoted(names))]
    Several {
        /// `input` or `output`.
        what: &'static str,
        /// The nodes.
        names: Vec<String>,
    },
    /// A cycle.
    #[error(
        "recurrent edges: {}; expected a chain, because NIR does not state at which step a recurrent spike arrives",
        arrows(cycle)
    )]
    Cycle {
        /// The nodes of the cycle, the first one twice.
        cycle: Vec<String>,
    },
    /// Too few layers.
    #[error("expected at least two nodes of weights, with spiking neurons between them, got {got}")]
    Shallow {
        /// Number of nodes of weights.
        got: usize,
    },
}

/// Why a node is not supported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NodeReason {
    /// A kind of node that has no counterpart.
    #[error("{} is not supported: {why}", shown(kind))]
    Kind {
        /// The kind.
        kind: String,
        /// Why.
        why: &'static str,
    },
    /// Several targets or sources.
    #[error("expected one edge {direction}, got {}: {}; branches and sums are not supported", names.len(), quoted(names))]
    Branch {
        /// `to this node` or `from this node`.
        direction: &'static str,
        /// The nodes at the other ends.
        names: Vec<String>,
    },
    /// A kind at the wrong place of the chain.
    #[error("{} at the wrong place: expected {expected}", shown(kind))]
    Place {
        /// The kind.
        kind: String,
        /// What is expected.
        expected: &'static str,
    },
    /// A missing parameter.
    #[error("missing `{parameter}`")]
    MissingParameter {
        /// The parameter.
        parameter: &'static str,
    },
    /// A parameter that nodes of this kind do not have.
    #[error("unknown parameter `{}`; {kind} has {known}", shown(parameter))]
    UnknownParameter {
        /// The parameter.
        parameter: String,
        /// Kind of the node.
        kind: String,
        /// Its parameters.
        known: String,
    },
    /// A parameter of another type.
    #[error("{parameter}: expected {expected}, got {}", shown(got))]
    Type {
        /// The parameter.
        parameter: &'static str,
        /// What is expected.
        expected: &'static str,
        /// What is there.
        got: String,
    },
    /// A parameter of another shape.
    #[error("{parameter}: expected {expected}, got shape {got:?}")]
    Shape {
        /// The parameter.
        parameter: &'static str,
        /// What is expected.
        expected: String,
        /// The shape.
        got: Vec<usize>,
    },
    /// An input or output of another size.
    #[error("shape: expected {expected} units, as the weights have, got {got}")]
    Units {
        /// Units of the weights.
        expected: usize,
        /// The shape.
        got: String,
    },
    /// A value that is not allowed.
    #[error("{parameter}[{index}]: expected {expected}, got {value}")]
    Value {
        /// The parameter.
        parameter: &'static str,
        /// Index in the flat array.
        index: usize,
        /// What is expected.
        expected: &'static str,
        /// The value.
        value: f64,
    },
    /// Neurons before the last ones that no voltage makes spike.
    #[error(
        "v_threshold: expected a value below {NEVER:e} for some neuron, got none; only the last neurons may integrate without spikes"
    )]
    NeverSpikes,
    /// Neurons with different time constants.
    #[error("{parameter}: expected one value for all neurons of the network, got {first} s and {other} s")]
    Differs {
        /// The parameter.
        parameter: &'static str,
        /// A value, s.
        first: f64,
        /// Another value, s.
        other: f64,
    },
    /// A time constant that the step does not resolve, or that is out of range.
    #[error(
        "{parameter}: expected {low} to {high} s for a step of {dt_seconds} s, got {seconds} s\n\nhint: name the step of the network with `ohmspike nir import FILE --dt SECONDS`"
    )]
    Time {
        /// The parameter.
        parameter: &'static str,
        /// Smallest time constant, s.
        low: f64,
        /// Largest time constant, s.
        high: f64,
        /// The step, s.
        dt_seconds: f64,
        /// The value, s.
        seconds: f64,
    },
    /// Reset by subtraction, as metadata state it.
    #[error("reset `{}` is not supported: neurons reset to zero", shown(stated))]
    Reset {
        /// What the metadata say.
        stated: String,
    },
    /// Weights that leave the range of float32 when gains are folded into them.
    #[error("weights: expected finite numbers after scaling to a threshold of 1, got {value}")]
    Range {
        /// The value.
        value: f64,
    },
}

/// Why a graph cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// A graph that HDF5 cannot hold.
    #[error("cannot write the graph as HDF5: {reason}")]
    Form {
        /// Why.
        reason: String,
    },
    /// The file cannot be written.
    #[error("cannot write `{}`: {}", path.display(), write_reason(source))]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

fn quoted(names: &[String]) -> String {
    names.iter().take(8).map(|name| format!("`{}`", shown(name))).collect::<Vec<_>>().join(", ")
}

fn arrows(names: &[String]) -> String {
    names.iter().map(|name| format!("`{}`", shown(name))).collect::<Vec<_>>().join(" -> ")
}
