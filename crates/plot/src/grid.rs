//! Arranges plots in rows under one title and one legend.

use kuva::render::render::{Primitive, Scene, TextAnchor};

use super::mark::{Fill, area, line, marker};
use super::palette::Dash;
use super::palette::{GREY, Look};
use super::panel::words;
use super::plot::{Frame, Plot, TICK_SIZE, width, wrapped};
use super::{pixels, vector};
use crate::PlotError;

/// Width of a one-column figure, in SVG units. Text of 13 units is 11 px high on a phone 390 px wide, and 7.3 pt high in a
/// journal column of 8.5 cm.
pub const WIDTH: f64 = 430.0;
/// Width of a two-column figure, in SVG units.
pub const WIDE: f64 = 900.0;
const TITLE_SIZE: u32 = 15;
const PNG_SCALE: f32 = 2.0;
/// Space at the right of every plot, for half of the last tick label.
const RIGHT: f64 = 20.0;
const BESIDE: f64 = 6.0;
/// Largest number of plots under one title; further plots go to another figure.
pub const MAX_PLOTS: usize = 12;
/// Width of a legend sample, and the gaps after a sample and after a label.
const SAMPLE: f64 = 22.0;
const GAP: f64 = 5.0;
const BETWEEN: f64 = 14.0;
const ENTRY_HEIGHT: f64 = 19.0;

/// Several plots under one title.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    /// Title above everything, wrapped into lines; empty for none.
    pub title: String,
    /// Legend entries, in rows above the plots.
    pub entries: Vec<Entry>,
    /// Plots by row.
    pub rows: Vec<Vec<Plot>>,
}

/// A legend entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Sample next to the label.
    pub sample: Swatch,
    /// Label.
    pub label: String,
}

/// Sample of a legend entry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Swatch {
    /// The line of a curve with its dashes and marker.
    Curve(Look),
    /// The marker of a curve.
    Marker(Look),
    /// A small grey dot.
    Dot,
    /// A hollow grey marker.
    Hollow,
    /// A band.
    Band,
    /// A plain line.
    Line(&'static str, Dash),
    /// No sample: the label is the heading of the entries after it.
    Heading,
}

impl Entry {
    /// Creates an entry.
    pub fn new(sample: Swatch, label: impl Into<String>) -> Entry {
        Entry { sample, label: label.into() }
    }

    fn width(&self) -> f64 {
        self.sample_width() + width(&self.label, TICK_SIZE)
    }

    fn sample_width(&self) -> f64 {
        if self.sample == Swatch::Heading { 0.0 } else { SAMPLE + GAP }
    }

    fn drawn(&self, x: f64, y: f64) -> Vec<Primitive> {
        let (middle, end) = ((x + SAMPLE / 2.0, y), x + SAMPLE);
        let stroke = |color, dash| line(vec![(x, y), (end, y)], color, 1.8, dash);
        let mut elements = match self.sample {
            Swatch::Curve(Look { color, shape, dash }) => {
                vec![stroke(color, dash), marker(middle, shape, 4.0, color, Fill::Opacity(1.0))]
            }
            Swatch::Marker(Look { color, shape, .. }) => vec![marker(middle, shape, 3.4, color, Fill::Opacity(1.0))],
            Swatch::Dot => vec![marker(middle, super::palette::Shape::Circle, 2.2, GREY, Fill::Opacity(0.8))],
            Swatch::Hollow => vec![marker(middle, super::palette::Shape::Circle, 3.4, GREY, Fill::Hollow)],
            Swatch::Band => {
                vec![area(&[(x, y - 5.0), (end, y - 5.0), (end, y + 5.0), (x, y + 5.0)], GREY, 0.3)]
            }
            Swatch::Line(color, dash) => vec![stroke(color, dash)],
            Swatch::Heading => Vec::new(),
        };
        let base = y + 0.35 * f64::from(TICK_SIZE);
        elements.push(words(x + self.sample_width(), base, TICK_SIZE, TextAnchor::Start, false, &self.label));
        elements
    }
}

impl Grid {
    /// Returns the grid as SVG, laid out for `width` units. It scales to any width.
    pub fn svg(&self, width: f64) -> String {
        vector::svg(&self.scene(width))
    }

    /// Returns the grid as PNG with two pixels per SVG unit.
    ///
    /// # Errors
    /// Returns an error if the drawing library fails.
    pub fn png(&self, width: f64) -> Result<Vec<u8>, PlotError> {
        pixels::png(&self.svg(width), PNG_SCALE)
    }

    fn scene(&self, full: f64) -> Scene {
        let (mut elements, mut y) = (Vec::new(), 6.0);
        let titles = if self.title.is_empty() { Vec::new() } else { wrapped(&self.title, full - 20.0, TITLE_SIZE) };
        for text in titles {
            y += f64::from(TITLE_SIZE) * 1.25;
            elements.push(words(full / 2.0, y, TITLE_SIZE, TextAnchor::Middle, false, &text));
        }
        y += 8.0;
        for row in self.legend_rows(full) {
            let mut x = ((full - row_width(&row)) / 2.0).max(GAP);
            for entry in row {
                elements.extend(entry.drawn(x, y + ENTRY_HEIGHT / 2.0));
                x += entry.width() + BETWEEN;
            }
            y += ENTRY_HEIGHT;
        }
        let margins = self.left_margins();
        for row in &self.rows {
            y = draw_row(row, &margins, full, y, &mut elements);
        }
        let mut scene = Scene::new(full, (y + 8.0).ceil());
        scene.font_family = Some(vector::FONTS.to_owned());
        scene.elements = elements;
        scene
    }

    /// Space left of the axes, by column.
    fn left_margins(&self) -> Vec<f64> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let widest = |column: usize| self.rows.iter().filter_map(move |row| row.get(column)).map(Plot::left_margin);
        (0..columns).map(|column| BESIDE + widest(column).fold(0.0, f64::max)).collect()
    }

    /// Wraps the legend entries into rows that fit the figure.
    fn legend_rows(&self, full: f64) -> Vec<Vec<&Entry>> {
        let mut rows: Vec<Vec<&Entry>> = Vec::new();
        for entry in &self.entries {
            match rows.last_mut() {
                Some(row) if row_width(row) + BETWEEN + entry.width() <= full - 2.0 * GAP => row.push(entry),
                _ => rows.push(vec![entry]),
            }
        }
        rows
    }
}

/// Arranges plots in rows of two.
pub fn in_pairs(plots: Vec<Plot>) -> Vec<Vec<Plot>> {
    plots.chunks(2).map(<[Plot]>::to_vec).collect()
}

/// Draws a row of plots below `y`, all equally wide, in a figure of width `full`; returns the bottom of the row.
fn draw_row(row: &[Plot], margins: &[f64], full: f64, y: f64, elements: &mut Vec<Primitive>) -> f64 {
    let each = (full - margins.iter().sum::<f64>()) / margins.len().max(1) as f64 - RIGHT;
    let top = y + row.iter().map(|plot| plot.top_margin(each)).fold(0.0, f64::max);
    let (mut end, mut left) = (top, 0.0);
    for (plot, margin) in row.iter().zip(margins) {
        let title_left = left + BESIDE;
        left += margin;
        let frame = Frame { left, right: left + each, top, bottom: top + plot.height, title_left };
        elements.extend(plot.drawn(frame));
        end = end.max(frame.bottom + plot.bottom_margin(each));
        left += each + RIGHT;
    }
    end + 4.0
}

fn row_width(row: &[&Entry]) -> f64 {
    row.iter().map(|entry| entry.width()).sum::<f64>() + BETWEEN * row.len().saturating_sub(1) as f64
}
