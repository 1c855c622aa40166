//! Marks values outside the range of a law in the device file, which are held at its end.

use std::fmt::Write;

use ohmspike_crossbar::device::TableRange;
use ohmspike_study::significant::significant;

/// The mark.
pub(super) const HELD: &str = " (held)";

/// Rows of a table over resistance; some may be outside the points of the file.
pub(super) struct HeldRows {
    table: Option<TableRange>,
    /// Ends used so far, Ω.
    ends: Vec<f64>,
}

impl HeldRows {
    /// Creates the marker for `table`; without a table no row is marked.
    pub(super) fn new(table: Option<TableRange>) -> HeldRows {
        HeldRows { table, ends: Vec::new() }
    }

    /// Returns the mark of the row of `resistance`, Ω.
    pub(super) fn mark(&mut self, resistance: f64) -> &'static str {
        let Some(end) = self.table.and_then(|table| table.held(resistance)) else { return "" };
        if !self.ends.contains(&end) {
            self.ends.push(end);
        }
        HELD
    }

    /// Writes a footnote with the ends of the table.
    pub(super) fn footnote(self, text: &mut String) {
        if let Some(TableRange { key, .. }) = self.table.filter(|_| !self.ends.is_empty()) {
            let ends: Vec<String> = self.ends.iter().map(|end| format!("{} ohm", significant(*end))).collect();
            let noun = if ends.len() == 1 { "the end" } else { "the ends" };
            let _ = writeln!(text, "  (held): value at {}, {noun} of `{key}`", ends.join(" and "));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_outside_a_table_are_marked_and_explained_once() {
        let table = TableRange { key: "write.points", first: 2e3, last: 5e4 };
        let mut rows = HeldRows::new(Some(table));
        let marks = [1e3, 2e3, 1e4, 6e4, 1e5].map(|resistance| rows.mark(resistance));
        assert_eq!(marks, [HELD, "", "", HELD, HELD]);
        let mut text = String::new();
        rows.footnote(&mut text);
        assert_eq!(text, "  (held): value at 2000 ohm and 50000 ohm, the ends of `write.points`\n");
        for table in [Some(table), None] {
            let mut rows = HeldRows::new(table);
            assert_eq!(rows.mark(1e4), "");
            let mut text = String::new();
            rows.footnote(&mut text);
            assert_eq!(text, "");
        }
    }
}
