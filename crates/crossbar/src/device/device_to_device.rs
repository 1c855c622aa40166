//! What makes the cells of a chip differ: constants that are drawn once and stay.
//!
//! ```text
//! z a standard normal of its own for every cell and quantity
//!
//! ends of the window        device/ends.rs
//! gains and slopes          device/gains.rs
//! f = exp(s z)              factor on the standard deviation of the cell's writes, those of its pulses among them
//! ```
//!
//! The factor keeps its median. Every quantity has a stream of its own, so that switching one on leaves the others alone.

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

/// Deviations of the gain of down steps over those of up steps.
const DOWN_GAIN: Allowed = Allowed { low: 0.01, high: 100.0, unit: "" };

/// The spreads of a chip in a device file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DeviceToDeviceSpec {
    /// Standard deviation of ln R of the fully-on end of the window.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = SIGMA_LN.low, max = SIGMA_LN.high), extend("x-unit" = "sigma of ln R")))]
    pub low_resistance_sigma_ln: Option<f64>,
    /// Standard deviation of ln R of the fully-off end of the window.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = SIGMA_LN.low, max = SIGMA_LN.high), extend("x-unit" = "sigma of ln R")))]
    pub high_resistance_sigma_ln: Option<f64>,
    /// Distribution of the ends; of `normal` ones the standard deviation is that of G over its nominal value. Needs one
    /// of the two.
    #[serde(default, deserialize_with = "optional_word", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "EndsKind", extend("default" = "log-normal")))]
    pub ends: Option<EndsKind>,
    /// Distribution of the gain of a step; needs `step_gain_sigma`.
    #[serde(default, deserialize_with = "optional_word", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "StepGainKind"))]
    pub step_gain: Option<StepGainKind>,
    /// Standard deviation of the gain, or of its logarithm; needs `step_gain`.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = SIGMA_GAIN.low, max = SIGMA_GAIN.high), extend("x-unit" = "1")))]
    pub step_gain_sigma: Option<f64>,
    /// Standard deviation of half the difference of the gains up and down.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = SIGMA_GAIN.low, max = SIGMA_GAIN.high), extend("x-unit" = "1")))]
    pub up_down_sigma: Option<f64>,
    /// Deviation of the gain of down steps over that of up steps; needs `step_gain` or `up_down_sigma`.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = DOWN_GAIN.low, max = DOWN_GAIN.high), extend("default" = 1, "x-unit" = "1")))]
    pub down_gain_factor: Option<f64>,
    /// Pulses with linear steps only: standard deviation of the share of a step that is lost from the reference state to
    /// the end.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = SIGMA_GAIN.low, max = SIGMA_GAIN.high), extend("x-unit" = "1")))]
    pub slope_sigma: Option<f64>,
    /// Standard deviation of the logarithm of the factor on a cell's write spread, of pulses too.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = SIGMA_LN.low, max = SIGMA_LN.high), extend("x-unit" = "sigma of ln")))]
    pub write_spread_sigma_ln: Option<f64>,
}

/// The spreads from cell to cell of a chip; none where the file leaves them out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(try_from = "DeviceToDeviceSpec")]
pub struct DeviceToDevice {
    /// Standard deviation of ln R of the fully-on end of the window.
    pub low_resistance: Option<f32>,
    /// Standard deviation of ln R of the fully-off end of the window.
    pub high_resistance: Option<f32>,
    /// Distribution of the ends; of normal ones the deviations are those of G over its nominal value.
    pub ends: EndsKind,
    /// Gain of a step.
    pub step_gain: Option<StepGain>,
    /// Standard deviation of half the difference of the gains up and down.
    pub up_down: Option<f32>,
    /// Deviation of the gain down over that of the gain up; the same where there is none.
    pub down_gain: Option<f32>,
    /// Standard deviation of the share of a linear step that is lost from the reference state to the end.
    pub slope: Option<f32>,
    /// Standard deviation of the logarithm of the factor on a cell's write spread.
    pub write_spread: Option<f32>,
}

/// The constants of every cell of one chip; none where all cells have the nominal one. Padding holds zero.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ChipCells {
    /// Own floor and ceiling as conductance above the nominal floor, µS.
    pub(crate) ends: Option<[Matrix; 2]>,
    /// Factors on steps up and down, not below zero.
    pub(crate) gains: Option<[Matrix; 2]>,
    /// Falls of the factors of linear steps over the state, up and down, beyond that of the law.
    pub(crate) slopes: Option<[Matrix; 2]>,
    /// Factor on the standard deviation of a write.
    pub(crate) spread: Option<Matrix>,
}

impl DeviceToDevice {
    /// The cells of one chip, written by `pulses` where they are. Every quantity has a stream of its own below `seed`,
    /// so that
    /// switching one on leaves the draws of the others alone; the draws lie in the layout of the matrix.
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

    /// Mean and variance within five standard errors of those of a normal.
    fn assert_normal(what: &str, values: &[f64], mean: f64, sigma: f64) {
        let n = values.len() as f64;
        let found = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n;
        assert!((found - mean).abs() < 5.0 * sigma / n.sqrt(), "{what}: mean {found}, expected {mean}");
        let error = sigma * sigma * (2.0 / n).sqrt();
        assert!((variance - sigma * sigma).abs() < 5.0 * error, "{what}: variance {variance}, expected {sigma}²");
    }

    /// Quantities of all cells as standard normals, from the equations solved for z.
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

    /// One number shared by many cells or quantities would show as a correlation: its standard error is 1 / sqrt(n).
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
    fn switching_one_quantity_on_leaves_the_draws_of_the_others_alone() {
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
    fn no_spread_is_the_nominal_cell() {
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
    fn ends_that_cross_are_exchanged_and_gains_are_held_at_zero() {
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
        // P(z < -1) = 0.1587 of a standard normal.
        let held = up.cells().filter(|gain| *gain == 0.0).count() as f64 / (ROWS * COLUMNS) as f64;
        let error = (0.1587 * 0.8413 / (ROWS * COLUMNS) as f64).sqrt();
        assert!((held - 0.158_655).abs() < 5.0 * error && up.cells().all(|gain| gain >= 0.0), "{held}");
    }

    /// The gain down deviates by the factor of what the gain up does, less the asymmetry: its standard deviation is the
    /// factor
    /// times the root of the sum of squares.
    #[test]
    fn the_gain_down_may_deviate_more() {
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
    fn padding_holds_zero() {
        let cells = DeviceToDevice { ends: EndsKind::Normal, down_gain: Some(2.0), ..all() };
        let cells = cells.draw(&window(), None, [3, 19], Seed::new(3));
        let [low, high] = cells.ends.unwrap();
        let [up, down] = cells.gains.unwrap();
        for cells in [low, high, up, down, cells.spread.unwrap()] {
            assert!((0..3).all(|row| cells.row(row)[1].0[3..].iter().all(|lane| *lane == 0.0)));
        }
    }
}
