//! What the hidden neurons do: tables of spike-train distances, intervals and frequencies.

use maud::html;

use super::table::table;
use super::{Facts, Section, data_link};
use crate::tables::{Table, study_tables};

/// The section; none before there is a record.
pub fn section(facts: &Facts) -> Option<Section> {
    let tables = study_tables(facts.report.recorded);
    if tables.is_empty() {
        return None;
    }
    let body = html! {
        @for found in &tables {
            h3 { (found.title) }
            p.method { (found.caption) }
            (shown(found))
            p { (data_link(&format!("{}.csv", found.name), "text/csv", found.csv().as_bytes(), "Data as CSV")) "." }
        }
    };
    Some(Section { id: "inside", heading: "Inside the networks", body })
}

fn shown(found: &Table) -> maud::Markup {
    let head: Vec<&str> = found.header.iter().map(String::as_str).collect();
    table("", &head, &found.rows)
}
