//! A matrix of weights as the forward pass reads it.

use ohmspike_rng::{Normals, Seed};
use ohmspike_simd::Matrix;

use crate::connection::Connection;
use crate::converter::{ColumnConverter, ConversionEnds};
use crate::network::Network;
use crate::neuron::lif::LifParams;

/// One matrix of weights as the forward pass sees it.
#[derive(Clone, Copy, Debug)]
pub struct Layer<'a> {
    /// Effective weights, rows x columns.
    pub weights: &'a Matrix,
    /// Variance of one read of each weight, where reading is noisy.
    pub read_variance: Option<&'a Matrix>,
    /// What converts the column sums, where something does.
    pub converter: Option<&'a dyn ColumnConverter>,
}

impl<'a> Layer<'a> {
    /// Exact weights: read without noise and without converters.
    pub fn exact(weights: &'a Matrix) -> Layer<'a> {
        Layer { weights, read_variance: None, converter: None }
    }
}

/// A matrix that is read in one sample, and the stream of its read noise.
pub(super) struct Reading<'a> {
    pub(super) layer: Layer<'a>,
    pub(super) noise: Option<Normals>,
    /// Where the conversions of the sample ended.
    pub(super) ends: ConversionEnds,
}

impl<'a> Reading<'a> {
    /// That of `connection`, in the sample whose reads have the stream `read`.
    pub(super) fn new(layer: Layer<'a>, connection: Connection, read: Seed) -> Reading<'a> {
        let noise = layer.read_variance.map(|_| read.numbered(connection.stream()).normals());
        Reading { layer, noise, ends: ConversionEnds::default() }
    }
}

/// The decays of `network`.
pub(super) fn decays(network: &Network) -> LifParams {
    LifParams { synapse_decay: network.synapse_decay, membrane_decay: network.membrane_decay }
}
