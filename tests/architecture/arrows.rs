//! Checks the dependencies between crates.

use std::collections::BTreeMap;

use crate::repository::{packages, table};

/// The crates and their allowed dependencies on each other. Unlisted packages are tests or benches and may use any
/// crate.
const ARROWS: [(&str, &[&str]); 18] = [
    ("ohmspike-simd-macros", &[]),
    ("ohmspike-simd", &["simd-macros"]),
    ("ohmspike-rng", &["simd"]),
    ("ohmspike-stats", &[]),
    ("ohmspike-datasets", &[]),
    ("ohmspike-plot", &[]),
    ("ohmspike-nir", &["simd", "datasets"]),
    ("ohmspike-crossbar", &["simd", "rng"]),
    ("ohmspike-fit", &["simd", "rng", "stats", "crossbar"]),
    ("ohmspike-snn", &["simd", "rng", "crossbar"]),
    ("ohmspike-study", &["simd", "rng", "stats", "crossbar", "snn", "datasets", "nir"]),
    ("ohmspike-analysis", &["simd", "rng", "stats", "crossbar", "snn", "datasets", "nir", "study"]),
    ("ohmspike-answers", &["simd", "rng", "stats", "crossbar", "snn", "datasets", "nir", "study", "analysis"]),
    (
        "ohmspike-report",
        &["simd", "rng", "stats", "crossbar", "snn", "datasets", "nir", "study", "analysis", "answers", "plot", "fit"],
    ),
    (
        "ohmspike-experiments",
        &[
            "simd", "rng", "stats", "crossbar", "snn", "datasets", "nir", "study", "analysis", "answers", "plot",
            "fit", "report",
        ],
    ),
    ("ohmspike", &LIBRARIES),
    ("ohmspike-cli", &PROGRAM),
    ("ohmspike-python", &["ohmspike", "cli"]),
];
const LIBRARIES: [&str; 14] = [
    "simd",
    "rng",
    "stats",
    "crossbar",
    "fit",
    "snn",
    "datasets",
    "nir",
    "study",
    "analysis",
    "answers",
    "plot",
    "report",
    "experiments",
];
/// The program may use the libraries and their facade.
const PROGRAM: [&str; LIBRARIES.len() + 1] = {
    let mut all = ["ohmspike"; LIBRARIES.len() + 1];
    let mut library = 0;
    while library < LIBRARIES.len() {
        all[library] = LIBRARIES[library];
        library += 1;
    }
    all
};
/// Packages that no other package may depend on.
const ENDS: [&str; 5] = ["tests", "benches", "fuzz", "ohmspike-cli", "ohmspike-python"];
/// The package that may depend on the program all the same: it contains it.
const CONTAINS_THE_PROGRAM: &str = "ohmspike-python";

/// Workspace dependencies of a package.
struct Uses {
    /// Regular and build dependencies.
    normal: Vec<String>,
    /// Additional dependencies of its tests.
    development: Vec<String>,
}

fn uses() -> BTreeMap<String, Uses> {
    let manifests: Vec<toml::Table> = packages().iter().map(|folder| table(&folder.join("Cargo.toml"))).collect();
    let name = |manifest: &toml::Table| manifest["package"]["name"].as_str().expect("packages have names").to_owned();
    let names: Vec<String> = manifests.iter().map(name).collect();
    let uses = |manifest: &toml::Table| {
        let ours = |key: &str| {
            let mut found = dependencies(manifest, key);
            found.retain(|used| names.contains(used) && *used != name(manifest));
            found
        };
        let normal = [ours("dependencies"), ours("build-dependencies")].concat();
        Uses { normal, development: ours("dev-dependencies") }
    };
    manifests.iter().map(|manifest| (name(manifest), uses(manifest))).collect()
}

/// Returns the names in the tables `key`, including those of targets.
fn dependencies(manifest: &toml::Table, key: &str) -> Vec<String> {
    let keys = |table: &toml::Table| table.keys().cloned().collect::<Vec<_>>();
    let own = manifest.get(key).and_then(toml::Value::as_table).map(keys).unwrap_or_default();
    let targets = manifest.get("target").and_then(toml::Value::as_table).into_iter().flat_map(toml::Table::values);
    let of_targets = targets.filter_map(toml::Value::as_table).flat_map(|target| dependencies(target, key));
    own.into_iter().chain(of_targets).collect()
}

fn is_allowed(allowed: &[&str], used: &str) -> bool {
    allowed.iter().any(|name| used == *name || used.strip_prefix("ohmspike-") == Some(name))
}

#[test]
fn dependencies_follow_the_arrows() {
    let packages = uses();
    for (package, allowed) in ARROWS {
        let used = packages.get(package).unwrap_or_else(|| panic!("`{package}` is not a package of the workspace"));
        let forbidden: Vec<&String> = used.normal.iter().filter(|name| !is_allowed(allowed, name)).collect();
        assert!(forbidden.is_empty(), "`{package}`: expected dependencies on {allowed:?} only, got {forbidden:?}");
    }
    for (package, used) in &packages {
        let known = ARROWS.iter().any(|(name, _)| name == package) || ENDS.contains(&package.as_str());
        assert!(known, "`{package}`: missing in `ARROWS`");
        let ends: Vec<&String> = used.normal.iter().filter(|name| ENDS.contains(&name.as_str())).collect();
        let contains = package == CONTAINS_THE_PROGRAM && ends.iter().all(|name| *name == "ohmspike-cli");
        assert!(ends.is_empty() || contains, "`{package}`: unexpected dependency on {ends:?}");
    }
}

/// Tests of a library may use only crates that do not depend on it.
#[test]
fn tests_of_a_crate_do_not_use_its_dependents() {
    let packages = uses();
    for (package, used) in &packages {
        for name in &used.development {
            let needs_it = reached(&packages, name).contains(package);
            assert!(!needs_it, "`{package}`: its tests use `{name}`, which depends on it");
        }
    }
}

/// Returns all workspace packages that `package` depends on.
fn reached(packages: &BTreeMap<String, Uses>, package: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut open = vec![package.to_owned()];
    while let Some(next) = open.pop() {
        for name in &packages[&next].normal {
            if !found.contains(name) {
                found.push(name.clone());
                open.push(name.clone());
            }
        }
    }
    found
}
