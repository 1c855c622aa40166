//! Converts a standard deviation between all common units.
//!
//! ```text
//! s = sigma of ln R, g = G (the target), m and v = mean and variance of the resulting conductance
//!
//! median-preserving   m = g exp(s²/2)    v = m² (exp(s²) - 1)
//! mean-preserving     m = g              v = m² (exp(s²) - 1)
//! Gaussian, sqrt(v)   m = g              s = sqrt(ln(1 + v/m²)), the log-normal of the same mean and variance
//! ```
//!
//! Johnson, Kotz and Balakrishnan, *Continuous Univariate Distributions* 1 (1994), chapter 14.
//!
//! ```
//! use ohmspike_crossbar::device::Device;
//! use ohmspike_crossbar::spread::write_spread;
//!
//! let device = Device::built_in("illustrative-oxide").ok_or("built in")?;
//! let rows = write_spread(&device, &[1e3, 1e6], None);
//! assert!((rows[0].sigma_ln_resistance - 0.002).abs() < 1e-12);
//! assert!((rows[0].sigma_microsiemens - 2.0).abs() < 1e-4);
//! assert!((rows[0].percent_of_conductance - 0.2).abs() < 1e-5);
//! # Ok::<(), &str>(())
//! ```

use crate::device::{Device, Sigma};
use crate::window::ConductanceWindow;

/// Constants that convert a standard deviation of conductance to one of weight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WeightUnits {
    /// Weight per µS.
    pub weight_per_microsiemens: f64,
    /// Initial weight spread (σ_init): standard deviation of the initial weights.
    pub sigma_init: f64,
    /// Write noise in units of weight for a device with `from-study` noise.
    pub update_sigma: f64,
}

/// One standard deviation at one resistance, in all units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpreadRow {
    /// Target resistance, ohm.
    pub resistance_ohm: f64,
    /// Target conductance, µS.
    pub conductance_microsiemens: f64,
    /// Standard deviation, µS.
    pub sigma_microsiemens: f64,
    /// Standard deviation relative to the conductance, %.
    pub percent_of_conductance: f64,
    /// Standard deviation relative to the width of the window, %.
    pub percent_of_window: f64,
    /// Standard deviation of ln R.
    pub sigma_ln_resistance: f64,
    /// Standard deviation of the weight relative to σ_init, %; `None` without weight units.
    pub percent_of_sigma_init: Option<f64>,
}

/// Converts `sigma` at `resistance` (ohm) to all units.
pub fn spread_row(resistance: f64, sigma: Sigma, window: &ConductanceWindow, weight: Option<WeightUnits>) -> SpreadRow {
    let conductance = 1e6 / resistance;
    let microsiemens = sigma.microsiemens(conductance);
    SpreadRow {
        resistance_ohm: resistance,
        conductance_microsiemens: conductance,
        sigma_microsiemens: microsiemens,
        percent_of_conductance: 100.0 * microsiemens / conductance,
        percent_of_window: 100.0 * microsiemens / f64::from(window.span()),
        sigma_ln_resistance: sigma.ln_resistance(conductance),
        percent_of_sigma_init: weight
            .map(|units| 100.0 * units.weight_per_microsiemens * microsiemens / units.sigma_init),
    }
}

/// Returns the noise of one write of `device` at `resistances`, ohm. Empty for `from-study` noise without weight units.
pub fn write_spread(device: &Device, resistances: &[f64], weight: Option<WeightUnits>) -> Vec<SpreadRow> {
    let update_sigma = weight.map(|units| units.update_sigma / units.weight_per_microsiemens);
    let row = |&resistance: &f64| {
        let sigma = device.write.noise.sigma(1e6 / resistance, update_sigma)?;
        Some(spread_row(resistance, sigma, &device.window, weight))
    };
    resistances.iter().filter_map(row).collect()
}

/// Returns the noise of one read of `device` at `resistances`, ohm.
pub fn read_spread(device: &Device, resistances: &[f64], weight: Option<WeightUnits>) -> Vec<SpreadRow> {
    let row =
        |&resistance: &f64| spread_row(resistance, device.read.white.sigma(1e6 / resistance), &device.window, weight);
    resistances.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::Convention;

    const UNITS: WeightUnits = WeightUnits { weight_per_microsiemens: 1e-5, sigma_init: 1e-3, update_sigma: 2e-4 };

    #[test]
    fn units_round_trip() {
        let window = ConductanceWindow::from_resistances(1e3, 1e6).unwrap();
        for sigma in [1e-3, 0.05, 0.4, 1.5] {
            let stated = Sigma::LnResistance { sigma, convention: Convention::MeanPreserving };
            let row = spread_row(2e4, stated, &window, Some(UNITS));
            let back = Sigma::Microsiemens(row.sigma_microsiemens).ln_resistance(row.conductance_microsiemens);
            // A dozen roundings of f64; s² near 1e-6 is added to 1 inside the logarithms.
            assert!((back / sigma - 1.0).abs() < 1e-9);
            let microsiemens = row.sigma_microsiemens;
            for again in [
                row.percent_of_conductance / 100.0 * 50.0,
                row.percent_of_window / 100.0 * 999.0,
                row.percent_of_sigma_init.unwrap() / 100.0 * UNITS.sigma_init / UNITS.weight_per_microsiemens,
            ] {
                assert!((again / microsiemens - 1.0).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn from_study_noise_needs_the_study() {
        let device = Device::built_in("study-1k-1m").unwrap();
        assert!(write_spread(&device, &[1e4], None).is_empty());
        let rows = write_spread(&device, &[1e3, 1e6], Some(UNITS));
        for row in rows {
            assert!((row.sigma_microsiemens - 20.0).abs() < 1e-12);
            assert!((row.percent_of_sigma_init.unwrap() - 20.0).abs() < 1e-12);
        }
    }

    #[test]
    fn read_noise_in_percent_stays_in_percent() {
        let device = Device::built_in("illustrative-oxide").unwrap();
        for row in read_spread(&device, &[1e3, 1e4, 1e6], None) {
            // The fraction is an f32.
            assert!((row.percent_of_conductance - 1.0).abs() < 1e-6);
            assert_eq!(row.percent_of_sigma_init, None);
        }
    }
}
