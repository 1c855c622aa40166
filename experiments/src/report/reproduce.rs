//! The commands that give the same numbers again.

use maud::html;

use super::{Facts, Section};
use crate::published::FULL;

/// The section.
pub fn section(facts: &Facts) -> Section {
    let report = facts.report;
    let full = report.recorded.study.conditions.iter().any(|condition| condition.settings.data.set == FULL);
    let set: String = report.overrides.iter().map(|text| format!(" --set {}", quoted(text))).collect();
    let file = quoted(report.file);
    let mut commands = vec!["cargo build --release".to_owned()];
    if full {
        commands.push("./target/release/ohmspike data fetch fashion-mnist".to_owned());
    }
    commands.extend(["run", "report"].map(|command| format!("./target/release/ohmspike {command} {file}{set}")));
    commands.push(format!("./target/release/ohmspike export {file}{set} --format csv --out trials.csv"));
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

/// `text` as one word of a shell.
fn quoted(text: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./=:,+%".contains(letter);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_shell_are_quoted_where_they_must_be() {
        assert_eq!(quoted("noise.level_percent=20"), "noise.level_percent=20");
        assert_eq!(quoted("noise.level_percent=[1, 20]"), "'noise.level_percent=[1, 20]'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }
}
