//! Counts the reads of the rows of all connections, for stores that track their usage.

use ohmspike_crossbar::RowReads;

use crate::connection::Connection;
use crate::forward::Trace;
use crate::network::Network;
use crate::read_path::ReadPath;
use crate::spikes::SpikeTrain;
use crate::weights::WeightStore;

/// Reads of all connections since the last hand-over, in order. Connections without usage tracking have no counters and
/// no cost.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReadCounts {
    connections: Vec<(Connection, Option<RowReads>)>,
}

impl ReadCounts {
    /// Creates zero counters for the connections that track their usage.
    pub(crate) fn new(network: &Network, stores: &[&mut dyn WeightStore]) -> ReadCounts {
        let counts = |(connection, store): (Connection, &&mut dyn WeightStore)| {
            let (rows, _) = network.shape(connection);
            let tile_rows =
                |path: &dyn ReadPath| path.layer().converter.map_or(rows, |converter| converter.tile_rows());
            (connection, store.read_path().map(|path| RowReads::new(rows, tile_rows(path))))
        };
        ReadCounts { connections: network.connections().zip(stores).map(counts).collect() }
    }

    /// Counts the reads of one sample with this `input` and `trace`.
    pub(crate) fn count(&mut self, input: SpikeTrain, trace: &Trace) {
        for (connection, counts) in &mut self.connections {
            let Some(counts) = counts else { continue };
            let spikes = match *connection {
                Connection::Feedforward(0) => input,
                Connection::Feedforward(layer) => trace.hidden[layer - 1].spikes(),
                Connection::Recurrent(layer) => trace.hidden[layer].spikes(),
                Connection::Readout => trace.last_hidden().spikes(),
            };
            for active in spikes.by_step() {
                counts.add_step(active.iter().map(|&row| usize::from(row)));
            }
        }
    }

    /// Adds the counts of `other` for the same stores.
    pub(crate) fn add(&mut self, other: &ReadCounts) {
        for ((_, counts), (_, other)) in self.connections.iter_mut().zip(&other.connections) {
            if let (Some(counts), Some(other)) = (counts, other) {
                counts.add(other);
            }
        }
    }

    /// Passes the counts to the stores and resets them.
    pub(crate) fn hand_over(&mut self, stores: &mut [&mut dyn WeightStore]) {
        for ((_, counts), store) in self.connections.iter_mut().zip(stores) {
            if let (Some(counts), Some(path)) = (counts, store.read_path_mut()) {
                path.count_reads(counts);
                counts.clear();
            }
        }
    }
}
