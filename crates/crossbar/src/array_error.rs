//! Errors of building and updating an array.

use ohmspike_simd::Matrix;
use thiserror::Error;

use crate::array_params::ArrayParams;
use crate::mapping::{MappingError, PairMapping};
use crate::nan_check::first_not_finite;
use crate::pair::PairKind;

/// Largest standard deviation of a write, µS. With a normal draw below 7 every write still fits into f32.
pub(crate) const LARGEST_SIGMA: f32 = 1e30;
/// Largest factor on the write noise of the device.
pub(crate) const LARGEST_SCALE: f32 = 1e6;

/// Reason why an array cannot be built or updated.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum ArrayError {
    /// Weights that do not map to the window.
    #[error(transparent)]
    Mapping(#[from] MappingError),
    /// No rows or no columns.
    #[error("array: expected at least 1 row and 1 column, got {rows} x {columns} (rows x columns)")]
    Empty {
        /// Rows of the initial weights.
        rows: usize,
        /// Columns of the initial weights.
        columns: usize,
    },
    /// Number of signs that differs from the number of rows.
    #[error("branches: expected one per row ({rows}), got {branches}")]
    Branches {
        /// Number of signs.
        branches: usize,
        /// Rows of the initial weights.
        rows: usize,
    },
    /// Write noise that is negative, NaN or too large.
    #[error("update_sigma: expected 0 to {} in units of weight, got {update_sigma}", rounded_down(*largest))]
    UpdateSigma {
        /// Standard deviation in units of weight.
        update_sigma: f32,
        /// Largest allowed one, for the window and the noise factor of the array.
        largest: f32,
    },
    /// Noise factor that is negative, NaN or too large.
    #[error("write_spread_scale: expected 0 to {LARGEST_SCALE:e}, got {scale}")]
    SpreadScale {
        /// The factor.
        scale: f32,
    },
    /// Measured conductances of one branch for pairs with two written branches.
    #[error("conductances: a map of the main branch requires one-branch pairs, got {pair} pairs")]
    MapPair {
        /// The kind of pair.
        pair: &'static str,
    },
    /// Map of another shape.
    #[error("{what}: expected {own_rows} x {own_columns}, got {rows} x {columns} (rows x columns)")]
    MapShape {
        /// Name of the map.
        what: &'static str,
        /// Its rows.
        rows: usize,
        /// Its columns.
        columns: usize,
        /// Rows of the array.
        own_rows: usize,
        /// Columns of the array.
        own_columns: usize,
    },
    /// Fault map of another array.
    #[error(
        "faults: expected cells of an array of {own_rows} x {own_columns} (rows x columns), got row {row}, column {column}"
    )]
    FaultPlace {
        /// Row of the first cell outside the array, from 0.
        row: usize,
        /// Its column, from 0.
        column: usize,
        /// Rows of the array.
        own_rows: usize,
        /// Columns of the array.
        own_columns: usize,
    },
    /// Update of another shape.
    #[error("update: expected {own_rows} x {own_columns}, got {rows} x {columns} (rows x columns)")]
    StepShape {
        /// Rows of the update.
        rows: usize,
        /// Its columns.
        columns: usize,
        /// Rows of the array.
        own_rows: usize,
        /// Columns of the array.
        own_columns: usize,
    },
    /// NaN or infinity among weights, updates or conductances.
    #[error("{what}: expected finite numbers, got {value} in row {row}, column {column}")]
    NotFinite {
        /// `weights`, `update` or `conductances`.
        what: &'static str,
        /// Row of the first such value, from 0.
        row: usize,
        /// Its column, from 0.
        column: usize,
        /// NaN or infinity.
        value: f32,
    },
}

/// Formats an upper bound with three digits, rounded down, so that the number itself is allowed.
fn rounded_down(bound: f32) -> String {
    let nearest = format!("{bound:.2e}");
    let Some((digits, exponent)) = nearest.split_once('e') else { return nearest };
    match (digits.parse::<f64>(), nearest.parse::<f32>()) {
        (Ok(digits), Ok(shown)) if shown > bound => format!("{:.2}e{exponent}", digits - 0.01),
        _ => nearest,
    }
}

pub(crate) fn check_params(params: &ArrayParams, mapping: &PairMapping, initial: &Matrix) -> Result<(), ArrayError> {
    let (rows, columns, branches) = (initial.rows(), initial.columns(), params.branches.len());
    if rows == 0 || columns == 0 {
        return Err(ArrayError::Empty { rows, columns });
    }
    if branches != rows {
        return Err(ArrayError::Branches { branches, rows });
    }
    let scale = params.write_spread_scale;
    if !(0.0..=LARGEST_SCALE).contains(&scale) {
        return Err(ArrayError::SpreadScale { scale });
    }
    let update_sigma = params.update_sigma;
    let microsiemens = mapping.microsiemens_per_weight() * scale.max(1.0);
    if !(0.0..=LARGEST_SIGMA).contains(&(update_sigma * microsiemens)) {
        return Err(ArrayError::UpdateSigma { update_sigma, largest: LARGEST_SIGMA / microsiemens });
    }
    if let Some(map) = params.conductances {
        if (map.rows(), map.columns()) != (rows, columns) {
            let (own_rows, own_columns) = (rows, columns);
            let (rows, columns) = (map.rows(), map.columns());
            return Err(ArrayError::MapShape { what: "conductances", rows, columns, own_rows, own_columns });
        }
        check_finite("conductances", map)?;
        match params.pair {
            _ if params.either_sign => return Err(ArrayError::MapPair { pair: "either-sign" }),
            PairKind::OneBranch => {}
            PairKind::PushPull => return Err(ArrayError::MapPair { pair: "push-pull" }),
            PairKind::PotentiationOnly => return Err(ArrayError::MapPair { pair: "potentiation-only" }),
        }
    }
    if let Some((row, column)) = params.faults.and_then(|faults| faults.first_outside(rows, columns)) {
        return Err(ArrayError::FaultPlace { row, column, own_rows: rows, own_columns: columns });
    }
    check_finite("weights", initial)
}

pub(crate) fn check_finite(what: &'static str, matrix: &Matrix) -> Result<(), ArrayError> {
    match first_not_finite(matrix) {
        Some((row, column, value)) => Err(ArrayError::NotFinite { what, row, column, value }),
        None => Ok(()),
    }
}
