//! The fitted device file: only the sections that the data determine.

use ohmspike_crossbar::WindowSpec;
use ohmspike_crossbar::device::{Device, DeviceToDeviceSpec, DriftSpec, FaultsSpec, Provenance, ReadSpec, WriteSpec};
use serde::Serialize;

use crate::error::FitError;
use crate::likely_window::unlikely_window;
use crate::rounded;

/// A device file without the sections that a fit does not determine.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct DeviceFile {
    pub name: String,
    pub description: String,
    pub window: WindowSpec,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_to_device: Option<DeviceToDeviceSpec>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub write: Option<WriteSpec>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drift: Option<DriftSpec>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read: Option<ReadSpec>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub faults: Option<FaultsSpec>,
    pub provenance: Vec<Provenance>,
}

impl DeviceFile {
    /// Creates a file with a window and nothing else; resistances in ohm.
    pub(crate) fn new(name: &str, window: WindowSpec) -> DeviceFile {
        DeviceFile {
            name: name.to_owned(),
            description: String::new(),
            window,
            device_to_device: None,
            write: None,
            drift: None,
            read: None,
            faults: None,
            provenance: Vec::new(),
        }
    }

    /// Returns the JSON text, with numbers of six significant digits.
    pub(crate) fn json(&self) -> String {
        rounded::json(self).expect("device files consist of text and finite numbers")
    }

    /// Returns the device of the file.
    ///
    /// # Errors
    /// [`FitError::Device`] if a fitted number is not allowed in a device file.
    pub(crate) fn device(&self) -> Result<Device, FitError> {
        let conductances = (1e6 / self.window.high_resistance_ohm, 1e6 / self.window.low_resistance_ohm);
        // Numbers in another unit are more likely than a law that does not suit the cells.
        let unit = || unlikely_window(conductances).map(|[problem, advice]| format!("{advice}: {problem}"));
        let hint = || unit().unwrap_or_else(|| "fit only some mechanisms, or choose another law".to_owned());
        Device::from_json(&self.json()).map_err(|error| FitError::Device { error: Box::new(error), hint: hint() })
    }
}
