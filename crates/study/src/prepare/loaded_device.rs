//! A device that is ready to hold weights.

use ohmspike_crossbar::device::Device;

use crate::chip_maps::ChipMaps;

/// A device with the keys of the study applied, and the maps of a measured chip if the study names any.
#[derive(Clone, Debug)]
pub struct LoadedDevice {
    /// The checked model.
    pub device: Device,
    /// SHA-256 of everything that decides the behaviour, in hexadecimal: all keys except name, descriptions and
    /// provenance.
    pub sha256: String,
    /// Measured maps by layer.
    pub maps: ChipMaps,
}

impl From<Device> for LoadedDevice {
    /// Wraps a device that does not come from a file, without measured maps.
    fn from(device: Device) -> LoadedDevice {
        LoadedDevice { device, sha256: String::new(), maps: ChipMaps::default() }
    }
}
