//! A device whose numbers have been checked.

use serde::Deserialize;

use super::converters::Converters;
use super::device_to_device::DeviceToDevice;
use super::drift::Drift;
use super::energy::Energy;
use super::faults::Faults;
use super::levels::Levels;
use super::parse;
use super::provenance::Provenance;
use super::read::Read;
use super::reference_branch::ReferenceBranch;
use super::refusal::DeviceError;
use super::spec::DeviceSpec;
use super::write::Write;
use crate::window::ConductanceWindow;

/// A cell whose numbers have been checked.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "DeviceSpec")]
pub struct Device {
    /// Name of the device.
    pub name: String,
    /// What the device is and what the file is meant for.
    pub description: String,
    /// Conductances that a cell can have.
    pub window: ConductanceWindow,
    /// Spreads from cell to cell, drawn once a chip.
    pub device_to_device: DeviceToDevice,
    /// What a write leaves.
    pub write: Write,
    /// What a write becomes with time.
    pub drift: Drift,
    /// What a read returns.
    pub read: Read,
    /// The branch of a pair that is never written: its reference.
    pub reference_branch: ReferenceBranch,
    /// Conductances that a write can aim at.
    pub levels: Levels,
    /// How often cells and lines are faulty.
    pub faults: Faults,
    /// Tiles, row drivers and column converters.
    pub converters: Converters,
    /// Energy and area, as far as they are known.
    pub energy: Energy,
    /// Where the numbers come from.
    pub provenance: Vec<Provenance>,
}

impl Device {
    /// The device in the text of a device file.
    ///
    /// # Errors
    /// [`DeviceError`]: not JSON, a key or word that is not known, a value that a device cannot have.
    pub fn from_json(text: &str) -> Result<Device, DeviceError> {
        Ok(Device::try_from(parse::spec(text)?)?)
    }
}
