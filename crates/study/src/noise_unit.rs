//! Converts the noise of one write to other units.
//!
//! ```text
//! |w| = sigma_init sqrt(2/pi)      mean of the first hidden weights, |N(0, sigma_init)|
//! G   = Gmin + |w| / κ         conductance of that weight, in push-pull pairs of the main cell (pair_spread.rs)
//! ```
//!
//! In units of conductance the noise is that of one cell at G. In % of sigma_init it is that of the weight.
//!
//! ```text
//! one-branch    sigma_w = κ sigma(G)          two cells written    sigma_w = sqrt(2) κ sigma(G)
//! ```

use std::f64::consts::FRAC_2_PI;
use std::fmt;
use std::str::FromStr;

use ohmspike_crossbar::device::{Device, Sigma};
use ohmspike_crossbar::spread::{SpreadRow, spread_row};
use ohmspike_snn::connection::Connection;

use crate::key_label::{NOISE, SPREAD_SCALE};
use crate::pair_spread::{conductance_of, units_of_write};
use crate::settings::Settings;

/// Unit of write noise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoiseUnit {
    /// Standard deviation of the weight, % of `weights.sigma_init`.
    PercentOfSigmaInit,
    /// Standard deviation of the conductance, µS.
    Microsiemens,
    /// Standard deviation of the conductance, % of it.
    PercentOfConductance,
    /// Standard deviation of ln R.
    SigmaLnResistance,
}

impl NoiseUnit {
    /// All units.
    pub const ALL: [NoiseUnit; 4] = [
        NoiseUnit::PercentOfSigmaInit,
        NoiseUnit::Microsiemens,
        NoiseUnit::PercentOfConductance,
        NoiseUnit::SigmaLnResistance,
    ];

    /// Returns the name on the command line.
    pub fn word(self) -> &'static str {
        match self {
            NoiseUnit::PercentOfSigmaInit => "percent-of-sigma-init",
            NoiseUnit::Microsiemens => "microsiemens",
            NoiseUnit::PercentOfConductance => "percent-of-conductance",
            NoiseUnit::SigmaLnResistance => "sigma-ln-resistance",
        }
    }

    /// Returns the unit on an axis.
    pub fn symbol(self) -> &'static str {
        match self {
            NoiseUnit::PercentOfSigmaInit => "% of σ_init",
            NoiseUnit::Microsiemens => "µS",
            NoiseUnit::PercentOfConductance => "% of G",
            NoiseUnit::SigmaLnResistance => "σ of ln R",
        }
    }

    /// Returns the name of a table column.
    pub fn column(self) -> &'static str {
        match self {
            NoiseUnit::PercentOfSigmaInit => "write_noise_percent_of_sigma_init",
            NoiseUnit::Microsiemens => "write_noise_microsiemens",
            NoiseUnit::PercentOfConductance => "write_noise_percent_of_conductance",
            NoiseUnit::SigmaLnResistance => "write_noise_sigma_ln_resistance",
        }
    }

    /// Returns the noise of `row` in this unit.
    pub fn of(self, row: &SpreadRow) -> Option<f64> {
        match self {
            NoiseUnit::PercentOfSigmaInit => row.percent_of_sigma_init,
            NoiseUnit::Microsiemens => Some(row.sigma_microsiemens),
            NoiseUnit::PercentOfConductance => Some(row.percent_of_conductance),
            NoiseUnit::SigmaLnResistance => Some(row.sigma_ln_resistance),
        }
    }
}

impl fmt::Display for NoiseUnit {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(self.word())
    }
}

impl FromStr for NoiseUnit {
    type Err = String;

    fn from_str(text: &str) -> Result<NoiseUnit, String> {
        let words = NoiseUnit::ALL.map(|unit| format!("`{unit}`")).join(", ");
        NoiseUnit::ALL
            .into_iter()
            .find(|unit| unit.word() == text)
            .ok_or_else(|| format!("expected one of {words}, got `{text}`"))
    }
}

/// Returns the noise of one write at the mean initial hidden weight; none if the window does not contain it.
pub fn first_write(settings: &Settings, device: &Device) -> Option<SpreadRow> {
    let target = conductance_of(settings.weights.sigma_init * FRAC_2_PI.sqrt(), settings, device)?;
    let units = units_of_write(settings, device, Connection::Feedforward(0))?;
    let scale = settings.hardware.write_spread_scale;
    let sigma = match device.write.noise.sigma(target, Some(units.update_sigma / units.weight_per_microsiemens))? {
        Sigma::Microsiemens(sigma) => Sigma::Microsiemens(scale * sigma),
        Sigma::LnResistance { sigma, convention } => Sigma::LnResistance { sigma: scale * sigma, convention },
    };
    Some(spread_row(1e6 / target, sigma, &device.window, Some(units)))
}

/// Converts `level` of an axis of write noise to `unit`, at the mean initial weight; none if the device has no such value.
pub fn noise_at(settings: &Settings, device: &Device, key: &str, level: f64, unit: NoiseUnit) -> Option<f64> {
    let mut settings = settings.clone();
    match key {
        NOISE => settings.noise.level_percent = level,
        SPREAD_SCALE => settings.hardware.write_spread_scale = level,
        _ => return None,
    }
    unit.of(&first_write(&settings, device)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(level_percent: f64) -> Settings {
        let mut settings = Settings::default();
        settings.noise.level_percent = level_percent;
        settings
    }

    /// 1 µS to 1000 µS hold weights up to 1: a sigma_init of 0.001 is 0.999 µS, its mean weight 0.797 µS above the floor.
    #[test]
    fn a_level_converts_to_every_unit() {
        let row = first_write(&settings(20.0), &Device::built_in("study-1k-1m").unwrap()).unwrap();
        // κ and the window are f32.
        let close = |got: f64, expected: f64| (got / expected - 1.0).abs() < 1e-6;
        let conductance = 1.0 + 0.999 * (2.0 / std::f64::consts::PI).sqrt();
        assert!(close(row.conductance_microsiemens, conductance));
        assert!(close(NoiseUnit::Microsiemens.of(&row).unwrap(), 0.1998));
        assert!(close(NoiseUnit::PercentOfConductance.of(&row).unwrap(), 19.98 / conductance));
        assert!(close(NoiseUnit::PercentOfSigmaInit.of(&row).unwrap(), 20.0));
        let ln = (1.0 + (0.1998 / conductance).powi(2)).ln().sqrt();
        assert!(close(NoiseUnit::SigmaLnResistance.of(&row).unwrap(), ln));
    }

    #[test]
    fn the_factor_on_the_write_noise_counts() {
        let oxide = Device::built_in("illustrative-oxide").unwrap();
        let mut doubled = settings(0.0);
        doubled.hardware.write_spread_scale = 2.0;
        let of = |settings: &Settings| first_write(settings, &oxide).unwrap().sigma_ln_resistance;
        assert!((of(&doubled) / of(&settings(0.0)) - 2.0).abs() < 1e-12);
    }

    #[test]
    fn units_parse_from_their_names() {
        for unit in NoiseUnit::ALL {
            assert_eq!(unit.to_string().parse(), Ok(unit));
        }
        assert!("percent".parse::<NoiseUnit>().unwrap_err().starts_with("expected one of `percent-of-sigma-init`, "));
    }
}
