//! A weight matrix in the forward pass.

use ohmspike_crossbar::GatedLines;
use ohmspike_rng::{Normals, Seed};
use ohmspike_simd::{Block, Matrix};

use crate::connection::Connection;
use crate::converter::{ColumnConverter, ConversionEnds};
use crate::network::Network;
use crate::neuron::lif::LifParams;

/// A weight matrix in the forward pass.
#[derive(Clone, Copy, Debug)]
pub struct Layer<'a> {
    /// Effective weights, rows x columns, thresholds.
    pub weights: &'a Matrix,
    /// Variance of one read of each weight, if reading is noisy.
    pub read_variance: Option<&'a Matrix>,
    /// Converters of the column sums, if any.
    pub converter: Option<&'a dyn ColumnConverter>,
    /// Lines with resistance that the currents of a read pass, if any.
    pub lines: Option<&'a GatedLines>,
    /// Factor on the sums of every column, after their conversion, if any.
    pub column_gain: Option<&'a [Block]>,
}

impl<'a> Layer<'a> {
    /// Creates digital weights without read noise and converters.
    pub fn exact(weights: &'a Matrix) -> Layer<'a> {
        Layer { weights, read_variance: None, converter: None, lines: None, column_gain: None }
    }
}

/// A matrix in one sample, with the stream of its read noise.
pub(super) struct Reading<'a> {
    pub(super) layer: Layer<'a>,
    pub(super) noise: Option<Normals>,
    /// The first draws of this stream, one block per column block and step with input, if they are known.
    pub(super) drawn: Option<&'a [Block]>,
    /// Counts of conversions in this sample.
    pub(super) ends: ConversionEnds,
}

impl<'a> Reading<'a> {
    /// Prepares `connection` for the sample with the read stream `read`.
    pub(super) fn new(layer: Layer<'a>, connection: Connection, read: Seed) -> Reading<'a> {
        let noise = layer.read_variance.map(|_| read.numbered(connection.stream()).normals());
        Reading { layer, noise, drawn: None, ends: ConversionEnds::default() }
    }
}

/// Returns the decay factors of `network`.
pub(super) fn decays(network: &Network) -> LifParams {
    LifParams { synapse_decay: network.synapse_decay, membrane_decay: network.membrane_decay }
}
