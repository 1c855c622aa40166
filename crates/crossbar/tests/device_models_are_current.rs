//! The files of `device-models/` are those of the Rust types. `UPDATE_GOLDEN=1` writes them anew.

#![allow(clippy::disallowed_methods)] // The crate touches no files; these tests compare with some.

use std::fs;
use std::path::PathBuf;

use ohmspike_crossbar::device::{BUILT_IN, Device, field_table, schema};

const BEGIN: &str = "<!-- keys: written by crates/crossbar/tests/device_models_are_current.rs -->\n";
const END: &str = "<!-- end of keys -->";

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("device-models")
}

/// Compares a file with what it should be, or writes it where `UPDATE_GOLDEN` says so.
fn check(name: &str, expected: &str) {
    let path = folder().join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, expected).expect("device-models can be written");
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(found == expected, "{} is not current; UPDATE_GOLDEN=1 rewrites it", path.display());
}

#[test]
fn the_schema_is_that_of_the_rust_types() {
    let text = serde_json::to_string_pretty(&schema()).unwrap();
    check("schema.json", &format!("{text}\n"));
}

#[test]
fn the_readme_lists_every_key() {
    let readme = fs::read_to_string(folder().join("README.md")).unwrap();
    let (before, rest) = readme.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    check("README.md", &format!("{before}{BEGIN}{}{END}{after}", field_table()));
}

#[test]
fn every_device_file_is_built_in_and_reads() {
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

/// Every example in the README is a device, and the schema speaks of every key that the examples use.
#[test]
fn the_examples_of_the_readme_read() {
    let readme = fs::read_to_string(folder().join("README.md")).unwrap();
    let examples: Vec<_> = readme.split("```json\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(!examples.is_empty());
    for example in examples {
        Device::from_json(example).unwrap_or_else(|error| panic!("{error}\n{example}"));
    }
}
