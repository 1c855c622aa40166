//! The word `auto` in a study, and the numbers that stand for it.
//!
//! [`calibrate`](crate::calibration::calibrate) finds the numbers.

mod provisional;
mod scale;
mod section;

use std::collections::BTreeSet;
use std::fmt;

use ohmspike_snn::connection::Connection;

pub(crate) use provisional::{followers, provisional};
pub use scale::advised_weight_at_gmax;
pub(crate) use scale::{of_connection, rounded};
pub use section::CalibrationSettings;

use crate::settings::value::POSITIVE;
use crate::settings::{Settings, connection_key, layer_key};
use crate::significant::short;

/// The word for a calibrated number in a study file.
pub const AUTO: &str = "auto";

/// Keys of the first layer and the readout that a study without preset calibrates unless it sets them.
pub(crate) const BY_DEFAULT: [&str; 3] = ["weights.sigma_init", "hardware.weight_at_gmax", "readout.weight_at_gmax"];

/// Names of the keys of `[[layer]]` that may be `auto`.
pub(crate) const OF_LAYER: [&str; 2] = ["sigma_init", "weight_at_gmax"];

/// Returns the keys of hidden layer `number`, from 0, that may be `auto`.
pub(crate) fn keys_of_layer(number: usize) -> [String; 2] {
    OF_LAYER.map(|key| layer_key(number, key))
}

/// The keys of a condition that are `auto`.
#[derive(Clone, Debug, PartialEq)]
pub struct Auto {
    /// The keys, in the spelling of [`canonical`](crate::study::canonical).
    pub keys: BTreeSet<String>,
    /// Section `[calibration]`.
    pub calibration: CalibrationSettings,
}

impl Auto {
    /// Returns these keys without those in `given`, which have numbers of their own; none if no key is left.
    pub fn without(&self, given: &[String]) -> Option<Auto> {
        let keys: BTreeSet<String> = self.keys.iter().filter(|key| !given.contains(key)).cloned().collect();
        (!keys.is_empty()).then(|| Auto { keys, ..self.clone() })
    }

    /// Returns `settings` with numbers in place of `auto` that fit all other keys: the smallest spreads, and the largest
    /// weights at Gmax. So any other key can be changed before
    /// [`calibrate_settings`](crate::calibration::calibrate_settings).
    pub fn open(&self, settings: &Settings) -> Settings {
        let mut open = settings.clone();
        for connection in settings.connections() {
            let is_auto = |name: &str| self.keys.contains(&connection_key(connection, name));
            if let Connection::Feedforward(layer) = connection
                && is_auto("sigma_init")
            {
                set_sigma(&mut open, layer, POSITIVE.low);
            }
            if is_auto("weight_at_gmax") && settings.device_of(connection).is_some() {
                set_weight_at_gmax(&mut open, connection, POSITIVE.high);
            }
        }
        open
    }
}

/// A number that replaced `auto`.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibrated {
    /// The key.
    pub key: String,
    /// The number, thresholds.
    pub value: f64,
    /// Property of the network that the number was chosen for.
    pub reached: Reached,
}

/// Property of the untrained network that a calibrated number was chosen for.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Reached {
    /// Spikes per neuron and sample of the layer with digital weights.
    Spikes(f64),
    /// Ratio of the weight at Gmax to the initial weight spread.
    Spreads(f64),
}

/// Formats a line such as `weights.sigma_init = auto: 0.0123 thresholds (0.50 spikes per neuron and sample)`.
impl fmt::Display for Calibrated {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        write!(formatter, "{} = auto: {} thresholds ", self.key, self.value)?;
        match self.reached {
            Reached::Spikes(spikes) => write!(formatter, "({spikes:.2} spikes per neuron and sample)"),
            Reached::Spreads(spreads) => write!(formatter, "({} × the initial weight spread)", short(spreads)),
        }
    }
}

/// Sets the initial weight spread of hidden layer `layer`, from 0.
pub(crate) fn set_sigma(settings: &mut Settings, layer: usize, sigma: f64) {
    match settings.layers.get_mut(layer).filter(|_| layer > 0) {
        Some(further) => further.sigma_init = Some(sigma),
        None => settings.weights.sigma_init = sigma,
    }
}

/// Sets the weight at Gmax of the cells of `connection`.
pub(crate) fn set_weight_at_gmax(settings: &mut Settings, connection: Connection, weight: f64) {
    match connection {
        Connection::Readout => settings.readout.weight_at_gmax = weight,
        Connection::Feedforward(layer) | Connection::Recurrent(layer) => {
            match settings.layers.get_mut(layer).filter(|_| layer > 0) {
                Some(further) => further.weight_at_gmax = Some(weight),
                None => settings.hardware.weight_at_gmax = weight,
            }
        }
    }
}
