//! Draws one pair of axes with its marks.
//!
//! Text is large compared with the axes: a figure of width [`crate::grid::WIDTH`] stays readable in a journal column and on a
//! phone.

use kuva::render::color::Color;
use kuva::render::render::{Primitive, TextAnchor};

use super::mark::{Mark, Places, area, line};
use super::palette::Dash;
use super::palette::{BLACK, GRID};
use super::panel::words;
use super::scale::{BREAK_AT, Scale};

/// Font size of tick labels.
pub const TICK_SIZE: u32 = 13;
/// Font size of axis titles.
pub const LABEL_SIZE: u32 = 14;
/// Letter width over font size, larger than the mean of DejaVu Sans so that labels never touch.
const LETTER: f64 = 0.64;
/// Width of narrow letters and of wide letters.
const NARROW: f64 = 0.4;
const WIDE: f64 = 0.98;
/// Smallest gap between two labels of an axis.
const APART: f64 = 5.0;
const TICK: f64 = 5.0;
/// Line height over font size.
const LEADING: f64 = 1.25;

/// Axis of a plot.
#[derive(Clone, Debug, PartialEq)]
pub struct PlotAxis {
    /// Title with unit; empty for none.
    pub label: String,
    /// Scale.
    pub scale: Scale,
}

/// A pair of axes with marks.
#[derive(Clone, Debug, PartialEq)]
pub struct Plot {
    /// Title above the axes; empty for none.
    pub title: String,
    /// The horizontal axis.
    pub x: PlotAxis,
    /// The vertical axis.
    pub y: PlotAxis,
    /// Marks from back to front.
    pub marks: Vec<Mark>,
    /// Height of the plot area, in SVG units.
    pub height: f64,
}

/// Plot area, in SVG units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    /// Left edge.
    pub left: f64,
    /// Right edge.
    pub right: f64,
    /// Top edge.
    pub top: f64,
    /// Bottom edge.
    pub bottom: f64,
    /// Left edge of the y axis title.
    pub title_left: f64,
}

struct Placed<'a> {
    plot: &'a Plot,
    frame: Frame,
}

impl Places for Placed<'_> {
    fn at(&self, (x, y): (f64, f64)) -> (f64, f64) {
        let Frame { left, right, top, bottom, .. } = self.frame;
        let (along, up) = (self.plot.x.scale.place(x), self.plot.y.scale.place(y));
        (left + along * (right - left), bottom - up * (bottom - top))
    }

    fn rows(&self) -> (f64, f64) {
        (self.frame.top, self.frame.bottom)
    }
}

impl Plot {
    /// Returns the width of the ticks and the title of the y axis.
    pub fn left_margin(&self) -> f64 {
        let widest = self.y.scale.ticks.iter().flat_map(|tick| lines(&tick.label)).map(|text| width(text, TICK_SIZE));
        let label = if self.y.label.is_empty() { 0.0 } else { 24.0 };
        widest.fold(0.0, f64::max) + label + TICK + 6.0
    }

    /// Returns the height above axes of `width`: title and half a tick label.
    pub fn top_margin(&self, width: f64) -> f64 {
        10.0 + self.title_lines(width).len() as f64 * f64::from(LABEL_SIZE) * LEADING
    }

    /// Returns the height below axes of `width`.
    pub fn bottom_margin(&self, width: f64) -> f64 {
        let label = self.x_lines(width).len() as f64 * f64::from(LABEL_SIZE) * LEADING;
        TICK + 6.0 + f64::from(TICK_SIZE) + label
    }

    /// Draws the plot with its axes around `frame`.
    pub fn drawn(&self, frame: Frame) -> Vec<Primitive> {
        let placed = Placed { plot: self, frame };
        let (ranges, others): (Vec<&Mark>, Vec<&Mark>) =
            self.marks.iter().partition(|mark| matches!(mark, Mark::Range { .. }));
        let mut elements: Vec<Primitive> = ranges.into_iter().flat_map(|mark| mark.drawn(&placed)).collect();
        elements.extend(self.grid(&placed));
        elements.extend(self.x_axis(&placed));
        elements.extend(self.y_axis(&placed));
        elements.extend(others.into_iter().flat_map(|mark| mark.drawn(&placed)));
        let middle = (frame.left + frame.right) / 2.0;
        for (number, text) in self.title_lines(frame.right - frame.left).iter().rev().enumerate() {
            let y = frame.top - 10.0 - number as f64 * f64::from(LABEL_SIZE) * LEADING;
            elements.push(words(middle, y, LABEL_SIZE, TextAnchor::Middle, false, text));
        }
        elements
    }

    /// Cuts the frame at the end of the x axis.
    fn within(&self, frame: Frame) -> Frame {
        Frame { right: frame.left + self.x.scale.end() * (frame.right - frame.left), ..frame }
    }

    fn grid(&self, placed: &Placed) -> Vec<Primitive> {
        let Frame { left, right, .. } = self.within(placed.frame);
        let named = self.y.scale.ticks.iter().filter(|tick| !tick.label.is_empty());
        let level = |value: f64| bottom_up(placed, value);
        named
            .map(|tick| line(vec![(left, level(tick.value)), (right, level(tick.value))], GRID, 1.0, Dash::Solid))
            .collect()
    }

    fn x_axis(&self, placed: &Placed) -> Vec<Primitive> {
        let Frame { left, right, bottom, .. } = placed.frame;
        let end = self.within(placed.frame).right;
        let mut elements = vec![line(vec![(left, bottom), (end, bottom)], BLACK, 1.2, Dash::Solid)];
        let mut taken: Vec<(f64, f64)> = Vec::new();
        for tick in &self.x.scale.ticks {
            let x = left + self.x.scale.place(tick.value) * (right - left);
            let half = width(&tick.label, TICK_SIZE) / 2.0;
            let named = !tick.label.is_empty()
                && taken.iter().all(|&(low, high)| x - half - APART > high || x + half + APART < low);
            let length = if named { TICK } else { 0.6 * TICK };
            elements.push(line(vec![(x, bottom), (x, bottom + length)], BLACK, 1.0, Dash::Solid));
            if named {
                taken.push((x - half, x + half));
                let y = bottom + TICK + 3.0 + f64::from(TICK_SIZE);
                elements.push(words(x, y, TICK_SIZE, TextAnchor::Middle, false, &tick.label));
            }
        }
        if self.x.scale.is_broken() {
            elements.extend(broken(left + BREAK_AT * (end - left), bottom));
        }
        let first = bottom + TICK + 6.0 + f64::from(TICK_SIZE + LABEL_SIZE);
        for (number, text) in self.x_lines(right - left).iter().enumerate() {
            let y = first + number as f64 * f64::from(LABEL_SIZE) * LEADING;
            elements.push(words((left + end) / 2.0, y, LABEL_SIZE, TextAnchor::Middle, false, text));
        }
        elements
    }

    fn y_axis(&self, placed: &Placed) -> Vec<Primitive> {
        let Frame { left, top, bottom, title_left, .. } = placed.frame;
        let mut elements = vec![line(vec![(left, top), (left, bottom)], BLACK, 1.2, Dash::Solid)];
        let mut taken: Vec<(f64, f64)> = Vec::new();
        for tick in &self.y.scale.ticks {
            let y = bottom_up(placed, tick.value);
            let texts = lines(&tick.label);
            let half = 0.5 * f64::from(TICK_SIZE) * LEADING * texts.len() as f64;
            let named = !tick.label.is_empty() && taken.iter().all(|&(low, high)| y - half > high || y + half < low);
            let length = if named { TICK } else { 0.6 * TICK };
            elements.push(line(vec![(left - length, y), (left, y)], BLACK, 1.0, Dash::Solid));
            if named {
                taken.push((y - half, y + half));
                for (number, text) in texts.iter().enumerate() {
                    let middle = y - half + (number as f64 + 0.5) * f64::from(TICK_SIZE) * LEADING;
                    let base = middle + 0.35 * f64::from(TICK_SIZE);
                    elements.push(words(left - TICK - 3.0, base, TICK_SIZE, TextAnchor::End, false, text));
                }
            }
        }
        if !self.y.label.is_empty() {
            elements.push(Primitive::Text {
                x: title_left + f64::from(LABEL_SIZE),
                y: (top + bottom) / 2.0,
                content: self.y.label.clone(),
                size: LABEL_SIZE,
                anchor: TextAnchor::Middle,
                rotate: Some(-90.0),
                bold: false,
                color: Some(Color::from(BLACK)),
            });
        }
        elements
    }

    /// Wraps the title to `width` and a little more.
    fn title_lines(&self, width: f64) -> Vec<String> {
        if self.title.is_empty() { Vec::new() } else { wrapped(&self.title, width + 50.0, LABEL_SIZE) }
    }

    /// Wraps the x axis title to `width` and a little more.
    fn x_lines(&self, width: f64) -> Vec<String> {
        if self.x.label.is_empty() { Vec::new() } else { wrapped(&self.x.label, width + 40.0, LABEL_SIZE) }
    }
}

fn bottom_up(placed: &Placed, value: f64) -> f64 {
    let Frame { top, bottom, .. } = placed.frame;
    bottom - placed.plot.y.scale.place(value) * (bottom - top)
}

/// Draws the break of an axis: two slashes across a gap.
fn broken(x: f64, y: f64) -> [Primitive; 3] {
    let slash = |x: f64| line(vec![(x - 3.0, y + 5.0), (x + 3.0, y - 5.0)], BLACK, 1.2, Dash::Solid);
    let gap = [(x - 5.5, y + 4.0), (x - 0.5, y - 4.0), (x + 5.5, y - 4.0), (x + 0.5, y + 4.0)];
    [area(&gap, "#FFFFFF", 1.0), slash(x - 3.0), slash(x + 3.0)]
}

/// Estimates the width of `text` at font size `size`, rounded up.
pub fn width(text: &str, size: u32) -> f64 {
    let letter = |letter: char| match letter {
        'i' | 'j' | 'l' | 'f' | 't' | 'r' | 'I' | ' ' | '.' | ',' | ':' | '-' | '(' | ')' | '/' | '\'' | '|' => NARROW,
        'm' | 'w' | 'M' | 'W' | '%' => WIDE,
        _ => LETTER,
    };
    f64::from(size) * text.chars().map(letter).sum::<f64>()
}

/// Splits a label into lines.
fn lines(label: &str) -> Vec<&str> {
    label.split('\n').collect()
}

/// Wraps `text` into lines of at most `room`; a longer word has its own line.
pub fn wrapped(text: &str, room: f64, size: u32) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is a first line");
        let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if line.is_empty() || width(&longer, size) <= room {
            *line = longer;
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}
