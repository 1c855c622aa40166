//! Why an array cannot be built, or cannot take a step.

use ohmspike_simd::Matrix;
use thiserror::Error;

use crate::array_params::ArrayParams;
use crate::mapping::{MappingError, PairMapping};
use crate::nan_check::first_not_finite;
use crate::pair::PairKind;

/// Largest standard deviation of a write, µS: with it and a draw below 7, no write is more than f32 can hold.
pub(crate) const LARGEST_SIGMA: f32 = 1e30;
/// Largest factor on the device's own write spread.
pub(crate) const LARGEST_SCALE: f32 = 1e6;

/// An array that cannot be built, or a step that it cannot take.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum ArrayError {
    /// A weight cannot be mapped to the window.
    #[error(transparent)]
    Mapping(#[from] MappingError),
    /// No rows or no columns.
    #[error("array: got {rows} rows and {columns} columns, must have at least one of each")]
    Empty {
        /// Rows of the first weights.
        rows: usize,
        /// Their columns.
        columns: usize,
    },
    /// Not one sign for every row.
    #[error("branches: got {branches}, must be one for each of {rows} rows")]
    Branches {
        /// Signs given.
        branches: usize,
        /// Rows of the first weights.
        rows: usize,
    },
    /// A write spread that is negative, not a number or too large.
    #[error("update_sigma: got {update_sigma}, must be a number from 0 up to {LARGEST_SIGMA:e} µS of conductance")]
    UpdateSigma {
        /// Standard deviation in units of weight.
        update_sigma: f32,
    },
    /// A factor that is negative, not a number or too large.
    #[error("write_spread_scale: got {scale}, must be a number from 0 to {LARGEST_SCALE}")]
    SpreadScale {
        /// The factor.
        scale: f32,
    },
    /// Measured conductances of one branch for pairs that write two.
    #[error("conductances: a map of the main branch, must come with one-branch pairs, got {pair}")]
    MapPair {
        /// The kind of pair.
        pair: &'static str,
    },
    /// A map of another shape.
    #[error("{what}: got {rows} x {columns}, must be {own_rows} x {own_columns} like the array")]
    MapShape {
        /// Which map.
        what: &'static str,
        /// Its rows.
        rows: usize,
        /// Its columns.
        columns: usize,
        /// Rows of the array.
        own_rows: usize,
        /// Its columns.
        own_columns: usize,
    },
    /// A fault map of another array.
    #[error(
        "faults: got a stuck cell in row {row}, column {column}, must be one of the {own_rows} x {own_columns} of the array"
    )]
    FaultPlace {
        /// Row of the first such cell.
        row: usize,
        /// Its column.
        column: usize,
        /// Rows of the array.
        own_rows: usize,
        /// Its columns.
        own_columns: usize,
    },
    /// A step of another shape.
    #[error("step: got {rows} x {columns}, must be {own_rows} x {own_columns} like the array")]
    StepShape {
        /// Rows of the step.
        rows: usize,
        /// Its columns.
        columns: usize,
        /// Rows of the array.
        own_rows: usize,
        /// Its columns.
        own_columns: usize,
    },
    /// NaN or infinity where a weight or a change of one is wanted.
    #[error("{what}: got {value} in row {row}, column {column}, must be a finite number")]
    NotFinite {
        /// `weights` or `step`.
        what: &'static str,
        /// Row of the first such cell.
        row: usize,
        /// Its column.
        column: usize,
        /// NaN or infinity.
        value: f32,
    },
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
    if !(0.0..=LARGEST_SIGMA).contains(&(update_sigma * mapping.microsiemens_per_weight() * scale.max(1.0))) {
        return Err(ArrayError::UpdateSigma { update_sigma });
    }
    if let Some(map) = params.conductances {
        if (map.rows(), map.columns()) != (rows, columns) {
            let (own_rows, own_columns) = (rows, columns);
            let (rows, columns) = (map.rows(), map.columns());
            return Err(ArrayError::MapShape { what: "conductances", rows, columns, own_rows, own_columns });
        }
        check_finite("conductances", map)?;
        match params.pair {
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
