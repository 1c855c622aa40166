//! A quantity as a piecewise linear function of ln R.
//!
//! ```text
//! y(R) linear in ln R between the points (R_k, y_k), constant beyond the first and last point
//!
//! x = ln G = ln 10^6 - ln R                                  G in µS, R in ohm
//! y = y_0 + sum_k slope_k clip(x - x_k, 0, x_{k+1} - x_k)    points in rising G
//! ```
//!
//! The second form equals the first. As a sum it runs on a block of cells without branches.

use ohmspike_simd::{Block, LANES};

use super::number::RESISTANCE_OHM;
use super::refusal::{Problem, SpecError};

/// Largest number of points of a table. Every look-up sums over all of them.
const MAX_POINTS: usize = 1000;

/// The curve y(ln G) as a sum of clipped slopes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Curve {
    lowest: f32,
    segments: Vec<Segment>,
}

/// One segment between two points: from ln G = `start` (G in µS), with its `width` and `slope`.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Segment {
    start: f32,
    width: f32,
    slope: f32,
}

impl Curve {
    /// Creates the curve through `points` (ln R, y), with R in ohm and rising.
    pub(crate) fn through(points: impl DoubleEndedIterator<Item = (f64, f64)>) -> Curve {
        let rising_in_conductance: Vec<_> = points.rev().collect();
        let segments = rising_in_conductance.windows(2).map(|pair| {
            let [(ln_resistance, y0), (next, y1)] = [pair[0], pair[1]];
            let width = ln_resistance - next;
            let start = libm::log(1e6) - ln_resistance;
            Segment { start: start as f32, width: width as f32, slope: ((y1 - y0) / width) as f32 }
        });
        Curve { lowest: rising_in_conductance[0].1 as f32, segments: segments.collect() }
    }

    /// Converts a curve of logarithms to octaves: log2 y over log2 G.
    pub(crate) fn in_octaves(&self) -> Curve {
        let octaves = |natural: f32| (f64::from(natural) / std::f64::consts::LN_2) as f32;
        let segments = self.segments.iter().map(|&Segment { start, width, slope }| {
            let (start, width) = (octaves(start), octaves(width));
            Segment { start, width, slope }
        });
        Curve { lowest: octaves(self.lowest), segments: segments.collect() }
    }

    /// Returns y at sixteen values of ln G, G in µS.
    #[inline(always)]
    pub(crate) fn at(&self, ln_conductance: &Block) -> Block {
        let mut y = Block::splat(self.lowest);
        for &Segment { start, width, slope } in &self.segments {
            for lane in 0..LANES {
                let along = ln_conductance[lane] - start;
                let along = if along < 0.0 { 0.0 } else { along };
                let along = if along > width { width } else { along };
                y[lane] += slope * along;
            }
        }
        y
    }
}

/// Interpolates y at `resistance` (ohm) through `points` with rising resistances; `place` returns (R, y) of a point.
pub(crate) fn interpolated<P>(points: &[P], resistance: f64, place: impl Fn(&P) -> (f64, f64)) -> f64 {
    let (first, last) = (place(&points[0]), place(&points[points.len() - 1]));
    let x = libm::log(resistance.clamp(first.0, last.0));
    for pair in points.windows(2) {
        let [(x0, y0), (x1, y1)] = [&pair[0], &pair[1]].map(|point| {
            let (resistance, y) = place(point);
            (libm::log(resistance), y)
        });
        if x <= x1 {
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0);
        }
    }
    last.1
}

/// Refuses an empty table, resistances (ohm) out of range, and resistances that do not rise.
///
/// # Errors
/// Returns [`Problem::TableEmpty`], [`Problem::TooMany`], [`Problem::OutOfRange`] or [`Problem::TableFalls`] below the
/// key `points`.
pub(crate) fn check_resistances(resistances: &[f64]) -> Result<(), SpecError> {
    if resistances.is_empty() {
        return Err(SpecError::at("points", Problem::TableEmpty));
    }
    if resistances.len() > MAX_POINTS {
        return Err(SpecError::at("points", Problem::TooMany { count: resistances.len(), most: MAX_POINTS }));
    }
    for (number, &resistance) in resistances.iter().enumerate() {
        RESISTANCE_OHM.check(&format!("points[{number}].resistance_ohm"), resistance)?;
    }
    for (number, pair) in resistances.windows(2).enumerate() {
        let (previous, next) = (pair[0], pair[1]);
        if next <= previous {
            let key = format!("points[{}].resistance_ohm", number + 1);
            return Err(SpecError::at(&key, Problem::TableFalls { previous, next }));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const POINTS: [(f64, f64); 4] = [(1e3, 0.25), (1e4, -1.0), (3e5, 2.0), (1e6, 1.5)];

    /// A slope reaches 1.25 / ln 10 < 1; an error of ln G (start rounded at |x| < 14, subtraction: two half units of
    /// 14) times it, one unit of 2, the largest |y|, for every one of the three sums, and as much for the products.
    #[test]
    fn the_sum_of_slopes_equals_the_interpolation() {
        let curve = Curve::through(POINTS.iter().map(|&(resistance, y)| (libm::log(resistance), y)));
        let bound = f64::from(f32::EPSILON) * (14.0 + 3.0 * 2.0 + 3.0 * 2.0);
        for step in 0..2000 {
            let ln_conductance = -2.0 + 0.006 * step as f32;
            let resistance = 1e6 / libm::exp(f64::from(ln_conductance));
            let computed = f64::from(curve.at(&Block::splat(ln_conductance))[7]);
            assert!((computed - interpolated(&POINTS, resistance, |&point| point)).abs() < bound, "{resistance} ohm");
        }
    }

    #[test]
    fn lines_pass_through_the_points_and_are_constant_beyond_the_ends() {
        for (resistance, y) in POINTS {
            assert!((interpolated(&POINTS, resistance, |&point| point) - y).abs() < 1e-12);
        }
        assert_eq!(interpolated(&POINTS, 0.0, |&point| point), 0.25);
        assert_eq!(interpolated(&POINTS, f64::INFINITY, |&point| point), 1.5);
        assert_eq!(interpolated(&POINTS[1..2], 5.0, |&point| point), -1.0);
    }
}
