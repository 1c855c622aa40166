//! A finished figure: its picture, what it shows in words, and its numbers.

use ohmspike_plot::grid::{Grid, WIDE, WIDTH};
use ohmspike_study::csv_cell::csv_cell;

use super::FigureError;

/// A figure of a study.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// Name of its files, without extension.
    pub name: String,
    /// Words above it.
    pub title: String,
    /// What is shown, of how many trials, and what its intervals are.
    pub caption: String,
    /// The picture, which scales to any width.
    pub svg: String,
    /// The numbers that are drawn, with their units in the header.
    pub csv: String,
    grid: Grid,
    width: f64,
}

impl Figure {
    /// The figure of `grid` and of the numbers in `data`, for one column.
    pub(super) fn new(name: String, caption: String, grid: Grid, data: &Data) -> Figure {
        Figure::sized(name, caption, grid, data, WIDTH)
    }

    /// The same for two columns.
    pub(super) fn wide(name: String, caption: String, grid: Grid, data: &Data) -> Figure {
        Figure::sized(name, caption, grid, data, WIDE)
    }

    fn sized(name: String, caption: String, grid: Grid, data: &Data, width: f64) -> Figure {
        Figure { name, title: grid.title.clone(), caption, svg: grid.svg(width), csv: data.csv(), grid, width }
    }

    /// The picture as PNG with two pixels per unit of the SVG, set in the DejaVu Sans that the program carries.
    ///
    /// # Errors
    /// [`FigureError`] where the drawing library refuses it.
    pub fn png(&self) -> Result<Vec<u8>, FigureError> {
        Ok(self.grid.png(self.width)?)
    }
}

/// What a figure draws, as a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Data {
    /// Names of the columns, with their units.
    pub(super) header: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
}

impl Data {
    pub(super) fn new<const COLUMNS: usize>(header: [&str; COLUMNS]) -> Data {
        Data { header: header.map(str::to_owned).to_vec(), rows: Vec::new() }
    }

    fn csv(&self) -> String {
        let line = |cells: &Vec<String>| cells.iter().map(|cell| csv_cell(cell)).collect::<Vec<String>>().join(",");
        [&self.header].into_iter().chain(&self.rows).map(|cells| line(cells) + "\n").collect()
    }
}

/// A number as it stands in a table: six digits after the point, or nothing.
pub(super) fn cell(value: Option<f64>) -> String {
    value.filter(|value| value.is_finite()).map(|value| format!("{value:.6}")).unwrap_or_default()
}

/// Name of the files of the part `number`, from 0, of a figure of several.
pub(super) fn part_name(name: &str, number: usize) -> String {
    let part = if number == 0 { String::new() } else { format!("-{}", number + 1) };
    let fits = |letter: char| letter.is_alphanumeric() || "-_.".contains(letter);
    name.chars().map(|letter| if fits(letter) { letter } else { '-' }).collect::<String>() + &part
}
