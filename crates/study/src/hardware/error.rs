//! Errors that keep a device from holding a layer.

use ohmspike_crossbar::ArrayError;

use crate::chip_maps::WrongMap;

/// Why a device cannot hold a layer.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum HardwareError {
    /// The array cannot be built.
    #[error(transparent)]
    Array(#[from] ArrayError),
    /// A map does not fit this array.
    #[error(transparent)]
    Map(#[from] WrongMap),
}
