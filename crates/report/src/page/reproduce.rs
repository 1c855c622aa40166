//! The commands that reproduce the numbers of the report.

use maud::html;

use ohmspike_datasets::Name;
use ohmspike_study::cluster::quote::shell;

use super::{Facts, Section};

/// Returns the section.
pub fn section(facts: &Facts) -> Section {
    let report = facts.report;
    let conditions = &report.recorded.study.conditions;
    let full = conditions.iter().any(|condition| condition.settings.data.set == Name::FashionMnist.to_string());
    let mut commands = vec!["cargo build --release".to_owned(), "PATH=\"$PWD/target/release:$PATH\"".to_owned()];
    if full {
        commands.push("ohmspike data fetch fashion-mnist".to_owned());
    }
    commands.extend(["run", "report"].map(|name| command(facts, name)));
    commands.push(format!("{} --format csv --file trials.csv", plain_command(facts, "export")));
    let body = html! {
        p {
            "Use the source of version " (env!("CARGO_PKG_VERSION")) " and a Rust toolchain. Results are bit-identical on any number of threads, shards \
             and machines. " code { "run" } " runs only trials without a record."
        }
        pre tabindex="0" { (commands.join("\n")) }
        details {
            summary { "The study file " code { (report.file) } }
            pre tabindex="0" { (report.text) }
        }
    };
    Section { id: "reproduce", heading: "Reproduce", body }
}

/// Returns a command on the study, with its overrides and the flags that select figures.
pub fn command(facts: &Facts, name: &str) -> String {
    let flags: String = facts.report.flags.iter().map(|flag| format!(" {}", shell(flag))).collect();
    plain_command(facts, name) + &flags
}

fn plain_command(facts: &Facts, name: &str) -> String {
    let report = facts.report;
    let set: String = report.overrides.iter().map(|text| format!(" --set {}", shell(text))).collect();
    let out = report.out.map(|out| format!(" --out {}", shell(out))).unwrap_or_default();
    format!("ohmspike {name} {}{set}{out}", shell(report.file))
}
