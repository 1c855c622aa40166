//! Warnings about a device without a study.

use ohmspike_crossbar::device::Device;
use ohmspike_snn::connection::Connection;

use super::{Warning, warnings};
use crate::auto::advised_weight_at_gmax;
use crate::prepare::LoadedDevice;
use crate::settings::Settings;

/// Rows and columns of both connections. No warning about a device without maps depends on them.
const SHAPE: (usize, usize) = (1, 1);

/// Returns the warnings that a study with default settings and automatic weight at Gmax prints about `device`.
pub fn device_warnings(device: &Device) -> Vec<Warning> {
    let mut settings = Settings::default();
    settings.hardware.weight_at_gmax = advised_weight_at_gmax(&settings, Connection::Feedforward(0));
    let loaded = LoadedDevice::from(device.clone());
    let shapes = [Connection::Feedforward(0), Connection::Readout].map(|connection| (connection, SHAPE));
    warnings(&settings, &Some(&loaded).into(), &shapes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(sections: &str) -> Device {
        let window = r#""window": { "low_resistance_ohm": 10000, "high_resistance_ohm": 100000 }"#;
        Device::from_json(&format!(r#"{{ "name": "x", {window}, {sections} }}"#)).expect("a device")
    }

    #[test]
    fn a_device_is_warned_about_as_in_a_study() {
        assert_eq!(device_warnings(&device(r#""read": { "volts": 0.1 }"#)), []);
        let noise = r#""write": { "noise": "constant", "sigma_microsiemens": 0.01 }"#;
        let levels = device(&format!(r#"{noise}, "levels": {{ "count": 8, "spacing": "conductance" }}"#));
        let told = device_warnings(&levels);
        assert!(matches!(told[..], [Warning::Levels(_)]), "{told:?}");
    }
}
