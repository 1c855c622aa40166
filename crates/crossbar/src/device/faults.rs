//! How often the cells and lines of an array are faulty.
//!
//! ```text
//! per column line   dead with p_dead_column; clustered with p_cluster, then `cluster_share` of its cells are stuck at
//!                   the low resistance, each with that probability
//! per row line      dead with p_dead_row
//! per cell          u uniform in [0, 1):
//!                   u < p_low                          stuck at the low resistance
//!                   u < p_low + p_high                 stuck at the high resistance
//!                   u < p_low + p_high + p_stuck_random    stuck at a conductance uniform in ln G over the window
//! ```
//!
//! A cell that is stuck stays at its conductance whatever is written; a dead line carries no current (G = 0). A dead
//! line comes before a cluster, a cluster before the faults of single cells.
//!
//! On the chips of Yousuf et al., Nat Commun 16, 1250 (2025), nearly all dead cells lie in whole dead columns and some
//! columns are stuck for the most part: independent faults of single cells alone are the wrong model.
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

/// The faults in a device file.
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
    /// Probability that a cell is stuck somewhere in the window, uniformly in ln G. The three are at most 1 together.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = PROBABILITY.low, max = PROBABILITY.high), extend("x-unit" = "1")))]
    pub p_stuck_random: Option<f64>,
    /// Probability that a row line is dead: no current through any of its cells.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = PROBABILITY.low, max = PROBABILITY.high), extend("x-unit" = "1")))]
    pub p_dead_row: Option<f64>,
    /// Probability that a column line is dead; a pair has two.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = PROBABILITY.low, max = PROBABILITY.high), extend("x-unit" = "1")))]
    pub p_dead_column: Option<f64>,
    /// Probability that a column line has a cluster of cells stuck at the low resistance; needs `cluster_share`.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = PROBABILITY.low, max = PROBABILITY.high), extend("x-unit" = "1")))]
    pub p_cluster: Option<f64>,
    /// Share of the cells of a clustered column that are stuck; needs `p_cluster`.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = PROBABILITY.low, max = PROBABILITY.high), extend("x-unit" = "1")))]
    pub cluster_share: Option<f64>,
    /// Resistance of a cell that is stuck low, in the window or not; left out: the low end of the window.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = RESISTANCE_OHM.low, max = RESISTANCE_OHM.high), extend("x-unit" = "ohm")))]
    pub stuck_low_resistance_ohm: Option<f64>,
    /// Resistance of a cell that is stuck high, in the window or not; left out: the high end of the window.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = RESISTANCE_OHM.low, max = RESISTANCE_OHM.high), extend("x-unit" = "ohm")))]
    pub stuck_high_resistance_ohm: Option<f64>,
}

/// Probabilities of the faults of an array; all zero where the file has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(try_from = "FaultsSpec")]
pub struct Faults {
    /// That a cell is stuck at the low resistance.
    pub low_resistance: f64,
    /// That a cell is stuck at the high resistance.
    pub high_resistance: f64,
    /// That a cell is stuck somewhere in the window.
    pub stuck_random: f64,
    /// That a row line is dead.
    pub dead_row: f64,
    /// That a column line is dead.
    pub dead_column: f64,
    /// That a column line has a cluster.
    pub cluster: f64,
    /// That a cell of a clustered column is stuck at the low resistance.
    pub cluster_share: f64,
    /// Conductance of a cell that is stuck at the low resistance, µS; none: the high end of the window.
    pub stuck_high_conductance: Option<f32>,
    /// Conductance of a cell that is stuck at the high resistance, µS; none: the low end of the window.
    pub stuck_low_conductance: Option<f32>,
}

impl Faults {
    /// Conductance of a cell that is stuck at the low resistance, µS.
    pub fn low_resistance_conductance(&self, window: &ConductanceWindow) -> f32 {
        self.stuck_high_conductance.unwrap_or(window.high())
    }

    /// Conductance of a cell that is stuck at the high resistance, µS.
    pub fn high_resistance_conductance(&self, window: &ConductanceWindow) -> f32 {
        self.stuck_low_conductance.unwrap_or(window.low())
    }

    /// Conductance of a cell that is stuck at random, µS: `uniform` in 0 .. 1 across the window in ln G.
    pub fn stuck_random_conductance(&self, window: &ConductanceWindow, uniform: f64) -> f32 {
        let (low, high) = (f64::from(window.low()), f64::from(window.high()));
        ((low * libm::exp(uniform * libm::log(high / low))) as f32).clamp(window.low(), window.high())
    }

    /// Whether no cell and no line can be faulty.
    pub fn is_none(&self) -> bool {
        let Faults {
            low_resistance, high_resistance, stuck_random, dead_row, dead_column, cluster, cluster_share, ..
        } = *self;
        [low_resistance, high_resistance, stuck_random, dead_row, dead_column, cluster * cluster_share]
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
            cluster_share: probability("cluster_share", spec.cluster_share)?,
            stuck_high_conductance: conductance("stuck_low_resistance_ohm", spec.stuck_low_resistance_ohm)?,
            stuck_low_conductance: conductance("stuck_high_resistance_ohm", spec.stuck_high_resistance_ohm)?,
        };
        // Shares in decimals, 0.7 and 0.2 and 0.1 for instance, may add up to a unit in the last place above 1.
        let sum = faults.low_resistance + faults.high_resistance + faults.stuck_random;
        if sum > 1.0 + 2.0 * f64::EPSILON {
            return Err(SpecError::at("p_low_resistance", Problem::AboveOne { sum }));
        }
        if spec.p_cluster.is_some() {
            required("cluster_share", spec.cluster_share, "p_cluster")?;
        } else if spec.cluster_share.is_some() {
            required("p_cluster", spec.p_cluster, "cluster_share")?;
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
    fn probabilities_may_add_up_to_one_and_no_further() {
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
            "p_low_resistance: `p_low_resistance`, `p_high_resistance` and `p_stuck_random` add up to 1.25, must be at most 1"
        );
        assert!(Faults::try_from(FaultsSpec::default()).unwrap().is_none());
        assert!(!Faults::try_from(spec(0.0, 0.0, 0.1)).unwrap().is_none());
    }

    #[test]
    fn anywhere_is_the_window_from_end_to_end() {
        let window = ConductanceWindow::from_resistances(1e3, 1e6).unwrap();
        let at = |uniform| Faults::default().stuck_random_conductance(&window, uniform);
        assert_eq!((at(0.0), at(1.0)), (1.0, 1000.0));
        assert!((at(1.0 / 3.0) - 10.0).abs() < 1e-5);
    }
}
