//! How often the rows of all connections were read, for stores that account for it.

use crate::connection::Connection;
use crate::forward::Trace;
use crate::network::Network;
use crate::spikes::SpikeTrain;
use crate::weights::WeightStore;

/// Reads of all connections since they were last handed over, in their order. One whose store does not count has none and
/// costs nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReadCounts {
    connections: Vec<(Connection, Option<RowCounts>)>,
}

#[derive(Clone, Debug)]
struct RowCounts {
    /// Times that each row was driven: once a step in which it was active, k times for an input of k.
    rows: Vec<u32>,
    /// Steps in which any row was.
    steps: u64,
}

impl ReadCounts {
    /// Counters of zero for the connections whose stores count.
    pub(crate) fn new(network: &Network, stores: &[&mut dyn WeightStore]) -> ReadCounts {
        let counts = |(connection, store): (Connection, &&mut dyn WeightStore)| {
            let (rows, _) = network.shape(connection);
            (connection, store.read_path().is_some().then(|| RowCounts { rows: vec![0; rows], steps: 0 }))
        };
        ReadCounts { connections: network.connections().zip(stores).map(counts).collect() }
    }

    /// Counts one sample, `input`, which left `trace`.
    pub(crate) fn count(&mut self, input: SpikeTrain, trace: &Trace) {
        for (connection, counts) in &mut self.connections {
            let Some(counts) = counts else { continue };
            counts.count(match *connection {
                Connection::Feedforward(0) => input,
                Connection::Feedforward(layer) => trace.hidden[layer - 1].spikes(),
                Connection::Recurrent(layer) => trace.hidden[layer].spikes(),
                Connection::Readout => trace.last_hidden().spikes(),
            });
        }
    }

    /// Adds what `other` has counted of the same stores.
    pub(crate) fn add(&mut self, other: &ReadCounts) {
        for ((_, counts), (_, other)) in self.connections.iter_mut().zip(&other.connections) {
            if let (Some(counts), Some(other)) = (counts, other) {
                counts.rows.iter_mut().zip(&other.rows).for_each(|(sum, reads)| *sum += reads);
                counts.steps += other.steps;
            }
        }
    }

    /// Hands the counts to their stores and starts again from zero.
    pub(crate) fn hand_over(&mut self, stores: &mut [&mut dyn WeightStore]) {
        for ((_, counts), store) in self.connections.iter_mut().zip(stores) {
            if let (Some(counts), Some(path)) = (counts, store.read_path_mut()) {
                path.count_reads(&counts.rows, counts.steps);
                counts.rows.fill(0);
                counts.steps = 0;
            }
        }
    }
}

impl RowCounts {
    /// Counts the rows that were active, and the steps in which any was.
    fn count(&mut self, spikes: SpikeTrain) {
        spikes.all().iter().for_each(|&row| self.rows[usize::from(row)] += 1);
        self.steps += spikes.active_steps() as u64;
    }
}
