//! Reads and writes spiking networks in the Neuromorphic Intermediate Representation (NIR), an HDF5 format that simulators
//! and neuromorphic chips exchange.
//!
//! Parts, in the order in which data meets them:
//! - [`graph::Graph`]: nodes, edges and metadata of a file, of any kind; it reads and writes files;
//! - `chain`: the nodes of a feedforward network from input to output;
//! - `neuron`: the equations of a node of neurons as decay factors and gains;
//! - [`constants::Constants`]: decay factors per step, and their time constants;
//! - [`network::Network`]: weights and constants, from a graph and to a graph;
//! - [`error::NirError`]: everything that a file may do wrong, with file and node; [`note::Note`]: what an import assumes.
//!
//! Source: Pedersen et al., Nat. Commun. 15, 8122 (2024); the equations and the layout of files are those of the Python
//! package `nir` 1.0.8.
//!
//! | quantity | unit |
//! |---|---|
//! | time constant, step | s |
//! | voltage, current | thresholds |
//! | weight | thresholds per step and spike |
//!
//! This crate supports chains of weights and leaky neurons. It refuses biases, convolutions, recurrence and graphs with
//! branches. It knows nothing about devices and studies.
//!
//! ```
//! use ohmspike_nir::{constants::Constants, graph::Graph, network::{Network, Readout}};
//! use ohmspike_simd::Matrix;
//!
//! let constants = Constants { dt_seconds: 1e-3, synapse_decay: 0.75, membrane_decay: 0.9 };
//! let weights = vec![Matrix::from_fn(4, 3, |row, _| row as f32), Matrix::from_fn(3, 2, |_, column| column as f32)];
//! let graph = Network { weights, constants }.to_graph(Readout::CubaLi);
//! let read = Graph::parse("net.nir".to_owned(), graph.to_bytes()?)?;
//! assert_eq!(read.nodes["lif_0"].kind, "CubaLIF");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod chain;
pub mod constants;
pub mod error;
pub mod graph;
pub mod network;
mod neuron;
pub mod note;

/// Runs the examples in the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
