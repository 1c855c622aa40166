//! Errors of the maps of a chip: place, what is wrong, and the right form.

use thiserror::Error;

use crate::device::number::SIGMA_MICROSIEMENS;
use crate::map_unit::{Fit, UNITS};

/// Reason why a map does not fit its array.
///
/// Displayed as `LINE:COLUMN: expected ..., got ...`, where a column is a cell of the line; [`MapError::in_file`] puts the
/// file in front.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum MapError {
    /// Cell that is neither a word of the map nor a conductance.
    #[error(
        "{line}:{column}: expected {}a conductance from 0 to {} µS, got `{value}`{}{}",
        with_space(words), SIGMA_MICROSIEMENS.high, in_unit(*unit), advice(value, words)
    )]
    Cell {
        /// Line of the text, from 1.
        line: usize,
        /// Cell of the line, from 1.
        column: usize,
        /// The cell.
        value: String,
        /// Words allowed instead of a conductance.
        words: &'static str,
        /// Unit of the numbers, if the map states one.
        unit: Option<&'static str>,
    },
    /// Number without a unit.
    #[error(
        "{line}:{column}: `{value}` has no unit; expected a line such as `unit microsiemens` before the first row\n\nhint: {fit}"
    )]
    NoUnit {
        /// Line of the text, from 1.
        line: usize,
        /// Cell of the line, from 1.
        column: usize,
        /// The cell.
        value: String,
        /// Unit that would fit the window.
        fit: Fit,
    },
    /// Unknown unit of conductance.
    #[error("{line}: unknown unit `{value}`; expected one of {}{}", unit_names(), of_resistance(value))]
    Unit {
        /// Line of the text, from 1.
        line: usize,
        /// The unit.
        value: String,
    },
    /// Second `unit` or `negative` line.
    #[error("{line}: duplicate line `{word}`, first given in line {earlier}")]
    Again {
        /// Line of the text, from 1.
        line: usize,
        /// Its first word.
        word: &'static str,
        /// The earlier line.
        earlier: usize,
    },
    /// `unit` or `negative` line after the first row.
    #[error("{line}: expected `{word}` before the first row, got it after row {rows}")]
    Late {
        /// Line of the text, from 1.
        line: usize,
        /// Its first word.
        word: &'static str,
        /// Number of rows above it.
        rows: usize,
    },
    /// `negative` line with a word other than `open`.
    #[error("{line}: expected `negative open`, got `negative {value}`")]
    Negative {
        /// Line of the text, from 1.
        line: usize,
        /// The word.
        value: String,
    },
    /// Rows of different length.
    #[error("{line}: expected {expected} cells, like the first row, got {cells}")]
    Ragged {
        /// Line of the text, from 1.
        line: usize,
        /// Cells of the line.
        cells: usize,
        /// Cells of the first row.
        expected: usize,
    },
    /// Map of another shape.
    #[error(
        "expected {} x {}{}, got {} x {} (rows x columns){}",
        array.0, array.1, or_tile(*tile), map.0, map.1, transposed(*map, *array)
    )]
    Shape {
        /// Rows and columns of the map.
        map: (usize, usize),
        /// Rows and columns of the array.
        array: (usize, usize),
        /// Rows and columns of a tile, if the device has tiles.
        tile: Option<(usize, usize)>,
    },
    /// Mask of yes and no instead of conductances or faults.
    #[error(
        "expected {}, got a mask: all {cells} cells are `{no}` or `{yes}` ({marked} of them `{yes}`)\n\nhint: {}",
        wanted(*conductances), mask_advice(*conductances)
    )]
    Mask {
        /// Number of cells of the map.
        cells: usize,
        /// Its word for yes.
        yes: String,
        /// Its word for no.
        no: String,
        /// Number of cells with yes.
        marked: usize,
        /// Whether a conductance map was expected; else a fault map.
        conductances: bool,
    },
    /// Conductances of all cells as a fault map.
    #[error(
        "every cell would be stuck: {numbers} of {cells} cells are numbers, none is `ok`\n\n\
         hint: if these are measured conductances, use `layer.1.conductance_map` or `readout.conductance_map`; if it is a map \
         of stuck cells, write `ok` for working cells"
    )]
    AllStuck {
        /// Number of cells of the map.
        cells: usize,
        /// Number of cells that are numbers.
        numbers: usize,
    },
    /// Fault map as a conductance map.
    #[error(
        "{line}:{column}: expected a conductance, got `{value}`\n\n\
         hint: if this is a map of stuck cells, use `layer.1.fault_map` or `readout.fault_map`"
    )]
    FaultWord {
        /// Line of the text, from 1.
        line: usize,
        /// Cell of the line, from 1.
        column: usize,
        /// The word.
        value: String,
    },
    /// Conductances in another unit, or of another device.
    #[error(
        "no conductance is in the window ({low} to {high} µS); the median of {cells} cells is {median} µS\n\nhint: {fit}"
    )]
    Outside {
        /// Number of cells of the map.
        cells: usize,
        /// Their median, µS.
        median: f32,
        /// Lower end of the window, µS.
        low: f32,
        /// Upper end of the window, µS.
        high: f32,
        /// Unit that would fit the window.
        fit: Fit,
    },
}

impl MapError {
    /// Returns the message with the name of the file in front: `FILE:LINE:COLUMN: ...`, or `FILE: ...` for a whole map.
    pub fn in_file(&self, file: &str) -> String {
        match self {
            MapError::Shape { .. } | MapError::Mask { .. } | MapError::AllStuck { .. } | MapError::Outside { .. } => {
                format!("{file}: {self}")
            }
            _ => format!("{file}:{self}"),
        }
    }
}

fn with_space(words: &str) -> String {
    if words.is_empty() { String::new() } else { format!("{words} ") }
}

fn in_unit(unit: Option<&str>) -> String {
    unit.map(|unit| format!(" (unit {unit})")).unwrap_or_default()
}

fn or_tile(tile: Option<(usize, usize)>) -> String {
    tile.map(|(rows, columns)| format!(" or a tile of {rows} x {columns}")).unwrap_or_default()
}

fn unit_names() -> String {
    UNITS.map(|(name, _)| format!("`{name}`")).join(", ")
}

fn of_resistance(unit: &str) -> &'static str {
    if unit.to_lowercase().ends_with("ohm") || unit.ends_with(['Ω', '\u{2126}']) {
        "\n\nhint: a map holds conductances; write 1000000 / R for a resistance of R ohm, with `unit microsiemens`"
    } else {
        ""
    }
}

fn transposed(map: (usize, usize), array: (usize, usize)) -> &'static str {
    if map != array && map == (array.1, array.0) {
        "\n\nhint: this map is transposed; write one line per row of the array (its inputs) and one cell per column"
    } else {
        ""
    }
}

fn wanted(conductances: bool) -> &'static str {
    if conductances { "conductances" } else { "stuck cells" }
}

fn mask_advice(conductances: bool) -> &'static str {
    if conductances {
        "write the conductance of every cell after a line such as `unit microsiemens`; for a map of stuck cells, use \
         `layer.1.fault_map` or `readout.fault_map`"
    } else {
        "write `ok` for a working cell, and `low-resistance`, `high-resistance` or `open` for a stuck one; or its conductance, \
         after a line such as `unit microsiemens`"
    }
}

/// Returns a hint for a cell that is common in measured files but not allowed in a map.
fn advice(value: &str, words: &str) -> &'static str {
    let number = value.parse::<f64>();
    if value.ends_with('%') {
        "\n\nhint: a map holds conductances; multiply by the value that is 100 %"
    } else if number.as_ref().is_ok_and(|number| *number < 0.0) && words.is_empty() {
        "\n\nhint: `negative open` before the first row reads negative numbers as open cells; list cells that were not \
         measured in a fault map"
    } else if number.is_ok() && !words.is_empty() {
        "\n\nhint: write `ok` for a cell that works or was not measured"
    } else {
        ""
    }
}
