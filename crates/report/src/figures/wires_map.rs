//! Map of an array with wires: the fraction of the current of every cell that its sense amplifier receives.

use ohmspike_plot::Grid;
use ohmspike_plot::grid::{Entry, Swatch};
use ohmspike_plot::mark::{Dash, Mark};
use ohmspike_plot::plot::{Plot, PlotAxis};
use ohmspike_plot::scale::Scale;

/// Shades from little to all of the current, after the colour map viridis.
const SHADES: [&str; 10] =
    ["#440154", "#482878", "#3e4989", "#31688e", "#26828e", "#1f9e89", "#35b779", "#6ece58", "#b5de2b", "#fde725"];
/// Largest number of squares along a side; larger arrays show means.
const MAX_SQUARES: usize = 48;
/// Height of the map, in SVG units.
const HEIGHT: f64 = 360.0;

/// Draws `fractions`, one per cell, row by row, of an array with these `columns`; cells without current have none and stay
/// white. The first row is at the top.
pub fn wires_map(title: &str, columns: usize, fractions: &[Option<f64>]) -> Grid {
    let rows = fractions.len() / columns;
    let (down, across) = (steps(rows), steps(columns));
    let levels = Levels::of(fractions);
    let mut marks = Vec::new();
    for window in down.windows(2) {
        let (top, bottom) = (window[0], window[1]);
        // Neighbours of one shade are one area.
        let mut open: Option<(usize, usize)> = None;
        for window in across.windows(2) {
            let cells = (top..bottom).flat_map(|row| &fractions[row * columns + window[0]..row * columns + window[1]]);
            let shade = mean(cells).map(|mean| levels.shade(mean));
            if let Some((from, kept)) = open.filter(|(_, kept)| Some(*kept) != shade) {
                marks.push(area([top, bottom], [from, window[0]], kept));
                open = None;
            }
            open = open.or(shade.map(|shade| (window[0], shade)));
        }
        if let Some((from, kept)) = open {
            marks.push(area([top, bottom], [from, columns], kept));
        }
    }
    let axis = |label: &str, scale: Scale| PlotAxis { label: label.to_owned(), scale };
    let plot = Plot {
        title: String::new(),
        x: axis("column", Scale::linear(&[0.0, columns as f64])),
        y: axis("row", Scale::linear(&[0.0, rows as f64]).reversed()),
        marks,
        height: HEIGHT,
    };
    let entries =
        (0..levels.count).map(|number| Entry::new(Swatch::Line(SHADES[number], Dash::Solid), levels.label(number)));
    Grid { title: title.to_owned(), entries: entries.collect(), rows: vec![vec![plot]] }
}

/// Returns where squares begin and end along `cells`.
fn steps(cells: usize) -> Vec<usize> {
    let count = cells.min(MAX_SQUARES);
    (0..=count).map(|step| step * cells / count).collect()
}

/// Returns the mean of the `cells` with a current.
fn mean<'a>(cells: impl Iterator<Item = &'a Option<f64>>) -> Option<f64> {
    let known: Vec<f64> = cells.flatten().copied().collect();
    (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
}

/// Levels of equal width, one shade each.
struct Levels {
    /// Width, %.
    width: f64,
    /// Number of the first level, from 0 %.
    first: usize,
    count: usize,
}

impl Levels {
    /// Chooses levels that divide the range of the fractions into at least five, if they differ by more than 5 %.
    fn of(fractions: &[Option<f64>]) -> Levels {
        let known = || fractions.iter().flatten().map(|fraction| 100.0 * fraction);
        let (low, high) = (known().fold(100.0, f64::min), known().fold(0.0, f64::max));
        let width = [10.0, 5.0, 2.0].into_iter().find(|width| high - low >= 5.0 * width).unwrap_or(1.0);
        let first = (low.max(0.0) / width) as usize;
        let last = ((high.max(low) / width).ceil() as usize).max(first + 1);
        Levels { width, first, count: (last - first).min(SHADES.len()) }
    }

    fn shade(&self, fraction: f64) -> usize {
        ((100.0 * fraction / self.width) as usize).saturating_sub(self.first).min(self.count - 1)
    }

    fn label(&self, number: usize) -> String {
        let [from, to] = [number, number + 1].map(|level| self.width * (self.first + level) as f64);
        format!("{from} to {to} %")
    }
}

fn area([top, bottom]: [usize; 2], [left, right]: [usize; 2], shade: usize) -> Mark {
    let [top, bottom, left, right] = [top, bottom, left, right].map(|edge| edge as f64);
    let outline = vec![(left, top), (right, top), (right, bottom), (left, bottom)];
    Mark::Area { outline, color: SHADES[shade], opacity: 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_of_one_shade_are_one_area() {
        let fractions = [Some(0.95), Some(0.93), Some(0.2), None, Some(1.0), Some(0.0)];
        let map = wires_map("map", 3, &fractions);
        let areas: Vec<(&[(f64, f64)], &str)> = map.rows[0][0]
            .marks
            .iter()
            .filter_map(|mark| match mark {
                Mark::Area { outline, color, .. } => Some((&outline[..], *color)),
                _ => None,
            })
            .collect();
        assert_eq!(areas.len(), 4);
        assert_eq!(areas[0], (&[(0.0, 0.0), (2.0, 0.0), (2.0, 1.0), (0.0, 1.0)][..], SHADES[9]));
        assert_eq!([areas[1].1, areas[2].1, areas[3].1], [SHADES[2], SHADES[9], SHADES[0]]);
        assert_eq!(map.svg(600.0), wires_map("map", 3, &fractions).svg(600.0));
    }

    #[test]
    fn large_arrays_show_means() {
        let fractions: Vec<Option<f64>> = (0..200 * 100).map(|cell| Some((cell / 100) as f64 / 200.0)).collect();
        let map = wires_map("map", 100, &fractions);
        assert_eq!(map.rows[0][0].marks.len(), MAX_SQUARES, "one area per row of squares");
    }
}
