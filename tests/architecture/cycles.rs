//! No two source files need each other, directly or through others.
//!
//! A file needs the files that define the names it writes, wherever these are re-exported. A module and the modules
//! below it are one room, so that a file may use those above and below it.

use std::collections::{BTreeMap, BTreeSet};

use crate::modules::{modules, uses};
use crate::repository::crates;

/// Which files each file of a crate needs.
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

/// Every file that `file` needs, directly or not.
fn reached<'a>(needs: &'a Needs, file: &'a str) -> BTreeSet<&'a str> {
    let (mut found, mut open) = (BTreeSet::new(), vec![file]);
    while let Some(next) = open.pop() {
        open.extend(needs[next].iter().map(String::as_str).filter(|to| found.insert(*to)));
    }
    found
}

/// Groups of files that all need each other.
fn circles(needs: &Needs) -> BTreeSet<Vec<&str>> {
    let all: BTreeMap<&str, BTreeSet<&str>> = needs.keys().map(|file| (file.as_str(), reached(needs, file))).collect();
    let circle = |file: &str| all[file].iter().copied().filter(|to| all[to].contains(file)).collect::<Vec<_>>();
    all.keys().map(|file| circle(file)).filter(|circle| !circle.is_empty()).collect()
}

/// The uses within a circle, a line each.
fn uses_within(needs: &Needs, circle: &[&str]) -> String {
    let of = |from: &str| {
        let within = needs[from].iter().filter(|to| circle.contains(&to.as_str()));
        within.map(|to| format!("  {from} uses {to}\n")).collect::<String>()
    };
    circle.iter().map(|from| of(from)).collect()
}

#[test]
fn no_source_files_need_each_other() {
    let needs = needs();
    let circles = circles(&needs);
    let told: Vec<String> = circles.iter().map(|circle| uses_within(&needs, circle)).collect();
    assert!(circles.is_empty(), "{} cycles:\n{}", circles.len(), told.join("\n"));
}

#[test]
fn a_cycle_is_found() {
    let files = [("a", &["b"][..]), ("b", &["c"]), ("c", &["a"]), ("d", &["a"])];
    let needs = files.map(|(file, to)| (file.to_owned(), to.iter().map(|to| (*to).to_owned()).collect())).into();
    assert_eq!(circles(&needs), BTreeSet::from([vec!["a", "b", "c"]]));
}
