//! Tables of writes that also hold later values of the same writes.

use super::Table;

impl Table {
    /// Returns the first value of every write, if the table holds later values as well: those are retention.
    pub(crate) fn first_values(&self) -> Option<Table> {
        if self.seconds.is_empty() {
            return None;
        }
        let by_time = |row: usize| self.seconds[row];
        let mut first = vec![false; self.rows()];
        let mut later = false;
        for rows in self.series(Some(&by_time)) {
            first[rows[0] as usize] = true;
            later |= rows.len() > 1;
        }
        later.then(|| self.with_rows(&first))
    }

    /// Returns the rows that are `kept`.
    fn with_rows(&self, kept: &[bool]) -> Table {
        Table {
            file: self.file.clone(),
            role: self.role,
            cells: self.cells.clone(),
            ignored: self.ignored.clone(),
            notes: self.notes.clone(),
            cell: of(&self.cell, kept),
            cycle: of(&self.cycle, kept),
            target: of(&self.target, kept),
            start: of(&self.start, kept),
            seconds: of(&self.seconds, kept),
            pulse: of(&self.pulse, kept),
            up: of(&self.up, kept),
            value: of(&self.value, kept),
            written: self.written,
            after: of(&self.after, kept),
            reads: self.reads.iter().map(|column| of(column, kept)).collect(),
            line: of(&self.line, kept),
        }
    }
}

/// Returns the entries of `column` that are `kept`; a table without the column has none.
fn of<T: Copy>(column: &[T], kept: &[bool]) -> Vec<T> {
    column.iter().zip(kept).filter(|(_, kept)| **kept).map(|(value, _)| *value).collect()
}
