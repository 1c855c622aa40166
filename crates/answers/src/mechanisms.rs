//! The active mechanisms of a study, and the same study with some of them disabled.
//!
//! A mechanism is disabled by leaving its keys out of the device file, so what remains is an ordinary device: the trial
//! is named by it, and every other mechanism keeps its random stream.

use std::path::Path;
use std::sync::Arc;

use ohmspike_crossbar::device::{Device, WriteNoise};
use ohmspike_snn::connection::Connection;
use ohmspike_study::prepare::PrepareError;
use ohmspike_study::settings::{Settings, connection_name};
use ohmspike_study::{device_file, mechanism};
use serde_json::{Map, Value};
use thiserror::Error;

pub use ohmspike_study::mechanism::Mechanism;

/// Why a device cannot be taken apart.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum MechanismsError {
    /// The connections have different devices.
    #[error(
        "hardware.device: expected one device for all weights, got {}\n\n\
         hint: set the same device for every layer", names.join(", ")
    )]
    SeveralDevices {
        /// Connections with their devices.
        names: Vec<String>,
    },
    /// The device cannot be loaded.
    #[error(transparent)]
    Device(#[from] PrepareError),
}

/// A study and its active mechanisms.
#[derive(Clone, Debug)]
pub struct Mechanisms {
    settings: Arc<Settings>,
    /// JSON of the device with the keys of the study; none for digital weights.
    device: Option<Value>,
    active: Vec<Mechanism>,
}

impl Mechanisms {
    /// Finds the mechanisms that are active in trials with these settings. Relative paths of devices are looked up in
    /// the working directory, then in `folder`.
    ///
    /// # Errors
    /// Returns an error if the device cannot be loaded or the connections have different devices.
    pub fn new(settings: Arc<Settings>, folder: &Path) -> Result<Mechanisms, MechanismsError> {
        let named = |connection: Connection| settings.device_of(connection);
        let connections = settings.connections();
        let first = named(connections[0]);
        if connections.iter().any(|connection| named(*connection) != first) {
            let name = |connection: &Connection| {
                format!("{}: `{}`", connection_name(*connection), named(*connection).unwrap_or("none".to_owned()))
            };
            return Err(MechanismsError::SeveralDevices { names: connections.iter().map(name).collect() });
        }
        let device = first.map(|name| device_file::with_keys(&name, &settings.device, folder)).transpose()?;
        let mut mechanisms = Mechanisms { settings, device, active: Vec::new() };
        mechanisms.active = Mechanism::ALL.into_iter().filter(|mechanism| mechanisms.acts(*mechanism)).collect();
        Ok(mechanisms)
    }

    /// Returns the active mechanisms.
    pub fn active(&self) -> &[Mechanism] {
        &self.active
    }

    /// Returns the settings of the study.
    pub fn settings(&self) -> &Arc<Settings> {
        &self.settings
    }

    /// Returns whether trials depend on the mechanism.
    fn acts(&self, mechanism: Mechanism) -> bool {
        let Some(device) = &self.device else {
            return mechanism == Mechanism::WriteNoise && self.settings.noise.level_percent > 0.0;
        };
        let (with, without) = (parsed(device), parsed(&mechanism::without(device, &[mechanism])));
        let maps = mechanism == Mechanism::Faults && !fault_maps(&self.settings).is_empty();
        let unused = mechanism == Mechanism::WriteNoise && !self.writes_with_noise(with.as_ref());
        (with != without || maps) && !unused
    }

    /// Returns whether the write noise of the device is above zero.
    fn writes_with_noise(&self, device: Option<&Device>) -> bool {
        let Some(device) = device else { return true };
        let from_study = device.write.noise == WriteNoise::FromStudy;
        let cycles = device.write.pulses().is_some_and(|pulses| pulses.cycle_sigma != [0.0, 0.0]);
        let scale = self.settings.hardware.write_spread_scale;
        match from_study {
            true => self.settings.noise.level_percent > 0.0,
            false => (device.write.noise != WriteNoise::None && scale > 0.0) || cycles,
        }
    }

    /// Returns the settings of the study with only the mechanisms `enabled`.
    pub fn only(&self, enabled: &[Mechanism]) -> Arc<Settings> {
        let disabled: Vec<Mechanism> =
            self.active.iter().copied().filter(|mechanism| !enabled.contains(mechanism)).collect();
        self.without(&disabled)
    }

    /// Returns the settings of the study without the mechanisms `disabled`.
    pub fn without(&self, disabled: &[Mechanism]) -> Arc<Settings> {
        if disabled.is_empty() {
            return Arc::clone(&self.settings);
        }
        let mut settings = Settings::clone(&self.settings);
        if disabled.contains(&Mechanism::WriteNoise) {
            settings.noise.level_percent = 0.0;
        }
        if disabled.contains(&Mechanism::Faults) {
            settings.layers.iter_mut().for_each(|layer| layer.fault_map.clear());
            settings.readout.fault_map.clear();
        }
        if let Some(device) = &self.device {
            let kept = mechanism::without(device, disabled);
            let sections = disabled.iter().flat_map(|mechanism| mechanism.keys());
            for section in sections.filter_map(|key| key.split('.').next()) {
                let inside = format!("{section}.");
                settings.device.retain(|key, _| key != section && !key.starts_with(&inside));
                let content = kept.get(section).cloned().unwrap_or_else(|| Value::Object(Map::new()));
                settings.device.insert(section.to_owned(), content);
            }
        }
        Arc::new(settings)
    }
}

fn parsed(device: &Value) -> Option<Device> {
    Device::from_json(&device.to_string()).ok()
}

fn fault_maps(settings: &Settings) -> Vec<&str> {
    let maps = settings.connections().into_iter().map(|connection| settings.maps_of(connection)[0]);
    // Borrowed from the settings, which outlive the list.
    maps.filter(|map| !map.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use ohmspike_crossbar::device::BUILT_IN;

    use super::*;

    fn mechanisms(device: &str, change: impl FnOnce(&mut Settings)) -> Mechanisms {
        let mut settings = Settings::default();
        settings.hardware.device = device.to_owned();
        change(&mut settings);
        Mechanisms::new(Arc::new(settings), Path::new(".")).expect("a valid device")
    }

    #[test]
    fn every_subset_of_every_built_in_device_is_a_valid_device() {
        for (name, _) in BUILT_IN {
            let mechanisms = mechanisms(name, |_| ());
            let active = mechanisms.active();
            for set in 0..1u32 << active.len() {
                let enabled: Vec<Mechanism> =
                    active.iter().enumerate().filter(|(bit, _)| set & (1 << bit) != 0).map(|(_, one)| *one).collect();
                let settings = mechanisms.only(&enabled);
                let again = Mechanisms::new(Arc::clone(&settings), Path::new("."));
                let again = again.unwrap_or_else(|error| panic!("{name} with {enabled:?}: {error}"));
                // Pulses carry their noise with them, and a mechanism can be without effect when another is disabled.
                assert!(again.active().iter().all(|one| enabled.contains(one)), "{name}: {enabled:?}");
                settings.check().expect("valid settings");
                assert!(!settings.resolved().keys().is_empty());
            }
        }
    }

    #[test]
    fn finds_the_active_mechanisms() {
        assert_eq!(mechanisms("ideal", |_| ()).active(), []);
        assert_eq!(
            mechanisms("cmo-hfox-falcone-2025", |_| ()).active(),
            [Mechanism::WriteNoise, Mechanism::Drift, Mechanism::ReadNoise]
        );
        assert_eq!(mechanisms("study-1k-1m", |_| ()).active(), []);
        assert_eq!(
            mechanisms("study-1k-1m", |settings| settings.noise.level_percent = 10.0).active(),
            [Mechanism::WriteNoise]
        );
        assert_eq!(
            mechanisms("none", |settings| settings.noise.level_percent = 10.0).active(),
            [Mechanism::WriteNoise]
        );
        let without_noise = mechanisms("cmo-hfox-falcone-2025", |settings| settings.hardware.write_spread_scale = 0.0);
        assert_eq!(without_noise.active(), [Mechanism::Drift, Mechanism::ReadNoise]);
        let faulty = mechanisms("ideal", |settings| _ = settings.device.insert("faults.p_dead_row".into(), 0.1.into()));
        assert_eq!(faulty.active(), [Mechanism::Faults]);
        assert!(faulty.only(&[]).device["faults"].as_object().is_some_and(Map::is_empty));
    }

    #[test]
    fn keeps_the_settings_of_the_whole_device() {
        let all = mechanisms("pcm-joshi-2020", |_| ());
        assert!(Arc::ptr_eq(&all.only(all.active()), all.settings()));
    }

    #[test]
    fn rejects_several_devices() {
        let mut settings = Settings::default();
        settings.hardware.device = "ideal".to_owned();
        settings.readout.device = Some("study-1k-1m".to_owned());
        let error = Mechanisms::new(Arc::new(settings), Path::new(".")).expect_err("two devices");
        assert_eq!(
            error.to_string(),
            "hardware.device: expected one device for all weights, got hidden-1: `ideal`, readout: `study-1k-1m`\n\n\
             hint: set the same device for every layer"
        );
    }
}
