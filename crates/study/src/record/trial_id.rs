//! The name of a trial.

use ohmspike_snn::connection::Connection;

use super::{ARITHMETIC, Record};
use crate::chip_maps::of_connection;
use crate::prepare::{Devices, LoadedDevice};
use crate::settings::{Settings, connection_name};
use crate::sha256::sha256;

/// Returns the name of a trial: 16 hexadecimal digits of a hash of everything that decides its outcome.
pub fn trial_id(settings: &Settings, seed: u64, data_sha256: &str, devices: &Devices) -> String {
    // The content of a file counts, not its name. An absent device counts as empty content.
    let content = |device: Option<&LoadedDevice>| device.map_or_else(String::new, |device| device.sha256.clone());
    let maps = |connection: Connection| {
        let maps = devices.of(connection).map(|device| &device.maps);
        let of = |files| of_connection(files, connection).map_or_else(String::new, |map| map.sha256.clone());
        [
            maps.map_or_else(String::new, |maps| of(&maps.fault)),
            maps.map_or_else(String::new, |maps| of(&maps.conductance)),
        ]
    };
    let device = |connection: Connection| content(devices.of(connection));
    named(settings.resolved(), seed, data_sha256, content(devices.first()), device, maps)
}

/// Returns the name of the trial that `record` describes by its seed, settings, devices and data. None if it names maps,
/// since their content is not recorded, or if it lists no connections.
pub fn recorded_id(record: &Record) -> Option<String> {
    let connections = record.settings.connections();
    let has_maps = connections.iter().any(|connection| record.settings.maps_of(*connection) != [""; 2]);
    if has_maps || record.connections.is_empty() {
        return None;
    }
    let device = |connection: Connection| {
        let name = connection_name(connection);
        let known = record.connections.iter().find(|known| known.name == name);
        known.and_then(|known| known.device_sha256.clone()).unwrap_or_default()
    };
    let first = device(Connection::Feedforward(0));
    Some(named(record.settings.resolved(), record.seed, &record.data_sha256, first, device, |_| Default::default()))
}

/// Returns the name of the trial with `resolved` settings. `first` is the content of `hardware.device`; `device` and
/// `maps` give that of the device and of both maps of a connection.
fn named(
    mut resolved: Settings,
    seed: u64,
    data_sha256: &str,
    first: String,
    device: impl Fn(Connection) -> String,
    maps: impl Fn(Connection) -> [String; 2],
) -> String {
    resolved.hardware.device = first;
    resolved.readout.device = Some(device(Connection::Readout));
    [resolved.readout.fault_map, resolved.readout.conductance_map] = maps(Connection::Readout);
    for (number, layer) in resolved.layers.iter_mut().enumerate() {
        layer.device = Some(device(Connection::Feedforward(number)));
        [layer.fault_map, layer.conductance_map] = maps(Connection::Feedforward(number));
    }
    resolved.device.clear();
    let decides = serde_json::json!({
        "arithmetic": ARITHMETIC, "settings": resolved, "seed": seed, "data": data_sha256,
    });
    sha256(decides.to_string().as_bytes())[..16].to_owned()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use crate::prepare::Prepared;
    use crate::settings::LayerSettings;

    use super::*;

    fn id(settings: &Settings, folder: &Path) -> String {
        let prepared = Prepared::new([settings].into_iter(), folder).expect("a valid device and maps");
        trial_id(settings, 1, prepared.data_sha256(settings), &prepared.devices_of(settings))
    }

    #[test]
    fn the_content_of_device_and_maps_names_the_trial() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let write = |name: &str, text: String| fs::write(folder.path().join(name), text).expect("a writable folder");
        let mut settings = Settings::default();
        settings.hardware.device = "ideal".to_owned();
        let plain = id(&settings, folder.path());

        // An override with the value of the file keeps the device.
        settings.device.insert("window.low_resistance_ohm".to_owned(), 1000.into());
        assert_eq!(id(&settings, folder.path()), plain);
        settings.device.insert("window.low_resistance_ohm".to_owned(), 2000.into());
        assert_ne!(id(&settings, folder.path()), plain);
        settings.device.clear();

        // One cell in the row of the first pixel is stuck at low, or at high resistance.
        let map =
            |first: &str| format!("{first}{}\n", ",ok".repeat(99)) + &format!("ok{}\n", ",ok".repeat(99)).repeat(783);
        write("one.csv", map("low-resistance"));
        write("same.csv", map("low-resistance"));
        write("other.csv", map("high-resistance"));
        let mut with_map = |name: &str| {
            settings.layers = vec![LayerSettings { fault_map: name.to_owned(), ..LayerSettings::default() }];
            id(&settings, folder.path())
        };
        let one = with_map("one.csv");
        assert_ne!(one, plain);
        assert_eq!(with_map("same.csv"), one);
        assert_ne!(with_map("other.csv"), one);
    }

    #[test]
    fn stream_seeds_are_part_of_the_name() {
        let mut settings = Settings::default();
        let plain = id(&settings, Path::new("."));
        settings.seeds.chip = Some(1);
        assert_ne!(id(&settings, Path::new(".")), plain);
    }
}
