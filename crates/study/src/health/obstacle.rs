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

    /// Returns what to do about the obstacle in front of the layer of `connection`. `reference_volts` is the voltage of
    /// the conductances of an I-V curve.
    pub(super) fn remedy(self, settings: &Settings, connection: Connection, reference_volts: Option<f64>) -> String {
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
            Mechanism::Drift => {
                let seconds = settings.hardware.retention_seconds;
                format!("shorten `hardware.retention_seconds` to {} (now {seconds})", short(seconds / 10.0))
            }
            Mechanism::Nonlinearity => match reference_volts {
                Some(volts) => format!("set `device.read.volts` to {volts}, the voltage of the measured conductances"),
                None => "raise `device.read.volts`".to_owned(),
            },
            Mechanism::ReadNoise => "halve the noise in `device.read.white`".to_owned(),
            Mechanism::TelegraphNoise => "halve `device.read.rtn.amplitude_percent_of_conductance`".to_owned(),
            Mechanism::Dac => "lower `device.converters.dac.gain_sigma_percent`".to_owned(),
            Mechanism::Wires => "cut the lines into tiles with `device.converters.tile_rows = 64`, lower the \
                                 resistances of `device.wires`, or choose cells of higher resistance"
                .to_owned(),
            Mechanism::WriteNoise | Mechanism::WriteScheme | Mechanism::Adc => "disable the mechanism".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
