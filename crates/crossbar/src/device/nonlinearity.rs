//! I-V nonlinearity: the conductance depends on the read voltage.
//!
//! ```text
//! I    = G V p(V) / p(V_ref)           G the conductance at the reference voltage V_ref, µS; I in µA
//! p(V) = 1 + q(R) |V| + c(R) V²        q in 1/V and c in 1/V², linear in ln R, R = 10^6 / G in ohm
//! ```
//!
//! q and c are constant beyond the ends of their table, and p must be positive on the whole table at both voltages. At
//! V = V_ref the factor is 1. Above the highest voltage of the fit, if the file sets one, p keeps its value at that
//! voltage. The cubic form with q and c per programmed conductance is the fit of Milo et al., IEEE Int. Reliability
//! Physics Symp. (2021), to HfO2 cells up to 0.5 V.
//!
//! ```
//! use ohmspike_crossbar::device::{Nonlinearity, NonlinearityPoint};
//!
//! let point = |resistance_ohm, cubic_per_square_volt| {
//!     NonlinearityPoint { resistance_ohm, quadratic_per_volt: 0.0, cubic_per_square_volt }
//! };
//! let bent = Nonlinearity::new(0.2, vec![point(1e3, 0.0), point(1e5, 2.0)])?;
//! assert_eq!(bent.factor(100.0, 0.2), 1.0);
//! // c = 1 / V² at 10 kohm: (1 + 0.25) / (1 + 0.04).
//! assert!((bent.factor(100.0, 0.5) - 1.25 / 1.04).abs() < 1e-12);
//! # Ok::<(), ohmspike_crossbar::device::SpecError>(())
//! ```

use ohmspike_simd::{Block, LANES, reciprocal};
use serde::{Deserialize, Serialize};

use super::allowed::Allowed;
use super::curve::{Curve, check_resistances, interpolated};
#[cfg(feature = "schema")]
use super::number::RESISTANCE_OHM;
use super::number::{CUBIC_PER_SQUARE_VOLT, QUADRATIC_PER_VOLT, VOLTS, number, optional_number};
use super::refusal::{Problem, SpecError};
use super::shape::objects;

/// Smallest allowed p(V); below it, rounding of the terms dominates.
const MIN_FACTOR: f64 = 0.001;

/// One point of a table of I-V curves.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NonlinearityPoint {
    /// Resistance at the reference voltage; rising from point to point.
    #[serde(deserialize_with = "number")]
    #[cfg_attr(feature = "schema", schemars(range(min = RESISTANCE_OHM.low, max = RESISTANCE_OHM.high), extend("x-unit" = "ohm")))]
    pub resistance_ohm: f64,
    /// Coefficient of |V| in G(V) / G(0 V).
    #[serde(deserialize_with = "number")]
    #[cfg_attr(feature = "schema", schemars(range(min = QUADRATIC_PER_VOLT.low, max = QUADRATIC_PER_VOLT.high), extend("x-unit" = "1/V")))]
    pub quadratic_per_volt: f64,
    /// Coefficient of V² in G(V) / G(0 V).
    #[serde(deserialize_with = "number")]
    #[cfg_attr(feature = "schema", schemars(range(min = CUBIC_PER_SQUARE_VOLT.low, max = CUBIC_PER_SQUARE_VOLT.high), extend("x-unit" = "1/V²")))]
    pub cubic_per_square_volt: f64,
}

/// I-V nonlinearity in a device file.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NonlinearitySpec {
    /// Voltage at which the conductances of the file were measured.
    #[serde(deserialize_with = "number")]
    #[cfg_attr(feature = "schema", schemars(range(min = VOLTS.low, max = VOLTS.high), extend("x-unit" = "V")))]
    pub reference_volts: f64,
    /// Highest voltage of the fit; the factor is constant above it. Default: no limit.
    #[serde(default, deserialize_with = "optional_number", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "f64", range(min = VOLTS.low, max = VOLTS.high), extend("x-unit" = "V")))]
    pub highest_volts: Option<f64>,
    /// Points in order of rising resistance, interpolated linearly in ln R, constant beyond the first and last point.
    #[serde(deserialize_with = "objects")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub points: Vec<NonlinearityPoint>,
}

/// I-V curves over R, with at least one point, rising resistances and a positive current at the reference voltage.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "NonlinearitySpec")]
pub struct Nonlinearity {
    reference_volts: f64,
    highest_volts: Option<f64>,
    points: Vec<NonlinearityPoint>,
}

impl NonlinearityPoint {
    /// Returns p(V).
    fn conductance_ratio(&self, volts: f64) -> f64 {
        1.0 + self.quadratic_per_volt * volts.abs() + self.cubic_per_square_volt * (volts * volts)
    }
}

impl Nonlinearity {
    /// Creates the curves through `points`, with conductances measured at `reference_volts`.
    ///
    /// # Errors
    /// Returns the key and the problem if the table is empty, its resistances do not rise, a number is out of range, or
    /// the current is not positive at the reference voltage ([`Problem::CurrentReverses`]).
    pub fn new(reference_volts: f64, points: Vec<NonlinearityPoint>) -> Result<Nonlinearity, SpecError> {
        VOLTS.check("reference_volts", reference_volts)?;
        check_resistances(&points.iter().map(|point| point.resistance_ohm).collect::<Vec<_>>())?;
        for (number, point) in points.iter().enumerate() {
            let key = |name| format!("points[{number}].{name}");
            QUADRATIC_PER_VOLT.check(&key("quadratic_per_volt"), point.quadratic_per_volt)?;
            CUBIC_PER_SQUARE_VOLT.check(&key("cubic_per_square_volt"), point.cubic_per_square_volt)?;
        }
        let checked = Nonlinearity { reference_volts, highest_volts: None, points };
        checked.check_at(reference_volts)?;
        Ok(checked)
    }

    /// Returns the voltage at which the conductances of the file were measured, V.
    pub fn reference_volts(&self) -> f64 {
        self.reference_volts
    }

    /// Returns the same curves with `volts` as the highest voltage of the fit.
    ///
    /// # Errors
    /// Returns the key and the problem if the voltage is out of range or below the reference voltage.
    pub fn up_to(self, volts: f64) -> Result<Nonlinearity, SpecError> {
        let least = Allowed { low: self.reference_volts, ..VOLTS };
        let highest_volts = Some(least.check("highest_volts", volts)?);
        Ok(Nonlinearity { highest_volts, ..self })
    }

    /// Returns the highest voltage of the fit, V, if known.
    pub fn highest_volts(&self) -> Option<f64> {
        self.highest_volts
    }

    /// Returns the voltage whose factor applies at `volts`; `None` if the fit covers `volts` or has no limit.
    pub fn held(&self, volts: f64) -> Option<f64> {
        self.highest_volts.filter(|highest| volts.abs() > *highest)
    }

    /// Returns the points in order of rising resistance.
    pub fn points(&self) -> &[NonlinearityPoint] {
        &self.points
    }

    /// Refuses a voltage with p not positive at some point of the table. p is linear in ln R between points, so
    /// checking the points is enough.
    ///
    /// # Errors
    /// Returns [`Problem::CurrentReverses`] at the point otherwise.
    pub(crate) fn check_at(&self, volts: f64) -> Result<(), SpecError> {
        for (number, point) in self.points.iter().enumerate() {
            let ratio = point.conductance_ratio(self.held(volts).unwrap_or(volts));
            if ratio < MIN_FACTOR {
                let problem = Problem::CurrentReverses { volts, ratio, least: MIN_FACTOR };
                return Err(SpecError::at(&format!("points[{number}]"), problem));
            }
        }
        Ok(())
    }

    /// Returns G(volts) / G(reference) of a cell with `conductance` (µS) at the reference voltage.
    pub fn factor(&self, conductance: f64, volts: f64) -> f64 {
        let ratio = |volts: f64| {
            let place = |point: &NonlinearityPoint| (point.resistance_ohm, point.conductance_ratio(volts));
            interpolated(&self.points, 1e6 / conductance, place)
        };
        ratio(self.held(volts).unwrap_or(volts)) / ratio(self.reference_volts)
    }

    /// Returns the factor at `volts` for blocks of cells.
    pub(crate) fn at(&self, volts: f64) -> FactorCurve {
        let ratio = |volts: f64| {
            let place = |point: &NonlinearityPoint| (libm::log(point.resistance_ohm), point.conductance_ratio(volts));
            Curve::through(self.points.iter().map(place))
        };
        if volts.abs() == self.reference_volts {
            FactorCurve::One
        } else {
            let at_volts = ratio(self.held(volts).unwrap_or(volts));
            FactorCurve::Ratio { at_volts, at_reference: ratio(self.reference_volts) }
        }
    }
}

/// The factor p(V) / p(V_ref) over ln G at one voltage, for blocks of cells.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum FactorCurve {
    /// At the reference voltage.
    One,
    /// p at the voltage and at the reference voltage.
    Ratio { at_volts: Curve, at_reference: Curve },
}

impl FactorCurve {
    /// Returns the factors of sixteen cells with ln G, G in µS.
    #[inline(always)]
    pub(crate) fn factor(&self, ln_conductance: &Block) -> Block {
        match self {
            FactorCurve::One => Block::splat(1.0),
            FactorCurve::Ratio { at_volts, at_reference } => {
                let (mut factor, at_reference) = (at_volts.at(ln_conductance), at_reference.at(ln_conductance));
                for lane in 0..LANES {
                    let ratio = factor[lane] * reciprocal(at_reference[lane]);
                    // A linear I-V curve gives exactly 1; x times the approximate reciprocal of x may not.
                    factor[lane] = if factor[lane] == at_reference[lane] { 1.0 } else { ratio };
                }
                factor
            }
        }
    }
}

impl TryFrom<NonlinearitySpec> for Nonlinearity {
    type Error = SpecError;

    fn try_from(spec: NonlinearitySpec) -> Result<Nonlinearity, SpecError> {
        let curves = Nonlinearity::new(spec.reference_volts, spec.points)?;
        spec.highest_volts.map_or(Ok(curves.clone()), |volts| curves.up_to(volts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// c = 1 / V² up to 0.5 V: p(0.4 V) = 1.16, and 1.25 at 0.5 V and above.
    #[test]
    fn the_factor_is_constant_above_the_highest_voltage() {
        let point = NonlinearityPoint { resistance_ohm: 1e4, quadratic_per_volt: 0.0, cubic_per_square_volt: 1.0 };
        let open = Nonlinearity::new(1e-6, vec![point]).unwrap();
        let bent = open.clone().up_to(0.5).unwrap();
        for (volts, expected) in [(0.4, 1.16), (0.5, 1.25), (0.6, 1.25), (-3.0, 1.25)] {
            // p at the reference voltage is 1 + 1e-12.
            assert!((bent.factor(50.0, volts) - expected).abs() < 1e-11, "{volts}");
            let block = bent.at(volts).factor(&Block::splat(3.0))[5];
            assert!((f64::from(block) / expected - 1.0).abs() < 4.0 * f64::from(f32::EPSILON), "{volts}: {block}");
        }
        assert!((open.factor(50.0, 3.0) - 10.0).abs() < 1e-10);
        assert_eq!([0.5, 0.6].map(|volts| bent.held(volts)), [None, Some(0.5)]);
        assert_eq!(open.held(3.0), None);
        let message = open.up_to(1e-7).unwrap_err().to_string();
        assert_eq!(message, "highest_volts: expected 1e-6 to 100 V, got 1e-7 V");
    }

    /// Returns the coefficients NL2 (µS/V) and NL3 (µS/V²) of Milo et al. (2021) at a conductance of `g0` µS at 0 V: I
    /// = G0 V + NL2 V² + NL3 V³.
    fn milo(g0: f64) -> (f64, f64) {
        let l = libm::log10(g0 * 1e-6);
        let nl2 = 1.388e-4 * l * l * l + 1.541e-3 * l * l + 5.711e-3 * l + 7.063e-3;
        let nl3 = 8.8710e-5 * l * l + 6.7919e-4 * l + 1.2968e-3;
        (nl2 * 1e6, nl3 * 1e6)
    }

    /// Returns the current of the fit, µA.
    fn milo_current(g0: f64, volts: f64) -> f64 {
        let (nl2, nl3) = milo(g0);
        g0 * volts + nl2 * volts * volts + nl3 * volts * volts * volts
    }

    /// Returns the table through `conductances` at 0 V, with the resistances of a read at 0.2 V.
    fn milo_table(conductances: &[f64]) -> Nonlinearity {
        let point = |&g0: &f64| {
            let (nl2, nl3) = milo(g0);
            NonlinearityPoint {
                resistance_ohm: 0.2e6 / milo_current(g0, 0.2),
                quadratic_per_volt: nl2 / g0,
                cubic_per_square_volt: nl3 / g0,
            }
        };
        Nonlinearity::new(0.2, conductances.iter().rev().map(point).collect()).unwrap()
    }

    const FITTED: [f64; 4] = [62.5, 76.2, 93.9, 110.0];

    /// Two dozen roundings of f64.
    #[test]
    fn currents_match_the_fit_of_milo() {
        let table = milo_table(&FITTED);
        for g0 in FITTED {
            let conductance = milo_current(g0, 0.2) / 0.2;
            for volts in [0.01, 0.1, 0.2, 0.35, 0.5] {
                let current = conductance * volts * table.factor(conductance, volts);
                assert!((current / milo_current(g0, volts) - 1.0).abs() < 1e-12, "{g0} µS at {volts} V");
            }
        }
        // At 0.5 V the fit gives a cell of 62.5 µS 15 % less conductance than at 0 V.
        assert!((milo_current(62.5, 0.5) / (62.5 * 0.5) - 0.847).abs() < 5e-3);
    }

    /// The error of linear interpolation is width²/8 of the second derivative: a quarter for half the width.
    #[test]
    fn interpolation_converges_to_the_fit() {
        let worst = |points: usize| {
            let conductances: Vec<_> =
                (0..=points).map(|k| 62.5 * libm::pow(110.0 / 62.5, k as f64 / points as f64)).collect();
            let table = milo_table(&conductances);
            let miss = |k: usize| {
                let g0 = 62.5 + 0.0475 * k as f64;
                let conductance = milo_current(g0, 0.2) / 0.2;
                (conductance * 0.5 * table.factor(conductance, 0.5) / milo_current(g0, 0.5) - 1.0).abs()
            };
            (0..=1000).map(miss).fold(0.0, f64::max)
        };
        let [coarse, fine] = [worst(4), worst(8)];
        assert!(coarse < 0.01 && fine < coarse / 3.0, "{coarse}, {fine}");
    }

    #[test]
    fn the_factor_is_one_at_the_reference_voltage() {
        let table = milo_table(&FITTED);
        for conductance in [1e-3, 60.0, 80.0, 1e4] {
            assert_eq!(table.factor(conductance, 0.2), 1.0);
            assert_eq!(table.factor(conductance, -0.2), 1.0);
            assert_eq!(table.factor(conductance, 0.4), table.factor(conductance, -0.4));
        }
        assert_eq!(table.at(0.2).factor(&Block::splat(4.0)), Block::splat(1.0));
        assert_eq!(table.factor(0.0, 0.5), table.factor(1.0, 0.5));
    }

    /// A curve in f32: slopes below 1 times two half units of 14, and four sums and products of numbers below 1.2, on a
    /// p above 0.8; the reciprocal two units; twice for the two voltages.
    #[test]
    fn blocks_agree_with_the_scalar_form() {
        let table = milo_table(&FITTED);
        let bound = f64::from(f32::EPSILON) * 2.0 * ((14.0 + 8.0 * 1.2) / 0.8 + 2.0);
        for volts in [0.05, 0.3, 0.5] {
            let curve = table.at(volts);
            for step in 0..1000 {
                let ln_conductance = 3.0 + 0.003 * step as f32;
                let exact = table.factor(libm::exp(f64::from(ln_conductance)), volts);
                let factor = f64::from(curve.factor(&Block::splat(ln_conductance))[5]);
                assert!((factor - exact).abs() < bound, "{ln_conductance}: {factor}, {exact}");
            }
        }
    }
}
