//! Colours and markers that tell curves apart, in grey and for every eye.

/// The colours of Okabe and Ito (2008), without their yellow, which is faint on white.
const COLORS: [&str; 7] = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"];
/// As many as colours, so that seven curves differ in both; the next seven have every colour with another shape.
const SHAPES: [Shape; 7] =
    [Shape::Circle, Shape::Square, Shape::Triangle, Shape::Diamond, Shape::TriangleDown, Shape::Plus, Shape::Cross];

/// Outlines and text.
pub const BLACK: &str = "#000000";
/// What stands behind the data: levels, single trials in a legend.
pub const GREY: &str = "#666666";
/// What a study is compared with.
pub const BASELINE: &str = "#222222";
/// Grid lines.
pub const GRID: &str = "#E6E6E6";
/// A shaded range.
pub const SHADE: &str = "#EFEFEF";

/// The form of a marker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A disc.
    Circle,
    /// A square.
    Square,
    /// A triangle that points up.
    Triangle,
    /// A square on its corner.
    Diamond,
    /// A triangle that points down.
    TriangleDown,
    /// An upright cross.
    Plus,
    /// A slanted cross.
    Cross,
}

/// How the marks of one curve look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Colour, `#RRGGBB`.
    pub color: &'static str,
    /// Form of the markers.
    pub shape: Shape,
}

impl Look {
    /// The look of curve `number`, from 0.
    pub fn new(number: usize) -> Look {
        Look { color: COLORS[number % COLORS.len()], shape: SHAPES[(number + number / COLORS.len()) % SHAPES.len()] }
    }
}

impl Shape {
    /// Corners about the middle of a marker as large as a circle of radius 1; none for the circle itself.
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

/// Two bars, 2.6 long and 0.8 wide, as one outline; upright, and turned by an eighth.
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
        }
    }
}
