//! Tables of writes that also hold later values of the same writes.

use super::Table;
use crate::read_times::{ReadTimes, are_same, between, read_times};

impl Table {
    /// Returns one value of every write, if the table holds later values as well, which are retention, and says which in a note of it: the
    /// first value, or that at a time which most writes have in common.
    pub(crate) fn first_values(&self) -> Option<Table> {
        if self.seconds.is_empty() {
            return None;
        }
        let by_time = |row: usize| self.seconds[row];
        let series = self.series(Some(&by_time));
        if series.iter().all(|rows| rows.len() == 1) {
            return None;
        }
        let time = |row: &u32| self.seconds[*row as usize];
        let spans: Vec<(f64, f64)> = series.iter().map(|rows| (time(&rows[0]), time(&rows[rows.len() - 1]))).collect();
        if let ReadTimes::Common(common) = read_times(&spans) {
            return Some(self.values_at(common, &series));
        }
        let mut first = vec![false; self.rows()];
        series.iter().for_each(|rows| first[rows[0] as usize] = true);
        let mut found = self.with_rows(&first);
        let later = self.rows() - found.rows();
        found.notes.push(format!("{}: the first value of every write counts as write ({later} are later)", self.file));
        Some(found)
    }

    /// Returns the values of the writes with these `series` of reads at a `common` time, s; writes that were not read around it are left out.
    fn values_at(&self, common: f64, series: &[Vec<u32>]) -> Table {
        let mut all = self.clone();
        let mut kept = vec![false; self.rows()];
        let (mut interpolated, mut left_out) = (0, 0);
        for rows in series {
            let time = |row: u32| self.seconds[row as usize];
            let near = rows.iter().copied().filter(|&row| are_same(time(row), common));
            let nearest =
                near.min_by(|one, other| (time(*one) - common).abs().total_cmp(&(time(*other) - common).abs()));
            let after = rows.partition_point(|&row| time(row) < common);
            if let Some(row) = nearest {
                kept[row as usize] = true;
            } else if after > 0 && after < rows.len() && time(rows[after - 1]) > 0.0 {
                all.interpolate([rows[after - 1], rows[after]].map(|row| row as usize), common);
                kept[rows[after - 1] as usize] = true;
                interpolated += 1;
            } else {
                left_out += 1;
            }
        }
        let mut found = all.with_rows(&kept);
        found.seconds.fill(common);
        let first = series.iter().map(|rows| self.seconds[rows[0] as usize]);
        let (least, most) =
            first.fold((f64::INFINITY, 0.0), |(least, most), time| (f64::min(least, time), f64::max(most, time)));
        let count = series.len();
        let mut note = format!(
            "{}: writes were first read {least} to {most} s after them, so that values at {common} s count as writes",
            self.file
        );
        if interpolated > 0 {
            note += &format!(". {interpolated} of {count} values are interpolated between two reads");
        }
        if left_out > 0 {
            note += &format!(
                ". {left_out} of {count} writes were not read around this time and are left out of the write noise"
            );
        }
        found.notes.push(note);
        found
    }

    /// Moves the value of the first of two rows of one write to `common`, a time between them, s.
    fn interpolate(&mut self, [before, after]: [usize; 2], common: f64) {
        let read = |row: usize| (self.seconds[row], self.value[row]);
        let value = if self.value[before] > 0.0 && self.value[after] > 0.0 {
            between(read(before), read(after), common).exp()
        } else {
            self.value[before].min(self.value[after])
        };
        let factor = if self.value[before] > 0.0 { value / self.value[before] } else { 1.0 };
        self.value[before] = value;
        self.reads.iter_mut().for_each(|column| column[before] *= factor);
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
