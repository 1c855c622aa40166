//! Small panels of equal size, two per row, each with a legend above its axes.
//!
//! Curves differ in colour and in stroke or marker, so a grey print stays readable. Text is large compared with the axes: two
//! panels per row fit a journal column.

use std::sync::Arc;

use kuva::plot::scatter::MarkerShape;
use kuva::plot::{BandPlot, LinePlot, ScatterPlot};
use kuva::render::color::Color;
use kuva::render::layout::{ComputedLayout, Layout, TickFormat};
use kuva::render::plots::Plot;
use kuva::render::render::{Primitive, Scene, TextAnchor, render_multiple};
use kuva::render::render_utils::generate_ticks_log;

use super::axis::Axis;
use super::{pixels, vector};
use crate::PlotError;

/// Blue, vermilion and green of Okabe and Ito (2008), darkest first.
pub const COLORS: [&str; 3] = ["#0072B2", "#D55E00", "#009E73"];
/// Grey of background lines.
pub const GREY: &str = "#9A9A9A";
/// Panels per row.
const COLUMNS: usize = 2;
/// Size of a panel, in SVG units.
const SIZE: (f64, f64) = (310.0, 284.0);
/// Left, right, top and bottom margin of the axes in a panel.
const MARGINS: [f64; 4] = [68.0, 56.0, 74.0, 50.0];
const TITLE_HEIGHT: f64 = 30.0;
const TITLE_SIZE: u32 = 16;
const LABEL_SIZE: u32 = 14;
const TICK_SIZE: u32 = 13;
/// Letter width over font size, larger than the mean of DejaVu Sans so that labels never touch.
const LETTER: f64 = 0.6;
const BAND_OPACITY: f64 = 0.2;
const PNG_SCALE: f32 = 2.0;
/// Largest number of labelled decades of an axis; with more decades only every second or third has a label.
const MAX_DECADES: f64 = 5.5;
/// Axes of fewer decades than this also have labels between decades.
const ROOM_X: f64 = 1.3;
const ROOM_Y: f64 = 2.2;

/// Several panels under one title.
#[derive(Clone, Debug)]
pub struct PanelFigure {
    /// Title above all panels.
    pub title: String,
    /// Panels by row.
    pub panels: Vec<Panel>,
    /// Text below all panels, wrapped at their width; empty for none.
    pub caption: String,
}

/// One pair of axes with its curves.
#[derive(Clone, Debug)]
pub struct Panel {
    /// Title above the legend.
    pub title: String,
    /// The horizontal axis.
    pub x: PanelAxis,
    /// The vertical axis.
    pub y: PanelAxis,
    /// Title of a second axis on the right, 100 times the left one: percent.
    pub percent: Option<&'static str>,
    /// Curves from back to front.
    pub curves: Vec<Curve>,
}

/// One axis of a panel.
#[derive(Clone, Copy, Debug)]
pub struct PanelAxis {
    /// Title with unit.
    pub label: &'static str,
    /// Whether it is logarithmic.
    pub log: bool,
}

/// Stroke of a curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Stroke {
    /// A solid line.
    Solid,
    /// A dashed line.
    Dashed,
    /// A dotted line.
    Dotted,
    /// A thin solid line.
    Thin,
    /// Circles without a line.
    Dots,
}

/// One curve of a panel.
#[derive(Clone, Debug)]
pub struct Curve {
    /// Legend label; none for a curve that belongs to another.
    pub label: Option<String>,
    /// Colour, `#RRGGBB`.
    pub color: &'static str,
    /// Stroke.
    pub stroke: Stroke,
    /// Points from left to right.
    pub points: Vec<(f64, f64)>,
    /// Band behind the curve: x, lower end, upper end.
    pub band: Vec<[f64; 3]>,
}

impl Curve {
    /// Creates a curve without a band; an empty label omits it from the legend.
    pub fn new(label: &str, color: &'static str, stroke: Stroke, points: Vec<(f64, f64)>) -> Curve {
        let label = Some(label.to_owned()).filter(|label| !label.is_empty());
        Curve { label, color, stroke, points, band: Vec::new() }
    }

    /// Iterates over all values of x or of y.
    fn numbers(&self, of_y: bool) -> impl Iterator<Item = f64> + '_ {
        let points = self.points.iter().map(move |&(x, y)| if of_y { y } else { x });
        let band = self.band.iter().flat_map(move |&[x, low, high]| if of_y { [low, high] } else { [x, x] });
        points.chain(band)
    }

    fn plots(&self) -> Vec<Plot> {
        let mut plots: Vec<Plot> = Vec::new();
        if !self.band.is_empty() {
            let column = |index: usize| self.band.iter().map(move |ends| ends[index]);
            let band = BandPlot::new(column(0), column(1), column(2));
            plots.push(band.with_color(self.color).with_opacity(BAND_OPACITY).into());
        }
        let line = || LinePlot::new().with_data(self.points.clone()).with_color(self.color).with_stroke_width(2.0);
        plots.push(match self.stroke {
            Stroke::Solid => line().into(),
            Stroke::Dashed => line().with_dashed().into(),
            Stroke::Dotted => line().with_dotted().into(),
            Stroke::Thin => line().with_stroke_width(0.8).into(),
            Stroke::Dots => ScatterPlot::new()
                .with_data(self.points.clone())
                .with_color(self.color)
                .with_marker(MarkerShape::Circle)
                .with_size(3.6)
                .into(),
        });
        plots
    }

    /// Draws the legend sample of the curve at (`x`, `y`).
    fn sample(&self, x: f64, y: f64) -> Primitive {
        let dashes = match self.stroke {
            Stroke::Dashed => Some("5 4".to_owned()),
            Stroke::Dotted => Some("2 3".to_owned()),
            _ => None,
        };
        match self.stroke {
            Stroke::Dots => Primitive::Circle {
                cx: x + SAMPLE / 2.0,
                cy: y,
                r: 3.6,
                fill: Color::from(self.color),
                fill_opacity: None,
                stroke: None,
                stroke_width: None,
            },
            stroke => Primitive::PolyLine {
                points: vec![(x, y), (x + SAMPLE, y)],
                stroke: Color::from(self.color),
                stroke_width: if stroke == Stroke::Thin { 0.8 } else { 2.0 },
                stroke_dasharray: dashes,
            },
        }
    }
}

/// Width of a legend sample, and the gaps after a sample and after a label.
const SAMPLE: f64 = 18.0;
const GAP: f64 = 5.0;
const BETWEEN: f64 = 12.0;
/// Height of a line of the caption.
const CAPTION_LINE: f64 = 18.0;

impl PanelFigure {
    /// Returns the figure as SVG that scales to any width.
    pub fn svg(&self) -> String {
        vector::svg(&self.scene(COLUMNS))
    }

    /// Returns the same with one panel per row, for narrow screens.
    pub fn narrow_svg(&self) -> String {
        vector::svg(&self.scene(1))
    }

    /// Returns the figure as PNG with two pixels per SVG unit, set in the embedded DejaVu Sans.
    ///
    /// # Errors
    /// Returns an error if the drawing library fails.
    pub fn png(&self) -> Result<Vec<u8>, PlotError> {
        pixels::png(&self.svg(), PNG_SCALE)
    }

    /// Draws the panels with at most `most` per row.
    fn scene(&self, most: usize) -> Scene {
        let columns = most.min(self.panels.len()).max(1);
        let rows = self.panels.len().div_ceil(columns);
        let (width, below) = (columns as f64 * SIZE.0, TITLE_HEIGHT + rows as f64 * SIZE.1);
        let caption = wrapped(&self.caption, ((width - 2.0 * GAP) / (LETTER * f64::from(TICK_SIZE))) as usize);
        let height = below + CAPTION_LINE * caption.len() as f64 + if caption.is_empty() { 0.0 } else { GAP };
        let mut scene = Scene::new(width, height);
        scene.font_family = Some(vector::FONTS.to_owned());
        scene.add(words(width / 2.0, 21.0, TITLE_SIZE, TextAnchor::Middle, true, &self.title));
        for (number, panel) in self.panels.iter().enumerate() {
            let (row, column) = ((number / columns) as f64, (number % columns) as f64);
            let place = format!("translate({},{})", column * SIZE.0, TITLE_HEIGHT + row * SIZE.1);
            scene.add(Primitive::GroupStart { transform: Some(place), title: None, extra_attrs: None });
            scene.elements.extend(panel.elements());
            scene.add(Primitive::GroupEnd);
        }
        for (number, line) in caption.iter().enumerate() {
            let y = below + CAPTION_LINE * (number as f64 + 0.7);
            scene.add(words(GAP, y, TICK_SIZE, TextAnchor::Start, false, line));
        }
        scene
    }
}

impl Panel {
    fn elements(&self) -> Vec<Primitive> {
        let layout = self.layout();
        let computed = ComputedLayout::from_layout(&layout);
        let percent = self.percent.map(|title| self.percent_axis(title, &computed)).unwrap_or_default();
        let plots = self.curves.iter().flat_map(Curve::plots).collect();
        let mut elements = render_multiple(plots, layout).elements;
        // Clips are not needed, and their names count the figures of the process, which would change the bytes.
        elements.retain(|element| !matches!(element, Primitive::ClipStart { .. } | Primitive::ClipEnd));
        let middle = (MARGINS[0] + SIZE.0 - MARGINS[1]) / 2.0;
        elements.push(words(middle, 25.0, LABEL_SIZE, TextAnchor::Middle, true, &self.title));
        elements.extend(self.legend());
        elements.extend(percent);
        elements
    }

    fn layout(&self) -> Layout {
        let numbers = |of_y| self.curves.iter().flat_map(move |curve| curve.numbers(of_y)).collect::<Vec<f64>>();
        let (x, y) = (range(self.x.log, &numbers(false)), range(self.y.log, &numbers(true)));
        let mut layout = Layout::new((x.low, x.high), (y.low, y.high))
            .with_show_grid(false)
            .with_width(SIZE.0)
            .with_height(SIZE.1)
            .with_force_margins(MARGINS[0], MARGINS[1])
            .with_force_margins_y(MARGINS[2], MARGINS[3])
            .with_label_size(LABEL_SIZE)
            .with_tick_size(TICK_SIZE)
            .with_x_label(self.x.label)
            .with_y_label(self.y.label)
            .with_x_axis_min(x.low)
            .with_x_axis_max(x.high)
            .with_y_axis_min(y.low)
            .with_y_axis_max(y.high);
        layout = match self.x.log {
            true => layout
                .with_log_x()
                .with_x_tick_format(TickFormat::Custom(Arc::new(log_labels(x.low, x.high, ROOM_X, prefixed)))),
            false => layout.with_x_tick_step(x.step).with_x_tick_format(TickFormat::Fixed(x.decimals)),
        };
        match self.y.log {
            true => layout
                .with_log_y()
                .with_y_tick_format(TickFormat::Custom(Arc::new(log_labels(y.low, y.high, ROOM_Y, power)))),
            false => layout.with_y_tick_step(y.step).with_y_tick_format(TickFormat::Fixed(y.decimals)),
        }
    }

    /// Draws the legend in rows above the axes.
    fn legend(&self) -> Vec<Primitive> {
        let mut elements = Vec::new();
        let (mut x, mut y) = (GAP, 43.0);
        for curve in &self.curves {
            let Some(label) = &curve.label else { continue };
            let width = SAMPLE + GAP + LETTER * f64::from(TICK_SIZE) * label.chars().count() as f64;
            if x > GAP && x + width > SIZE.0 {
                (x, y) = (GAP, y + 18.0);
            }
            elements.push(curve.sample(x, y));
            elements.push(words(x + SAMPLE + GAP, y + 4.5, TICK_SIZE, TextAnchor::Start, false, label));
            x += width + BETWEEN;
        }
        elements
    }

    /// Draws the percent axis on the right of a logarithmic left axis.
    fn percent_axis(&self, title: &str, computed: &ComputedLayout) -> Vec<Primitive> {
        let (x, black) = (SIZE.0 - MARGINS[1], || Color::from("black"));
        let line = |points| Primitive::PolyLine { points, stroke: black(), stroke_width: 1.0, stroke_dasharray: None };
        let (low, high) = computed.y_range;
        let mut elements = vec![line(vec![(x, computed.map_y(low)), (x, computed.map_y(high))])];
        let labels = log_labels(low, high, ROOM_Y, power);
        for tick in generate_ticks_log(low, high) {
            let y = computed.map_y(tick);
            elements.push(line(vec![(x, y), (x + 5.0, y)]));
            if !labels(tick).is_empty() {
                elements.push(words(x + 8.0, y + 4.5, TICK_SIZE, TextAnchor::Start, false, &power(100.0 * tick)));
            }
        }
        elements.push(Primitive::Text {
            x: SIZE.0 - 5.0,
            y: (MARGINS[2] + SIZE.1 - MARGINS[3]) / 2.0,
            content: title.to_owned(),
            size: LABEL_SIZE,
            anchor: TextAnchor::Middle,
            rotate: Some(-90.0),
            bold: false,
            color: None,
        });
        elements
    }
}

/// Breaks `text` into lines of at most `letters` where possible; no line for an empty text.
fn wrapped(text: &str, letters: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut().filter(|line| line.chars().count() + 1 + word.chars().count() <= letters) {
            Some(line) => *line = format!("{line} {word}"),
            None => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Draws text at a position.
pub fn words(x: f64, y: f64, size: u32, anchor: TextAnchor, bold: bool, content: &str) -> Primitive {
    Primitive::Text { x, y, content: content.to_owned(), size, anchor, rotate: None, bold, color: None }
}

/// Returns the axis of `values`; a logarithmic axis has at least one decade.
fn range(log: bool, values: &[f64]) -> Axis {
    if !log {
        return Axis::from_few(values);
    }
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(0.0, f64::max);
    let (low, high) = if low <= high { (low, high) } else { (1.0, 10.0) };
    let room = (high / low).powf(0.04).max(1.1);
    let (low, high) = (low / room, high * room);
    let widen = (10.0 / (high / low)).sqrt().max(1.0);
    Axis { low: low / widen, high: high * widen, step: 1.0, decimals: 0 }
}

/// Returns the labels of a logarithmic axis: at every decade, at every second or third if there are many, and also between
/// decades if there are fewer than `room`.
fn log_labels(low: f64, high: f64, room: f64, label: fn(f64) -> String) -> impl Fn(f64) -> String + Send + Sync {
    let decades = (high / low).log10();
    let every = (decades / MAX_DECADES).ceil().max(1.0) as i32;
    move |value: f64| {
        let power = value.log10();
        let whole = (power - power.round()).abs() < 1e-6;
        let skipped = (power.round() as i32).rem_euclid(every) != 0;
        if (whole && !skipped) || decades < room { label(value) } else { String::new() }
    }
}

/// Formats with an SI prefix: 1000 as `1k`, 0.001 as `1m`.
pub fn prefixed(value: f64) -> String {
    let prefixes = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, ""), (1e-3, "m"), (1e-6, "µ"), (1e-9, "n")];
    let (unit, prefix) = prefixes.into_iter().find(|(unit, _)| value >= unit * (1.0 - 1e-9)).unwrap_or((1.0, ""));
    format!("{}{prefix}", (1e6 * value / unit).round() / 1e6)
}

/// Formats a decade: plain between 0.01 and 1000, otherwise as a power of ten.
pub fn power(value: f64) -> String {
    let power = value.log10();
    let rounded = power.round() as i32;
    if (-2..=3).contains(&rounded) || (power - power.round()).abs() > 1e-6 {
        return format!("{}", (1e6 * value).round() / 1e6);
    }
    let raised = |digit| match digit {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        digit => char::from_u32('⁰' as u32 + digit.to_digit(10).unwrap_or(0)).unwrap_or('⁰'),
    };
    format!("10{}", rounded.to_string().chars().map(raised).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_short() {
        for (value, as_prefixed, as_power) in
            [(1e3, "1k", "1000"), (1e6, "1M", "10⁶"), (0.1, "100m", "0.1"), (1e-5, "10µ", "10⁻⁵"), (2.0, "2", "2")]
        {
            assert_eq!((prefixed(value).as_str(), power(value).as_str()), (as_prefixed, as_power));
        }
    }

    #[test]
    fn a_caption_adds_its_lines_below_the_panels() {
        let figure =
            |caption: &str| PanelFigure { title: String::new(), panels: Vec::new(), caption: caption.to_owned() };
        let heights = ["", "one line", &"word ".repeat(30)].map(|caption| figure(caption).scene(COLUMNS).height);
        assert_eq!(heights[1] - heights[0], CAPTION_LINE + GAP);
        // 30 words of 5 letters at 38 letters per line of one column.
        assert_eq!(heights[2] - heights[0], 5.0 * CAPTION_LINE + GAP);
        assert_eq!(wrapped("", 10), [""; 0]);
    }

    #[test]
    fn a_logarithmic_axis_has_at_least_a_decade() {
        for values in [&[5.0][..], &[1.0, 2.0], &[], &[1e3, 1e6]] {
            let axis = range(true, values);
            assert!(axis.low > 0.0 && axis.high / axis.low > 9.999, "{values:?}: {axis:?}");
            assert!(values.iter().all(|value| (axis.low..axis.high).contains(value)));
        }
    }
}
