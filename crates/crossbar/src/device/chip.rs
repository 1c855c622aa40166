//! What makes the cells of a chip differ: constants that are drawn once and stay.
//!
//! ```text
//! z a standard normal of its own for every cell and every line below
//!
//! ln R_low'  = ln R_low  + s z                end of the window where the cell is fully on, s = sigma of ln R
//! ln R_high' = ln R_high + s z                end where it is fully off; a cell whose ends cross has them exchanged
//!
//! g = 1 + s z  (normal)  or  exp(s z)  (log-normal)      gain of a step
//! r = s z                                                asymmetry of up and down
//! g_up = max(g + r, 0),  g_down = max(g - r, 0)          factors on the steps of a cell, both ways
//!
//! f = exp(s z)                                factor on the standard deviation of the cell's writes
//! ```
//!
//! Gain and asymmetry are those of Gokmen and Vlasov, Front Neurosci 10:333 (2016), whose cells have a step of their
//! own each way. The ends and the factor on the spread keep their median. A gain below zero would turn a pulse round,
//! which no cell does: it is held at zero, and such a cell does not move.
//!
//! ```
//! use crossbar::device::{ChipSpread, StepGain};
//!
//! let gain = StepGain::LogNormal { sigma: 0.2 };
//! assert!((gain.at(1.0) - 1.2214).abs() < 1e-4); // exp(0.2): one standard normal above the median
//! assert_eq!(StepGain::Normal { sigma: 0.2 }.at(1.0), 1.2);
//! assert_eq!(ChipSpread::default().step_gain, None);
//! ```

use lanes::{LANES, Matrix, exp, lane_mask};
use schemars::JsonSchema;
use seed::Seed;
use serde::{Deserialize, Serialize};

use super::number::{Allowed, SIGMA_GAIN, SIGMA_LN, optional_number};
use super::refusal::{SpecError, required};
use super::shape::optional_word;
use crate::window::ConductanceWindow;

/// Distributions of the step gain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StepGainKind {
    /// 1 + s z, held at zero.
    Normal,
    /// exp(s z): the median cell has gain 1.
    LogNormal,
}

/// The spreads of a chip in a device file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChipSpec {
    /// Standard deviation of ln R of the fully-on end of the window.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "f64", range(min = SIGMA_LN.low, max = SIGMA_LN.high), extend("x-unit" = "sigma of ln R"))]
    pub low_resistance_sigma_ln: Option<f64>,
    /// Standard deviation of ln R of the fully-off end of the window.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "f64", range(min = SIGMA_LN.low, max = SIGMA_LN.high), extend("x-unit" = "sigma of ln R"))]
    pub high_resistance_sigma_ln: Option<f64>,
    /// Distribution of the gain of a step; needs `step_gain_sigma`.
    #[serde(default, deserialize_with = "optional_word", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "StepGainKind")]
    pub step_gain: Option<StepGainKind>,
    /// Standard deviation of the gain, or of its logarithm; needs `step_gain`.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "f64", range(min = SIGMA_GAIN.low, max = SIGMA_GAIN.high), extend("x-unit" = "1"))]
    pub step_gain_sigma: Option<f64>,
    /// Standard deviation of half the difference of the gains up and down.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "f64", range(min = SIGMA_GAIN.low, max = SIGMA_GAIN.high), extend("x-unit" = "1"))]
    pub up_down_sigma: Option<f64>,
    /// Standard deviation of the logarithm of the factor on a cell's write spread.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "f64", range(min = SIGMA_LN.low, max = SIGMA_LN.high), extend("x-unit" = "sigma of ln"))]
    pub write_spread_sigma_ln: Option<f64>,
}

/// How the gain of a step differs from cell to cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum StepGain {
    /// 1 + sigma z.
    Normal {
        /// Standard deviation of the gain.
        sigma: f32,
    },
    /// exp(sigma z).
    LogNormal {
        /// Standard deviation of the logarithm of the gain.
        sigma: f32,
    },
}

/// The spreads from cell to cell of a chip; none where the file leaves them out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(try_from = "ChipSpec")]
pub struct ChipSpread {
    /// Standard deviation of ln R of the fully-on end of the window.
    pub low_resistance: Option<f32>,
    /// Standard deviation of ln R of the fully-off end of the window.
    pub high_resistance: Option<f32>,
    /// Gain of a step.
    pub step_gain: Option<StepGain>,
    /// Standard deviation of half the difference of the gains up and down.
    pub up_down: Option<f32>,
    /// Standard deviation of the logarithm of the factor on a cell's write spread.
    pub write_spread: Option<f32>,
}

/// The constants of every cell of one chip; none where all cells have the nominal one. Padding holds zero.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ChipCells {
    /// Own floor as excess over the nominal floor, µS.
    pub(crate) low: Option<Matrix>,
    /// Own ceiling as excess over the nominal floor, µS; there exactly when `low` is.
    pub(crate) high: Option<Matrix>,
    /// Factor on steps up, not below zero.
    pub(crate) gain_up: Option<Matrix>,
    /// Factor on steps down, not below zero; there exactly when `gain_up` is.
    pub(crate) gain_down: Option<Matrix>,
    /// Factor on the standard deviation of a write.
    pub(crate) spread: Option<Matrix>,
}

impl StepGain {
    /// The gain of a cell whose standard normal is `z`, not yet held at zero.
    #[inline(always)]
    pub fn at(self, z: f32) -> f32 {
        match self {
            StepGain::Normal { sigma } => 1.0 + sigma * z,
            StepGain::LogNormal { sigma } => exp(sigma * z),
        }
    }
}

impl ChipSpread {
    /// The cells of one chip. Every quantity has a stream of its own below `seed`, so that switching one on leaves the
    /// draws of the others alone; the draws lie in the layout of the matrix.
    pub(crate) fn draw(&self, window: &ConductanceWindow, rows: usize, columns: usize, seed: Seed) -> ChipCells {
        let normals = |name: &str| {
            let mut normals = Matrix::zeros(rows, columns);
            seed.named(name).normals().fill(normals.blocks_mut());
            normals
        };
        let (low, high) = self.ends(window, rows, columns, normals);
        let (gain_up, gain_down) = self.gains(rows, columns, normals);
        let spread = self.write_spread.map(|sigma| cells(normals("spread"), |z| exp(sigma * z)));
        ChipCells { low, high, gain_up, gain_down, spread }
    }

    /// Floor and ceiling of every cell; both as soon as one has a spread, since a cell may have them exchanged.
    fn ends(
        &self,
        window: &ConductanceWindow,
        rows: usize,
        columns: usize,
        normals: impl Fn(&str) -> Matrix,
    ) -> (Option<Matrix>, Option<Matrix>) {
        if self.low_resistance.is_none() && self.high_resistance.is_none() {
            return (None, None);
        }
        // ln G = -ln R up to a constant. With z = 0 the ends are the nominal ones without rounding.
        let end = |name: &str, sigma: Option<f32>, nominal: f32, excess: f32| match sigma {
            Some(sigma) => cells(normals(name), |z| excess + nominal * (exp(-sigma * z) - 1.0)),
            None => cells(Matrix::zeros(rows, columns), |_| excess),
        };
        let mut low = end("low", self.high_resistance, window.low(), 0.0);
        let mut high = end("high", self.low_resistance, window.high(), window.span());
        for (low, high) in low.blocks_mut().iter_mut().zip(high.blocks_mut()) {
            (*low, *high) = (low.zip(*high, f32::min), low.zip(*high, f32::max));
        }
        (Some(low), Some(high))
    }

    /// Factors on the steps up and down of every cell.
    fn gains(&self, rows: usize, columns: usize, normals: impl Fn(&str) -> Matrix) -> (Option<Matrix>, Option<Matrix>) {
        if self.step_gain.is_none() && self.up_down.is_none() {
            return (None, None);
        }
        let mut up = match self.step_gain {
            Some(gain) => cells(normals("gain"), |z| gain.at(z)),
            None => cells(Matrix::zeros(rows, columns), |_| 1.0),
        };
        let mut down = up.clone();
        let asymmetry = self.up_down.map(|sigma| cells(normals("up-down"), |z| sigma * z));
        let asymmetry = asymmetry.unwrap_or_else(|| Matrix::zeros(rows, columns));
        for ((up, down), r) in up.blocks_mut().iter_mut().zip(down.blocks_mut()).zip(asymmetry.blocks()) {
            *up = up.zip(*r, |gain, r| if gain + r > 0.0 { gain + r } else { 0.0 });
            *down = down.zip(*r, |gain, r| if gain - r > 0.0 { gain - r } else { 0.0 });
        }
        (Some(up), Some(down))
    }
}

/// `value` of every cell of `normals`, zero in the padding.
fn cells(mut normals: Matrix, value: impl Fn(f32) -> f32) -> Matrix {
    let columns = normals.columns();
    for row in 0..normals.rows() {
        for (number, block) in normals.row_mut(row).iter_mut().enumerate() {
            let mask = lane_mask(columns, number);
            for lane in 0..LANES {
                block[lane] = if mask[lane] > 0.0 { value(block[lane]) } else { 0.0 };
            }
        }
    }
    normals
}

impl TryFrom<ChipSpec> for ChipSpread {
    type Error = SpecError;

    fn try_from(spec: ChipSpec) -> Result<ChipSpread, SpecError> {
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
        Ok(ChipSpread {
            low_resistance: sigma("low_resistance_sigma_ln", spec.low_resistance_sigma_ln, SIGMA_LN)?,
            high_resistance: sigma("high_resistance_sigma_ln", spec.high_resistance_sigma_ln, SIGMA_LN)?,
            step_gain,
            up_down: sigma("up_down_sigma", spec.up_down_sigma, SIGMA_GAIN)?,
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

    fn all() -> ChipSpread {
        ChipSpread {
            low_resistance: Some(0.3),
            high_resistance: Some(0.4),
            step_gain: Some(StepGain::LogNormal { sigma: 0.2 }),
            up_down: Some(0.01),
            write_spread: Some(0.25),
        }
    }

    fn chip(spread: ChipSpread) -> ChipCells {
        spread.draw(&window(), ROWS, COLUMNS, Seed::new(1).named("chip"))
    }

    fn values(cells: &Option<Matrix>, of: impl Fn(f64) -> f64) -> Vec<f64> {
        cells.as_ref().unwrap().cells().map(|cell| of(f64::from(cell))).collect()
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
        let low = values(&cells.low, |excess| -libm::log(1.0 + excess) / 0.4);
        let high = values(&cells.high, |excess| -libm::log((1.0 + excess) / 1000.0) / 0.3);
        let (up, down) = (values(&cells.gain_up, |gain| gain), values(&cells.gain_down, |gain| gain));
        let gain = up.iter().zip(&down).map(|(up, down)| libm::log((up + down) / 2.0) / 0.2).collect();
        let up_down = up.iter().zip(&down).map(|(up, down)| (up - down) / 2.0 / 0.01).collect();
        let spread = values(&cells.spread, |factor| libm::log(factor) / 0.25);
        [low, high, gain, up_down, spread]
    }

    #[test]
    fn every_quantity_has_its_distribution() {
        for (what, z) in ["low", "high", "gain", "up-down", "spread"].iter().zip(standardised(&chip(all()))) {
            assert_normal(what, &z, 0.0, 1.0);
        }
        let normal = ChipSpread { step_gain: Some(StepGain::Normal { sigma: 0.15 }), ..ChipSpread::default() };
        let cells = chip(normal);
        assert_normal("normal gain", &values(&cells.gain_up, |gain| gain), 1.0, 0.15);
        assert_eq!(cells.gain_up, cells.gain_down);
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
        let gain = chip(ChipSpread { low_resistance: None, high_resistance: None, write_spread: None, ..all() });
        assert_eq!((&gain.gain_up, &gain.gain_down), (&every.gain_up, &every.gain_down));
        assert_eq!((&gain.low, &gain.high, &gain.spread), (&None, &None, &None));
        let low = chip(ChipSpread { low_resistance: None, ..all() });
        assert_eq!(low.low, every.low);
        assert!(low.high.unwrap().cells().all(|excess| excess == window().span()));
        let none = chip(ChipSpread::default());
        assert_eq!((none.low, none.gain_up, none.spread), (None, None, None));
    }

    #[test]
    fn no_spread_is_the_nominal_cell() {
        let cells = chip(ChipSpread {
            low_resistance: Some(0.0),
            high_resistance: Some(0.0),
            step_gain: Some(StepGain::Normal { sigma: 0.0 }),
            up_down: Some(0.0),
            write_spread: Some(0.0),
        });
        let all_equal = |cells: &Option<Matrix>, value: f32| cells.as_ref().unwrap().cells().all(|cell| cell == value);
        assert!(all_equal(&cells.low, 0.0) && all_equal(&cells.high, window().span()));
        assert!(all_equal(&cells.gain_up, 1.0) && all_equal(&cells.gain_down, 1.0) && all_equal(&cells.spread, 1.0));
    }

    #[test]
    fn ends_that_cross_are_exchanged_and_gains_are_held_at_zero() {
        let wild = ChipSpread {
            low_resistance: Some(2.0),
            step_gain: Some(StepGain::Normal { sigma: 1.0 }),
            ..ChipSpread::default()
        };
        let narrow = ConductanceWindow::from_resistances(1e3, 2e3).unwrap();
        let cells = wild.draw(&narrow, ROWS, COLUMNS, Seed::new(2));
        let (low, high) = (cells.low.unwrap(), cells.high.unwrap());
        assert!(low.cells().zip(high.cells()).all(|(low, high)| -narrow.low() < low && low <= high));
        assert!(low.cells().any(|low| low < 0.0));
        let up = cells.gain_up.unwrap();
        // P(z < -1) = 0.1587 of a standard normal.
        let held = up.cells().filter(|gain| *gain == 0.0).count() as f64 / (ROWS * COLUMNS) as f64;
        let error = (0.1587 * 0.8413 / (ROWS * COLUMNS) as f64).sqrt();
        assert!((held - 0.158_655).abs() < 5.0 * error && up.cells().all(|gain| gain >= 0.0), "{held}");
    }

    #[test]
    fn padding_holds_zero() {
        let cells = all().draw(&window(), 3, 19, Seed::new(3));
        for cells in [cells.low, cells.high, cells.gain_up, cells.gain_down, cells.spread] {
            let cells = cells.unwrap();
            assert!((0..3).all(|row| cells.row(row)[1].0[3..].iter().all(|lane| *lane == 0.0)));
        }
    }
}
