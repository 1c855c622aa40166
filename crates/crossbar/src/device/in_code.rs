//! Builds a device in code instead of a file.

use super::DeviceSpec;
use crate::window::WindowSpec;

impl DeviceSpec {
    /// Creates the spec of a device `name` with a window from `low_ohm` to `high_ohm` and all mechanisms disabled.
    ///
    /// ```
    /// use ohmspike_crossbar::device::{Device, DeviceSpec, WriteNoiseKind, WriteSpec};
    ///
    /// let noise = WriteNoiseKind::Relative;
    /// let write = WriteSpec { noise, sigma_percent_of_conductance: Some(2.0), ..WriteSpec::default() };
    /// let device = Device::try_from(DeviceSpec { write, ..DeviceSpec::new("a switch", 1e3, 1e6) })?;
    /// assert_eq!(device.window.high(), 1000.0);
    /// # Ok::<(), ohmspike_crossbar::device::SpecError>(())
    /// ```
    pub fn new(name: &str, low_ohm: f64, high_ohm: f64) -> DeviceSpec {
        DeviceSpec {
            schema: None,
            name: name.to_owned(),
            description: String::new(),
            window: WindowSpec { low_resistance_ohm: low_ohm, high_resistance_ohm: high_ohm },
            device_to_device: Default::default(),
            write: Default::default(),
            drift: Default::default(),
            read: Default::default(),
            reference_branch: Default::default(),
            levels: Default::default(),
            faults: Default::default(),
            converters: Default::default(),
            wires: Default::default(),
            energy: Default::default(),
            provenance: Vec::new(),
        }
    }

    /// Returns the text of its device file.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a spec serializes to JSON")
    }
}
