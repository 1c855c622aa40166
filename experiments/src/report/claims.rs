//! The claims of the paper, each with what decides and what was found.

use maud::{Markup, html};

use super::{Facts, Section};
use crate::claims::{Claim, claims};
use crate::record::Record;
use crate::sweep::Sweep;

/// The section.
pub fn section(facts: &Facts) -> Section {
    let body = html! {
        p.method {
            "Claims of Kilgore, Kopsick, Ascoli and Adam, Sci Rep 15, 24798 (2025). Every criterion was written down before the data were looked at. A \
             claim is held against the trials of this study alone."
        }
        @for sweep in &facts.sweeps.sweeps {
            @if !sweep.apart.is_empty() { h3 { (sweep.name()) } }
            (table(&claims(&records(facts, sweep))))
        }
    };
    Section { id: "claims", heading: "Published claims", body }
}

/// The records of one sweep.
fn records<'a>(facts: &Facts<'a>, sweep: &Sweep) -> Vec<&'a Record> {
    let study = facts.report.recorded.study;
    let of_sweep = |condition: usize| {
        let values = study.axes.iter().zip(&study.conditions[condition].values);
        values.clone().all(|(axis, value)| sweep.apart.iter().all(|(key, apart)| axis.key != *key || value == apart))
    };
    facts.done.iter().filter(|done| of_sweep(done.condition)).map(|done| done.record).collect()
}

fn table(claims: &[Claim]) -> Markup {
    html! {
        div.scroll {
            table.claims {
                thead { tr { @for name in ["claim", "verdict", "numbers", "criterion"] { th scope="col" { (name) } } } }
                tbody {
                    @for Claim { claim, criterion, finding } in claims {
                        tr {
                            th scope="row" { (claim) }
                            td.verdict { (finding.verdict.words()) }
                            td { (finding.evidence) }
                            td { (criterion) }
                        }
                    }
                }
            }
        }
    }
}
