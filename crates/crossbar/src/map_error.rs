//! Why a map of a chip is refused: the place, what is wrong with it, and the form that is right.

use thiserror::Error;

use crate::device::number::SIGMA_MICROSIEMENS;
use crate::map_unit::{Fit, UNITS};

/// A map that cannot be that of this array.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum MapError {
    /// A cell that is no word of the map and no conductance.
    #[error(
        "line {line}, column {column}: got `{value}`, must be {}a conductance from 0 to {} µS{}{}",
        with_space(words), SIGMA_MICROSIEMENS.high, of_unit(*unit), advice(value, words)
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
        /// Unit of the numbers, where the map states one.
        unit: Option<&'static str>,
    },
    /// Numbers without a unit.
    #[error(
        "line {line}, column {column}: got `{value}` without a unit; a line such as `unit microsiemens` or `unit siemens` \
         before the first row must say what the numbers of the map are\n\nhint: {fit}"
    )]
    NoUnit {
        /// Line of the text, from 1.
        line: usize,
        /// Cell of the line, from 1.
        column: usize,
        /// The cell.
        value: String,
        /// Which unit would fit the window.
        fit: Fit,
    },
    /// A unit that no conductance has.
    #[error("line {line}: got unit `{value}`, must be one of {}{}", unit_names(), of_resistance(value))]
    Unit {
        /// Line of the text, from 1.
        line: usize,
        /// The unit.
        value: String,
    },
    /// A line that says how numbers are read, a second time.
    #[error("line {line}: `{word}` is said again after line {earlier}; a map must say it once")]
    Again {
        /// Line of the text, from 1.
        line: usize,
        /// Its first word.
        word: &'static str,
        /// The earlier line.
        earlier: usize,
    },
    /// A line that says how numbers are read, below the first row.
    #[error("line {line}: `{word}` must stand before the first row of the map, got it below row {rows}")]
    Late {
        /// Line of the text, from 1.
        line: usize,
        /// Its first word.
        word: &'static str,
        /// Rows above it.
        rows: usize,
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
        "map: got {} x {} cells, must be {} x {} like the array{}{}",
        map.0, map.1, array.0, array.1, or_tile(*tile), transposed(*map, *array)
    )]
    Shape {
        /// Rows and columns of the map.
        map: (usize, usize),
        /// Rows and columns of the array.
        array: (usize, usize),
        /// Rows and columns of a tile, where the device has tiles.
        tile: Option<(usize, usize)>,
    },
    /// A map of yes and no under a key that takes conductances or words.
    #[error(
        "map: all {cells} cells are `{no}` or `{yes}` ({marked} are `{yes}`): a mask, which does not say {}\n\nhint: {}",
        unsaid(*conductances), mask_advice(*conductances)
    )]
    Mask {
        /// Cells of the map.
        cells: usize,
        /// How it writes yes.
        yes: String,
        /// How it writes no.
        no: String,
        /// Cells that are marked.
        marked: usize,
        /// Whether conductances were asked for, or else faults.
        conductances: bool,
    },
    /// Conductances of all cells as a map of faults.
    #[error(
        "map: {numbers} of {cells} cells are numbers and none is `ok`: every cell would be stuck\n\n\
         hint: if these are measured conductances, name the file as a conductance map (`layer.1.conductance_map` or \
         `readout.conductance_map`); if it lists stuck cells, write `ok` for those that work"
    )]
    AllStuck {
        /// Cells of the map.
        cells: usize,
        /// Those that are numbers.
        numbers: usize,
    },
    /// A map of faults as a map of conductances.
    #[error(
        "line {line}, column {column}: got `{value}`: a map of conductances holds numbers alone\n\n\
         hint: if this is a map of stuck cells, name the file as a fault map (`layer.1.fault_map` or \
         `readout.fault_map`)"
    )]
    FaultWord {
        /// Line of the text, from 1.
        line: usize,
        /// Cell of the line, from 1.
        column: usize,
        /// The word.
        value: String,
    },
    /// Conductances of another unit, or of another device.
    #[error(
        "map: none of {cells} conductances lies in the window of {low} to {high} µS, the median is {median} µS\n\nhint: {fit}"
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
        /// Which unit would fit the window.
        fit: Fit,
    },
}

fn with_space(words: &str) -> String {
    if words.is_empty() { String::new() } else { format!("{words} ") }
}

fn of_unit(unit: Option<&str>) -> String {
    unit.map(|unit| format!(" (the unit here is `{unit}`)")).unwrap_or_default()
}

fn or_tile(tile: Option<(usize, usize)>) -> String {
    tile.map(|(rows, columns)| format!(" or {rows} x {columns} like a tile")).unwrap_or_default()
}

fn unit_names() -> String {
    UNITS.map(|(name, _)| format!("`{name}`")).join(", ")
}

fn of_resistance(unit: &str) -> &'static str {
    if unit.to_lowercase().ends_with("ohm") || unit.ends_with(['Ω', 'Ω']) {
        "\n\nhint: a map holds conductances: write 1000000 / R for a resistance of R ohm, with `unit microsiemens`"
    } else {
        ""
    }
}

fn transposed(map: (usize, usize), array: (usize, usize)) -> &'static str {
    if map != array && map == (array.1, array.0) {
        "\n\nhint: this map is transposed; it needs a line for every row of the array, which are its inputs, and a cell for \
         every column"
    } else {
        ""
    }
}

fn unsaid(conductances: bool) -> &'static str {
    if conductances { "what the cells conduct" } else { "where a cell is stuck" }
}

fn mask_advice(conductances: bool) -> &'static str {
    if conductances {
        "give the conductance of every cell, with a line like `unit microsiemens`; a map of stuck cells is named as \
         `layer.1.fault_map` or `readout.fault_map`"
    } else {
        "write `ok` for a cell that works, and `low-resistance`, `high-resistance` or `open` for one that is stuck, or the \
         conductance at which it is stuck after a line like `unit microsiemens`"
    }
}

/// What to do about a cell that many files hold and no map takes.
fn advice(value: &str, words: &str) -> &'static str {
    let number = value.parse::<f64>();
    if value.ends_with('%') {
        "\n\nhint: a map holds conductances, and does not know of what this is a part"
    } else if number.as_ref().is_ok_and(|number| *number < 0.0) && words.is_empty() {
        "\n\nhint: `negative open` before the first row takes every reading below zero for an open cell; name a cell that was \
         not measured in a fault map"
    } else if number.is_ok() && !words.is_empty() {
        "\n\nhint: write `ok` for a cell that works or was not measured"
    } else {
        ""
    }
}
