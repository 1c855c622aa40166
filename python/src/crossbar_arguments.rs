//! Arguments of `Crossbar`, checked.

use ohmspike::crossbar::Branch;
use ohmspike::crossbar::device::{Device as CheckedDevice, WriteNoise};
use ohmspike::simd::{Matrix, numbers};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use serde::de::DeserializeOwned;

use crate::arrays::{as_type, real_array};
use crate::errors::{refused, warn};
use crate::values::shown;

/// Largest weight, as a fraction of `weight_at_gmax`, that uses so little of the window that it is probably unintended.
const LITTLE: f32 = 0.1;

/// Parses a word of a study or device file, such as `push-pull`.
///
/// # Errors
/// Returns an exception that names `key` and the words.
pub fn word<T: DeserializeOwned>(key: &str, given: &str) -> PyResult<T> {
    serde_json::from_value(given.into()).map_err(|error| refused(format!("{key}: {error}")))
}

/// Reads the signs of the rows; none for rows of either sign.
///
/// # Errors
/// Returns an exception for anything but +1 and -1, one per row.
pub fn branches(signs: Option<&Bound<'_, PyAny>>, rows: usize) -> PyResult<Option<Vec<Branch>>> {
    let Some(given) = signs else { return Ok(None) };
    let array = real_array(given, "signs")?;
    let numbers: Vec<f64> = as_type(&array, "float64")?.call_method0("ravel")?.extract()?;
    if numbers.len() != rows {
        return Err(PyValueError::new_err(format!("signs: expected one per row ({rows}), got {}", numbers.len())));
    }
    let branch = |(row, &sign): (usize, &f64)| match sign {
        1.0 => Ok(Branch::Plus),
        -1.0 => Ok(Branch::Minus),
        _ => Err(PyValueError::new_err(format!("signs: expected +1 or -1, got {sign} in row {row}"))),
    };
    numbers.iter().enumerate().map(branch).collect::<PyResult<_>>().map(Some)
}

/// Warns about weights, named `what`, beyond `limit`, those of another sign than the `branches` of their row, and those that use
/// little of the window.
///
/// # Errors
/// Returns the exception that a filter makes of a warning.
pub fn warn_of_misfits(
    py: Python<'_>,
    what: &str,
    weights: &Matrix,
    limit: f32,
    branches: Option<&[Branch]>,
) -> PyResult<()> {
    let (rows, columns) = (weights.rows(), weights.columns());
    let (mut largest, mut beyond, mut unlike) = (0.0_f32, 0, 0);
    for row in 0..rows {
        let sign = branches.map(|branches| branches[row]);
        for &weight in &numbers(weights.row(row))[..columns] {
            largest = largest.max(weight.abs());
            // A rounding error is no misfit.
            beyond += usize::from(weight.abs() > limit * (1.0 + 1e-6));
            unlike += usize::from(match sign {
                Some(Branch::Plus) => weight < 0.0,
                Some(Branch::Minus) => weight > 0.0,
                None => false,
            });
        }
    }
    let all = rows * columns;
    if beyond > 0 {
        warn(
            py,
            &format!(
                "{what}: {beyond} of {all} are clipped to weight_at_gmax = {}; the largest is {}",
                shown(limit),
                shown(largest)
            ),
        )?;
    } else if largest > 0.0 && largest < LITTLE * limit {
        let hint = "hint: with weight_at_gmax near the largest weight, the spread of writes counts less";
        let text = format!(
            "{what}: the largest is {}, {:.1} % of weight_at_gmax = {}",
            shown(largest),
            100.0 * largest / limit,
            shown(limit)
        );
        warn(py, &format!("{text}\n\n{hint}"))?;
    }
    if unlike > 0 {
        warn(py, &format!("{what}: {unlike} of {all} have another sign than their row, which holds 0 instead"))?;
    }
    Ok(())
}

/// Returns the exception for an argument, which the library calls `weights` or `update`.
pub fn named(argument: &str, error: &impl std::fmt::Display) -> PyErr {
    let text = error.to_string();
    match text.strip_prefix("weights: ").or_else(|| text.strip_prefix("update: ")) {
        Some(rest) => refused(format!("{argument}: {rest}")),
        None => refused(text),
    }
}

/// Refuses a matrix of another size than the array.
///
/// # Errors
/// Returns an exception with both sizes.
pub fn check_shape(what: &str, given: &Matrix, rows: usize, columns: usize) -> PyResult<()> {
    if (given.rows(), given.columns()) == (rows, columns) {
        return Ok(());
    }
    let message =
        format!("{what}: expected {rows} x {columns} (rows x columns), got {} x {}", given.rows(), given.columns());
    Err(PyValueError::new_err(message))
}

/// Refuses a noise that the device does not take, and warns about a factor on no noise.
///
/// # Errors
/// Returns an exception for the noise, and the exception that a filter makes of a warning.
pub fn check_noise(py: Python<'_>, device: &CheckedDevice, update_sigma: f32, write_spread_scale: f32) -> PyResult<()> {
    let name = &device.name;
    if update_sigma != 0.0 && device.write.noise != WriteNoise::FromStudy {
        return Err(refused(format!(
            "update_sigma: expected 0 for `{name}`, which takes no write noise from the study, got {update_sigma}"
        )));
    }
    if device.write.noise == WriteNoise::FromStudy && update_sigma != 0.0 && write_spread_scale != 1.0 {
        return Err(refused(format!(
            "write_spread_scale: expected 1 for `{name}`, whose write noise is `update_sigma`, got {write_spread_scale}"
        )));
    }
    let has_spread =
        !matches!(device.write.noise, WriteNoise::None | WriteNoise::FromStudy) || device.write.pulses().is_some();
    if write_spread_scale != 1.0 && !has_spread {
        warn(py, &format!("write_spread_scale: no effect: `{name}` has no write spread of its own"))?;
    }
    Ok(())
}
