//! Reads measured maps of a chip: one line per row, cells separated by commas or white space.
//!
//! ```text
//! # a comment, anywhere
//! unit siemens              before the first row: the unit of every number; required if the map has numbers
//! negative open             optional, before the first row: negative numbers count as 0; by default they are errors
//! 1.5e-4, 1.4e-4            one row
//! ```
//!
//! An instrument with an offset can read a negative conductance on open cells: `negative open` accepts such readings. A map
//! has the shape of the array or of one tile. A tile is repeated: cell (row, column) of the array is then cell
//! (row modulo tile rows, column modulo tile columns) of the map.
//!
//! There is no default unit: a map in siemens read as microsiemens would look like a chip of open cells, and train silently.
//!
//! ```
//! use ohmspike_crossbar::{ConductanceMap, ConductanceWindow};
//!
//! let window = ConductanceWindow::from_resistances(5e3, 1e5)?;
//! let map = ConductanceMap::from_csv("unit siemens\n1.5e-4 2e-5", 2, 2, Some((1, 2)), &window)?;
//! assert_eq!((map[(0, 0)], map[(1, 1)]), (150.0, 20.0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use ohmspike_simd::Matrix;

use crate::device::number::SIGMA_MICROSIEMENS;
use crate::map_error::MapError;
use crate::map_unit::{Fit, UNITS, median};
use crate::printable::printable;
use crate::window::ConductanceWindow;
use crate::wires::Tile;

/// Words of a fault map.
pub(crate) const FAULT_WORDS: [&str; 4] = ["ok", "low-resistance", "high-resistance", "open"];
/// Words for no and yes in a mask.
const MASKS: [(&str, &str); 4] = [("0", "1"), ("false", "true"), ("no", "yes"), ("f", "t")];

/// Reader of conductances measured on a chip.
#[derive(Clone, Copy, Debug)]
pub struct ConductanceMap;

impl ConductanceMap {
    /// Reads the conductances of an array of `rows` x `columns` from `text`, µS.
    ///
    /// The text is a map of the whole array, or of one `tile`, which is repeated. Numbers are 0 to 10^6 µS in the unit of a
    /// first line such as `unit siemens`, and negative only after a line `negative open`.
    ///
    /// # Errors
    /// Returns [`MapError`] if a cell is not a conductance, the unit or the shape is wrong, or no conductance is in `window`.
    pub fn from_csv(
        text: &str,
        rows: usize,
        columns: usize,
        tile: Option<(usize, usize)>,
        window: &ConductanceWindow,
    ) -> Result<Matrix, MapError> {
        let sheet = Sheet::read(text)?;
        if let Some(entry) = sheet.cells.iter().find(|entry| FAULT_WORDS.contains(&entry.text)) {
            let (line, column, value) = entry.shown();
            return Err(MapError::FaultWord { line, column, value });
        }
        sheet.refuse_mask(true)?;
        sheet.refuse_others("", |_| false)?;
        sheet.check_shape((rows, columns), tile)?;
        let conductances =
            sheet.cells.iter().map(|entry| sheet.number(entry, "", window)).collect::<Result<Vec<f32>, _>>()?;
        let map = Matrix::from_fn(rows, columns, |row, column| conductances[sheet.place(row, column)]);
        let (low, high) = (window.low(), window.high());
        if map.cells().any(|conductance| (low..=high).contains(&conductance)) {
            return Ok(map);
        }
        let median = median(conductances.iter().map(|&conductance| f64::from(conductance)).collect());
        let (cells, median) = (conductances.len(), median.unwrap_or(0.0) as f32);
        Err(MapError::Outside { cells, median, low, high, fit: sheet.fit(window) })
    }
}

impl Tile {
    /// Reads a map of conductances of any shape from `text`, in double precision: the cells of a tile with wires.
    ///
    /// # Errors
    /// Returns [`MapError`] if a cell is not a conductance from 0 to 10^6 µS, the unit is missing, or rows differ in length.
    pub fn from_csv(text: &str) -> Result<Tile, MapError> {
        let sheet = Sheet::read(text)?;
        sheet.refuse_others("", |_| false)?;
        sheet.check_shape((sheet.rows.max(1), sheet.columns.max(1)), None)?;
        // Only for the hint about a missing unit.
        let usual = ConductanceWindow::from_resistances(1e3, 1e6).expect("a valid window");
        let numbers =
            sheet.cells.iter().map(|entry| sheet.exact_number(entry, "", &usual)).collect::<Result<_, _>>()?;
        Ok(Tile::new(sheet.rows, numbers).expect("checked cells in equal rows"))
    }
}

/// Unit of the numbers of a map.
#[derive(Clone, Copy, Debug)]
struct Unit {
    name: &'static str,
    /// µS per unit.
    factor: f64,
}

/// One cell of a map as written in the file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry<'t> {
    line: usize,
    column: usize,
    pub(crate) text: &'t str,
}

impl Entry<'_> {
    /// Returns line, column and text, for a message.
    fn shown(&self) -> (usize, usize, String) {
        (self.line, self.column, printable(self.text))
    }
}

/// A map as written in the file: the cells of the array or of one tile, and the unit of their numbers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sheet<'t> {
    unit: Option<Unit>,
    /// Whether negative numbers count as zero.
    negative_open: bool,
    rows: usize,
    columns: usize,
    pub(crate) cells: Vec<Entry<'t>>,
    /// Error of the first row of another length; reading ends there.
    ragged: Option<MapError>,
}

impl<'t> Sheet<'t> {
    /// Splits `text` into cells without interpreting them.
    pub(crate) fn read(text: &'t str) -> Result<Sheet<'t>, MapError> {
        let (mut sheet, mut said) = (Sheet::default(), Vec::new());
        for (number, line) in text.trim_start_matches('\u{feff}').lines().map(str::trim).enumerate() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let row = split(line);
            if sheet.take(number + 1, &row, &mut said)? {
                continue;
            }
            if sheet.rows > 0 && row.len() != sheet.columns {
                sheet.ragged = Some(MapError::Ragged { line: number + 1, cells: row.len(), expected: sheet.columns });
                break;
            }
            let entry = |(column, text)| Entry { line: number + 1, column: column + 1, text };
            (sheet.rows, sheet.columns) = (sheet.rows + 1, row.len());
            sheet.cells.extend(row.into_iter().enumerate().map(entry));
        }
        Ok(sheet)
    }

    /// Reads a `unit` or `negative` line; returns false if the line is a row. `said` are the words so far, with their
    /// lines.
    fn take(&mut self, line: usize, words: &[&str], said: &mut Vec<(&'static str, usize)>) -> Result<bool, MapError> {
        let Some(word) = ["unit", "negative"].into_iter().find(|word| words[0] == *word) else { return Ok(false) };
        if self.rows > 0 {
            return Err(MapError::Late { line, word, rows: self.rows });
        }
        if let Some((_, earlier)) = said.iter().find(|(before, _)| *before == word) {
            return Err(MapError::Again { line, word, earlier: *earlier });
        }
        said.push((word, line));
        let value = words[1..].join(" ");
        match word {
            "unit" => {
                let known = UNITS.iter().find(|(name, _)| *name == value);
                let (name, factor) = *known.ok_or_else(|| MapError::Unit { line, value: printable(&value) })?;
                self.unit = Some(Unit { name, factor });
            }
            _ if value == "open" => self.negative_open = true,
            _ => return Err(MapError::Negative { line, value: printable(&value) }),
        }
        Ok(true)
    }

    /// Refuses a mask of yes and no; `conductances` is true for a conductance map, false for a fault map.
    pub(crate) fn refuse_mask(&self, conductances: bool) -> Result<(), MapError> {
        let is = |entry: &Entry, word: &str| entry.text.eq_ignore_ascii_case(word) || same_number(entry.text, word);
        for (no, yes) in MASKS {
            let marked = self.cells.iter().filter(|entry| is(entry, yes)).count();
            let all = self.cells.iter().all(|entry| is(entry, yes) || is(entry, no));
            // All conductances may be equal, and a single cell may be stuck at 1.
            let both = marked < self.cells.len() || (!conductances && self.cells.len() > 1);
            if all && marked > 0 && both {
                let [no, yes] = [no, yes].map(str::to_owned);
                return Err(MapError::Mask { cells: self.cells.len(), yes, no, marked, conductances });
            }
        }
        Ok(())
    }

    /// Refuses a cell that is neither a number nor a word of the map; `words` lists the words for the message. This check
    /// comes before the shape, so that any other kind of file is reported by its first cell.
    pub(crate) fn refuse_others(&self, words: &'static str, is_word: impl Fn(&str) -> bool) -> Result<(), MapError> {
        let other = |entry: &&Entry| !is_word(entry.text) && entry.text.parse::<f64>().is_err();
        self.cells.iter().find(other).map_or(Ok(()), |entry| Err(self.refused(entry, words)))
    }

    /// Refuses a map with neither the shape of the `array` nor the shape of a `tile`.
    pub(crate) fn check_shape(&self, array: (usize, usize), tile: Option<(usize, usize)>) -> Result<(), MapError> {
        if let Some(ragged) = &self.ragged {
            return Err(ragged.clone());
        }
        let map = (self.rows, self.columns);
        if self.rows > 0 && (map == array || Some(map) == tile) {
            return Ok(());
        }
        Err(MapError::Shape { map, array, tile: tile.filter(|tile| *tile != array) })
    }

    /// Returns the index in `cells` of this row and column of the array.
    pub(crate) fn place(&self, row: usize, column: usize) -> usize {
        row % self.rows * self.columns + column % self.columns
    }

    /// Returns the conductance in `entry`, µS; `words` lists the words allowed instead, for the message.
    pub(crate) fn number(
        &self,
        entry: &Entry,
        words: &'static str,
        window: &ConductanceWindow,
    ) -> Result<f32, MapError> {
        self.exact_number(entry, words, window).map(|conductance| conductance as f32)
    }

    /// Returns the same in double precision.
    fn exact_number(&self, entry: &Entry, words: &'static str, window: &ConductanceWindow) -> Result<f64, MapError> {
        let refused = || self.refused(entry, words);
        let number = entry.text.parse::<f64>().ok().filter(|number| number.is_finite()).ok_or_else(refused)?;
        let Some(unit) = self.unit else {
            let (line, column, value) = entry.shown();
            return Err(MapError::NoUnit { line, column, value, fit: self.fit(window) });
        };
        let conductance = if self.negative_open && number < 0.0 { 0.0 } else { number * unit.factor };
        // -0 counts as 0.
        (0.0..=SIGMA_MICROSIEMENS.high).contains(&conductance).then_some(conductance + 0.0).ok_or_else(refused)
    }

    /// Returns the error of a cell that is not allowed.
    fn refused(&self, entry: &Entry, words: &'static str) -> MapError {
        let (line, column, value) = entry.shown();
        MapError::Cell { line, column, value, words, unit: self.unit.map(|unit| unit.name) }
    }

    /// Returns which unit would put the numbers of the map into `window`.
    fn fit(&self, window: &ConductanceWindow) -> Fit {
        Fit::new(self.cells.iter().filter_map(|entry| entry.text.parse::<f64>().ok()), window)
    }
}

/// Whether `text` is the same number as `word`, in any notation.
fn same_number(text: &str, word: &str) -> bool {
    text.parse::<f64>().is_ok_and(|number| word.parse::<f64>() == Ok(number))
}

/// Splits a line that is not empty into cells.
fn split(line: &str) -> Vec<&str> {
    if line.contains(',') { line.split(',').map(str::trim).collect() } else { line.split_whitespace().collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 5 to 200 µS.
    fn window() -> ConductanceWindow {
        ConductanceWindow::from_resistances(5e3, 2e5).unwrap()
    }

    fn read(text: &str, rows: usize, columns: usize, tile: Option<(usize, usize)>) -> Result<Matrix, MapError> {
        ConductanceMap::from_csv(text, rows, columns, tile, &window())
    }

    fn refusal(text: &str, tile: Option<(usize, usize)>) -> String {
        read(text, 2, 3, tile).unwrap_err().to_string()
    }

    const UNIT: &str = "unit microsiemens\n";

    #[test]
    fn commas_and_white_space_separate_cells_and_comments_are_ignored() {
        let expected = Matrix::from_fn(2, 3, |row, column| (10 * (3 * row + column)) as f32);
        let cells = ["0,10,20\n30,40,50", "0 10\t20\r\n\r\n30  40 50\r\n", " 0, 10, 20 \n# more\n3e1,40.0,50"];
        for text in cells {
            let text = format!("\u{feff}# a chip\n{UNIT}{text}");
            assert_eq!(read(&text, 2, 3, None).as_ref(), Ok(&expected), "{text}");
        }
    }

    #[test]
    fn a_tile_has_the_shape_and_the_digits_of_its_file() {
        let tile = Tile::from_csv("unit siemens\n1.23456789012e-4 0\n2e-5 3e-5\n1e-6 1e-6").expect("a map");
        assert_eq!((tile.rows(), tile.columns()), (3, 2));
        assert!((tile.row(0)[0] - 123.456789012).abs() < 1e-10);
        let told = |text: &str| Tile::from_csv(text).expect_err("not a map").to_string();
        assert!(told("1 2\n3 4").starts_with("1:1: `1` has no unit"), "{}", told("1 2\n3 4"));
        assert!(told("unit microsiemens\n1 2\n3").contains("expected 2"), "{}", told("unit microsiemens\n1 2\n3"));
        assert!(told("unit microsiemens\n1 -2").starts_with("2:"), "{}", told("unit microsiemens\n1 -2"));
        assert!(!told("unit microsiemens").is_empty() && !told("").is_empty());
    }

    #[test]
    fn a_unit_scales_every_number() {
        for (unit, value) in
            [("siemens", "2e-5"), ("picosiemens", "2e7"), ("microsiemens", "20"), ("nanosiemens", "2e4")]
        {
            let map = read(&format!("unit,{unit}\n{value}"), 1, 1, None).unwrap();
            // Two roundings of f64 and one of f32.
            assert!((map[(0, 0)] - 20.0).abs() <= 20.0 * f32::EPSILON, "{unit}");
        }
        assert_eq!(
            refusal("unit volt\n1 2 3", None),
            "1: unknown unit `volt`; expected one of `siemens`, `millisiemens`, `microsiemens`, `nanosiemens`, `picosiemens`"
        );
        for unit in ["ohm", "kohm", "kΩ", "Mohm"] {
            let message = refusal(&format!("unit {unit}\n1 2 3"), None);
            assert!(message.contains("\n\nhint: a map holds conductances; write 1000000 / R"), "{message}");
        }
    }

    #[test]
    fn numbers_without_a_unit_are_rejected_with_the_unit_that_fits() {
        let hint = |text: &str| {
            let message = refusal(text, None);
            let (what, hint) = message.split_once("\n\nhint: ").expect("advice");
            assert!(what.starts_with("1:1: `") && what.contains("` has no unit; "), "{what}");
            hint.to_owned()
        };
        let window = "the window (5 to 200 µS)";
        assert_eq!(
            hint("1.2e-4 1e-4 1.4e-4\n1e-4 1.1e-4 2e-4"),
            format!("with `unit siemens`, the median would be 115 µS, inside {window}")
        );
        assert!(hint("120 100 140\n100 110 200").starts_with("with `unit microsiemens`, the median would be 115 µS, "));
        // 10 kohm, with a cell that is not conducting.
        assert_eq!(
            hint("10000 1e4 1e4\n0 9e3 1.2e4"),
            format!(
                "with `unit nanosiemens`, the median would be 10 µS, inside {window}; if the numbers are resistances in ohm, \
                 write 1000000 / R with `unit microsiemens`, which gives a median of 100 µS"
            )
        );
        let message = hint("5e5 5e5 5e5\n5e5 5e5 5e5");
        assert!(message.starts_with("the median, 500000, is outside the window"), "{message}");
    }

    #[test]
    fn unit_lines_come_once_and_before_the_first_row() {
        assert_eq!(
            refusal("unit siemens\nunit microsiemens\n1 2 3", None),
            "2: duplicate line `unit`, first given in line 1"
        );
        assert_eq!(
            refusal("unit siemens\n1e-4 1e-4 1e-4\nunit microsiemens", None),
            "3: expected `unit` before the first row, got it after row 1"
        );
    }

    #[test]
    fn negative_numbers_are_open_cells_after_negative_open() {
        let map = read("unit siemens\nnegative open\n-1.3e-5 2e-5", 1, 2, None).unwrap();
        assert_eq!((map[(0, 0)], map[(0, 1)]), (0.0, 20.0));
        assert_eq!(refusal("negative zero", None), "1: expected `negative open`, got `negative zero`");
        assert!(read("unit microsiemens\nnegative open\n-inf 20", 1, 2, None).is_err());
    }

    #[test]
    fn a_tile_is_repeated() {
        let map = read(&format!("{UNIT}10 20\n30 40"), 3, 5, Some((2, 2))).unwrap();
        let expected = [10., 20., 10., 20., 10., 30., 40., 30., 40., 30., 10., 20., 10., 20., 10.];
        assert_eq!(map.cells().collect::<Vec<_>>(), expected);
        // A tile larger than the array is cut.
        let map = read(&format!("{UNIT}10 20\n30 40"), 1, 1, Some((2, 2))).unwrap();
        assert_eq!(map[(0, 0)], 10.0);
    }

    #[test]
    fn rejects_other_maps_with_line_and_column() {
        let conductance = "expected a conductance from 0 to 1000000 µS";
        for (cell, text, hint) in [
            ("NaN", "1 2 NaN\n1 2 3", ""),
            ("inf", "1 2 inf\n1 2 3", ""),
            ("", "1,2,\n1,2,3", ""),
            ("1.8e8", "1 2 1.8e8\n1 2 3", ""),
            ("2\\u{1b}[31m", "1 2 2\u{1b}[31m\n1 2 3", ""),
            ("-1", "0,1,-1\n1,2,3", "`negative open` before the first row"),
            ("50%", "10%,20%,50%\n1,2,3", "a map holds conductances"),
        ] {
            let message = refusal(&format!("{UNIT}{text}"), None);
            let (what, advice) = message.split_once("\n\nhint: ").unwrap_or((&message, ""));
            let column = if hint.starts_with("a map") { 1 } else { 3 };
            let cell = if column == 1 { "10%" } else { cell };
            assert_eq!(what, format!("2:{column}: {conductance}, got `{cell}` (unit microsiemens)"));
            assert!(advice.starts_with(hint) && advice.is_empty() == hint.is_empty(), "{advice}");
        }
        assert_eq!(refusal("1 2 3\n4 5", None), "2: expected 3 cells, like the first row, got 2");
        for tile in [None, Some((2, 3))] {
            assert_eq!(refusal("1 2 3", tile), "expected 2 x 3, got 1 x 3 (rows x columns)");
        }
        assert_eq!(refusal("", Some((4, 4))), "expected 2 x 3 or a tile of 4 x 4, got 0 x 0 (rows x columns)");
        let transposed = refusal(&format!("{UNIT}10 20\n30 40\n50 60"), None);
        let expected = "expected 2 x 3, got 3 x 2 (rows x columns)\n\nhint: this map is transposed; ";
        assert!(transposed.starts_with(expected), "{transposed}");
    }

    #[test]
    fn rejects_masks_and_fault_maps_as_conductances() {
        for (mask, no, yes) in [("0 1 0\n0 0 1", "0", "1"), ("False True False\nFALSE false true", "false", "true")] {
            for unit in ["", UNIT] {
                let message = refusal(&format!("{unit}{mask}"), None);
                let expected =
                    format!("expected conductances, got a mask: all 6 cells are `{no}` or `{yes}` (2 of them `{yes}`)");
                assert!(message.starts_with(&expected), "{message}");
            }
        }
        let message = refusal("ok ok low-resistance\nok ok ok", None);
        let expected = "1:1: expected a conductance, got `ok`\n\nhint: if this is a map of stuck";
        assert!(message.starts_with(expected), "{message}");
    }

    /// 140 µS written in siemens, read as µS.
    #[test]
    fn a_map_in_the_wrong_unit_is_rejected_with_the_unit_that_fits() {
        let in_siemens = "1.4e-4 1.5e-4 1e-4\n1.4e-4 1e-4 2e-4";
        let message = refusal(&format!("{UNIT}{in_siemens}"), None);
        let expected = "no conductance is in the window (5 to 200 µS); the median of 6 cells is 0.00014 µS\n\nhint: with \
                        `unit siemens`, the median would be 140 µS";
        assert!(message.starts_with(expected), "{message}");
        let resistances = "1e4 1.1e4 1.2e4\n1e4 1.1e4 1e4";
        let message = refusal(&format!("{UNIT}{resistances}"), None);
        assert!(message.contains("which gives a median of 95.24 µS"), "{message}");
        assert!(read(&format!("unit siemens\n{in_siemens}"), 2, 3, None).is_ok());
    }
}
