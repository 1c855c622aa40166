//! Shows the distribution of values at one position: dots below eight values, otherwise a violin with quartiles.
//!
//! The outline of a violin is a Gaussian kernel density with Silverman's bandwidth:
//!
//! ```text
//! 0.9 min(sd, quartile distance / 1.34) n^(-1/5)
//! ```
//!
//! It ends at the smallest and the largest value. All violins have the same maximum width.

use kuva::render::render_utils::{silverman_bandwidth, simple_kde};

use super::mark::{Fill, Mark};
use super::palette::Dash;
use super::palette::{BLACK, Look, Shape};
use crate::quantile::quantile;

/// Smallest number of values for a violin.
pub const MIN_VALUES: usize = 8;
const SAMPLES: usize = 120;

/// Returns the marks of `values` around `x`, at most `half` wide on either side.
pub fn violin(x: f64, half: f64, values: &[f64], look: Look) -> Vec<Mark> {
    let mut rising: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    rising.sort_by(f64::total_cmp);
    let Some([low, middle, high]) = quartiles(&rising) else { return Vec::new() };
    let Look { color, shape, .. } = look;
    let line = |points: Vec<(f64, f64)>, width: f64| Mark::Line { points, color: BLACK, width, dash: Dash::Solid };
    let outline = outline(x, half, &rising);
    if outline.is_empty() {
        let dots = aside(x, half, rising.len()).zip(rising.iter().copied()).collect();
        return vec![
            line(vec![(x - 0.8 * half, middle), (x + 0.8 * half, middle)], 1.2),
            Mark::Dots { points: dots, color, shape, size: 2.6, fill: Fill::Opacity(0.8) },
        ];
    }
    let closed = outline.iter().copied().chain(outline.first().copied()).collect();
    vec![
        Mark::Area { outline: outline.clone(), color, opacity: 0.35 },
        Mark::Line { points: closed, color, width: 1.1, dash: Dash::Solid },
        line(vec![(x, low), (x, high)], 3.0),
        Mark::Dots {
            points: vec![(x, middle)],
            color: BLACK,
            shape: Shape::Circle,
            size: 3.2,
            fill: Fill::Opacity(1.0),
        },
        Mark::Dots {
            points: vec![(x, middle)],
            color: "#FFFFFF",
            shape: Shape::Circle,
            size: 1.9,
            fill: Fill::Opacity(1.0),
        },
    ]
}

/// Returns lower quartile, median and upper quartile of sorted values; none if there are no values.
pub fn quartiles(rising: &[f64]) -> Option<[f64; 3]> {
    (!rising.is_empty()).then(|| [0.25, 0.5, 0.75].map(|level| quantile(rising, level)))
}

/// Returns the outline, up the right side and down the left; empty below [`MIN_VALUES`] values or if all are equal.
fn outline(x: f64, half: f64, rising: &[f64]) -> Vec<(f64, f64)> {
    let (Some(&least), Some(&greatest)) = (rising.first(), rising.last()) else { return Vec::new() };
    if rising.len() < MIN_VALUES || least == greatest {
        return Vec::new();
    }
    let density = simple_kde(rising, silverman_bandwidth(rising), SAMPLES);
    let inside: Vec<(f64, f64)> = density.into_iter().filter(|(value, _)| (least..=greatest).contains(value)).collect();
    let widest = inside.iter().map(|(_, density)| *density).fold(0.0, f64::max);
    let right = inside.iter().map(|(value, density)| (x + half * density / widest, *value));
    let left = inside.iter().rev().map(|(value, density)| (x - half * density / widest, *value));
    if inside.len() < 2 { Vec::new() } else { right.chain(left).collect() }
}

/// Returns the positions of `count` dots side by side.
fn aside(x: f64, half: f64, count: usize) -> impl Iterator<Item = f64> {
    let step = half / count.max(1) as f64;
    (0..count).map(move |number| x + step * (number as f64 - (count as f64 - 1.0) / 2.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_values_are_dots_and_many_a_violin_within_them() {
        let values: Vec<f64> = (0..9).map(f64::from).collect();
        let few = violin(1.0, 0.4, &values[..7], Look::new(0));
        let Mark::Dots { points, .. } = &few[1] else { panic!("dots") };
        assert_eq!(points.iter().map(|point| point.1).collect::<Vec<f64>>(), values[..7]);
        assert!(points.iter().all(|point| (point.0 - 1.0).abs() < 0.4));

        let many = violin(1.0, 0.4, &values, Look::new(0));
        let Mark::Area { outline, .. } = &many[0] else { panic!("an area") };
        assert!(outline.iter().all(|(x, y)| (x - 1.0).abs() <= 0.4 + 1e-12 && (0.0..=8.0).contains(y)));
        let Mark::Line { points, .. } = &many[2] else { panic!("quartiles") };
        assert_eq!(points, &[(1.0, 2.0), (1.0, 6.0)]);
    }

    #[test]
    fn equal_values_have_no_density() {
        assert_eq!(violin(0.0, 0.4, &[2.0; 20], Look::new(0)).len(), 2);
        assert_eq!(violin(0.0, 0.4, &[], Look::new(0)), []);
    }
}
