//! The claims of the paper, each with what decides and what was found.

use maud::{Markup, html};

use ohmspike_analysis::judged::Judged;
use ohmspike_analysis::repeats::Done;
use ohmspike_analysis::sweep::setting;
use ohmspike_report::page::{Facts, Section};
use ohmspike_study::axis_value::is_seed;
use ohmspike_study::key_label::{FRACTION, NOISE};
use ohmspike_study::record::Record;
use ohmspike_study::study::Axis;

use crate::claims::{Claim, claims};

/// The section.
pub fn section(facts: &Facts) -> Section {
    let body = html! {
        p.method {
            "Claims of Kilgore, Kopsick, Ascoli and Adam, Sci Rep 15, 24798 (2025). Every criterion is fixed in the program and was not fitted to the \
             records. A claim is held against the healthy trials of this study alone. It is supported or contradicted only beyond chance, at one level for all claims: 5 %, over \
             independent repeats. Otherwise it is inconclusive. Claims with a number test that number."
        }
        @for (apart, records) in alike(facts) {
            @if !apart.is_empty() { h3 { (apart) } }
            (table(&claims(&records)))
        }
    };
    Section { id: "claims", heading: "Published claims", body }
}

/// What the claims are about; trials that differ in anything else are held against them apart.
const ABOUT: [&str; 3] = [FRACTION, NOISE, "weights.sigma_init"];

/// The records in groups that differ in nothing but share, noise, first weights and seeds, with what is said of each group.
fn alike<'a>(facts: &Facts<'a>) -> Vec<(String, Vec<&'a Record>)> {
    let study = facts.report.recorded.study;
    let apart = |axis: &Axis| axis.values.len() > 1 && !is_seed(axis) && !ABOUT.contains(&axis.key.as_str());
    let name = |condition: usize| {
        let values = study.axes.iter().zip(&study.conditions[condition].values).filter(|(axis, _)| apart(axis));
        values.map(|(axis, value)| setting(&axis.key, value)).collect::<Vec<String>>().join(", ")
    };
    let mut groups: Vec<(String, Vec<&Record>)> = Vec::new();
    let judged = Judged::new(study, &facts.done);
    let healthy = |done: &&Done| !judged.states(done).iter().any(|state| state.kind().excludes());
    for done in facts.done.iter().filter(healthy) {
        let name = name(done.condition);
        match groups.iter_mut().find(|(known, _)| *known == name) {
            Some((_, records)) => records.push(done.record),
            None => groups.push((name, vec![done.record])),
        }
    }
    if groups.is_empty() { vec![(String::new(), Vec::new())] } else { groups }
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
