//! The outcome over a swept axis: mean and every trial, one curve a value of another axis, with 95 % intervals.
//!
//! An axis of numbers runs along x. An axis of texts, such as devices, stands on the left, with a row a text.

use super::figure::{Data, Figure, cell};
use super::key_label::{FRACTION, axis_label, heading, value_label, words_and_unit};
use super::mark::{Dash, Fill, Mark};
use super::palette::{GREY, Look, Shape};
use super::plate::{Entry, Plate, Sample as Shown};
use super::plot::{Plot, PlotAxis};
use super::recorded::{Group, Recorded, is_numeric};
use super::scale::Scale;
use super::x_axis::XAxis;
use crate::statistics::Sample;
use crate::summary::plain;

pub(super) const ACCURACY: &str = "test accuracy (%)";
const HEIGHT: f64 = 270.0;
/// How far the trials of the outermost curves stand beside their means, shares of the width.
const ASIDE: f64 = 0.008;
/// Least height of a row of texts, and what every curve in it needs.
const ROW_HEIGHT: f64 = 26.0;
const CURVE_HEIGHT: f64 = 9.0;

/// The outcomes of one condition.
#[derive(Clone, Debug, PartialEq)]
struct Point {
    /// Place on the axis.
    x: f64,
    /// The value of the axis as text.
    text: String,
    sample: Sample,
    /// Seeds and outcomes.
    trials: Vec<(u64, f64)>,
}

/// The conditions that differ only on the axis along x.
#[derive(Clone, Debug, PartialEq)]
struct Curve {
    /// Words in the legend, and the value of the axis that makes the curves.
    label: String,
    value: String,
    look: Look,
    points: Vec<Point>,
}

/// A figure for every combination of the axes that are neither along x nor make the curves; none before there is an
/// outcome.
pub(super) fn figures(recorded: Recorded, x: XAxis) -> Vec<Figure> {
    let others: Vec<usize> = (0..recorded.study.axes.len()).filter(|&axis| axis != x.axis).collect();
    let curve = curve_axis(recorded, &others);
    let apart: Vec<usize> = others.into_iter().filter(|&axis| Some(axis) != curve).collect();
    recorded.groups(&apart).iter().filter_map(|group| figure(recorded, x, curve, group)).collect()
}

/// The excitatory share makes the curves where it is swept, as in the study.
fn curve_axis(recorded: Recorded, others: &[usize]) -> Option<usize> {
    recorded.axis(FRACTION).filter(|axis| others.contains(axis)).or(others.first().copied())
}

fn figure(recorded: Recorded, x: XAxis, curve: Option<usize>, group: &Group) -> Option<Figure> {
    let study = recorded.study;
    let curves = curves(recorded, x, curve, group);
    if curves.iter().all(|curve| curve.points.is_empty()) {
        return None;
    }
    let chance = recorded.chance();
    let plot = match is_numeric(&study.axes[x.axis]) {
        true => over_numbers(recorded, x, &curves, chance),
        false => over_texts(recorded, x, &curves, chance),
    };
    let plate = Plate {
        title: group.title(&study.name),
        entries: entries(&curves, curve.map(|axis| study.axes[axis].key.as_str()), chance),
        rows: vec![vec![plot]],
    };
    let key = x.key(study);
    let name = group.file_stem(&format!("outcome-over-{key}"));
    let caption = caption(recorded, x, group, &curves);
    Some(Figure::new(name, caption, plate, &data(&curves, &x.column(study), curve.map(|axis| &study.axes[axis].key))))
}

fn curves(recorded: Recorded, x: XAxis, curve: Option<usize>, group: &Group) -> Vec<Curve> {
    let numeric = is_numeric(&recorded.study.axes[x.axis]);
    let texts = &recorded.study.axes[x.axis].values;
    let point = |&condition: &usize| {
        let value = recorded.value(condition, x.axis);
        let trials = recorded.outcomes(condition);
        let sample = Sample::of(&trials.iter().map(|(_, outcome)| *outcome).collect::<Vec<f64>>())?;
        let place = || texts.iter().position(|text| text == value).map(|place| place as f64);
        let x = if numeric { x.value(recorded, condition)? } else { place()? };
        x.is_finite().then(|| Point { x, text: plain(value), sample, trials })
    };
    let curve_of = |number: usize, label: String, wanted: Option<(usize, &toml::Value)>| {
        let chosen = group
            .conditions
            .iter()
            .filter(|condition| wanted.is_none_or(|(axis, value)| recorded.value(**condition, axis) == value));
        let mut points: Vec<Point> = chosen.filter_map(point).collect();
        points.sort_by(|one, next| one.x.total_cmp(&next.x));
        let value = wanted.map(|(_, value)| plain(value)).unwrap_or_default();
        Curve { label, value, look: Look::of(number), points }
    };
    let Some(axis) = curve else { return vec![curve_of(0, "mean".to_owned(), None)] };
    let made = &recorded.study.axes[axis];
    let numbered = made.values.iter().enumerate();
    numbered.map(|(number, value)| curve_of(number, value_label(&made.key, value), Some((axis, value)))).collect()
}

fn over_numbers(recorded: Recorded, x: XAxis, curves: &[Curve], chance: Option<f64>) -> Plot {
    let xs: Vec<f64> = curves.iter().flat_map(|curve| &curve.points).map(|point| point.x).collect();
    let scale = x.scale(recorded.study, &xs);
    let mut marks: Vec<Mark> = chance.map(|chance| level_of_chance(chance, &scale)).into_iter().collect();
    for curve in curves {
        marks.extend(bands(curve));
    }
    for (number, curve) in curves.iter().enumerate() {
        marks.extend(trials(curve, aside(number, curves.len()), &scale));
    }
    for curve in curves {
        let means: Vec<(f64, f64)> = curve.points.iter().map(|point| (point.x, 100.0 * point.sample.mean)).collect();
        let Look { color, shape } = curve.look;
        marks.push(Mark::Line { points: means.clone(), color, width: 1.8, dash: Dash::Solid });
        marks.push(Mark::Dots { points: means, color, shape, size: 4.0, fill: Fill::Opacity(1.0) });
    }
    Plot {
        title: String::new(),
        x: PlotAxis { label: x.label(recorded.study), scale },
        y: PlotAxis { label: ACCURACY.to_owned(), scale: Scale::percent() },
        marks,
        height: HEIGHT,
    }
}

/// A row a text; outcomes run along x.
fn over_texts(recorded: Recorded, x: XAxis, curves: &[Curve], chance: Option<f64>) -> Plot {
    let axis = &recorded.study.axes[x.axis];
    let names: Vec<String> = axis.values.iter().map(|value| folded(&value_label(&axis.key, value))).collect();
    let mut marks: Vec<Mark> = Vec::new();
    if let Some(chance) = chance {
        let points = vec![(100.0 * chance, -0.5), (100.0 * chance, names.len() as f64 - 0.5)];
        marks.push(Mark::Line { points, color: GREY, width: 1.2, dash: Dash::Dashed });
    }
    for (number, curve) in curves.iter().enumerate() {
        let beside = 0.7 * ((number as f64 + 0.5) / curves.len() as f64 - 0.5);
        let Look { color, shape } = curve.look;
        let all = curve
            .points
            .iter()
            .flat_map(|point| point.trials.iter().map(move |(_, outcome)| (100.0 * outcome, point.x + beside)));
        if curve.points.iter().any(|point| point.sample.n > 1) {
            marks.push(small_dots(all.collect(), color));
        }
        let ends = curve.points.iter().filter_map(|point| {
            let (low, high) = point.sample.ci95?;
            Some([point.x + beside, 100.0 * low.max(0.0), 100.0 * high.min(1.0)])
        });
        marks.push(Mark::Spans { ends: ends.collect(), color });
        let means = curve.points.iter().map(|point| (100.0 * point.sample.mean, point.x + beside)).collect();
        marks.push(Mark::Dots { points: means, color, shape, size: 4.0, fill: Fill::Opacity(1.0) });
    }
    let (label, _) = words_and_unit(&axis.key);
    Plot {
        title: String::new(),
        x: PlotAxis { label: ACCURACY.to_owned(), scale: Scale::percent() },
        y: PlotAxis { label, scale: Scale::names(&names) },
        marks,
        height: names.len() as f64 * ROW_HEIGHT.max(CURVE_HEIGHT * (curves.len() as f64 + 1.0)),
    }
}

fn level_of_chance(chance: f64, scale: &Scale) -> Mark {
    let (low, high) = scale.ends();
    let low = if scale.is_broken() { 0.0 } else { low };
    let points = vec![(low, 100.0 * chance), (high, 100.0 * chance)];
    Mark::Line { points, color: GREY, width: 1.2, dash: Dash::Dashed }
}

/// How far the trials of a curve stand aside, so that those of several curves can be told apart; shares of the width.
fn aside(number: usize, curves: usize) -> f64 {
    if curves < 2 { 0.0 } else { ASIDE * (2.0 * number as f64 / (curves - 1) as f64 - 1.0) }
}

/// Every trial behind the means; none where every mean is that of one.
fn trials(curve: &Curve, aside: f64, scale: &Scale) -> Option<Mark> {
    curve.points.iter().any(|point| point.sample.n > 1).then(|| {
        let all = curve.points.iter().flat_map(|point| {
            let x = scale.moved(point.x, aside);
            point.trials.iter().map(move |(_, outcome)| (x, 100.0 * outcome))
        });
        small_dots(all.collect(), curve.look.color)
    })
}

fn small_dots(points: Vec<(f64, f64)>, color: &'static str) -> Mark {
    Mark::Dots { points, color, shape: Shape::Circle, size: 1.7, fill: Fill::Opacity(0.5) }
}

/// The intervals of the means: a band over every run of neighbours that have one, a bar for one on its own.
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

/// Place of a point and the interval of its mean in percent, cut where the axis ends.
fn interval(point: &Point) -> Option<[f64; 3]> {
    let (low, high) = point.sample.ci95?;
    Some([point.x, 100.0 * low.clamp(0.0, 1.0), 100.0 * high.clamp(0.0, 1.0)])
}

fn entries(curves: &[Curve], key: Option<&str>, chance: Option<f64>) -> Vec<Entry> {
    let mut entries: Vec<Entry> =
        key.map(|key| Entry::new(Shown::Heading, format!("{}:", heading(key)))).into_iter().collect();
    entries.extend(curves.iter().map(|curve| Entry::new(Shown::Curve(curve.look), curve.label.clone())));
    let points = || curves.iter().flat_map(|curve| &curve.points);
    if points().any(|point| point.sample.n > 1) {
        entries.push(Entry::new(Shown::Dot, "one trial"));
    }
    if points().any(|point| point.sample.ci95.is_some()) {
        entries.push(Entry::new(Shown::Band, "95 % interval"));
    }
    let percent = |chance: f64| (1000.0 * chance).round() / 10.0;
    entries.extend(
        chance.map(|chance| Entry::new(Shown::Line(GREY, Dash::Dashed), format!("chance, {} %", percent(chance)))),
    );
    entries
}

fn caption(recorded: Recorded, x: XAxis, group: &Group, curves: &[Curve]) -> String {
    let study = recorded.study;
    let counts = curves.iter().flat_map(|curve| &curve.points).map(|point| point.sample.n);
    let (least, most) = counts.fold((usize::MAX, 0), |(least, most), n| (least.min(n), most.max(n)));
    let mut text = format!("{}, over {}.", outcome_words(recorded), in_sentence(&axis_label(x.key(study))));
    text.push_str(&match (least, most) {
        (1, 1) => " Markers are single trials (n = 1).".to_owned(),
        _ if least == most => format!(" Markers are means of n = {most} trials, small dots the trials."),
        _ => format!(" Markers are means of n = {least} to {most} trials, small dots the trials."),
    });
    if most > 1 {
        text.push_str(" Bands or bars are 95 % intervals of the mean over seeds (Student's t).");
    }
    let failures = recorded.failures(&group.conditions);
    if failures > 0 {
        text.push_str(&format!(" {failures} trials diverged and are left out."));
    }
    text + &x.note(recorded)
}

/// What an outcome is, in words: mean test accuracy of so many epochs.
pub(super) fn outcome_words(recorded: Recorded) -> String {
    let of = |of: fn(&crate::settings::Settings) -> usize| {
        let mut values: Vec<usize> =
            recorded.study.conditions.iter().map(|condition| of(&condition.settings)).collect();
        values.sort_unstable();
        values.dedup();
        if let [value] = values[..] { Some(value) } else { None }
    };
    match (of(|settings| settings.outcome.last_epochs), of(|settings| settings.preset().epochs)) {
        (_, Some(1)) => "Test accuracy after one epoch".to_owned(),
        (Some(1), Some(epochs)) => format!("Test accuracy after the last of {epochs} epochs"),
        (Some(last), Some(epochs)) => format!("Mean test accuracy of the last {} of {epochs} epochs", last.min(epochs)),
        _ => "Mean test accuracy of the last epochs".to_owned(),
    }
}

/// Labels begin as they do on an axis; sentences go on with them as they are.
fn in_sentence(label: &str) -> String {
    format!("the {label}")
}

fn data(curves: &[Curve], x: &str, curve: Option<&String>) -> Data {
    let mut data = Data::new(["mark"]);
    data.header.push(x.to_owned());
    data.header.extend(curve.cloned());
    data.header.extend(["seed", "accuracy_percent", "ci95_low_percent", "ci95_high_percent", "n"].map(str::to_owned));
    let percent = |value: f64| cell(Some(100.0 * value));
    for Curve { value, points, .. } in curves {
        for point in points {
            // An axis of texts has its texts in the table, one of numbers its numbers.
            let x = if point.text.parse::<f64>().is_ok() { short(point.x) } else { point.text.clone() };
            let head = |mark: &str| {
                let cells = [mark.to_owned(), x.clone()].into_iter();
                cells.chain(curve.map(|_| value.clone())).collect::<Vec<String>>()
            };
            for (seed, outcome) in &point.trials {
                let rest = [seed.to_string(), percent(*outcome), String::new(), String::new(), "1".to_owned()];
                data.rows.push(head("trial").into_iter().chain(rest).collect());
            }
            let (low, high) = point.sample.ci95.unzip();
            let ends = [low, high].map(|end| cell(end.map(|end| 100.0 * end)));
            let [low, high] = ends;
            let rest = [String::new(), percent(point.sample.mean), low, high, point.sample.n.to_string()];
            data.rows.push(head("mean").into_iter().chain(rest).collect());
        }
    }
    data
}

/// The shortest number that reads as `value`.
fn short(value: f64) -> String {
    value.to_string()
}

/// A long name in lines, broken behind hyphens and slashes.
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
    use super::super::fixture::{Fixture, record};
    use super::super::{AxisChoice, study_figures};
    use super::*;

    const NOISE_STUDY: &str = "[network]\nexcitatory_fraction = [0.5, 1.0]\n[noise]\nlevel_percent = [1, 20, 100]\n\
                               [training]\nepochs = 30\n[repeats]\nseeds = 3\n";

    fn of(
        text: &str,
        x: Option<&str>,
        outcome: impl Fn(&crate::settings::Settings, u64) -> Option<f64>,
    ) -> Vec<Figure> {
        let choice = AxisChoice { x: x.map(str::to_owned), noise_unit: None };
        let mut figures =
            Fixture::new(text, outcome).see(|recorded| study_figures(recorded, &choice).expect("figures"));
        figures.retain(|figure| figure.name.starts_with("outcome-over"));
        figures
    }

    fn numbers(csv: &str, mark: &str, column: usize) -> Vec<f64> {
        let rows = csv.lines().filter(|line| line.starts_with(mark));
        rows.map(|line| line.split(',').nth(column).expect("a column").parse().expect("a number")).collect()
    }

    #[test]
    fn every_trial_is_drawn_at_its_outcome() {
        let made_up = |settings: &crate::settings::Settings, seed: u64| {
            Some(0.8 - settings.noise.level_percent / 200.0 + 0.01 * seed as f64)
        };
        let fixture = Fixture::new(NOISE_STUDY, made_up);
        fixture.see(|recorded| {
            let x = AxisChoice::default().axes(recorded.study)[0];
            let curves = curves(recorded, x, recorded.axis(FRACTION), &recorded.groups(&[])[0]);
            let means: Vec<(f64, f64)> =
                curves[1].points.iter().map(|point| (point.x, (1e6 * point.sample.mean).round() / 1e6)).collect();
            assert_eq!(means, [(1.0, 0.815), (20.0, 0.72), (100.0, 0.32)]);
            let plot = over_numbers(recorded, x, &curves, Some(0.1));
            let drawn = |size: f64| {
                let dots = plot.marks.iter().filter_map(|mark| match mark {
                    Mark::Dots { points, size: of, .. } if *of == size => Some(points.clone()),
                    _ => None,
                });
                dots.collect::<Vec<_>>()
            };
            let trials: Vec<f64> = drawn(1.7)[0].iter().map(|(_, accuracy)| accuracy.round()).collect();
            assert_eq!(trials, [81.0, 82.0, 83.0, 71.0, 72.0, 73.0, 31.0, 32.0, 33.0]);
            assert_eq!(drawn(4.0)[1].iter().map(|(x, _)| *x).collect::<Vec<f64>>(), [1.0, 20.0, 100.0]);
        });
    }

    #[test]
    fn the_table_holds_what_is_drawn() {
        let figures = of(NOISE_STUDY, None, |_, seed| Some(0.5 + 0.1 * seed as f64));
        let csv = &figures[0].csv;
        let header = "mark,noise.level_percent,network.excitatory_fraction,seed,accuracy_percent,ci95_low_percent,\
                      ci95_high_percent,n";
        assert_eq!(csv.lines().next(), Some(header));
        assert_eq!(numbers(csv, "trial", 1)[..4], [1.0, 1.0, 1.0, 20.0]);
        assert_eq!(numbers(csv, "trial", 4)[..3], [60.0, 70.0, 80.0]);
        assert_eq!(numbers(csv, "mean", 4), [70.0; 6]);
        // t(0.975, 2) = 4.3027 (any table), times 10 / sqrt(3).
        assert!(numbers(csv, "mean", 6).iter().all(|high| (high - 70.0 - 24.841).abs() < 1e-3));
    }

    #[test]
    fn one_seed_has_no_interval_and_no_word_of_one() {
        let figures = of(NOISE_STUDY, None, |_, seed| (seed == 1).then_some(0.5));
        assert!(!figures[0].svg.contains("interval") && !figures[0].svg.contains("one trial"));
        assert!(figures[0].caption.contains("single trials (n = 1)") && !figures[0].caption.contains("interval"));
        let more = of(NOISE_STUDY, None, |_, seed| Some(0.1 * seed as f64));
        assert!(more[0].svg.contains("95 % interval") && more[0].svg.contains("one trial"));
        assert!(more[0].caption.contains("n = 3 trials"), "{}", more[0].caption);
    }

    #[test]
    fn nothing_is_drawn_before_there_is_an_outcome() {
        assert!(of(NOISE_STUDY, None, |_, _| None).is_empty());
        assert!(of("[network]\nhidden = 20\n", None, |_, _| Some(0.5)).is_empty(), "no axis");
    }

    #[test]
    fn every_axis_of_numbers_has_a_figure_with_its_unit() {
        let text = "[hardware]\ndevice = \"study-1k-1m\"\nretention_seconds = [0, 1, 3600, 315576000]\n\
                    [device.faults]\np_low_resistance = [0, 0.01]\n";
        let figures = of(text, None, |_, _| Some(0.5));
        let names: Vec<&str> = figures.iter().map(|figure| figure.name.as_str()).collect();
        assert_eq!(
            names[..2],
            ["outcome-over-hardware.retention_seconds", "outcome-over-device.faults.p_low_resistance"]
        );
        for label in [">0<", ">1 s<", ">1 h<", ">10 y<", ">time between the last write and the test<"] {
            assert!(figures[0].svg.contains(label), "{label}");
        }
        assert!(figures[1].svg.contains(">share of cells stuck at the low resistance<"));
        assert_eq!(of(text, Some("device.faults.p_low_resistance"), |_, _| Some(0.5)).len(), 1);
    }

    #[test]
    fn devices_are_rows_with_readable_names() {
        let text = "[network]\nexcitatory_fraction = [0.8, 1.0]\n[hardware]\n\
                    device = [\"ideal\", \"hfox-taox-wan-2022-1s\"]\n[repeats]\nseeds = 2\n";
        let figures = of(text, None, |_, seed| Some(0.1 * seed as f64));
        assert_eq!(figures[0].name, "outcome-over-hardware.device");
        for name in [">ideal<", ">hfox-taox-wan-2022-1s<", ">80:20<", ">test accuracy (%)<"] {
            assert!(figures[0].svg.contains(name), "{name}");
        }
        assert!(figures[0].csv.contains("mean,hfox-taox-wan-2022-1s,1.0,,15.000000,"), "{}", figures[0].csv);
        assert_eq!(folded("my-very-long-device-name-of-2024"), "my-very-long-device-\nname-of-2024");
    }

    #[test]
    fn failures_are_told() {
        let fixture = Fixture::with_records(NOISE_STUDY, |settings, seed| {
            let outcome = (settings.noise.level_percent < 100.0).then_some(0.5);
            Some(crate::record::Record { outcome, ..record(settings, seed, 0.5) })
        });
        let figures = fixture.see(|recorded| study_figures(recorded, &AxisChoice::default()).expect("figures"));
        assert!(figures[0].caption.contains(" 6 trials diverged and are left out."), "{}", figures[0].caption);
    }

    #[test]
    fn a_second_drawing_has_the_same_bytes() {
        let draw = || of(NOISE_STUDY, None, |_, seed| Some(0.1 * seed as f64));
        assert_eq!(draw(), draw());
        assert_eq!(draw()[0].png().expect("pixels"), draw()[0].png().expect("pixels"));
    }
}
