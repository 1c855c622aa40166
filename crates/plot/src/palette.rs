//! Colours, markers and dash patterns of curves.
//!
//! Neighbouring curves differ in all three, so a grey print and a colour-blind reader can tell them apart.

/// Dash pattern of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dash {
    /// Solid.
    Solid,
    /// Short dashes.
    Dashed,
    /// Dots.
    Dotted,
    /// Long dashes.
    Long,
    /// A dash and a dot.
    DashDot,
    /// A dash and two dots.
    DashDotDot,
    /// Long dashes with long gaps.
    Sparse,
}

/// Colours of Okabe and Ito (2008) without yellow, which is faint on white.
const COLORS: [&str; 7] = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"];
/// As many shapes as colours: seven curves differ in both, and the next seven combine every colour with another shape.
const SHAPES: [Shape; 7] =
    [Shape::Circle, Shape::Square, Shape::Triangle, Shape::Diamond, Shape::TriangleDown, Shape::Plus, Shape::Cross];
const DASHES: [Dash; 7] =
    [Dash::Solid, Dash::Dashed, Dash::DashDot, Dash::Dotted, Dash::Long, Dash::DashDotDot, Dash::Sparse];

/// Text and outlines.
pub const BLACK: &str = "#000000";
/// Reference lines, and single trials in a legend.
pub const GREY: &str = "#666666";
/// The baseline of a study.
pub const BASELINE: &str = "#222222";
/// Grid lines.
pub const GRID: &str = "#E6E6E6";
/// A shaded range.
pub const SHADE: &str = "#EFEFEF";

/// Marker shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A disc.
    Circle,
    /// A square.
    Square,
    /// A triangle that points up.
    Triangle,
    /// A diamond.
    Diamond,
    /// A triangle that points down.
    TriangleDown,
    /// An upright cross.
    Plus,
    /// A slanted cross.
    Cross,
}

/// Style of a curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Colour, `#RRGGBB`.
    pub color: &'static str,
    /// Marker shape.
    pub shape: Shape,
    /// Dash pattern.
    pub dash: Dash,
}

impl Look {
    /// Returns the style of curve `number`, counted from 0.
    pub fn new(number: usize) -> Look {
        let turn = number / COLORS.len();
        Look {
            color: COLORS[number % COLORS.len()],
            shape: SHAPES[(number + turn) % SHAPES.len()],
            dash: DASHES[(number + turn) % DASHES.len()],
        }
    }
}

impl Shape {
    /// Returns the corners of a marker as large as a circle of radius 1; empty for the circle.
    pub fn corners(self) -> &'static [(f64, f64)] {
        match self {
            Shape::Circle => &[],
            Shape::Square => &[(-0.89, -0.89), (0.89, -0.89), (0.89, 0.89), (-0.89, 0.89)],
            Shape::Triangle => &[(0.0, -1.39), (1.25, 0.87), (-1.25, 0.87)],
            Shape::Diamond => &[(0.0, -1.33), (1.18, 0.0), (0.0, 1.33), (-1.18, 0.0)],
            Shape::TriangleDown => &[(0.0, 1.39), (-1.25, -0.87), (1.25, -0.87)],
            Shape::Plus => &PLUS,
            Shape::Cross => &CROSS,
        }
    }
}

/// Outline of two crossed bars, 2.6 long and 0.8 wide: upright, and turned by 45 degrees.
const PLUS: [(f64, f64); 12] = [
    (-0.4, -1.3),
    (0.4, -1.3),
    (0.4, -0.4),
    (1.3, -0.4),
    (1.3, 0.4),
    (0.4, 0.4),
    (0.4, 1.3),
    (-0.4, 1.3),
    (-0.4, 0.4),
    (-1.3, 0.4),
    (-1.3, -0.4),
    (-0.4, -0.4),
];
const CROSS: [(f64, f64); 12] = [
    (-1.2, -0.64),
    (-0.64, -1.2),
    (0.0, -0.57),
    (0.64, -1.2),
    (1.2, -0.64),
    (0.57, 0.0),
    (1.2, 0.64),
    (0.64, 1.2),
    (0.0, 0.57),
    (-0.64, 1.2),
    (-1.2, 0.64),
    (-0.57, 0.0),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_look_different() {
        for one in 0..49 {
            for other in 0..one {
                assert_ne!(Look::new(one), Look::new(other));
            }
        }
        for one in 0..7 {
            assert!((0..one).all(|other| Look::new(one).shape != Look::new(other).shape), "in grey too");
            assert!((0..one).all(|other| Look::new(one).dash != Look::new(other).dash), "in grey too");
        }
    }
}
