//! Data and laws of a fit: one panel per mechanism, then its quantile-quantile plot of held-out cells. Drift begins with measured retention.

use ohmspike_fit::{Curve as FittedCurve, FitReport, Mechanism, MechanismFit, Plot, Quality};
use ohmspike_plot::PanelFigure;
use ohmspike_plot::panel::{COLORS, Curve, GREY, Panel, PanelAxis, Stroke};

use super::{retention, words};
use crate::figures::{Data, cell};

/// Colour and stroke of the law of each curve; data have the same colour.
const STROKES: [Stroke; 3] = [Stroke::Solid, Stroke::Dashed, Stroke::Dotted];

/// Draws data with 95 % intervals and the fitted laws, and the quantiles of held-out cells against their law.
pub fn fit_figure(report: &FitReport) -> PanelFigure {
    let of = |fit: &MechanismFit| {
        let data = fit.plot.as_ref().map(|plot| panel(words::heading(fit), plot));
        let held_out = fit.quality.as_ref().and_then(|quality| qq_panel(words::mechanism(fit.mechanism), quality));
        let measured = (fit.mechanism == Mechanism::Drift).then(|| retention::panel(report)).flatten();
        [measured, data, held_out].into_iter().flatten().collect::<Vec<Panel>>()
    };
    PanelFigure {
        title: report.device.name.clone(),
        panels: report.mechanisms.iter().flat_map(of).collect(),
        caption: format!(
            "Dots: data with 95 % intervals. Lines: the fitted laws.{} Held-out cells: quantiles of cells that the fit has \
             not seen, with the 95 % envelope of the law.",
            if retention::states(report).is_empty() {
                ""
            } else {
                " Retention: single values of up to 25 writes per state, and the writes of the law."
            }
        ),
    }
}

fn panel(title: String, plot: &Plot) -> Panel {
    Panel {
        title,
        x: PanelAxis { label: plot.x_label, log: plot.x_log },
        y: PanelAxis { label: plot.y_label, log: plot.y_log },
        percent: None,
        curves: plot.curves.iter().enumerate().flat_map(|(number, curve)| curves(number, curve, plot)).collect(),
    }
}

/// Returns intervals, law and data of curve `number`, back to front. A logarithmic axis leaves out what it cannot show.
fn curves(number: usize, fitted: &FittedCurve, plot: &Plot) -> Vec<Curve> {
    let single = fitted.name.is_empty();
    let color = COLORS[number % COLORS.len()];
    let data_color = if single { COLORS[1] } else { color };
    let shown = |(x, y): (f64, f64)| (!plot.x_log || x > 0.0) && (!plot.y_log || y > 0.0);
    let bins = fitted.bins.iter().filter(|bin| shown((bin.x, bin.y)));
    let mut drawn: Vec<Curve> = bins
        .clone()
        .filter(|bin| bin.high > bin.low)
        .map(|bin| {
            let low = if shown((bin.x, bin.low)) { bin.low } else { bin.y };
            Curve::new("", data_color, Stroke::Thin, vec![(bin.x, low), (bin.x, bin.high)])
        })
        .collect();
    let law: Vec<(f64, f64)> = fitted.law.iter().copied().filter(|point| shown(*point)).collect();
    let stroke = STROKES[number % STROKES.len()];
    let data: Vec<(f64, f64)> = bins.map(|bin| (bin.x, bin.y)).collect();
    // The caption explains lines and dots of several curves.
    let labels = if single { ["law", "data"] } else { [fitted.name.as_str(), ""] };
    let named = [(law, color, stroke, labels[0]), (data, data_color, Stroke::Dots, labels[1])];
    for (points, color, stroke, label) in named.into_iter().filter(|(points, ..)| !points.is_empty()) {
        drawn.push(Curve::new(label, color, stroke, points));
    }
    drawn
}

/// Returns the quantile-quantile plot; none without points.
fn qq_panel(mechanism: &str, quality: &Quality) -> Option<Panel> {
    let (first, last) = (quality.qq.first()?.law, quality.qq.last()?.law);
    let mut law = Curve::new("law", GREY, Stroke::Solid, quality.qq.iter().map(|at| (at.law, at.law)).collect());
    law.band = quality.qq.iter().map(|at| [at.law, at.low, at.high]).collect();
    let data = quality.qq.iter().map(|at| (at.law, at.data)).collect();
    (last > first).then(|| Panel {
        title: format!("{mechanism}, held-out cells"),
        x: PanelAxis { label: "quantile of the law (σ)", log: false },
        y: PanelAxis { label: "quantile of the data (σ)", log: false },
        percent: None,
        curves: vec![law, Curve::new("data", COLORS[1], Stroke::Dots, data)],
    })
}

/// Returns data, laws and held-out quantiles as CSV, one row per point; `low` and `high` are 95 % intervals, 95 % envelopes for
/// held-out quantiles, and 5 and 95 % quantiles for the law of values of retention.
pub fn fit_csv(report: &FitReport) -> String {
    let mut data =
        Data::new(["mechanism", "law", "kind", "curve", "x_axis", "x", "y_axis", "y", "low", "high", "values"]);
    let exact = |value: f64| value.to_string();
    for fit in &report.mechanisms {
        let start = |kind: &str, curve: &str| [fit.mechanism.word(), fit.law, kind, curve].map(str::to_owned).to_vec();
        let retained = if fit.mechanism == Mechanism::Drift { retention::states(report) } else { Vec::new() };
        for state in retained {
            let axes = |x: f64, y: f64| {
                retention::AXES.iter().zip([x, y]).flat_map(|(label, value)| [(*label).to_owned(), exact(value)])
            };
            let of_value = |&(x, y): &(f64, f64)| {
                [start("value", &state.name), axes(x, y).collect(), vec![cell(None); 3]].concat()
            };
            let of_law = |&(x, [low, median, high]): &(f64, [f64; 3])| {
                let ends = vec![exact(low), exact(high), String::new()];
                [start("law of values", &state.name), axes(x, median).collect(), ends].concat()
            };
            data.rows.extend(state.values.iter().map(of_value).chain(state.law.iter().map(of_law)));
        }
        for (plot, curve) in fit.plot.iter().flat_map(|plot| plot.curves.iter().map(move |curve| (plot, curve))) {
            let axes = |x: f64, y: f64| [plot.x_label.to_owned(), exact(x), plot.y_label.to_owned(), exact(y)];
            for bin in &curve.bins {
                let ends = [exact(bin.low), exact(bin.high), bin.n.to_string()];
                data.rows.push([start("data", &curve.name), axes(bin.x, bin.y).to_vec(), ends.to_vec()].concat());
            }
            for &(x, y) in &curve.law {
                data.rows.push([start("law", &curve.name), axes(x, y).to_vec(), vec![cell(None); 3]].concat());
            }
        }
        for at in fit.quality.iter().flat_map(|quality| &quality.qq) {
            let axes = ["quantile of the law (σ)".to_owned(), exact(at.law), "quantile of the data (σ)".to_owned()];
            let ends = [exact(at.data), exact(at.low), exact(at.high), String::new()];
            data.rows.push([start("held-out", ""), axes.to_vec(), ends.to_vec()].concat());
        }
    }
    data.csv()
}

#[cfg(test)]
mod tests {
    use super::super::fixture::report;
    use super::*;

    #[test]
    fn panels_show_data_law_and_held_out_cells() {
        let figure = fit_figure(&report());
        let titles: Vec<&str> = figure.panels.iter().map(|panel| panel.title.as_str()).collect();
        assert_eq!(titles, ["write noise: table", "write noise, held-out cells"]);
        let labels: Vec<&str> = figure.panels[0].curves.iter().filter_map(|curve| curve.label.as_deref()).collect();
        assert_eq!(labels, ["law", "data"]);
        // Two intervals behind law and data.
        assert_eq!(figure.panels[0].curves.len(), 4);
        assert_eq!(figure.svg(), fit_figure(&report()).svg());
    }

    #[test]
    fn the_table_has_every_point() {
        let csv = fit_csv(&report());
        let lines: Vec<&str> = csv.lines().collect();
        assert_eq!(lines.len(), 1 + 2 + 3 + 5);
        assert_eq!(lines[1], "writes,table,data,,resistance (Ω),5000,σ of ln R,0.02,0.01,0.03,2000");
        assert_eq!(lines[3], "writes,table,law,,resistance (Ω),5000,σ of ln R,0.021,,,");
        assert!(lines[6].starts_with("writes,table,held-out,,quantile of the law (σ),-2,"), "{csv}");
        assert!(lines.iter().all(|line| line.split(',').count() == 11), "{csv}");
    }
}
