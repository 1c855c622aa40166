//! Spiking networks with hidden layers, trained with surrogate gradients on any weight store.
//!
//! Parts, in the order of data flow:
//! 1. [`encode`]: images to spike times; [`spikes`]: spikes of many samples, step by step;
//! 2. [`network`]: sizes, time constants and signs; [`connection`]: weight matrices; [`initial`]: initial weights;
//! 3. [`weights`]: weight stores of a connection ([`WeightStore`](weights::WeightStore)); [`read_path`]: how they are
//!    read ([`ReadPath`](read_path::ReadPath)); [`hardware`]: weights on conductance pairs of a crossbar array;
//! 4. [`neuron`]: leaky integrate-and-fire and Izhikevich neurons; [`forward`]: from input spikes to the readout;
//!    [`converter`]: converters between columns and neurons;
//! 5. [`loss`]: loss and gradient of the readout; [`surrogate`]: surrogate derivative of the spike function;
//!    [`backward`]: adjoint of the forward pass; [`optimiser`]: from the gradient to the weight update;
//! 6. [`train`], [`evaluate`]: whole epochs, divided into tasks for an [`Executor`](ohmspike_simd::Executor);
//! 7. [`activity`], [`metrics`]: spikes by population and class, distances between spike trains, intervals and rates.
//!
//! | quantity | unit |
//! |---|---|
//! | time, time constants | steps |
//! | membrane voltage, synaptic current, weight | multiples of the firing threshold (dimensionless) |
//! | spikes | counts |
//!
//! Inputs and hidden spikes are sparse and binary. The forward and backward passes access only the weight rows that
//! spiked and never compute a dense steps x neurons product.
//!
//! This crate opens no files, reads no clock and starts no threads. Only [`hardware`] depends on crossbars. All
//! randomness comes from a [`Seed`](ohmspike_rng::Seed).
//!
//! ```
//! use ohmspike_rng::Seed;
//! use ohmspike_snn::{connection::Connection, encode::LatencyCode, initial, network::{Dynamics, Network}, train, weights::DigitalWeights};
//!
//! // Two bright and two dark pixels: four inputs, eight hidden neurons, two classes.
//! let images: [[u8; 4]; 2] = [[255, 255, 0, 0], [0, 0, 255, 255]];
//! let samples = LatencyCode::default().samples(images.iter().map(|image| &image[..]), &[0, 1], 100)?;
//! let dynamics = Dynamics::default();
//! let network = Network::new(4, 8, 2, 0.75, 100, &dynamics)?;
//! let seed = Seed::new(1);
//! let sigma = dynamics.readout_sigma(8);
//! let first = |connection, sigma| {
//!     let (signs, (_, columns)) = (network.signs(connection), network.shape(connection));
//!     DigitalWeights::exact(initial::weights(&signs, columns, sigma, seed.numbered(connection.stream())), signs)
//! };
//! let (mut hidden, mut readout) = (first(Connection::Feedforward(0), 0.5), first(Connection::Readout, sigma));
//! let mut trainer = train::Trainer::new(&network, train::Training { batch: 2, learning_rate: 0.01 }, &ohmspike_simd::Serial);
//! let streams = train::Streams::from_seed(seed);
//! let first = trainer.epoch(&samples, &mut [&mut hidden, &mut readout], &streams, 0)?;
//! let second = trainer.epoch(&samples, &mut [&mut hidden, &mut readout], &streams, 1)?;
//! assert!(second.loss < first.loss);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod accumulating_store;
pub mod activity;
pub mod backward;
mod calibrate;
pub mod connection;
pub mod converter;
pub mod encode;
pub mod evaluate;
pub mod forward;
pub mod hardware;
pub mod initial;
pub mod loss;
pub mod metrics;
pub mod network;
pub mod neuron;
pub mod optimiser;
mod paired;
mod part;
mod read_counts;
pub mod read_path;
pub mod reads;
pub mod spikes;
pub mod surrogate;
mod trace;
pub mod train;
pub mod weights;

/// Runs the examples in the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
