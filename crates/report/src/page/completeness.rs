//! Warnings about missing, repeated and failed trials.

use maud::{Markup, html};

use ohmspike_analysis::repeat_warnings::repeat_warnings;

use super::Facts;

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
