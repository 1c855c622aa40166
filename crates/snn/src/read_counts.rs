//! How often the rows of both layers were read, for stores that account for it.

use crate::forward::Trace;
use crate::network::Network;
use crate::spikes::SpikeTrain;
use crate::weights::WeightStore;

/// Reads of both layers since they were last handed over. A layer whose store does not count has none and costs nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReadCounts {
    hidden: Option<LayerCounts>,
    readout: Option<LayerCounts>,
}

#[derive(Clone, Debug)]
struct LayerCounts {
    /// Steps in which each row was active.
    rows: Vec<u32>,
    /// Steps in which any row was.
    steps: u64,
}

impl ReadCounts {
    /// Counters of zero for the layers whose stores count.
    pub(crate) fn new(network: &Network, hidden: &dyn WeightStore, readout: &dyn WeightStore) -> ReadCounts {
        let counts =
            |store: &dyn WeightStore, rows| store.counts_reads().then(|| LayerCounts { rows: vec![0; rows], steps: 0 });
        ReadCounts { hidden: counts(hidden, network.inputs), readout: counts(readout, network.hidden) }
    }

    /// Counts one sample: `input` drove the hidden layer's rows, the hidden spikes of `trace` the readout's.
    pub(crate) fn count(&mut self, input: SpikeTrain, trace: &Trace) {
        if let Some(hidden) = &mut self.hidden {
            hidden.count(input.all(), input.active_steps());
        }
        if let Some(readout) = &mut self.readout {
            readout.count(trace.all_hidden_spikes(), trace.active_steps());
        }
    }

    /// Adds what `other` has counted of the same stores.
    pub(crate) fn add(&mut self, other: &ReadCounts) {
        for (counts, other) in [(&mut self.hidden, &other.hidden), (&mut self.readout, &other.readout)] {
            if let (Some(counts), Some(other)) = (counts, other) {
                counts.rows.iter_mut().zip(&other.rows).for_each(|(sum, reads)| *sum += reads);
                counts.steps += other.steps;
            }
        }
    }

    /// Hands the counts to their stores and starts again from zero.
    pub(crate) fn hand_over(&mut self, hidden: &mut dyn WeightStore, readout: &mut dyn WeightStore) {
        if let Some(counts) = &mut self.hidden {
            counts.hand_over(hidden);
        }
        if let Some(counts) = &mut self.readout {
            counts.hand_over(readout);
        }
    }
}

impl LayerCounts {
    /// Counts the rows that were `active`, in so many `steps` in which any was.
    fn count(&mut self, active: &[u16], steps: usize) {
        active.iter().for_each(|&row| self.rows[usize::from(row)] += 1);
        self.steps += steps as u64;
    }

    fn hand_over(&mut self, store: &mut dyn WeightStore) {
        store.count_reads(&self.rows, self.steps);
        self.rows.fill(0);
        self.steps = 0;
    }
}
