//! Serialized form of a matrix: its size and its cells, without padding.

use serde::{Deserialize, Serialize};

/// Rows, columns and all cells, row by row.
#[derive(Serialize, Deserialize)]
pub(crate) struct Cells {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) cells: Vec<f32>,
}

/// Error: the number of cells does not match the size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cells: expected {rows} x {columns} (rows x columns), got {cells}")]
pub struct WrongCells {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) cells: usize,
}
