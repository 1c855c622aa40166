//! Limits: how much of a non-ideality the network tolerates, with every unit and the tests behind it.

use maud::{Markup, html};
use ohmspike_analysis::limit::Statistic;
use ohmspike_answers::limit::report::{Bound, LimitReport, LimitRow};
use ohmspike_answers::limit::words;

use super::figures::main_figure;
use super::question::question;
use super::table::table;
use crate::figures::Figure;

/// Renders the answers of `ohmspike limit` in a folder, each with its figures.
pub fn section(reports: &[LimitReport], figures: &[Vec<Figure>]) -> Markup {
    html! {
        @for (report, figures) in reports.iter().zip(figures) {
            @if reports.len() > 1 { (question(report.number, Some(&reports[0].settings), Some(&report.settings))) }
            (answer(report, figures))
        }
        p.method {
            "A search with few seeds proposes a level. Fresh seeds, which neither the search nor an earlier answer in this folder has \
             used, certify it with a one-sided test. Further fresh seeds test the mildest harsher level at which the search expects \
             a refutation, then levels twice as far from the certified one. Neither test assumes that accuracy falls steadily. \
             Levels in between are not decided. Confidence is that of one question; of several questions, more can be wrong."
        }
        @if reports.iter().any(|report| report.criterion.statistic == Statistic::Mean) {
            p.method {
                "Tests of a mean assume that it is nearly normal. With a long tail of bad repeats, they are wrong more often: in the \
                 worst case simulated, 15 % in place of 5 %. Tests of a fraction of chips are exact."
            }
        }
    }
}

fn answer(report: &LimitReport, figures: &[Figure]) -> Markup {
    html! {
        p {
            "Criterion: " (words::criterion(&report.criterion, None)) "; " (words::repeats(report)) ". Device: "
            (report.settings.hardware.device) "; data set: " (report.settings.data.set) "."
        }
        ul.answer { @for row in report.all_rows() { li { (words::answer(report, row)) } } }
        @if report.rows.len() > 1 { (sheet(report)) }
        @for figure in figures { (main_figure(figure)) }
        @for row in report.all_rows().filter(|row| !row.trials.is_empty()) { (details(report, row)) }
        @for note in &report.notes { p.method { "Note: " (note) "." } }
    }
}

fn sheet(report: &LimitReport) -> Markup {
    let shown = |row: &LimitRow, bound: &Option<Bound>| {
        bound.as_ref().map_or_else(|| "-".to_owned(), |bound| words::level(row, bound.value))
    };
    let rows: Vec<Vec<String>> = report
        .all_rows()
        .map(|row| {
            let trials = row.trials.len().to_string();
            vec![row.key.clone(), shown(row, &row.certified), shown(row, &row.refuted), trials]
        })
        .collect();
    table(
        "Each key alone, with the other keys off; then all keys at a common fraction of their limits.",
        &["key", "certified", "refuted", "trials"],
        &rows,
    )
}

fn details(report: &LimitReport, row: &LimitRow) -> Markup {
    let units: Vec<Vec<String>> = words::units(row).into_iter().map(Vec::from).collect();
    html! {
        h3 { (row.key) }
        @if !units.is_empty() {
            (table("The limit in every unit. Noise is that of one write or read at the mean initial weight.", &["unit", "certified", "refuted"], &units))
        }
        p { "Reference: " (row.reference) "." }
        @if !row.with.is_empty() { p { "With " (row.with.join(", ")) "." } }
        @if let Some(withheld) = &row.withheld { p.warning { "No answer: " (withheld.replace("\n\n", "; ")) "." } }
        ul { @for line in words::attempts(report, row) { li { (line) } } }
        p { (words::trials(row)) "." }
        @for note in &row.notes { p.method { "Note: " (note) "." } }
    }
}
