//! Counts the reads of the rows of all connections, for stores that track their usage.

use crate::connection::Connection;
use crate::forward::Trace;
use crate::network::Network;
use crate::spikes::SpikeTrain;
use crate::weights::WeightStore;

/// Reads of all connections since the last hand-over, in order. Connections without usage tracking have no counters and
/// no cost.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReadCounts {
    connections: Vec<(Connection, Option<RowCounts>)>,
}

#[derive(Clone, Debug)]
struct RowCounts {
    /// Times that each row was driven: once per active step, k times for an input of k.
    rows: Vec<u32>,
    /// Steps with at least one active row.
    steps: u64,
}

impl ReadCounts {
    /// Creates zero counters for the connections that track their usage.
    pub(crate) fn new(network: &Network, stores: &[&mut dyn WeightStore]) -> ReadCounts {
        let counts = |(connection, store): (Connection, &&mut dyn WeightStore)| {
            let (rows, _) = network.shape(connection);
            (connection, store.read_path().is_some().then(|| RowCounts { rows: vec![0; rows], steps: 0 }))
        };
        ReadCounts { connections: network.connections().zip(stores).map(counts).collect() }
    }

    /// Counts the reads of one sample with this `input` and `trace`.
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

    /// Adds the counts of `other` for the same stores.
    pub(crate) fn add(&mut self, other: &ReadCounts) {
        for ((_, counts), (_, other)) in self.connections.iter_mut().zip(&other.connections) {
            if let (Some(counts), Some(other)) = (counts, other) {
                counts.rows.iter_mut().zip(&other.rows).for_each(|(sum, reads)| *sum += reads);
                counts.steps += other.steps;
            }
        }
    }

    /// Passes the counts to the stores and resets them.
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
    /// Counts the active rows, and the steps with at least one.
    fn count(&mut self, spikes: SpikeTrain) {
        spikes.all().iter().for_each(|&row| self.rows[usize::from(row)] += 1);
        self.steps += spikes.active_steps() as u64;
    }
}
