//! Variance components, for studies that sweep the seeds of single random streams.

use std::collections::HashMap;

use maud::{Markup, html};

use ohmspike_analysis::judged::Judged;
use ohmspike_analysis::repeats::Done;
use ohmspike_stats::nested::{Components, NestedError, Outcome};
use ohmspike_study::axis_value::is_seed;
use ohmspike_study::study::{Axis, seed_in};

use super::number::percent;
use super::table::table;
use super::{Facts, Section};

/// Returns the section; none if no seed of a stream is swept.
pub fn section(facts: &Facts) -> Option<Section> {
    let seeds: Vec<usize> = (0..facts.study().axes.len()).filter(|&axis| is_seed(&facts.study().axes[axis])).collect();
    if seeds.is_empty() {
        return None;
    }
    let body = html! {
        p.method {
            "Variance components by the method of moments, with all effects random and independent (Searle, Casella and McCulloch 1992). Negative \
             estimates are set to 0 and marked. Without replicates, the highest interaction includes the residual."
        }
        (fractions(facts, &seeds))
    };
    Some(Section { id: "variance", heading: "Variance components", body })
}

/// Renders the components of each condition.
fn fractions(facts: &Facts, seeds: &[usize]) -> Markup {
    let axes = &facts.study().axes;
    let plain: Vec<usize> = (0..axes.len()).filter(|axis| !seeds.contains(axis)).collect();
    let mut groups: Vec<(Vec<&toml::Value>, Vec<&Done>)> = Vec::new();
    let mut places: HashMap<Vec<String>, usize> = HashMap::new();
    let judged = Judged::new(facts.study(), &facts.done);
    for done in facts.done.iter().filter(|done| judged.is_usable(done)) {
        let values = &facts.study().conditions[done.condition].values;
        let key: Vec<&toml::Value> = plain.iter().map(|&axis| &values[axis]).collect();
        let place = *places.entry(key.iter().map(ToString::to_string).collect()).or_insert(groups.len());
        if place == groups.len() {
            groups.push((key, Vec::new()));
        }
        groups[place].1.push(done);
    }
    let rows: Vec<Vec<String>> =
        groups.iter().flat_map(|(key, group)| rows(facts, seeds, &plain, key, group)).collect();
    let head =
        ["condition", "source", "fraction of the variance, %", "standard deviation, points", "degrees of freedom"];
    table("Fractions of the variance of outcomes", &head, &rows)
}

fn rows(facts: &Facts, seeds: &[usize], plain: &[usize], key: &[&toml::Value], group: &[&Done]) -> Vec<Vec<String>> {
    let axes = &facts.study().axes;
    let named = |(&axis, value): (&usize, &&toml::Value)| ohmspike_analysis::sweep::setting(&axes[axis].key, value);
    let condition = match plain.iter().zip(key).map(named).collect::<Vec<_>>().join(", ") {
        none if none.is_empty() => "all".to_owned(),
        some => some,
    };
    match components(facts, seeds, group) {
        Err(error) => {
            vec![vec![condition, format!("unknown: {error}"), String::new(), String::new(), String::new()]]
        }
        Ok(Components { components, .. }) => {
            let row = |component: &ohmspike_stats::nested::Component| {
                let source = match component.factors.join(" x ") {
                    rest if rest.is_empty() => "residual".to_owned(),
                    factors => factors,
                };
                let fraction = component.fraction.map_or_else(|| "-".to_owned(), percent);
                let negative = if component.negative { " (estimate below 0)" } else { "" };
                vec![
                    condition.clone(),
                    source,
                    format!("{fraction}{negative}"),
                    format!("{:.2}", 100.0 * component.variance.sqrt()),
                    component.degrees.to_string(),
                ]
            };
            components.iter().map(row).collect()
        }
    }
}

/// Computes the components of the swept streams, and of all other streams if there are several seeds.
fn components(facts: &Facts, seeds: &[usize], group: &[&Done]) -> Result<Components, NestedError> {
    let study = facts.study();
    let swept: Vec<&Axis> = seeds.iter().map(|&axis| &study.axes[axis]).filter(|axis| axis.values.len() > 1).collect();
    let mut factors: Vec<&str> = swept.iter().map(|axis| axis.key.trim_start_matches("seeds.")).collect();
    let others = study.seeds.len() > 1;
    if others {
        factors.push("all other streams");
    }
    let outcome = |done: &&Done| {
        let values = &study.conditions[done.condition].values;
        let seed_of = |axis: &&Axis| {
            let place = study.axes.iter().position(|known| known.key == axis.key).expect("an axis of the study");
            seed_in(&values[place]).expect("the study has checked the seed")
        };
        let mut values: Vec<u64> = swept.iter().map(seed_of).collect();
        values.extend(others.then_some(done.record.seed));
        Some(Outcome { values, value: done.record.outcome? })
    };
    let outcomes: Vec<Outcome> = group.iter().filter_map(outcome).collect();
    Components::new(&factors, &outcomes)
}
