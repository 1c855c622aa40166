//! Measured maps of a chip as text: a line a row, cells between commas or white space.
//!
//! ```text
//! # a comment, anywhere
//! unit siemens              optional, before the first row: the unit of every number; left out: microsiemens
//! negative open             optional, before the first row: numbers below zero count as 0; left out: they are refused
//! 1.5e-4, 1.4e-4            one row
//! ```
//!
//! An instrument with an offset reads less than zero on cells that hardly conduct; the second line says that this is
//! what they are. A map has the shape of the array, or that of one tile: cell (row, column) of the array is then cell
//! (row modulo tile rows, column modulo tile columns) of the map.
//!
//! ```
//! use crossbar::ConductanceMap;
//!
//! let map = ConductanceMap::from_csv("unit siemens\n1.5e-4 2e-5", 2, 2, Some((1, 2)))?;
//! assert_eq!((map[(0, 0)], map[(1, 1)]), (150.0, 20.0));
//! # Ok::<(), crossbar::MapError>(())
//! ```

use lanes::Matrix;
use thiserror::Error;

use crate::window::ConductanceWindow;

use crate::device::number::SIGMA_MICROSIEMENS;

/// Names of units with their factors to µS.
const UNITS: [(&str, f64); 5] =
    [("siemens", 1e6), ("millisiemens", 1e3), ("microsiemens", 1.0), ("nanosiemens", 1e-3), ("picosiemens", 1e-6)];

/// A map that cannot be that of this array.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum MapError {
    /// A cell that is no word of the map and no conductance.
    #[error(
        "line {line}, column {column}: got `{value}`, must be {}a conductance from 0 to {} µS (the unit here is `{unit}`)",
        with_space(words), SIGMA_MICROSIEMENS.high
    )]
    Cell {
        /// Line of the text, from 1.
        line: usize,
        /// Cell of the line, from 1.
        column: usize,
        /// The cell.
        value: String,
        /// The words allowed beside a conductance.
        words: &'static str,
        /// Unit of the numbers.
        unit: &'static str,
    },
    /// A unit that no conductance has.
    #[error("line {line}: got unit `{value}`, must be one of {}", unit_names())]
    Unit {
        /// Line of the text, from 1.
        line: usize,
        /// The unit.
        value: String,
    },
    /// Another word for what numbers below zero are.
    #[error("line {line}: got negative `{value}`, must be `open`, or the line left out")]
    Negative {
        /// Line of the text, from 1.
        line: usize,
        /// The word.
        value: String,
    },
    /// Rows of different length.
    #[error("line {line}: got {cells} cells, must be {expected} like the rows before")]
    Ragged {
        /// Line of the text, from 1.
        line: usize,
        /// Cells of the line.
        cells: usize,
        /// Cells of the first row.
        expected: usize,
    },
    /// A map of another shape.
    #[error(
        "map: got {} x {} cells, must be {} x {} like the array{}",
        map.0, map.1, array.0, array.1, or_tile(*tile)
    )]
    Shape {
        /// Rows and columns of the map.
        map: (usize, usize),
        /// Rows and columns of the array.
        array: (usize, usize),
        /// Rows and columns of a tile, where the device has tiles.
        tile: Option<(usize, usize)>,
    },
    /// Conductances of another unit, or of another device.
    #[error(
        "map: none of {cells} conductances lies in the window of {low} to {high} µS, the median is {median} µS\n\nhint: \
         a line `unit siemens` before the first row, or `unit nanosiemens` and the like, says what the numbers are"
    )]
    Outside {
        /// Conductances of the map.
        cells: usize,
        /// Their median, µS.
        median: f32,
        /// Lowest conductance of the window, µS.
        low: f32,
        /// Highest, µS.
        high: f32,
    },
}

fn with_space(words: &str) -> String {
    if words.is_empty() { String::new() } else { format!("{words} ") }
}

fn or_tile(tile: Option<(usize, usize)>) -> String {
    tile.map(|(rows, columns)| format!(" or {rows} x {columns} like a tile")).unwrap_or_default()
}

fn unit_names() -> String {
    UNITS.map(|(name, _)| format!("`{name}`")).join(", ")
}

/// The conductances measured on a chip.
#[derive(Clone, Copy, Debug)]
pub struct ConductanceMap;

impl ConductanceMap {
    /// Refuses a `map` (µS) of which no cell lies in `window`.
    ///
    /// # Errors
    /// [`MapError::Outside`].
    pub fn check(map: &Matrix, window: &ConductanceWindow) -> Result<(), MapError> {
        let (low, high) = (window.low(), window.high());
        if map.cells().any(|conductance| (low..=high).contains(&conductance)) {
            return Ok(());
        }
        let mut sorted: Vec<f32> = map.cells().collect();
        sorted.sort_by(f32::total_cmp);
        Err(MapError::Outside { cells: sorted.len(), median: sorted[sorted.len() / 2], low, high })
    }

    /// Conductances of an array of `rows` x `columns` in `text`, µS: the map of the array, or that of one `tile`, which
    /// is repeated. Numbers from 0 to 10^6 µS, in µS or in the unit of a first line like `unit siemens`; below zero only
    /// after a line `negative open`.
    ///
    /// # Errors
    /// [`MapError`].
    pub fn from_csv(text: &str, rows: usize, columns: usize, tile: Option<(usize, usize)>) -> Result<Matrix, MapError> {
        let map = cells(text, (rows, columns), tile, "", |cell, unit| unit.microsiemens(cell))?;
        Ok(Matrix::from_fn(rows, columns, |row, column| *map.at(row, column)))
    }
}

/// How the numbers of a map are read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unit {
    name: &'static str,
    /// µS per unit.
    factor: f64,
    /// Whether numbers below zero count as zero.
    negative_open: bool,
}

impl Unit {
    /// The conductance in `cell`, µS, if it is one.
    pub(crate) fn microsiemens(self, cell: &str) -> Option<f32> {
        let value = cell.parse::<f64>().ok()? * self.factor;
        let value = if self.negative_open && value < 0.0 && value.is_finite() { 0.0 } else { value };
        (0.0..=SIGMA_MICROSIEMENS.high).contains(&value).then_some(value as f32)
    }

    /// Takes in a line above the first row; false where it is a row.
    fn take(&mut self, line: usize, words: &[&str]) -> Result<bool, MapError> {
        let value = || words[1..].join(" ");
        match words[0] {
            "unit" => {
                let known = UNITS.iter().find(|(name, _)| *name == value());
                (self.name, self.factor) = *known.ok_or_else(|| MapError::Unit { line, value: value() })?;
            }
            "negative" if value() == "open" => self.negative_open = true,
            "negative" => return Err(MapError::Negative { line, value: value() }),
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// The cells of a map: those of the array or those of one tile.
#[derive(Clone, Debug)]
pub(crate) struct Cells<T> {
    rows: usize,
    columns: usize,
    cells: Vec<T>,
}

impl<T> Cells<T> {
    /// The cell of this row and column of the array.
    pub(crate) fn at(&self, row: usize, column: usize) -> &T {
        &self.cells[row % self.rows * self.columns + column % self.columns]
    }
}

/// Reads the map of an array of the shape `array`, cell by cell with `read`; `words` are what it takes beside numbers.
pub(crate) fn cells<T>(
    text: &str,
    array: (usize, usize),
    tile: Option<(usize, usize)>,
    words: &'static str,
    read: impl Fn(&str, Unit) -> Option<T>,
) -> Result<Cells<T>, MapError> {
    let mut unit = Unit { name: "microsiemens", factor: 1.0, negative_open: false };
    let mut map = Cells { rows: 0, columns: 0, cells: Vec::new() };
    for (number, line) in text.trim_start_matches('\u{feff}').lines().map(str::trim).enumerate() {
        let line_number = number + 1;
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let row = split(line);
        if map.rows == 0 && unit.take(line_number, &row)? {
            continue;
        }
        if map.rows > 0 && row.len() != map.columns {
            return Err(MapError::Ragged { line: line_number, cells: row.len(), expected: map.columns });
        }
        for (column, cell) in row.iter().enumerate() {
            let refused = || MapError::Cell {
                line: line_number,
                column: column + 1,
                value: (*cell).to_owned(),
                words,
                unit: unit.name,
            };
            map.cells.push(read(cell, unit).ok_or_else(refused)?);
        }
        (map.rows, map.columns) = (map.rows + 1, row.len());
    }
    let shape = (map.rows, map.columns);
    if map.rows > 0 && (shape == array || Some(shape) == tile) {
        Ok(map)
    } else {
        Err(MapError::Shape { map: shape, array, tile: tile.filter(|tile| *tile != array) })
    }
}

/// The cells of a line that is not empty.
fn split(line: &str) -> Vec<&str> {
    if line.contains(',') { line.split(',').map(str::trim).collect() } else { line.split_whitespace().collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str, tile: Option<(usize, usize)>) -> String {
        ConductanceMap::from_csv(text, 2, 3, tile).unwrap_err().to_string()
    }

    #[test]
    fn commas_and_white_space_part_cells_and_comments_do_not_count() {
        let expected = Matrix::from_fn(2, 3, |row, column| (3 * row + column) as f32);
        for text in ["0,1,2\n3,4,5", "0 1\t2\r\n\r\n3  4 5\r\n", "\u{feff}# a chip\n 0, 1, 2 \n# more\n3e0,4.0,5"] {
            assert_eq!(ConductanceMap::from_csv(text, 2, 3, None).as_ref(), Ok(&expected), "{text}");
        }
    }

    #[test]
    fn a_unit_scales_every_number() {
        for (unit, value) in
            [("siemens", "2e-5"), ("picosiemens", "2e7"), ("microsiemens", "20"), ("nanosiemens", "2e4")]
        {
            let map = ConductanceMap::from_csv(&format!("unit,{unit}\n{value}"), 1, 1, None).unwrap();
            // Two roundings of f64 and one of f32.
            assert!((map[(0, 0)] - 20.0).abs() <= 20.0 * f32::EPSILON, "{unit}");
        }
        assert_eq!(
            refusal("unit volt\n1 2 3", None),
            "line 1: got unit `volt`, must be one of `siemens`, `millisiemens`, `microsiemens`, `nanosiemens`, `picosiemens`"
        );
    }

    #[test]
    fn numbers_below_zero_are_open_where_the_map_says_so() {
        let map = ConductanceMap::from_csv("unit siemens\nnegative open\n-1.3e-5 2e-5", 1, 2, None).unwrap();
        assert_eq!((map[(0, 0)], map[(0, 1)]), (0.0, 20.0));
        assert_eq!(refusal("negative zero", None), "line 1: got negative `zero`, must be `open`, or the line left out");
        assert!(ConductanceMap::from_csv("negative open\n-inf 2", 1, 2, None).is_err());
    }

    #[test]
    fn a_tile_is_repeated() {
        let map = ConductanceMap::from_csv("1 2\n3 4", 3, 5, Some((2, 2))).unwrap();
        assert_eq!(map.cells().collect::<Vec<_>>(), [1., 2., 1., 2., 1., 3., 4., 3., 4., 3., 1., 2., 1., 2., 1.]);
        // A tile larger than the array is cut.
        let map = ConductanceMap::from_csv("1 2\n3 4", 1, 1, Some((2, 2))).unwrap();
        assert_eq!(map[(0, 0)], 1.0);
    }

    #[test]
    fn what_is_no_map_of_the_array_is_refused_with_its_place() {
        let conductance = "must be a conductance from 0 to 1000000 µS (the unit here is `microsiemens`)";
        for (cell, text) in
            [("NaN", "1 2 NaN"), ("-1", "0,1,-1"), ("inf", "1 2 inf"), ("", "1,2,"), ("1.8e8", "1 2 1.8e8")]
        {
            assert_eq!(refusal(text, None), format!("line 1, column 3: got `{cell}`, {conductance}"));
        }
        assert_eq!(refusal("1 2 3\n4 5", None), "line 2: got 2 cells, must be 3 like the rows before");
        let shape = "must be 2 x 3 like the array";
        for tile in [None, Some((2, 3))] {
            assert_eq!(refusal("1 2 3", tile), format!("map: got 1 x 3 cells, {shape}"));
        }
        assert_eq!(refusal("", Some((4, 4))), format!("map: got 0 x 0 cells, {shape} or 4 x 4 like a tile"));
    }

    /// 140 µS in siemens are 0.00014 of what is taken for µS.
    #[test]
    fn a_map_in_another_unit_is_refused_with_the_line_that_it_lacks() {
        let window = ConductanceWindow::from_resistances(5e3, 2e5).unwrap();
        let in_siemens = "1.4e-4 1.5e-4 1e-4\n1.4e-4 1e-4 2e-4";
        let map = ConductanceMap::from_csv(in_siemens, 2, 3, None).unwrap();
        let message = ConductanceMap::check(&map, &window).unwrap_err().to_string();
        let expected =
            "map: none of 6 conductances lies in the window of 5 to 200 µS, the median is 0.00014 µS\n\nhint: ";
        assert!(message.starts_with(expected), "{message}");
        let map = ConductanceMap::from_csv(&format!("unit siemens\n{in_siemens}"), 2, 3, None).unwrap();
        assert_eq!(ConductanceMap::check(&map, &window), Ok(()));
    }
}
