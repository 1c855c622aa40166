//! Probabilities of stuck cells and dead lines.
//!
//! ```text
//! per column line   dead with p_dead_column; clustered with p_cluster: each of its cells is then stuck at the low
//!                   resistance with probability cluster_fraction_of_cells
//! per row line      dead with p_dead_row
//! per cell          u uniform in [0, 1):
//!                   u < p_low                          stuck at the low resistance
//!                   u < p_low + p_high                 stuck at the high resistance
//!                   u < p_low + p_high + p_stuck_random    stuck at a conductance uniform in ln G over the window
//! ```
//!
//! A stuck cell ignores writes; a dead line carries no current (G = 0). Dead lines take precedence over clusters,
//! clusters over faults of single cells.
//!
//! On the chips of Yousuf et al., Nat Commun 16, 1250 (2025), nearly all dead cells are in whole dead columns, and most
//! cells of some columns are stuck. Independent faults of single cells alone would be the wrong model.
//!
//! ```
//! use ohmspike_crossbar::device::Device;
//!
//! let device = Device::from_json(
//!     r#"{ "name": "x", "window": { "low_resistance_ohm": 4000, "high_resistance_ohm": 15000 },
//!          "faults": { "p_low_resistance": 0.02, "p_dead_column": 0.05, "stuck_low_resistance_ohm": 1000 } }"#,
//! )?;
//! assert_eq!(device.faults.low_resistance_conductance(&device.window), 1000.0);
//! assert!((device.faults.high_resistance_conductance(&device.window) - 66.667).abs() < 1e-3);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use serde::{Deserialize, Serialize};

use super::allowed::Allowed;
use super::number::{PROBABILITY, RESISTANCE_OHM, optional_number};
use super::refusal::{Problem, SpecError, required};
use crate::window::ConductanceWindow;

/// Faults in a device file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FaultsSpec {
    /// Probability that a cell is stuck at the low resistance.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = PROBABILITY.low, max = PROBABILITY.high), extend("x-unit" = "1")))]
    pub p_low_resistance: Option<f64>,
    /// Probability that a cell is stuck at the high resistance.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = PROBABILITY.low, max = PROBABILITY.high), extend("x-unit" = "1")))]
    pub p_high_resistance: Option<f64>,
    /// Probability that a cell is stuck at a random conductance, uniform in ln G over the window. `p_low_resistance`,
    /// `p_high_resistance` and `p_stuck_random` add up to at most 1.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = PROBABILITY.low, max = PROBABILITY.high), extend("x-unit" = "1")))]
    pub p_stuck_random: Option<f64>,
    /// Probability that a row line is dead: none of its cells conducts.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = PROBABILITY.low, max = PROBABILITY.high), extend("x-unit" = "1")))]
    pub p_dead_row: Option<f64>,
    /// Probability that a column line is dead. A pair has two column lines.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = PROBABILITY.low, max = PROBABILITY.high), extend("x-unit" = "1")))]
    pub p_dead_column: Option<f64>,
    /// Probability that a column line has a cluster of cells stuck at the low resistance. Requires `cluster_fraction_of_cells`.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = PROBABILITY.low, max = PROBABILITY.high), extend("x-unit" = "1")))]
    pub p_cluster: Option<f64>,
    /// Fraction of the cells of a clustered column that are stuck. Requires `p_cluster`.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = PROBABILITY.low, max = PROBABILITY.high), extend("x-unit" = "1")))]
    pub cluster_fraction_of_cells: Option<f64>,
    /// Resistance of a cell stuck at the low resistance; it may be outside the window. Default:
    /// `window.low_resistance_ohm`.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = RESISTANCE_OHM.low, max = RESISTANCE_OHM.high), extend("x-unit" = "ohm")))]
    pub stuck_low_resistance_ohm: Option<f64>,
    /// Resistance of a cell stuck at the high resistance; it may be outside the window. Default:
    /// `window.high_resistance_ohm`.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = RESISTANCE_OHM.low, max = RESISTANCE_OHM.high), extend("x-unit" = "ohm")))]
    pub stuck_high_resistance_ohm: Option<f64>,
}

/// Fault probabilities of an array; all zero where the file sets none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(try_from = "FaultsSpec")]
pub struct Faults {
    /// Probability that a cell is stuck at the low resistance.
    pub low_resistance: f64,
    /// Probability that a cell is stuck at the high resistance.
    pub high_resistance: f64,
    /// Probability that a cell is stuck at a random conductance of the window.
    pub stuck_random: f64,
    /// Probability that a row line is dead.
    pub dead_row: f64,
    /// Probability that a column line is dead.
    pub dead_column: f64,
    /// Probability that a column line has a cluster.
    pub cluster: f64,
    /// Probability that a cell of a clustered column is stuck at the low resistance.
    pub cluster_fraction: f64,
    /// Conductance of a cell stuck at the low resistance, µS; `None` means the upper end of the window.
    pub stuck_high_conductance: Option<f32>,
    /// Conductance of a cell stuck at the high resistance, µS; `None` means the lower end of the window.
    pub stuck_low_conductance: Option<f32>,
}

impl Faults {
    /// Returns the conductance of a cell stuck at the low resistance, µS.
    pub fn low_resistance_conductance(&self, window: &ConductanceWindow) -> f32 {
        self.stuck_high_conductance.unwrap_or(window.high())
    }

    /// Returns the conductance of a cell stuck at the high resistance, µS.
    pub fn high_resistance_conductance(&self, window: &ConductanceWindow) -> f32 {
        self.stuck_low_conductance.unwrap_or(window.low())
    }

    /// Returns the conductance of a cell stuck at random, µS; `uniform` in 0 .. 1 selects it uniformly in ln G.
    pub fn stuck_random_conductance(&self, window: &ConductanceWindow, uniform: f64) -> f32 {
        let (low, high) = (f64::from(window.low()), f64::from(window.high()));
        ((low * libm::exp(uniform * libm::log(high / low))) as f32).clamp(window.low(), window.high())
    }

    /// Returns true if no cell and no line can be faulty.
    pub fn is_none(&self) -> bool {
        let Faults {
            low_resistance,
            high_resistance,
            stuck_random,
            dead_row,
            dead_column,
            cluster,
            cluster_fraction,
            ..
        } = *self;
        [low_resistance, high_resistance, stuck_random, dead_row, dead_column, cluster * cluster_fraction]
            .iter()
            .all(|probability| *probability == 0.0)
    }
}

impl TryFrom<FaultsSpec> for Faults {
    type Error = SpecError;

    fn try_from(spec: FaultsSpec) -> Result<Faults, SpecError> {
        let checked =
            |key: &str, value: Option<f64>, allowed: Allowed| value.map(|value| allowed.check(key, value)).transpose();
        let probability = |key: &str, value: Option<f64>| Ok(checked(key, value, PROBABILITY)?.unwrap_or(0.0));
        let conductance = |key: &str, value: Option<f64>| {
            Ok::<_, SpecError>(checked(key, value, RESISTANCE_OHM)?.map(|resistance| (1e6 / resistance) as f32))
        };
        let faults = Faults {
            low_resistance: probability("p_low_resistance", spec.p_low_resistance)?,
            high_resistance: probability("p_high_resistance", spec.p_high_resistance)?,
            stuck_random: probability("p_stuck_random", spec.p_stuck_random)?,
            dead_row: probability("p_dead_row", spec.p_dead_row)?,
            dead_column: probability("p_dead_column", spec.p_dead_column)?,
            cluster: probability("p_cluster", spec.p_cluster)?,
            cluster_fraction: probability("cluster_fraction_of_cells", spec.cluster_fraction_of_cells)?,
            stuck_high_conductance: conductance("stuck_low_resistance_ohm", spec.stuck_low_resistance_ohm)?,
            stuck_low_conductance: conductance("stuck_high_resistance_ohm", spec.stuck_high_resistance_ohm)?,
        };
        // Rounding: 0.7 + 0.2 + 0.1, for example, may exceed 1 by one unit in the last place.
        let sum = faults.low_resistance + faults.high_resistance + faults.stuck_random;
        if sum > 1.0 + 2.0 * f64::EPSILON {
            return Err(SpecError::at("p_low_resistance", Problem::AboveOne { sum }));
        }
        if spec.p_cluster.is_some() {
            required("cluster_fraction_of_cells", spec.cluster_fraction_of_cells, "p_cluster")?;
        } else if spec.cluster_fraction_of_cells.is_some() {
            required("p_cluster", spec.p_cluster, "cluster_fraction_of_cells")?;
        }
        if let (Some(low), Some(high)) = (spec.stuck_low_resistance_ohm, spec.stuck_high_resistance_ohm)
            && high < low
        {
            return Err(SpecError::at("stuck_high_resistance_ohm", Problem::StuckReversed { low, high }));
        }
        Ok(faults)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_add_up_to_at_most_one() {
        let spec = |low, high, anywhere| FaultsSpec {
            p_low_resistance: Some(low),
            p_high_resistance: Some(high),
            p_stuck_random: Some(anywhere),
            ..FaultsSpec::default()
        };
        assert!(Faults::try_from(spec(0.7, 0.2, 0.1)).is_ok());
        assert!(Faults::try_from(spec(0.3, 0.3, 0.4)).is_ok());
        let refused = Faults::try_from(spec(0.5, 0.5, 0.25)).unwrap_err().to_string();
        assert_eq!(
            refused,
            "p_low_resistance: expected a sum of at most 1 for `p_low_resistance`, `p_high_resistance` and `p_stuck_random`, got 1.25"
        );
        assert!(Faults::try_from(FaultsSpec::default()).unwrap().is_none());
        assert!(!Faults::try_from(spec(0.0, 0.0, 0.1)).unwrap().is_none());
    }

    #[test]
    fn stuck_random_covers_the_whole_window() {
        let window = ConductanceWindow::from_resistances(1e3, 1e6).unwrap();
        let at = |uniform| Faults::default().stuck_random_conductance(&window, uniform);
        assert_eq!((at(0.0), at(1.0)), (1.0, 1000.0));
        assert!((at(1.0 / 3.0) - 10.0).abs() < 1e-5);
    }
}
