//! Rows with more or fewer cells than the header, and what is likely wrong with them.

use csv::ByteRecord;

use super::column::Column;
use super::missing::lacks_number;
use super::separator::Separator;

/// Most pairs of cells that are told to be one number.
const MAX_PAIRS: usize = 2;

/// Columns of a header, and how its file separates them.
#[derive(Clone, Copy)]
pub(super) struct Width<'a> {
    pub names: &'a [String],
    pub columns: &'a [Column],
    pub separator: Separator,
}

impl Width<'_> {
    /// Returns the cell at fault, what is wrong, and advice, if `record` has another number of cells than the header.
    pub fn refuse(&self, record: &ByteRecord) -> Option<(Option<usize>, String, String)> {
        let (expected, got) = (self.columns.len(), record.len());
        let problem = format!("expected {expected} cells, like the header, got {got}");
        let several_lines = record.iter().position(|cell| cell.contains(&b'\n'));
        match several_lines {
            _ if got == expected => None,
            Some(index) => Some((Some(index), problem, "close the quotes before the end of the line".to_owned())),
            None if got > expected => {
                let (surplus, last) = (shown(&record[expected]), &self.names[expected - 1]);
                let which = if surplus.is_empty() {
                    String::new()
                } else {
                    format!(": `{surplus}` follows the last column `{last}`")
                };
                Some((Some(expected), problem + &which, self.of_surplus(record)))
            }
            None => Some((None, problem, self.of_missing(record))),
        }
    }

    /// Returns advice for a row with cells behind the last column.
    fn of_surplus(&self, record: &ByteRecord) -> String {
        let word = self.separator.word();
        if record.iter().skip(self.columns.len()).all(|cell| cell.trim_ascii().is_empty()) {
            return format!("remove the {word} at the end of the line");
        }
        if let Some(index) = record.iter().position(|cell| cell.contains(&b'"')) {
            return format!("put quotes on both sides of the text in column {}, or on none", index + 1);
        }
        if let Some(index) = self.text_in_two(record) {
            let parts = self.joined(record, index);
            return format!("put text with a {word} into double quotes: {parts} may be one cell");
        }
        let pairs: Vec<String> = match self.separator {
            Separator::Comma => {
                self.numbers_in_two(record).into_iter().map(|index| self.joined(record, index)).collect()
            }
            Separator::Semicolon | Separator::Tab => Vec::new(),
        };
        let numbers = "write decimals with a point, and no separators of thousands";
        match &pairs[..] {
            [] => format!("remove a {word}, or put text that contains it into double quotes"),
            pairs if pairs.len() > MAX_PAIRS => format!("{numbers}: two neighbouring cells may be one number"),
            pairs => format!("{numbers}: {} may be one number", pairs.join(" or ")),
        }
    }

    /// Returns the column of text that ends in the next cell: there, a column of numbers has none.
    fn text_in_two(&self, record: &ByteRecord) -> Option<usize> {
        let decimal =
            |text: &str| if self.separator == Separator::Comma { text.to_owned() } else { text.replace(',', ".") };
        let is_number =
            |cell: &[u8]| std::str::from_utf8(cell).is_ok_and(|text| decimal(text.trim()).parse::<f64>().is_ok());
        let mut pairs = self.columns.windows(2).enumerate();
        let is_shifted = |pair: &[Column], index: usize| {
            let next = &record[index + 1];
            !pair[0].is_number() && pair[1].is_number() && !is_number(next) && !lacks_number(next)
        };
        pairs.find_map(|(index, pair)| is_shifted(pair, index).then_some(index))
    }

    /// Returns the columns whose number may have its digits behind a comma in the next cell.
    fn numbers_in_two(&self, record: &ByteRecord) -> Vec<usize> {
        let is_digits = |cell: &[u8]| !cell.is_empty() && cell.iter().all(u8::is_ascii_digit);
        let starts = |cell: &[u8]| is_digits(cell.strip_prefix(b"-").unwrap_or(cell).trim_ascii());
        let is_measured = |index: &usize| self.columns[*index].is_number() && !self.columns[*index].is_whole();
        let measured = (0..self.columns.len()).filter(is_measured);
        measured.filter(|&index| starts(&record[index]) && is_digits(&record[index + 1])).collect()
    }

    /// Returns the text of two cells with their columns.
    fn joined(&self, record: &ByteRecord, index: usize) -> String {
        let separator = char::from(self.separator.byte());
        let parts = [&record[index], &record[index + 1]].map(shown).join(&separator.to_string());
        format!("`{parts}` in columns {} and {}", index + 1, index + 2)
    }

    /// Returns advice for a row with too few cells.
    fn of_missing(&self, record: &ByteRecord) -> String {
        let others =
            [Separator::Comma, Separator::Semicolon, Separator::Tab].into_iter().filter(|one| *one != self.separator);
        let cells = |other: &Separator| record.iter().flatten().filter(|byte| **byte == other.byte()).count();
        if let Some(other) = others.into_iter().find(|other| record.len() + cells(other) >= self.columns.len()) {
            let (own, other) = (self.separator.word(), other.word());
            return format!("separate columns by {own}s as in the header, not by {other}s");
        }
        let next = &self.names[record.len()];
        format!(
            "the line ends before column `{next}`: complete or remove it; an empty cell has its {}",
            self.separator.word()
        )
    }
}

/// Returns the beginning of a cell.
fn shown(cell: &[u8]) -> String {
    String::from_utf8_lossy(cell).trim().chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the message about `row` below `header`.
    fn told(header: &str, row: &str) -> String {
        let separator = Separator::of("w.csv", header.as_bytes()).expect("one separator");
        let byte = char::from(separator.byte());
        let names: Vec<String> = header.split(byte).map(str::to_owned).collect();
        let column = |name: &String| super::super::column::column(name, false).unwrap_or(Column::Ignored);
        let columns: Vec<Column> = names.iter().map(column).collect();
        let mut record = ByteRecord::new();
        separator.rows(row.as_bytes()).read_byte_record(&mut record).expect("a row");
        let refused = Width { names: &names, columns: &columns, separator }.refuse(&record);
        refused.map_or_else(String::new, |(cell, problem, hint)| {
            format!("{}{problem}; {hint}", cell.map_or_else(String::new, |cell| format!("{}: ", cell + 1)))
        })
    }

    #[test]
    fn surplus_cells_are_told_with_what_is_likely() {
        const HEADER: &str = "cell,target_microsiemens,conductance_microsiemens";
        let begin = "4: expected 3 cells, like the header, got 4: ";
        let numbers = "write decimals with a point, and no separators of thousands: ";
        let quotes = "put text with a comma into double quotes: ";
        for (row, surplus, hint) in [
            (
                "a,100,99,5",
                "5",
                format!("{numbers}`100,99` in columns 2 and 3 or `99,5` in columns 3 and 4 may be one number"),
            ),
            ("a,1,000,995.5", "995.5", format!("{numbers}`1,000` in columns 2 and 3 may be one number")),
            ("a, b,100,99.5", "99.5", format!("{quotes}`a,b` in columns 1 and 2 may be one cell")),
            ("a, b\",100,99.5", "99.5", "put quotes on both sides of the text in column 2, or on none".to_owned()),
            ("a,100.5,99.5,ok", "ok", "remove a comma, or put text that contains it into double quotes".to_owned()),
        ] {
            let expected = format!("{begin}`{surplus}` follows the last column `conductance_microsiemens`; {hint}");
            assert_eq!(told(HEADER, row), expected, "{row}");
        }
        assert_eq!(told(HEADER, "a,100,99.5"), "");
        let ends = "4: expected 3 cells, like the header, got 4; remove the comma at the end of the line";
        assert_eq!(told(HEADER, "a,100,99.5,"), ends);
        let wide = told(&format!("{HEADER},read_1_microsiemens,read_2_microsiemens"), "a,1,2,3,4,5");
        assert!(wide.ends_with(&format!("{numbers}two neighbouring cells may be one number")), "{wide}");
        let semicolons = told("cell;target_microsiemens", "a;10,5;3");
        assert!(
            semicolons.ends_with("remove a semicolon, or put text that contains it into double quotes"),
            "{semicolons}"
        );
        assert!(told("cell;pulse", "a;1;").ends_with("remove the semicolon at the end of the line"));
    }

    #[test]
    fn missing_cells_are_told_with_what_is_likely() {
        const HEADER: &str = "cell,target_microsiemens,conductance_microsiemens";
        let begin = "expected 3 cells, like the header, got ";
        let separate = "separate columns by commas as in the header, not by ";
        for (row, hint) in [
            ("a;100;99", format!("1; {separate}semicolons")),
            ("a\t100\t99", format!("1; {separate}tabs")),
            (
                "a,100",
                "2; the line ends before column `conductance_microsiemens`: complete or remove it; an empty cell has its comma"
                    .to_owned(),
            ),
        ] {
            assert_eq!(told(HEADER, row), format!("{begin}{hint}"), "{row}");
        }
        let open = told(HEADER, "a,\"100,99\nb,100,98\n");
        assert!(open.starts_with("2: ") && open.ends_with("; close the quotes before the end of the line"), "{open}");
    }
}
