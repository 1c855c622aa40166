//! Arranges the page: head, links, sections.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::code::with_code;
use super::{
    Facts, Section, answer, comparisons, devices, figures, health, outcomes, provenance, reproduce, settings, tables,
    tolerance, usage, variance,
};
use crate::replication::Replication;

const STYLE: &str = include_str!("style.css");
const DOWNLOAD: &str = include_str!("download.js");

/// Returns the page: the answer first, then the evidence, then folded details.
pub fn page(facts: &Facts, replication: Option<&dyn Replication>) -> String {
    let evidence = [
        Some(answer::section(facts)),
        health::section(facts),
        tolerance::section(facts),
        Some(outcomes::section(facts)),
        comparisons::section(facts),
        figures::section(facts),
    ];
    let replication = replication.map_or_else(Vec::new, |replication| replication.sections(facts));
    let origin = [devices::section(facts), Some(reproduce::section(facts))];
    let details = [
        Some(settings::section(facts)),
        variance::section(facts),
        tables::section(facts),
        Some(usage::section(facts)),
        Some(provenance::section(facts)),
    ];
    let sections: Vec<Section> =
        evidence.into_iter().flatten().chain(replication).chain(origin.into_iter().flatten()).collect();
    let study = facts.study();
    let head = Head { name: &study.name, status: status(facts), question: &study.question };
    whole(&head, &sections, &details.into_iter().flatten().collect::<Vec<Section>>())
}

/// Heading of a page.
pub(super) struct Head<'a> {
    /// Name of the study.
    pub name: &'a str,
    /// Note next to the name.
    pub status: Markup,
    /// Question of the study.
    pub question: &'a str,
}

/// Renders a page of `sections` and folded `details`.
pub(super) fn whole(head: &Head, sections: &[Section], details: &[Section]) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="generator" content=(concat!("ohmspike ", env!("CARGO_PKG_VERSION")));
                title { (head.name) ": report" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { (head.name) (head.status) }
                    p.question { (head.question) }
                }
                nav {
                    @for section in sections { a href={ "#" (section.id) } { (section.heading) } }
                    a href="#details" { "Details" }
                }
                main {
                    @for section in sections { (section.markup()) }
                    section id="details" {
                        h2 { "Details" }
                        @for section in details { (section.folded()) }
                    }
                }
                script { (PreEscaped(DOWNLOAD)) }
            }
        }
    };
    with_code(&page.into_string())
}

/// Returns the number of finished trials, next to the name of the study.
fn status(facts: &Facts) -> Markup {
    let (all, done) = facts.counts();
    html! {
        span.status {
            @if done < all { (done) " of " (all) " trials finished" } @else { "all " (all) " trials finished" }
        }
    }
}
