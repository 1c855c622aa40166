//! The claims of the paper with criterion, verdict and evidence.

use maud::{Markup, html};

use ohmspike_analysis::judged::Judged;
use ohmspike_analysis::repeats::Done;
use ohmspike_analysis::sweep::setting;
use ohmspike_report::page::table::scroll_hint;
use ohmspike_report::page::{Facts, Section};
use ohmspike_study::axis_value::is_seed;
use ohmspike_study::health::HealthKind;
use ohmspike_study::key_label::{FRACTION, NOISE};
use ohmspike_study::record::Record;
use ohmspike_study::settings::Settings;
use ohmspike_study::study::Axis;

use crate::claims::{Claim, DIGITS, Verdict, claims};

/// Returns the section; none for studies without claims.
pub fn section(facts: &Facts) -> Option<Section> {
    let groups: Vec<(String, Vec<Claim>)> =
        alike(facts).into_iter().map(|(name, records)| (name, claims(&records))).collect();
    if groups.iter().all(|(_, claims)| claims.is_empty()) {
        return None;
    }
    let tested = |claim: &&Claim| claim.finding.verdict != Verdict::NotTested;
    let any = groups.iter().flat_map(|(_, claims)| claims).any(|claim| tested(&claim));
    let body = html! {
        @if any {
            p.method {
                "Claims of Kilgore, Kopsick, Ascoli and Adam, Sci Rep 15, 24798 (2025), tested on the healthy trials of this study. Trials of \
                 the published length count even if their accuracy still rises, because the published accuracies are of that length too. The program \
                 fixes each criterion; none was fitted to the records. A claim is supported or contradicted at a level of 5 % over independent repeats, and \
                 otherwise inconclusive."
            }
        }
        @for (name, claims) in &groups {
            @if !name.is_empty() { h3 { (name) } }
            @if claims.iter().any(|claim| tested(&claim)) { (table(claims.iter().filter(tested))) }
            (untested(claims))
        }
    };
    Some(Section { id: "claims", heading: "Claims of the paper", body })
}

/// Counts the claims that the study cannot test, and lists them folded with the reasons.
fn untested(claims: &[Claim]) -> Markup {
    let untested: Vec<&Claim> = claims.iter().filter(|claim| claim.finding.verdict == Verdict::NotTested).collect();
    html! {
        @if !untested.is_empty() {
            details {
                summary { "This study cannot test " (untested.len()) " of " (claims.len()) " claims" }
                ul { @for Claim { claim, finding, .. } in untested { li { (claim) ": " (finding.evidence) "." } } }
            }
        }
    }
}

/// Keys that the claims are about. Trials that differ in other keys are tested separately.
const ABOUT: [&str; 3] = [FRACTION, NOISE, "weights.sigma_init"];

/// Groups records that differ only in excitatory fraction, noise, initial weight spread and seeds; returns names and records.
fn alike<'a>(facts: &Facts<'a>) -> Vec<(String, Vec<&'a Record>)> {
    let study = facts.report.recorded.study;
    let apart = |axis: &Axis| axis.values.len() > 1 && !is_seed(axis) && !ABOUT.contains(&axis.key.as_str());
    let name = |condition: usize| {
        let values = study.axes.iter().zip(&study.conditions[condition].values).filter(|(axis, _)| apart(axis));
        values.map(|(axis, value)| setting(&axis.key, value)).collect::<Vec<String>>().join(", ")
    };
    let mut groups: Vec<(String, Vec<&Record>)> = Vec::new();
    let judged = Judged::new(study, &facts.done);
    let counts = |done: &Done, kind: HealthKind| {
        !kind.excludes() || (kind == HealthKind::NotConverged && of_published_length(&done.record.settings))
    };
    let healthy = |done: &&Done| judged.states(done).iter().all(|state| counts(done, state.kind()));
    for done in facts.done.iter().filter(healthy) {
        let name = name(done.condition);
        match groups.iter_mut().find(|(known, _)| *known == name) {
            Some((_, records)) => records.push(done.record),
            None => groups.push((name, vec![done.record])),
        }
    }
    if groups.is_empty() { vec![(String::new(), Vec::new())] } else { groups }
}

/// Returns whether a training has as many epochs as the published ones of its data set.
fn of_published_length(settings: &Settings) -> bool {
    let published = if settings.data.set == DIGITS { 200 } else { 30 };
    settings.training.epochs == published
}

fn table<'a>(claims: impl Iterator<Item = &'a Claim>) -> Markup {
    html! {
        (scroll_hint(120))
        div.scroll {
            table.claims {
                thead { tr { @for name in ["claim", "verdict", "evidence", "criterion"] { th scope="col" { (name) } } } }
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
