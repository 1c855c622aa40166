//! Why a trial cannot start, or not go on.

use ohmspike_snn::hardware::WrongLayerState;
use ohmspike_snn::network::NetworkError;

use crate::hardware::HardwareError;

/// A trial that could not start.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrialError {
    /// The network cannot be.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The device cannot hold the first weights, or a map is not one of its arrays.
    #[error(transparent)]
    Hardware(#[from] HardwareError),
    /// The training set does not fill a batch.
    #[error(
        "training.batch: must be at most {samples}, the number of training samples, got {batch}\n\n\
         hint: training leaves out the incomplete last batch of every epoch; a batch that divides {samples} leaves out none"
    )]
    Batch {
        /// Samples a batch.
        batch: usize,
        /// Training samples there are.
        samples: usize,
    },
    /// The trial cannot go on from there.
    #[error(transparent)]
    State(#[from] WrongTrialState),
}

/// A state from which this trial cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongTrialState {
    /// That of other layers.
    #[error(transparent)]
    Layer(#[from] WrongLayerState),
    /// That of another number of layers.
    #[error("state: must be one of {expected} matrices of weights, got {found}")]
    Count {
        /// Matrices of the trial.
        expected: usize,
        /// Those of the state.
        found: usize,
    },
    /// Nothing is left to go on with.
    #[error("state: must be one before the last of {epochs} epochs, got one after {done}")]
    Ended {
        /// Epochs of the trial.
        epochs: usize,
        /// Epochs of the state.
        done: usize,
    },
}
