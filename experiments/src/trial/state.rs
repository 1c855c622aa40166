//! A trial between two epochs: what it takes to go on from there later, with the same bits.
//!
//! All randomness is named by epoch and batch, so that no generator has a state. What is left are the epochs so far, what
//! they did to the cells, and what they changed in both layers; everything else is made anew from the settings and the seed.

use serde::{Deserialize, Serialize};
use snn::weights::UpdateReport;

use super::{Epoch, Layers, Look};
use crate::hardware::{HardwareUse, LayerState, WrongLayerState};

/// A trial after some of its epochs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrialState {
    /// The untrained network.
    pub before: Look,
    /// The epochs so far.
    pub epochs: Vec<Epoch>,
    /// What all updates did to the cells of the hidden layer and of the readout.
    pub writes: [UpdateReport; 2],
    /// What the arrays of both layers have cost.
    pub used: [HardwareUse; 2],
    /// What training and tests have changed in both layers.
    pub layers: [LayerState; 2],
}

/// A state from which this trial cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongTrialState {
    /// That of other layers.
    #[error(transparent)]
    Layer(#[from] WrongLayerState),
    /// Nothing is left to go on with.
    #[error("state: must be one before the last of {epochs} epochs, got one after {done}")]
    Ended {
        /// Epochs of the trial.
        epochs: usize,
        /// Epochs of the state.
        done: usize,
    },
}

/// The moment at which a trial has ended an epoch.
pub struct EpochEnd<'a> {
    /// The untrained network.
    pub(super) before: &'a Look,
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
            writes: self.layers.writes,
            used: self.layers.used.clone(),
            layers: [self.layers.hidden.state(), self.layers.readout.state()],
        }
    }
}

impl Layers {
    /// Puts both layers where they stood in `state`, one of a trial of `epochs` epochs. Returns the untrained network and the
    /// epochs so far.
    pub(super) fn resume(&mut self, state: TrialState, epochs: usize) -> Result<(Look, Vec<Epoch>), WrongTrialState> {
        let TrialState { before, epochs: done, writes, used, layers: [hidden, readout] } = state;
        if done.len() >= epochs {
            return Err(WrongTrialState::Ended { epochs, done: done.len() });
        }
        self.hidden.restore(hidden)?;
        self.readout.restore(readout)?;
        (self.writes, self.used) = (writes, used);
        Ok((before, done))
    }
}
