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

/// Formats a value for a table cell: strings without quotes.
pub fn plain(value: &toml::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
