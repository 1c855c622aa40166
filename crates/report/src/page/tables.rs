//! Tables of spike train distances and firing rates; long tables are folded.

use maud::html;

use ohmspike_analysis::tables::study_tables;

use super::table::table;
use super::{Facts, Section, data_link};

/// Returns the section; none without records.
pub fn section(facts: &Facts) -> Option<Section> {
    let tables = study_tables(facts.report.recorded);
    if tables.is_empty() {
        return None;
    }
    let body = html! {
        @for made in &tables {
            @let head = made.header.iter().map(String::as_str).collect::<Vec<&str>>();
            @let (first, rest) = made.rows.split_at(made.leading);
            p.method { (made.caption) }
            (table(&made.title, &head, first))
            @if !rest.is_empty() {
                details {
                    summary { (rest.len()) " more rows, " (made.rest) }
                    (table(&format!("{}, {}", made.title, made.rest), &head, rest))
                }
            }
            p { (data_link(&format!("{}.csv", made.name), made.csv().as_bytes(), "Data as CSV")) }
        }
    };
    Some(Section { id: "spike-trains", heading: "Spike trains", body })
}
