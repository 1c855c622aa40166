//! Device-to-device variation: constants of every cell, drawn once per chip.
//!
//! ```text
//! z a standard normal, independent for every cell and quantity; s the standard deviation in the file
//!
//! ends of the window        device/ends.rs
//! gains and slopes          device/gains.rs
//! f = exp(s z)              factor on the write noise of the cell, cycle noise of pulses included
//! ```
//!
//! The median of the factor is 1. Every quantity draws from its own random stream, so enabling one does not change the
//! others.

use ohmspike_rng::Seed;
use ohmspike_simd::{Matrix, exp};
use serde::{Deserialize, Serialize};

use super::allowed::Allowed;
use super::cell_draws::cells;
use super::ends::{Ends, EndsKind};
use super::gains::{Gains, StepGain, StepGainKind, slopes};
use super::number::{SIGMA_GAIN, SIGMA_LN, optional_number};
use super::pulse_state::PulseState;
use super::pulses::Pulses;
use super::refusal::{SpecError, required};
use super::shape::optional_word;
use crate::window::ConductanceWindow;

/// Range of the ratio of down and up gain deviations.
const DOWN_GAIN: Allowed = Allowed { low: 0.01, high: 100.0, unit: "" };

/// Device-to-device variation in a device file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DeviceToDeviceSpec {
    /// Standard deviation of ln R of the fully-on end of the window over cells.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = SIGMA_LN.low, max = SIGMA_LN.high), extend("x-unit" = "sigma of ln R")))]
    pub low_resistance_sigma_ln: Option<f64>,
    /// Standard deviation of ln R of the fully-off end of the window over cells.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = SIGMA_LN.low, max = SIGMA_LN.high), extend("x-unit" = "sigma of ln R")))]
    pub high_resistance_sigma_ln: Option<f64>,
    /// Distribution of the window ends over cells. With `normal`, `low_resistance_sigma_ln` and
    /// `high_resistance_sigma_ln` are standard deviations of G relative to its nominal value. Requires at least one of
    /// them.
    #[serde(default, deserialize_with = "optional_word", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "EndsKind", extend("default" = "log-normal")))]
    pub ends: Option<EndsKind>,
    /// Distribution of the step gain over cells. Requires `step_gain_sigma`.
    #[serde(default, deserialize_with = "optional_word", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "StepGainKind"))]
    pub step_gain: Option<StepGainKind>,
    /// Standard deviation over cells of the step gain (`normal`) or of its logarithm (`log-normal`). Requires
    /// `step_gain`.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = SIGMA_GAIN.low, max = SIGMA_GAIN.high), extend("x-unit" = "1")))]
    pub step_gain_sigma: Option<f64>,
    /// Standard deviation over cells of half the difference between up gain and down gain.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = SIGMA_GAIN.low, max = SIGMA_GAIN.high), extend("x-unit" = "1")))]
    pub up_down_sigma: Option<f64>,
    /// Ratio of the gain deviation of down steps to that of up steps. Requires `step_gain` or `up_down_sigma`.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = DOWN_GAIN.low, max = DOWN_GAIN.high), extend("default" = 1, "x-unit" = "1")))]
    pub down_gain_factor: Option<f64>,
    /// Laws `linear` and `soft-bounds` only: standard deviation over cells of the fraction of a step that is lost
    /// between the reference state and the end of the window.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = SIGMA_GAIN.low, max = SIGMA_GAIN.high), extend("x-unit" = "1")))]
    pub slope_sigma: Option<f64>,
    /// Standard deviation over cells of the logarithm of a factor on the write noise, cycle noise of pulses included.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = SIGMA_LN.low, max = SIGMA_LN.high), extend("x-unit" = "sigma of ln")))]
    pub write_spread_sigma_ln: Option<f64>,
}

/// Device-to-device variation; `None` where the file sets nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(try_from = "DeviceToDeviceSpec")]
pub struct DeviceToDevice {
    /// Standard deviation of ln R of the fully-on end of the window over cells.
    pub low_resistance: Option<f32>,
    /// Standard deviation of ln R of the fully-off end of the window over cells.
    pub high_resistance: Option<f32>,
    /// Distribution of the window ends. For a normal distribution, the deviations are those of G relative to its
    /// nominal value.
    pub ends: EndsKind,
    /// Step gain.
    pub step_gain: Option<StepGain>,
    /// Standard deviation over cells of half the difference between up gain and down gain.
    pub up_down: Option<f32>,
    /// Ratio of the down and up gain deviations; `None` means 1.
    pub down_gain: Option<f32>,
    /// Standard deviation of the fraction of a linear step that is lost between the reference state and the end.
    pub slope: Option<f32>,
    /// Standard deviation of the logarithm of the factor on the write noise.
    pub write_spread: Option<f32>,
}

/// Constants of every cell of one chip; `None` where all cells are nominal. Padding is zero.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ChipCells {
    /// Lower and upper end of every cell above the nominal Gmin, µS.
    pub(crate) ends: Option<[Matrix; 2]>,
    /// Factors on up and down steps, not negative.
    pub(crate) gains: Option<[Matrix; 2]>,
    /// Additional slopes of the linear step factors over the state, up and down.
    pub(crate) slopes: Option<[Matrix; 2]>,
    /// Factor on the standard deviation of a write.
    pub(crate) spread: Option<Matrix>,
}

impl DeviceToDevice {
    /// Draws the cells of one chip; `pulses` are those of the device, if any. Every quantity has its own stream below
    /// `seed`, so enabling one does not change the draws of the others. The draws follow the layout of the matrix.
    pub(crate) fn draw(
        &self,
        window: &ConductanceWindow,
        pulses: Option<&Pulses>,
        [rows, columns]: [usize; 2],
        seed: Seed,
    ) -> ChipCells {
        let normals = |name: &str| {
            let mut normals = Matrix::zeros(rows, columns);
            seed.named(name).normals().fill(normals.blocks_mut());
            normals
        };
        let reference = pulses.filter(|pulses| pulses.state != PulseState::OwnWindow);
        let reference = reference.map(|pulses| pulses.reference * window.span());
        let ends = Ends { kind: self.ends, low_resistance: self.low_resistance, high_resistance: self.high_resistance };
        let gains = Gains { step_gain: self.step_gain, up_down: self.up_down, down_gain: self.down_gain };
        ChipCells {
            ends: ends.draw(window, reference, [rows, columns], normals),
            gains: gains.draw(rows, columns, normals),
            slopes: self.slope.zip(pulses).and_then(|(sigma, pulses)| slopes(sigma, pulses, normals)),
            spread: self.write_spread.map(|sigma| cells(normals("spread"), |z| exp(sigma * z))),
        }
    }
}

impl TryFrom<DeviceToDeviceSpec> for DeviceToDevice {
    type Error = SpecError;

    fn try_from(spec: DeviceToDeviceSpec) -> Result<DeviceToDevice, SpecError> {
        let sigma = |key: &str, value: Option<f64>, allowed: Allowed| {
            value.map(|value| allowed.check(key, value).map(|sigma| sigma as f32)).transpose()
        };
        let gain_sigma = sigma("step_gain_sigma", spec.step_gain_sigma, SIGMA_GAIN)?;
        let step_gain = match spec.step_gain {
            None if gain_sigma.is_none() => None,
            None => return required("step_gain", None, "step_gain_sigma"),
            Some(StepGainKind::Normal) => {
                Some(StepGain::Normal { sigma: required("step_gain_sigma", gain_sigma, "normal")? })
            }
            Some(StepGainKind::LogNormal) => {
                Some(StepGain::LogNormal { sigma: required("step_gain_sigma", gain_sigma, "log-normal")? })
            }
        };
        let low_resistance = sigma("low_resistance_sigma_ln", spec.low_resistance_sigma_ln, SIGMA_LN)?;
        let high_resistance = sigma("high_resistance_sigma_ln", spec.high_resistance_sigma_ln, SIGMA_LN)?;
        let spread = low_resistance.is_some() || high_resistance.is_some();
        if spec.ends.is_some() && !spread {
            return required("low_resistance_sigma_ln", None, "ends");
        }
        let up_down = sigma("up_down_sigma", spec.up_down_sigma, SIGMA_GAIN)?;
        if spec.down_gain_factor.is_some() && step_gain.is_none() && up_down.is_none() {
            return required("step_gain", None, "down_gain_factor");
        }
        Ok(DeviceToDevice {
            low_resistance,
            high_resistance,
            ends: spec.ends.unwrap_or_default(),
            step_gain,
            up_down,
            down_gain: sigma("down_gain_factor", spec.down_gain_factor, DOWN_GAIN)?,
            slope: sigma("slope_sigma", spec.slope_sigma, SIGMA_GAIN)?,
            write_spread: sigma("write_spread_sigma_ln", spec.write_spread_sigma_ln, SIGMA_LN)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: usize = 400;
    const COLUMNS: usize = 250;

    fn window() -> ConductanceWindow {
        ConductanceWindow::from_resistances(1e3, 1e6).unwrap()
    }

    fn all() -> DeviceToDevice {
        DeviceToDevice {
            low_resistance: Some(0.3),
            high_resistance: Some(0.4),
            step_gain: Some(StepGain::LogNormal { sigma: 0.2 }),
            up_down: Some(0.01),
            write_spread: Some(0.25),
            ..DeviceToDevice::default()
        }
    }

    fn chip(spread: DeviceToDevice) -> ChipCells {
        spread.draw(&window(), None, [ROWS, COLUMNS], Seed::new(1).named("chip"))
    }

    fn values(cells: &Matrix, of: impl Fn(f64) -> f64) -> Vec<f64> {
        cells.cells().map(|cell| of(f64::from(cell))).collect()
    }

    /// Asserts the mean and variance of a normal distribution within five standard errors.
    fn assert_normal(what: &str, values: &[f64], mean: f64, sigma: f64) {
        let n = values.len() as f64;
        let found = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n;
        assert!((found - mean).abs() < 5.0 * sigma / n.sqrt(), "{what}: mean {found}, expected {mean}");
        let error = sigma * sigma * (2.0 / n).sqrt();
        assert!((variance - sigma * sigma).abs() < 5.0 * error, "{what}: variance {variance}, expected {sigma}²");
    }

    /// Returns the quantities of all cells as standard normals: the equations solved for z.
    fn standardised(cells: &ChipCells) -> [Vec<f64>; 5] {
        let [low, high] = cells.ends.as_ref().unwrap();
        let [up, down] = cells.gains.as_ref().unwrap();
        let low = values(low, |g_above_min| -libm::log(1.0 + g_above_min) / 0.4);
        let high = values(high, |g_above_min| -libm::log((1.0 + g_above_min) / 1000.0) / 0.3);
        let (up, down) = (values(up, |gain| gain), values(down, |gain| gain));
        let gain = up.iter().zip(&down).map(|(up, down)| libm::log((up + down) / 2.0) / 0.2).collect();
        let up_down = up.iter().zip(&down).map(|(up, down)| (up - down) / 2.0 / 0.01).collect();
        let spread = values(cells.spread.as_ref().unwrap(), |factor| libm::log(factor) / 0.25);
        [low, high, gain, up_down, spread]
    }

    #[test]
    fn every_quantity_has_its_distribution() {
        for (what, z) in ["low", "high", "gain", "up-down", "spread"].iter().zip(standardised(&chip(all()))) {
            assert_normal(what, &z, 0.0, 1.0);
        }
        let normal = DeviceToDevice { step_gain: Some(StepGain::Normal { sigma: 0.15 }), ..DeviceToDevice::default() };
        let [up, down] = chip(normal).gains.unwrap();
        assert_normal("normal gain", &values(&up, |gain| gain), 1.0, 0.15);
        assert_eq!(up, down);
    }

    /// A number shared by cells or quantities would appear as a correlation with standard error 1 / sqrt(n).
    #[test]
    fn cells_and_quantities_are_independent() {
        let z = standardised(&chip(all()));
        let correlation = |a: &[f64], b: &[f64]| {
            let n = a.len().min(b.len()) as f64;
            let sum: f64 = a.iter().zip(b).map(|(a, b)| a * b).sum();
            (sum / n, 5.0 / n.sqrt())
        };
        for (number, quantity) in z.iter().enumerate() {
            for shift in [1, 16, COLUMNS] {
                let (found, bound) = correlation(quantity, &quantity[shift..]);
                assert!(found.abs() < bound, "quantity {number}, {shift} cells on: {found}");
            }
            for other in &z[number + 1..] {
                let (found, bound) = correlation(quantity, other);
                assert!(found.abs() < bound, "quantity {number}: {found}");
            }
        }
    }

    #[test]
    fn enabling_one_quantity_does_not_change_the_others() {
        let every = chip(all());
        let gain = chip(DeviceToDevice { low_resistance: None, high_resistance: None, write_spread: None, ..all() });
        assert_eq!(gain.gains, every.gains);
        assert_eq!((&gain.ends, &gain.spread), (&None, &None));
        let low = chip(DeviceToDevice { low_resistance: None, ..all() });
        let ([low, high], [every_low, _]) = (low.ends.unwrap(), every.ends.unwrap());
        assert_eq!(low, every_low);
        assert!(high.cells().all(|g_above_min| g_above_min == window().span()));
        let none = chip(DeviceToDevice::default());
        assert_eq!(none, ChipCells { ends: None, gains: None, slopes: None, spread: None });
    }

    #[test]
    fn zero_variation_gives_the_nominal_cell() {
        let cells = chip(DeviceToDevice {
            low_resistance: Some(0.0),
            high_resistance: Some(0.0),
            step_gain: Some(StepGain::Normal { sigma: 0.0 }),
            up_down: Some(0.0),
            down_gain: Some(3.0),
            write_spread: Some(0.0),
            ..DeviceToDevice::default()
        });
        let all_equal = |cells: &Matrix, value: f32| cells.cells().all(|cell| cell == value);
        let ([low, high], [up, down]) = (cells.ends.unwrap(), cells.gains.unwrap());
        assert!(all_equal(&low, 0.0) && all_equal(&high, window().span()));
        assert!(all_equal(&up, 1.0) && all_equal(&down, 1.0) && all_equal(&cells.spread.unwrap(), 1.0));
    }

    #[test]
    fn crossing_ends_are_exchanged_and_gains_are_not_negative() {
        let wild = DeviceToDevice {
            low_resistance: Some(2.0),
            step_gain: Some(StepGain::Normal { sigma: 1.0 }),
            ..DeviceToDevice::default()
        };
        let narrow = ConductanceWindow::from_resistances(1e3, 2e3).unwrap();
        let cells = wild.draw(&narrow, None, [ROWS, COLUMNS], Seed::new(2));
        let [low, high] = cells.ends.unwrap();
        assert!(low.cells().zip(high.cells()).all(|(low, high)| -narrow.low() < low && low <= high));
        assert!(low.cells().any(|low| low < 0.0));
        let [up, _] = cells.gains.unwrap();
        // P(z < -1) = 0.1587 for a standard normal.
        let held = up.cells().filter(|gain| *gain == 0.0).count() as f64 / (ROWS * COLUMNS) as f64;
        let error = (0.1587 * 0.8413 / (ROWS * COLUMNS) as f64).sqrt();
        assert!((held - 0.158_655).abs() < 5.0 * error && up.cells().all(|gain| gain >= 0.0), "{held}");
    }

    /// The down gain deviates by `down_gain` times (gain deviation minus asymmetry): its standard deviation is the
    /// factor times the root of the sum of squares.
    #[test]
    fn the_down_gain_can_deviate_more() {
        let spread = DeviceToDevice {
            step_gain: Some(StepGain::Normal { sigma: 0.1 }),
            up_down: Some(0.05),
            down_gain: Some(1.5),
            ..DeviceToDevice::default()
        };
        let [up, down] = chip(spread).gains.unwrap();
        let sigma = libm::hypot(0.1, 0.05);
        assert_normal("up", &values(&up, |gain| gain), 1.0, sigma);
        assert_normal("down", &values(&down, |gain| gain), 1.0, 1.5 * sigma);
    }

    #[test]
    fn padding_is_zero() {
        let cells = DeviceToDevice { ends: EndsKind::Normal, down_gain: Some(2.0), ..all() };
        let cells = cells.draw(&window(), None, [3, 19], Seed::new(3));
        let [low, high] = cells.ends.unwrap();
        let [up, down] = cells.gains.unwrap();
        for cells in [low, high, up, down, cells.spread.unwrap()] {
            assert!((0..3).all(|row| cells.row(row)[1].0[3..].iter().all(|lane| *lane == 0.0)));
        }
    }
}
