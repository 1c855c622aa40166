//! Why a device cannot hold a layer.

use ohmspike_crossbar::ArrayError;

use crate::chip_maps::WrongMap;

/// A layer that its device cannot hold.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum HardwareError {
    /// The array cannot be built.
    #[error(transparent)]
    Array(#[from] ArrayError),
    /// A map of the chip is not one of this array.
    #[error(transparent)]
    Map(#[from] WrongMap),
}
