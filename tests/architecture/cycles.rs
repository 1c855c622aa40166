//! Checks that no source files depend on each other in a cycle.
//!
//! A file depends on the files that define the names it uses, wherever these are re-exported. A module and its
//! submodules form one unit, so a file may use its parents and children.

use std::collections::{BTreeMap, BTreeSet};

use crate::modules::{modules, uses};
use crate::repository::crates;

/// Dependencies of each file of a crate.
type Needs = BTreeMap<String, BTreeSet<String>>;

fn needs() -> Needs {
    let mut needs = Needs::new();
    for folder in crates() {
        let modules = modules(&folder.join("src"));
        for (path, module) in &modules {
            let other_room = |to: &&&Vec<String>| !to.starts_with(path) && !path.starts_with(to);
            let used = uses(&modules, path);
            let files = used.iter().filter(other_room).map(|to| modules[*to].file.clone());
            needs.insert(module.file.clone(), files.collect());
        }
    }
    needs
}

/// Returns every direct and indirect dependency of `file`.
fn reached<'a>(needs: &'a Needs, file: &'a str) -> BTreeSet<&'a str> {
    let (mut found, mut open) = (BTreeSet::new(), vec![file]);
    while let Some(next) = open.pop() {
        open.extend(needs[next].iter().map(String::as_str).filter(|to| found.insert(*to)));
    }
    found
}

/// Returns groups of files that all depend on each other.
fn circles(needs: &Needs) -> BTreeSet<Vec<&str>> {
    let all: BTreeMap<&str, BTreeSet<&str>> = needs.keys().map(|file| (file.as_str(), reached(needs, file))).collect();
    let circle = |file: &str| all[file].iter().copied().filter(|to| all[to].contains(file)).collect::<Vec<_>>();
    all.keys().map(|file| circle(file)).filter(|circle| !circle.is_empty()).collect()
}

/// Lists the dependencies within a cycle, one per line.
fn uses_within(needs: &Needs, circle: &[&str]) -> String {
    let of = |from: &str| {
        let within = needs[from].iter().filter(|to| circle.contains(&to.as_str()));
        within.map(|to| format!("  {from} uses {to}\n")).collect::<String>()
    };
    circle.iter().map(|from| of(from)).collect()
}

#[test]
fn source_files_have_no_cycles() {
    let needs = needs();
    let circles = circles(&needs);
    let told: Vec<String> = circles.iter().map(|circle| uses_within(&needs, circle)).collect();
    assert!(circles.is_empty(), "{} cycles:\n{}", circles.len(), told.join("\n"));
}

#[test]
fn finds_a_cycle() {
    let files = [("a", &["b"][..]), ("b", &["c"]), ("c", &["a"]), ("d", &["a"])];
    let needs = files.map(|(file, to)| (file.to_owned(), to.iter().map(|to| (*to).to_owned()).collect())).into();
    assert_eq!(circles(&needs), BTreeSet::from([vec!["a", "b", "c"]]));
}
