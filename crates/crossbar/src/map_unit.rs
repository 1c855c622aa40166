//! Units of the numbers in a map of a chip, and a hint which unit would put them into the window of the device.

use std::fmt;

use crate::window::ConductanceWindow;

/// Units and their factors to µS.
pub(crate) const UNITS: [(&str, f64); 5] =
    [("siemens", 1e6), ("millisiemens", 1e3), ("microsiemens", 1.0), ("nanosiemens", 1e-3), ("picosiemens", 1e-6)];

/// Likely unit of the numbers of a map, from their median and the window. It serves as a hint only.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// Median of the non-zero numbers, in the unit of the file; `None` if there are none.
    pub median: Option<f64>,
    /// Unit that puts the median into the window, with the median in µS.
    pub unit: Option<(&'static str, f64)>,
    /// Median in µS if the numbers are resistances in ohm and this puts the median into the window.
    pub of_resistances: Option<f64>,
    /// Ends of the window, µS.
    pub window: (f32, f32),
}

impl Fit {
    /// Compares `numbers`, in the unit of the file, with `window`.
    pub(crate) fn new(numbers: impl Iterator<Item = f64>, window: &ConductanceWindow) -> Fit {
        let median = median(numbers.filter(|number| number.is_finite() && *number != 0.0).collect());
        let inside = |conductance: &f64| {
            // Rounding may move a cell at an end of the window beyond it.
            let slack = 1.0 + 1e-4;
            (f64::from(window.low()) / slack..=f64::from(window.high()) * slack).contains(conductance)
        };
        let in_unit = |median: f64| {
            UNITS.iter().map(|(name, factor)| (*name, median * factor)).find(|(_, conductance)| inside(conductance))
        };
        Fit {
            median,
            unit: median.and_then(in_unit),
            of_resistances: median.map(|median| 1e6 / median).filter(inside),
            window: (window.low(), window.high()),
        }
    }
}

impl fmt::Display for Fit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (low, high) = self.window;
        let window = format!("the window ({low} to {high} µS)");
        match (self.unit, self.of_resistances, self.median) {
            (Some((unit, median)), None, _) => {
                write!(formatter, "with `unit {unit}`, the median would be {} µS, inside {window}", rounded(median))
            }
            (Some((unit, median)), Some(resistance), _) => write!(
                formatter,
                "with `unit {unit}`, the median would be {} µS, inside {window}; if the numbers are resistances in ohm, write \
                 1000000 / R with `unit microsiemens`, which gives a median of {} µS",
                rounded(median),
                rounded(resistance)
            ),
            (None, Some(median), _) => write!(
                formatter,
                "a map holds conductances; if these numbers are resistances in ohm, write 1000000 / R with `unit microsiemens`: \
                 the median would be {} µS, inside {window}",
                rounded(median)
            ),
            (None, None, Some(median)) => write!(
                formatter,
                "the median, {}, is outside {window} in every known unit; check the unit and the device",
                rounded(median)
            ),
            (None, None, None) => write!(formatter, "every number of the map is 0; check the file and its unit"),
        }
    }
}

/// Returns the median of `values`, or `None` if there are none.
pub(crate) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let (below, above) = (values.get(values.len().saturating_sub(1) / 2)?, values.get(values.len() / 2)?);
    Some(0.5 * (below + above))
}

/// Rounds to four significant digits.
fn rounded(value: f64) -> f64 {
    format!("{value:.3e}").parse().unwrap_or(value)
}
