//! The state of a trial between two epochs, from which it resumes with bit-identical results.
//!
//! All random streams are named by epoch and batch, so no generator has a state. The state holds the epochs so far, the
//! writes and usage, and the changes of all weights. Everything else follows from settings and seed.

use ohmspike_crossbar::WriteReport;
use ohmspike_snn::hardware::{HardwareUse, LayerState, LayerWeights};
use serde::{Deserialize, Serialize};

use super::{Epoch, Evaluation, Layers, WrongTrialState};

/// The state of a trial after some of its epochs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrialState {
    /// Evaluation of the untrained network.
    pub before: Evaluation,
    /// The epochs so far.
    pub epochs: Vec<Epoch>,
    /// What all updates did to the cells, per connection.
    pub writes: Vec<WriteReport>,
    /// Hardware usage, per connection.
    pub used: Vec<HardwareUse>,
    /// Changes of the weights by training and tests, per connection.
    pub layers: Vec<LayerState>,
}

/// A trial at the end of an epoch, or an untrained network.
pub struct EpochEnd<'a> {
    /// Evaluation of the untrained network.
    pub(super) before: &'a Evaluation,
    /// The epochs so far.
    pub epochs: &'a [Epoch],
    pub(super) layers: &'a Layers,
}

impl EpochEnd<'_> {
    /// Returns the epoch that just ended; none for an untrained network.
    pub fn epoch(&self) -> Option<&Epoch> {
        self.epochs.last()
    }

    /// Returns the weights, per connection. Cells are in their state right after the last write.
    pub fn weights(&self) -> &[LayerWeights] {
        &self.layers.weights
    }

    /// Returns the state from which the trial can resume.
    pub fn state(&self) -> TrialState {
        TrialState {
            before: self.before.clone(),
            epochs: self.epochs.to_vec(),
            writes: self.layers.writes.clone(),
            used: self.layers.used.clone(),
            layers: self.layers.weights.iter().map(LayerWeights::state).collect(),
        }
    }
}

impl Layers {
    /// Restores the weights of `state`, which belongs to a trial of `epochs` epochs. Returns the evaluation of the
    /// untrained network and the epochs so far.
    pub(super) fn resume(
        &mut self,
        state: TrialState,
        epochs: usize,
    ) -> Result<(Evaluation, Vec<Epoch>), WrongTrialState> {
        let TrialState { before, epochs: done, writes, used, layers } = state;
        if done.len() >= epochs {
            return Err(WrongTrialState::Ended { epochs, done: done.len() });
        }
        let (expected, found) = (self.weights.len(), layers.len().min(writes.len()).min(used.len()));
        if found != expected || layers.len() != expected {
            return Err(WrongTrialState::Count { expected, found });
        }
        for (weights, state) in self.weights.iter_mut().zip(layers) {
            weights.restore(state)?;
        }
        (self.writes, self.used) = (writes, used);
        Ok((before, done))
    }
}
