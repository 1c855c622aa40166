//! A measured table, column by column.
//!
//! [`column`] knows the names and units of columns, [`separator`](mod@separator) the signs between them, [`read`] reads a file, [`check`] refuses tables that contradict
//! themselves.

mod advice;
mod cells;
mod check;
mod column;
mod encoding;
mod later;
mod missing;
mod read;
mod separator;
mod target_name;
mod width;

pub(crate) use cells::Cells;
pub use column::{COLUMNS, WIDE_COLUMNS};
pub(crate) use read::{ReadOptions, read};

use crate::input::Role;

/// Values of one file; vectors have one entry per row, or none if the file has no such column. Conductances in µS.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    /// Name of the file.
    pub file: String,
    /// Role of the file.
    pub role: Option<Role>,
    /// Index of the cell of each row.
    pub cell: Vec<u32>,
    /// Cells in order of appearance.
    pub cells: Cells,
    /// Cycle of each row, 1 if the file has none.
    pub cycle: Vec<u32>,
    /// Target, µS.
    pub target: Vec<f64>,
    /// Value before the write, µS.
    pub start: Vec<f64>,
    /// Time after the write, s.
    pub seconds: Vec<f64>,
    /// Number of the pulse.
    pub pulse: Vec<u32>,
    /// Whether the pulse of the row raises the conductance.
    pub up: Vec<bool>,
    /// Value, µS. A cell with 0 in all its rows is open.
    pub value: Vec<f64>,
    /// Whether the column of values is that of written conductances, without the noise of a read.
    pub written: bool,
    /// Later value, µS, from a column `after_microsiemens`.
    pub after: Vec<f64>,
    /// Reads of each row, µS, from columns `read_N_microsiemens`: one vector per column.
    pub reads: Vec<Vec<f64>>,
    /// Line of each row.
    pub line: Vec<u32>,
    /// Names of the columns that were left out as asked.
    pub ignored: Vec<String>,
    /// Properties that the reader of a report should know.
    pub notes: Vec<String>,
}

impl Table {
    /// Returns the number of rows.
    pub fn rows(&self) -> usize {
        self.value.len()
    }

    /// Returns the rows of each series: those of one cell, cycle and target, in file order, ordered by `key` if there is one.
    pub fn series(&self, key: Option<&dyn Fn(usize) -> f64>) -> Vec<Vec<u32>> {
        let mut rows: Vec<u32> = (0..self.rows() as u32).collect();
        let target = |row: u32| self.target.get(row as usize).map_or(0, |target| target.to_bits());
        let place = |row: u32| (self.cell[row as usize], self.cycle[row as usize], target(row));
        match key {
            Some(key) => {
                rows.sort_by(|&a, &b| place(a).cmp(&place(b)).then(key(a as usize).total_cmp(&key(b as usize))))
            }
            None => rows.sort_by_key(|&row| place(row)),
        }
        rows.chunk_by(|&a, &b| place(a) == place(b)).map(<[u32]>::to_vec).collect()
    }
}
