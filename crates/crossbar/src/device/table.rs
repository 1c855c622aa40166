//! Noise that depends on the state of the cell: sigma of ln R as a function of R.
//!
//! ```text
//! ln sigma(R) linear in ln R between the points (R_k, sigma_k), constant beyond the first and last point
//! ```
//!
//! Measured spreads are published on two logarithmic axes, hence the interpolation in ln R and ln sigma. `curve.rs`
//! evaluates a block of cells at once.
//!
//! ```
//! use ohmspike_crossbar::device::{Convention, SpreadPoint, SpreadTable};
//!
//! let point = |resistance_ohm, sigma_ln_resistance| SpreadPoint { resistance_ohm, sigma_ln_resistance };
//! let table = SpreadTable::new(Convention::MedianPreserving, vec![point(1e3, 0.01), point(1e5, 0.04)])?;
//! assert!((table.sigma(1e4) - 0.02).abs() < 1e-12);
//! assert!((table.sigma(1e6) - 0.04).abs() < 1e-12);
//! # Ok::<(), ohmspike_crossbar::device::SpecError>(())
//! ```

use serde::{Deserialize, Serialize};

use super::curve::{Curve, check_resistances, interpolated};
#[cfg(feature = "schema")]
use super::number::RESISTANCE_OHM;
use super::number::{TABLE_SIGMA_LN, number};
use super::refusal::SpecError;

/// Quantity that log-normal noise preserves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Convention {
    /// The median is the target of a write or the conductance of a read: ln G = ln target + sigma z.
    #[default]
    MedianPreserving,
    /// The mean is the target of a write or the conductance of a read: ln G = ln target + sigma z - sigma²/2.
    MeanPreserving,
}

/// One point of a noise table.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SpreadPoint {
    /// Resistance at which sigma applies; rising from point to point.
    #[serde(deserialize_with = "number")]
    #[cfg_attr(feature = "schema", schemars(range(min = RESISTANCE_OHM.low, max = RESISTANCE_OHM.high), extend("x-unit" = "ohm")))]
    pub resistance_ohm: f64,
    /// Standard deviation of ln R after one write, or of one read.
    #[serde(deserialize_with = "number")]
    #[cfg_attr(feature = "schema", schemars(range(min = TABLE_SIGMA_LN.low, max = TABLE_SIGMA_LN.high), extend("x-unit" = "sigma of ln R")))]
    pub sigma_ln_resistance: f64,
}

/// Sigma of ln R over R, with at least one point, rising resistances and positive sigmas.
#[derive(Clone, Debug, PartialEq)]
pub struct SpreadTable {
    convention: Convention,
    points: Vec<SpreadPoint>,
}

impl SpreadTable {
    /// Creates the table through `points`.
    ///
    /// # Errors
    /// Returns the key and the problem if the table is empty, its resistances do not rise, or a number is out of range.
    pub fn new(convention: Convention, points: Vec<SpreadPoint>) -> Result<SpreadTable, SpecError> {
        check_resistances(&points.iter().map(|point| point.resistance_ohm).collect::<Vec<_>>())?;
        for (number, point) in points.iter().enumerate() {
            TABLE_SIGMA_LN.check(&format!("points[{number}].sigma_ln_resistance"), point.sigma_ln_resistance)?;
        }
        Ok(SpreadTable { convention, points })
    }

    /// Returns the quantity that the noise preserves.
    pub fn convention(&self) -> Convention {
        self.convention
    }

    /// Returns the points in order of rising resistance.
    pub fn points(&self) -> &[SpreadPoint] {
        &self.points
    }

    /// Returns sigma of ln R at `resistance`, ohm.
    pub fn sigma(&self, resistance: f64) -> f64 {
        if let [only] = self.points[..] {
            return only.sigma_ln_resistance;
        }
        let place = |point: &SpreadPoint| (point.resistance_ohm, libm::log(point.sigma_ln_resistance));
        libm::exp(interpolated(&self.points, resistance, place))
    }

    /// Returns the curve for blocks of cells.
    pub(crate) fn curve(&self) -> LnSigma {
        let place = |point: &SpreadPoint| (libm::log(point.resistance_ohm), libm::log(point.sigma_ln_resistance));
        Curve::through(self.points.iter().map(place))
    }
}

/// ln sigma over ln G.
pub(crate) type LnSigma = Curve;

#[cfg(test)]
mod tests {
    use ohmspike_simd::Block;

    use super::*;

    fn table(points: &[(f64, f64)]) -> Result<SpreadTable, SpecError> {
        let point = |&(resistance_ohm, sigma_ln_resistance)| SpreadPoint { resistance_ohm, sigma_ln_resistance };
        SpreadTable::new(Convention::default(), points.iter().map(point).collect())
    }

    const POINTS: [(f64, f64); 4] = [(1e3, 0.002), (1e4, 0.01), (3e5, 0.008), (1e6, 0.5)];

    #[test]
    fn sigma_passes_through_the_points_and_is_constant_beyond_the_ends() {
        let table = table(&POINTS).unwrap();
        for (resistance, sigma) in POINTS {
            assert!((table.sigma(resistance) / sigma - 1.0).abs() < 1e-12);
        }
        assert_eq!(table.sigma(1.0), table.sigma(1e3));
        assert_eq!(table.sigma(1e9), table.sigma(1e6));
        let between = libm::sqrt(1e3 * 1e4);
        assert!((table.sigma(between) - libm::sqrt(0.002 * 0.01)).abs() < 1e-12);
    }

    /// Error bound: slopes up to ln(0.5/0.008) / ln(1e6/3e5) = 3.4 times the error of ln G (start rounded at |x| < 14,
    /// and a subtraction: two half units of 14), one unit of the largest |ln sigma| = 6.2 for each of the four sums,
    /// and two half units for each of the products.
    #[test]
    fn the_sum_of_slopes_equals_the_interpolation() {
        let table = table(&POINTS).unwrap();
        let curve = table.curve();
        let unit = f64::from(f32::EPSILON);
        let bound = unit * (14.0 * 3.4 + 4.0 * 6.2 + 3.0 * 6.2);
        for step in 0..2000 {
            let ln_conductance = -2.0 + 0.006 * step as f32;
            let resistance = 1e6 / libm::exp(f64::from(ln_conductance));
            let computed = f64::from(curve.at(&Block::splat(ln_conductance))[7]);
            assert!((computed - libm::log(table.sigma(resistance))).abs() < bound, "{resistance} ohm");
        }
    }

    #[test]
    fn one_point_is_a_constant() {
        let table = table(&[(1e4, 0.03)]).unwrap();
        assert_eq!(table.sigma(5.0), 0.03);
        assert_eq!(table.curve().at(&Block::splat(3.0)), Block::splat(libm::log(0.03) as f32));
    }

    #[test]
    fn rejects_invalid_tables() {
        for points in [&[][..], &[(1e4, 0.1), (1e3, 0.1)], &[(1e4, 0.1), (1e4, 0.2)], &[(1e4, 0.0)], &[(f64::NAN, 0.1)]]
        {
            assert!(table(points).is_err(), "{points:?}");
        }
    }
}
