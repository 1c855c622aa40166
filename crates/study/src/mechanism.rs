//! The mechanisms of a device.
//!
//! A mechanism is a list of keys of the device file. Leaving them out disables it, and the rest is an ordinary device.
//! Words of earlier records stay readable.

use std::fmt::{self, Display, Formatter};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A non-ideality that can be disabled by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
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
    #[serde(alias = "reads")]
    ReadNoise,
    /// Random telegraph noise (RTN).
    TelegraphNoise,
    /// Nonlinear current-voltage curves.
    Nonlinearity,
    /// Device-to-device variation.
    #[serde(alias = "chip")]
    DeviceToDevice,
    /// Variation of the reference cells.
    ReferenceCells,
    /// Stuck cells and dead lines, drawn or from a map.
    Faults,
    /// Column converters (ADCs).
    Adc,
    /// Row drivers (DACs).
    #[serde(alias = "drivers")]
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
    pub fn keys(self) -> &'static [&'static str] {
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

/// Returns the JSON of the device without the keys of the mechanisms `disabled`.
pub fn without(device: &Value, disabled: &[Mechanism]) -> Value {
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
