//! Unhealthy trials: which, why, and what to do.

use maud::html;

use ohmspike_analysis::health_tally::HealthTally;
use ohmspike_analysis::judged::Judged;
use ohmspike_analysis::repeats::by_condition;
use ohmspike_analysis::sweep::setting;
use ohmspike_study::health::{HealthKind, HealthState};

use super::table::table;
use super::{Facts, Section};

/// Returns the section; none if all trials are healthy.
pub fn section(facts: &Facts) -> Option<Section> {
    let study = facts.study();
    let lines = HealthTally::new(study, &facts.done).lines();
    if lines.is_empty() {
        return None;
    }
    let rows = rows(facts);
    let body = html! {
        @for line in &lines { p.warning { (line) "." } }
        p.method {
            "Silent: fewer than 0.1 spikes per sample in a hidden layer, before or after training. Saturated: most neurons of a hidden layer spike \
             more than half as often as they can. Clipped: more than 1 % of the writes to a connection end at the upper end of the conductance window, or \
             more than 1 % of its conversions exceed a fixed range. Not converged: over the seeds of a condition, accuracy still rises by more than two \
             standard errors within the epochs of the outcome. At chance: the 95 % interval of the outcome includes chance; such a trial counts unless it \
             is the reference of its curve."
            @if study.conditions.iter().any(|condition| condition.settings.hardware.retention_seconds > 0.0) {
                " Networks that rest before their tests are judged after training only."
            }
        }
        (table("Unhealthy trials by condition", &["condition", "state", "trials", "how to fix it", "reason (first trial)"], &rows))
    };
    Some(Section { id: "health", heading: "Health", body })
}

fn rows(facts: &Facts) -> Vec<Vec<String>> {
    let study = facts.study();
    let judged = Judged::new(study, &facts.done);
    let mut rows = Vec::new();
    for (condition, done) in study.conditions.iter().zip(by_condition(study, &facts.done)) {
        let named = study.axes.iter().zip(&condition.values).map(|(axis, value)| setting(&axis.key, value));
        let name = Some(named.collect::<Vec<_>>().join(", ")).filter(|name| !name.is_empty());
        let name = name.unwrap_or_else(|| "all".to_owned());
        let done: Vec<Vec<HealthState>> = done.into_iter().map(|done| judged.states(done)).collect();
        for kind in HealthKind::ALL {
            // Chance needs no row of its own if another state explains it.
            let told =
                |states: &&Vec<HealthState>| kind.excludes() || !states.iter().any(|state| state.kind().excludes());
            let states = done.iter().filter(told).flatten();
            let mut of_kind = states.filter(|state| state.kind() == kind);
            let Some(first) = of_kind.next() else { continue };
            let (count, advice) = (1 + of_kind.count(), first.advice(&condition.settings));
            let trials = format!("{count} of {}", done.len());
            rows.push(vec![name.clone(), kind.words().to_owned(), trials, advice, first.reason()]);
        }
    }
    rows
}
