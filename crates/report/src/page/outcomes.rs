//! Outcomes by condition.

use maud::{Markup, html};

use ohmspike_analysis::summary::Summary;
use ohmspike_analysis::sweep::{Sweep, SweptCurve, SweptPoint};
use ohmspike_stats::Estimate;
use ohmspike_study::axis_value::is_seed;
use ohmspike_study::health::HealthKind;

use super::number::{level_at, percent, with_half};
use super::table::table;
use super::{Facts, Section, data_link};
use crate::export::{SettingColumns, trial_table};

/// Returns the section.
pub fn section(facts: &Facts) -> Section {
    let report = facts.report;
    let summary = Summary::new(report.recorded.study, &facts.done).csv();
    let trials = trial_table(report.recorded.study, &facts.done, SettingColumns::All).csv();
    let body = html! {
        p.method {
            "Mean test accuracy with half the width of its 95 % interval (Student's t) and the number n of independent repeats. Two repeats are \
             listed without an interval. Chance is " (percent(facts.chance)) " %."
            @if facts.study().axes.iter().any(is_seed) {
                " Trials that share the seed of a random stream are not independent: n is the smallest number of seeds among the streams in use, and \
                 the interval adds the variances of all streams."
            }
        }
        @for sweep in &facts.sweeps.sweeps { (of_sweep(facts, sweep)) }
        p {
            (data_link(&format!("{}-summary.csv", report.recorded.study.name), summary.as_bytes(), "Conditions as CSV"))
            ", "
            (data_link(&format!("{}-trials.csv", report.recorded.study.name), trials.as_bytes(), "Trials as CSV"))
        }
    };
    Section { id: "outcomes", heading: "Outcomes", body }
}

fn of_sweep(facts: &Facts, sweep: &Sweep) -> Markup {
    let names: Vec<String> = sweep.curves.iter().map(|curve| facts.sweeps.name(curve)).collect();
    let x = facts.sweeps.x.as_ref().map_or("", |axis| axis.key.as_str());
    let head: Vec<&str> = [x].into_iter().chain(names.iter().map(String::as_str)).collect();
    let places = sweep.curves.first().map_or(0, |curve| curve.points.len());
    let row = |place: usize| {
        let at = sweep.curves[0].points[place].x.map(|value| level_at(x, value));
        let cell = |curve: &SweptCurve| curve.points.get(place).map(cell).unwrap_or_default();
        [at.unwrap_or_default()].into_iter().chain(sweep.curves.iter().map(cell)).collect::<Vec<String>>()
    };
    let rows: Vec<Vec<String>> = (0..places).map(row).collect();
    let caption = match sweep.name() {
        apart if apart.is_empty() => "Mean test accuracy, %".to_owned(),
        apart => format!("Mean test accuracy, %, for {apart}"),
    };
    table(&caption, &head, &rows)
}

fn cell(point: &SweptPoint) -> String {
    let failed = match point.diverged.len() {
        0 => String::new(),
        count => format!(", {count} diverged"),
    };
    let kinds: Vec<&str> = point.health.kinds().into_iter().map(HealthKind::words).collect();
    let excluded = match point.unusable.len() {
        0 => String::new(),
        count => format!(", {count} excluded: {}", kinds.join(", ")),
    };
    let failed = failed + &excluded;
    let Some(sample) = point.estimate() else {
        let unusable = Estimate::from_drawn(&point.unusable).map(|sample| format!("[{}]", percent(sample.mean)));
        return format!("{}{failed}", unusable.unwrap_or_else(|| "-".to_owned()));
    };
    format!("{} (n = {}{failed})", with_half(&sample), sample.n)
}
