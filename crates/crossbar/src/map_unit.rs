//! Units of the numbers in a map of a chip, and which of them would put the numbers into the window of the device.

use std::fmt;

use crate::window::ConductanceWindow;

/// Names of units with their factors to µS.
pub(crate) const UNITS: [(&str, f64); 5] =
    [("siemens", 1e6), ("millisiemens", 1e3), ("microsiemens", 1.0), ("nanosiemens", 1e-3), ("picosiemens", 1e-6)];

/// Which unit the numbers of a map may have, by their median against the window: advice, never an assumption.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// The median of the numbers that are not zero, as the file states it; none without such numbers.
    pub median: Option<f64>,
    /// The unit in which the median lies in the window, with the median in µS.
    pub unit: Option<(&'static str, f64)>,
    /// The median of the conductances, µS, where the numbers lie in the window if they are resistances in ohm.
    pub of_resistances: Option<f64>,
    /// Ends of the window, µS.
    pub window: (f32, f32),
}

impl Fit {
    /// That of `numbers`, as the file states them, to `window`.
    pub(crate) fn new(numbers: impl Iterator<Item = f64>, window: &ConductanceWindow) -> Fit {
        let median = median(numbers.filter(|number| number.is_finite() && *number != 0.0).collect());
        let inside = |conductance: &f64| {
            // A cell at an end of the window may be rounded beyond it.
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
        let window = format!("the window of {low} to {high} µS");
        match (self.unit, self.of_resistances, self.median) {
            (Some((unit, median)), None, _) => {
                write!(formatter, "with `unit {unit}` the median would be {} µS, in {window}", rounded(median))
            }
            (Some((unit, median)), Some(resistance), _) => write!(
                formatter,
                "with `unit {unit}` the median would be {} µS, in {window}; as resistances in ohm it would be {} µS, in the \
                 window too: a map holds conductances",
                rounded(median),
                rounded(resistance)
            ),
            (None, Some(median), _) => write!(
                formatter,
                "these may be resistances: 1000000 / R µS for R ohm would have a median of {} µS, in {window}; a map holds \
                 conductances",
                rounded(median)
            ),
            (None, None, Some(median)) => write!(
                formatter,
                "in none of the known units does the median, {}, lie in {window}; check the unit and the device",
                rounded(median)
            ),
            (None, None, None) => write!(formatter, "no number of the map differs from 0; check the file and its unit"),
        }
    }
}

/// The middle value; the mean of the middle two.
pub(crate) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let (below, above) = (values.get(values.len().saturating_sub(1) / 2)?, values.get(values.len() / 2)?);
    Some(0.5 * (below + above))
}

/// Four significant digits.
fn rounded(value: f64) -> f64 {
    format!("{value:.3e}").parse().unwrap_or(value)
}
