//! All settings of the study with their origin.

use std::collections::HashSet;

use maud::html;

use ohmspike_study::axis_value::plain;
use ohmspike_study::settings::Settings;
use ohmspike_study::study::Condition;

use super::table::facts as fact_table;
use super::{Facts, Section};

/// Returns the section.
pub fn section(facts: &Facts) -> Section {
    let study = facts.study();
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut known = HashSet::new();
    for condition in &study.conditions {
        for (key, value) in keys(&condition.settings) {
            if !known.insert((key.clone(), value.clone())) {
                continue;
            }
            match rows.iter_mut().find(|row| row[0] == key) {
                Some(row) => row[1] += &format!(", {value}"),
                None => rows.push(vec![key.clone(), value, origin(facts, &key)]),
            }
        }
    }
    let seeds = study.seeds.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
    rows.push(vec!["repeats.seeds".to_owned(), seeds, String::new()]);
    rows.push(vec!["observe.details".to_owned(), study.details.word().to_owned(), String::new()]);
    let told = |row: &Vec<String>| {
        let value = if row[1].is_empty() { "none" } else { &row[1] };
        let from = if row[2].is_empty() { String::new() } else { format!(" ({})", row[2]) };
        (row[0].clone(), format!("{value}{from}"))
    };
    let mut told: Vec<(String, String)> = rows.iter().map(told).collect();
    told.extend(study.calibrated_lines().into_iter().map(|line| ("calibration".to_owned(), line)));
    let axes: Vec<&str> = study.axes.iter().map(|axis| axis.key.as_str()).collect();
    let body = html! {
        p {
            "The study runs every combination of its axes (" (if axes.is_empty() { "none".to_owned() } else { axes.join(", ") })
            ") with every seed: " (study.conditions.len()) " conditions, " (study.seeds.len()) " seeds, "
            (facts.report.recorded.trials.len()) " trials. The outcome of a trial is its mean test accuracy over the last "
            code { "outcome.last_epochs" } " epochs."
        }
        (fact_table("All settings with their origin. Swept keys, and keys derived from them, have several values", &told))
    };
    Section { id: "settings", heading: "Settings", body }
}

/// Returns all keys of `settings` in section order.
fn keys(settings: &Settings) -> Vec<(String, String)> {
    settings.resolved().keys().into_iter().map(|(key, value)| (key, plain(&value))).collect()
}

/// Returns the origin of a value: study file, command line or default.
fn origin(facts: &Facts, key: &str) -> String {
    let study = facts.study();
    let is_calibrated = |condition: &Condition| condition.calibrated.iter().any(|number| number.key == key);
    if study.conditions.iter().any(is_calibrated) {
        return "calibrated".to_owned();
    }
    match study.places.get(key) {
        Some(place) if place.starts_with("--set") => "command line".to_owned(),
        Some(place) => place.rsplit('/').next().unwrap_or(place).to_owned(),
        None => "default".to_owned(),
    }
}
