//! The outcome over a swept axis: one curve a value of another axis, with the band of its 95 % intervals.

use super::{CurveFigure, Point, Series};
use crate::study::{Axis, Study};
use crate::summary::{Row, Summary, plain};

/// A figure with the name of its file, without extension.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedFigure {
    /// Name of the file, without extension.
    pub name: String,
    /// The figure.
    pub figure: CurveFigure,
}

/// The figures of a study: `noise.level_percent`, or else the last axis with numbers, runs along x; the next axis makes
/// the curves; every combination of further axes has a figure of its own. None without an axis of
/// numbers, or before there is an outcome.
pub fn outcome_figures(study: &Study, summary: &Summary) -> Vec<NamedFigure> {
    let numeric = |axis: &Axis| axis.values.iter().all(|value| number(value).is_some());
    let Some(x) = summary
        .axes
        .iter()
        .position(|axis| axis.key == "noise.level_percent")
        .or_else(|| summary.axes.iter().rposition(numeric))
    else {
        return Vec::new();
    };
    let others: Vec<usize> = (0..summary.axes.len()).filter(|&axis| axis != x).collect();
    // The excitatory share makes the curves where it is swept, as in the study.
    let curve = others
        .iter()
        .copied()
        .find(|&axis| summary.axes[axis].key == "network.excitatory_fraction")
        .or(others.first().copied());
    let apart: Vec<usize> = others.into_iter().filter(|&axis| Some(axis) != curve).collect();

    let mut figures: Vec<(Vec<&toml::Value>, Vec<&Row>)> = Vec::new();
    for row in &summary.rows {
        let combination: Vec<&toml::Value> = apart.iter().map(|&axis| &row.values[axis]).collect();
        match figures.iter_mut().find(|(values, _)| *values == combination) {
            Some((_, rows)) => rows.push(row),
            None => figures.push((combination, vec![row])),
        }
    }
    figures
        .into_iter()
        .map(|(combination, rows)| {
            let keys = apart.iter().map(|&axis| summary.axes[axis].key.as_str());
            let described: Vec<(&str, String)> = keys.zip(combination.into_iter().map(plain)).collect();
            NamedFigure {
                name: file_name(&summary.axes[x].key, &described),
                figure: CurveFigure {
                    title: title(&study.name, &described),
                    x_label: x_label(&summary.axes[x].key),
                    y_label: "test accuracy (%)".to_owned(),
                    // Both data sets have ten classes of equal size.
                    chance: Some(0.1),
                    series: series(&summary.axes, x, curve, &rows),
                },
            }
        })
        .filter(|named| named.figure.series.iter().any(|series| !series.points.is_empty()))
        .collect()
}

fn series(axes: &[Axis], x: usize, curve: Option<usize>, rows: &[&Row]) -> Vec<Series> {
    let points = |wanted: Option<&toml::Value>| {
        let chosen = rows.iter().filter(|row| curve.map(|axis| &row.values[axis]) == wanted);
        chosen
            .filter_map(|row| {
                let sample = row.sample?;
                Some(Point { x: number(&row.values[x])?, mean: sample.mean, interval: sample.ci95 })
            })
            .collect::<Vec<Point>>()
    };
    match curve {
        None => vec![Series { label: "mean and 95 % interval".to_owned(), points: points(None) }],
        Some(axis) => axes[axis]
            .values
            .iter()
            .map(|value| Series { label: label(&axes[axis].key, value), points: points(Some(value)) })
            .collect(),
    }
}

fn number(value: &toml::Value) -> Option<f64> {
    value.as_float().or(value.as_integer().map(|whole| whole as f64))
}

/// The excitatory share as the literature writes it: 80:20.
fn label(key: &str, value: &toml::Value) -> String {
    match (key, number(value)) {
        ("network.excitatory_fraction", Some(fraction)) => {
            let excitatory = (fraction * 1000.0).round() / 10.0;
            format!("{excitatory}:{} exc:inh", ((100.0 - excitatory) * 10.0).round() / 10.0)
        }
        _ => format!("{} {}", key.rsplit('.').next().unwrap_or(key), plain(value)),
    }
}

fn x_label(key: &str) -> String {
    match key {
        "noise.level_percent" => "noise of every weight update (% of σ_init)".to_owned(),
        "weights.sigma_init" => "initial spread of the weights σ_init (thresholds)".to_owned(),
        "network.excitatory_fraction" => "excitatory share of the hidden neurons".to_owned(),
        "hardware.write_spread_scale" => "factor on the device's write spread".to_owned(),
        key => key.to_owned(),
    }
}

fn title(study: &str, apart: &[(&str, String)]) -> String {
    let apart: String = apart.iter().map(|(key, value)| format!(", {key} = {value}")).collect();
    format!("{study}{apart}")
}

fn file_name(x: &str, apart: &[(&str, String)]) -> String {
    let text = apart.iter().fold(format!("outcome-over-{x}"), |name, (key, value)| format!("{name}-{key}-{value}"));
    text.chars().map(|letter| if letter.is_alphanumeric() || "-_.".contains(letter) { letter } else { '-' }).collect()
}
