//! Marks inside a plot: lines, markers, intervals, areas and text.

use kuva::render::color::Color;
use kuva::render::render::{PathData, Primitive, TextAnchor};

pub use super::palette::Dash;
use super::palette::Shape;
use super::panel::words;

const BAND_OPACITY: f64 = 0.16;
const CLOUD_OPACITY: f64 = 0.55;
/// Octagon around a circle of radius 1: small markers look like circles.
const OCTAGON: [(f64, f64); 8] = [
    (0.38, -0.92),
    (0.92, -0.38),
    (0.92, 0.38),
    (0.38, 0.92),
    (-0.38, 0.92),
    (-0.92, 0.38),
    (-0.92, -0.38),
    (-0.38, -0.92),
];
/// Half the width of the caps of an interval.
const CAP: f64 = 3.5;

/// Marks at data coordinates.
#[derive(Clone, Debug, PartialEq)]
pub enum Mark {
    /// A line through points.
    Line {
        /// Points, in data coordinates.
        points: Vec<(f64, f64)>,
        /// Colour, `#RRGGBB`.
        color: &'static str,
        /// Line width, in SVG units.
        width: f64,
        /// Dash pattern.
        dash: Dash,
    },
    /// Markers with the area of a circle of radius `size`.
    Dots {
        /// Points, in data coordinates.
        points: Vec<(f64, f64)>,
        /// Colour, `#RRGGBB`.
        color: &'static str,
        /// Marker shape.
        shape: Shape,
        /// Size, in SVG units.
        size: f64,
        /// Fill.
        fill: Fill,
    },
    /// Many small markers, drawn as one SVG path.
    Cloud {
        /// Points, in data coordinates.
        points: Vec<(f64, f64)>,
        /// Colour, `#RRGGBB`.
        color: &'static str,
        /// Marker shape.
        shape: Shape,
        /// Size, in SVG units.
        size: f64,
    },
    /// Very many small squares, such as spikes, as the smallest possible path.
    Raster {
        /// Points, in data coordinates.
        points: Vec<(f64, f64)>,
        /// Colour, `#RRGGBB`.
        color: &'static str,
        /// Side of a square, in SVG units.
        size: f64,
    },
    /// Vertical intervals: x, lower end, upper end.
    Intervals {
        /// One entry per interval.
        ends: Vec<[f64; 3]>,
        /// Colour, `#RRGGBB`.
        color: &'static str,
    },
    /// Horizontal intervals: y, lower end, upper end.
    Spans {
        /// One entry per interval.
        ends: Vec<[f64; 3]>,
        /// Colour, `#RRGGBB`.
        color: &'static str,
    },
    /// The area between two lines: x, lower end, upper end.
    Band {
        /// One entry per interval.
        ends: Vec<[f64; 3]>,
        /// Colour, `#RRGGBB`.
        color: &'static str,
    },
    /// A range of x over the full height, with a label at its top.
    Range {
        /// Lower end.
        low: f64,
        /// Upper end.
        high: f64,
        /// Colour, `#RRGGBB`.
        color: &'static str,
        /// Label at the top.
        label: String,
    },
    /// A filled outline.
    Area {
        /// Corners, in order.
        outline: Vec<(f64, f64)>,
        /// Colour, `#RRGGBB`.
        color: &'static str,
        /// Opacity, 0 to 1.
        opacity: f64,
    },
    /// Text that starts at a point.
    Label {
        /// Position, in data coordinates.
        at: (f64, f64),
        /// Text.
        content: String,
        /// Size, in SVG units.
        size: u32,
    },
    /// Text centred `rise` units above a point.
    Words {
        /// Position, in data coordinates.
        at: (f64, f64),
        /// Distance above the point, in SVG units.
        rise: f64,
        /// Text.
        content: String,
        /// Size, in SVG units.
        size: u32,
    },
}

/// Fill of a marker.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fill {
    /// Filled with its colour at this opacity, 0 to 1.
    Opacity(f64),
    /// White with a coloured outline.
    Hollow,
}

/// Maps data coordinates to SVG units.
pub trait Places {
    /// Returns the position of a point.
    fn at(&self, point: (f64, f64)) -> (f64, f64);
    /// Returns the top and the bottom of the plot area.
    fn rows(&self) -> (f64, f64);
}

impl Mark {
    /// Draws the mark; skips points that are not finite.
    pub fn drawn(&self, places: &impl Places) -> Vec<Primitive> {
        let at = |point: &(f64, f64)| places.at(*point);
        let finite = |points: &[(f64, f64)]| -> Vec<(f64, f64)> {
            points.iter().filter(|(x, y)| (x + y).is_finite()).map(at).collect()
        };
        match self {
            Mark::Line { points, color, width, dash } => vec![line(finite(points), color, *width, *dash)],
            Mark::Dots { points, color, shape, size, fill } => {
                finite(points).into_iter().map(|middle| marker(middle, *shape, *size, color, *fill)).collect()
            }
            Mark::Cloud { points, color, shape, size } => cloud(&finite(points), *shape, *size, color),
            Mark::Raster { points, color, size } => squares(&finite(points), *size, color),
            Mark::Range { low, high, color, label } => {
                let ((left, _), (right, _)) = (at(&(*low, 0.0)), at(&(*high, 0.0)));
                let (top, bottom) = places.rows();
                let corners = [(left, top), (right, top), (right, bottom), (left, bottom)];
                let text = words((left + right) / 2.0, top + 14.0, 12, TextAnchor::Middle, false, label);
                vec![area(&corners, color, 1.0), text]
            }
            Mark::Intervals { ends, color } => {
                let upright = |[x, low, high]: &[f64; 3]| interval(at(&(*x, *low)), at(&(*x, *high)), color);
                ends.iter().filter(|ends| ends.iter().all(|end| end.is_finite())).flat_map(upright).collect()
            }
            Mark::Spans { ends, color } => {
                let level = |[y, low, high]: &[f64; 3]| interval(at(&(*low, *y)), at(&(*high, *y)), color);
                ends.iter().filter(|ends| ends.iter().all(|end| end.is_finite())).flat_map(level).collect()
            }
            Mark::Band { ends, color } => {
                let there = ends.iter().map(|[x, low, _]| at(&(*x, *low)));
                let back = ends.iter().rev().map(|[x, _, high]| at(&(*x, *high)));
                vec![area(&there.chain(back).collect::<Vec<_>>(), color, BAND_OPACITY)]
            }
            Mark::Area { outline, color, opacity } => vec![area(&finite(outline), color, *opacity)],
            Mark::Label { at: point, content, size } => {
                let (x, y) = at(point);
                vec![words(x, y + 0.35 * f64::from(*size), *size, TextAnchor::Start, false, content)]
            }
            Mark::Words { at: point, rise, content, size } => {
                let (x, y) = at(point);
                // Capitals and digits are about 0.7 of the font size high.
                vec![words(x, y - rise + 0.35 * f64::from(*size), *size, TextAnchor::Middle, false, content)]
            }
        }
    }
}

/// Draws a line through `points`, in SVG units.
pub fn line(points: Vec<(f64, f64)>, color: &str, width: f64, dash: Dash) -> Primitive {
    let stroke_dasharray = match dash {
        Dash::Solid => None,
        Dash::Dashed => Some("5 4".to_owned()),
        Dash::Dotted => Some("2 3".to_owned()),
        Dash::Long => Some("10 4".to_owned()),
        Dash::DashDot => Some("8 3 2 3".to_owned()),
        Dash::DashDotDot => Some("8 3 2 3 2 3".to_owned()),
        Dash::Sparse => Some("7 7".to_owned()),
    };
    Primitive::PolyLine { points, stroke: Color::from(color), stroke_width: width, stroke_dasharray }
}

/// Draws a marker centred at `middle`.
pub fn marker(middle: (f64, f64), shape: Shape, size: f64, color: &str, fill: Fill) -> Primitive {
    let (inside, opacity, outline) = match fill {
        Fill::Opacity(opacity) => (color, Some(opacity).filter(|opacity| *opacity < 1.0), None),
        Fill::Hollow => ("#ffffff", None, Some(color)),
    };
    if shape == Shape::Circle {
        return Primitive::Circle {
            cx: middle.0,
            cy: middle.1,
            r: size,
            fill: Color::from(inside),
            fill_opacity: opacity,
            stroke: outline.map(Color::from),
            stroke_width: outline.map(|_| 1.2),
        };
    }
    let corners: Vec<(f64, f64)> =
        shape.corners().iter().map(|(x, y)| (middle.0 + size * x, middle.1 + size * y)).collect();
    Primitive::Path(Box::new(PathData {
        d: outline_of(&corners),
        fill: Some(Color::from(inside)),
        stroke: outline.map_or(Color::None, Color::from),
        stroke_width: if outline.is_some() { 1.2 } else { 0.0 },
        opacity,
        stroke_dasharray: None,
    }))
}

/// Draws all markers as one path, which is several times smaller than one element per marker.
fn cloud(points: &[(f64, f64)], shape: Shape, size: f64, color: &str) -> Vec<Primitive> {
    let outline = match shape {
        Shape::Circle => &OCTAGON,
        shape => shape.corners(),
    };
    let corner = |number: usize| (size * outline[number].0, size * outline[number].1);
    let steps: String = (1..outline.len())
        .map(|number| {
            let ((x, y), (from_x, from_y)) = (corner(number), corner(number - 1));
            format!("l{:.1} {:.1}", x - from_x, y - from_y)
        })
        .collect();
    let around = |(x, y): &(f64, f64)| format!("M{:.1} {:.1}{steps}Z", x + corner(0).0, y + corner(0).1);
    let d: String = points.iter().map(around).collect();
    if d.is_empty() {
        return Vec::new();
    }
    vec![Primitive::Path(Box::new(PathData {
        d,
        fill: Some(Color::from(color)),
        stroke: Color::None,
        stroke_width: 0.0,
        opacity: Some(CLOUD_OPACITY),
        stroke_dasharray: None,
    }))]
}

/// Draws squares with sides of `side` as lines as thick as they are long: the shortest path data of all shapes.
fn squares(points: &[(f64, f64)], side: f64, color: &str) -> Vec<Primitive> {
    let square = |(x, y): &(f64, f64)| format!("M{:.1} {y:.1}l{side:.1} 0", x - side / 2.0);
    let d: String = points.iter().map(square).collect();
    if d.is_empty() {
        return Vec::new();
    }
    vec![Primitive::Path(Box::new(PathData {
        d,
        fill: None,
        stroke: Color::from(color),
        stroke_width: side,
        opacity: None,
        stroke_dasharray: None,
    }))]
}

/// Width of the outline of an opaque area: neighbours overlap, so that no gap shows between them.
const OVERLAP: f64 = 1.0;

/// Draws a filled area.
pub fn area(corners: &[(f64, f64)], color: &str, opacity: f64) -> Primitive {
    Primitive::Path(Box::new(PathData {
        d: outline_of(corners),
        fill: Some(Color::from(color)),
        stroke: if opacity < 1.0 { Color::None } else { Color::from(color) },
        stroke_width: if opacity < 1.0 { 0.0 } else { OVERLAP },
        opacity: Some(opacity).filter(|opacity| *opacity < 1.0),
        stroke_dasharray: None,
    }))
}

fn outline_of(corners: &[(f64, f64)]) -> String {
    let step = |(number, (x, y)): (usize, &(f64, f64))| format!("{}{x:.2} {y:.2}", if number == 0 { "M" } else { "L" });
    corners.iter().enumerate().map(step).collect::<String>() + "Z"
}

/// Draws a vertical or horizontal line with caps.
fn interval(from: (f64, f64), to: (f64, f64), color: &str) -> Vec<Primitive> {
    let cap = if from.0 == to.0 { (CAP, 0.0) } else { (0.0, CAP) };
    let across =
        |(x, y): (f64, f64)| line(vec![(x - cap.0, y - cap.1), (x + cap.0, y + cap.1)], color, 1.4, Dash::Solid);
    vec![line(vec![from, to], color, 1.4, Dash::Solid), across(from), across(to)]
}
