//! Program, data, seeds and machines behind the numbers, and trials without an outcome.

use std::collections::BTreeSet;

use maud::html;

use ohmspike_analysis::sweep::setting;
use ohmspike_study::prepare::sha256;
use ohmspike_study::record::{ARITHMETIC, Record, SCHEMA};

use super::number::duration;
use super::table::{facts as fact_table, table};
use super::{Facts, Section};

/// Returns the section.
pub fn section(facts: &Facts) -> Section {
    let failed = failed(facts);
    let body = html! {
        (fact_table("Origin of this report", &told(facts)))
        @if !failed.is_empty() {
            (table("Trials without an outcome", &["trial", "seed", "condition", "reason"], &failed))
        }
        p.method {
            "The name of a trial is a hash of everything that decides its outcome. Results do not depend on the machine; compute times do."
        }
    };
    Section { id: "provenance", heading: "Provenance", body }
}

/// Lists the distinct values in the records.
fn distinct(facts: &Facts, of: &dyn Fn(&Record) -> Option<String>) -> String {
    let values: BTreeSet<String> = facts.done.iter().filter_map(|done| of(done.record)).collect();
    if values.is_empty() { "none".to_owned() } else { values.into_iter().collect::<Vec<_>>().join(", ") }
}

fn told(facts: &Facts) -> Vec<(String, String)> {
    let report = facts.report;
    let (all, done) = facts.counts();
    let distinct = |of: &dyn Fn(&Record) -> Option<String>| distinct(facts, of);
    let sum = |of: fn(&Record) -> f64| facts.done.iter().map(|done| of(done.record)).sum::<f64>();
    let (training, test) = (sum(|record| record.seconds.training), sum(|record| record.seconds.test));
    let epochs: usize = facts.done.iter().map(|done| done.record.accuracy.len()).sum();
    let names: Vec<&str> = report.recorded.trials.iter().map(|trial| trial.id.as_str()).collect();
    let seeds = |seeds: Vec<u64>| seeds.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
    let rows = [
        (
            "program",
            format!(
                "ohmspike {} wrote this page; version {} wrote the records",
                env!("CARGO_PKG_VERSION"),
                distinct(&|record| Some(record.program.clone()))
            ),
        ),
        ("records", format!("schema {SCHEMA}, arithmetic {ARITHMETIC}")),
        ("command", super::reproduce::command(facts, "run")),
        ("trials", format!("{done} of {all} finished")),
        (
            "hash of the study",
            format!("{} (SHA-256 of the names of its trials, in order)", &sha256(names.join("\n").as_bytes())[..16]),
        ),
        ("data", distinct(&|record| Some(format!("{} (SHA-256 {})", record.settings.data.set, record.data_sha256)))),
        (
            "device",
            distinct(&|record| {
                let sha256 = record.connections.first()?.device_sha256.as_ref()?;
                Some(format!("{} (SHA-256 {sha256})", record.settings.hardware.device))
            }),
        ),
        ("seeds", seeds(report.recorded.study.seeds.clone())),
        ("seeds with a record", seeds(facts.seeds_done().into_iter().collect())),
        ("machines of the trials", distinct(&|record| Some(record.machine.clone()))),
        (
            "compute time of all trials",
            format!(
                "{}: training {}, tests {}; summed over trials and their threads",
                duration(training + test),
                duration(training),
                duration(test)
            ),
        ),
        (
            "compute time per epoch",
            match epochs {
                0 => "no epochs".to_owned(),
                _ => format!("{:.2} s, mean of {epochs} epochs", (training + test) / epochs as f64),
            },
        ),
    ];
    rows.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn failed(facts: &Facts) -> Vec<Vec<String>> {
    let study = facts.study();
    let row = |done: &ohmspike_analysis::repeats::Done| {
        let values = study.axes.iter().zip(&study.conditions[done.condition].values);
        let condition: Vec<String> = values.map(|(axis, value)| setting(&axis.key, value)).collect();
        let why = done.record.failure.clone().unwrap_or_else(|| "unknown".to_owned());
        vec![done.record.id.clone(), done.record.seed.to_string(), condition.join(", "), why]
    };
    facts.done.iter().filter(|done| done.record.outcome.is_none()).map(row).collect()
}
