//! A memristive cell, described by a device file.
//!
//! A device file is JSON: the conductance window, the mechanisms, and the source of every number. A mechanism that the
//! file omits is disabled. [`Device::from_json`] reads the text; an error names the position, the key, the value and
//! what is allowed. `docs/reference/device-keys.md` lists every key.
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

mod allowed;
mod built_in;
mod cell_draws;
mod check;
mod converters;
mod curve;
mod device_error;
mod device_to_device;
mod drift;
mod drift_spec;
mod drift_stop;
mod ends;
mod energy;
mod faults;
mod gains;
mod in_code;
mod levels;
mod model;
mod nonlinearity;
pub(crate) mod number;
mod parse;
mod position;
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
mod sigma;
mod spec;
mod table;
mod text;
mod verify;
mod wires;
mod write;

pub use allowed::{Allowed, IntegerRange};
pub use built_in::BUILT_IN;
pub use converters::{Adc, AdcCodes, AdcRange, AdcRangeKind, AdcSpec, Converters, ConvertersSpec, Dac, DacSpec};
pub use device_error::{DeviceError, FileProblem};
pub use device_to_device::{DeviceToDevice, DeviceToDeviceSpec};
pub(crate) use drift::DriftAt;
pub use drift::{Drift, DriftTimes, LogTimeDrift, PowerDrift};
pub use drift_spec::{DriftBounds, DriftLaw, DriftPoint, DriftSpec};
pub use drift_stop::DriftStop;
pub use ends::EndsKind;
pub use energy::{Energy, EnergySpec};
pub use faults::{Faults, FaultsSpec};
pub use gains::{StepGain, StepGainKind};
pub(crate) use levels::LevelGrid;
pub use levels::{LevelSpacing, Levels, LevelsSpec};
pub use model::Device;
pub(crate) use nonlinearity::FactorCurve;
pub use nonlinearity::{Nonlinearity, NonlinearityPoint, NonlinearitySpec};
pub use position::Position;
pub use provenance::{Grade, Provenance};
pub use pulse_law::{Direction, PulseLaw};
pub use pulse_state::PulseState;
pub(crate) use pulses::PulsedCells;
pub use pulses::Pulses;
pub use pulses_spec::{CycleNoise, PulseKind, PulsesSpec};
pub use range::TableRange;
pub use read::{Read, ReadNoiseKind, ReadSpec, WhiteNoise, WhiteNoiseSpec};
pub use reference_branch::{ReferenceBranch, ReferenceBranchKind, ReferenceBranchSpec};
pub use refusal::{Problem, SpecError};
pub use renamed::{renamed_anywhere, renamed_key, renamed_word};
pub(crate) use rtn::TelegraphSteps;
pub use rtn::{Rtn, RtnKind, RtnSpec, Telegraph};
#[cfg(feature = "schema")]
pub use schema::{field_table, schema};
pub use sigma::Sigma;
pub use spec::DeviceSpec;
pub(crate) use table::LnSigma;
pub use table::{Convention, SpreadPoint, SpreadTable};
pub use verify::{Acceptance, AfterFailedWrite, InitialAction, Verify, VerifyDirection, VerifySpec};
pub use wires::{ArrayWires, ColumnGain, WiresAccess, WiresSpec};
pub use write::{Scheme, SchemeKind, Write, WriteNoise, WriteNoiseKind, WriteSpec, WrittenCells};

/// Sections of a device file, in file order.
pub const SECTIONS: [&str; 11] = [
    "window",
    "device_to_device",
    "write",
    "drift",
    "read",
    "reference_branch",
    "levels",
    "faults",
    "converters",
    "wires",
    "energy",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_omitted_mechanism_is_disabled() {
        let text = r#"{"name": "bare", "window": {"low_resistance_ohm": 1e3, "high_resistance_ohm": 1e6}}"#;
        let device = Device::from_json(text).unwrap();
        assert_eq!(device.write, Write { noise: WriteNoise::None, cells: WrittenCells::All, scheme: Scheme::Add });
        assert!(device.drift.is_off());
        assert_eq!(device.device_to_device, DeviceToDevice::default());
        assert_eq!(device.read.white, WhiteNoise::None);
        assert_eq!(device.levels, Levels::Continuous);
        assert!(device.faults.is_none());
        assert_eq!(device.converters, Converters::default());
        assert_eq!(device.wires, None);
        assert_eq!(device.energy, Energy::default());
        assert_eq!(device.reference_branch, ReferenceBranch::Ideal);
    }

    #[test]
    fn built_in_devices_are_valid_and_state_their_sources() {
        for (name, text) in BUILT_IN {
            let device = Device::built_in(name).unwrap();
            assert_eq!(device.name, *name);
            assert!(!device.description.is_empty());
            let given: serde_json::Map<_, _> = serde_json::from_str(text).unwrap();
            for mechanism in SECTIONS {
                let sourced = device.provenance.iter().any(|entry| entry.what.split('.').next() == Some(mechanism));
                assert!(sourced || !given.contains_key(mechanism), "{name}: {mechanism} has no provenance");
            }
        }
        assert_eq!(Device::built_in("no such device"), None);
    }
}
