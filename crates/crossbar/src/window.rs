//! Conductance window of a cell.
//!
//! ```text
//! G_low = 10^6 / R_high,  G_high = 10^6 / R_low        G in µS, R in ohm
//! ```
//!
//! All cells of a chip share the nominal window; writes are clipped to it.
//!
//! ```
//! use ohmspike_crossbar::ConductanceWindow;
//!
//! let window = ConductanceWindow::from_resistances(1e3, 1e6)?;
//! assert_eq!((window.low(), window.high(), window.span()), (1.0, 1000.0, 999.0));
//! # Ok::<(), ohmspike_crossbar::device::SpecError>(())
//! ```

use serde::{Deserialize, Serialize};

use crate::device::number::{RESISTANCE_OHM, number};
use crate::device::refusal::{Problem, SpecError};

/// Smallest ratio of the ends; a narrower window has too few f32 values for a weight.
const MIN_RATIO: f64 = 1.001;

/// Keys of `window` in a device file.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct WindowSpec {
    /// Resistance of a fully-on cell (lowest resistance, Gmax).
    #[serde(deserialize_with = "number")]
    #[cfg_attr(feature = "schema", schemars(range(min = RESISTANCE_OHM.low, max = RESISTANCE_OHM.high), extend("x-unit" = "ohm")))]
    pub low_resistance_ohm: f64,
    /// Resistance of a fully-off cell (highest resistance, Gmin); at least 1.001 times `low_resistance_ohm`.
    #[serde(deserialize_with = "number")]
    #[cfg_attr(feature = "schema", schemars(range(min = RESISTANCE_OHM.low, max = RESISTANCE_OHM.high), extend("x-unit" = "ohm")))]
    pub high_resistance_ohm: f64,
}

/// Lower and upper end of the conductance window, µS: positive, finite, and in this order.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(try_from = "WindowSpec")]
pub struct ConductanceWindow {
    low: f32,
    high: f32,
}

impl ConductanceWindow {
    /// Creates the window between two resistances, ohm.
    ///
    /// # Errors
    /// Returns [`Problem::OutOfRange`] or [`Problem::WindowReversed`] with the key of the device file.
    pub fn from_resistances(low_ohm: f64, high_ohm: f64) -> Result<ConductanceWindow, SpecError> {
        let low = RESISTANCE_OHM.check("low_resistance_ohm", low_ohm)?;
        let high = RESISTANCE_OHM.check("high_resistance_ohm", high_ohm)?;
        if high < low * MIN_RATIO {
            let problem = Problem::WindowReversed { low, high, least_ratio: MIN_RATIO };
            return Err(SpecError::at("high_resistance_ohm", problem));
        }
        Ok(ConductanceWindow { low: (1e6 / high) as f32, high: (1e6 / low) as f32 })
    }

    /// Returns the lower end of the window (Gmin), µS.
    pub fn low(&self) -> f32 {
        self.low
    }

    /// Returns the upper end of the window (Gmax), µS.
    pub fn high(&self) -> f32 {
        self.high
    }

    /// Returns the width of the window, µS.
    pub fn span(&self) -> f32 {
        self.high - self.low
    }
}

impl TryFrom<WindowSpec> for ConductanceWindow {
    type Error = SpecError;

    fn try_from(spec: WindowSpec) -> Result<ConductanceWindow, SpecError> {
        ConductanceWindow::from_resistances(spec.low_resistance_ohm, spec.high_resistance_ohm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_that_no_cell_has_are_refused() {
        let refused = [
            (1e6, 1e3),
            (1e3, 1e3),
            (0.0, 1e3),
            (-1e3, 1e3),
            (1e3, f64::INFINITY),
            (f64::NAN, 1e6),
            (1e3, f64::NAN),
            (1e3, 1e13),
        ];
        for (low, high) in refused {
            assert!(ConductanceWindow::from_resistances(low, high).is_err(), "{low} to {high} ohm");
        }
    }

    #[test]
    fn the_narrowest_and_widest_windows_have_a_span() {
        for (low, high) in [(1.0, 1.001), (1e11, 1.001e11), (1.0, 1e12)] {
            let window = ConductanceWindow::from_resistances(low, high).unwrap();
            assert!(window.low() > 0.0 && window.span() > 0.0 && window.span().is_finite());
        }
    }
}
