//! The commands that give the same numbers again.

use maud::html;

use ohmspike_datasets::Name;
use ohmspike_study::cluster::quote::shell;

use super::{Facts, Section};

/// The section.
pub fn section(facts: &Facts) -> Section {
    let report = facts.report;
    let full = report
        .recorded
        .study
        .conditions
        .iter()
        .any(|condition| condition.settings.data.set == Name::FashionMnist.to_string());
    let set: String = report.overrides.iter().map(|text| format!(" --set {}", shell(text))).collect();
    let file = shell(report.file);
    let mut commands = vec!["cargo build --release".to_owned()];
    if full {
        commands.push("./target/release/ohmspike data fetch fashion-mnist".to_owned());
    }
    let (out, flags) = (flagged("--out", report.out), report.flags.iter().map(|flag| format!(" {}", shell(flag))));
    let flags: String = flags.collect();
    commands.extend(
        ["run", "report"].map(|command| format!("./target/release/ohmspike {command} {file}{set}{out}{flags}")),
    );
    commands.push(format!("./target/release/ohmspike export {file}{set}{out} --format csv --file trials.csv"));
    let body = html! {
        p {
            "With the source of version " (env!("CARGO_PKG_VERSION")) " and a Rust toolchain; results have the same bits on any number of threads, \
             shards and machines. " code { "run" } " runs only what has no record yet."
        }
        pre tabindex="0" { (commands.join("\n")) }
        p { "The study file " code { (report.file) } " holds:" }
        pre tabindex="0" { (report.text) }
    };
    Section { id: "reproduce", heading: "How to get it again", body }
}

fn flagged(flag: &str, value: Option<&str>) -> String {
    value.map(|value| format!(" {flag} {}", shell(value))).unwrap_or_default()
}
