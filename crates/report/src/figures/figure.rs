//! A finished figure: its SVG, its caption and its numbers.

use ohmspike_plot::grid::{Grid, WIDE, WIDTH};
use ohmspike_study::csv_cell::csv_cell;
use ohmspike_study::significant::fixed;

use super::FigureError;

/// Width of the main figure of a report on wide screens, in SVG units.
const MAIN: f64 = 640.0;

/// A figure of a study.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// File name without extension.
    pub name: String,
    /// Title.
    pub title: String,
    /// Caption: what is shown, how many trials, which intervals.
    pub caption: String,
    /// SVG that scales to any width.
    pub svg: String,
    /// The plotted numbers as CSV, with units in the header.
    pub csv: String,
    grid: Grid,
    width: f64,
}

impl Figure {
    /// Creates a one-column figure.
    pub(crate) fn new(name: String, caption: String, grid: Grid, data: &Data) -> Figure {
        Figure::sized(name, caption, grid, data, WIDTH)
    }

    /// Creates a two-column figure.
    pub(crate) fn wide(name: String, caption: String, grid: Grid, data: &Data) -> Figure {
        Figure::sized(name, caption, grid, data, WIDE)
    }

    fn sized(name: String, caption: String, grid: Grid, data: &Data, width: f64) -> Figure {
        Figure { name, title: grid.title.clone(), caption, svg: grid.svg(width), csv: data.csv(), grid, width }
    }

    /// Returns the SVG laid out for the first screen of a report on a desktop.
    pub(crate) fn main_svg(&self) -> String {
        self.grid.svg(self.width.max(MAIN))
    }

    /// Returns whether the figure has two columns.
    pub(crate) fn is_wide(&self) -> bool {
        self.width > WIDTH
    }

    /// Returns the figure as PNG with two pixels per SVG unit, set in the embedded DejaVu Sans.
    ///
    /// # Errors
    /// Returns an error if the drawing library fails.
    pub fn png(&self) -> Result<Vec<u8>, FigureError> {
        Ok(self.grid.png(self.width)?)
    }
}

/// The plotted numbers as a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Data {
    /// Column names with units.
    pub(crate) header: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
}

impl Data {
    pub(crate) fn new<const COLUMNS: usize>(header: [&str; COLUMNS]) -> Data {
        Data { header: header.map(str::to_owned).to_vec(), rows: Vec::new() }
    }

    pub(crate) fn csv(&self) -> String {
        let line = |cells: &Vec<String>| cells.iter().map(|cell| csv_cell(cell)).collect::<Vec<String>>().join(",");
        [&self.header].into_iter().chain(&self.rows).map(|cells| line(cells) + "\n").collect()
    }
}

/// Formats a number for a table with six decimals; empty for no number.
pub(crate) fn cell(value: Option<f64>) -> String {
    value.filter(|value| value.is_finite()).map(|value| fixed(value, 6)).unwrap_or_default()
}

/// Returns the file name of part `number`, counted from 0, of a figure with several parts.
pub(super) fn part_name(name: &str, number: usize) -> String {
    let part = if number == 0 { String::new() } else { format!("-{}", number + 1) };
    let fits = |letter: char| letter.is_alphanumeric() || "-_.".contains(letter);
    name.chars().map(|letter| if fits(letter) { letter } else { '-' }).collect::<String>() + &part
}
