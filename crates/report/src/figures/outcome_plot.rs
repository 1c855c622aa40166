//! Draws outcomes over an axis of numbers or of strings.

use ohmspike_analysis::recorded::Recorded;
use ohmspike_plot::mark::{Dash, Fill, Mark};
use ohmspike_plot::palette::{BASELINE, GREY, Look, Shape};
use ohmspike_plot::plot::{Plot, PlotAxis, TICK_SIZE, width};
use ohmspike_plot::scale::Scale;
use ohmspike_study::key_label::{value_label, words_and_unit};

use super::outcome_curves::{Curve, Point};
use super::x_axis::XAxis;

const ACCURACY: &str = "test accuracy (%)";
const HEIGHT: f64 = 270.0;
/// Sideways shift of the trials of the outermost curves, a fraction of the width.
const ASIDE: f64 = 0.008;
/// Minimum height of a row, and height per curve in it.
const ROW_HEIGHT: f64 = 26.0;
const CURVE_HEIGHT: f64 = 13.0;
/// Distance of trials below the interval of their mean, rows.
const TRIALS_BELOW: f64 = 0.12;
/// Line height of a name.
const NAME_HEIGHT: f64 = 18.0;
/// Height of a label at the end of a line, and the most lines with labels.
const LABEL_HEIGHT: f64 = 15.0;
const MAX_LABELS: usize = 8;
/// Longest label at the end of a line, SVG units, and the usual width of the axes.
const LONGEST_LABEL: f64 = 90.0;
const AXES: f64 = 370.0;

/// Draws means with intervals, trials, and, in a plot that is `alone`, a label at the end of each line. Small plots leave the names
/// of curves to the legend.
pub(super) fn over_numbers(recorded: Recorded, x: XAxis, curves: &[Curve], chance: Option<f64>, alone: bool) -> Plot {
    let xs: Vec<f64> = curves.iter().flat_map(|curve| &curve.points).map(|point| point.x).collect();
    let labels = if alone { line_labels(curves) } else { Vec::new() };
    let widest = labels.iter().map(|(label, _)| width(label, TICK_SIZE)).fold(0.0, f64::max);
    let scale = x.scale(recorded.study, &xs);
    let scale = if labels.is_empty() { scale } else { scale.with_room((widest + 10.0) / (AXES + 10.0)) };
    let mut marks: Vec<Mark> = chance.map(|chance| level(chance, &scale, GREY, Dash::Dashed)).into_iter().collect();
    marks.extend(recorded.baseline_outcome().map(|sample| level(sample.mean, &scale, BASELINE, Dash::Dotted)));
    for curve in curves {
        marks.extend(bands(curve));
    }
    for (number, curve) in curves.iter().enumerate() {
        marks.extend(trials(curve, aside(number, curves.len()), &scale));
    }
    for curve in curves {
        let means: Vec<(f64, f64)> = curve.points.iter().map(|point| (point.x, 100.0 * point.sample.mean)).collect();
        let Look { color, dash, .. } = curve.look;
        marks.push(Mark::Line { points: means, color, width: 1.8, dash });
        marks.extend(markers(curve, |point| (point.x, 100.0 * point.sample.mean)));
    }
    let at = scale.moved(scale.ends().1, 0.015);
    let label = |(content, y): (String, f64)| Mark::Label { at: (at, y), content, size: TICK_SIZE };
    marks.extend(labels.into_iter().map(label));
    Plot {
        title: String::new(),
        x: PlotAxis { label: x.label(recorded.study), scale },
        y: PlotAxis { label: ACCURACY.to_owned(), scale: Scale::percent() },
        marks,
        height: HEIGHT,
    }
}

/// Draws one row per string, with outcomes on the x axis.
pub(super) fn over_texts(recorded: Recorded, x: XAxis, curves: &[Curve], chance: Option<f64>) -> Plot {
    let axis = &recorded.study.axes[x.axis];
    let names: Vec<String> = axis.values.iter().map(|value| folded(&value_label(&axis.key, value))).collect();
    let mut marks: Vec<Mark> = Vec::new();
    if let Some(chance) = chance {
        let points = vec![(100.0 * chance, -0.5), (100.0 * chance, names.len() as f64 - 0.5)];
        marks.push(Mark::Line { points, color: GREY, width: 1.2, dash: Dash::Dashed });
    }
    if let Some(sample) = recorded.baseline_outcome() {
        let points = vec![(100.0 * sample.mean, -0.5), (100.0 * sample.mean, names.len() as f64 - 0.5)];
        marks.push(Mark::Line { points, color: BASELINE, width: 1.4, dash: Dash::Dotted });
    }
    for (number, curve) in curves.iter().enumerate() {
        let offset = 0.7 * ((number as f64 + 0.5) / curves.len() as f64 - 0.5);
        let color = curve.look.color;
        let all = curve.points.iter().flat_map(|point| {
            point.trials.iter().map(move |(_, outcome)| (100.0 * outcome, point.x + offset + TRIALS_BELOW))
        });
        if curve.points.iter().any(|point| point.trials.len() > 1) {
            marks.push(small_dots(all.collect(), color));
        }
        let ends = curve.points.iter().filter_map(|point| {
            let (low, high) = point.sample.accuracy_interval()?;
            Some([point.x + offset, 100.0 * low, 100.0 * high])
        });
        marks.push(Mark::Spans { ends: ends.collect(), color });
        marks.extend(markers(curve, |point| (100.0 * point.sample.mean, point.x + offset)));
    }
    let (label, _) = words_and_unit(&axis.key);
    let lines = names.iter().map(|name| name.split('\n').count()).max().unwrap_or(1);
    let name_height = NAME_HEIGHT * lines as f64 + 4.0;
    Plot {
        title: String::new(),
        x: PlotAxis { label: ACCURACY.to_owned(), scale: Scale::percent() },
        y: PlotAxis { label, scale: Scale::names(&names) },
        marks,
        height: names.len() as f64
            * [ROW_HEIGHT, CURVE_HEIGHT * (curves.len() as f64 + 1.0), name_height].into_iter().fold(0.0, f64::max),
    }
}

/// Returns labels with their heights, %, next to the ends of lines and apart from each other; none for a single curve, for many
/// curves or for long names.
fn line_labels(curves: &[Curve]) -> Vec<(String, f64)> {
    let long = curves.iter().any(|curve| width(&curve.label, TICK_SIZE) > LONGEST_LABEL);
    if !(2..=MAX_LABELS).contains(&curves.len()) || long {
        return Vec::new();
    }
    let end = |curve: &Curve| Some((curve.label.clone(), 100.0 * curve.points.last()?.sample.mean));
    let mut labels: Vec<(String, f64)> = curves.iter().filter_map(end).collect();
    labels.sort_by(|one, next| one.1.total_cmp(&next.1));
    let apart = 100.0 * LABEL_HEIGHT / HEIGHT;
    // Pushes labels up, then the whole stack down if it leaves the axis.
    for place in 1..labels.len() {
        labels[place].1 = labels[place].1.max(labels[place - 1].1 + apart);
    }
    let mut top = 100.0;
    for (_, y) in labels.iter_mut().rev() {
        *y = y.min(top);
        top = *y - apart;
    }
    labels
}

/// Draws a horizontal line at an accuracy, 0 to 1.
pub(super) fn level(accuracy: f64, scale: &Scale, color: &'static str, dash: Dash) -> Mark {
    let (low, high) = scale.ends();
    let low = if scale.is_broken() { 0.0 } else { low };
    let points = vec![(low, 100.0 * accuracy), (high, 100.0 * accuracy)];
    Mark::Line { points, color, width: 1.4, dash }
}

/// Returns the sideways shift of the trials of a curve, which separates the trials of several curves; a fraction of the width.
fn aside(number: usize, curves: usize) -> f64 {
    if curves < 2 { 0.0 } else { ASIDE * (2.0 * number as f64 / (curves - 1) as f64 - 1.0) }
}

/// Draws the trials behind the means; none if each mean has only one trial.
fn trials(curve: &Curve, aside: f64, scale: &Scale) -> Option<Mark> {
    curve.points.iter().any(|point| point.trials.len() > 1).then(|| {
        let all = curve.points.iter().flat_map(|point| {
            let x = scale.moved(point.x, aside);
            point.trials.iter().map(move |(_, outcome)| (x, 100.0 * outcome))
        });
        small_dots(all.collect(), curve.look.color)
    })
}

/// Draws the means of a curve, hollow for unhealthy networks.
fn markers(curve: &Curve, at: impl Fn(&Point) -> (f64, f64)) -> impl Iterator<Item = Mark> {
    let Look { color, shape, .. } = curve.look;
    let of = |unhealthy: bool| -> Vec<(f64, f64)> {
        curve.points.iter().filter(|point| point.unhealthy == unhealthy).map(&at).collect()
    };
    let marks = [(of(false), Fill::Opacity(1.0)), (of(true), Fill::Hollow)];
    marks.into_iter().filter(|(points, _)| !points.is_empty()).map(move |(points, fill)| Mark::Dots {
        points,
        color,
        shape,
        size: 4.0,
        fill,
    })
}

fn small_dots(points: Vec<(f64, f64)>, color: &'static str) -> Mark {
    Mark::Dots { points, color, shape: Shape::Circle, size: 1.7, fill: Fill::Opacity(0.5) }
}

/// Draws intervals: a band over neighbours with intervals, a bar for a single one.
fn bands(curve: &Curve) -> Vec<Mark> {
    let ends: Vec<Option<[f64; 3]>> = curve.points.iter().map(interval).collect();
    let runs = ends.split(Option::is_none).map(|run| run.iter().copied().flatten().collect::<Vec<_>>());
    let color = curve.look.color;
    let mark = |run: Vec<[f64; 3]>| match run.len() {
        1 => Mark::Intervals { ends: run, color },
        _ => Mark::Band { ends: run, color },
    };
    runs.filter(|run| !run.is_empty()).map(mark).collect()
}

/// Returns position and interval of a mean in percent, limited to the axis.
fn interval(point: &Point) -> Option<[f64; 3]> {
    let (low, high) = point.sample.accuracy_interval()?;
    Some([point.x, 100.0 * low, 100.0 * high])
}

/// Breaks a long name into lines after hyphens, slashes and underscores.
fn folded(name: &str) -> String {
    const LONGEST: usize = 22;
    let mut lines = vec![String::new()];
    for part in name.split_inclusive(['-', '/', '_', ' ']) {
        let line = lines.last_mut().expect("there is a first line");
        if line.is_empty() || line.chars().count() + part.chars().count() <= LONGEST {
            line.push_str(part);
        } else {
            lines.push(part.to_owned());
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_break_after_hyphens() {
        assert_eq!(folded("hfox-taox-wan-2022-1s"), "hfox-taox-wan-2022-1s");
        assert_eq!(folded("my-very-long-device-name-of-2024"), "my-very-long-device-\nname-of-2024");
    }
}
