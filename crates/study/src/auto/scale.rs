//! Weight of a cell at the upper end of its window (Gmax).
//!
//! ```text
//! weight_at_gmax = headroom × 3.3 σ_init                      with recurrence, σ_init is the larger spread of the layer
//!
//! 3.3 σ_init   size that 0.1 % of the initial weights |N(0, σ_init)| exceed
//! headroom     how much the largest weights may grow during training
//! ```
//!
//! A larger window scale leaves more room, but the noise and the levels of a cell are a fixed fraction of the window.
//! So they grow with the scale, relative to the weights.

use ohmspike_snn::connection::Connection;

use super::CalibrationSettings;
use crate::settings::Settings;
use crate::settings::value::POSITIVE;

/// Size that 0.1 % of half-normal draws exceed, standard deviations: 3.29, rounded up.
pub(super) const FIRST_WEIGHTS: f64 = 3.3;

/// Returns the weight at Gmax of the cells of `connection`, thresholds, and its ratio to the initial spread of the
/// connection. Recurrent weights share the scale of their layer.
pub(crate) fn of_connection(
    settings: &Settings,
    connection: Connection,
    calibration: &CalibrationSettings,
) -> (f64, f64) {
    let (sigma, headroom) = match connection {
        Connection::Readout => (settings.sigma_readout(), calibration.headroom_readout),
        Connection::Feedforward(layer) | Connection::Recurrent(layer) => {
            let layer = &settings.hidden_layers()[layer];
            let recurrent = if layer.recurrent { layer.sigma_recurrent } else { 0.0 };
            (layer.sigma_init.max(recurrent), calibration.headroom)
        }
    };
    let weight = rounded(headroom * FIRST_WEIGHTS * sigma).clamp(POSITIVE.low, POSITIVE.high);
    (weight, weight / settings.sigma_of(connection))
}

/// Returns the weight at Gmax that `auto` chooses by default for `connection`, thresholds.
pub fn advised_weight_at_gmax(settings: &Settings, connection: Connection) -> f64 {
    of_connection(settings, connection, &CalibrationSettings::default()).0
}

/// Rounds to three significant digits, so that the number can be read and typed.
pub(crate) fn rounded(value: f64) -> f64 {
    format!("{value:.2e}").parse().expect("a formatted number")
}
