//! Draws a histogram as steps, with exact zeros as a separate bar.

use ohmspike_plot::mark::{Dash, Mark};
use ohmspike_plot::palette::BLACK;
use ohmspike_plot::panel::power;
use ohmspike_plot::scale::Scale;
use ohmspike_study::details::Histogram;

/// Font size of the label of a bar of zeros.
const WORDS: u32 = 12;

/// Returns the power of 1000 that brings `largest` between 1 and 1000.
pub(super) fn unit(largest: f64) -> f64 {
    if largest > 0.0 && largest.is_finite() {
        // f32 rounding may put a value slightly below a power of ten.
        10f64.powi(3 * ((largest * (1.0 + 1e-6)).log10() / 3.0).floor() as i32)
    } else {
        1.0
    }
}

/// Formats `words (unit)` with its power of ten.
pub(super) fn label(words: &str, unit: f64, of: &str) -> String {
    let factor = if unit == 1.0 { String::new() } else { power(unit) };
    match (factor.is_empty(), of.is_empty()) {
        (true, true) => words.to_owned(),
        _ => format!("{words} ({})", [factor.as_str(), of].join(" ").trim()),
    }
}

/// Returns the largest absolute value.
pub(super) fn largest(histogram: &Histogram) -> f64 {
    f64::from(histogram.low.abs().max(histogram.high.abs()))
}

/// Returns the outline of the bins from left to right, which starts and ends at `floor`. Values are in `unit`; `height` maps counts
/// to heights, and lower bins are raised to `floor`.
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

/// Merges every `bins` neighbouring bins; returns the histogram unchanged if their number is not divisible.
pub(super) fn coarser(histogram: &Histogram, bins: usize) -> Histogram {
    if !histogram.counts.len().is_multiple_of(bins) {
        return histogram.clone();
    }
    let counts = histogram.counts.chunks(bins).map(|chunk| chunk.iter().sum()).collect();
    Histogram { counts, ..histogram.clone() }
}

/// Draws the histogram on a scale of counts, with a black bar of zeros and a label with their fraction.
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

/// Formats the fraction of values that are exactly 0.
pub(super) fn zeros(histogram: &Histogram) -> String {
    let percent = 100.0 * histogram.zeros as f64 / histogram.count().max(1) as f64;
    match histogram.zeros {
        0 => "none are 0".to_owned(),
        _ if percent < 0.1 => "<0.1 % are 0".to_owned(),
        _ if percent < 10.0 => format!("{percent:.1} % are 0"),
        _ => format!("{percent:.0} % are 0"),
    }
}

/// Returns table rows: both ends of a bin and its count; zeros have a bin from 0 to 0.
pub(super) fn rows(histogram: &Histogram) -> Vec<[String; 3]> {
    // Histograms have f32 ends: more digits would only make large tables larger.
    let edge = |bin: usize| format!("{:e}", (f64::from(histogram.low) + bin as f64 * histogram.width()) as f32);
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
    fn zeros_have_a_label() {
        let of = |zeros, others| zeros_of(zeros, others);
        assert_eq!(
            (of(0, 5), of(1, 4), of(3, 97), of(1, 9999)),
            ("none are 0".to_owned(), "20 % are 0".to_owned(), "3.0 % are 0".to_owned(), "<0.1 % are 0".to_owned())
        );
    }

    fn zeros_of(zeros: u64, others: u64) -> String {
        super::zeros(&Histogram { low: 1.0, high: 1.0, zeros, counts: vec![others] })
    }
}
