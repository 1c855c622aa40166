//! Figures with their captions and their numbers.

use maud::{Markup, html};

use super::{Facts, Section, data_link, data_uri, svg_uri};
use crate::figures::Figure;

/// Returns the section of all figures but the main one; none without further figures.
pub fn section(facts: &Facts) -> Option<Section> {
    let figures = facts.report.figures.get(1..).filter(|figures| !figures.is_empty())?;
    let body = html! {
        div.figures { @for figure in figures { (drawn(figure)) } }
    };
    Some(Section { id: "figures", heading: "Figures", body })
}

/// Renders the main figure: one layout for phones, and a wide one from 640 px on. A figure of several panels scrolls instead.
pub fn main_figure(figure: &Figure) -> Markup {
    if figure.is_wide() {
        return drawn(figure);
    }
    html! {
        figure id={ "figure-" (figure.name) } {
            picture {
                source media="(max-width: 40rem)" srcset=(data_uri("image/svg+xml", figure.svg.as_bytes()));
                img src=(data_uri("image/svg+xml", figure.main_svg().as_bytes())) alt={ (figure.title) ". " (figure.caption) };
            }
            (caption(figure))
        }
    }
}

/// Renders a figure with its caption.
pub fn drawn(figure: &Figure) -> Markup {
    let picture = html! {
        img src=(svg_uri(&figure.svg)) alt={ (figure.title) ". " (figure.caption) };
    };
    html! {
        figure.wide[figure.is_wide()].column[!figure.is_wide()] id={ "figure-" (figure.name) } {
            @if figure.is_wide() {
                p.hint { "Scroll sideways to see the whole figure." }
                div.scroll { (picture) }
            } @else { (picture) }
            (caption(figure))
        }
    }
}

fn caption(figure: &Figure) -> Markup {
    html! {
        figcaption {
            @if !figure.title.is_empty() { strong { (figure.title) ". " } }
            (figure.caption) " "
            (data_link(&format!("{}.csv", figure.name), figure.csv.as_bytes(), "Data as CSV"))
            "."
        }
    }
}
