//! The figures, each with its caption and the numbers that it is drawn from.

use maud::html;

use super::{Facts, Section, data_link, data_uri};

/// The section; none before there is anything to draw.
pub fn section(facts: &Facts) -> Option<Section> {
    let figures = facts.report.figures;
    if figures.is_empty() {
        return None;
    }
    let body = html! {
        @for figure in figures {
            figure id={ "figure-" (figure.name) } {
                img src=(data_uri("image/svg+xml", figure.svg.as_bytes())) alt={ (figure.title) ". " (figure.caption) };
                figcaption {
                    strong { (figure.title) ". " }
                    (figure.caption) " "
                    (data_link(&format!("{}.csv", figure.name), "text/csv", figure.csv.as_bytes(), "Data as CSV"))
                    "."
                }
            }
        }
    };
    Some(Section { id: "figures", heading: "Figures", body })
}
