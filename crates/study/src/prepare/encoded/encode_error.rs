//! Why a data set cannot be encoded.

use ohmspike_datasets::{LoadError, StoredError};
use ohmspike_snn::spikes::SpikesError;

use super::PrepareError;
use crate::spike_cache::WriteError;

/// Why a data set cannot be encoded.
#[derive(Debug, thiserror::Error)]
pub(super) enum EncodeError {
    #[error(transparent)]
    Data(#[from] LoadError),
    #[error(transparent)]
    Spikes(#[from] SpikesError),
    /// A file of encoded spikes cannot be written.
    #[error(transparent)]
    System(#[from] std::io::Error),
}

impl From<StoredError> for EncodeError {
    fn from(error: StoredError) -> EncodeError {
        EncodeError::Data(error.into())
    }
}

impl From<WriteError> for EncodeError {
    fn from(error: WriteError) -> EncodeError {
        match error {
            WriteError::System(error) => EncodeError::System(error),
            WriteError::Spikes(error) => EncodeError::Spikes(error),
        }
    }
}

impl From<EncodeError> for PrepareError {
    fn from(error: EncodeError) -> PrepareError {
        match error {
            EncodeError::Data(error) => error.into(),
            EncodeError::Spikes(error) => error.into(),
            EncodeError::System(_) => unreachable!("spikes in memory are not written"),
        }
    }
}
