//! Values of a sweep axis as numbers and as text.

use crate::study::Axis;

/// Returns a value of an axis as a number, if it is one.
pub fn number(value: &toml::Value) -> Option<f64> {
    value.as_float().or(value.as_integer().map(|whole| whole as f64))
}

/// Whether every value of the axis is a number.
pub fn is_numeric(axis: &Axis) -> bool {
    axis.values.iter().all(|value| number(value).is_some())
}

/// Whether the axis sets seeds of random streams.
pub fn is_seed(axis: &Axis) -> bool {
    axis.key.starts_with("seeds.")
}

/// Formats a value for a table cell: strings without quotes, large whole numbers without decimals.
///
/// ```
/// use ohmspike_study::axis_value::plain;
///
/// assert_eq!(plain(&toml::Value::from(1e5)), "100000");
/// assert_eq!(plain(&toml::Value::from(1.0)), "1.0"); // as in 0.8, 1.0
/// ```
pub fn plain(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        toml::Value::Float(number) if number.abs() >= LARGE && number.fract() == 0.0 => number.to_string(),
        value => value.to_string(),
    }
}

/// Whole numbers from here need no decimals; smaller ones keep those of their neighbours on an axis.
const LARGE: f64 = 10.0;
