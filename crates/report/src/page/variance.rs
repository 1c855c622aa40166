//! Where the variance of outcomes comes from, where the study gives single streams seeds of their own.

use std::collections::HashMap;

use maud::{Markup, html};

use ohmspike_analysis::repeats::Done;
use ohmspike_stats::nested::{Components, NestedError, Outcome};
use ohmspike_study::axis_value::is_seed;
use ohmspike_study::study::{Axis, seed_in};

use super::number::percent;
use super::table::table;
use super::{Facts, Section};

/// The section.
pub fn section(facts: &Facts) -> Section {
    let seeds: Vec<usize> = (0..facts.study().axes.len()).filter(|&axis| is_seed(&facts.study().axes[axis])).collect();
    let body = html! {
        @if seeds.is_empty() {
            p {
                "Not tested by this study: one seed decides chip, first weights, order of the samples, writes and reads together. A list on \
                 keys such as " code { "seeds.chip" } " and " code { "seeds.write" } " tells them apart."
            }
        } @else {
            p.method {
                "Components of variance of a balanced study by the method of moments, all effects random (Searle, Casella and McCulloch 1992). \
                 A negative estimate is reported as 0 and marked; the largest term holds the rest where there are no replicates. Assumed: effects \
                 are independent."
            }
            (shares(facts, &seeds))
        }
    };
    Section { id: "variance", heading: "Where the variance comes from", body }
}

/// The conditions that differ in more than their seeds, each with its components.
fn shares(facts: &Facts, seeds: &[usize]) -> Markup {
    let axes = &facts.study().axes;
    let plain: Vec<usize> = (0..axes.len()).filter(|axis| !seeds.contains(axis)).collect();
    let mut groups: Vec<(Vec<&toml::Value>, Vec<&Done>)> = Vec::new();
    let mut places: HashMap<Vec<String>, usize> = HashMap::new();
    for done in &facts.done {
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
    let head = ["condition", "source", "degrees", "standard deviation, points", "share of the variance, %"];
    table("Shares of the variance of outcomes", &head, &rows)
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
            vec![vec![condition, format!("not known: {error}"), String::new(), String::new(), String::new()]]
        }
        Ok(Components { components, .. }) => {
            let row = |component: &ohmspike_stats::nested::Component| {
                let source = match component.factors.join(" x ") {
                    rest if rest.is_empty() => "rest".to_owned(),
                    factors => factors,
                };
                let share = component.share.map_or_else(|| "-".to_owned(), percent);
                let negative = if component.negative { " (estimate below 0)" } else { "" };
                vec![
                    condition.clone(),
                    source,
                    component.degrees.to_string(),
                    format!("{:.2}", 100.0 * component.variance.sqrt()),
                    format!("{share}{negative}"),
                ]
            };
            components.iter().map(row).collect()
        }
    }
}

/// Components over the swept streams, and over the seed of all others where there are several.
fn components(facts: &Facts, seeds: &[usize], group: &[&Done]) -> Result<Components, NestedError> {
    let study = facts.study();
    let swept: Vec<&Axis> = seeds.iter().map(|&axis| &study.axes[axis]).filter(|axis| axis.values.len() > 1).collect();
    let mut factors: Vec<&str> = swept.iter().map(|axis| axis.key.trim_start_matches("seeds.")).collect();
    let others = study.seeds.len() > 1;
    if others {
        factors.push("all other draws");
    }
    let outcome = |done: &&Done| {
        let values = &study.conditions[done.condition].values;
        let seed_of = |axis: &&Axis| {
            let place = study.axes.iter().position(|known| known.key == axis.key).expect("an axis of the study");
            seed_in(&values[place]).expect("a seed, which the study has checked")
        };
        let mut values: Vec<u64> = swept.iter().map(seed_of).collect();
        values.extend(others.then_some(done.record.seed));
        Some(Outcome { values, value: done.record.outcome? })
    };
    let outcomes: Vec<Outcome> = group.iter().filter_map(outcome).collect();
    Components::new(&factors, &outcomes)
}
