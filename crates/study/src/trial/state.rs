//! A trial between two epochs: what it takes to go on from there later, with the same bits.
//!
//! All randomness is named by epoch and batch, so that no generator has a state. What is left are the epochs so far, what
//! they did to the cells, and what they changed in all weights; everything else is made anew from the settings and the seed.

use ohmspike_crossbar::WriteReport;
use serde::{Deserialize, Serialize};

use super::{Epoch, Evaluation, Layers, WrongTrialState};
use ohmspike_snn::hardware::{HardwareUse, LayerState, LayerWeights};

/// A trial after some of its epochs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrialState {
    /// The untrained network.
    pub before: Evaluation,
    /// The epochs so far.
    pub epochs: Vec<Epoch>,
    /// What all updates did to the cells, one entry a connection.
    pub writes: Vec<WriteReport>,
    /// What the arrays have cost, likewise.
    pub used: Vec<HardwareUse>,
    /// What training and tests have changed in the weights, likewise.
    pub layers: Vec<LayerState>,
}

/// The moment at which a trial has ended an epoch.
pub struct EpochEnd<'a> {
    /// The untrained network.
    pub(super) before: &'a Evaluation,
    /// The epochs so far, at least one.
    pub epochs: &'a [Epoch],
    pub(super) layers: &'a Layers,
}

impl EpochEnd<'_> {
    /// The epoch that has ended.
    pub fn epoch(&self) -> &Epoch {
        self.epochs.last().expect("one has ended")
    }

    /// What it takes to go on from here.
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
    /// Puts all weights where they stood in `state`, one of a trial of `epochs` epochs. Returns the untrained network and the
    /// epochs so far.
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
