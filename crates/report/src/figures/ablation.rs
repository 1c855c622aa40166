//! Loss of accuracy by each mechanism of a device: bars with intervals.

use ohmspike_analysis::ablation::{Ablation, Contribution, Effect};
use ohmspike_answers::ablate::AblationAnswer;
use ohmspike_plot::grid::{Entry, Grid, Swatch};
use ohmspike_plot::mark::{Dash, Fill, Mark};
use ohmspike_plot::palette::{BLACK, GREY, Look, Shape};
use ohmspike_plot::plot::{Plot, PlotAxis};
use ohmspike_plot::scale::Scale;
use ohmspike_study::settings::NO_DEVICE;

use super::figure::{Data, Figure, cell, part_name};

/// Height of a bar and of the whole row, in SVG units.
const ROW: f64 = 34.0;
/// Half the height of a bar, a fraction of a row.
const HALF: f64 = 0.3;

/// Returns the figure of the losses by mechanism.
pub fn ablation_figure(answer: &AblationAnswer, ablation: &Ablation) -> Figure {
    let bars = bars(answer, ablation);
    let ends = bars.iter().flat_map(|bar| {
        let ends = |effect: &Effect| effect.ci95.map_or([effect.mean; 2], |(low, high)| [low, high]);
        [ends(&bar.shapley), ends(&bar.alone), ends(&bar.last)].concat()
    });
    let ends: Vec<f64> = ends.map(|end| 100.0 * end).chain([0.0]).collect();
    let names: Vec<String> = bars.iter().map(|bar| bar.name.clone()).collect();
    let plot = Plot {
        title: String::new(),
        x: PlotAxis { label: "loss of test accuracy (points)".to_owned(), scale: Scale::fitting(&ends) },
        y: PlotAxis { label: String::new(), scale: Scale::names(&names) },
        marks: marks(&bars),
        height: ROW * bars.len() as f64,
    };
    let grid = Grid {
        title: format!("Loss by mechanism of {}", device_words(answer)),
        entries: vec![
            Entry::new(Swatch::Line(BLACK, Dash::Solid), "95 % interval of the Shapley value (bar)"),
            Entry::new(Swatch::Hollow, "only this one enabled"),
            Entry::new(Swatch::Dot, "only this one disabled"),
        ],
        rows: vec![vec![plot]],
    };
    Figure::new(part_name("ablation", answer.number as usize - 1), caption(answer), grid, &data(answer, &bars))
}

fn caption(answer: &AblationAnswer) -> String {
    format!(
        "Loss of test accuracy by each mechanism of {} on {}: mean of {} seeds. Bars: Shapley values, which sum to the total \
         loss, with 95 % t intervals over seeds. Circles: loss with the mechanism alone. Dots: gain when only the mechanism \
         is disabled.",
        device_words(answer),
        answer.data_set,
        answer.seeds.len()
    )
}

/// A row of the figure.
struct Bar {
    name: String,
    shapley: Effect,
    alone: Effect,
    last: Effect,
    color: &'static str,
}

fn bars(answer: &AblationAnswer, ablation: &Ablation) -> Vec<Bar> {
    let bar = |one: &Contribution| Bar {
        name: answer.mechanisms[one.mechanism].words().to_owned(),
        shapley: one.shapley,
        alone: one.alone,
        last: one.last,
        color: Look::new(0).color,
    };
    let total = ablation.total;
    let whole = Bar { name: "all together".to_owned(), shapley: total, alone: total, last: total, color: GREY };
    ablation.contributions.iter().map(bar).chain([whole]).collect()
}

fn marks(bars: &[Bar]) -> Vec<Mark> {
    let mut marks = Vec::new();
    for (row, bar) in bars.iter().enumerate() {
        let (y, end) = (row as f64, 100.0 * bar.shapley.mean);
        let outline = vec![(0.0, y - HALF), (end, y - HALF), (end, y + HALF), (0.0, y + HALF)];
        marks.push(Mark::Area { outline, color: bar.color, opacity: 0.45 });
        if let Some((low, high)) = bar.shapley.ci95 {
            marks.push(Mark::Spans { ends: vec![[y, 100.0 * low, 100.0 * high]], color: BLACK });
        }
    }
    let (of_mechanisms, last) = (&bars[..bars.len() - 1], bars.len() as f64 - 0.5);
    let points = |of: fn(&Bar) -> f64, aside: f64| -> Vec<(f64, f64)> {
        of_mechanisms.iter().enumerate().map(|(row, bar)| (100.0 * of(bar), row as f64 + aside)).collect()
    };
    marks.push(Mark::Dots {
        points: points(|bar| bar.alone.mean, 0.17),
        color: BLACK,
        shape: Shape::Circle,
        size: 3.4,
        fill: Fill::Hollow,
    });
    marks.push(Mark::Dots {
        points: points(|bar| bar.last.mean, -0.17),
        color: BLACK,
        shape: Shape::Circle,
        size: 2.2,
        fill: Fill::Opacity(0.8),
    });
    marks.push(Mark::Line { points: vec![(0.0, -0.5), (0.0, last)], color: BLACK, width: 0.8, dash: Dash::Solid });
    marks
}

fn data(answer: &AblationAnswer, bars: &[Bar]) -> Data {
    let mut data = Data::new([
        "device",
        "data_set",
        "mechanism",
        "shapley_points",
        "low95_points",
        "high95_points",
        "p_holm",
        "least_points",
        "alone_points",
        "last_points",
    ]);
    data.rows.extend(bars.iter().map(|bar| {
        let at = |value: f64| cell(Some(100.0 * value));
        let (low, high) = bar.shapley.ci95.map_or((None, None), |(low, high)| (Some(low), Some(high)));
        vec![
            answer.device.clone(),
            answer.data_set.clone(),
            bar.name.clone(),
            at(bar.shapley.mean),
            cell(low.map(|low| 100.0 * low)),
            cell(high.map(|high| 100.0 * high)),
            cell(bar.shapley.p),
            cell(bar.shapley.least.map(|least| 100.0 * least)),
            at(bar.alone.mean),
            at(bar.last.mean),
        ]
    }));
    data
}

/// Returns the losses by mechanism as CSV, one row per mechanism and one for all together.
pub fn mechanisms_csv(answer: &AblationAnswer) -> String {
    let bars = answer.ablation.as_ref().map(|ablation| bars(answer, ablation)).unwrap_or_default();
    data(answer, &bars).csv()
}

/// Names the device of an answer.
pub(crate) fn device_words(answer: &AblationAnswer) -> &str {
    if answer.device == NO_DEVICE { "digital weights" } else { &answer.device }
}
