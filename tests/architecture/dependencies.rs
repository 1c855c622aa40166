//! Checks that every external dependency has a reason.

use crate::repository::{read, root};

#[test]
fn every_external_dependency_has_a_reason() {
    let text = read(&root().join("Cargo.toml"));
    let section = text.split("[workspace.dependencies]").nth(1).expect("a section of dependencies");
    let section = section.split("\n[").next().unwrap_or_default();
    let lines = section.lines().filter(|line| line.contains('=') && !line.trim_start().starts_with('#'));
    let outside: Vec<&str> = lines.filter(|line| !line.contains("path =")).collect();
    assert!(!outside.is_empty());
    for line in outside {
        let reason = line.rsplit_once('#').map_or("", |(_, reason)| reason.trim());
        assert!(!reason.is_empty(), "Cargo.toml: missing reason after `{line}`");
    }
}
