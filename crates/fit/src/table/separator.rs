//! Separator of columns and decimal sign of a file.
//!
//! ```text
//! commas in the header               separated by commas, decimals with a point
//! tabs only                          separated by tabs, decimals with a point
//! semicolons only                    separated by semicolons; decimals with a comma if numbers have commas and none has a point
//! ```
//!
//! Two separators in a header, or both decimal signs in numbers, are errors: the file does not tell which one is meant.

use csv::{ByteRecord, Reader, ReaderBuilder};

use super::column::Column;
use crate::error::{FitError, Place};

/// Separator of columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Separator {
    Comma,
    Semicolon,
    Tab,
}

impl Separator {
    /// Finds the separator in the header: the first line that is no comment.
    ///
    /// # Errors
    /// [`FitError::Table`] for a header with several.
    pub fn of(file: &str, bytes: &[u8]) -> Result<Separator, FitError> {
        let mut lines = bytes.split(|byte| *byte == b'\n').zip(1..);
        let is_header = |line: &[u8]| !line.starts_with(b"#") && !line.trim_ascii().is_empty();
        let Some((header, line)) = lines.find(|(line, _)| is_header(line)) else { return Ok(Separator::Comma) };
        let has = |separator: Separator| header.contains(&separator.byte());
        let [comma, semicolon, tab] = [Separator::Comma, Separator::Semicolon, Separator::Tab].map(has);
        // A name may hold another separator, the first one rarely does.
        let first = header.split(|byte| *byte == b',').next().unwrap_or_default();
        let is_mixed = comma && first.iter().any(|byte| b";\t".contains(byte));
        match (comma, semicolon, tab) {
            (true, ..) if !is_mixed => Ok(Separator::Comma),
            (false, true, false) => Ok(Separator::Semicolon),
            (false, false, true) => Ok(Separator::Tab),
            (false, false, false) => Ok(Separator::Comma),
            _ => {
                let all = [(comma, "commas"), (semicolon, "semicolons"), (tab, "tabs")];
                let found: Vec<&str> = all.iter().filter(|(found, _)| *found).map(|(_, name)| *name).collect();
                Err(FitError::Table {
                    place: Place { file: file.to_owned(), line, column: None },
                    problem: format!("expected a header with one separator of columns, got {}", found.join(" and ")),
                    hint: "remove lines above the header, or start them with `#`; separate all columns by commas"
                        .to_owned(),
                })
            }
        }
    }

    /// Returns the character.
    pub fn byte(self) -> u8 {
        match self {
            Separator::Comma => b',',
            Separator::Semicolon => b';',
            Separator::Tab => b'\t',
        }
    }

    /// Returns the word for the character.
    pub fn word(self) -> &'static str {
        match self {
            Separator::Comma => "comma",
            Separator::Semicolon => "semicolon",
            Separator::Tab => "tab",
        }
    }

    /// Returns a reader of the records in `bytes`.
    pub fn rows(self, bytes: &[u8]) -> Reader<&[u8]> {
        let mut builder = ReaderBuilder::new();
        builder.delimiter(self.byte()).comment(Some(b'#')).flexible(true).has_headers(false);
        builder.from_reader(bytes)
    }

    /// Returns the number of comments in `bytes` with `width` cells, as a row has.
    pub fn commented(self, bytes: &[u8], width: usize) -> usize {
        let cells = |line: &[u8]| line.iter().filter(|byte| **byte == self.byte()).count() + 1;
        let is_row = |line: &&[u8]| line.first() == Some(&b'#') && cells(line) == width;
        bytes.split(|byte| b"\r\n".contains(byte)).filter(is_row).count()
    }

    /// Returns whether decimals have a comma in `bytes`, a file with the header `columns`.
    ///
    /// # Errors
    /// [`FitError::Table`] if some have a comma and some a point, or if every comma may separate thousands.
    pub fn has_decimal_commas(self, file: &str, bytes: &[u8], columns: &[Column]) -> Result<bool, FitError> {
        if self != Separator::Semicolon {
            return Ok(false);
        }
        let (mut comma, mut point, mut decimals) = (None, None, false);
        let (mut rows, mut record) = (self.rows(bytes), ByteRecord::new());
        // A record that cannot be read is refused later, with its place.
        let mut next = |record: &mut ByteRecord| rows.read_byte_record(record).unwrap_or(false);
        let has_header = next(&mut record);
        while has_header && next(&mut record) {
            let line = record.position().map_or(0, csv::Position::line);
            let is_number = |index: usize| columns.get(index).is_some_and(Column::is_number);
            for (index, cell) in record.iter().enumerate().filter(|(index, _)| is_number(*index)) {
                comma = comma.or(cell.contains(&b',').then_some((line, index + 1)));
                decimals |= cell.contains(&b',') && !may_be_thousands(cell);
                point = point.or(cell.contains(&b'.').then_some(line));
            }
        }
        match (comma, point) {
            (Some((line, column)), Some(other)) => Err(FitError::Table {
                place: Place { file: file.to_owned(), line, column: Some(column) },
                problem: format!("expected one decimal sign, got a comma here and a point in line {other}"),
                hint: "write all decimals with a point, and no separators of thousands".to_owned(),
            }),
            (Some((line, column)), None) if !decimals => Err(FitError::Table {
                place: Place { file: file.to_owned(), line, column: Some(column) },
                problem: "expected decimals, got only commas that may separate thousands".to_owned(),
                hint: "write decimals with a point, and no separators of thousands".to_owned(),
            }),
            (comma, _) => Ok(comma.is_some()),
        }
    }
}

/// Returns whether the commas of a number may separate thousands, as in `12,541`: `0,543` and `12,5` are decimals.
fn may_be_thousands(cell: &[u8]) -> bool {
    let mut groups = cell.trim_ascii().split(|byte| *byte == b',');
    let first = groups.next().unwrap_or_default();
    let first = first.strip_prefix(b"-").or(first.strip_prefix(b"+")).unwrap_or(first);
    let is_digits = |group: &[u8]| group.iter().all(u8::is_ascii_digit);
    let leads = (1..=3).contains(&first.len()) && is_digits(first) && first[0] != b'0';
    leads && groups.all(|group| group.len() == 3 && is_digits(group))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn separator(text: &str) -> Result<Separator, String> {
        Separator::of("w.csv", text.as_bytes()).map_err(|error| error.to_string())
    }

    #[test]
    fn the_header_tells_the_separator() {
        assert_eq!(separator("cell,value\n1;2\n"), Ok(Separator::Comma));
        assert_eq!(separator("# a;b\n\ncell;value\r\n1;2,5\n"), Ok(Separator::Semicolon));
        assert_eq!(separator("cell\tvalue\n1\t2\n"), Ok(Separator::Tab));
        assert_eq!(separator("cell\n1\n"), Ok(Separator::Comma));
        assert_eq!(separator("cell,\"a;b\"\n"), Ok(Separator::Comma));
        let told = separator("# 1\ncell;value,pulse\n").expect_err("two separators");
        assert!(
            told.starts_with("w.csv:2: expected a header with one separator of columns, got commas and semicolons"),
            "{told}"
        );
        assert!(separator("cell;value\tpulse\n").is_err());
    }

    #[test]
    fn numbers_tell_the_decimal_sign() {
        let columns = [Column::Cell, Column::Seconds, Column::Ignored];
        let has = |separator: Separator, rows: &str| {
            let text = format!("cell;time_seconds;x.y\n{rows}");
            separator.has_decimal_commas("w.csv", text.as_bytes(), &columns).map_err(|error| error.to_string())
        };
        assert_eq!(has(Separator::Semicolon, "a,1;3;1.5\n"), Ok(false));
        assert_eq!(has(Separator::Semicolon, "a.1;3,5;1.5\n2;4;\n"), Ok(true));
        assert_eq!(has(Separator::Tab, "1;3,5;\n"), Ok(false));
        let told = has(Separator::Semicolon, "1;2.5;\n1;3,5;\n").expect_err("two decimal signs");
        assert!(
            told.starts_with("w.csv:3:2: expected one decimal sign, got a comma here and a point in line 2"),
            "{told}"
        );
        assert!(has(Separator::Semicolon, "1;1.000,5;\n").is_err());
        // Three digits after every comma may be thousands, unless a number shows that they are not.
        for ambiguous in ["a;12,541;\n", "a;1,000;\nb;999;\n", "a;-1,234,567;\n"] {
            let told = has(Separator::Semicolon, ambiguous).expect_err("decimals or thousands");
            assert!(
                told.starts_with("w.csv:2:2: expected decimals, got only commas that may separate thousands"),
                "{told}"
            );
        }
        for decimals in ["a;12,541;\nb;0,543;\n", "a;12,541;\nb;2,5;\n", "a;1234,567;\n"] {
            assert_eq!(has(Separator::Semicolon, decimals), Ok(true), "{decimals}");
        }
    }
}
