//! Turns `auto` into numbers: initial weight spreads, and the weight of a cell at the upper end of its window.
//!
//! ```text
//! σ_init          smallest spread at which the untrained layer fires `target_spikes` per neuron and sample  (spread.rs)
//! weight_at_gmax  = headroom × 3.3 σ_init                                                                    (auto/scale.rs)
//! ```
//!
//! The spread comes from digital weights without noise, a batch of training samples, and draws of the stream
//! `calibration` below seed 0. So all repeats, noise levels and devices of a study share it. [`calibrate`] replaces
//! `auto` before a trial is named: records hold numbers, and a study with the same numbers has the same trials.

mod error;
mod spread;
mod stored;

use std::sync::Arc;

use ohmspike_snn::connection::Connection;

pub use error::CalibrationError;
use stored::Spread;
pub use stored::{CalibrationFileError, Calibrations, FILE};

use crate::auto::{AUTO, of_connection, set_sigma, set_weight_at_gmax};
pub use crate::auto::{Auto, Calibrated, CalibrationSettings, Reached, advised_weight_at_gmax};
use crate::prepare::Prepared;
use crate::settings::{Settings, connection_key};
use crate::study::{Condition, Study};

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

/// Returns `settings` with numbers in place of the keys of `auto`, with the data of `prepared` and the `known`
/// calibrations, to which it adds new ones. For networks that an answer derives from a study with [`Auto::open`].
///
/// # Errors
/// Returns a [`CalibrationError`] if no spread reaches the target, or if a number does not fit other keys.
pub fn calibrate_settings(
    mut settings: Settings,
    auto: &Auto,
    prepared: &Prepared,
    known: &mut Calibrations,
) -> Result<Settings, CalibrationError> {
    resolve(&mut settings, auto, prepared, known)?;
    settings.check().map_err(CalibrationError::Value)?;
    Ok(settings)
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
            let (value, spreads) = of_connection(settings, connection, &auto.calibration);
            set_weight_at_gmax(settings, connection, value);
            numbers.push(Calibrated { key, value, reached: Reached::Spreads(spreads) });
        }
    }
    Ok(Some(numbers))
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

#[cfg(test)]
mod tests;
