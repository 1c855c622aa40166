//! A histogram as steps, with exact zeros as a bar of their own.

use ohmspike_plot::mark::{Dash, Mark};
use ohmspike_plot::palette::BLACK;
use ohmspike_plot::panel::power;
use ohmspike_plot::scale::Scale;
use ohmspike_study::details::Histogram;

/// Size of the words beside a bar of zeros.
const WORDS: u32 = 12;

/// Thousands, ones, thousandths and so on, in which numbers up to `largest` are between 1 and 1000.
pub(super) fn unit(largest: f64) -> f64 {
    if largest > 0.0 && largest.is_finite() {
        // The hair above a power of ten belongs to rounding in f32.
        10f64.powi(3 * ((largest * (1.0 + 1e-6)).log10() / 3.0).floor() as i32)
    } else {
        1.0
    }
}

/// `words (unit)` with the power of ten that stands before the unit.
pub(super) fn label(words: &str, unit: f64, of: &str) -> String {
    let factor = if unit == 1.0 { String::new() } else { power(unit) };
    match (factor.is_empty(), of.is_empty()) {
        (true, true) => words.to_owned(),
        _ => format!("{words} ({})", [factor.as_str(), of].join(" ").trim()),
    }
}

/// The largest distance of a value from 0.
pub(super) fn largest(histogram: &Histogram) -> f64 {
    f64::from(histogram.low.abs().max(histogram.high.abs()))
}

/// The tops of the bins from left to right, down to `floor` at both ends; values are in `unit`, and `height` is that of a
/// bin with so many of them. Empty bins, and those lower than it, stand at `floor`.
pub(super) fn steps(histogram: &Histogram, unit: f64, floor: f64, height: impl Fn(u64) -> f64) -> Vec<(f64, f64)> {
    let at = |bin: usize| (f64::from(histogram.low) + bin as f64 * histogram.width()) / unit;
    let mut corners = Vec::new();
    for (bin, &count) in histogram.counts.iter().enumerate() {
        let top = if count == 0 { floor } else { height(count).max(floor) };
        corners.extend([(at(bin), top), (at(bin + 1), top)]);
    }
    let (Some(&first), Some(&last)) = (corners.first(), corners.last()) else { return Vec::new() };
    [&[(first.0, floor)], &corners[..], &[(last.0, floor)]].concat()
}

/// Every `bins` neighbouring bins as one; the last ones stay as they are where their number does not divide.
pub(super) fn coarser(histogram: &Histogram, bins: usize) -> Histogram {
    if !histogram.counts.len().is_multiple_of(bins) {
        return histogram.clone();
    }
    let counts = histogram.counts.chunks(bins).map(|chunk| chunk.iter().sum()).collect();
    Histogram { counts, ..histogram.clone() }
}

/// The steps filled in `color`, on a scale of counts; with the zeros as a black bar and their share in words.
pub(super) fn bars(histogram: &Histogram, unit: f64, counts: &Scale, color: &'static str, middle: f64) -> Vec<Mark> {
    let (floor, top) = counts.ends();
    let outline = steps(histogram, unit, floor, |count| count as f64);
    let mut marks = vec![
        Mark::Area { outline: outline.clone(), color, opacity: 0.35 },
        Mark::Line { points: outline, color, width: 1.1, dash: Dash::Solid },
    ];
    if histogram.zeros > 0 {
        let bar = vec![(0.0, floor), (0.0, histogram.zeros as f64)];
        marks.push(Mark::Line { points: bar, color: BLACK, width: 2.6, dash: Dash::Solid });
    }
    let words = match histogram.count() {
        0 => "none".to_owned(),
        _ => zeros(histogram),
    };
    marks.push(Mark::Words { at: (middle, top), rise: -9.0, content: words, size: WORDS });
    marks
}

/// The share of values that are exactly 0, in words.
pub(super) fn zeros(histogram: &Histogram) -> String {
    let percent = 100.0 * histogram.zeros as f64 / histogram.count().max(1) as f64;
    match histogram.zeros {
        0 => "none exactly 0".to_owned(),
        _ if percent < 0.1 => "<0.1 % exactly 0".to_owned(),
        _ if percent < 10.0 => format!("{percent:.1} % exactly 0"),
        _ => format!("{percent:.0} % exactly 0"),
    }
}

/// Rows of a table: low and high end of every bin and its count; the zeros between 0 and 0.
pub(super) fn rows(histogram: &Histogram) -> Vec<[String; 3]> {
    let edge = |bin: usize| format!("{:e}", f64::from(histogram.low) + bin as f64 * histogram.width());
    let zeros = ["0".to_owned(), "0".to_owned(), histogram.zeros.to_string()];
    let bins = histogram.counts.iter().enumerate();
    let bins = bins.map(|(bin, count)| [edge(bin), edge(bin + 1), count.to_string()]);
    std::iter::once(zeros).chain(bins).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_follow_the_counts() {
        let histogram = Histogram { low: -1.0, high: 1.0, zeros: 3, counts: vec![2, 0, 0, 5] };
        let corners = steps(&histogram, 0.5, 0.5, |count| count as f64);
        let tops: Vec<f64> = corners.iter().map(|corner| corner.1).collect();
        assert_eq!(tops, [0.5, 2.0, 2.0, 0.5, 0.5, 0.5, 0.5, 5.0, 5.0, 0.5]);
        assert_eq!((corners[0].0, corners[2].0, corners[9].0), (-2.0, -1.0, 2.0));
        assert_eq!(rows(&histogram)[..2], [["0", "0", "3"], ["-1e0", "-5e-1", "2"]].map(|row| row.map(str::to_owned)));
        assert_eq!(steps(&Histogram::default(), 1.0, 0.5, |count| count as f64), []);
    }

    #[test]
    fn units_are_powers_of_a_thousand() {
        for (largest, expected) in [(0.37, 1e-3), (5.0, 1.0), (0.000_9, 1e-6), (1000.0, 1e3), (0.0, 1.0)] {
            assert!((unit(largest) / expected - 1.0).abs() < 1e-12, "{largest}");
        }
        assert_eq!(label("weight", 1e-3, "thresholds"), "weight (10⁻³ thresholds)");
        assert_eq!(
            (label("weight", 1.0, "thresholds"), label("weight", 1.0, "")),
            ("weight (thresholds)".to_owned(), "weight".to_owned())
        );
    }

    #[test]
    fn zeros_are_said() {
        let of = |zeros, others| zeros_of(zeros, others);
        assert_eq!(
            (of(0, 5), of(1, 4), of(3, 97), of(1, 9999)),
            (
                "none exactly 0".to_owned(),
                "20 % exactly 0".to_owned(),
                "3.0 % exactly 0".to_owned(),
                "<0.1 % exactly 0".to_owned()
            )
        );
    }

    fn zeros_of(zeros: u64, others: u64) -> String {
        super::zeros(&Histogram { low: 1.0, high: 1.0, zeros, counts: vec![others] })
    }
}
