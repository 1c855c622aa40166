//! A device, ready to hold weights.

use ohmspike_crossbar::device::Device;

use crate::chip_maps::ChipMaps;

/// A device as its file and the study describe it, with the maps of the chip where the study gives them.
#[derive(Clone, Debug)]
pub struct LoadedDevice {
    /// The checked model.
    pub device: Device,
    /// SHA-256 of what decides its behaviour, in hexadecimal: all keys but name, texts and provenance.
    pub sha256: String,
    /// Measured maps, by layer.
    pub maps: ChipMaps,
}

impl From<Device> for LoadedDevice {
    /// A device that came from no file, on a chip that was not measured.
    fn from(device: Device) -> LoadedDevice {
        LoadedDevice { device, sha256: String::new(), maps: ChipMaps::default() }
    }
}
