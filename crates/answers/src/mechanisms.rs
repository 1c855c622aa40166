//! The mechanisms of a device, and the same study with some of them disabled.
//!
//! A mechanism is disabled by leaving its keys out of the device file, so what remains is an ordinary device: the trial
//! is named by it, and every other mechanism keeps its random stream.

use std::fmt::{self, Display, Formatter};
use std::path::Path;
use std::sync::Arc;

use ohmspike_crossbar::device::{Device, WriteNoise};
use ohmspike_snn::connection::Connection;
use ohmspike_study::device_file;
use ohmspike_study::prepare::PrepareError;
use ohmspike_study::settings::{Settings, connection_name};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use thiserror::Error;

/// A non-ideality that can be disabled by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Mechanism {
    /// Random error of every write, including pulse-to-pulse noise and the noise that the study sets.
    WriteNoise,
    /// Pulses of finite size and nonlinear effect, or program-and-verify; without it, a write reaches its target.
    WriteScheme,
    /// Discrete conductance levels.
    Levels,
    /// Relaxation after a write, and drift until the test.
    Drift,
    /// White read noise.
    ReadNoise,
    /// Random telegraph noise (RTN).
    TelegraphNoise,
    /// Nonlinear current-voltage curves.
    Nonlinearity,
    /// Device-to-device variation.
    DeviceToDevice,
    /// Variation of the reference cells.
    ReferenceCells,
    /// Stuck cells and dead lines, drawn or from a map.
    Faults,
    /// Column converters (ADCs).
    Adc,
    /// Row drivers (DACs).
    Dac,
    /// Resistance of lines, drivers and sense amplifiers.
    Wires,
}

impl Mechanism {
    /// All mechanisms, in the order in which a weight meets them.
    pub const ALL: [Mechanism; 13] = [
        Mechanism::WriteNoise,
        Mechanism::WriteScheme,
        Mechanism::Levels,
        Mechanism::Faults,
        Mechanism::DeviceToDevice,
        Mechanism::ReferenceCells,
        Mechanism::Drift,
        Mechanism::Nonlinearity,
        Mechanism::ReadNoise,
        Mechanism::TelegraphNoise,
        Mechanism::Dac,
        Mechanism::Wires,
        Mechanism::Adc,
    ];

    /// Returns the name of the mechanism, for tables and figures.
    pub fn words(self) -> &'static str {
        match self {
            Mechanism::WriteNoise => "write noise",
            Mechanism::WriteScheme => "write scheme",
            Mechanism::Levels => "conductance levels",
            Mechanism::Drift => "relaxation and drift",
            Mechanism::ReadNoise => "read noise",
            Mechanism::TelegraphNoise => "random telegraph noise",
            Mechanism::Nonlinearity => "I-V nonlinearity",
            Mechanism::DeviceToDevice => "device-to-device variation",
            Mechanism::ReferenceCells => "reference cells",
            Mechanism::Faults => "faults",
            Mechanism::Adc => "column converters (ADC)",
            Mechanism::Dac => "row drivers (DAC)",
            Mechanism::Wires => "wires",
        }
    }

    /// Returns the keys of the device file that describe the mechanism.
    fn keys(self) -> &'static [&'static str] {
        match self {
            Mechanism::WriteNoise => &[
                "write.noise",
                "write.sigma_microsiemens",
                "write.sigma_percent_of_conductance",
                "write.convention",
                "write.points",
                "write.pulses.cycle_sigma_percent_of_step",
                "write.pulses.down_cycle_sigma_percent_of_step",
                "write.pulses.cycle_noise",
                "device_to_device.write_spread_sigma_ln",
            ],
            // The variation of slopes belongs to linear pulses.
            Mechanism::WriteScheme => &["write.scheme", "write.pulses", "write.verify", "device_to_device.slope_sigma"],
            Mechanism::Levels => &["levels"],
            Mechanism::Drift => &["drift"],
            Mechanism::ReadNoise => &["read.white"],
            Mechanism::TelegraphNoise => &["read.rtn"],
            Mechanism::Nonlinearity => &["read.nonlinearity"],
            Mechanism::DeviceToDevice => &["device_to_device"],
            Mechanism::ReferenceCells => &["reference_branch"],
            Mechanism::Faults => &["faults"],
            Mechanism::Adc => &["converters.adc"],
            Mechanism::Dac => &["converters.dac"],
            Mechanism::Wires => &["wires"],
        }
    }
}

impl Display for Mechanism {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.words())
    }
}

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
    /// JSON of the device with the keys of the study; none for abstract weights.
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
        let (with, without) = (parsed(device), parsed(&trimmed(device, &[mechanism])));
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
            let kept = trimmed(device, disabled);
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

/// Returns the JSON of the device without the keys of the mechanisms `disabled`.
fn trimmed(device: &Value, disabled: &[Mechanism]) -> Value {
    let mut device = device.clone();
    for key in disabled.iter().flat_map(|mechanism| mechanism.keys()) {
        let (parent, name) = key.rsplit_once('.').unwrap_or(("", key));
        let mut parents = parent.split('.').filter(|name| !name.is_empty());
        let object = parents.try_fold(&mut device, |at, name| at.get_mut(name)).and_then(Value::as_object_mut);
        if let Some(object) = object {
            object.remove(name);
        }
    }
    if disabled.contains(&Mechanism::WriteNoise) {
        state_exact(&mut device);
    }
    device
}

/// States that writes are exact: a device file that describes writes must describe their noise.
fn state_exact(device: &mut Value) {
    let Some(write) = device.get_mut("write").and_then(Value::as_object_mut) else { return };
    write.insert("noise".to_owned(), "none".into());
    if let Some(pulses) = write.get_mut("pulses").and_then(Value::as_object_mut) {
        pulses.insert("cycle_sigma_percent_of_step".to_owned(), 0.into());
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
