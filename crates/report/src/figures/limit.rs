//! The figure of a limit: accuracy over the level, with every trial behind the answer.

use ohmspike_analysis::limit::{Criterion, Purpose, Statistic, Target, Training};
use ohmspike_answers::limit::report::{Bound, LimitReport, LimitRow, TrialLine};
use ohmspike_answers::limit::words;
use ohmspike_plot::grid::{Entry, Grid, Swatch};
use ohmspike_plot::mark::{Dash, Fill, Mark};
use ohmspike_plot::palette::{BLACK, GREY, Look, Shape};
use ohmspike_plot::plot::{Plot, PlotAxis};
use ohmspike_plot::scale::Scale;
use ohmspike_study::key_label::{axis_label, words_and_unit};

use super::Figure;
use super::figure::{Data, cell, part_name};

const HEIGHT: f64 = 250.0;
/// Levels within this factor of the bounds are shown enlarged.
const NEAR: f64 = 1.6;
/// Whole-number levels within this distance of the bounds are shown enlarged.
const NEAR_WHOLE: f64 = 2.0;
/// Largest fraction of trials in the enlarged plot.
const MAX_NEAR: f64 = 0.9;
/// Certified and refuted levels: blue and vermilion of Okabe and Ito (2008).
const CERTIFIED: &str = "#0072B2";
const REFUTED: &str = "#D55E00";

/// Returns one figure per tested key, and one of all keys together.
pub fn limit_figures(report: &LimitReport) -> Vec<Figure> {
    report.all_rows().filter(|row| row.has_tests()).map(|row| figure(report, row)).collect()
}

fn figure(report: &LimitReport, row: &LimitRow) -> Figure {
    let mut plots = vec![plot(report, row, "all trials", &|_| true)];
    if let Some((low, high)) = near(row) {
        plots.push(plot(report, row, "near the limit", &|level| (low..=high).contains(&level)));
    }
    let wide = plots.len() > 1;
    let grid = Grid { title: String::new(), entries: entries(row), rows: vec![plots] };
    let question = report.number.saturating_sub(1) as usize;
    let (name, caption) = (part_name(&format!("limit-{}", row.key), question), caption(report, row));
    if wide { Figure::wide(name, caption, grid, &data(row)) } else { Figure::new(name, caption, grid, &data(row)) }
}

/// Returns the range of levels around the bounds; none without bounds, or if it holds most trials.
fn near(row: &LimitRow) -> Option<(f64, f64)> {
    let bounds = [&row.certified, &row.refuted].into_iter().filter_map(|bound| Some(bound.as_ref()?.value));
    let (low, high) = bounds.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), at| (low.min(at), high.max(at)));
    let (low, high) = if is_whole(row) { (low - NEAR_WHOLE, high + NEAR_WHOLE) } else { (low / NEAR, high * NEAR) };
    let levels = || row.trials.iter().filter_map(|line| line.level);
    let inside = levels().filter(|level| (low..=high).contains(level)).count();
    (low <= high && inside as f64 <= MAX_NEAR * levels().count() as f64).then_some((low, high))
}

fn is_whole(row: &LimitRow) -> bool {
    row.levels.windows(2).all(|pair| (pair[1] - pair[0]).abs() == 1.0)
}

fn plot(report: &LimitReport, row: &LimitRow, title: &str, shown: &dyn Fn(f64) -> bool) -> Plot {
    let lines: Vec<&TrialLine> = row.trials.iter().filter(|line| line.level.is_some_and(shown)).collect();
    let mut xs: Vec<f64> = lines.iter().filter_map(|line| line.level).collect();
    xs.extend([&row.certified, &row.refuted].into_iter().filter_map(|bound| Some(bound.as_ref()?.value)));
    if lines.len() == row.trials.iter().filter(|line| line.level.is_some()).count() {
        xs.extend([row.levels[0], row.levels[row.levels.len() - 1]]);
    }
    let threshold = threshold(&report.criterion, row);
    let chance = report.criterion.chance;
    let y = |line: &TrialLine| 100.0 * line.accuracy.unwrap_or(chance);
    let mut ys: Vec<f64> = lines.iter().map(|line| y(line)).collect();
    ys.extend(threshold.map(|at| 100.0 * at));
    let scale = scale(row, &xs);
    let y_scale = Scale::linear(&ys);
    let (left, right) = scale.ends();
    let (bottom, top) = y_scale.ends();
    let mut marks = Vec::new();
    if let Some(at) = threshold {
        let points = vec![(left, 100.0 * at), (right, 100.0 * at)];
        marks.push(Mark::Line { points, color: GREY, width: 1.4, dash: Dash::Dashed });
    }
    for (bound, color, dash) in bounds(row) {
        let points = vec![(bound.value, bottom), (bound.value, top)];
        marks.push(Mark::Line { points, color, width: 1.4, dash });
    }
    for (kind, look, fill, size) in kinds() {
        let at = |line: &&&TrialLine| kind.holds(line);
        let points: Vec<(f64, f64)> = lines.iter().filter(at).filter_map(|line| Some((line.level?, y(line)))).collect();
        if !points.is_empty() {
            marks.push(Mark::Dots { points, color: look.color, shape: look.shape, size, fill });
        }
    }
    let together = row.key == ohmspike_answers::limit::row::TOGETHER;
    let label = if together { "common fraction of the limits".to_owned() } else { axis_title(row) };
    Plot {
        title: title.to_owned(),
        x: PlotAxis { label, scale },
        y: PlotAxis { label: "test accuracy (%)".to_owned(), scale: y_scale },
        marks,
        height: HEIGHT,
    }
}

/// Returns the title of the x axis; ticks of times state their unit.
fn axis_title(row: &LimitRow) -> String {
    if is_time(row) { words_and_unit(&row.key).0 } else { axis_label(&row.key) }
}

fn is_time(row: &LimitRow) -> bool {
    row.unit == "s"
}

fn scale(row: &LimitRow, xs: &[f64]) -> Scale {
    let positive = xs.iter().all(|x| *x > 0.0);
    let (low, high) = xs.iter().fold((f64::INFINITY, 0.0f64), |(low, high), x| (low.min(*x), high.max(*x)));
    match () {
        () if is_whole(row) => Scale::whole(xs),
        () if positive && is_time(row) => Scale::times(xs),
        () if positive && high > 4.0 * low => Scale::log(xs),
        () => Scale::linear(xs),
    }
}

/// Returns the accuracy of the criterion; for a loss, that below the mean of the reference.
fn threshold(criterion: &Criterion, row: &LimitRow) -> Option<f64> {
    match criterion.target {
        Target::Accuracy(threshold) => Some(threshold),
        Target::Loss(allowed) => Some(row.limit.as_ref()?.baseline.accuracy - allowed),
    }
}

fn bounds(row: &LimitRow) -> Vec<(&Bound, &'static str, Dash)> {
    let certified = row.certified.iter().map(|bound| (bound, CERTIFIED, Dash::Solid));
    certified.chain(row.refuted.iter().map(|bound| (bound, REFUTED, Dash::Dotted))).collect()
}

/// Kinds of dots, back to front.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Short,
    Search,
    Certify,
    Refute,
    Failed,
}

impl Kind {
    fn holds(self, line: &TrialLine) -> bool {
        let of = match (line.purpose, line.training) {
            _ if line.failure.is_some() => Kind::Failed,
            (_, Training::Short) => Kind::Short,
            (Purpose::Certify, _) => Kind::Certify,
            (Purpose::Refute, _) => Kind::Refute,
            (Purpose::Search | Purpose::Baseline, _) => Kind::Search,
        };
        of == self
    }

    fn label(self) -> &'static str {
        match self {
            Kind::Short => "search, short training",
            Kind::Search => "search",
            Kind::Certify => "to certify",
            Kind::Refute => "to refute",
            Kind::Failed => "diverged or unhealthy",
        }
    }
}

/// Returns the kinds of dots with their look, fill and size.
fn kinds() -> [(Kind, Look, Fill, f64); 5] {
    let look = |color, shape| Look { color, shape, dash: Dash::Solid };
    [
        (Kind::Short, look(GREY, Shape::Triangle), Fill::Opacity(0.7), 2.2),
        (Kind::Search, look(GREY, Shape::Circle), Fill::Opacity(0.9), 2.4),
        (Kind::Certify, look(CERTIFIED, Shape::Square), Fill::Opacity(0.7), 2.6),
        (Kind::Refute, look(REFUTED, Shape::Diamond), Fill::Opacity(0.7), 2.6),
        (Kind::Failed, look(BLACK, Shape::Cross), Fill::Opacity(0.9), 2.6),
    ]
}

fn entries(row: &LimitRow) -> Vec<Entry> {
    let present = |kind: Kind| row.trials.iter().any(|line| line.level.is_some() && kind.holds(line));
    let mut entries: Vec<Entry> = kinds()
        .into_iter()
        .filter(|(kind, ..)| present(*kind))
        .map(|(kind, look, ..)| Entry::new(Swatch::Marker(look), kind.label()))
        .collect();
    let names = ["certified", "refuted"];
    for (bound, color, dash) in bounds(row) {
        let name = if color == CERTIFIED { names[0] } else { names[1] };
        entries.push(Entry::new(Swatch::Line(color, dash), format!("{name} {}", words::level(row, bound.value))));
    }
    entries.push(Entry::new(Swatch::Line(GREY, Dash::Dashed), "criterion"));
    entries
}

fn caption(report: &LimitReport, row: &LimitRow) -> String {
    let answer = words::answer(report, row);
    let line = match report.criterion.target {
        Target::Accuracy(_) => "The dashed line is the required accuracy.",
        Target::Loss(_) => {
            "The dashed line is the allowed loss below the mean of the reference; losses are tested per seed."
        }
    };
    let what = match report.criterion.statistic {
        Statistic::Mean => "Each dot is one trial.",
        Statistic::Chips(_) => "Each dot is one chip.",
    };
    format!(
        "{answer}. {what} {}; {}. Certificates and refutations use seeds that neither the search nor an earlier answer in the folder has used. {line} \
         Reference: {}.",
        words::trials(row),
        words::repeats(report),
        row.reference
    )
}

fn data(row: &LimitRow) -> Data {
    let mut data = Data::new(["level", "purpose", "training", "seed", "accuracy_percent", "failure", "trial"]);
    for line in &row.trials {
        data.rows.push(vec![
            line.level.map(|level| level.to_string()).unwrap_or_default(),
            words::purpose(line.purpose).to_owned(),
            if line.training == Training::Short { "short" } else { "full" }.to_owned(),
            line.seed.to_string(),
            cell(line.accuracy.map(|accuracy| 100.0 * accuracy)),
            line.failure.clone().unwrap_or_default(),
            line.id.clone(),
        ]);
    }
    data
}
