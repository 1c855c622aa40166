//! Warnings about weights that use little of the conductance window: the noise and the levels of a cell are a fraction of the
//! window, and so are coarse for small weights.

use ohmspike_crossbar::device::{Device, WriteNoise};
use ohmspike_snn::connection::Connection;

use crate::auto::advised_weight_at_gmax;
use crate::settings::{Settings, connection_key};
use crate::significant::short;

use super::Warning;

/// Ratio of the weight at Gmax to the advised one from which on the scale is too wide: the weights then use less than a tenth
/// of the advised part of the window.
pub(crate) const TOO_WIDE: f64 = 10.0;

/// A weight at Gmax that is far too large for the initial weights.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error(
    "{key}: at {weight}, nearly all initial weights are within {} % of the conductance window of device `{device}`, so its noise \
     and levels are coarse for them\n\nhint: lower `{key}` to {advised}", short(*percent)
)]
pub struct WideScale {
    /// The key.
    pub key: String,
    /// Name of the device.
    pub device: String,
    /// Weight at Gmax, thresholds.
    pub weight: f64,
    /// Part of the window below 3.3 initial weight spreads, %.
    pub percent: f64,
    /// Weight that `auto` chooses by default, thresholds. The key may be `auto` already, with a large `calibration.headroom`.
    pub advised: f64,
}

/// Returns the scales of `connections` on `device` that are too wide. Cells that are written exactly, and cells with the
/// noise of the study, which is in units of weight, fit any scale.
pub(super) fn wide_scales(
    settings: &Settings,
    device: &Device,
    connections: impl Iterator<Item = Connection>,
) -> Vec<Warning> {
    let own_noise = !matches!(device.write.noise, WriteNoise::None | WriteNoise::FromStudy);
    if !own_noise && device.write.pulses().is_none() {
        return Vec::new();
    }
    let wide =
        connections.filter(|connection| !matches!(connection, Connection::Recurrent(_))).filter_map(|connection| {
            let (weight, advised) =
                (settings.weight_at_gmax_of(connection), advised_weight_at_gmax(settings, connection));
            let (key, device) = (connection_key(connection, "weight_at_gmax"), device.name.clone());
            let percent = 330.0 * settings.sigma_of(connection) / weight;
            (weight > TOO_WIDE * advised).then_some(WideScale { key, device, weight, percent, advised })
        });
    wide.map(Warning::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warns_about_small_weights_in_a_window_of_inexact_cells() {
        let told = |name: &str, weight: f64| {
            let mut settings = Settings::default();
            settings.hardware.weight_at_gmax = weight;
            let device = Device::built_in(name).expect("built in");
            wide_scales(&settings, &device, [Connection::Feedforward(0)].into_iter())
        };
        let [warning] = &told("cmo-hfox-falcone-2025", 1.0)[..] else { panic!("a warning") };
        assert_eq!(
            warning.to_string(),
            "hardware.weight_at_gmax: at 1, nearly all initial weights are within 0.33 % of the conductance window of device \
             `cmo-hfox-falcone-2025`, so its noise and levels are coarse for them\n\n\
             hint: lower `hardware.weight_at_gmax` to 0.0099"
        );
        assert_eq!(told("cmo-hfox-falcone-2025", 0.09), []);
        assert_eq!(told("study-1k-1m", 1.0), []);
    }
}
