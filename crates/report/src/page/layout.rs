//! Arranges the page: head, links, sections.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use ohmspike_analysis::repeat_warnings::repeat_warnings;

use super::{
    Facts, Section, answer, comparisons, devices, figures, health, ledger, outcomes, provenance, reproduce, settings,
    tables, tolerance, variance,
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
        Some(ledger::section(facts)),
        Some(provenance::section(facts)),
    ];
    let sections: Vec<Section> =
        evidence.into_iter().flatten().chain(replication).chain(origin.into_iter().flatten()).collect();
    whole(facts, &sections, &details.into_iter().flatten().collect::<Vec<Section>>()).into_string()
}

fn whole(facts: &Facts, sections: &[Section], details: &[Section]) -> Markup {
    let study = facts.study();
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="generator" content=(concat!("ohmspike ", env!("CARGO_PKG_VERSION")));
                title { (study.name) ": report" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { (study.name) (status(facts)) }
                    p.question { (study.question) }
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
    }
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

/// Returns warnings about missing, repeated and failed trials, and the overrides of the command.
pub fn completeness(facts: &Facts) -> Markup {
    let (all, done) = facts.counts();
    let failed = facts.done.iter().filter(|done| done.record.outcome.is_none()).count();
    html! {
        @if done < all {
            p.warning {
                strong { "Incomplete: " (done) " of " (all) " trials have finished." }
                " All results use these trials. Seeds with a record: " (facts.seeds_done().len()) " of "
                (facts.study().seeds.len()) "."
            }
        }
        @for warning in repeat_warnings(facts.study(), &facts.done) {
            @let text = warning.to_string();
            @let (what, hint) = text.split_once("\n\nhint: ").unwrap_or((&text, ""));
            p.warning { strong { (what) } @if !hint.is_empty() { ". Hint: " (hint) "." } }
        }
        @if !facts.report.overrides.is_empty() {
            p.method {
                "The command overrides the study file: " code { (facts.report.overrides.join(", ")) } "."
            }
        }
        @if failed > 0 {
            p.warning {
                strong { (failed) " finished " (if failed == 1 { "trial has" } else { "trials have" }) " no outcome" }
                ". Means exclude " (if failed == 1 { "it" } else { "them" }) "; see "
                a href="#provenance" { "Provenance" } "."
            }
        }
    }
}
