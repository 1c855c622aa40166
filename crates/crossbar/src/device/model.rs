//! A device with checked numbers.

use serde::Deserialize;

use super::converters::Converters;
use super::device_error::DeviceError;
use super::device_to_device::DeviceToDevice;
use super::drift::Drift;
use super::energy::Energy;
use super::faults::Faults;
use super::levels::Levels;
use super::parse;
use super::position::position;
use super::provenance::Provenance;
use super::read::Read;
use super::reference_branch::ReferenceBranch;
use super::spec::DeviceSpec;
use super::wires::ArrayWires;
use super::write::Write;
use crate::window::ConductanceWindow;

/// A memristive cell with checked numbers.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "DeviceSpec")]
pub struct Device {
    /// Name of the device.
    pub name: String,
    /// Description of the device and its intended use.
    pub description: String,
    /// Conductance window of every cell.
    pub window: ConductanceWindow,
    /// Device-to-device variation, drawn once per chip.
    pub device_to_device: DeviceToDevice,
    /// Write noise, written cells and write scheme.
    pub write: Write,
    /// Change of the conductance with the time since the write.
    pub drift: Drift,
    /// Read noise, read voltage and I-V nonlinearity.
    pub read: Read,
    /// Reference branch of a one-branch pair, which is never written.
    pub reference_branch: ReferenceBranch,
    /// Discrete programming levels.
    pub levels: Levels,
    /// Probabilities of stuck cells and dead lines.
    pub faults: Faults,
    /// Tiles, row drivers and column converters.
    pub converters: Converters,
    /// Resistance of lines, drivers and sense amplifiers, if any.
    pub wires: Option<ArrayWires>,
    /// Energy and area; quantities that the file does not set are unknown.
    pub energy: Energy,
    /// Sources of the numbers.
    pub provenance: Vec<Provenance>,
}

impl Device {
    /// Reads a device from the text of a device file.
    ///
    /// # Errors
    /// Returns an error if the text is not JSON, has an unknown key or word, or has a value that is not allowed.
    pub fn from_json(text: &str) -> Result<Device, DeviceError> {
        // Some editors start a file with a byte order mark.
        let text = text.trim_start_matches('\u{feff}');
        Device::try_from(parse::spec(text)?).map_err(|refused| {
            let position = position(text, &refused.key);
            DeviceError { position, problem: refused.into() }
        })
    }
}
