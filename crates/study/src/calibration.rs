//! Turns `auto` into numbers: initial weight spreads, and the weight of a cell at the upper end of its window.
//!
//! ```text
//! σ_init          smallest spread at which the untrained layer fires `target_spikes` per neuron and sample  (spread.rs)
//! weight_at_gmax  = headroom × 3.3 σ_init                                                                    (scale.rs)
//! ```
//!
//! The spread comes from abstract weights without noise, a batch of training samples, and draws of the stream
//! `calibration` below seed 0. So all repeats, noise levels and devices of a study share it. [`calibrate`] replaces
//! `auto` before a trial is named: records hold numbers, and a study with the same numbers has the same trials.

mod error;
mod memory;
mod provisional;
mod scale;
mod section;
mod spread;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use ohmspike_snn::connection::Connection;

pub use error::CalibrationError;
pub use memory::{CalibrationFileError, Calibrations, FILE};
pub(crate) use provisional::{followers, provisional};
pub use scale::advised_weight_at_gmax;
pub use section::CalibrationSettings;
use spread::Spread;

use crate::prepare::Prepared;
use crate::settings::{Settings, connection_key, layer_key};
use crate::significant::short;
use crate::study::{Condition, Study};

/// The keys of a condition that are `auto`.
#[derive(Clone, Debug, PartialEq)]
pub struct Auto {
    /// The keys, in the spelling of [`canonical`](crate::study::canonical).
    pub keys: BTreeSet<String>,
    /// Section `[calibration]`.
    pub calibration: CalibrationSettings,
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
    /// Spikes per neuron and sample of the layer with abstract weights.
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

impl Study {
    /// Returns whether a condition has a key that is still `auto`.
    pub fn needs_calibration(&self) -> bool {
        self.conditions.iter().any(|condition| condition.auto.is_some() && condition.calibrated.is_empty())
    }

    /// Returns the lines of all calibrated numbers, each once.
    pub fn calibrated_lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        let mut last: &[Calibrated] = &[];
        for condition in self.conditions.iter().filter(|condition| !condition.calibrated.is_empty()) {
            // Neighbours usually share their numbers.
            if *last != condition.calibrated[..] {
                last = &condition.calibrated;
                let new = last.iter().map(Calibrated::to_string).filter(|line| !lines.contains(line));
                lines.extend(new.collect::<Vec<_>>());
            }
        }
        lines
    }
}

/// Replaces `auto` by numbers in every condition of `study`, with the data of `prepared` and the `known` calibrations,
/// to which it adds new ones. Conditions stay as they are if `prepared` only reads records and no calibration is known.
///
/// # Errors
/// Returns a [`CalibrationError`] if no spread reaches the target, or if a number does not fit other keys.
pub fn calibrate(study: &Study, prepared: &Prepared, known: &mut Calibrations) -> Result<Study, CalibrationError> {
    let mut calibrated = study.clone();
    for condition in &mut calibrated.conditions {
        let Some(auto) = condition.auto.clone() else { continue };
        let mut settings = Settings::clone(&condition.settings);
        if let Some(numbers) = resolve(&mut settings, &auto, prepared, known)? {
            settings.check().map_err(CalibrationError::Value)?;
            (condition.settings, condition.calibrated) = (Arc::new(settings), numbers.into());
        }
    }
    check_axes(&calibrated)?;
    Ok(calibrated)
}

/// Sets the keys of `auto` in `settings` and returns their numbers; none if one needs data that are not there.
fn resolve(
    settings: &mut Settings,
    auto: &Auto,
    prepared: &Prepared,
    known: &mut Calibrations,
) -> Result<Option<Vec<Calibrated>>, CalibrationError> {
    let mut numbers = Vec::new();
    for layer in 0..settings.hidden_layers().len() {
        let key = connection_key(Connection::Feedforward(layer), "sigma_init");
        if auto.keys.contains(&key) {
            let target = auto.calibration.target_spikes;
            let Some(Spread { sigma, spikes }) = spread::of_layer(settings, layer, target, prepared, known)? else {
                return Ok(None);
            };
            set_sigma(settings, layer, sigma);
            numbers.push(Calibrated { key, value: sigma, reached: Reached::Spikes(spikes) });
        }
    }
    for connection in settings.connections() {
        let key = connection_key(connection, "weight_at_gmax");
        let is_recurrent = matches!(connection, Connection::Recurrent(_));
        if !is_recurrent && auto.keys.contains(&key) && settings.device_of(connection).is_some() {
            let (value, spreads) = scale::of_connection(settings, connection, &auto.calibration);
            set_weight_at_gmax(settings, connection, value);
            numbers.push(Calibrated { key, value, reached: Reached::Spreads(spreads) });
        }
    }
    Ok(Some(numbers))
}

fn set_sigma(settings: &mut Settings, layer: usize, sigma: f64) {
    match settings.layers.get_mut(layer).filter(|_| layer > 0) {
        Some(further) => further.sigma_init = Some(sigma),
        None => settings.weights.sigma_init = sigma,
    }
}

fn set_weight_at_gmax(settings: &mut Settings, connection: Connection, weight: f64) {
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

/// Refuses an axis on which `auto` stands for a number that the axis lists as well: both would be the same trials.
fn check_axes(study: &Study) -> Result<(), CalibrationError> {
    for (position, axis) in study.axes.iter().enumerate() {
        let is_auto = |condition: &&Condition| condition.values[position].as_str() == Some(AUTO);
        for condition in study.conditions.iter().filter(is_auto) {
            let number = condition.calibrated.iter().find(|number| number.key == axis.key).map(|number| number.value);
            let listed = |value: &toml::Value| value.as_float().or(value.as_integer().map(|whole| whole as f64));
            if let Some(number) = number.filter(|number| axis.values.iter().any(|value| listed(value) == Some(*number)))
            {
                return Err(CalibrationError::OnAxis { key: axis.key.clone(), number });
            }
        }
    }
    Ok(())
}

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

#[cfg(test)]
mod tests;
