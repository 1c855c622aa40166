//! One cell as a device file describes it.
//!
//! A device is data: a JSON file with the window, the mechanisms and where their numbers come from. A mechanism that
//! the file leaves out is off. [`Device::from_json`] reads the text; the errors name the key, its value and what is
//! allowed. `device-models/README.md` lists every key.
//!
//! ```
//! use ohmspike_crossbar::device::{Device, WriteNoise};
//!
//! let device = Device::from_json(
//!     r#"{ "name": "a switch",
//!          "window": { "low_resistance_ohm": 1000, "high_resistance_ohm": 1000000 },
//!          "write": { "noise": "relative", "sigma_percent_of_conductance": 2 } }"#,
//! )?;
//! assert_eq!(device.window.high(), 1000.0);
//! assert_eq!(device.write.noise, WriteNoise::Relative { fraction: 0.02 });
//! # Ok::<(), ohmspike_crossbar::device::DeviceError>(())
//! ```

mod converters;
mod curve;
mod device_to_device;
mod drift;
mod ends;
mod energy;
mod faults;
mod gains;
mod in_code;
mod levels;
mod nonlinearity;
pub(crate) mod number;
mod parse;
mod provenance;
mod pulse_law;
mod pulse_state;
mod pulses;
mod pulses_spec;
mod range;
mod read;
mod reference_branch;
pub(crate) mod refusal;
mod renamed;
mod rtn;
#[cfg(feature = "schema")]
mod schema;
mod shape;
mod table;
mod text;
mod verify;
mod write;

use serde::{Deserialize, Serialize};

pub use converters::{Adc, AdcCodes, AdcRange, AdcRangeKind, AdcSpec, Converters, ConvertersSpec, Dac, DacSpec};
pub use device_to_device::{DeviceToDevice, DeviceToDeviceSpec};
pub(crate) use drift::DriftAt;
pub use drift::{Drift, DriftBounds, DriftLaw, DriftPoint, DriftSpec, DriftTimes, LogTimeDrift, PowerDrift};
pub use ends::EndsKind;
pub use energy::{Energy, EnergySpec};
pub use faults::{Faults, FaultsSpec};
pub use gains::{StepGain, StepGainKind};
pub(crate) use levels::LevelGrid;
pub use levels::{LevelSpacing, Levels, LevelsSpec};
pub(crate) use nonlinearity::FactorCurve;
pub use nonlinearity::{Nonlinearity, NonlinearityPoint, NonlinearitySpec};
pub use number::{Allowed, IntegerRange};
pub use provenance::{Grade, Provenance};
pub use pulse_law::{Direction, PulseLaw};
pub use pulse_state::PulseState;
pub(crate) use pulses::PulsedCells;
pub use pulses::Pulses;
pub use pulses_spec::{CycleNoise, PulseKind, PulsesSpec};
use range::SLACK;
pub use range::TableRange;
pub use read::{Read, ReadNoiseKind, ReadSpec, WhiteNoise, WhiteNoiseSpec};
pub use reference_branch::{ReferenceBranch, ReferenceBranchKind, ReferenceBranchSpec};
use refusal::required;
pub use refusal::{DeviceError, Problem, SpecError};
pub use renamed::{renamed_key, renamed_word};
pub(crate) use rtn::TelegraphSteps;
pub use rtn::{Rtn, RtnKind, RtnSpec, Telegraph};
#[cfg(feature = "schema")]
pub use schema::{field_table, schema};
pub(crate) use table::LnSigma;
pub use table::{Convention, SpreadPoint, SpreadTable};
pub use verify::{Acceptance, AfterGiveUp, InitialAction, Verify, VerifyDirection, VerifySpec};
pub use write::{Scheme, SchemeKind, Write, WriteNoise, WriteNoiseKind, WriteSpec, WrittenCells};

use crate::window::{ConductanceWindow, WindowSpec};

/// The devices that come with the program: name and text of the file, in the order of the names.
pub const BUILT_IN: &[(&str, &str)] = &[
    ("1t1r-yousuf-2025", include_str!("../device-models/1t1r-yousuf-2025.json")),
    ("1t1r-yousuf-2025-repeats", include_str!("../device-models/1t1r-yousuf-2025-repeats.json")),
    ("cmo-hfox-falcone-2025", include_str!("../device-models/cmo-hfox-falcone-2025.json")),
    ("cmo-hfox-falcone-2025-fine", include_str!("../device-models/cmo-hfox-falcone-2025-fine.json")),
    ("ecram-mo-kim-2019", include_str!("../device-models/ecram-mo-kim-2019.json")),
    ("ecram-tang-2018", include_str!("../device-models/ecram-tang-2018.json")),
    ("hfo2-1t1r-milo-2021", include_str!("../device-models/hfo2-1t1r-milo-2021.json")),
    ("hfo2-array-gong-2022", include_str!("../device-models/hfo2-array-gong-2022.json")),
    ("hfox-taox-wan-2022-1d", include_str!("../device-models/hfox-taox-wan-2022-1d.json")),
    ("hfox-taox-wan-2022-1s", include_str!("../device-models/hfox-taox-wan-2022-1s.json")),
    ("hfox-taox-wan-2022-2d", include_str!("../device-models/hfox-taox-wan-2022-2d.json")),
    ("ideal", include_str!("../device-models/ideal.json")),
    ("illustrative-oxide", include_str!("../device-models/illustrative-oxide.json")),
    ("oxide-ladder-chosen", include_str!("../device-models/oxide-ladder-chosen.json")),
    ("pcm-joshi-2020", include_str!("../device-models/pcm-joshi-2020.json")),
    ("reram-array-om-gong-2022", include_str!("../device-models/reram-array-om-gong-2022.json")),
    ("reram-es-gong-2018", include_str!("../device-models/reram-es-gong-2018.json")),
    ("reram-sb-gong-2018", include_str!("../device-models/reram-sb-gong-2018.json")),
    ("study-1k-1m", include_str!("../device-models/study-1k-1m.json")),
];

/// A device file: one memristive cell, its spreads, and where the numbers come from.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", schemars(title = "Ohmspike device model"))]
pub struct DeviceSpec {
    /// Path of schema.json, for editors; not used otherwise.
    #[serde(
        rename = "$schema",
        default,
        deserialize_with = "shape::optional_text",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub schema: Option<String>,
    /// Name of the device; a file of the library has the name of its file.
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub name: String,
    /// What the device is and what the file is meant for.
    #[serde(default)]
    pub description: String,
    /// Conductances that a cell can have.
    #[serde(deserialize_with = "shape::object")]
    pub window: WindowSpec,
    /// Spreads from cell to cell, drawn once a chip.
    #[serde(default, deserialize_with = "shape::object")]
    pub device_to_device: DeviceToDeviceSpec,
    /// What a write leaves.
    #[serde(default, deserialize_with = "shape::object")]
    pub write: WriteSpec,
    /// What a write becomes with time.
    #[serde(default, deserialize_with = "shape::object")]
    pub drift: DriftSpec,
    /// What a read returns.
    #[serde(default, deserialize_with = "shape::object")]
    pub read: ReadSpec,
    /// The branch of a pair that is never written: its reference.
    #[serde(default, deserialize_with = "shape::object")]
    pub reference_branch: ReferenceBranchSpec,
    /// Conductances that a write can aim at; left out: every one in the window.
    #[serde(default, deserialize_with = "shape::object")]
    pub levels: LevelsSpec,
    /// How often cells and lines are faulty.
    #[serde(default, deserialize_with = "shape::object")]
    pub faults: FaultsSpec,
    /// Tiles, row drivers and column converters.
    #[serde(default, deserialize_with = "shape::object")]
    pub converters: ConvertersSpec,
    /// Energy and area, as far as they are known.
    #[serde(default, deserialize_with = "shape::object")]
    pub energy: EnergySpec,
    /// Where the numbers come from.
    #[serde(default, deserialize_with = "shape::objects")]
    pub provenance: Vec<Provenance>,
}

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

    /// The device of this name that comes with the program.
    pub fn built_in(name: &str) -> Option<Device> {
        let (_, text) = BUILT_IN.iter().find(|(known, _)| *known == name)?;
        // A test reads every built-in file.
        Some(Device::from_json(text).expect("the built-in devices are tested"))
    }
}

impl TryFrom<DeviceSpec> for Device {
    type Error = SpecError;

    fn try_from(spec: DeviceSpec) -> Result<Device, SpecError> {
        text::check_texts(&spec)?;
        let window = ConductanceWindow::try_from(spec.window).map_err(|error| error.within("window"))?;
        let levels = Levels::try_from(spec.levels).and_then(|levels| levels.within(&window));
        let device = Device {
            name: spec.name,
            description: spec.description,
            window,
            device_to_device: spec
                .device_to_device
                .try_into()
                .map_err(|error: SpecError| error.within("device_to_device"))?,
            write: spec.write.try_into().map_err(|error: SpecError| error.within("write"))?,
            drift: spec.drift.try_into().map_err(|error: SpecError| error.within("drift"))?,
            read: spec.read.try_into().map_err(|error: SpecError| error.within("read"))?,
            reference_branch: spec
                .reference_branch
                .try_into()
                .map_err(|error: SpecError| error.within("reference_branch"))?,
            levels: levels.map_err(|error| error.within("levels"))?,
            faults: spec.faults.try_into().map_err(|error: SpecError| error.within("faults"))?,
            converters: spec.converters.try_into().map_err(|error: SpecError| error.within("converters"))?,
            energy: spec.energy.try_into().map_err(|error: SpecError| error.within("energy"))?,
            provenance: spec.provenance,
        };
        device.check_tables()?;
        device.check_slopes()?;
        device.check_levels()?;
        device.check_range()?;
        Ok(device)
    }
}

impl Device {
    /// Refuses tables that say nothing of any cell in the window: their ends would be held for all of it. A table of one
    /// point is a number for every cell, wherever the point is.
    fn check_tables(&self) -> Result<(), SpecError> {
        let window = [self.window.high(), self.window.low()].map(|conductance| 1e6 / f64::from(conductance));
        for TableRange { key, first, last } in self.tables() {
            if first < last && (last < window[0] * (1.0 - SLACK) || first > window[1] * (1.0 + SLACK)) {
                return Err(SpecError::at(key, Problem::BesideWindow { table: [first, last], window }));
            }
        }
        Ok(())
    }

    /// Slopes that differ from cell to cell are those of linear pulses.
    fn check_slopes(&self) -> Result<(), SpecError> {
        let linear = self.write.pulses().is_some_and(|pulses| pulses.slope(Direction::Up).is_some());
        if self.device_to_device.slope.is_some() && !linear {
            return Err(SpecError::at("device_to_device.slope_sigma", Problem::NoSlope));
        }
        Ok(())
    }

    /// A full scale in µA is one of conductance only at a known voltage.
    fn check_range(&self) -> Result<(), SpecError> {
        let fixed = self.converters.adc.is_some_and(|adc| matches!(adc.range, AdcRange::Fixed { .. }));
        if fixed { required("read.volts", self.read.volts, "converters.adc.range: fixed").map(|_| ()) } else { Ok(()) }
    }

    /// Pulses end where they end: levels belong to writes that aim at a conductance.
    fn check_levels(&self) -> Result<(), SpecError> {
        match (&self.levels, &self.write.scheme) {
            (Levels::Continuous, _) | (_, Scheme::Add | Scheme::Verify(_)) => Ok(()),
            (_, Scheme::Pulsed(_)) => Err(SpecError::at("levels", Problem::LevelsOfPulses)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MECHANISMS: [&str; 10] = [
        "window",
        "device_to_device",
        "write",
        "drift",
        "read",
        "reference_branch",
        "levels",
        "faults",
        "converters",
        "energy",
    ];

    #[test]
    fn a_mechanism_that_is_left_out_is_off() {
        let text = r#"{"name": "bare", "window": {"low_resistance_ohm": 1e3, "high_resistance_ohm": 1e6}}"#;
        let device = Device::from_json(text).unwrap();
        assert_eq!(device.write, Write { noise: WriteNoise::None, cells: WrittenCells::All, scheme: Scheme::Add });
        assert!(device.drift.is_off());
        assert_eq!(device.device_to_device, DeviceToDevice::default());
        assert_eq!(device.read.white, WhiteNoise::None);
        assert_eq!(device.levels, Levels::Continuous);
        assert!(device.faults.is_none());
        assert_eq!(device.converters, Converters::default());
        assert_eq!(device.energy, Energy::default());
        assert_eq!(device.reference_branch, ReferenceBranch::Ideal);
    }

    #[test]
    fn the_built_in_devices_read_and_say_where_their_numbers_come_from() {
        for (name, text) in BUILT_IN {
            let device = Device::built_in(name).unwrap();
            assert_eq!(device.name, *name);
            assert!(!device.description.is_empty());
            let given: serde_json::Map<_, _> = serde_json::from_str(text).unwrap();
            for mechanism in MECHANISMS {
                let sourced = device.provenance.iter().any(|entry| entry.what.split('.').next() == Some(mechanism));
                assert!(sourced || !given.contains_key(mechanism), "{name}: {mechanism} has no provenance");
            }
        }
        assert_eq!(Device::built_in("no such device"), None);
    }
}
