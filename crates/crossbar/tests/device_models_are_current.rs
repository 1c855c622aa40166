//! Compares the files of `device-models/` with the Rust types. `UPDATE_GOLDEN=1` rewrites the schema.

#![allow(clippy::disallowed_methods)] // The crate touches no files; these tests compare with some.

use std::fs;
use std::path::PathBuf;

use ohmspike_crossbar::device::{BUILT_IN, Device, schema};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("device-models")
}

/// Compares a file with its expected text, or writes it if `UPDATE_GOLDEN` is set.
fn check(name: &str, expected: &str) {
    let path = folder().join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, expected).expect("device-models can be written");
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(found == expected, "{} is not current; UPDATE_GOLDEN=1 rewrites it", path.display());
}

#[test]
fn the_schema_matches_the_rust_types() {
    let text = serde_json::to_string_pretty(&schema()).unwrap();
    check("schema.json", &format!("{text}\n"));
}

/// The table of built-in devices names every file.
#[test]
fn the_readme_lists_every_device() {
    let readme = fs::read_to_string(folder().join("README.md")).unwrap();
    for (name, _) in BUILT_IN {
        assert!(readme.contains(&format!("\n| `{name}.json` |")), "{name}");
    }
}

#[test]
fn every_device_file_is_built_in_and_valid() {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if path.extension().is_some_and(|extension| extension == "json") && name != "schema" {
            let text = fs::read_to_string(&path).unwrap();
            let device = Device::from_json(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            assert_eq!(device.name, name);
            names.push(name);
        }
    }
    names.sort();
    assert_eq!(names, BUILT_IN.iter().map(|(name, _)| *name).collect::<Vec<_>>());
}

/// Every JSON example in the README is a valid device.
#[test]
fn the_examples_of_the_readme_are_valid() {
    let readme = fs::read_to_string(folder().join("README.md")).unwrap();
    let examples: Vec<_> = readme.split("```json\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(!examples.is_empty());
    for example in examples {
        Device::from_json(example).unwrap_or_else(|error| panic!("{error}\n{example}"));
    }
}
