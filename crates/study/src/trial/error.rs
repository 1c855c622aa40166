//! Errors that keep a trial from starting or resuming.

use ohmspike_snn::hardware::WrongLayerState;
use ohmspike_snn::network::NetworkError;

use crate::hardware::HardwareError;

/// Why a trial cannot start.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrialError {
    /// Invalid network.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The device cannot hold the initial weights, or a map does not fit its array.
    #[error(transparent)]
    Hardware(#[from] HardwareError),
    /// The training set is smaller than a batch.
    #[error(
        "training.batch: expected at most {samples}, the number of training samples, got {batch}\n\n\
         hint: training skips an incomplete last batch, so choose a size that divides {samples}"
    )]
    Batch {
        /// Samples per batch.
        batch: usize,
        /// Training samples.
        samples: usize,
    },
    /// The trial cannot resume from its state.
    #[error(transparent)]
    State(#[from] WrongTrialState),
}

/// A state that does not belong to this trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongTrialState {
    /// A state with other layers.
    #[error(transparent)]
    Layer(#[from] WrongLayerState),
    /// A state with another number of layers.
    #[error("state: expected {expected} weight matrices, got {found}")]
    Count {
        /// Weight matrices of the trial.
        expected: usize,
        /// Weight matrices of the state.
        found: usize,
    },
    /// A state without remaining epochs.
    #[error("state: expected fewer than {epochs} finished epochs, got {done}")]
    Ended {
        /// Epochs of the trial.
        epochs: usize,
        /// Finished epochs of the state.
        done: usize,
    },
}
