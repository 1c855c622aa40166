//! Parts of a device that can keep the initial weights from firing.

use serde::{Deserialize, Serialize};

use ohmspike_snn::connection::Connection;

use crate::auto::advised_weight_at_gmax;
use crate::mechanism::Mechanism;
use crate::settings::{Settings, connection_key};
use crate::significant::short;

/// What keeps the initial weights on a device from firing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Obstacle {
    /// Weights above the weight at Gmax are clipped.
    WeightAtGmax,
    /// No single mechanism.
    Together,
    /// A mechanism of the device.
    #[serde(untagged)]
    Mechanism(Mechanism),
}

/// Numbers about some obstacles that a trial measured, for their remedies. Records of earlier versions lack some.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Measured {
    /// Voltage of the conductances of an I-V curve, V.
    pub(super) reference_volts: Option<f64>,
    /// Longest tested time after which the layer still fires, s; 0 if it fires after none.
    pub(super) fires_until_seconds: Option<f64>,
    /// Rows of a tile.
    pub(super) tile_rows: Option<usize>,
}

impl Obstacle {
    /// Returns what the obstacle does to the initial weights.
    pub(super) fn words(self) -> &'static str {
        match self {
            Obstacle::WeightAtGmax => "the device clips the initial weights at its weight at Gmax",
            Obstacle::Together => "several non-idealities of the device together keep the layer from firing",
            Obstacle::Mechanism(mechanism) => match mechanism {
                Mechanism::Levels => "the conductance levels are too coarse for the initial weights",
                Mechanism::Faults => "faulty cells remove too many weights",
                Mechanism::DeviceToDevice => "device-to-device variation exceeds the initial weights",
                Mechanism::ReferenceCells => "variation of the reference cells exceeds the initial weights",
                Mechanism::Drift => "the cells drift too far before the test",
                Mechanism::Nonlinearity => "the I-V curve reduces the initial weights",
                Mechanism::ReadNoise => "read noise exceeds the initial weights",
                Mechanism::TelegraphNoise => "random telegraph noise exceeds the initial weights",
                Mechanism::Dac => "the gains of the row drivers vary too much",
                Mechanism::Wires => "the voltage is lost in the wires",
                // Initial weights are written exactly, and column converters have a cause of their own.
                Mechanism::WriteNoise | Mechanism::WriteScheme | Mechanism::Adc => {
                    "the device changes the initial weights"
                }
            },
        }
    }

    /// Returns what to do about the obstacle in front of the layer of `connection`.
    pub(super) fn remedy(self, settings: &Settings, connection: Connection, measured: &Measured) -> String {
        let (weight, advised) = (settings.weight_at_gmax_of(connection), advised_weight_at_gmax(settings, connection));
        let key = connection_key(connection, "weight_at_gmax");
        let mechanism = match self {
            Obstacle::WeightAtGmax => return format!("raise `{key}` to {advised} (now {weight})"),
            Obstacle::Together => return "disable them in turn".to_owned(),
            Obstacle::Mechanism(mechanism) => mechanism,
        };
        match mechanism {
            Mechanism::Levels if weight > advised => {
                format!("double the number of levels, or lower `{key}` to {advised} (now {weight})")
            }
            Mechanism::Levels => "double the number of levels".to_owned(),
            Mechanism::Faults => "halve the fraction of faulty cells".to_owned(),
            Mechanism::DeviceToDevice => "halve the variation in `device.device_to_device`".to_owned(),
            Mechanism::ReferenceCells => "halve `device.reference_branch.sigma_ln_resistance`".to_owned(),
            Mechanism::Drift => earlier_test(settings.hardware.retention_seconds, measured.fires_until_seconds),
            Mechanism::Nonlinearity => match measured.reference_volts {
                Some(volts) => format!("set `device.read.volts` to {volts}, the voltage of the measured conductances"),
                None => "raise `device.read.volts`".to_owned(),
            },
            Mechanism::ReadNoise => "halve the noise in `device.read.white`".to_owned(),
            Mechanism::TelegraphNoise => "halve `device.read.rtn.amplitude_percent_of_conductance`".to_owned(),
            Mechanism::Dac => "lower `device.converters.dac.gain_sigma_percent`".to_owned(),
            Mechanism::Wires => format!(
                "{}lower the resistances of `device.wires`, or choose cells of higher resistance",
                smaller_tiles(measured.tile_rows)
            ),
            Mechanism::WriteNoise | Mechanism::WriteScheme | Mechanism::Adc => "disable the mechanism".to_owned(),
        }
    }
}

/// Returns what to do about drift before a test after `seconds`, if the layer fires until `fires_until`, s.
fn earlier_test(seconds: f64, fires_until: Option<f64>) -> String {
    match fires_until {
        _ if seconds == 0.0 => "choose a device with less drift".to_owned(),
        Some(0.0) => format!(
            "set `hardware.retention_seconds` to 0 (now {seconds}), because the layer fires at no time of the drift law, or \
             choose a device with less drift"
        ),
        Some(time) => format!(
            "shorten `hardware.retention_seconds` to {time} (now {seconds}), the longest tested time after which the layer \
             fires; its accuracy was not tested, and may need a shorter time"
        ),
        None => format!("shorten `hardware.retention_seconds`, first to {} (now {seconds})", short(seconds / 10.0)),
    }
}

/// Returns advice to halve tiles of this number of rows, if it can be halved.
fn smaller_tiles(rows: Option<usize>) -> String {
    match rows {
        Some(0 | 1) => String::new(),
        Some(rows) => {
            format!("cut the lines into smaller tiles with `device.converters.tile_rows = {}` (now {rows}), ", rows / 2)
        }
        None => "cut the lines into smaller tiles with `device.converters.tile_rows`, ".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Advice names a value that the study does not have.
    #[test]
    fn remedies_differ_from_what_is_set() {
        let drift = |seconds: f64, fires_until_seconds: Option<f64>| {
            let mut settings = Settings::default();
            settings.hardware.retention_seconds = seconds;
            let measured = Measured { fires_until_seconds, ..Measured::default() };
            Obstacle::Mechanism(Mechanism::Drift).remedy(&settings, Connection::Feedforward(0), &measured)
        };
        assert_eq!(
            drift(3600.0, Some(200.0)),
            "shorten `hardware.retention_seconds` to 200 (now 3600), the longest tested time after which the layer fires; its \
             accuracy was not tested, and may need a shorter time"
        );
        assert!(drift(3600.0, Some(0.0)).starts_with("set `hardware.retention_seconds` to 0 (now 3600), "));
        assert_eq!(drift(3600.0, None), "shorten `hardware.retention_seconds`, first to 360 (now 3600)");
        assert_eq!(drift(0.0, None), "choose a device with less drift");
        let wires = |tile_rows: Option<usize>| {
            let measured = Measured { tile_rows, ..Measured::default() };
            let wires = Obstacle::Mechanism(Mechanism::Wires);
            wires.remedy(&Settings::default(), Connection::Feedforward(0), &measured)
        };
        assert!(wires(Some(64)).starts_with(
            "cut the lines into smaller tiles with `device.converters.tile_rows = 32` (now 64), lower the resistances"
        ));
        assert!(wires(Some(1)).starts_with("lower the resistances of `device.wires`"));
    }

    /// Each mechanism has a word of its own, which earlier builds did not use for all of them.
    #[test]
    fn words_of_records_stay_readable() {
        let read = |word: &str| serde_json::from_value::<Obstacle>(word.into()).expect("a known word");
        assert_eq!(read("weight-at-gmax"), Obstacle::WeightAtGmax);
        assert_eq!(read("together"), Obstacle::Together);
        for mechanism in Mechanism::ALL {
            let word = serde_json::to_value(Obstacle::Mechanism(mechanism)).expect("a word");
            assert_eq!(Some(read(word.as_str().expect("a word"))), Some(Obstacle::Mechanism(mechanism)));
        }
        let earlier = [
            ("reads", Mechanism::ReadNoise),
            ("chip", Mechanism::DeviceToDevice),
            ("drivers", Mechanism::Dac),
            ("write-noise", Mechanism::WriteNoise),
        ];
        for (word, mechanism) in earlier {
            assert_eq!(read(word), Obstacle::Mechanism(mechanism), "{word}");
        }
    }
}
