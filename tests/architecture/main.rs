//! The rules that hold the workspace together, as checks.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Our rooms, and what each of them may depend on; those that are not listed may use anything.
const ARROWS: [(&str, &[&str]); 6] = [
    ("lanes-macros", &[]),
    ("lanes", &["lanes-macros"]),
    ("seed", &["lanes"]),
    ("snn", &["lanes", "seed"]),
    ("crossbar", &["lanes", "seed"]),
    ("datasets", &[]),
];
/// Rooms that nothing depends on.
const ENDS: [&str; 3] = ["tests", "benches", "fuzz"];
/// Rooms whose arithmetic must have the same bits on every machine.
const BIT_STABLE: [&str; 4] = ["lanes", "seed", "snn", "crossbar"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package stands in the workspace")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn table(path: &Path) -> toml::Table {
    read(path).parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("a readable entry").path()).collect();
    paths.sort();
    paths
}

/// Every Rust file below `folder`.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let below = |path: PathBuf| if path.is_dir() { sources(&path) } else { vec![path] };
    let files = entries(folder).into_iter().flat_map(below);
    files.filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect()
}

/// Every package of the workspace by name, with the packages of ours that it depends on.
fn packages() -> BTreeMap<String, Vec<String>> {
    let manifest = table(&root().join("Cargo.toml"));
    let members = manifest["workspace"]["members"].as_array().expect("a list of members");
    let folders = members.iter().flat_map(|member| {
        let member = member.as_str().expect("members are texts");
        member.strip_suffix("/*").map_or_else(|| vec![root().join(member)], |folder| entries(&root().join(folder)))
    });
    let manifests: Vec<toml::Table> = folders.map(|folder| table(&folder.join("Cargo.toml"))).collect();
    let name = |manifest: &toml::Table| manifest["package"]["name"].as_str().expect("packages have names").to_owned();
    let names: Vec<String> = manifests.iter().map(name).collect();
    let ours = |manifest: &toml::Table| {
        let mut found: Vec<String> = dependencies(manifest).into_iter().filter(|name| names.contains(name)).collect();
        found.sort();
        found
    };
    manifests.iter().map(|manifest| (name(manifest), ours(manifest))).collect()
}

/// Names in all tables of dependencies, those of a target included.
fn dependencies(manifest: &toml::Table) -> Vec<String> {
    let of = |value: &toml::Value| value.as_table().expect("dependencies are tables").keys().cloned().collect();
    let mut names = Vec::new();
    for (key, value) in manifest {
        if key.ends_with("dependencies") {
            let keys: Vec<String> = of(value);
            names.extend(keys);
        } else if key == "target" {
            let targets = value.as_table().expect("targets are tables").values();
            names.extend(targets.filter_map(toml::Value::as_table).flat_map(dependencies));
        }
    }
    names
}

#[test]
fn dependencies_follow_the_arrows() {
    let packages = packages();
    for (package, allowed) in ARROWS {
        let used = packages.get(package).unwrap_or_else(|| panic!("`{package}` is no package of the workspace"));
        let forbidden: Vec<&String> = used.iter().filter(|name| !allowed.contains(&name.as_str())).collect();
        assert!(forbidden.is_empty(), "`{package}` must depend on {allowed:?} of ours only, got {forbidden:?}");
    }
    for (package, used) in &packages {
        let known = ARROWS.iter().any(|(name, _)| name == package) || ENDS.contains(&package.as_str());
        assert!(known || package == "experiments", "`{package}` has no place in the arrows yet");
        assert!(!used.iter().any(|name| ENDS.contains(&name.as_str())), "`{package}` must not use {ENDS:?}");
    }
}

/// The texts between single backticks of `text`, fenced blocks left out.
fn quoted(text: &str) -> Vec<&str> {
    let outside = |(number, part)| (number % 2 == 0).then_some(part);
    let prose = text.split("```").enumerate().filter_map(outside);
    prose.flat_map(|part| part.lines().flat_map(|line| line.split('`').skip(1).step_by(2))).collect()
}

/// A path of the repository by its look: letters of paths only, a folder in front, nothing that a program makes.
fn is_repository_path(text: &str) -> bool {
    let letters = |letter: char| letter.is_ascii_alphanumeric() || "_-./".contains(letter);
    let made = ["results/", "target/", "/", "../", "./"];
    text.contains('/')
        && text.chars().all(letters)
        && !text.contains("//")
        && !made.iter().any(|made| text.starts_with(made))
}

#[test]
fn paths_named_in_the_documents_exist() {
    for document in ["README.md", "ARCHITECTURE.md"] {
        let text = read(&root().join(document));
        let named: Vec<&str> = quoted(&text).into_iter().filter(|text| is_repository_path(text)).collect();
        assert!(!named.is_empty(), "{document} names no path of the repository");
        for path in named {
            assert!(root().join(path).exists(), "{document}: `{path}` does not exist");
        }
    }
}

#[test]
fn every_source_file_is_listed() {
    let text = read(&root().join("ARCHITECTURE.md"));
    let crates = entries(&root().join("crates")).into_iter().map(|folder| folder.join("src"));
    for path in crates.chain([root().join("experiments/src")]).flat_map(|folder| sources(&folder)) {
        let path = path.strip_prefix(root()).expect("below the root").to_string_lossy().into_owned();
        assert!(text.contains(&format!("- `{path}`: ")), "ARCHITECTURE.md: `{path}` is not listed");
    }
}

#[test]
fn every_source_file_says_what_it_is() {
    for folder in ["crates", "experiments/src", "tests", "benches"] {
        for path in sources(&root().join(folder)) {
            let text = read(&path);
            assert!(text.starts_with("//!"), "{}: must start with a `//!` doc", path.display());
        }
    }
}

/// A fused multiply-add rounds once where two operations round twice, and a platform's own maths library rounds as it
/// likes: neither may decide a bit.
#[test]
fn bit_stable_crates_round_every_operation() {
    for room in BIT_STABLE {
        for path in sources(&root().join("crates").join(room).join("src")) {
            let text = read(&path);
            let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
            // To ask whether the CPU has an instruction is not to use it: AVX-512 implies the fused ones.
            let computes =
                |line: &str| !line.trim_start().starts_with("//") && !line.contains("is_x86_feature_detected!");
            for (number, line) in code.lines().enumerate().filter(|(_, line)| computes(line)) {
                let forbidden =
                    ["mul_add", "fma", "fmadd", ".exp()", ".ln()", ".sin()", ".cos()", ".powf(", ".log10()"];
                for word in forbidden {
                    assert!(!line.contains(word), "{}:{}: must not use `{word}`", path.display(), number + 1);
                }
            }
        }
    }
}

#[test]
fn every_outside_dependency_has_its_reason() {
    let text = read(&root().join("Cargo.toml"));
    let section = text.split("[workspace.dependencies]").nth(1).expect("a section of dependencies");
    let section = section.split("\n[").next().unwrap_or_default();
    let lines = section.lines().filter(|line| line.contains('=') && !line.trim_start().starts_with('#'));
    let outside: Vec<&str> = lines.filter(|line| !line.contains("path =")).collect();
    assert!(!outside.is_empty());
    for line in outside {
        let reason = line.rsplit_once('#').map_or("", |(_, reason)| reason.trim());
        assert!(!reason.is_empty(), "Cargo.toml: no reason beside `{line}`");
    }
}
