//! A matrix as it is written down: its size and its cells, without the padding.

use serde::{Deserialize, Serialize};

/// Rows, columns and every cell, row by row.
#[derive(Serialize, Deserialize)]
pub(crate) struct Cells {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) cells: Vec<f32>,
}

/// Cells that fill no matrix of the size that stands beside them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cells: must be one for each of {rows} x {columns} places, got {cells}")]
pub struct WrongCells {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) cells: usize,
}
