//! Reads a CSV file into a table.
//!
//! ```text
//! cell,cycle,target_microsiemens,conductance_microsiemens      columns in any order; # starts a comment; separators: separator.rs
//! 1,1,50,49.2
//! ```
//!
//! One record is reused for all rows, and cells are looked up by their bytes, so a row allocates nothing unless its decimals have commas.

use std::borrow::Cow;

use csv::ByteRecord;

use super::Table;
use super::advice::advice_for_all;
use super::check::check;
use super::column::{Column, Unit, column, known_names};
use super::encoding::text;
use super::missing::{BEYOND_RANGE, is_missing, lacks_number, no_number};
use super::separator::Separator;
use super::width::Width;
use crate::error::{FitError, Place};
use crate::input::{InputFile, Role};

/// Largest conductance and resistance with a meaning: those of a device file.
const LARGEST: f64 = 1e12;
/// Number that instruments send for an overload: 9.9e37.
const OVERLOAD: f64 = 9e37;

/// How to read a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReadOptions<'a> {
    /// Role of the file.
    pub role: Role,
    /// Whether columns are targets.
    pub wide: bool,
    /// Read voltage of currents, V.
    pub read_volts: Option<f64>,
    /// Names of columns to leave out.
    pub ignored: &'a [String],
}

/// Reads `file`.
///
/// # Errors
/// [`FitError`] with line and column.
pub(crate) fn read(file: &InputFile, options: ReadOptions) -> Result<Table, FitError> {
    let mut table = Table { file: file.name.clone(), role: Some(options.role), ..Table::default() };
    let (bytes, note) = text(file)?;
    table.notes.extend(note);
    let separator = Separator::of(&file.name, bytes)?;
    let mut rows = separator.rows(bytes);
    let mut record = ByteRecord::new();
    let mut next = |record: &mut ByteRecord| {
        rows.read_byte_record(record).map_err(|error| file_error(&file.name, error.to_string(), ""))
    };
    if !next(&mut record)? {
        return Err(file_error(&file.name, "expected a header and rows, got an empty file".to_owned(), ""));
    }
    let mut header = Header::read(&file.name, &record, options, separator)?;
    header.decimal_commas = separator.has_decimal_commas(&file.name, bytes, &header.columns)?;
    table.ignored = header.ignored();
    table.written = header.names.iter().any(|name| name.starts_with("written_"));
    if !table.ignored.is_empty() {
        table.notes.push(format!("table {}: left out as asked: column {}", file.name, table.ignored.join(", ")));
    }
    table.reads = vec![Vec::new(); header.reads()];
    let mut without_value = 0;
    while next(&mut record)? {
        let line = record.position().map_or(0, csv::Position::line);
        let row = Row { header: &header, record: &record, line, options };
        row.check_width()?;
        if row.lacks_value() {
            without_value += 1;
            continue;
        }
        if options.wide { row.push_wide(&mut table)? } else { row.push(&mut table)? }
    }
    if table.rows() == 0 {
        return Err(file_error(&file.name, "expected rows below the header, got none".to_owned(), ""));
    }
    table.notes.extend(header.note(without_value));
    table.reads = header.in_order(std::mem::take(&mut table.reads));
    note_comments(&mut table, bytes, &header);
    check(&mut table)?;
    Ok(table)
}

/// Notes lines that are comments and have as many cells as a row: rows left out by hand, or cells with names such as `#3`.
fn note_comments(table: &mut Table, bytes: &[u8], header: &Header) {
    let ignored = header.separator.commented(bytes, header.columns.len());
    if ignored > 0 {
        let file = &table.file;
        table.notes.push(format!("table {file}: {ignored} rows that start with `#` were ignored as comments"));
    }
}

/// Creates an error about a whole file.
pub(super) fn file_error(file: &str, problem: String, hint: &str) -> FitError {
    FitError::File { file: file.to_owned(), problem, hint: hint.to_owned() }
}

/// Header of a table.
pub(super) struct Header {
    file: String,
    names: Vec<String>,
    pub(super) columns: Vec<Column>,
    separator: Separator,
    /// Whether decimals have a comma.
    decimal_commas: bool,
}

impl Header {
    fn read(file: &str, record: &ByteRecord, options: ReadOptions, separator: Separator) -> Result<Header, FitError> {
        let line = record.position().map_or(1, csv::Position::line);
        let at = |column| Place { file: file.to_owned(), line, column: Some(column) };
        let refuse = |column, problem: String, hint: String| Err(FitError::Table { place: at(column), problem, hint });
        let (mut names, mut columns, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
        for (index, field) in record.iter().enumerate() {
            if let Err(error) = std::str::from_utf8(field) {
                let byte = field[error.valid_up_to()];
                let hint = "export as CSV UTF-8, or write the unit as `_microsiemens`".to_owned();
                return refuse(index + 1, format!("expected UTF-8 text, got the byte {byte:#04x}"), hint);
            }
            let name = String::from_utf8_lossy(field).trim().to_owned();
            if options.ignored.contains(&name) {
                names.push(name);
                columns.push(Column::Ignored);
                continue;
            }
            let Some(found) = column(&name, options.wide) else {
                if unknown.is_empty() && name.parse::<f64>().is_ok() {
                    let hint = format!("add a first line with the names of the columns: {}", known_names(options.wide));
                    return refuse(index + 1, format!("expected a header, got the number `{name}`"), hint);
                }
                unknown.push((index + 1, name));
                continue;
            };
            if names.contains(&name) {
                return refuse(index + 1, format!("duplicate column `{name}`"), String::new());
            }
            let is_value = matches!(found, Column::Value(_));
            if let Some(other) = columns.iter().position(|other: &Column| !is_value && other.is_same_quantity(found)) {
                let problem = format!("`{name}` holds the same quantity as `{}`", names[other]);
                return refuse(index + 1, problem, "keep one of the two columns".to_owned());
            }
            names.push(name);
            columns.push(found);
        }
        if let Some((first, _)) = unknown.first() {
            let has_values = columns.iter().any(|column| matches!(column, Column::Target(_) | Column::Value(_)));
            let may_be_wide = options.role == Role::Writes && !has_values;
            let (problem, hint) = of_unknown(&unknown, columns.is_empty(), options.wide, may_be_wide);
            return refuse(*first, problem, hint);
        }
        let header = Header { file: file.to_owned(), names, columns, separator, decimal_commas: false };
        header.check(options)?;
        Ok(header)
    }

    /// Returns a note on separators other than commas, and on rows `without_value`.
    fn note(&self, without_value: usize) -> Option<String> {
        let mut parts = Vec::new();
        if self.separator != Separator::Comma {
            let commas = if self.decimal_commas { ", and decimals with a comma" } else { "" };
            parts.push(format!("read with {}s between columns{commas}", self.separator.word()));
        }
        if without_value > 0 {
            let s = if without_value == 1 { "" } else { "s" };
            parts.push(format!("{without_value} row{s} without a value left out"));
        }
        (!parts.is_empty()).then(|| format!("table {}: {}", self.file, parts.join("; ")))
    }

    /// Returns the names of the columns that are left out.
    fn ignored(&self) -> Vec<String> {
        let all = self.names.iter().zip(&self.columns);
        all.filter(|(_, column)| **column == Column::Ignored).map(|(name, _)| name.clone()).collect()
    }

    /// Returns the numbers of the reads, in the order of their columns.
    fn read_numbers(&self) -> Vec<u32> {
        let number = |column: &Column| if let Column::Read(_, number) = column { Some(*number) } else { None };
        self.columns.iter().filter_map(number).collect()
    }

    fn reads(&self) -> usize {
        self.read_numbers().len()
    }

    /// Returns `reads`, one vector per column, in the order of their numbers.
    fn in_order(&self, reads: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
        let mut numbered: Vec<(u32, Vec<f64>)> = self.read_numbers().into_iter().zip(reads).collect();
        numbered.sort_by_key(|read| read.0);
        numbered.into_iter().map(|read| read.1).collect()
    }

    fn has(&self, is: impl Fn(&Column) -> bool) -> bool {
        self.columns.iter().any(is)
    }

    /// Refuses missing and contradictory columns.
    fn check(&self, options: ReadOptions) -> Result<(), FitError> {
        let refuse = |problem: &str, hint: &str| {
            let place = Place { file: self.file.clone(), line: 1, column: None };
            Err(FitError::Table { place, problem: problem.to_owned(), hint: hint.to_owned() })
        };
        let values = self.columns.iter().filter(|column| matches!(column, Column::Value(_))).count();
        if values > 1 {
            return refuse(
                "expected one column of values, got several",
                "keep one of conductance, resistance, current",
            );
        }
        let in_lines = self.has(|column| *column == Column::Row) && self.has(|column| *column == Column::LineAcross);
        if !in_lines && !self.has(|column| *column == Column::Cell) {
            return refuse("missing column `cell`", "number the cells, or add the columns `row` and `column`");
        }
        if self.has(Column::is_current) && options.read_volts.is_none() {
            let problem = "missing for a column of current".to_owned();
            return Err(FitError::Option {
                option: "--read-volts",
                problem,
                hint: "state the read voltage, as in 0.1",
            });
        }
        if options.wide {
            return match self.has(|column| matches!(column, Column::State(..))) {
                true => Ok(()),
                false => refuse("missing columns of values", "name them by target, as in `50_microsiemens`"),
            };
        }
        let only_reads = options.role == Role::Reads && self.reads() > 0;
        if values == 0 && !only_reads {
            return refuse(
                "missing column of values",
                "name it conductance_microsiemens, resistance_ohm or current_microamperes",
            );
        }
        let needed: &[(Column, &str)] = match options.role {
            Role::Writes | Role::Reads => &[],
            Role::Retention => &[(Column::Seconds, "time_seconds")],
            Role::Pulses => &[(Column::Pulse, "pulse"), (Column::Direction, "direction")],
        };
        for (column, name) in needed {
            if !self.has(|found| found == column) {
                return refuse(&format!("missing column `{name}`, required for {}", options.role), "");
            }
        }
        if options.role == Role::Writes && !self.has(|column| matches!(column, Column::Target(_))) {
            let hint =
                "add the target of every write; without targets, write noise cannot be told from the choice of states";
            return refuse("missing column `target_microsiemens`", hint);
        }
        Ok(())
    }
}

/// Returns the message and the advice about `unknown` columns with their numbers; `alone` without any known one.
fn of_unknown(unknown: &[(usize, String)], alone: bool, wide: bool, may_be_wide: bool) -> (String, String) {
    let known = known_names(wide);
    let mut names: Vec<String> = unknown.iter().map(|(_, name)| name.clone()).collect();
    // A line that tells the separator to a spreadsheet.
    if names[0].to_lowercase().starts_with("sep=") {
        names.truncate(1);
        return (
            format!("unknown column `{}`; expected one of {known}", names[0]),
            advice_for_all(&names, wide, may_be_wide),
        );
    }
    let s = if names.len() == 1 { "" } else { "s" };
    let problem = format!("unknown column{s} `{}`; expected one of {known}", names.join("`, `"));
    let hint = advice_for_all(&names, wide, may_be_wide);
    let helps = ["rename `", "rename the column `", "convert ", "`--wide`"].iter().any(|part| hint.contains(part));
    if alone && !helps {
        return (problem, "remove lines above the header, or start them with `#`".to_owned());
    }
    (problem, hint)
}

/// A row with its header.
pub(super) struct Row<'a> {
    pub(super) header: &'a Header,
    pub(super) record: &'a ByteRecord,
    pub(super) line: u64,
    pub(super) options: ReadOptions<'a>,
}

impl Row<'_> {
    /// Adds every value of a row of a wide table: one column per target, empty cells are missing values.
    ///
    /// ```text
    /// cell,10_microsiemens,50_microsiemens
    /// 1,9.8,51.2
    /// ```
    fn push_wide(&self, table: &mut Table) -> Result<(), FitError> {
        for (index, &column) in self.header.columns.iter().enumerate() {
            let Column::State(unit, target) = column else { continue };
            if lacks_number(&self.record[index]) {
                continue;
            }
            self.push_keys(table)?;
            table.target.push(target);
            table.value.push(self.conductance(index, unit, Sign::OrZero)?);
        }
        Ok(())
    }

    /// Returns whether the row has no value. In reads without times, whose order is their time, such a row is refused with its cell.
    fn lacks_value(&self) -> bool {
        let has_order = self.options.role == Role::Reads && !self.header.has(|column| *column == Column::Seconds);
        let value = self.header.columns.iter().position(|column| matches!(column, Column::Value(_)));
        value.is_some_and(|index| !has_order && lacks_number(&self.record[index]))
    }

    fn check_width(&self) -> Result<(), FitError> {
        let Header { file, names, columns, separator, .. } = self.header;
        let Some((cell, problem, hint)) = (Width { names, columns, separator: *separator }).refuse(self.record) else {
            return Ok(());
        };
        let place = Place { file: file.clone(), line: self.line, column: cell.map(|index| index + 1) };
        Err(FitError::Table { place, problem, hint })
    }

    /// Creates the error of a cell.
    pub(super) fn refuse(&self, index: usize, expected: &'static str, hint: &'static str) -> FitError {
        let text = String::from_utf8_lossy(self.record.get(index).unwrap_or_default());
        let mut lines = text.lines();
        let got: String = lines.next().unwrap_or_default().chars().take(40).collect();
        let hint = if lines.next().is_some() { "close the quotes before the end of the line" } else { hint };
        let place = Place { file: self.header.file.clone(), line: self.line, column: Some(index + 1) };
        FitError::Cell { place: Box::new(place), column: self.header.names[index].clone(), expected, got, hint }
    }

    fn push(&self, table: &mut Table) -> Result<(), FitError> {
        self.push_keys(table)?;
        let (mut value, mut read) = (None, 0);
        let noisy = self.options.role == Role::Reads;
        for (index, &column) in self.header.columns.iter().enumerate() {
            match column {
                Column::Target(unit) => table.target.push(self.conductance(index, unit, Sign::Positive)?),
                Column::Seconds => table.seconds.push(self.seconds(index)?),
                Column::Pulse => table.pulse.push(self.integer(index)?),
                Column::Direction => table.up.push(self.direction(index)?),
                Column::Value(unit) => {
                    value = Some(self.conductance(index, unit, if noisy { Sign::Any } else { Sign::OrZero })?);
                }
                Column::Start(unit) => table.start.push(self.conductance(index, unit, Sign::OrZero)?),
                Column::After(unit) => table.after.push(self.conductance(index, unit, Sign::OrZero)?),
                Column::Read(unit, _) => {
                    table.reads[read].push(self.conductance(index, unit, Sign::Any)?);
                    read += 1;
                }
                _ => {}
            }
        }
        table.value.push(value.unwrap_or_else(|| table.reads[0][table.reads[0].len() - 1]));
        Ok(())
    }

    /// Adds cell, cycle and line.
    pub(super) fn push_keys(&self, table: &mut Table) -> Result<(), FitError> {
        let find = |wanted| self.header.columns.iter().position(|column| *column == wanted);
        let (row, column) = (find(Column::Row), find(Column::LineAcross));
        let place = match row.zip(column) {
            Some((row, column)) => Some((self.integer(row)?, self.integer(column)?)),
            None => None,
        };
        let cell = match find(Column::Cell) {
            Some(index) => {
                let name = self.record[index].trim_ascii();
                if is_missing(name) {
                    return Err(self.refuse(index, "the number or name of a cell", ""));
                }
                table.cells.number(name)
            }
            None => {
                let (row, column) = place.expect("a table without `cell` has `row` and `column`");
                let mut name = [0; 8];
                name[..4].copy_from_slice(&row.to_be_bytes());
                name[4..].copy_from_slice(&column.to_be_bytes());
                table.cells.number(&name)
            }
        };
        if let Some(place) = place {
            match table.cells.places.get(cell as usize) {
                None => table.cells.places.push(place),
                Some(&earlier) if earlier != place => {
                    let index = row.expect("a place has a row");
                    return Err(self.refuse(index, "one row and column per cell", "two cells have the same name"));
                }
                Some(_) => {}
            }
        }
        table.cell.push(cell);
        table.cycle.push(find(Column::Cycle).map_or(Ok(1), |index| self.integer(index))?);
        table.line.push(self.line as u32);
        Ok(())
    }

    /// Returns the number in cell `index`.
    fn number(&self, index: usize, expected: &'static str) -> Result<f64, FitError> {
        let text = std::str::from_utf8(&self.record[index]).unwrap_or("\u{fffd}").trim();
        let hint = match text {
            _ if text.contains(',') => "write decimals with a point, and no separators of thousands",
            _ if text.ends_with(|letter: char| letter.is_alphabetic() || letter == '%')
                && text.len() > 1
                && text.starts_with(|letter: char| letter.is_ascii_digit()) =>
            {
                "units belong in the name of the column"
            }
            _ => no_number(text),
        };
        let number = if self.header.decimal_commas { Cow::Owned(text.replace(',', ".")) } else { Cow::Borrowed(text) };
        // -0 counts as 0.
        let number = number.parse::<f64>().ok().map(|value| value + 0.0);
        number.filter(|value| value.is_finite()).ok_or_else(|| self.refuse(index, expected, hint))
    }

    /// Returns the conductance in cell `index`, µS.
    pub(super) fn conductance(&self, index: usize, unit: Unit, sign: Sign) -> Result<f64, FitError> {
        let expected = match sign {
            Sign::Positive => "a number above 0",
            Sign::OrZero => "a number of at least 0",
            Sign::Any => "a number",
        };
        let value = self.number(index, expected)?;
        let sign = if unit == Unit::Ohm { Sign::Positive } else { sign };
        let allowed = match sign {
            Sign::Positive => value > 0.0,
            Sign::OrZero => value >= 0.0,
            Sign::Any => true,
        };
        if !allowed {
            let hint = match (sign, unit) {
                (_, Unit::Ohm) if value == 0.0 => "leave out shorted cells",
                (Sign::OrZero, _) => "write 0 for open cells that read below 0",
                _ => "",
            };
            let expected = if sign == Sign::Positive { "a number above 0" } else { expected };
            return Err(self.refuse(index, expected, hint));
        }
        let conductance = unit.microsiemens(value, self.options.read_volts.unwrap_or(1.0));
        if conductance.abs() > LARGEST || (conductance != 0.0 && conductance.abs() < 1.0 / LARGEST) {
            let hint = if value.abs() >= OVERLOAD { BEYOND_RANGE } else { "check the unit of the column" };
            return Err(self.refuse(index, "a conductance of 1e-12 to 1e12 µS", hint));
        }
        Ok(conductance)
    }

    fn seconds(&self, index: usize) -> Result<f64, FitError> {
        let seconds = self.number(index, "a time of at least 0 s")?;
        if seconds < 0.0 { Err(self.refuse(index, "a time of at least 0 s", "")) } else { Ok(seconds) }
    }

    fn integer(&self, index: usize) -> Result<u32, FitError> {
        let expected = "a whole number of at least 0";
        let value = self.number(index, expected)?;
        if value < 0.0 || value.fract() != 0.0 || value > f64::from(u32::MAX) {
            return Err(self.refuse(index, expected, ""));
        }
        Ok(value as u32)
    }

    fn direction(&self, index: usize) -> Result<bool, FitError> {
        match self.record[index].trim_ascii() {
            b"up" | b"1" | b"+1" | b"+" | b"set" | b"potentiation" => Ok(true),
            b"down" | b"-1" | b"-" | b"reset" | b"depression" => Ok(false),
            _ => Err(self.refuse(index, "`up` or `down`", "")),
        }
    }
}

/// Allowed sign of a conductance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Sign {
    /// Above 0.
    Positive,
    /// At least 0; a cell that always has 0 is open.
    OrZero,
    /// Any: reads of a small conductance can be negative.
    Any,
}
