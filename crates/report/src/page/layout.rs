//! The page around the sections: head, style, table of contents.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use ohmspike_analysis::repeat_warnings::repeat_warnings;

use super::{
    Facts, Section, answer, comparisons, devices, figures, health, ledger, outcomes, provenance, reproduce, settings,
    tables, tolerance, variance,
};
use crate::replication::Replication;

const STYLE: &str = include_str!("style.css");

/// All of it, in the order in which a reviewer asks.
pub fn page(facts: &Facts, replication: Option<&dyn Replication>) -> String {
    let before = [
        Some(answer::section(facts)),
        health::section(facts),
        Some(settings::section(facts)),
        devices::section(facts),
        figures::section(facts),
        Some(outcomes::section(facts)),
        tolerance::section(facts),
        Some(comparisons::section(facts)),
        Some(variance::section(facts)),
        tables::section(facts),
    ];
    let replication = replication.map_or_else(Vec::new, |replication| replication.sections(facts));
    let after = [Some(ledger::section(facts)), Some(provenance::section(facts)), Some(reproduce::section(facts))];
    let sections: Vec<Section> =
        before.into_iter().flatten().chain(replication).chain(after.into_iter().flatten()).collect();
    whole(facts, &sections).into_string()
}

fn whole(facts: &Facts, sections: &[Section]) -> Markup {
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
                    h1 { (study.name) }
                    p.question { (study.question) }
                    (completeness(facts))
                }
                nav { @for section in sections { a href={ "#" (section.id) } { (section.heading) } } }
                main { @for section in sections { (section.markup()) } }
            }
        }
    }
}

/// What is missing of the study, at the top of everything.
fn completeness(facts: &Facts) -> Markup {
    let (all, done) = facts.counts();
    let failed = facts.done.iter().filter(|done| done.record.outcome.is_none()).count();
    html! {
        @if done < all {
            p.warning {
                strong { "Incomplete: " (done) " of " (all) " trials have been run." }
                " Everything below rests on these. Seeds with a record: " (facts.seeds_done().len()) " of "
                (facts.study().seeds.len()) "; the table of outcomes says how many there are at each condition."
            }
        } @else {
            p.complete { "Complete: all " (all) " trials have been run." }
        }
        @for warning in repeat_warnings(facts.study(), &facts.done) {
            @let text = warning.to_string();
            @let (what, hint) = text.split_once("\n\nhint: ").unwrap_or((&text, ""));
            p.warning { strong { (what) } @if !hint.is_empty() { ". Hint: " (hint) "." } }
        }
        @if !facts.report.overrides.is_empty() {
            p {
                "The command overrode the study file with " code { (facts.report.overrides.join(", ")) } ". If that leaves values out, this is a declared part \
                 of the study; " code { "run" } " without the override runs the rest."
            }
        }
        @if failed > 0 {
            p.warning {
                strong { (failed) " of them ended without an outcome" }
                " and are left out of every mean; "
                a href="#provenance" { "they are named below" } "."
            }
        }
    }
}
