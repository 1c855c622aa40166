//! The answers of `ohmspike limit` in a folder as figures and a page section.

use maud::html;
use ohmspike_answers::limit::report::{LimitReport, LimitRow, TrialLine};
use ohmspike_answers::limit::words;

use crate::figures::{Figure, limit_figures};
use crate::page::Section;
use crate::page::limit::section;
use crate::page::number::percent;
use crate::page::table::table;
use crate::rendered_answer::RenderedAnswer;

/// Columns of the table of trials.
const HEAD: [&str; 6] = ["trial", "level", "purpose", "seed", "accuracy (%)", "state"];

/// Returns the answers as figures and sections. Their files are written by [`crate::files::write_limit`].
pub fn shown(reports: &[LimitReport]) -> RenderedAnswer {
    let figures: Vec<Vec<Figure>> = reports.iter().map(limit_figures).collect();
    RenderedAnswer {
        files: Vec::new(),
        section: Section { id: "limit", heading: "How much is tolerated", body: section(reports, &figures) },
        figures: figures.into_iter().flatten().collect(),
        details: vec![trials(reports)],
    }
}

fn trials(reports: &[LimitReport]) -> Section {
    let of =
        |report: &LimitReport| if report.number > 1 { format!(", question {}", report.number) } else { String::new() };
    let body = html! {
        @for report in reports {
            @for row in report.all_rows().filter(|row| !row.trials.is_empty()) {
                (table(&format!("Trials behind the limit of {}{}", row.key, of(report)), &HEAD, &rows(row)))
            }
        }
    };
    Section { id: "limit-trials", heading: "Trials of the limit", body }
}

fn rows(row: &LimitRow) -> Vec<Vec<String>> {
    let cells = |trial: &TrialLine| {
        vec![
            trial.id.clone(),
            trial.level.map_or_else(|| "reference".to_owned(), |level| words::level(row, level)),
            words::purpose(trial.purpose).to_owned(),
            trial.seed.to_string(),
            trial.accuracy.map(percent).unwrap_or_default(),
            trial.failure.clone().unwrap_or_default(),
        ]
    };
    row.trials.iter().map(cells).collect()
}
